/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A TCP session from established to closed (RFC 9293, sections 3.6 and 3.10.7.4):
 * segments that are checked, taken and told, and the FINs that end it.
 */
#include "agent/stream/open.h"

/* What does not fit is noted by another name in each state. */
struct names {
	enum stream_event before, outside, ack;
};

static const struct names NAMES[SESSION_STATES] = {
    [SESSION_ESTABLISHED] = {STREAM_EVENT_EST_PKT_BEFORE_LAST_ACK,
	STREAM_EVENT_EST_PACKET_OUT_OF_WINDOW, STREAM_EVENT_EST_INVALID_ACK},
    [SESSION_FIN_WAIT1] = {STREAM_EVENT_FIN1_ACK_WRONG_SEQ,
	STREAM_EVENT_FIN1_ACK_WRONG_SEQ, STREAM_EVENT_FIN1_INVALID_ACK},
    [SESSION_FIN_WAIT2] = {STREAM_EVENT_FIN2_ACK_WRONG_SEQ,
	STREAM_EVENT_FIN2_ACK_WRONG_SEQ, STREAM_EVENT_FIN2_INVALID_ACK},
    [SESSION_TIME_WAIT] = {STREAM_EVENT_TIMEWAIT_ACK_WRONG_SEQ,
	STREAM_EVENT_TIMEWAIT_ACK_WRONG_SEQ, STREAM_EVENT_TIMEWAIT_INVALID_ACK},
    [SESSION_LAST_ACK] = {STREAM_EVENT_LASTACK_ACK_WRONG_SEQ,
	STREAM_EVENT_LASTACK_ACK_WRONG_SEQ, STREAM_EVENT_LASTACK_INVALID_ACK},
    [SESSION_CLOSE_WAIT] = {STREAM_EVENT_CLOSEWAIT_PKT_BEFORE_LAST_ACK,
	STREAM_EVENT_CLOSEWAIT_ACK_OUT_OF_WINDOW,
	STREAM_EVENT_CLOSEWAIT_INVALID_ACK},
    [SESSION_CLOSING] = {STREAM_EVENT_CLOSING_ACK_WRONG_SEQ,
	STREAM_EVENT_CLOSING_ACK_WRONG_SEQ, STREAM_EVENT_CLOSING_INVALID_ACK},
};

static const struct names FIN_NAMES[SESSION_STATES] = {
    [SESSION_SYN_RECV] = {STREAM_EVENT_FIN_OUT_OF_WINDOW,
	STREAM_EVENT_FIN_OUT_OF_WINDOW, STREAM_EVENT_FIN_INVALID_ACK},
    [SESSION_ESTABLISHED] = {STREAM_EVENT_FIN_OUT_OF_WINDOW,
	STREAM_EVENT_FIN_OUT_OF_WINDOW, STREAM_EVENT_FIN_INVALID_ACK},
    [SESSION_FIN_WAIT1] = {STREAM_EVENT_FIN1_FIN_WRONG_SEQ,
	STREAM_EVENT_FIN1_FIN_WRONG_SEQ, STREAM_EVENT_FIN1_INVALID_ACK},
    [SESSION_FIN_WAIT2] = {STREAM_EVENT_FIN2_FIN_WRONG_SEQ,
	STREAM_EVENT_FIN2_FIN_WRONG_SEQ, STREAM_EVENT_FIN2_INVALID_ACK},
    [SESSION_TIME_WAIT] = {STREAM_EVENT_TIMEWAIT_ACK_WRONG_SEQ,
	STREAM_EVENT_TIMEWAIT_ACK_WRONG_SEQ, STREAM_EVENT_TIMEWAIT_INVALID_ACK},
    [SESSION_LAST_ACK] = {STREAM_EVENT_LASTACK_ACK_WRONG_SEQ,
	STREAM_EVENT_LASTACK_ACK_WRONG_SEQ, STREAM_EVENT_LASTACK_INVALID_ACK},
    [SESSION_CLOSE_WAIT] = {STREAM_EVENT_CLOSEWAIT_FIN_OUT_OF_WINDOW,
	STREAM_EVENT_CLOSEWAIT_FIN_OUT_OF_WINDOW,
	STREAM_EVENT_CLOSEWAIT_INVALID_ACK},
    [SESSION_CLOSING] = {STREAM_EVENT_CLOSING_ACK_WRONG_SEQ,
	STREAM_EVENT_CLOSING_ACK_WRONG_SEQ, STREAM_EVENT_CLOSING_INVALID_ACK},
};

static bool
sequence_fits(const struct at_hand *h, const struct names *names)
{
	const struct side *me = h->me;
	bool probe = h->len == 1 && h->seq == me->next_seq && me->window == 0;

	/* Where the other side acknowledged what we missed, older data counts. */
	if (seq_lt(h->end, me->last_ack) &&
	    !(seq_lt(me->next_seq, me->last_ack) && seq_lt(me->next_seq, h->end)) &&
	    !(h->n->flags & SESSION_ASYNC))
		return refuse(h, names->before);
	if (!probe && seq_lt(me->next_win, h->end) &&
	    !(h->n->flags & (SESSION_MIDSTREAM | SESSION_ASYNC)))
		return refuse(h, names->outside);
	return true;
}

