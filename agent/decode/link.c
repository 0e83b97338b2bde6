/* SPDX-License-Identifier: EUPL-1.2 */
/* Link layers: Ethernet and what lies between it and IP; other link types. */
#include "agent/decode/decoder.h"

uint32_t
link_ethernet(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 14)
		return packet_spoil(p, DECODE_ETHERNET_PKT_TOO_SMALL);
	cur_copy(c, p->eth_dst, 6);
	cur_copy(c, p->eth_src, 6);
	p->eth_type = cur_be16(c);
	return p->eth_type;
}

/* Linux cooked capture (libpcap, LINKTYPE_LINUX_SLL). */
uint32_t
link_sll(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 16)
		return packet_spoil(p, DECODE_SLL_PKT_TOO_SMALL);
	cur_take(c, 14);
	p->eth_type = cur_be16(c);
	return p->eth_type;
}

uint32_t
link_sll2(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 20)
		return packet_spoil(p, DECODE_SLL2_PKT_TOO_SMALL);
	p->eth_type = cur_be16(c);
	cur_take(c, 18);
	return p->eth_type;
}

/* BSD loopback: the address family, whose number for IPv6 differs by system. */
static uint32_t
family_layer(struct packet *p, uint32_t family)
{
	switch (family) {
	case 2:
		return LAYER_IPV4;
	case 10: /* Linux */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* macOS */
		return LAYER_IPV6;
	default:
		packet_set_event(p, DECODE_LTNULL_UNSUPPORTED_TYPE);
		return LAYER_DONE;
	}
}

uint32_t
link_null(struct decoder *d, struct packet *p, struct cursor *c)
{
	uint32_t family;

	(void)d;
	if (c->left < 4)
		return packet_spoil(p, DECODE_LTNULL_PKT_TOO_SMALL);
	family = cur_le32(c);
	/* In the byte order of the host that captured: a family is a small number.
	 */
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	return family_layer(p, family);
}

uint32_t
link_loop(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 4)
		return packet_spoil(p, DECODE_LTNULL_PKT_TOO_SMALL);
	return family_layer(p, cur_be32(c));
}

uint32_t
link_raw_ip(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *first = cur_peek(c, 1);

	(void)d;
	if (first == NULL)
		return packet_spoil(p, DECODE_IPV4_PKT_TOO_SMALL);
	if (*first >> 4 == 4)
		return LAYER_IPV4;
	if (*first >> 4 == 6)
		return LAYER_IPV6;
	packet_set_event(p, DECODE_IPRAW_INVALID_IP_VERSION);
	return LAYER_DONE;
}

/* Cisco HDLC: address, control, then an EtherType. */
uint32_t
link_chdlc(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 4)
		return packet_spoil(p, DECODE_CHDLC_PKT_TOO_SMALL);
	cur_take(c, 2);
	p->eth_type = cur_be16(c);
	return p->eth_type;
}

/* PPP protocol numbers (IANA) that we know but do not read into. */
static bool
ppp_is_known(uint16_t proto)
{
	static const uint16_t known[] = {0x0023, 0x0025, 0x0027, 0x0029, 0x002b,
	    0x002f, 0x003d, 0x003f, 0x0041, 0x0053, 0x00fb, 0x00fd, 0x0201, 0x0203,
	    0x8021, 0x8023, 0x8025, 0x8027, 0x8029, 0x802b, 0x803f, 0x8053, 0x8057,
	    0x80fb, 0x80fd, 0xc021, 0xc023, 0xc025, 0xc027, 0xc223};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == proto)
			return true;
	return false;
}

/* RFC 1661; address and control (RFC 1662) and the protocol's first byte may lack.
 */
