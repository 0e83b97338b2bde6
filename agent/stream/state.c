/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * TCP (RFC 9293, section 3.10; RFC 7323 for timestamps and windows) as seen from
 * beside the line: what does not fit is noted and left out of the stream, as the
 * receiver would leave it out.  Events are Suricata's.
 */
#include "agent/stream/session.h"

#include "common/clock.h"

#define CLIENT 0
#define SERVER 1
/* RFC 7323, section 2.3. */
#define WSCALE_MAX 14
/* RFC 7323, section 5.5: a timestamp this old says nothing any more. */
#define PAWS_US (24 * 24 * 3600ll * CLOCK_US)

/* A packet at hand: who sent it, and to whom. */
struct at_hand {
	struct session *n;
	struct packet *p;
	int from;
	struct side *me, *peer;
	uint32_t seq, ack, len, end; /* end: behind its bytes */
	bool has_ack;
};

static bool
refuse(const struct at_hand *h, enum stream_event event)
{
	packet_set_event(h->p, event);
	return false;
}

static uint32_t
flags_of(const struct at_hand *h)
{
	return h->p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST);
}

static void
become(struct session *n, enum session_state state)
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

/* --- numbers -------------------------------------------------------------------- */

static void
advance(uint32_t *to, uint32_t value)
{
	if (seq_lt(*to, value))
		*to = value;
}

/* The window that this packet gives the other side to fill. */
static uint32_t
window_of(const struct at_hand *h)
{
	return (uint32_t)h->p->tcp_window << h->peer->wscale;
}

/* What the packet acknowledges and offers counts from now on. */
static void
take_ack(const struct at_hand *h)
{
	h->peer->window = window_of(h);
	if (h->has_ack)
		advance(&h->peer->last_ack, h->ack);
	advance(&h->peer->next_win, h->peer->last_ack + h->peer->window);
}

static bool
ack_fits(const struct at_hand *h, enum stream_event event)
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

/* --- timestamps ------------------------------------------------------------------- */

static bool
timestamp_fits(const struct at_hand *h)
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

/* --- the handshake ------------------------------------------------------------------ */

static struct session_offer
offer_of(const struct at_hand *h)
{
	return (struct session_offer){.seq = h->seq,
	    .ts = h->p->tcp_ts_val,
	    .window = h->p->tcp_window,
	    .wscale = h->p->tcp_wscale,
	    .has_ts = h->p->tcp_has_ts};
}

/* Side i began as the offer says. */
static void
accept_offer(
    struct session *n, int i, const struct session_offer *o, int64_t now_us)
{
	struct side *me = &n->side[i], *peer = &n->side[1 - i];

	me->isn = o->seq;
	me->next_seq = me->last_ack = o->seq + 1;
	me->flags &= (uint8_t) ~(SIDE_TIMESTAMPS | SIDE_WSCALE);
	if (o->has_ts)
		me->flags |= SIDE_TIMESTAMPS;
	if (o->wscale != 0xff)
		me->flags |= SIDE_WSCALE;
	me->ts = o->ts;
	me->ts_us = now_us;
	peer->window = o->window;
	peer->wscale = o->wscale == 0xff ? 0
	    : o->wscale > WSCALE_MAX	 ? WSCALE_MAX
					 : o->wscale;
	assembly_begin(&n->owner->pool, &me->a, o->seq + 1);
	if (i == CLIENT)
		n->flow->tcp_isn = o->seq;
}

/* Another SYN or SYN/ACK than the one before; false: too many by now. */
static bool
queue_offer(struct session *n, const struct session_offer *o, unsigned max)
{
	for (unsigned i = 0; i < n->offers; i++)
		if (n->offer[i].seq == o->seq)
			return true;
	if (n->offers >= max)
		return false;
	n->offer[n->offers++] = *o;
	return true;
}

/* The queued one that the ACK answers takes the place of the first. */
static bool
pick_offer(struct session *n, int side, uint32_t ack, int64_t now_us)
{
	for (unsigned i = 0; i < n->offers; i++) {
		if (n->offer[i].seq + 1 != ack)
			continue;
		accept_offer(n, side, &n->offer[i], now_us);
		return true;
	}
	return false;
}

static bool
on_syn(struct at_hand *h)
{
	struct session_offer o = offer_of(h);

	accept_offer(h->n, CLIENT, &o, h->p->time_us);
	h->peer->next_win = h->peer->window;
	become(h->n, SESSION_SYN_SENT);
	if (h->p->tcp_has_tfo) {
		h->n->flags |= SESSION_FAST_OPEN;
		h->me->next_seq += h->len;
		session_segment(h->n, h->p, CLIENT);
	}
	return true;
}

