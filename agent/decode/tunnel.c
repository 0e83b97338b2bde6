/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Packets that carry packets: IP in IP (RFC 2003, 4213, 2473), GRE (RFC 2784,
 * 2890, 2637), ERSPAN, VXLAN (RFC 7348), Geneve (RFC 8926), Teredo (RFC 4380).
 */
#include "agent/decode/decoder.h"

#define PORT_TEREDO 3544
#define PORT_VXLAN  4789
#define PORT_GENEVE 6081

/* --- IP in IP ----------------------------------------------------------------- */

static uint32_t
carry_ip(
    struct decoder *d, const struct packet *p, uint32_t layer, struct cursor *c)
{
	decoder_carry(d,
	    p->src.family == 4 ? PACKET_SRC_IPV4_TUNNEL : PACKET_SRC_IPV6_TUNNEL,
	    layer, cur_rest(c));
	return LAYER_DONE;
}

uint32_t
tunnel_ipv4(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 20);

	if (p->src.family == 6 && head == NULL)
		return packet_spoil(p, DECODE_IPV4_IN_IPV6_TOO_SMALL);
	if (p->src.family == 6 && head[0] >> 4 != 4)
		return packet_spoil(p, DECODE_IPV4_IN_IPV6_WRONG_VERSION);
	return carry_ip(d, p, LAYER_IPV4, c);
}

uint32_t
tunnel_ipv6(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 40);

	if (p->src.family == 6 && head == NULL)
		return packet_spoil(p, DECODE_IPV6_IN_IPV6_TOO_SMALL);
	if (p->src.family == 6 && head[0] >> 4 != 6)
		return packet_spoil(p, DECODE_IPV6_IN_IPV6_WRONG_VERSION);
	return carry_ip(d, p, LAYER_IPV6, c);
}

/* --- GRE ---------------------------------------------------------------------- */

enum gre_flag {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_STRICT = 0x0800,
	GRE_RECURSION = 0x0700,
	GRE_ACK = 0x0080, /* version 1 */
	GRE_V0_RESERVED = 0x00f8,
	GRE_V1_RESERVED = 0x0078,
	GRE_VERSION = 0x0007,
};

/* RFC 1701: entries of family, offset and length, ended by an empty one. */
static bool
skip_routes(struct cursor *c)
{
	for (;;) {
		uint16_t family = cur_be16(c);
		uint8_t len;

		cur_u8(c);
		len = cur_u8(c);
		if (!cur_ok(c))
			return false;
		if (family == 0 && len == 0)
			return true;
		if (len == 0 || cur_take(c, len) == NULL)
			return false;
	}
}

