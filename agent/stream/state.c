/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * TCP (RFC 9293, section 3.10; RFC 7323 for timestamps and windows) as seen from
 * beside the line: what does not fit is noted and left out of the stream, as the
 * receiver would leave it out.  Events are Suricata's.  This file says which step
 * a packet is for, and knows resets; the steps are in handshake.c and open.c.
 */
#include "agent/stream/handshake.h"
#include "agent/stream/open.h"

/* --- resets ------------------------------------------------------------------------- */

/* RFC 9293, 3.5.3: one at another place than the next byte is forged. */
static bool
reset_fits(const struct at_hand *h)
{
	const struct side *me = h->me, *peer = h->peer;

	if (h->n->state == SESSION_SYN_SENT) {
		if (h->from == SERVER)
			return !h->has_ack || h->ack == peer->isn + 1 ||
			    h->ack == peer->next_seq;
		return h->seq == me->isn && h->p->tcp_window == 0 &&
		    h->ack == me->isn + 1;
	}
	if (!at_hand_timestamp_fits(h))
		return false;
	if (h->has_ack && h->ack != 0 &&
	    !at_hand_ack_fits(h, STREAM_EVENT_RST_INVALID_ACK))
		return false;
	if (h->n->flags & (SESSION_ASYNC | SESSION_MIDSTREAM))
		return seq_leq(me->last_ack, h->end);
	switch (session_policy(h->n, h->from)) {
	case STREAM_POLICY_LINUX:
	case STREAM_POLICY_OLD_LINUX:
		return seq_leq(me->last_ack, h->end) &&
		    seq_leq(h->end, me->next_seq + me->window);
	case STREAM_POLICY_SOLARIS:
		return seq_leq(me->last_ack, h->end) &&
		    seq_leq(h->seq, me->last_ack + me->window);
	default:
		return h->seq == me->next_seq ||
		    ((me->flags & SIDE_FIN) && h->seq == me->next_seq - 1);
	}
}

static bool
on_reset(struct at_hand *h)
{
	if (h->n->state == SESSION_CLOSED || !reset_fits(h))
		return false;
	h->me->flags |= SIDE_RST;
	if (h->has_ack && h->ack != 0 && h->n->state > SESSION_SYN_SENT)
		at_hand_take_ack(h);
	at_hand_become(h->n, SESSION_CLOSED);
	session_segment(h->n, h->p, h->from);
	return true;
}

/* --- any packet ------------------------------------------------------------------------- */

typedef bool step_fn(struct at_hand *h);

static bool
not_here(struct at_hand *h)
{
	(void)h;
	return false;
}

static step_fn after_reset;

/* What a packet of some kind does in each phase of a session. */
static const struct {
	step_fn *syn, *syn_ack, *fin, *ack;
} STEPS[] = {
    [SESSION_NONE] = {handshake_none, handshake_none, handshake_none,
	handshake_none},
    [SESSION_SYN_SENT] = {handshake_syn_sent_syn, handshake_syn_sent_syn_ack,
	not_here, handshake_syn_sent_ack},
    [SESSION_SYN_RECV] = {handshake_syn_recv_syn, handshake_syn_recv_syn_ack,
	open_fin, handshake_syn_recv_ack},
    [SESSION_ESTABLISHED] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_FIN_WAIT1] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_FIN_WAIT2] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_TIME_WAIT] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_LAST_ACK] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_CLOSE_WAIT] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_CLOSING] = {open_syn, open_syn_ack, open_fin, open_ack},
    [SESSION_CLOSED] = {after_reset, after_reset, after_reset, after_reset},
};

static bool
is_keep_alive(const struct at_hand *h)
{
	return h->n->state >= SESSION_ESTABLISHED && h->len <= 1 &&
	    flags_of(h) == TCP_ACK && h->seq == h->me->next_seq - 1 &&
	    h->ack == h->peer->last_ack && !(h->me->flags & SIDE_FIN);
}

/* A window that shrinks beyond what was received says nothing true. */
static bool
is_bad_window_update(const struct at_hand *h)
{
	const struct side *peer = h->peer;
	uint32_t window = window_of(h);

	return h->n->state >= SESSION_ESTABLISHED && h->len == 0 &&
	    flags_of(h) == TCP_ACK && window < peer->window &&
	    seq_lt(peer->next_seq, h->ack) && seq_lt(h->me->next_seq, h->seq);
}

static bool
by_flags(struct at_hand *h, enum session_state state)
{
	uint32_t flags = flags_of(h);

	if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK))
		return STEPS[state].syn_ack(h);
	if (flags & TCP_SYN)
		return STEPS[state].syn(h);
	if (flags & TCP_FIN)
		return STEPS[state].fin(h);
	/* RFC 9293, 3.10.7.4: without ACK, once there is a session, ignored. */
	return (flags & TCP_ACK) && STEPS[state].ack(h);
}

/* Who goes on after its own reset did not send that: the session goes on too. */
static bool
after_reset(struct at_hand *h)
{
	struct session *n = h->n;

	if (!(h->me->flags & SIDE_RST) || (h->peer->flags & SIDE_RST))
		return false;
	at_hand_become(n, n->before_close);
	if (by_flags(h, n->state))
		return true;
	at_hand_become(n, SESSION_CLOSED);
	return false;
}

static bool
step(struct at_hand *h)
{
	if (h->n->state == SESSION_NONE)
		return handshake_none(h);
	if (!handshake_echo_fits(h))
		return false;
	if (flags_of(h) & TCP_RST)
		return on_reset(h);
	if (is_keep_alive(h))
		return true;
	if (is_bad_window_update(h))
		return refuse(h, STREAM_EVENT_PKT_BAD_WINDOW_UPDATE);
	return by_flags(h, h->n->state);
}

bool
session_packet(struct session *n, struct packet *p)
{
	int from = p->flags & PACKET_TO_CLIENT ? SERVER : CLIENT;
	struct at_hand h = {.n = n,
	    .p = p,
	    .from = from,
	    .me = &n->side[from],
	    .peer = &n->side[1 - from],
	    .seq = p->tcp_seq,
	    .ack = p->tcp_ack,
	    .len = (uint32_t)p->payload.len,
	    .end = p->tcp_seq + (uint32_t)p->payload.len,
	    .has_ack = (p->tcp_flags & TCP_ACK) != 0};
	bool was_open = n->state >= SESSION_ESTABLISHED, fits;

	if (!h.has_ack && p->tcp_ack != 0)
		packet_set_event(p, STREAM_EVENT_PKT_BROKEN_ACK);
	fits = step(&h);
	/* Bytes in what ends the handshake are of an open connection. */
	if (!was_open && n->state == SESSION_ESTABLISHED && h.len > 0)
		p->flags |= PACKET_ESTABLISHED;
	if ((h.me->flags & SIDE_RST) && !(p->tcp_flags & TCP_RST)) {
		packet_set_event(p, STREAM_EVENT_SUSPECTED_RST_INJECT);
		h.me->flags &= (uint16_t)~SIDE_RST;
	}
	return fits;
}
