/* SPDX-License-Identifier: EUPL-1.2 */
/* Gates of rules and packets. */
#include "agent/detect/gate.h"

#include "agent/detect/buffers.h"

#include <netinet/in.h>

enum {
	/* transport */
	GATE_TCP,
	GATE_UDP,
	GATE_ICMP,
	GATE_ICMPV6,
	GATE_SCTP,
	GATE_OTHER,
	/* direction */
	GATE_TO_SERVER,
	GATE_TO_CLIENT,
	GATE_NO_DIRECTION,
	/* state */
	GATE_ESTABLISHED,
	GATE_NOT_ESTABLISHED,
	/* family */
	GATE_IPV4,
	GATE_IPV6,
	GATE_NO_IP,
	/* payload */
	GATE_PAYLOAD,
	GATE_NO_PAYLOAD,
	/* fragments */
	GATE_FRAGMENT,
	GATE_WHOLE,
};

#define BIT(n)	   ((uint64_t)1 << (n))
#define TRANSPORTS (BIT(GATE_OTHER + 1) - 1)

static const struct {
	int proto, bit;
} PROTOS[] = {
    {IPPROTO_TCP, GATE_TCP},
    {IPPROTO_UDP, GATE_UDP},
    {IPPROTO_ICMP, GATE_ICMP},
    {IPPROTO_ICMPV6, GATE_ICMPV6},
    {IPPROTO_SCTP, GATE_SCTP},
};

static bool
needs_payload(const struct rule *r)
{
	for (size_t i = 0; r->class != RULE_CLASS_TX && i < r->lists_n; i++)
		if (r->list[i].buffer == BUFFER_PAYLOAD)
			return true;
	return false;
}

uint64_t
gate_of_rule(const struct rule *r)
{
	uint64_t g = BIT(GATE_PAYLOAD);

	if (r->any_proto)
		g |= TRANSPORTS;
	for (size_t i = 0; i < sizeof(PROTOS) / sizeof(PROTOS[0]); i++)
		if ((r->proto[PROTOS[i].proto / 64] >> (PROTOS[i].proto % 64)) & 1)
			g |= BIT(PROTOS[i].bit);
	if (!(r->flags & RULE_TO_CLIENT))
		g |= BIT(GATE_TO_SERVER);
	if (!(r->flags & RULE_TO_SERVER))
		g |= BIT(GATE_TO_CLIENT);
	if (!(r->flags & (RULE_TO_SERVER | RULE_TO_CLIENT)))
		g |= BIT(GATE_NO_DIRECTION);
	if (!(r->flags & RULE_NOT_ESTABLISHED))
		g |= BIT(GATE_ESTABLISHED);
	if (!(r->flags & RULE_ESTABLISHED))
		g |= BIT(GATE_NOT_ESTABLISHED);
	if (!(r->flags & RULE_IPV6))
		g |= BIT(GATE_IPV4);
	if (!(r->flags & RULE_IPV4))
		g |= BIT(GATE_IPV6);
	if (r->class == RULE_CLASS_EVENT_ONLY && r->any_proto)
		g |= BIT(GATE_NO_IP) | TRANSPORTS;
	if (!needs_payload(r))
		g |= BIT(GATE_NO_PAYLOAD);
	if (!(r->flags & RULE_NO_FRAG))
		g |= BIT(GATE_FRAGMENT);
	if (!(r->flags & RULE_ONLY_FRAG))
		g |= BIT(GATE_WHOLE);
	return g;
}

static int
transport(const struct packet *p)
{
	for (size_t i = 0; i < sizeof(PROTOS) / sizeof(PROTOS[0]); i++)
		if (PROTOS[i].proto == p->proto)
			return PROTOS[i].bit;
	return GATE_OTHER;
}

uint64_t
gate_of_packet(const struct packet *p, bool payload)
{
	uint64_t g = BIT(transport(p));

	g |= p->flags & PACKET_TO_SERVER  ? BIT(GATE_TO_SERVER)
	    : p->flags & PACKET_TO_CLIENT ? BIT(GATE_TO_CLIENT)
					  : BIT(GATE_NO_DIRECTION);
	g |= p->flags & PACKET_ESTABLISHED ? BIT(GATE_ESTABLISHED)
					   : BIT(GATE_NOT_ESTABLISHED);
	g |= p->src.family == 4	 ? BIT(GATE_IPV4)
	    : p->src.family == 6 ? BIT(GATE_IPV6)
				 : BIT(GATE_NO_IP);
	g |= payload ? BIT(GATE_PAYLOAD) : BIT(GATE_NO_PAYLOAD);
	g |= p->flags & PACKET_FRAGMENT ? BIT(GATE_FRAGMENT) : BIT(GATE_WHOLE);
	return g;
}
