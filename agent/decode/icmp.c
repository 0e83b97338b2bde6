/* SPDX-License-Identifier: EUPL-1.2 */
/* ICMP (RFC 792) and ICMPv6 (RFC 4443). */
#include "agent/decode/decoder.h"

#define MLD_QUERY  130
#define MLD_REPORT 131
#define MLD_DONE   132

/* Types we know: the highest code, how long the header is, what follows. */
static const struct kind {
	uint8_t type, code_max, header;
	bool has_id, has_packet;
} V4_KINDS[] =
    {
	{0, 0, 8, true, false},	  /* echo reply */
	{3, 15, 8, false, true},  /* unreachable */
	{4, 0, 8, false, true},	  /* source quench */
	{5, 3, 8, false, true},	  /* redirect */
	{8, 0, 8, true, false},	  /* echo */
	{9, 16, 8, false, false}, /* router advertisement */
	{10, 0, 8, false, false}, /* router solicitation */
	{11, 1, 8, false, true},  /* time exceeded */
	{12, 2, 8, false, true},  /* parameter problem */
	{13, 0, 20, true, false}, /* timestamp */
	{14, 0, 20, true, false}, /* timestamp reply */
	{15, 0, 8, true, false},  /* information */
	{16, 0, 8, true, false},  /* information reply */
	{17, 0, 12, true, false}, /* address mask */
	{18, 0, 12, true, false}, /* address mask reply */
},
  V6_KINDS[] = {
      {1, 7, 8, false, true},	   /* unreachable */
      {2, 0, 8, false, true},	   /* packet too big */
      {3, 1, 8, false, true},	   /* time exceeded */
      {4, 10, 8, false, true},	   /* parameter problem */
      {128, 0, 8, true, false},	   /* echo */
      {129, 0, 8, true, false},	   /* echo reply */
      {130, 0, 8, false, false},   /* MLD query */
      {131, 0, 8, false, false},   /* MLD report */
      {132, 0, 8, false, false},   /* MLD done */
      {133, 0, 8, false, false},   /* router solicitation */
      {134, 0, 8, false, false},   /* router advertisement */
      {135, 0, 8, false, false},   /* neighbour solicitation */
      {136, 0, 8, false, false},   /* neighbour advertisement */
      {137, 0, 8, false, false},   /* redirect */
      {138, 255, 8, false, false}, /* router renumbering */
      {139, 2, 8, false, false},   /* node information */
      {140, 2, 8, false, false},   /* node information reply */
      {141, 0, 8, false, false},   /* inverse solicitation */
      {142, 0, 8, false, false},   /* inverse advertisement */
      {143, 0, 8, false, false},   /* MLDv2 report */
      {144, 0, 8, true, false},	   /* home agent discovery */
      {145, 0, 8, true, false},	   /* home agent discovery reply */
      {146, 0, 8, true, false},	   /* mobile prefix solicitation */
      {147, 0, 8, true, false},	   /* mobile prefix advertisement */
      {148, 0, 8, false, false},   /* certification path solicitation */
      {149, 0, 8, false, false},   /* certification path advertisement */
      {150, 255, 8, false, false}, /* experimental mobility */
      {151, 0, 8, false, false},   /* multicast router advertisement */
      {152, 0, 8, false, false},   /* multicast router solicitation */
      {153, 0, 8, false, false},   /* multicast router termination */
      {154, 5, 8, false, false},   /* FMIPv6 */
      {155, 255, 8, false, false}, /* RPL */
      {156, 255, 8, false, false}, /* ILNPv6 locator update */
      {157, 255, 8, false, false}, /* duplicate address request */
      {158, 255, 8, false, false}, /* duplicate address confirmation */
      {159, 255, 8, false, false}, /* MPL */
      {160, 255, 8, false, false}, /* extended echo */
      {161, 255, 8, false, false}, /* extended echo reply */
};

