/* SPDX-License-Identifier: EUPL-1.2 */
/* TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260) and the head of ESP (RFC 4303). */
#include "agent/decode/decoder.h"

/* IANA, "TCP Parameters". */
enum tcp_option {
	TCPOPT_END,
	TCPOPT_NOP,
	TCPOPT_MSS,
	TCPOPT_WSCALE,
	TCPOPT_SACK_OK,
	TCPOPT_SACK,
	TCPOPT_TIMESTAMP = 8,
	TCPOPT_MD5 = 19,
	TCPOPT_AO = 29,
	TCPOPT_FASTOPEN = 34,
	TCPOPT_EXPERIMENT1 = 253,
	TCPOPT_EXPERIMENT2 = 254,
};

/* RFC 7323, section 2.3: a larger shift must not be used. */
#define WSCALE_MAX 14
/* RFC 7413 and its experimental form's magic (RFC 6994). */
#define FASTOPEN_MAGIC 0xf989

static bool
is_fastopen_len(size_t cookie)
{
	return cookie == 0 || (cookie >= 4 && cookie <= 16 && cookie % 2 == 0);
}

static bool
length_is_right(uint8_t kind, size_t body)
{
	switch (kind) {
	case TCPOPT_MSS:
		return body == 2;
	case TCPOPT_WSCALE:
		return body == 1;
	case TCPOPT_SACK_OK:
		return body == 0;
	case TCPOPT_SACK: /* an empty one is seen in the wild */
		return body % 8 == 0 && body <= 32;
	case TCPOPT_TIMESTAMP:
		return body == 8;
	case TCPOPT_MD5:
		return body == 16;
	case TCPOPT_AO:
		return body >= 2;
	case TCPOPT_FASTOPEN:
		return is_fastopen_len(body);
	default:
		return true;
	}
}

static void
take_option(struct packet *p, uint8_t kind, struct cursor *body)
{
	uint8_t shift;

	switch (kind) {
	case TCPOPT_MSS:
		p->tcp_has_mss = true;
		p->tcp_mss = cur_be16(body);
		return;
	case TCPOPT_WSCALE:
		shift = cur_u8(body);
		p->tcp_wscale = shift <= WSCALE_MAX ? shift : 0;
		return;
	case TCPOPT_SACK_OK:
		p->tcp_sack_ok = true;
		return;
	case TCPOPT_SACK:
		p->tcp_has_sack = true;
		return;
	case TCPOPT_TIMESTAMP:
		p->tcp_has_ts = true;
		p->tcp_ts_val = cur_be32(body);
		p->tcp_ts_ecr = cur_be32(body);
		return;
	case TCPOPT_FASTOPEN:
		p->tcp_has_tfo = true;
		return;
	case TCPOPT_EXPERIMENT1:
	case TCPOPT_EXPERIMENT2:
		if (cur_be16(body) == FASTOPEN_MAGIC && is_fastopen_len(body->left))
			p->tcp_has_tfo = true;
		return;
	default:
		return;
	}
}

static bool
was_seen(const struct packet *p, uint8_t kind)
{
	switch (kind) {
	case TCPOPT_MSS:
		return p->tcp_has_mss;
	case TCPOPT_WSCALE:
		return p->tcp_wscale != 0xff;
	case TCPOPT_SACK_OK:
		return p->tcp_sack_ok;
	case TCPOPT_SACK:
		return p->tcp_has_sack;
	case TCPOPT_TIMESTAMP:
		return p->tcp_has_ts;
	case TCPOPT_FASTOPEN:
		return p->tcp_has_tfo;
	default:
		return false;
	}
}

static void
read_tcp_options(struct packet *p, struct cursor c)
{
	while (c.left > 0) {
		uint8_t kind = cur_u8(&c), len;
		struct cursor body;

		if (kind == TCPOPT_END)
			return;
		if (kind == TCPOPT_NOP)
			continue;
		if (c.left == 0)
			return;
		len = cur_u8(&c);
		if (len < 2 || len - 2u > c.left) {
			packet_set_event(p, DECODE_TCP_OPT_INVALID_LEN);
			return;
		}
		body = cur_sub(&c, len - 2u);
		if (!length_is_right(kind, len - 2u))
			packet_set_event(p, DECODE_TCP_OPT_INVALID_LEN);
		else if (was_seen(p, kind))
			packet_set_event(p, DECODE_TCP_OPT_DUPLICATE);
		else
			take_option(p, kind, &body);
	}
}

uint32_t
transport_tcp(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 20);
	size_t hlen;

	d->stats.tcp++;
	if (head == NULL)
		return packet_spoil(p, DECODE_TCP_PKT_TOO_SMALL);
	hlen = (head[12] >> 4) * 4u;
	if (hlen > c->left)
		return packet_spoil(p, DECODE_TCP_HLEN_TOO_SMALL);
	if (hlen < 20)
		return packet_spoil(p, DECODE_TCP_INVALID_OPTLEN);
	p->l4_hdr = (struct span){.p = c->pos, .len = hlen};
	p->sport = cur_be16(c);
	p->dport = cur_be16(c);
	p->tcp_seq = cur_be32(c);
	p->tcp_ack = cur_be32(c);
	cur_u8(c);
	p->tcp_flags = cur_u8(c);
	p->tcp_window = cur_be16(c);
	cur_take(c, 4);
	read_tcp_options(p, cur_sub(c, hlen - 20));
	p->payload = cur_rest(c);
	return LAYER_DONE;
}

uint32_t
transport_udp(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 8);
	size_t length;

	d->stats.udp++;
	if (head == NULL)
		return packet_spoil(p, DECODE_UDP_HLEN_TOO_SMALL);
	length = (size_t)((head[4] << 8) | head[5]);
	if (length > c->left)
		return packet_spoil(p, DECODE_UDP_PKT_TOO_SMALL);
	if (length < 8)
		return packet_spoil(p, DECODE_UDP_LEN_INVALID);
	if (length != c->left)
		packet_set_event(p, DECODE_UDP_HLEN_INVALID);
	*c = cur_sub(c, length);
	p->l4_hdr = (struct span){.p = c->pos, .len = 8};
	p->sport = cur_be16(c);
	p->dport = cur_be16(c);
	cur_take(c, 4);
	p->payload = cur_rest(c);
	tunnel_udp(d, p);
	return LAYER_DONE;
}

uint32_t
transport_sctp(struct decoder *d, struct packet *p, struct cursor *c)
{
	d->stats.sctp++;
	if (c->left < 12)
		return packet_spoil(p, DECODE_SCTP_PKT_TOO_SMALL);
	p->l4_hdr = (struct span){.p = c->pos, .len = 12};
	p->sport = cur_be16(c);
	p->dport = cur_be16(c);
	cur_take(c, 8);
	p->payload = cur_rest(c);
	return LAYER_DONE;
}

uint32_t
transport_esp(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 8)
		return packet_spoil(p, DECODE_ESP_PKT_TOO_SMALL);
	p->l4_hdr = (struct span){.p = c->pos, .len = 8};
	cur_take(c, 8);
	p->payload = cur_rest(c);
	return LAYER_DONE;
}
