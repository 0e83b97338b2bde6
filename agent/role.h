/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the processes of an agent say to each other.  Records travel as datagrams
 * of common/record.h on one SOCK_SEQPACKET pair a writer; everything else is a
 * message of common/ipc.h on a control pair a child.
 *
 * Each child is started by the parent with its options on the command line and
 * these descriptors:
 *
 *   3  control: messages to and from the parent (all children)
 *   4  queue: where a sensor or the scanner writes its records
 *   6  files: from sensors to the scanner, where files.traffic is on
 *   5+ queues: what the forwarder reads, one a writer, 0 the parent's own
 *
 * Signatures are looked into by a process of their own first, the loader.  It makes
 * an image (agent/bundle/bundle.h: a bundle of this host, with databases in place),
 * which the parent seals and every sensor maps, at its start and when it is
 * replaced (ROLE_RELOAD):
 *
 *   loader: 4 the image, empty; 5 the bundle, unless there are --rules
 *   sensor, scanner: 5 the image
 *
 * The parent's command lines (in brackets: only when configured; "..": repeated).
 * A child opens what its options name, enters its sandbox with --root and
 * --memory (bytes), sends ROLE_READY, and then works.
 *
 *   stadswacht-sensor --queue --root DIR --memory N --interface NAME
 *       [--fanout-size N --fanout-group N] [--image] [--files] [--zone NAME]
 *       [--streams strict] [--midstream] [--async] [--fileinfo]
 *       [--os-policy NAME=NETWORK]..
 *   stadswacht-signatures load --root DIR --memory N [--rules FILE|DIR]..
 *       [--iprep-categories FILE] [--iprep FILE]..
 *       [--bundle-key FILE] [--after SERIAL] [--started] [--set VAR=VALUE]..
 *   stadswacht-scanner --serve --root DIR --memory N [--image] [--files]
 *       [--yara FILE|DIR].. [--zone NAME]
 *   stadswacht-forwarder --control --root DIR --queues N --spool DIR
 *       --quota BYTES --agent ID [--tenant NAME] --host NAME
 *       --collector tcp://HOST:PORT.. --collector-key FILE --key FILE
 *   stadswacht-forwarder --make-key FILE     makes FILE, prints the public key
 *
 * The root is the same empty folder for all: the forwarder holds a descriptor of
 * its spool folder, opened before, and works from there (openat).  Exit status 0
 * after ROLE_STOP or when descriptor 3 closed; 1 cannot start (a line said why);
 * ROLE_EXIT_AGAIN asks to be started again; else it failed.
 */
#ifndef AGENT_ROLE_H
#define AGENT_ROLE_H

#include <stdint.h>

#define ROLE_FD_CONTROL 3
#define ROLE_FD_QUEUE	4
#define ROLE_FD_IMAGE	4 /* the loader's */
#define ROLE_FD_RULES	5 /* of sensor and scanner: the image to read */
#define ROLE_FD_FILES	6 /* of sensor and scanner: files out of traffic */
#define ROLE_FD_QUEUES	5
#define ROLE_FD_BUNDLE	5 /* the loader's */

/* sysexits.h has it as EX_TEMPFAIL. */
#define ROLE_EXIT_AGAIN 75

/* Kernel buffer of a record queue: about 500 alerts of 2 KiB. */
#define ROLE_QUEUE_BYTES (4u << 20)

enum role_message {
	/* child to parent */
	ROLE_READY = 1,	 /* sandbox closed, work begins; empty body */
	ROLE_BEAT,	 /* each second; struct role_beat */
	ROLE_SCANNED,	 /* one file done; struct role_scanned */
	ROLE_LOADED,	 /* the image is made; struct role_loaded */
	ROLE_NOT_LOADED, /* why not; text */
	ROLE_RELOADED,	 /* struct role_reloaded */
	ROLE_ELSEWHERE,	 /* 8 bytes: 1 at a file out of traffic, 0 no longer */
	/* parent to child */
	ROLE_SCAN = 32,	       /* fd: the file; body: struct role_scan, then path */
	ROLE_SCAN_FOLDER_DONE, /* a scheduled scan has no more files */
	ROLE_STOP,	       /* finish what is at hand and end */
	ROLE_RELOAD, /* fd: an image to take in place of the one in use; its
			number, 8 bytes */
	/* sensor to scanner, over a queue of their own */
	ROLE_FILE = 64, /* fd: sealed memory; ROLE_FILE_BYTES: struct role_file */
};

/* Progress by work done, so that a stalled process shows (engine.md 6.1). */
struct role_beat {
	uint64_t work; /* packets, files or records handled so far */
	uint64_t
	    waiting; /* known to be waiting: input that a stall would hold up */
	uint64_t dropped_kernel, dropped_here;
	uint64_t memory_bytes;
};

struct role_scanned {
	uint64_t ticket; /* the ROLE_SCAN's */
};

/*
 * A file out of traffic.  Three texts follow, then zeros: its name, and the members
 * of its records before and after what the scanner says, each as a JSON object.  All
 * messages have one size, so that the queue bounds their number.
 */
#define ROLE_FILE_BYTES	   8192
#define ROLE_FILE_NAME_MAX 1024
struct role_file {
	int64_t time_us;
	uint16_t name, before, after; /* lengths; 0: none */
	uint16_t cut;		      /* 1: the file has more bytes */
};
/* Of the queue: some 20 files of at most 2 MiB. */
#define ROLE_FILES_BYTES (256u << 10)

struct role_loaded {
	uint64_t serial, supersedes; /* of a bundle; else 0 */
	uint64_t rules, refused;
	uint64_t compiled; /* databases that no one had made for this host */
	uint64_t expired; /* 1: it has, and the agent starts with it all the same */
};

/* The answer to ROLE_RELOAD, once packets go by the new rules, or will not. */
struct role_reloaded {
	uint64_t number; /* the image's */
	uint64_t taken;	 /* 0: the old one stays in use */
	uint64_t rules;
	uint64_t flows; /* that went on */
};

/* The path follows, without a terminator; it tells the name and opens nothing. */
struct role_scan {
	uint64_t ticket;
	uint64_t reason; /* enum role_scan_reason */
};

enum role_scan_reason {
	ROLE_SCAN_WRITTEN = 'w',
	ROLE_SCAN_MOVED = 'm',
	ROLE_SCAN_ASKED = 'a'
};

#endif