uint32_t
link_ppp(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head;
	uint16_t proto;

	(void)d;
	if ((head = cur_peek(c, 2)) != NULL && head[0] == 0xff && head[1] == 0x03)
		cur_take(c, 2);
	if ((head = cur_peek(c, 1)) == NULL)
		return packet_spoil(p, DECODE_PPP_PKT_TOO_SMALL);
	proto = (head[0] & 1) != 0 ? cur_u8(c) : cur_be16(c);
	if (!cur_ok(c))
		return packet_spoil(p, DECODE_PPP_PKT_TOO_SMALL);
	switch (proto) {
	case 0x0021:
		if (c->left < 20)
			return packet_spoil(p, DECODE_PPP_IP4_PKT_TOO_SMALL);
		return LAYER_IPV4;
	case 0x002d: /* Van Jacobson, uncompressed: IPv4 but for its protocol byte
		      */
		if (c->left < 20)
			return packet_spoil(p, DECODE_PPP_VJU_PKT_TOO_SMALL);
		return LAYER_DONE;
	case 0x0057:
		if (c->left < 40)
			return packet_spoil(p, DECODE_PPP_IP6_PKT_TOO_SMALL);
		return LAYER_IPV6;
	case 0x0281:
		return LAYER_MPLS;
	default:
		packet_set_event(p,
		    ppp_is_known(proto) ? DECODE_PPP_UNSUP_PROTO
					: DECODE_PPP_WRONG_TYPE);
		return LAYER_DONE;
	}
}

/* IEEE 802.1Q, also within 802.1ad. */
uint32_t
link_vlan(struct decoder *d, struct packet *p, struct cursor *c)
{
	uint16_t tag, type;

	(void)d;
	if (c->left < 4)
		return packet_spoil(p, DECODE_VLAN_HEADER_TOO_SMALL);
	if (p->vlans == PACKET_VLANS_MAX)
		return packet_spoil(p, DECODE_VLAN_TOO_MANY_LAYERS);
	tag = cur_be16(c);
	type = cur_be16(c);
	p->vlan[p->vlans++] = tag & 0x0fff;
	p->eth_type = type;
	return type;
}

/* RFC 3032.  What the labels carry is not told: the bottom label or a guess says.
 */
static uint32_t
mpls_payload(struct packet *p, uint32_t label, struct cursor *c)
{
	const uint8_t *first = cur_peek(c, 1);

	switch (label) {
	case 0: /* IPv4 explicit null */
		return LAYER_IPV4;
	case 2: /* IPv6 explicit null */
		return LAYER_IPV6;
	case 1:
		return packet_spoil(p, DECODE_MPLS_BAD_LABEL_ROUTER_ALERT);
	case 3:
		return packet_spoil(p, DECODE_MPLS_BAD_LABEL_IMPLICIT_NULL);
	default:
		if (label < 16)
			return packet_spoil(p, DECODE_MPLS_BAD_LABEL_RESERVED);
	}
	if (first == NULL)
		return packet_spoil(p, DECODE_MPLS_PKT_TOO_SMALL);
	switch (*first >> 4) {
	case 4:
		return LAYER_IPV4;
	case 6:
		return LAYER_IPV6;
	case 0: /* pseudowire control word (RFC 4385) before Ethernet */
		if (c->left < 4 + 14)
			return packet_spoil(p, DECODE_MPLS_PKT_TOO_SMALL);
		cur_take(c, 4);
		return LAYER_ETHERNET;
	default:
		packet_set_event(p, DECODE_MPLS_UNKNOWN_PAYLOAD_TYPE);
		return LAYER_DONE;
	}
}

uint32_t
link_mpls(struct decoder *d, struct packet *p, struct cursor *c)
{
	uint32_t entry;

	(void)d;
	do {
		entry = cur_be32(c);
		if (!cur_ok(c))
			return packet_spoil(p, DECODE_MPLS_HEADER_TOO_SMALL);
	} while ((entry & 0x100) == 0);
	return mpls_payload(p, entry >> 12, c);
}

