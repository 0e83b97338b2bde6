/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Frames from an interface or a capture file, the first stage of the pipe.
 * libpcap is met only here.
 *
 * Checksums: a sending host often leaves them to its network card, so frames
 * captured on that host carry wrong ones; see decoder_config.verify_checksums.
 */
#ifndef AGENT_CAPTURE_CAPTURE_H
#define AGENT_CAPTURE_CAPTURE_H

#include "common/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

#define CAPTURE_ERROR_SIZE 400

/* One frame, on loan until the next capture_next() or capture_close(). */
struct capture_frame {
	struct span data;  /* what was captured */
	uint32_t wire_len; /* bytes it had on the wire; never less than data.len */
	int64_t time_us; /* since 1970, UTC; a nanosecond capture is rounded down */
	uint64_t number; /* from 1 */
};

enum capture_verdict {
	CAPTURE_FRAME,	   /* *f is filled */
	CAPTURE_NONE,	   /* live: nothing now, wait for capture_fd() */
	CAPTURE_END,	   /* the file ended where a frame ended */
	CAPTURE_CUT_SHORT, /* the file ended inside a frame; all whole ones were
			      given */
	CAPTURE_FAILED,	   /* capture_error() says why */
};

struct capture_live {
	const char *interface;
	bool promiscuous;
	uint32_t snaplen; /* bytes a frame; 0: CAPTURE_SNAPLEN of limits.h */
	uint32_t
	    buffer_bytes; /* kernel ring; 0: CAPTURE_BUFFER_BYTES of limits.h */
	uint16_t fanout_group; /* sensors on one interface share one number */
	uint16_t sensors;      /* how many share; 0 or 1: no fan-out */
};

/*
 * Open a pcap or pcapng file; "-" is standard input.  NULL with error filled
 * ("FILE: what, remedy"): unreadable, no capture, or a link type that
 * the decoder does not know, which knows tells (decoder_knows; NULL: any).
 */
struct capture *capture_open_file(
    const char *path, bool (*knows)(int linktype), char error[CAPTURE_ERROR_SIZE]);

/*
 * Open an interface, non-blocking.  Needs CAP_NET_RAW now and never again.
 * NULL with error filled ("INTERFACE: what, remedy").
 */
struct capture *capture_open_live(const struct capture_live *l,
    bool (*knows)(int linktype), char error[CAPTURE_ERROR_SIZE]);
void capture_close(struct capture *c);

/* Live: the descriptor to wait on for reading.  -1 for a file. */
int capture_fd(const struct capture *c);
/* DLT_* of every frame. */
int capture_linktype(const struct capture *c);

/* After any verdict but FRAME and NONE every later call gives the same one. */
enum capture_verdict capture_next(struct capture *c, struct capture_frame *f);
/* "FILE: what, remedy" of CUT_SHORT and FAILED; "" otherwise. */
const char *capture_error(const struct capture *c);

struct capture_stats {
	uint64_t received;	    /* frames that capture_next() gave */
	uint64_t dropped_kernel;    /* live: no room in the ring */
	uint64_t dropped_interface; /* live: by the card or its driver */
};
void capture_stats(struct capture *c, struct capture_stats *s);

#endif
