/* SPDX-License-Identifier: EUPL-1.2 */
/* IPv6 (RFC 8200) and its extension headers. */
#include "agent/decode/decoder.h"

#define HIP   139 /* RFC 7401 */
#define SHIM6 140 /* RFC 5533 */

/* What is known while walking the extension headers. */
struct walk {
	struct decoder *d;
	struct packet *p;
	struct cursor *c;
	uint8_t next;  /* type of the header at c */
	size_t patch;  /* where in the packet that type was written */
	uint32_t seen; /* bits: enum seen */
	unsigned dst_options;
};

enum seen {
	SEEN_FH = 1,
	SEEN_RH = 2,
	SEEN_HH = 4,
	SEEN_AH = 8,
	SEEN_EH = 16
};

enum step {
	STEP_ON,
	STEP_UPPER,
	STEP_END
};

static enum step
give_up(struct walk *w, enum decode_event event)
{
	packet_set_event(w->p, event);
	return STEP_END;
}

/* A known option of the wrong length is one thing, an unknown option another. */
static bool
check_option(struct packet *p, bool hop_by_hop, uint8_t type, uint8_t len)
{
	static const struct {
		uint8_t type, len;
		bool hop_by_hop;
	} known[] = {
	    {0x05, 2, true},   /* router alert, RFC 2711 */
	    {0xc2, 4, true},   /* jumbo payload, RFC 2675 */
	    {0xc9, 16, false}, /* home address, RFC 6275 */
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].type != type || known[i].hop_by_hop != hop_by_hop)
			continue;
		if (known[i].len == len)
			return true;
		packet_set_event(p, DECODE_IPV6_EXTHDR_INVALID_OPTLEN);
		return false;
	}
	packet_set_event(p,
	    hop_by_hop ? DECODE_IPV6_HOPOPTS_UNKNOWN_OPT
		       : DECODE_IPV6_DSTOPTS_UNKNOWN_OPT);
	return true;
}

static void
read_options(struct packet *p, bool hop_by_hop, struct cursor c)
{
	unsigned others = 0;

	while (c.left > 0) {
		uint8_t type = cur_u8(&c), len;

		if (type == 0) /* Pad1 */
			continue;
		len = cur_u8(&c);
		if (!cur_ok(&c) || len > c.left) {
			packet_set_event(p, DECODE_IPV6_EXTHDR_INVALID_OPTLEN);
			return;
		}
		cur_take(&c, len);
		if (type == 1) { /* PadN */
			if (len == 0)
				packet_set_event(p, DECODE_IPV6_ZERO_LEN_PADN);
			continue;
		}
		others++;
		if (!check_option(p, hop_by_hop, type, len))
			return;
	}
	if (others == 0)
		packet_set_event(p,
		    hop_by_hop ? DECODE_IPV6_HOPOPTS_ONLY_PADDING
			       : DECODE_IPV6_DSTOPTS_ONLY_PADDING);
}

/* Step over a header of the common form; its body, after two bytes, comes out. */
static bool
take_header(struct walk *w, size_t len, struct cursor *body)
{
	*body = cur_sub(w->c, len);
	if (!cur_ok(body))
		return false;
	w->patch = (size_t)(body->pos - w->p->l3.p);
	w->next = cur_u8(body);
	cur_u8(body);
	return true;
}

static enum step
walk_options(struct walk *w, const uint8_t *head)
{
	bool hop_by_hop = w->next == IPPROTO_HOPOPTS, again;
	struct cursor body;

	again = hop_by_hop ? (w->seen & SEEN_HH) != 0 : w->dst_options >= 2;
	if (hop_by_hop)
		w->seen |= SEEN_HH;
	else
		w->dst_options++;
	if (!take_header(w, (head[1] + 1u) * 8u, &body))
		return give_up(w, DECODE_IPV6_TRUNC_EXTHDR);
	if (again)
		packet_set_event(w->p,
		    hop_by_hop ? DECODE_IPV6_EXTHDR_DUPL_HH
			       : DECODE_IPV6_EXTHDR_DUPL_DH);
	else
		read_options(w->p, hop_by_hop, body);
	return STEP_ON;
}

static enum step
walk_routing(struct walk *w, const uint8_t *head)
{
	bool again = (w->seen & SEEN_RH) != 0;
	struct cursor body;

	w->seen |= SEEN_RH;
	if (!take_header(w, (head[1] + 1u) * 8u, &body))
		return give_up(w, DECODE_IPV6_TRUNC_EXTHDR);
	if (again)
		packet_set_event(w->p, DECODE_IPV6_EXTHDR_DUPL_RH);
	else if (cur_u8(&body) == 0) /* forbidden by RFC 5095 */
		packet_set_event(w->p, DECODE_IPV6_RH_TYPE_0);
	return STEP_ON;
}

/* RFC 4302: the length counts words of four bytes, less two. */
static enum step
walk_auth(struct walk *w, const uint8_t *head)
{
	bool again = (w->seen & SEEN_AH) != 0;
	size_t len = (head[1] + 2u) * 4u;
	struct cursor body;

	w->seen |= SEEN_AH;
	if (!take_header(w, len < 12 ? 12 : len, &body))
		return give_up(w, DECODE_IPV6_TRUNC_EXTHDR);
	if (again)
		packet_set_event(w->p, DECODE_IPV6_EXTHDR_DUPL_AH);
	else if (cur_be16(&body) != 0)
		packet_set_event(w->p, DECODE_IPV6_EXTHDR_AH_RES_NOT_NULL);
	return STEP_ON;
}

