/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which content of a rule the multi-pattern matcher looks for: Suricata's order
 * (engine.md 2.2), because with flowbits it decides when they are read.
 */
#include "agent/detect/anchors.h"
#include "agent/detect/buffers.h"
#include "agent/detect/literal.h"
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

/* Of "bsize:N": N; else 0. */
static uint64_t
whole_size(const struct rule_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->op[i].kind == OP_BSIZE && l->op[i].size.op == NUM_EQ)
			return l->op[i].size.a;
	return 0;
}

/* Where it may end, when that is known beforehand. */
static void
set_places(struct mpm_pattern *p, const struct op *op, size_t front, size_t back)
{
	const struct op_content *c = &op->content;

	if (op->flags & (OP_DISTANCE | OP_WITHIN) || c->offset.var != -1 ||
	    c->depth.var != -1)
		return;
	p->min_end = (size_t)c->offset.value + front + p->len;
	if (op->flags & OP_DEPTH)
		p->max_end =
		    (size_t)c->offset.value + (size_t)c->depth.value - back;
}

struct mpm_pattern
ruleset_pattern(const struct rule_list *l, int k)
{
	const struct op *op = &l->op[k];
	const struct op_content *c = &op->content;
	struct mpm_pattern p = {
	    c->bytes, c->len, (op->flags & OP_NOCASE) != 0, 0, 0, false};
	size_t front = 0, back;

	if (op->flags & OP_FAST_CHOP) {
		p.bytes += c->fast_offset;
		p.len = c->fast_len;
		front = c->fast_offset;
	}
	if (p.len > MPM_PATTERN_MAX)
		p.len = MPM_PATTERN_MAX;
	back = c->len - front - p.len;
	set_places(&p, op, front, back);
	p.at_end =
	    back == 0 && ((op->flags & OP_ENDSWITH) || whole_size(l) == c->len);
	return p;
}

/* A shorter one comes up so often that it is better searched for another. */
#define PLACED_MIN	3
#define PLACED_MIN_WEAK 2

/*
 * In payloads, a content with few places (anchors.h) is looked up for next to
 * nothing, while the fast pattern has to be searched.  All contents of a list must
 * be in the same bytes, so that either brings the rule up where it can match; what
 * windows of chunks need beside is payload_confirms().  A rule on transactions
 * remembers when it came up: there the fast pattern itself decides.  On few ports or
 * in one protocol such a content is often what all its messages begin with.
 */
static void
choose_placed(struct rule *r)
{
	const struct rule_list *l = &r->list[r->fast_list];
	struct mpm_pattern fast = ruleset_pattern(l, r->fast_op);
	const bool weak = mpm_is_weak(&fast),
		   everywhere = r->apps == 0 && r->dport->any && r->sport->any;
	size_t least = weak ? PLACED_MIN_WEAK : PLACED_MIN;

	if (l->buffer != BUFFER_PAYLOAD || r->class == RULE_CLASS_TX ||
	    anchors_fits(&fast) || !(weak || everywhere))
		return;
	for (size_t k = 0; k < l->n; k++) {
		const struct op *op = &l->op[k];
		struct mpm_pattern p;

		if (op->kind != OP_CONTENT || (op->flags & OP_NEGATED))
			continue;
		p = ruleset_pattern(l, (int)k);
		if (p.len < least || !anchors_fits(&p))
			continue;
		r->placed_op = (int)k;
		least = p.len + 1;
	}
}

static void
choose_fast(struct rule *r)
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

static bool
has_one_place(const struct op *op)
{
	const struct op_content *c = &op->content;

	return op->kind == OP_CONTENT && (op->flags & OP_DEPTH) &&
	    !(op->flags & (OP_NEGATED | OP_DISTANCE | OP_WITHIN)) &&
	    c->offset.var == -1 && c->depth.var == -1 && c->offset.value >= 0 &&
	    c->depth.value == (int64_t)c->len;
}

/*
 * Contents that can stand at one place only are asked before the others: order says
 * nothing of them.  Not where an operation does more than hold or fail.
 */
static void
mark_placed(struct rule_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->op[i].kind == OP_BASE64 || l->op[i].kind == OP_DATASET)
			return;
	for (size_t i = 0; i < l->n; i++)
		if (has_one_place(&l->op[i])) {
			l->op[i].flags |= OP_PLACED;
			l->placed = true;
		}
}

static void
choose_rare(struct rule_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct op_content *c = &l->op[i].content;
		struct literal literal;

		if (l->op[i].kind != OP_CONTENT)
			continue;
		literal = (struct literal){c->bytes, c->len, false, 0, 0};
		literal_choose(&literal);
		c->rare[0] = literal.one;
		c->rare[1] = literal.other;
	}
}

void
ruleset_choose_fast(struct rule *r)
{
	for (size_t i = 0; i < r->lists_n; i++) {
		choose_rare(&r->list[i]);
		mark_placed(&r->list[i]);
	}
	choose_fast(r);
	if (r->fast_list != -1)
		choose_placed(r);
}
