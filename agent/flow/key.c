/* SPDX-License-Identifier: EUPL-1.2 */
/* What makes packets one flow. */
#include "agent/flow/key.h"

#include "common/table.h"

#include <netinet/in.h>
#include <string.h>

/* Both ends in one order, for the hash; of IPv4 the first 24 bytes are all. */
struct both_ends {
	uint16_t low_port, high_port;
	uint16_t vlan[2];
	uint8_t proto, family, depth, zero[5];
	uint8_t address[32];
};

/* The ICMP type that answers type, by the list of Community ID; -1: none does. */
static int
icmp_answer(uint8_t proto, uint8_t type)
{
	static const struct {
		uint8_t proto, ask, answer;
	} pairs[] = {
	    {IPPROTO_ICMP, 8, 0},
	    {IPPROTO_ICMP, 10, 9},
	    {IPPROTO_ICMP, 13, 14},
	    {IPPROTO_ICMP, 15, 16},
	    {IPPROTO_ICMP, 17, 18},
	    {IPPROTO_ICMPV6, 128, 129},
	    {IPPROTO_ICMPV6, 130, 131},
	    {IPPROTO_ICMPV6, 133, 134},
	    {IPPROTO_ICMPV6, 135, 136},
	    {IPPROTO_ICMPV6, 139, 140},
	    {IPPROTO_ICMPV6, 144, 145},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (pairs[i].proto != proto)
			continue;
		if (pairs[i].ask == type)
			return pairs[i].answer;
		if (pairs[i].answer == type)
			return pairs[i].ask;
	}
	return -1;
}

static void
ports_of(const struct packet *p, uint16_t *from, uint16_t *to)
{
	int answer;

	*from = p->sport;
	*to = p->dport;
	if (p->proto != IPPROTO_ICMP && p->proto != IPPROTO_ICMPV6)
		return;
	answer = icmp_answer(p->proto, p->icmp_type);
	*from = p->icmp_type;
	*to = (uint16_t)(answer >= 0 ? answer : FLOW_ICMP_ONE_WAY | p->icmp_code);
}

/* What tells of another packet (RFC 792) is no conversation. */
static bool
is_error(const struct packet *p)
{
	enum {
		UNREACHABLE = 3,
		QUENCH,
		REDIRECT,
		EXCEEDED = 11,
		PARAMETER
	};

	return (p->icmp_type >= UNREACHABLE && p->icmp_type <= REDIRECT) ||
	    p->icmp_type == EXCEEDED || p->icmp_type == PARAMETER;
}

bool
flow_key_exists(const struct packet *p)
{
	if (p->src.family == 0 ||
	    (p->flags & (PACKET_FRAGMENT | PACKET_INVALID)) != 0)
		return false;
	switch (p->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
	case IPPROTO_ESP:
		return p->l4_hdr.len > 0;
	case IPPROTO_ICMP:
		return p->src.family == 4 && p->l4_hdr.len > 0 && !is_error(p);
	case IPPROTO_ICMPV6:
		return p->src.family == 6 && p->l4_hdr.len > 0;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return p->src.family == 4;
	default:
		return false;
	}
}

void
flow_key_of(const struct packet *p, bool with_vlan, struct flow_key *k)
{
	memset(k, 0, sizeof(*k));
	k->a = p->src;
	k->b = p->dst;
	ports_of(p, &k->aport, &k->bport);
	k->proto = p->proto;
	k->tunnel_depth = p->tunnel_depth;
	if (with_vlan)
		memcpy(k->vlan, p->vlan, sizeof(k->vlan));
}

uint32_t
flow_key_tag(const struct flow_key *k)
{
	struct both_ends e = {.proto = k->proto,
	    .family = k->a.family,
	    .depth = k->tunnel_depth,
	    .vlan = {k->vlan[0], k->vlan[1]}};
	size_t width = k->a.family == 4 ? 4 : 16;
	int order = memcmp(k->a.b, k->b.b, width);
	bool a_first = order < 0 || (order == 0 && k->aport <= k->bport);

	memcpy(e.address, a_first ? k->a.b : k->b.b, width);
	memcpy(e.address + width, a_first ? k->b.b : k->a.b, width);
	e.low_port = a_first ? k->aport : k->bport;
	e.high_port = a_first ? k->bport : k->aport;
	return (uint32_t)table_hash(
	    &e, offsetof(struct both_ends, address) + 2 * width);
}

static bool
same_addr(const struct addr *a, const struct addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
same_rest(const struct flow_key *f, const struct flow_key *k)
{
	return f->proto == k->proto && f->tunnel_depth == k->tunnel_depth &&
	    f->vlan[0] == k->vlan[0] && f->vlan[1] == k->vlan[1];
}

bool
flow_key_is_forward(const struct flow_key *f, const struct flow_key *k)
{
	return f->aport == k->aport && f->bport == k->bport &&
	    same_addr(&f->a, &k->a) && same_addr(&f->b, &k->b);
}

static bool
is_backward(const struct flow_key *f, const struct flow_key *k)
{
	return f->aport == k->bport && f->bport == k->aport &&
	    same_addr(&f->a, &k->b) && same_addr(&f->b, &k->a);
}

bool
flow_key_is_same(const struct flow_key *f, const struct flow_key *k)
{
	return same_rest(f, k) && (flow_key_is_forward(f, k) || is_backward(f, k));
}