static enum step
walk_plain(struct walk *w, const uint8_t *head)
{
	struct cursor body;

	return take_header(w, (head[1] + 1u) * 8u, &body)
	    ? STEP_ON
	    : give_up(w, DECODE_IPV6_TRUNC_EXTHDR);
}

static enum step
hand_to_defrag(struct walk *w, size_t head_len, size_t patch)
{
	struct packet *p = w->p;
	struct defrag_piece piece = {
	    .offset = p->frag_offset,
	    .more = (p->frag_flags & 1) != 0,
	    .next_header = w->next,
	    .patch = patch,
	    .ip = {.p = p->l3.p, .len = head_len},
	    .data = cur_rest(w->c),
	};

	p->proto = IPPROTO_FRAGMENT;
	p->ip_hdr.len = head_len + 8;
	decoder_fragment(w->d, p, &piece);
	return STEP_END;
}

static enum step
walk_fragment(struct walk *w, const uint8_t *head)
{
	bool again = (w->seen & SEEN_FH) != 0;
	size_t head_len = (size_t)(w->c->pos - w->p->l3.p), patch = w->patch;
	struct cursor body;
	uint16_t where;

	w->seen |= SEEN_FH;
	if (!take_header(w, 8, &body))
		return give_up(w, DECODE_IPV6_TRUNC_EXTHDR);
	if (again) {
		packet_set_event(w->p, DECODE_IPV6_EXTHDR_DUPL_FH);
		return STEP_ON;
	}
	where = cur_be16(&body);
	if (head[1] != 0 || (where & 6) != 0)
		packet_set_event(w->p, DECODE_IPV6_FH_NON_ZERO_RES_FIELD);
	w->p->ip_id = cur_be32(&body);
	w->p->frag_offset = where & 0xfff8;
	w->p->frag_flags = where & 1;
	if (w->p->frag_offset > 0 || (where & 1) != 0)
		return hand_to_defrag(w, head_len, patch);
	/* An atomic fragment (RFC 6946): whole as it is. */
	packet_set_event(w->p, DECODE_IPV6_EXTHDR_USELESS_FH);
	return STEP_ON;
}

static enum step
walk_step(struct walk *w)
{
	const uint8_t *head;

	switch (w->next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_AH:
	case IPPROTO_FRAGMENT:
	case IPPROTO_MH:
	case HIP:
	case SHIM6:
		break;
	case IPPROTO_NONE:
		w->p->proto = w->next;
		if (w->c->left > 0)
			packet_set_event(w->p, DECODE_IPV6_DATA_AFTER_NONE_HEADER);
		return STEP_END;
	default:
		return STEP_UPPER;
	}
	w->p->proto = w->next;
	if ((head = cur_peek(w->c, 2)) == NULL)
		return give_up(w, DECODE_IPV6_TRUNC_EXTHDR);
	switch (w->next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_DSTOPTS:
		return walk_options(w, head);
	case IPPROTO_ROUTING:
		return walk_routing(w, head);
	case IPPROTO_AH:
		return walk_auth(w, head);
	case IPPROTO_FRAGMENT:
		return walk_fragment(w, head);
	default:
		return walk_plain(w, head);
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
	case IPPROTO_ICMPV6:
		return LAYER_ICMPV6;
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
	case IPPROTO_ICMP:
		packet_set_event(p, DECODE_IPV6_ICMPV4);
		return LAYER_DONE;
	default:
		packet_set_event(p, DECODE_IPV6_UNKNOWN_NEXT_HEADER);
		return LAYER_DONE;
	}
}

/*
 * Every step but the last takes eight bytes or more, so the packet's length
 * bounds the walk: a count of headers would only be a place to hide behind.
 */
static uint32_t
walk_headers(struct walk *w)
{
	struct packet *p = w->p;
	enum step step;

	do {
		step = walk_step(w);
		if (step == STEP_ON && w->c->left < 2 && w->next != IPPROTO_NONE) {
			/* The last header names another that is not there. */
			p->ip_hdr.len = (size_t)(w->c->pos - p->l3.p);
			packet_set_event(p, DECODE_IPV6_TRUNC_EXTHDR);
			return LAYER_DONE;
		}
	} while (step == STEP_ON);
	if ((p->flags & PACKET_FRAGMENT) == 0)
		p->ip_hdr.len = (size_t)(w->c->pos - p->l3.p);
	if (step == STEP_END)
		return LAYER_DONE;
	p->proto = w->next;
	return layer_of(p);
}

static void
read_fixed(struct packet *p, struct cursor *c, uint8_t *next)
{
	uint32_t first = cur_be32(c);

	p->tos = (uint8_t)(first >> 20);
	cur_be16(c);
	*next = cur_u8(c);
	p->ttl = cur_u8(c);
	p->src.family = p->dst.family = 6;
	cur_copy(c, p->src.b, 16);
	cur_copy(c, p->dst.b, 16);
	p->proto = *next;
}

uint32_t
ipv6_decode(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 40);
	struct walk w = {.d = d, .p = p, .c = c, .patch = 6};
	size_t total;

	d->stats.ipv6++;
	if (head == NULL)
		return packet_spoil(p, DECODE_IPV6_PKT_TOO_SMALL);
	if (head[0] >> 4 != 6)
		return packet_spoil(p, DECODE_IPV6_WRONG_IP_VERSION);
	total = 40u + (size_t)((head[4] << 8) | head[5]);
	if (total > c->left)
		return packet_spoil(p, DECODE_IPV6_TRUNC_PKT);
	p->l3 = (struct span){.p = c->pos, .len = total};
	p->ip_hdr = (struct span){.p = c->pos, .len = 40};
	*c = cur_sub(c, total);
	read_fixed(p, c, &w.next);
	return walk_headers(&w);
}
