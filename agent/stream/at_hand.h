/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A packet at hand, and the checks of its numbers that all steps of a session
 * share.  Private to agent/stream: handshake.c and open.c hold the steps, state.c
 * says which is due.
 */
#ifndef AGENT_STREAM_AT_HAND_H
#define AGENT_STREAM_AT_HAND_H

#include "agent/stream/session.h"

#define CLIENT 0
#define SERVER 1
/* RFC 7323, section 2.3. */
#define WSCALE_MAX 14

/* A packet at hand: who sent it, and to whom. */
struct at_hand {
	struct session *n;
	struct packet *p;
	int from;
	struct side *me, *peer;
	uint32_t seq, ack, len, end; /* end: behind its bytes */
	bool has_ack;
};

/* It does not fit, and this is why. */
static inline bool
refuse(const struct at_hand *h, enum stream_event event)
{
	packet_set_event(h->p, event);
	return false;
}

static inline uint32_t
flags_of(const struct at_hand *h)
{
	return h->p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
}

static inline void
advance(uint32_t *to, uint32_t value)
{
	if (seq_lt(*to, value))
		*to = value;
}

/* The window that this packet gives the other side to fill. */
static inline uint32_t
window_of(const struct at_hand *h)
{
	return (uint32_t)h->p->tcp_window << h->peer->wscale;
}

void at_hand_become(struct session *n, enum session_state state);
/* What the packet acknowledges and offers counts from now on. */
void at_hand_take_ack(const struct at_hand *h);
/* false: noted as the event. */
bool at_hand_ack_fits(const struct at_hand *h, enum stream_event event);
/* RFC 7323, section 5; false: noted. */
bool at_hand_timestamp_fits(const struct at_hand *h);

#endif
