/* SPDX-License-Identifier: EUPL-1.2 */
/* IPv4 (RFC 791) and its options. */
#include "agent/decode/checksum.h"
#include "agent/decode/decoder.h"

#define FLAG_MORE   0x2000u
#define OFFSET_MASK 0x1fffu

/* What an option must look like; ptr_min is where its data begins, 0: no pointer.
 */
static const struct option {
	uint8_t type, len_min, len_max, ptr_min;
	uint32_t seen;
} OPTIONS[] = {
    {7, 3, 40, 4, IPOPT_SEEN_RR},      /* record route */
    {25, 8, 8, 0, IPOPT_SEEN_QS},      /* quick start, RFC 4782 */
    {68, 5, 40, 5, IPOPT_SEEN_TS},     /* timestamp */
    {130, 3, 40, 0, IPOPT_SEEN_SEC},   /* security, RFC 1108 */
    {131, 3, 40, 4, IPOPT_SEEN_LSRR},  /* loose source route */
    {133, 3, 40, 0, IPOPT_SEEN_ESEC},  /* extended security */
    {134, 8, 40, 0, IPOPT_SEEN_CIPSO}, /* commercial security */
    {136, 4, 4, 0, IPOPT_SEEN_SATID},  /* stream id */
    {137, 3, 40, 4, IPOPT_SEEN_SSRR},  /* strict source route */
    {148, 4, 4, 0, IPOPT_SEEN_RTRALT}, /* router alert, RFC 2113 */
};

static const struct option *
option_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof(OPTIONS) / sizeof(OPTIONS[0]); i++)
		if (OPTIONS[i].type == type)
			return &OPTIONS[i];
	return NULL;
}

/* RFC 791, section 3.1: what a timestamp option's flag says its entries are. */
static bool
timestamp_is_sound(uint8_t pointer, uint8_t flag)
{
	switch (flag & 0x0f) {
	case 0:
		return (pointer - 5) % 4 == 0;
	case 1:
	case 3:
		return (pointer - 5) % 8 == 0;
	default:
		return false;
	}
}

static bool
route_is_sound(const struct option *o, size_t len, struct cursor body)
{
	uint8_t pointer = cur_u8(&body);

	if (pointer < o->ptr_min || pointer > len + 1)
		return false;
	if (o->seen == IPOPT_SEEN_TS)
		return timestamp_is_sound(pointer, cur_u8(&body));
	return pointer % 4 == 0;
}

static void
check_option(struct packet *p, uint8_t type, size_t len, struct cursor body)
{
	const struct option *o = option_of(type);

	if (o == NULL) {
		p->ip_options |= IPOPT_SEEN_OTHER;
		/* Classes 1 and 3 are reserved: nothing may use them. */
		packet_set_event(p,
		    (type & 0x20) != 0 ? DECODE_IPV4_OPT_INVALID
				       : DECODE_IPV4_OPT_UNKNOWN);
		return;
	}
	if ((p->ip_options & o->seen) != 0) {
		packet_set_event(p, DECODE_IPV4_OPT_DUPLICATE);
		return;
	}
	if (len < o->len_min || len > o->len_max) {
		packet_set_event(p, DECODE_IPV4_OPT_INVALID_LEN);
		return;
	}
	if (o->ptr_min > 0 && !route_is_sound(o, len, body)) {
		packet_set_event(p, DECODE_IPV4_OPT_MALFORMED);
		return;
	}
	p->ip_options |= o->seen;
}

static void
read_options(struct packet *p, struct cursor c)
{
	if (c.left % 8 != 0)
		packet_set_event(p, DECODE_IPV4_OPT_PAD_REQUIRED);
	while (c.left > 0) {
		uint8_t type = cur_u8(&c), len;

		if (type == 0) {
			p->ip_options |= IPOPT_SEEN_EOL;
			return;
		}
		if (type == 1) {
			p->ip_options |= IPOPT_SEEN_NOP;
			continue;
		}
		if (c.left == 0) {
			packet_set_event(p, DECODE_IPV4_OPT_EOL_REQUIRED);
			return;
		}
		len = cur_u8(&c);
		if (len < 2 || len - 2u > c.left) {
			packet_set_event(p, DECODE_IPV4_OPT_INVALID_LEN);
			return;
		}
		check_option(p, type, len, cur_sub(&c, len - 2u));
	}
}