static const struct kind *
kind_of(const struct kind *kinds, size_t n, uint8_t type)
{
	for (size_t i = 0; i < n; i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}

/* The eight bytes that all messages have; payload is what comes after them. */
static void
read_head(struct packet *p, const struct kind *k, struct cursor *c)
{
	size_t header = k == NULL ? 8 : k->header;

	p->l4_hdr.p = c->pos;
	p->l4_hdr.len = header < c->left ? header : c->left;
	p->icmp_type = cur_u8(c);
	p->icmp_code = cur_u8(c);
	cur_be16(c);
	if (k != NULL && k->has_id) {
		p->icmp_has_id = true;
		p->icmp_id = cur_be16(c);
		p->icmp_seq = cur_be16(c);
	} else {
		cur_be32(c);
	}
	p->payload = cur_rest(c);
}

uint32_t
icmp_v4(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 8);
	const struct kind *k;

	d->stats.icmp++;
	if (head == NULL)
		return packet_spoil(p, DECODE_ICMPV4_PKT_TOO_SMALL);
	k = kind_of(V4_KINDS, sizeof(V4_KINDS) / sizeof(V4_KINDS[0]), head[0]);
	read_head(p, k, c);
	if (k == NULL)
		packet_set_event(p, DECODE_ICMPV4_UNKNOWN_TYPE);
	else if (p->icmp_code > k->code_max)
		packet_set_event(p, DECODE_ICMPV4_UNKNOWN_CODE);
	else if (k->has_packet && p->payload.len > 0) {
		if (p->payload.len < 20)
			packet_set_event(p, DECODE_ICMPV4_IPV4_TRUNC_PKT);
		else if (p->payload.p[0] >> 4 != 4)
			packet_set_event(p, DECODE_ICMPV4_IPV4_UNKNOWN_VER);
	}
	return LAYER_DONE;
}

static void
set_unknown_v6(struct packet *p)
{
	uint8_t t = p->icmp_type;

	if (t == 100 || t == 101 || t == 200 || t == 201)
		packet_set_event(p, DECODE_ICMPV6_EXPERIMENTATION_TYPE);
	else if (t == 0 || t == 127 || t == 255)
		packet_set_event(p, DECODE_ICMPV6_UNKNOWN_TYPE);
	else
		packet_set_event(p, DECODE_ICMPV6_UNASSIGNED_TYPE);
}

static void
check_v6(struct packet *p, const struct kind *k)
{
	if (p->icmp_code > k->code_max)
		packet_set_event(p, DECODE_ICMPV6_UNKNOWN_CODE);
	/* RFC 2710, section 3: never forwarded, so always sent with 1. */
	if (k->type >= MLD_QUERY && k->type <= MLD_DONE && p->ttl != 1)
		packet_set_event(p, DECODE_ICMPV6_MLD_INVALID_HL);
	if (!k->has_packet)
		return;
	if (p->payload.len < 40)
		packet_set_event(p, DECODE_ICMPV6_IPV6_TRUNC_PKT);
	else if (p->payload.p[0] >> 4 != 6)
		packet_set_event(p, DECODE_ICMPV6_IPV6_UNKNOWN_VERSION);
}

uint32_t
icmp_v6(struct decoder *d, struct packet *p, struct cursor *c)
{
	const uint8_t *head = cur_peek(c, 8);
	const struct kind *k;

	d->stats.icmpv6++;
	if (head == NULL)
		return packet_spoil(p, DECODE_ICMPV6_PKT_TOO_SMALL);
	k = kind_of(V6_KINDS, sizeof(V6_KINDS) / sizeof(V6_KINDS[0]), head[0]);
	if (head[0] == 2) {
		struct cursor mtu = cur_of(head + 4, 4);

		p->icmpv6_has_mtu = true;
		p->icmpv6_mtu = cur_be32(&mtu);
	}
	read_head(p, k, c);
	if (k == NULL)
		set_unknown_v6(p);
	else
		check_v6(p, k);
	return LAYER_DONE;
}
