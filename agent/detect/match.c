/* SPDX-License-Identifier: EUPL-1.2 */
/* One rule against one packet: header, tests, contents. */
#include "agent/detect/match.h"

#include "agent/detect/buffers.h"
#include "agent/detect/transform.h"

#include <netinet/in.h>

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

/*
 * What a packet itself says, the end of a flow does not: beside streams and
 * transactions it is looked at by rules that only name a protocol.
 */
static bool
match_end(const struct rule *r)
{
	const unsigned asks = RULE_NEEDS_PACKET | RULE_ESTABLISHED |
	    RULE_NOT_ESTABLISHED | RULE_STATELESS | RULE_NO_FRAG | RULE_ONLY_FRAG |
	    RULE_NO_STREAM | RULE_ONLY_STREAM;

	if (r->class == RULE_CLASS_APP)
		return r->tests_n == 0 && r->lists_n == 0 && !(r->flags & asks);
	return r->class == RULE_CLASS_TX || r->class == RULE_CLASS_STREAM ||
	    r->class == RULE_CLASS_PACKET_STREAM;
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
	return !(p->flags & PACKET_PSEUDO) || match_end(r);
}

/* Only rules on events look at what was not understood as IP. */
static bool
match_without_ip(const struct rule *r, const struct packet *p)
{
	return r->class == RULE_CLASS_EVENT_ONLY && r->any_proto &&
	    !(r->flags & (RULE_IPV4 | RULE_IPV6)) && r->src->any && r->dst->any &&
	    r->sport->any && r->dport->any && match_flow(r, p);
}

/* The flow speaks one of the rule's protocols, and that is established. */
static bool
match_app(const struct rule *r, const struct packet *p)
{
	if (r->apps == 0)
		return true;
	if (p->flow == NULL ||
	    (p->proto == IPPROTO_TCP && !(p->flags & PACKET_ESTABLISHED)))
		return false;
	return (r->apps >> app_flow_id(p->flow)) & 1;
}

bool
match_header(const struct rule *r, const struct packet *p)
{
	if (p->src.family == 0 || (p->flags & PACKET_INVALID))
		return match_without_ip(r, p);
	if ((r->flags & (RULE_IPV4 | RULE_IPV6)) &&
	    p->src.family != (r->flags & RULE_IPV4 ? 4 : 6))
		return false;
	return match_proto(r, p) && match_flow(r, p) && match_app(r, p) &&
	    match_ports(r, p) && lists_has_addr(r->src, &p->src) &&
	    lists_has_addr(r->dst, &p->dst);
}

static bool
inspect(struct detect *d, const struct rule_list *l, struct span bytes)
{
	d->content.steps = 0;
	return content_inspect(&d->content, l, bytes);
}

/*
 * Payload: in the chunks of the stream first, then in the packet, which may have
 * none: a negated content holds there.  A packet whose bytes went to the stream is
 * not looked at by rules on streams.
 */
static bool
match_payload(struct detect *d, const struct rule *r, const struct rule_list *l,
    const struct packet *p)
{
	bool stream = r->payload == RULE_CLASS_STREAM;
	size_t chunks =
	    stream || r->payload == RULE_CLASS_PACKET_STREAM ? d->chunks : 0;

	for (size_t i = 0; i < chunks; i++) {
		if (inspect(d, l, stream_chunk_whole(p, &d->chunk[i]))) {
			d->from_stream = true;
			return true;
		}
	}
	if ((p->payload.len == 0 && d->chunks == 0) ||
	    (p->payload.len > 0 && (p->flags & PACKET_NO_PAYLOAD_INSPECT)) ||
	    (r->flags & RULE_ONLY_STREAM) ||
	    (stream && (p->flags & PACKET_IN_STREAM)))
		return false;
	return inspect(d, l, p->payload);
}

bool
match_list(struct detect *d, const struct rule *r, const struct rule_list *l,
    const struct packet *p)
{
	enum buffer b = (enum buffer)l->buffer;
	struct span bytes = buffers_span(b, p);

	if (b == BUFFER_PAYLOAD)
		return match_payload(d, r, l, p);
	if (b == BUFFER_BASE64) /* asked where it is decoded */
		return true;
	if (bytes.p == NULL)
		return false;
	return inspect(d, l,
	    transform_run(l->chain, &d->content.transform, d->content.pcre, bytes));
}

bool
match_packet(struct detect *d, const struct rule *r, struct packet *p)
{
	struct match_context m = {d, p, r};

	if (!match_header(r, p))
		return false;
	for (size_t i = 0; i < r->tests_n; i++)
		if (!r->test[i].fn(&r->test[i], &m))
			return false;
	return true;
}

bool
match_rule(struct detect *d, const struct rule *r, struct packet *p)
{
	if ((r->class == RULE_CLASS_FOUND && !d->found) || !match_packet(d, r, p))
		return false;
	d->from_stream = false;
	for (size_t i = 0; i < r->lists_n; i++)
		if (!match_list(d, r, &r->list[i], p))
			return false;
	return d->from_stream || !(r->flags & RULE_ONLY_STREAM);
}
