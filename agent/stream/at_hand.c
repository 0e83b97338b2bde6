/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What each packet of a session is checked for: that its acknowledgement and its
 * timestamp (RFC 7323) can be true; and what a new state means for the flow.
 */
#include "agent/stream/at_hand.h"

#include "common/clock.h"

/* RFC 7323, section 5.5: a timestamp this old says nothing any more. */
#define PAWS_US (24 * 24 * 3600ll * CLOCK_US)

void
at_hand_become(struct session *n, enum session_state state)
{
	static const enum flow_life life[SESSION_STATES] = {
	    [SESSION_NONE] = FLOW_NEW,
	    [SESSION_SYN_SENT] = FLOW_NEW,
	    [SESSION_SYN_RECV] = FLOW_NEW,
	    [SESSION_ESTABLISHED] = FLOW_ESTABLISHED,
	    [SESSION_FIN_WAIT1] = FLOW_ESTABLISHED,
	    [SESSION_FIN_WAIT2] = FLOW_ESTABLISHED,
	    [SESSION_CLOSE_WAIT] = FLOW_ESTABLISHED,
	    [SESSION_CLOSING] = FLOW_ESTABLISHED,
	    [SESSION_LAST_ACK] = FLOW_ESTABLISHED,
	    [SESSION_TIME_WAIT] = FLOW_CLOSED,
	    [SESSION_CLOSED] = FLOW_CLOSED,
	};

	if (state == SESSION_CLOSED && n->state != SESSION_CLOSED)
		n->before_close = n->state;
	n->state = state;
	n->flow->life = life[state];
	n->flow->tcp_over = state > SESSION_FIN_WAIT2;
}

void
at_hand_take_ack(const struct at_hand *h)
{
	h->peer->window = window_of(h);
	if (h->has_ack)
		advance(&h->peer->last_ack, h->ack);
	advance(&h->peer->next_win, h->peer->last_ack + h->peer->window);
}

bool
at_hand_ack_fits(const struct at_hand *h, enum stream_event event)
{
	const struct side *peer = h->peer;
	bool old = seq_lt(h->ack, peer->last_ack) && peer->window != 0 &&
	    seq_lt(h->ack, peer->last_ack - peer->window);
	bool ahead = !(h->n->flags & SESSION_ASYNC) &&
	    seq_lt(peer->next_win, h->ack) && seq_lt(peer->last_ack, h->ack);

	if (!h->has_ack || (!old && !ahead))
		return true;
	packet_set_event(h->p, STREAM_EVENT_PKT_INVALID_ACK);
	return refuse(h, event);
}

bool
at_hand_timestamp_fits(const struct at_hand *h)
{
	struct side *me = h->me;
	uint32_t ts = h->p->tcp_ts_val;

	if (!(h->n->flags & SESSION_TIMESTAMPS) || !h->p->tcp_has_ts)
		return true;
	if (me->ts != 0 && ts != 0 && seq_lt(ts, me->ts) &&
	    h->p->time_us - me->ts_us < PAWS_US)
		return refuse(h, STREAM_EVENT_PKT_INVALID_TIMESTAMP);
	/* Only what stands at the edge moves the clock (RFC 7323, section 4.3). */
	if (seq_leq(h->seq, me->next_seq) && ts != 0) {
		me->ts = ts;
		me->ts_us = h->p->time_us;
	}
	return true;
}
