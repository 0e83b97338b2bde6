/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * How far a TCP connection is (RFC 9293, section 3.3.2): enough to tell a new
 * flow from an established and a closed one.  Data is the stream stage's.
 */
#include "agent/flow/flow.h"

enum {
	SEEN_SYN = 1 << 0,
	SEEN_SYN_ACK = 1 << 1,
	SEEN_FIN_CLIENT = 1 << 2,
	SEEN_FIN_SERVER = 1 << 3,
	SEEN_ACK_CLIENT = 1 << 4,
	SEEN_ACK_SERVER = 1 << 5,
	SEEN_SYN_SERVER = 1 << 6, /* without ACK */
	SEEN_SPLIT = 1 << 7,	  /* the client answered that one */
};
#define SEEN_FINS (SEEN_FIN_CLIENT | SEEN_FIN_SERVER)

/* Sequence numbers wrap: a is at or after b. */
static bool
seq_geq(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

static void
on_client_syn(struct flow *f, const struct packet *p)
{
	f->tcp = (struct flow_tcp){.seen = SEEN_SYN, .isn = {p->tcp_seq, 0}};
	f->tcp.syn_end = p->tcp_seq + 1 + (uint32_t)p->payload.len;
	f->tcp.wscale[0] = p->tcp_wscale == 0xff ? 0 : p->tcp_wscale;
	f->tcp.window[0] = p->tcp_window;
}

/* Both sides opening (RFC 9293, section 3.5), which also serves to evade. */
static void
on_server_syn(struct flow *f, const struct packet *p)
{
	f->tcp.seen |= SEEN_SYN_SERVER;
	f->tcp.isn[1] = p->tcp_seq;
}

/* RFC 7323, section 2.2: scaling holds only if both sides offered it. */
static void
agree_scale(struct flow *f, const struct packet *p, int from)
{
	if (p->tcp_wscale == 0xff)
		f->tcp.wscale[0] = f->tcp.wscale[1] = 0;
	else
		f->tcp.wscale[from] = p->tcp_wscale;
}

static void
on_server_syn_ack(struct flow *f, const struct packet *p)
{
	/* It may acknowledge data that came with the SYN (RFC 7413), not more. */
	if (!seq_geq(p->tcp_ack, f->tcp.isn[0] + 1) ||
	    !seq_geq(f->tcp.syn_end, p->tcp_ack))
		return;
	f->tcp.seen |= SEEN_SYN_ACK | SEEN_ACK_SERVER;
	f->tcp.isn[1] = p->tcp_seq;
	f->tcp.ack[1] = p->tcp_ack;
	f->tcp.window[1] = p->tcp_window;
	agree_scale(f, p, 1);
}

static void
on_client_syn_ack(struct flow *f, const struct packet *p)
{
	if ((f->tcp.seen & SEEN_SYN_SERVER) == 0 || p->tcp_ack != f->tcp.isn[1] + 1)
		return;
	f->tcp.seen |= SEEN_SYN_ACK | SEEN_SPLIT | SEEN_ACK_CLIENT;
	f->tcp.ack[0] = p->tcp_ack;
	f->tcp.window[0] = p->tcp_window;
	agree_scale(f, p, 0);
}

/* RFC 9293, section 3.5.3: one outside what the other side waits for is forged. */
static bool
is_rst_valid(const struct flow *f, const struct packet *p, int from)
{
	int peer = 1 - from;
	uint32_t window = f->tcp.window[peer];

	if ((f->tcp.seen & SEEN_SYN_ACK) == 0) /* refused: it must answer the SYN */
		return from == 0 || (p->tcp_flags & TCP_ACK) == 0 ||
		    p->tcp_ack == f->tcp.isn[0] + 1;
	if ((f->tcp.seen & (peer == 0 ? SEEN_ACK_CLIENT : SEEN_ACK_SERVER)) == 0)
		return p->tcp_seq == f->tcp.isn[from] + 1 ||
		    p->tcp_seq == f->tcp.isn[from];
	return seq_geq(p->tcp_seq, f->tcp.ack[peer]) &&
	    seq_geq(f->tcp.ack[peer] + window, p->tcp_seq);
}

/* The side that was answered last acknowledges the other's SYN. */
static bool
completes_handshake(const struct flow *f, const struct packet *p, int from)
{
	int last = (f->tcp.seen & SEEN_SPLIT) != 0 ? 1 : 0;

	return (f->tcp.seen & SEEN_SYN_ACK) != 0 && from == last &&
	    seq_geq(p->tcp_ack, f->tcp.isn[1 - last] + 1);
}

static void
on_ack(struct flow *f, const struct packet *p, int from)
{
	uint8_t bit = from == 0 ? SEEN_ACK_CLIENT : SEEN_ACK_SERVER;

	if ((f->tcp.seen & bit) == 0 || seq_geq(p->tcp_ack, f->tcp.ack[from])) {
		f->tcp.ack[from] = p->tcp_ack;
		f->tcp.window[from] = (uint32_t)p->tcp_window
		    << f->tcp.wscale[from];
		f->tcp.seen |= bit;
	}
	if (f->life == FLOW_NEW && completes_handshake(f, p, from))
		f->life = FLOW_ESTABLISHED;
}

/* SYNs count until the flow is established. */
static void
on_any_syn(struct flow *f, const struct packet *p, bool to_server)
{
	bool ack = (p->tcp_flags & TCP_ACK) != 0;

	if (f->life != FLOW_NEW)
		return;
	if (to_server && !ack)
		on_client_syn(f, p);
	else if ((f->tcp.seen & SEEN_SYN) == 0)
		f->flags |= FLOW_MIDSTREAM;
	else if (to_server)
		on_client_syn_ack(f, p);
	else if (ack)
		on_server_syn_ack(f, p);
	else
		on_server_syn(f, p);
}

void
flow_tcp_update(struct flow *f, const struct packet *p, bool to_server)
{
	int from = to_server ? 0 : 1;

	if ((p->tcp_flags & (TCP_SYN | TCP_RST)) == TCP_SYN) {
		on_any_syn(f, p, to_server);
		return;
	}
	if ((f->tcp.seen & SEEN_SYN) == 0) {
		f->flags |= FLOW_MIDSTREAM;
		return;
	}
	if ((p->tcp_flags & TCP_RST) != 0) {
		if (is_rst_valid(f, p, from))
			f->life = FLOW_CLOSED;
		return;
	}
	if ((p->tcp_flags & TCP_ACK) != 0)
		on_ack(f, p, from);
	if (f->life != FLOW_ESTABLISHED || (p->tcp_flags & TCP_FIN) == 0)
		return;
	f->tcp.seen |= to_server ? SEEN_FIN_CLIENT : SEEN_FIN_SERVER;
	if ((f->tcp.seen & SEEN_FINS) == SEEN_FINS)
		f->life = FLOW_CLOSED;
}

bool
flow_tcp_is_reuse(const struct flow *f, const struct packet *p)
{
	return f->life == FLOW_CLOSED &&
	    (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN &&
	    p->tcp_seq != f->tcp.isn[0];
}
