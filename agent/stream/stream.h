/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From packets to what was said: what an application parser reads, in order and
 * a direction at a time.  Datagrams are told whole.  Where bytes never came, a
 * reader is told of the gap at its place, never left to guess.
 */
#ifndef AGENT_STREAM_STREAM_H
#define AGENT_STREAM_STREAM_H

#include "agent/flow/flow.h"

enum stream_kind {
	STREAM_DATAGRAM, /* one whole message: data */
	STREAM_DATA,	 /* the next bytes: data, at offset */
	STREAM_GAP,	 /* missing bytes, at offset, will not come any more */
	STREAM_END,	 /* nothing more this way; told once a direction */
};

struct stream_news {
	enum stream_kind kind;
	bool to_server;
	uint64_t offset;  /* in this direction's stream; 0 for datagrams */
	uint64_t missing; /* of a gap, in bytes */
	struct span data; /* on loan for the call */
	const struct packet *packet; /* its bringer; NULL at a flow's end */
};

/* Told in the order of the stream; must not keep n. */
typedef void stream_reader_fn(
    void *arg, struct flow *f, const struct stream_news *n);

struct stream_config {
	stream_reader_fn *reader;
	void *arg;
};

/* A packet that has a flow.  Tells the reader before it returns. */
void stream_packet(const struct stream_config *c, const struct packet *p);
/* The flow ends: both directions do. */
void stream_flow_end(const struct stream_config *c, struct flow *f);

#endif