static bool
is_retransmission(const struct at_hand *h)
{
	return h->len > 0 && seq_leq(h->end, h->me->next_seq);
}

/* An ordinary segment: checked, taken, told. */
static bool
take_segment(struct at_hand *h, const struct names *names)
{
	if (!at_hand_timestamp_fits(h) || !at_hand_ack_fits(h, names->ack))
		return false;
	if (h->len > 0 && seq_leq(h->end, h->me->last_ack) &&
	    !seq_lt(h->me->next_seq, h->end))
		packet_set_event(h->p, STREAM_EVENT_PKT_SPURIOUS_RETRANSMISSION);
	if (!sequence_fits(h, names))
		return false;
	if (is_retransmission(h) && h->n->state > SESSION_ESTABLISHED)
		packet_set_event(h->p, STREAM_EVENT_PKT_RETRANSMISSION);
	if (seq_leq(h->seq, h->me->next_seq) ||
	    seq_lt(h->me->next_seq, h->me->last_ack))
		advance(&h->me->next_seq, h->end);
	at_hand_take_ack(h);
	return true;
}

/* Has the other side's FIN been acknowledged by this packet? */
static bool
acks_fin(const struct at_hand *h)
{
	return h->has_ack && (h->peer->flags & SIDE_FIN) != 0 &&
	    seq_lt(h->peer->fin_seq, h->ack);
}

static enum session_state
after_ack(const struct at_hand *h)
{
	switch (h->n->state) {
	case SESSION_FIN_WAIT1:
		return acks_fin(h) ? SESSION_FIN_WAIT2 : SESSION_FIN_WAIT1;
	case SESSION_CLOSING:
		return acks_fin(h) ? SESSION_TIME_WAIT : SESSION_CLOSING;
	case SESSION_LAST_ACK: /* the server sent the second FIN */
		return h->from == CLIENT && acks_fin(h) ? SESSION_CLOSED
							: SESSION_LAST_ACK;
	case SESSION_TIME_WAIT: /* the client did */
		return h->from == SERVER && acks_fin(h) ? SESSION_CLOSED
							: SESSION_TIME_WAIT;
	default:
		return h->n->state;
	}
}

bool
open_ack(struct at_hand *h)
{
	if (!take_segment(h, &NAMES[h->n->state]))
		return false;
	at_hand_become(h->n, after_ack(h));
	session_segment(h->n, h->p, h->from);
	return true;
}

static enum session_state
after_fin(const struct at_hand *h, bool first)
{
	switch (h->n->state) {
	case SESSION_SYN_RECV:
	case SESSION_ESTABLISHED:
		return h->from == CLIENT ? SESSION_CLOSE_WAIT : SESSION_FIN_WAIT1;
	case SESSION_FIN_WAIT1:
		if (h->from == SERVER)
			return SESSION_FIN_WAIT1; /* its own, again */
		return acks_fin(h) ? SESSION_TIME_WAIT : SESSION_CLOSING;
	case SESSION_FIN_WAIT2:
		return h->from == CLIENT ? SESSION_TIME_WAIT : SESSION_FIN_WAIT2;
	case SESSION_CLOSE_WAIT:
		return h->from == SERVER && first ? SESSION_LAST_ACK
						  : SESSION_CLOSE_WAIT;
	default:
		return h->n->state;
	}
}

bool
open_fin(struct at_hand *h)
{
	struct session *n = h->n;
	bool first = (h->me->flags & SIDE_FIN) == 0;

	if (!take_segment(h, &FIN_NAMES[n->state]))
		return false;
	if (first) {
		h->me->flags |= SIDE_FIN;
		h->me->fin_seq = h->end;
	}
	at_hand_become(n, after_fin(h, first));
	session_segment(n, h->p, h->from);
	if (h->me->next_seq == h->me->fin_seq)
		h->me->next_seq++;
	advance(&h->me->next_win, h->me->next_seq);
	return true;
}

bool
open_syn(struct at_hand *h)
{
	if (h->n->state > SESSION_ESTABLISHED)
		return refuse(h, STREAM_EVENT_SHUTDOWN_SYN_RESEND);
	if (h->from == SERVER)
		return refuse(h, STREAM_EVENT_EST_SYN_TOCLIENT);
	return refuse(h,
	    h->seq == h->me->isn ? STREAM_EVENT_EST_SYN_RESEND
				 : STREAM_EVENT_EST_SYN_RESEND_DIFF_SEQ);
}

bool
open_syn_ack(struct at_hand *h)
{
	if (h->n->state > SESSION_ESTABLISHED)
		return refuse(h, STREAM_EVENT_SHUTDOWN_SYN_RESEND);
	if (h->from == CLIENT)
		return refuse(h, STREAM_EVENT_EST_SYNACK_TOSERVER);
	if (h->ack != h->peer->isn + 1)
		return refuse(h, STREAM_EVENT_EST_SYNACK_RESEND_WITH_DIFFERENT_ACK);
	return refuse(h,
	    h->seq == h->me->isn ? STREAM_EVENT_EST_SYNACK_RESEND
				 : STREAM_EVENT_EST_SYNACK_RESEND_WITH_DIFF_SEQ);
}
