/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which content of a rule the multi-pattern matcher looks for: Suricata's order
 * (engine.md 2.2), because with flowbits it decides when they are read.
 */
#include "agent/detect/buffers.h"
#include "agent/detect/ruleset.h"

#include <ctype.h>
#include <string.h>

/* Diversity of a pattern: rare bytes count more, repeats little. */
static unsigned
strength(const struct op_content *c)
{
	bool seen[256] = {false};
	unsigned s = 0;

	for (size_t i = 0; i < c->len; i++) {
		uint8_t b = c->bytes[i];

		if (seen[b])
			s += 1;
		else if (isalpha(b))
			s += 3;
		else if (isprint(b) || b == 0 || b == 1 || b == 0xff)
			s += 4;
		else
			s += 6;
		seen[b] = true;
	}
	return s;
}

static bool
better(
    const struct op *a, uint8_t a_priority, const struct op *b, uint8_t b_priority)
{
	if (a_priority != b_priority)
		return a_priority < b_priority;
	if (a->content.len != b->content.len)
		return a->content.len > b->content.len;
	return strength(&a->content) > strength(&b->content);
}

static void
choose(struct rule *r, size_t list, size_t op)
{
	r->fast_list = (int)list;
	r->fast_op = (int)op;
}

void
ruleset_choose_fast(struct rule *r)
{
	for (size_t i = 0; i < r->lists_n; i++) {
		const struct rule_list *l = &r->list[i];
		uint8_t priority = buffers_priority(l->buffer);

		if (l->buffer == BUFFER_BASE64)
			continue;
		/* The matchers of a packet's buffers look at them as they are. */
		if (l->chain != NULL && buffers_app(l->buffer) == APP_BUFFER_NONE)
			continue;

		for (size_t k = 0; k < l->n; k++) {
			const struct op *best, *op = &l->op[k];

			/* What must be absent cannot bring a rule up. */
			if (op->kind != OP_CONTENT || (op->flags & OP_NEGATED))
				continue;
			if (op->flags & OP_FAST) {
				choose(r, i, k);
				return;
			}
			if (r->fast_list == -1) {
				choose(r, i, k);
				continue;
			}
			best = &r->list[r->fast_list].op[r->fast_op];
			if (better(op, priority, best,
				buffers_priority(r->list[r->fast_list].buffer)))
				choose(r, i, k);
		}
	}
}