/* RFC 2516: PADI, PADO, PADR, PADS, PADT carry tags. */
uint32_t
link_pppoe_discovery(struct decoder *d, struct packet *p, struct cursor *c)
{
	struct cursor tags;
	uint16_t length;
	uint8_t code;

	(void)d;
	if (c->left < 6)
		return packet_spoil(p, DECODE_PPPOE_PKT_TOO_SMALL);
	cur_u8(c);
	code = cur_u8(c);
	cur_be16(c);
	length = cur_be16(c);
	if (code != 0x09 && code != 0x07 && code != 0x19 && code != 0x65 &&
	    code != 0xa7)
		return packet_spoil(p, DECODE_PPPOE_WRONG_CODE);
	tags = cur_sub(c, length);
	while (cur_ok(&tags) && tags.left > 0) {
		cur_be16(&tags);
		cur_take(&tags, cur_be16(&tags));
	}
	if (!cur_ok(&tags))
		packet_set_event(p, DECODE_PPPOE_MALFORMED_TAGS);
	return LAYER_DONE;
}

uint32_t
link_pppoe_session(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 8)
		return packet_spoil(p, DECODE_PPPOE_PKT_TOO_SMALL);
	cur_take(c, 6);
	return LAYER_PPP;
}

/* Provider backbone bridges (IEEE 802.1ah): a tag, then a whole Ethernet frame. */
uint32_t
link_8021ah(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 4 + 14)
		return packet_spoil(p, DECODE_IEEE8021AH_HEADER_TOO_SMALL);
	cur_take(c, 4);
	return LAYER_ETHERNET;
}

/* Cisco FabricPath: two bytes of tag after the type, then an Ethernet frame. */
uint32_t
link_fabric_path(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 2 + 14)
		return packet_spoil(p, DECODE_DCE_PKT_TOO_SMALL);
	cur_take(c, 2);
	return LAYER_ETHERNET;
}

/* Cisco's port extender tag (802.1Qbh draft). */
uint32_t
link_vntag(struct decoder *d, struct packet *p, struct cursor *c)
{
	(void)d;
	if (c->left < 6)
		return packet_spoil(p, DECODE_VNTAG_HEADER_TOO_SMALL);
	cur_take(c, 4);
	p->eth_type = cur_be16(c);
	return p->eth_type;
}

/* Network service header (RFC 8300, section 2). */
uint32_t
link_nsh(struct decoder *d, struct packet *p, struct cursor *c)
{
	static const uint32_t carries[] = {[1] = LAYER_IPV4,
	    [2] = LAYER_IPV6,
	    [3] = LAYER_ETHERNET,
	    [5] = LAYER_MPLS};
	size_t total = c->left, length;
	uint16_t head;
	uint8_t type, next;

	(void)d;
	if (total < 8)
		return packet_spoil(p, DECODE_NSH_HEADER_TOO_SMALL);
	head = cur_be16(c);
	type = cur_u8(c) & 0x0f;
	next = cur_u8(c);
	length = (head & 0x3fu) * 4u;
	if (head >> 14 != 0)
		return packet_spoil(p, DECODE_NSH_UNSUPPORTED_VERSION);
	if (length < 8 || length >= total)
		return packet_spoil(p, DECODE_NSH_BAD_HEADER_LENGTH);
	if (type == 0 || type == 0x0f) {
		packet_set_event(p, DECODE_NSH_RESERVED_TYPE);
		return LAYER_DONE;
	}
	if (type > 2) {
		packet_set_event(p, DECODE_NSH_UNSUPPORTED_TYPE);
		return LAYER_DONE;
	}
	if (type == 1 && length != 24)
		return packet_spoil(p, DECODE_NSH_BAD_HEADER_LENGTH);
	cur_take(c, length - 4);
	if (next < sizeof(carries) / sizeof(carries[0]) && carries[next] != 0)
		return carries[next];
	packet_set_event(p, DECODE_NSH_UNKNOWN_PAYLOAD);
	return LAYER_DONE;
}