static bool
gre_v0(struct packet *p, uint16_t flags, struct cursor *c)
{
	if ((flags & GRE_RECURSION) != 0)
		packet_spoil(p, DECODE_GRE_VERSION0_RECUR);
	else if ((flags & GRE_V0_RESERVED) != 0)
		packet_spoil(p, DECODE_GRE_VERSION0_FLAGS);
	if ((p->flags & PACKET_INVALID) != 0)
		return false;
	if ((flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		cur_take(c, 4);
	if ((flags & GRE_KEY) != 0)
		cur_take(c, 4);
	if ((flags & GRE_SEQUENCE) != 0)
		cur_take(c, 4);
	if (!cur_ok(c)) {
		packet_spoil(p, DECODE_GRE_VERSION0_HDR_TOO_BIG);
		return false;
	}
	if ((flags & GRE_ROUTING) != 0 && !skip_routes(c)) {
		packet_spoil(p, DECODE_GRE_VERSION0_MALFORMED_SRE_HDR);
		return false;
	}
	return true;
}

/* RFC 2637, section 4.1: what PPTP may not set. */
static bool
gre_v1(struct packet *p, uint16_t flags, uint16_t proto, struct cursor *c)
{
	const struct {
		bool wrong;
		enum decode_event event;
	} rules[] = {
	    {(flags & GRE_CHECKSUM) != 0, DECODE_GRE_VERSION1_CHKSUM},
	    {(flags & GRE_ROUTING) != 0, DECODE_GRE_VERSION1_ROUTE},
	    {(flags & GRE_STRICT) != 0, DECODE_GRE_VERSION1_SSR},
	    {(flags & GRE_RECURSION) != 0, DECODE_GRE_VERSION1_RECUR},
	    {(flags & GRE_V1_RESERVED) != 0, DECODE_GRE_VERSION1_FLAGS},
	    {proto != LAYER_GRE_PPP, DECODE_GRE_VERSION1_WRONG_PROTOCOL},
	    {(flags & GRE_KEY) == 0, DECODE_GRE_VERSION1_NO_KEY},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rules[i].wrong) {
			packet_spoil(p, rules[i].event);
			return false;
		}
	}
	cur_take(c, 4);
	if ((flags & GRE_SEQUENCE) != 0)
		cur_take(c, 4);
	if ((flags & GRE_ACK) != 0)
		cur_take(c, 4);
	if (cur_ok(c))
		return true;
	packet_spoil(p, DECODE_GRE_VERSION1_HDR_TOO_BIG);
	return false;
}

static void
gre_carry(struct decoder *d, uint16_t flags, uint16_t proto, struct span inside)
{
	switch (proto) {
	case LAYER_ERSPAN: /* type I has no header of its own, nor sequence numbers
			    */
		if ((flags & GRE_SEQUENCE) == 0)
			decoder_carry(
			    d, PACKET_SRC_ERSPAN1, LAYER_ETHERNET, inside);
		else
			decoder_carry(d, PACKET_SRC_ERSPAN2, LAYER_ERSPAN2, inside);
		return;
	case LAYER_GRE_PPP:
		decoder_carry(d, PACKET_SRC_GRE, LAYER_PPP, inside);
		return;
	case LAYER_BRIDGE:
		decoder_carry(d, PACKET_SRC_GRE, LAYER_ETHERNET, inside);
		return;
	case LAYER_IPV4:
	case LAYER_IPV6:
	case LAYER_VLAN:
	case LAYER_MPLS:
	case LAYER_NSH:
		decoder_carry(d, PACKET_SRC_GRE, proto, inside);
		return;
	default:
		return;
	}
}

uint32_t
tunnel_gre(struct decoder *d, struct packet *p, struct cursor *c)
{
	struct span all = {.p = c->pos, .len = c->left};
	uint16_t flags, proto;
	bool ok;

	if (c->left < 4)
		return packet_spoil(p, DECODE_GRE_PKT_TOO_SMALL);
	flags = cur_be16(c);
	proto = cur_be16(c);
	switch (flags & GRE_VERSION) {
	case 0:
		ok = gre_v0(p, flags, c);
		break;
	case 1:
		ok = gre_v1(p, flags, proto, c);
		break;
	default:
		return packet_spoil(p, DECODE_GRE_WRONG_VERSION);
	}
	if (!ok)
		return LAYER_DONE;
	p->l4_hdr = (struct span){.p = all.p, .len = all.len - c->left};
	gre_carry(d, flags, proto, cur_rest(c));
	return LAYER_DONE;
}

/* Its header names the VLAN that the mirrored frame was seen in. */
uint32_t
tunnel_erspan2(struct decoder *d, struct packet *p, struct cursor *c)
{
	uint16_t head;

	(void)d;
	if (c->left < 8)
		return packet_spoil(p, DECODE_ERSPAN_HEADER_TOO_SMALL);
	head = cur_be16(c);
	cur_take(c, 6);
	if (head >> 12 != 1)
		return packet_spoil(p, DECODE_ERSPAN_UNSUPPORTED_VERSION);
	if ((head & 0x0fff) != 0) {
		if (p->vlans == PACKET_VLANS_MAX)
			return packet_spoil(p, DECODE_ERSPAN_TOO_MANY_VLAN_LAYERS);
		p->vlan[p->vlans++] = head & 0x0fff;
	}
	return LAYER_ETHERNET;
}

/* --- over UDP ----------------------------------------------------------------- */

/* What a virtual network's Ethernet frame holds must be something we read. */
static bool
ethernet_is_read(struct span frame)
{
	struct cursor c = cur_of_span(frame);

	cur_take(&c, 12);
	switch (cur_be16(&c)) {
	case LAYER_IPV4:
	case LAYER_IPV6:
	case LAYER_VLAN:
	case LAYER_QINQ:
	case LAYER_ARP:
		return true;
	default:
		return false;
	}
}

static void
vxlan(struct decoder *d, struct packet *p, struct cursor c)
{
	uint8_t flags = cur_u8(&c);
	uint8_t reserved;
	struct span frame;

	cur_take(&c, 6);
	reserved = cur_u8(&c);
	if (!cur_ok(&c) || (flags & 0x08) == 0 || reserved != 0 || c.left < 14)
		return;
	frame = cur_rest(&c);
	if (ethernet_is_read(frame))
		decoder_carry(d, PACKET_SRC_VXLAN, LAYER_ETHERNET, frame);
	else
		packet_set_event(p, DECODE_VXLAN_UNKNOWN_PAYLOAD_TYPE);
}

static void
geneve(struct decoder *d, struct packet *p, struct cursor c)
{
	uint8_t first = cur_u8(&c);
	uint16_t type;

	cur_u8(&c);
	type = cur_be16(&c);
	cur_take(&c, 4);
	cur_take(&c, (first & 0x3fu) * 4u);
	if (!cur_ok(&c) || first >> 6 != 0 || c.left == 0)
		return;
	switch (type) {
	case LAYER_BRIDGE:
		decoder_carry(d, PACKET_SRC_GENEVE, LAYER_ETHERNET, cur_rest(&c));
		return;
	case LAYER_IPV4:
	case LAYER_IPV6:
		decoder_carry(d, PACKET_SRC_GENEVE, type, cur_rest(&c));
		return;
	case LAYER_ARP:
		return;
	default:
		packet_set_event(p, DECODE_GENEVE_UNKNOWN_PAYLOAD_TYPE);
	}
}

/* RFC 4380, sections 5.1.1: authentication and origin may stand in front. */
static void
teredo(struct decoder *d, struct cursor c)
{
	const uint8_t *head;

	if ((head = cur_peek(&c, 4)) != NULL && head[0] == 0 && head[1] == 1)
		cur_take(&c, 4u + head[2] + head[3] + 9u);
	if ((head = cur_peek(&c, 8)) != NULL && head[0] == 0 && head[1] == 0)
		cur_take(&c, 8);
	if ((head = cur_peek(&c, 40)) == NULL || head[0] >> 4 != 6)
		return;
	/* Others use the port too: only an exact fit is one. */
	if ((size_t)((head[4] << 8) | head[5]) + 40 != c.left)
		return;
	decoder_carry(d, PACKET_SRC_TEREDO, LAYER_IPV6, cur_rest(&c));
}

void
tunnel_udp(struct decoder *d, struct packet *p)
{
	struct cursor c = cur_of_span(p->payload);

	if (p->dport == PORT_TEREDO || p->sport == PORT_TEREDO)
		teredo(d, c);
	else if (p->dport == PORT_VXLAN)
		vxlan(d, p, c);
	else if (p->dport == PORT_GENEVE)
		geneve(d, p, c);
}
