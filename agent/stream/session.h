/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A TCP session: where each side is, and its bytes.  Private to agent/stream.
 * state.c decides what a packet means (by at_hand.c, handshake.c and open.c),
 * deliver.c tells the reader, stream.c makes and ends sessions.
 */
#ifndef AGENT_STREAM_SESSION_H
#define AGENT_STREAM_SESSION_H

#include "agent/limits.h"
#include "agent/stream/assembly.h"
#include "agent/stream/events.h"

/* In Suricata's order, which its rules of "closing" compare by. */
enum session_state {
	SESSION_NONE,
	SESSION_SYN_SENT,
	SESSION_SYN_RECV,
	SESSION_ESTABLISHED,
	SESSION_FIN_WAIT1, /* the server closed first */
	SESSION_FIN_WAIT2,
	SESSION_TIME_WAIT,
	SESSION_LAST_ACK,
	SESSION_CLOSE_WAIT, /* the client closed first */
	SESSION_CLOSING,
	SESSION_CLOSED,
	SESSION_STATES,
};

enum session_flag {
	SESSION_MIDSTREAM = 1u << 0,
	SESSION_ASYNC = 1u << 1,
	SESSION_FAST_OPEN = 1u << 2, /* RFC 7413: data before the handshake ends */
	SESSION_FOUR_WAY = 1u << 3,  /* both sides sent a SYN */
	SESSION_TIMESTAMPS = 1u << 4,
	SESSION_NOT_READ = 1u << 5, /* the reader is done with it */
};

enum side_flag {
	SIDE_TIMESTAMPS = 1u << 0, /* offered in its SYN */
	SIDE_FIN = 1u << 1,	   /* sent one, at fin_seq */
	SIDE_RST = 1u << 2,
	SIDE_DEPTH = 1u << 3, /* bytes beyond the depth were left out */
	SIDE_FLUSH = 1u << 4, /* chunks are due whatever their size */
	SIDE_ENDED = 1u << 5, /* STREAM_END was told */
	SIDE_NOT_INSPECTED = 1u << 6,
	SIDE_WSCALE = 1u << 7, /* offered in its SYN */
	SIDE_LAST = 1u << 8,   /* the next chunks are the last */
	SIDE_POLICY = 1u << 9, /* its policy is known */
};

/* The sender of one direction. */
struct side {
	uint32_t isn;
	uint32_t next_seq; /* behind its last byte */
	uint32_t last_ack; /* the other side has all before this */
	uint32_t next_win; /* and lets it send up to this */
	uint32_t window;   /* scaled, as the other side last offered */
	uint32_t fin_seq;
	uint32_t ts; /* RFC 7323 */
	int64_t ts_us;
	uint32_t inspect_window; /* stream_set_window() */
	uint8_t wscale;		 /* of the windows that the other side offers */
	uint8_t policy;		 /* session_policy() */
	uint16_t flags;
	struct assembly a;
};

/* A SYN or SYN/ACK that may yet turn out to be the real one. */
struct session_offer {
	uint32_t seq, ts;
	uint16_t window;
	uint8_t wscale; /* 0xff: none */
	bool has_ts;
};

struct session {
	struct stream_engine *owner;
	struct flow *flow;
	enum session_state state, before_close;
	uint8_t flags;
	uint8_t offers;
	uint32_t depth;	     /* 0: none */
	bool ending;	     /* the flow ends: acknowledged or not, all counts */
	struct side side[2]; /* 0 the client, 1 the server */
	struct session_offer offer[STREAM_SYNACKS_MAX];
	struct session *spare;
};

struct stream_engine {
	struct stream_config config;
	struct stream_stats stats;
	struct pieces *pool;
	struct session *sessions, *spare;
	struct session none; /* of packets that have no session */
	size_t sessions_max, untouched;
	struct stream_chunk chunk[STREAM_CHUNKS_MAX];
	const struct stream_chunk *whole_of; /* whose window whole is; or NULL */
	struct span whole;
	uint8_t *scratch; /* chunks that lie in several pieces */
	size_t scratch_size, scratch_used;
};

static inline bool
seq_lt(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool
seq_leq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) <= 0;
}

/* --- state.c ------------------------------------------------------------------ */

/*
 * What the packet means for its session.  false: it does not fit, and its bytes
 * are not part of the stream.
 */
bool session_packet(struct session *n, struct packet *p);

/* --- stream.c ------------------------------------------------------------------- */

/* How the receiver of what this side says treats it. */
enum stream_policy session_policy(struct session *n, int from);

/* --- deliver.c ------------------------------------------------------------------ */

/* A packet that fits: what it acknowledges is told, then its bytes are kept. */
void session_segment(struct session *n, struct packet *p, int from);
/* Tell the reader what side has ready; p NULL at the end of the flow. */
void session_tell(struct session *n, int side, const struct packet *p);
/* Is there something that was not told or not inspected? */
bool session_has_rest(const struct session *n, int side);
/* Forget what was both told and inspected. */
void session_trim(struct session *n);

#endif
