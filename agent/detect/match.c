/* SPDX-License-Identifier: EUPL-1.2 */
/* One rule against one packet: header, tests, contents. */
#include "agent/detect/match.h"

#include "agent/detect/buffers.h"

static bool
match_ports(const struct rule *r, const struct packet *p)
{
	if (r->sport->any && r->dport->any)
		return true;
	/* What has no ports cannot match a rule that asks for some. */
	if (p->flags & PACKET_FRAGMENT)
		return false;
	return lists_has_port(r->dport, p->dport) &&
	    lists_has_port(r->sport, p->sport);
}

static bool
match_proto(const struct rule *r, const struct packet *p)
{
	return r->any_proto || ((r->proto[p->proto / 64] >> (p->proto % 64)) & 1);
}

static bool
match_flow(const struct rule *r, const struct packet *p)
{
	const uint32_t f = r->flags;

	if ((f & RULE_TO_SERVER) && !(p->flags & PACKET_TO_SERVER))
		return false;
	if ((f & RULE_TO_CLIENT) && !(p->flags & PACKET_TO_CLIENT))
		return false;
	if ((f & RULE_ESTABLISHED) && !(p->flags & PACKET_ESTABLISHED))
		return false;
	if ((f & RULE_NOT_ESTABLISHED) && (p->flags & PACKET_ESTABLISHED))
		return false;
	if ((f & RULE_NO_FRAG) && (p->flags & PACKET_FRAGMENT))
		return false;
	if ((f & RULE_ONLY_FRAG) && !(p->flags & PACKET_FRAGMENT))
		return false;
	/* Packets are not the stream: that engine brings its own bytes. */
	return !(f & RULE_ONLY_STREAM);
}

/* Only rules on events look at what was not understood as IP. */
static bool
match_without_ip(const struct rule *r, const struct packet *p)
{
	return r->class == RULE_CLASS_EVENT_ONLY && r->any_proto &&
	    !(r->flags & (RULE_IPV4 | RULE_IPV6)) && r->src->any && r->dst->any &&
	    r->sport->any && r->dport->any && match_flow(r, p);
}

bool
match_header(const struct rule *r, const struct packet *p)
{
	if (p->src.family == 0 || (p->flags & PACKET_INVALID))
		return match_without_ip(r, p);
	if ((r->flags & (RULE_IPV4 | RULE_IPV6)) &&
	    p->src.family != (r->flags & RULE_IPV4 ? 4 : 6))
		return false;
	if (r->class == RULE_CLASS_STREAM && (p->flags & PACKET_IN_STREAM))
		return false;
	return match_proto(r, p) && match_flow(r, p) && match_ports(r, p) &&
	    lists_has_addr(r->src, &p->src) && lists_has_addr(r->dst, &p->dst);
}

static bool
match_list(struct detect *d, const struct rule_list *l, const struct packet *p)
{
	enum buffer b = (enum buffer)l->buffer;
	struct span bytes = buffers_span(b, p);

	if (b == BUFFER_PAYLOAD &&
	    (bytes.len == 0 || (p->flags & PACKET_NO_PAYLOAD_INSPECT)))
		return false;
	return bytes.p != NULL && content_inspect(&d->content, l, bytes);
}

bool
match_rule(struct detect *d, const struct rule *r, struct packet *p)
{
	struct match_context m = {d, p, r};

	if (!match_header(r, p))
		return false;
	for (size_t i = 0; i < r->tests_n; i++)
		if (!r->test[i].fn(&r->test[i], &m))
			return false;
	d->content.steps = 0;
	for (size_t i = 0; i < r->lists_n; i++)
		if (!match_list(d, &r->list[i], p))
			return false;
	return true;
}