static bool
on_syn_ack(struct at_hand *h)
{
	struct session *n = h->n;
	struct session_offer o = offer_of(h);
	struct side *client = &n->side[CLIENT], *server = &n->side[SERVER];
	bool tfo = (n->flags & SESSION_FAST_OPEN) != 0 || h->p->tcp_has_tfo;

	if (h->from == CLIENT) {
		if (!(n->flags & SESSION_FOUR_WAY))
			return refuse(
			    h, STREAM_EVENT_3WHS_SYNACK_IN_WRONG_DIRECTION);
		if (h->ack != server->isn + 1)
			return refuse(h, STREAM_EVENT_4WHS_SYNACK_WITH_WRONG_ACK);
		if (h->seq != client->isn)
			return refuse(h, STREAM_EVENT_4WHS_SYNACK_WITH_WRONG_SYN);
		server->last_ack = h->ack;
		server->window = window_of(h);
		server->next_win = h->ack + server->window;
		become(n, SESSION_SYN_RECV);
		return true;
	}
	if (h->ack != client->isn + 1 &&
	    !(tfo && seq_leq(client->isn + 1, h->ack) &&
		seq_leq(h->ack, client->next_seq)) &&
	    !pick_offer(n, CLIENT, h->ack, h->p->time_us))
		return refuse(h, STREAM_EVENT_3WHS_SYNACK_WITH_WRONG_ACK);
	n->offers = 0;
	n->flags &= (uint8_t)~SESSION_FOUR_WAY;
	accept_offer(n, SERVER, &o, h->p->time_us);
	/* Both must offer scaling and timestamps (RFC 7323, 2.2 and 3.2). */
	if (!(client->flags & SIDE_WSCALE) || !(server->flags & SIDE_WSCALE))
		client->wscale = server->wscale = 0;
	if ((client->flags & SIDE_TIMESTAMPS) && (server->flags & SIDE_TIMESTAMPS))
		n->flags |= SESSION_TIMESTAMPS;
	client->last_ack = h->ack;
	client->next_win = h->ack + client->window;
	server->next_win = server->last_ack + server->window;
	if (!tfo) {
		become(n, SESSION_SYN_RECV);
		return true;
	}
	if (h->ack == client->isn + 1 && client->next_seq != h->ack) {
		packet_set_event(h->p, STREAM_EVENT_3WHS_SYNACK_TFO_DATA_IGNORED);
		client->next_seq = h->ack;
	}
	/* RFC 7413: the server may speak before the client's ACK. */
	become(n, SESSION_ESTABLISHED);
	session_segment(n, h->p, SERVER);
	return true;
}

/*
 * A server that echoes a timestamp which the client did not send: its reset or
 * FIN would not be believed, and is there to blind us.
 */
static bool
echo_fits(const struct at_hand *h)
{
	const struct side *client = &h->n->side[CLIENT];
	uint32_t echo = h->p->tcp_ts_ecr;

	if (h->n->state != SESSION_SYN_SENT || h->from == CLIENT ||
	    !h->p->tcp_has_ts || echo == 0 || flags_of(h) == (TCP_SYN | TCP_ACK))
		return true;
	if (client->flags & SIDE_TIMESTAMPS &&
	    (client->ts == 0 || client->ts == echo))
		return true;
	return refuse(h, STREAM_EVENT_PKT_INVALID_TIMESTAMP);
}

static bool
in_syn_sent_syn(struct at_hand *h)
{
	struct session_offer o = offer_of(h);

	if (h->from == CLIENT) {
		if (h->seq == h->me->isn || queue_offer(h->n, &o, STREAM_SYNS_MAX))
			return true;
		return refuse(h, STREAM_EVENT_3WHS_SYN_FLOOD);
	}
	/* RFC 9293, figure 7: both begin at once. */
	accept_offer(h->n, SERVER, &o, h->p->time_us);
	h->n->flags |= SESSION_FOUR_WAY;
	return true;
}

static bool
in_syn_sent_ack(struct at_hand *h)
{
	struct session *n = h->n;

	if ((n->flags & SESSION_FAST_OPEN) && h->from == CLIENT) {
		advance(&h->me->next_seq, h->end);
		session_segment(n, h->p, CLIENT);
		return true;
	}
	if (!n->owner->config.async || h->from == SERVER)
		return false;
	if (h->seq != h->me->next_seq)
		return refuse(h, STREAM_EVENT_3WHS_ASYNC_WRONG_SEQ);
	n->flags |= SESSION_ASYNC;
	h->me->next_seq = h->end;
	h->me->next_win = h->me->last_ack + h->me->window;
	h->peer->isn = h->ack - 1;
	h->peer->next_seq = h->peer->last_ack = h->ack;
	h->peer->next_win = h->ack + h->peer->window;
	assembly_begin(&n->owner->pool, &h->peer->a, h->ack);
	become(n, SESSION_ESTABLISHED);
	session_segment(n, h->p, CLIENT);
	return true;
}