static uint32_t
layer_of(struct packet *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return LAYER_TCP;
	case IPPROTO_UDP:
		return LAYER_UDP;
	case IPPROTO_ICMP:
		return LAYER_ICMP;
	case IPPROTO_SCTP:
		return LAYER_SCTP;
	case IPPROTO_GRE:
		return LAYER_GRE;
	case IPPROTO_ESP:
		return LAYER_ESP;
	case IPPROTO_IPIP:
		return LAYER_IPV4_IN_IP;
	case IPPROTO_IPV6:
		return LAYER_IPV6_IN_IP;
	case IPPROTO_ICMPV6:
		packet_set_event(p, DECODE_IPV4_ICMPV6);
		return LAYER_DONE;
	default:
		return LAYER_DONE;
	}
}

/* Check the fixed header; its length and the packet's come out.  False: spoilt. */
static bool
read_lengths(struct packet *p, const struct cursor *at, size_t *hlen, size_t *total)
{
	struct cursor c = *at;
	uint8_t first = cur_u8(&c);

	cur_u8(&c);
	*total = cur_be16(&c);
	*hlen = (first & 0x0fu) * 4u;
	if (at->left < 20)
		packet_spoil(p, DECODE_IPV4_PKT_TOO_SMALL);
	else if (first >> 4 != 4)
		packet_spoil(p, DECODE_IPV4_WRONG_IP_VERSION);
	else if (*hlen < 20)
		packet_spoil(p, DECODE_IPV4_HLEN_TOO_SMALL);
	else if (*total < *hlen)
		packet_spoil(p, DECODE_IPV4_IPLEN_SMALLER_THAN_HLEN);
	else if (*total > at->left)
		packet_spoil(p, DECODE_IPV4_TRUNC_PKT);
	else
		return true;
	return false;
}

static void
read_fixed(struct packet *p, struct cursor *c)
{
	uint16_t fragment;

	cur_u8(c);
	p->tos = cur_u8(c);
	cur_be16(c);
	p->ip_id = cur_be16(c);
	fragment = cur_be16(c);
	p->frag_flags = (uint8_t)(((fragment >> 13) & 1) | ((fragment >> 13) & 2) |
	    ((fragment >> 13) & 4));
	p->frag_offset = (uint16_t)((fragment & OFFSET_MASK) * 8);
	p->ttl = cur_u8(c);
	p->proto = cur_u8(c);
	cur_be16(c);
	p->src.family = p->dst.family = 4;
	cur_copy(c, p->src.b, 4);
	cur_copy(c, p->dst.b, 4);
}

uint32_t
ipv4_decode(struct decoder *d, struct packet *p, struct cursor *c)
{
	struct cursor options;
	size_t hlen, total;

	d->stats.ipv4++;
	if (!read_lengths(p, c, &hlen, &total))
		return LAYER_DONE;
	p->l3 = (struct span){.p = c->pos, .len = total};
	p->ip_hdr = (struct span){.p = c->pos, .len = hlen};
	/* What lies after the packet is padding of the link layer. */
	*c = cur_sub(c, total);
	read_fixed(p, c);
	options = cur_sub(c, hlen - 20);
	if (hlen > 20)
		read_options(p, options);
	if (d->config.verify_checksums && checksum_ip(p) == CHECKSUM_BAD)
		p->flags |= PACKET_BAD_IP_SUM;
	if ((p->frag_flags & 1) != 0 || p->frag_offset > 0) {
		struct defrag_piece piece = {
		    .offset = p->frag_offset,
		    .more = (p->frag_flags & 1) != 0,
		    .ip = p->ip_hdr,
		    .data = cur_rest(c),
		};

		decoder_fragment(d, p, &piece);
		return LAYER_DONE;
	}
	return layer_of(p);
}
