/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * From packets to what was said: what an application parser reads, in order and
 * a direction at a time.  Datagrams are told whole.  Where bytes never came, a
 * reader is told of the gap at its place, never left to guess.
 *
 * Of TCP only what the other side acknowledged is told, as Suricata does without
 * inline mode: the request is read when the server's ACK of it passes by.  What
 * is left unacknowledged is told when the flow ends.
 */
#ifndef AGENT_STREAM_STREAM_H
#define AGENT_STREAM_STREAM_H

#include "agent/flow/flow.h"
#include "agent/os_policy.h"

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
	bool truncated;	  /* of an end: more came, beyond the depth */
	/* That made it known, often the other side's ACK; NULL at a flow's end. */
	const struct packet *packet;
};

/* Told in the order of the stream; must not keep n. */
typedef void stream_reader_fn(
    void *arg, struct flow *f, const struct stream_news *n);

/* Whose bytes count where segments overlap and differ. */
enum stream_policy {
	STREAM_POLICY_BSD,   /* also Windows, HP-UX 10, IRIX, macOS */
	STREAM_POLICY_FIRST, /* also Vista */
	STREAM_POLICY_LAST,
	STREAM_POLICY_LINUX,
	STREAM_POLICY_OLD_LINUX,
	STREAM_POLICY_SOLARIS, /* also HP-UX 11 */
	STREAM_POLICIES,
};

struct stream_config {
	stream_reader_fn *reader;
	void *arg;
	/* Did the reader find something this way that waits for inspection?  May be
	 * NULL: never. */
	bool (*unfinished)(const struct flow *f, bool to_server);
	/* By the receiver of each way; on loan.  NULL: policy, whoever it is. */
	const struct os_networks *hosts;
	enum stream_policy policy;
	bool midstream; /* take up connections whose SYN was not seen */
	bool async;	/* and those of which one side only is seen */
	/*
	 * strict mode: so many bytes of the chunk before stand in front of each
	 * chunk again, so that nothing is missed over an edge.  0: as Suricata.
	 */
	size_t overlap;
	bool inspected;	     /* somebody asks for stream_chunks() */
	size_t sessions_max; /* 0: STREAM_SESSIONS_MAX of limits.h */
};

struct stream_engine;

/* Takes all its memory now.  NULL with errno. */
struct stream_engine *stream_engine_new(const struct stream_config *c);
void stream_engine_free(struct stream_engine *s);

/*
 * A packet that has a flow.  Tells the reader before it returns; sets
 * PACKET_IN_STREAM, stream events (events.h) and the flow's life.
 */
void stream_packet(struct stream_engine *s, struct packet *p);

/* After detection had the packet: forget what was told and inspected.  Once a
 * packet. */
void stream_clean(struct flow *f);

/*
 * The flow ends.  For each direction of a connection that is open, or with bytes that
 * were not told or not inspected, or that the reader is unfinished with: the reader gets the rest, then fn a
 * pseudo packet (PACKET_PSEUDO) to inspect it with.  Then both directions end.
 */
typedef void stream_packet_fn(void *arg, struct packet *p);
void stream_flow_end(
    struct stream_engine *s, struct flow *f, stream_packet_fn *fn, void *arg);
/* For flow_hooks.slot_free[FLOW_SLOT_STREAM]. */
void stream_slot_free(void *slot);

/* --- what detection inspects ------------------------------------------------- */

struct stream_chunk {
	uint64_t offset; /* of data, in the stream */
	struct span data;
	/* So many bytes before it belong to its window (stream_set_window): no
	 * pattern is looked for in them again, but whole rules are tried there. */
	size_t before;
};

/*
 * Chunks of the packet's direction that are due for inspection, in order; ask
 * once a packet, after stream_packet().  On loan until the next call for any
 * packet.  Due: 2,560 acknowledged bytes, or fewer after stream_flush(), when
 * the depth is reached or the connection closes (engine.md 2.7).
 */
size_t stream_chunks(struct packet *p, const struct stream_chunk **c);
/* The chunk with its window, put together once; on loan as long as the chunk. */
struct span stream_chunk_whole(
    const struct packet *p, const struct stream_chunk *c);
/* A message is complete: what was acknowledged of this direction is due. */
void stream_flush(struct flow *f, bool to_server);
/*
 * Chunks of this direction that are due by stream_flush() begin so many bytes
 * before what was told, as far as those are held; Suricata does so for bodies,
 * so that a rule sees a whole message.  0 (at first): no window.
 */
void stream_set_window(struct flow *f, bool to_server, uint32_t bytes);
/* The reader wants no more of this flow; or detection none (encrypted). */
void stream_stop_reading(struct flow *f);
void stream_stop_inspecting(struct flow *f, bool to_server);
/* Or none behind what this direction's next packet makes due, which is all. */
void stream_finish_inspecting(struct flow *f, bool to_server);

/* Of a flow so much is put in order each way; 0: all (default STREAM_DEPTH). */
void stream_set_depth(struct flow *f, uint32_t bytes);

/* Bytes seen of a direction, holes included (keyword stream_size). */
uint64_t stream_size(const struct flow *f, bool to_server);

/*
 * What is still held of a direction, at most max bytes, holes written as
 * "[4 bytes missing]" (EVE's payload of an alert on a stream).  Bytes written.
 */
size_t stream_dump(const struct flow *f, bool to_server, uint8_t *out, size_t max);

struct stream_stats {
	uint64_t sessions, sessions_active, sessions_refused, midstream;
	uint64_t segments, bytes, overlaps, differing, gaps, gap_bytes;
	uint64_t invalid;     /* packets that did not fit their session */
	uint64_t depth;	      /* directions that reached the depth */
	uint64_t no_memory;   /* segments not kept: pool or list full */
	uint64_t pressed;     /* the pool was nearly full: windows let go,
				 chunks inspected early */
	uint64_t pool_active; /* bytes */
	uint64_t pseudo;
};
const struct stream_stats *stream_stats(const struct stream_engine *s);

#endif