static bool
in_syn_recv_syn(struct at_hand *h)
{
	if (h->from == SERVER)
		return refuse(h, STREAM_EVENT_3WHS_SYN_TOCLIENT_ON_SYN_RECV);
	if (h->seq != h->me->isn)
		return refuse(h, STREAM_EVENT_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV);
	return true;
}

static bool
in_syn_recv_syn_ack(struct at_hand *h)
{
	struct session_offer o = offer_of(h);

	if (h->from == CLIENT)
		return refuse(h, STREAM_EVENT_3WHS_SYNACK_TOSERVER_ON_SYN_RECV);
	if (h->ack != h->peer->isn + 1 && !(h->n->flags & SESSION_FAST_OPEN))
		return refuse(
		    h, STREAM_EVENT_3WHS_SYNACK_RESEND_WITH_DIFFERENT_ACK);
	if (h->seq == h->me->isn)
		return true;
	/* The client's ACK will say which it is. */
	if (!queue_offer(h->n, &o, STREAM_SYNACKS_MAX))
		return refuse(h, STREAM_EVENT_3WHS_SYNACK_FLOOD);
	return true;
}

/* Bytes that go with the ACK of the handshake, or instead of a lost one. */
static bool
establish(struct at_hand *h)
{
	advance(&h->me->next_seq, h->end);
	take_ack(h);
	become(h->n, SESSION_ESTABLISHED);
	session_segment(h->n, h->p, h->from);
	return true;
}

static bool
in_syn_recv_ack(struct at_hand *h)
{
	struct session *n = h->n;
	struct side *me = h->me, *peer = h->peer;

	if (!timestamp_fits(h))
		return false;
	if (h->from == SERVER) {
		/* 4WHS ends this way; or the client's ACK was lost on the way. */
		if (n->flags & SESSION_FOUR_WAY) {
			if (h->seq != me->next_seq)
				return refuse(h, STREAM_EVENT_4WHS_WRONG_SEQ);
			if (!ack_fits(h, STREAM_EVENT_4WHS_INVALID_ACK))
				return false;
			return establish(h);
		}
		if ((n->flags & SESSION_FAST_OPEN) ||
		    (h->seq == me->next_seq && seq_lt(peer->isn + 1, h->ack) &&
			seq_leq(h->ack, peer->next_win)))
			return establish(h);
		return refuse(h, STREAM_EVENT_3WHS_ACK_IN_WRONG_DIR);
	}
	if (h->ack != peer->next_seq &&
	    pick_offer(n, SERVER, h->ack, h->p->time_us))
		peer->next_win = peer->last_ack + peer->window;
	if (h->ack == peer->next_seq && h->seq == me->next_seq)
		return establish(h);
	if (n->flags & SESSION_FAST_OPEN) {
		if (seq_leq(peer->isn + 1, h->ack))
			return establish(h);
		return refuse(h, STREAM_EVENT_3WHS_WRONG_SEQ_WRONG_ACK);
	}
	if (h->seq == me->next_seq) {
		if (n->owner->config.async) {
			n->flags |= SESSION_ASYNC;
			return establish(h);
		}
		return refuse(h, STREAM_EVENT_3WHS_RIGHT_SEQ_WRONG_ACK_EVASION);
	}
	/* The bare ACK was lost, and data follows it. */
	if (h->ack == peer->next_seq && seq_lt(me->next_seq, h->seq) &&
	    seq_leq(h->end, me->next_win))
		return establish(h);
	return refuse(h, STREAM_EVENT_3WHS_WRONG_SEQ_WRONG_ACK);
}

/* --- established and closing --------------------------------------------------------- */

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
	if (!timestamp_fits(h) || !ack_fits(h, names->ack))
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
	take_ack(h);
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

