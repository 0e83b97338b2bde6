/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How a TCP session begins (RFC 9293, figures 6 and 7; RFC 7413 for fast open):
 * its SYNs, of which several may be offered, the ACK that ends the handshake, and
 * sessions taken up midstream.
 */
#include "agent/stream/handshake.h"

/* --- what each side offers ------------------------------------------------------ */

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
	me->flags &= (uint16_t) ~(SIDE_TIMESTAMPS | SIDE_WSCALE);
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
	assembly_begin(n->owner->pool, &me->a, o->seq + 1);
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
	at_hand_become(h->n, SESSION_SYN_SENT);
	if (h->p->tcp_has_tfo) {
		h->n->flags |= SESSION_FAST_OPEN;
		h->me->next_seq += h->len;
		session_segment(h->n, h->p, CLIENT);
	}
	return true;
}

bool
handshake_syn_sent_syn_ack(struct at_hand *h)
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
		at_hand_become(n, SESSION_SYN_RECV);
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
		at_hand_become(n, SESSION_SYN_RECV);
		return true;
	}
	if (h->ack == client->isn + 1 && client->next_seq != h->ack) {
		packet_set_event(h->p, STREAM_EVENT_3WHS_SYNACK_TFO_DATA_IGNORED);
		client->next_seq = h->ack;
	}
	/* RFC 7413: the server may speak before the client's ACK. */
	at_hand_become(n, SESSION_ESTABLISHED);
	session_segment(n, h->p, SERVER);
	return true;
}

/*
 * A server that echoes a timestamp which the client did not send: its reset or
 * FIN would not be believed, and is there to blind us.
 */
bool
handshake_echo_fits(const struct at_hand *h)
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

bool
handshake_syn_sent_syn(struct at_hand *h)
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

bool
handshake_syn_sent_ack(struct at_hand *h)
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
	assembly_begin(n->owner->pool, &h->peer->a, h->ack);
	at_hand_become(n, SESSION_ESTABLISHED);
	session_segment(n, h->p, CLIENT);
	return true;
}

bool
handshake_syn_recv_syn(struct at_hand *h)
{
	if (h->from == SERVER)
		return refuse(h, STREAM_EVENT_3WHS_SYN_TOCLIENT_ON_SYN_RECV);
	if (h->seq != h->me->isn)
		return refuse(h, STREAM_EVENT_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV);
	return true;
}

bool
handshake_syn_recv_syn_ack(struct at_hand *h)
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
	at_hand_take_ack(h);
	at_hand_become(h->n, SESSION_ESTABLISHED);
	session_segment(h->n, h->p, h->from);
	return true;
}

bool
handshake_syn_recv_ack(struct at_hand *h)
{
	struct session *n = h->n;
	struct side *me = h->me, *peer = h->peer;

	if (!at_hand_timestamp_fits(h))
		return false;
	if (h->from == SERVER) {
		/* 4WHS ends this way; or the client's ACK was lost on the way. */
		if (n->flags & SESSION_FOUR_WAY) {
			if (h->seq != me->next_seq)
				return refuse(h, STREAM_EVENT_4WHS_WRONG_SEQ);
			if (!at_hand_ack_fits(h, STREAM_EVENT_4WHS_INVALID_ACK))
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
	assembly_begin(n->owner->pool, &h->me->a, h->me->isn + 1);
	assembly_begin(n->owner->pool, &h->peer->a, h->ack);
	n->flow->tcp_isn = n->side[CLIENT].isn;
	if (syn_ack) {
		at_hand_become(n, SESSION_SYN_RECV);
		return true;
	}
	return establish(h);
}

bool
handshake_none(struct at_hand *h)
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
