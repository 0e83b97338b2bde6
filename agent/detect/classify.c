/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What class a rule is of (engine.md 1.2), with Suricata's load errors about
 * keywords that do not go together.
 */
#include "agent/detect/buffers.h"
#include "agent/detect/gate.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/transform.h"

#include <netinet/in.h>
#include <stdio.h>

static bool
allows(const struct rule *r, int proto)
{
	return r->any_proto || ((r->proto[proto / 64] >> (proto % 64)) & 1);
}

static const struct rule_list *
payload_list(const struct rule *r)
{
	for (size_t i = 0; i < r->lists_n; i++)
		if (r->list[i].buffer == BUFFER_PAYLOAD)
			return &r->list[i];
	return NULL;
}

/* Contents bound to a place want the packet too (engine.md 1.2 point 1). */
static bool
has_bound_content(const struct rule_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->op[i].kind == OP_CONTENT &&
		    (l->op[i].flags & (OP_DEPTH | OP_OFFSET)))
			return true;
	return false;
}

/* Only which protocol it is, and the direction. */
static bool
is_on_finding(const struct rule *r)
{
	const unsigned more = RULE_ESTABLISHED | RULE_NOT_ESTABLISHED |
	    RULE_STATELESS | RULE_ONLY_STREAM | RULE_NO_STREAM | RULE_NO_FRAG |
	    RULE_ONLY_FRAG | RULE_NEEDS_PACKET;

	return r->app_protocols_n > 0 && r->app_protocols_n == r->tests_n &&
	    r->lists_n == 0 && !(r->flags & more);
}

static enum rule_class
class_of(const struct rule *r)
{
	const struct rule_list *payload = payload_list(r);
	unsigned flow = RULE_TO_SERVER | RULE_TO_CLIENT | RULE_ESTABLISHED |
	    RULE_NOT_ESTABLISHED | RULE_ONLY_STREAM | RULE_NO_STREAM |
	    RULE_NO_FRAG | RULE_ONLY_FRAG | RULE_STATELESS;

	if (r->events_n > 0 && r->events_n == r->tests_n && r->lists_n == 0)
		return RULE_CLASS_EVENT_ONLY;
	if (payload != NULL && allows(r, IPPROTO_TCP) &&
	    !(r->flags & (RULE_NEEDS_PACKET | RULE_TCP_PKT | RULE_NO_STREAM)))
		return (has_bound_content(payload) ||
			   (r->flags & RULE_STREAM_SIZE)) &&
			!(r->flags & (RULE_TCP_STREAM | RULE_ONLY_STREAM))
		    ? RULE_CLASS_PACKET_STREAM
		    : RULE_CLASS_STREAM;
	if (r->lists_n == 0 && !(r->flags & (RULE_NOT_IP_ONLY | flow)) &&
	    r->events_n == 0)
		return r->flags & RULE_NEGATED_ADDRESS ? RULE_CLASS_LIKE_IP_ONLY
						       : RULE_CLASS_IP_ONLY;
	if (is_on_finding(r))
		return RULE_CLASS_FOUND;
	return RULE_CLASS_PACKET;
}

static const char *
contradiction(const struct rule *r)
{
	if ((r->flags & RULE_TCP_STREAM) && (r->flags & RULE_NEEDS_PACKET))
		return "tcp-stream cannot be joined with keywords on packet "
		       "headers or dsize";
	if ((r->flags & RULE_ONLY_STREAM) && (r->flags & RULE_NEEDS_PACKET))
		return "flow:only_stream cannot be joined with keywords on packet "
		       "headers or "
		       "dsize";
	if ((r->flags & RULE_IPV4) && (r->flags & RULE_IPV6))
		return "the rule asks for IPv4 and IPv6 at once";
	for (size_t i = 0; i < r->lists_n; i++) {
		const struct buffer_row *b;

		if (r->list[i].n == 0)
			return "a sticky buffer has nothing to look for behind it";
		if (buffers_app(r->list[i].buffer) != APP_BUFFER_NONE)
			continue;
		b = buffers_row((enum buffer)r->list[i].buffer);
		if (b->proto != 0 && !allows(r, b->proto))
			return "a header buffer is of another protocol than the "
			       "rule";
	}
	return NULL;
}

/* A content that a transform before it never lets through. */
static const char *
forbidden(const struct rule *r)
{
	const char *step = NULL;

	for (size_t i = 0; i < r->lists_n; i++)
		for (size_t k = 0; step == NULL && k < r->list[i].n; k++) {
			const struct op *op = &r->list[i].op[k];

			if (op->kind == OP_CONTENT)
				step = transform_chain_forbids(r->list[i].chain,
				    op->content.bytes, op->content.len);
		}
	return step;
}

/* The lists are in their final places: let decoding find its own. */
static void
link_base64(struct rule *r)
{
	const struct rule_list *inner = NULL;

	for (size_t i = 0; i < r->lists_n; i++)
		if (r->list[i].buffer == BUFFER_BASE64)
			inner = &r->list[i];
	for (size_t i = 0; i < r->lists_n; i++)
		for (size_t k = 0; k < r->list[i].n; k++)
			if (r->list[i].op[k].kind == OP_BASE64)
				r->list[i].op[k].base64.inner = inner;
}

int
ruleset_classify(struct rule *r, char *error, size_t size)
{
	const char *why = contradiction(r), *step = forbidden(r);

	r->class = r->payload = class_of(r);
	if (why == NULL)
		why = ruleset_classify_app(r);
	if (why != NULL) {
		snprintf(error, size, "%s", why);
		return -1;
	}
	if (step != NULL) {
		snprintf(
		    error, size, "a content that cannot be there after %s", step);
		return -1;
	}
	link_base64(r);
	r->gate = gate_of_rule(r);
	return 0;
}