static bool
in_open_ack(struct at_hand *h)
{
	if (!take_segment(h, &NAMES[h->n->state]))
		return false;
	become(h->n, after_ack(h));
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

static bool
on_fin(struct at_hand *h)
{
	struct session *n = h->n;
	bool first = (h->me->flags & SIDE_FIN) == 0;

	if (!take_segment(h, &FIN_NAMES[n->state]))
		return false;
	if (first) {
		h->me->flags |= SIDE_FIN;
		h->me->fin_seq = h->end;
	}
	become(n, after_fin(h, first));
	session_segment(n, h->p, h->from);
	if (h->me->next_seq == h->me->fin_seq)
		h->me->next_seq++;
	advance(&h->me->next_win, h->me->next_seq);
	return true;
}

static bool
in_open_syn(struct at_hand *h)
{
	if (h->n->state > SESSION_ESTABLISHED)
		return refuse(h, STREAM_EVENT_SHUTDOWN_SYN_RESEND);
	if (h->from == SERVER)
		return refuse(h, STREAM_EVENT_EST_SYN_TOCLIENT);
	return refuse(h,
	    h->seq == h->me->isn ? STREAM_EVENT_EST_SYN_RESEND
				 : STREAM_EVENT_EST_SYN_RESEND_DIFF_SEQ);
}

static bool
in_open_syn_ack(struct at_hand *h)
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
	if (!timestamp_fits(h))
		return false;
	if (h->has_ack && h->ack != 0 && !ack_fits(h, STREAM_EVENT_RST_INVALID_ACK))
		return false;
	if (h->n->flags & (SESSION_ASYNC | SESSION_MIDSTREAM))
		return seq_leq(me->last_ack, h->end);
	switch (h->n->owner->config.policy) {
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
		take_ack(h);
	become(h->n, SESSION_CLOSED);
	session_segment(h->n, h->p, h->from);
	return true;
}

/* --- no session yet -------------------------------------------------------------------- */

/* Midstream: take it that everything before was in order. */
static bool
take_up(struct at_hand *h)
{
	struct session *n = h->n;
	bool syn_ack = flags_of(h) == (TCP_SYN | TCP_ACK);

	n->flags |= SESSION_MIDSTREAM;
	n->flow->flags |= FLOW_MIDSTREAM;
	n->owner->stats.midstream++;
	h->me->isn = syn_ack ? h->seq : h->seq - 1;
	h->me->next_seq = h->me->last_ack = h->me->isn + 1;
	h->peer->isn = h->ack - 1;
	h->peer->next_seq = h->peer->last_ack = h->ack;
	/* Scaling is not known: the largest there is. */
	h->me->wscale = h->peer->wscale = WSCALE_MAX;
	h->peer->window = window_of(h);
	h->peer->next_win = h->ack + h->peer->window;
	h->me->window = h->peer->window;
	h->me->next_win = h->me->last_ack + h->me->window;
	assembly_begin(&n->owner->pool, &h->me->a, h->me->isn + 1);
	assembly_begin(&n->owner->pool, &h->peer->a, h->ack);
	n->flow->tcp_isn = n->side[CLIENT].isn;
	if (syn_ack) {
		become(n, SESSION_SYN_RECV);
		return true;
	}
	return establish(h);
}

static bool
in_none(struct at_hand *h)
{
	uint32_t flags = flags_of(h);

	if (flags & TCP_RST)
		return refuse(h, STREAM_EVENT_RST_BUT_NO_SESSION);
	if ((flags & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN))
		packet_set_event(h->p, STREAM_EVENT_FIN_SYN);
	else if (flags & TCP_FIN)
		return refuse(h, STREAM_EVENT_FIN_BUT_NO_SESSION);
	if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		return h->from == CLIENT && on_syn(h);
	if ((flags & TCP_ACK) && h->n->owner->config.midstream)
		return take_up(h);
	h->n->flow->flags |= FLOW_MIDSTREAM;
	return false;
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
    [SESSION_NONE] = {in_none, in_none, in_none, in_none},
    [SESSION_SYN_SENT] = {in_syn_sent_syn, on_syn_ack, not_here, in_syn_sent_ack},
    [SESSION_SYN_RECV] = {in_syn_recv_syn, in_syn_recv_syn_ack, on_fin,
	in_syn_recv_ack},
    [SESSION_ESTABLISHED] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
    [SESSION_FIN_WAIT1] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
    [SESSION_FIN_WAIT2] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
    [SESSION_TIME_WAIT] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
    [SESSION_LAST_ACK] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
    [SESSION_CLOSE_WAIT] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
    [SESSION_CLOSING] = {in_open_syn, in_open_syn_ack, on_fin, in_open_ack},
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
	become(n, n->before_close);
	if (by_flags(h, n->state))
		return true;
	become(n, SESSION_CLOSED);
	return false;
}

static bool
step(struct at_hand *h)
{
	if (h->n->state == SESSION_NONE)
		return in_none(h);
	if (!echo_fits(h))
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
	bool fits;

	if (!h.has_ack && p->tcp_ack != 0)
		packet_set_event(p, STREAM_EVENT_PKT_BROKEN_ACK);
	fits = step(&h);
	if ((h.me->flags & SIDE_RST) && !(p->tcp_flags & TCP_RST)) {
		packet_set_event(p, STREAM_EVENT_SUSPECTED_RST_INJECT);
		h.me->flags &= (uint8_t)~SIDE_RST;
	}
	return fits;
}
