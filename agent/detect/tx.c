/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Rules on transactions, as these progress (engine.md 1.2, 4 to 7).  What a rule
 * found so far stays with the transaction, a word a rule and direction; its
 * packet tests are asked the first time only.
 */
#include "agent/detect/tx.h"

#include "agent/detect/buffers.h"
#include "agent/detect/prefilter.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/transform.h"

#include <stdlib.h>
#include <string.h>

/* Beside a bit for each list; a rule that never held has not all of them. */
#define TX_OVER ((uint64_t)1 << RULE_LISTS_MAX)

struct tx_rule {
	uint32_t number;
	uint32_t dir;
	uint64_t held; /* lists that matched; TX_OVER: matched, or never will */
};

/* What hangs on app_tx.detect: one block. */
struct tx_state {
	uint64_t scanned[APP_DIRS][PREFILTER_WORDS];
	size_t n, cap;
	struct tx_rule rule[];
};

enum held {
	HELD,
	NOT_HELD, /* yet */
	NEVER,
};

static struct tx_state *
grow(struct app_tx *tx, size_t cap)
{
	struct tx_state *old = tx->detect,
			*s = realloc(old, sizeof(*s) + cap * sizeof(s->rule[0]));

	if (s == NULL)
		return NULL;
	if (old == NULL)
		memset(s, 0, sizeof(*s));
	s->cap = cap;
	tx->detect = s;
	return s;
}

static struct tx_rule *
find_rule(const struct app_tx *tx, uint32_t number, enum app_dir d)
{
	struct tx_state *s = tx->detect;

	for (size_t i = 0; i < s->n; i++)
		if (s->rule[i].number == number && s->rule[i].dir == (uint32_t)d)
			return &s->rule[i];
	return NULL;
}

/* Without memory the rule is forgotten: it may be told again, never lost. */
static void
keep(struct app_tx *tx, uint32_t number, enum app_dir d, uint64_t held)
{
	struct tx_state *s = tx->detect;
	struct tx_rule *r = find_rule(tx, number, d);

	if (r != NULL) {
		r->held = held;
		return;
	}
	if (s->n == s->cap && (s = grow(tx, s->cap * 2 + 4)) == NULL)
		return;
	s->rule[s->n++] = (struct tx_rule){number, (uint32_t)d, held};
}

/* --- one rule ----------------------------------------------------------------- */

static bool
inspect(struct detect *d, const struct rule_list *l, const struct app_bytes *b)
{
	struct content_scratch *c = &d->content;
	bool holds;

	c->steps = 0;
	c->base = b->offset;
	c->growing = !b->complete;
	c->number = b->number;
	c->little = b->little;
	holds = content_inspect(
	    c, l, transform_run(l->chain, &c->transform, c->pcre, b->bytes));
	c->base = 0;
	c->growing = false;
	return holds;
}

static enum held
try_buffer(struct detect *d, const struct rule_list *l, const struct packet *p,
    struct app_tx *tx, enum app_dir dir)
{
	enum app_buffer_id b = buffers_app(l->buffer);
	bool complete = true;
	struct app_bytes bytes;

	if (prefilter_tx_progress(ruleset_prefilter(d->rs), app_flow_id(p->flow),
		dir, b) > tx->progress[dir])
		return NOT_HELD;
	for (unsigned i = 0;; i++) {
		enum app_have have = app_buffer(p->flow, tx, b, dir, i, &bytes);

		if (have == APP_NOT_YET)
			return NOT_HELD;
		if (have == APP_ABSENT)
			return complete ? NEVER : NOT_HELD;
		if (inspect(d, l, &bytes))
			return HELD;
		complete = complete && bytes.complete && !bytes.changes;
	}
}

static enum held
try_list(struct detect *d, const struct rule *r, const struct rule_list *l,
    struct packet *p, struct app_tx *tx, enum app_dir dir)
{
	if (buffers_app(l->buffer) != APP_BUFFER_NONE)
		return try_buffer(d, l, p, tx, dir);
	return match_list(d, r, l, p) ? HELD : NOT_HELD;
}

static enum held
try_events(const struct rule *r, const struct packet *p, const struct app_tx *tx,
    enum app_dir dir)
{
	for (size_t i = 0; i < r->app_events_n; i++)
		if (!((tx->events >> r->app_event[i].bit) & 1))
			return app_tx_done(p->flow, tx, dir) ? NEVER : NOT_HELD;
	return HELD;
}

/* Go on where the rule stopped; true when all of it holds now. */
static bool
try_rule(struct detect *d, const struct rule *r, struct packet *p,
    struct app_tx *tx, enum app_dir dir)
{
	const struct tx_rule *before = find_rule(tx, r->number, dir);
	uint64_t held = before == NULL ? 0 : before->held;
	enum held h;

	if (held & TX_OVER)
		return false;
	d->stats.evaluated++;
	if (before == NULL && !match_packet(d, r, p))
		return false;
	h = try_events(r, p, tx, dir);
	for (size_t i = 0; h == HELD && i < r->lists_n; i++) {
		if ((held >> i) & 1)
			continue;
		h = try_list(d, r, &r->list[i], p, tx, dir);
		if (h == HELD)
			held |= (uint64_t)1 << i;
	}
	if (h != NOT_HELD)
		held |= TX_OVER;
	if (held != 0)
		keep(tx, r->number, dir, held);
	return h == HELD;
}

/* --- candidates --------------------------------------------------------------- */

/* true: no more of it will come. */
static bool
scan_buffer(struct detect *d, const struct packet *p, struct app_tx *tx,
    enum app_buffer_id b, enum app_dir dir)
{
	const struct prefilter *f = ruleset_prefilter(d->rs);
	bool complete = true;
	struct app_bytes bytes;
	enum app_have have;

	for (unsigned i = 0;
	     (have = app_buffer(p->flow, tx, b, dir, i, &bytes)) == APP_HAVE; i++) {
		prefilter_tx_scan(
		    f, d->prefilter, &d->content, b, dir, bytes.bytes);
		complete = complete && bytes.complete;
	}
	return complete && have == APP_ABSENT;
}

/* What rules look into, is there by now, and was not scanned to its end. */
static void
scan_buffers(
    struct detect *d, const struct packet *p, struct app_tx *tx, enum app_dir dir)
{
	const struct prefilter *f = ruleset_prefilter(d->rs);
	enum app_id id = app_flow_id(p->flow);
	const uint64_t *looked = prefilter_tx_looked(f, id, dir);

	for (unsigned w = 0; w < PREFILTER_WORDS; w++) {
		uint64_t *scanned =
		    &((struct tx_state *)tx->detect)->scanned[dir][w];

		for (uint64_t m = looked[w] & ~*scanned; m != 0; m &= m - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(m);
			enum app_buffer_id b = (enum app_buffer_id)(w * 64 + bit);

			if (prefilter_tx_progress(f, id, dir, b) <=
				tx->progress[dir] &&
			    scan_buffer(d, p, tx, b, dir))
				*scanned |= (uint64_t)1 << bit;
		}
	}
}

static size_t
candidates(struct detect *d, struct packet *p, struct app_tx *tx, enum app_dir dir,
    const uint32_t **number)
{
	const struct prefilter *f = ruleset_prefilter(d->rs);
	const struct tx_state *s = tx->detect;

	prefilter_tx_begin(f, d->prefilter, p);
	scan_buffers(d, p, tx, dir);
	for (size_t i = 0; i < d->tx_rules; i++)
		prefilter_tx_add(d->prefilter, d->tx_rule[i]);
	for (size_t i = 0; i < s->n; i++)
		if (s->rule[i].dir == (uint32_t)dir && !(s->rule[i].held & TX_OVER))
			prefilter_tx_add(d->prefilter, s->rule[i].number);
	return prefilter_tx_end(d->prefilter, number);
}

/* Buffers grew that were scanned to their end: ask rules that did not hold again. */
static void
begin_again(const struct detect *d, struct app_tx *tx, enum app_dir dir)
{
	struct tx_state *s = tx->detect;
	size_t rules;
	struct rule *const *rule = ruleset_rules(d->rs, &rules);

	memset(s->scanned[dir], 0, sizeof(s->scanned[dir]));
	for (size_t i = 0; i < s->n; i++) {
		uint64_t all =
		    ((uint64_t)1 << rule[s->rule[i].number]->lists_n) - 1;

		if (s->rule[i].dir == (uint32_t)dir &&
		    (s->rule[i].held & all) != all)
			s->rule[i].held &= ~TX_OVER;
	}
	tx->again[dir] = false;
}

static void
inspect_one(struct detect *d, struct packet *p, struct app_tx *tx, enum app_dir dir,
    tx_match_fn *fn)
{
	const uint32_t *number;
	struct rule *const *rule;
	size_t n, rules;

	if (tx->detect == NULL && grow(tx, 0) == NULL)
		return;
	if (tx->again[dir])
		begin_again(d, tx, dir);
	rule = ruleset_rules(d->rs, &rules);
	n = candidates(d, p, tx, dir, &number);
	d->stats.candidates += n;
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = rule[number[i]];

		d->from_stream = false;
		if (try_rule(d, r, p, tx, dir))
			fn(d, r, p, tx);
	}
}

void
tx_inspect(struct detect *d, struct packet *p, tx_match_fn *fn)
{
	enum app_dir dir = p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;

	for (struct app_tx *tx = app_tx_first(p->flow); tx != NULL; tx = tx->next) {
		if (tx->inspected[dir])
			continue;
		inspect_one(d, p, tx, dir, fn);
		app_tx_inspected(p->flow, tx, dir);
	}
}

void
tx_inspect_frames(struct detect *d, struct packet *p, tx_match_fn *fn)
{
	enum app_dir dir = p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;
	struct app_frame *f = NULL;

	while ((f = app_frame_next(p->flow, dir, f)) != NULL) {
		inspect_one(d, p, &f->tx, dir, fn);
		app_frame_inspected(dir, f);
	}
}

void
tx_skip(struct packet *p)
{
	enum app_dir dir = p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;
	struct app_frame *f = NULL;

	while ((f = app_frame_next(p->flow, dir, f)) != NULL)
		app_frame_inspected(dir, f);

	for (struct app_tx *tx = app_tx_first(p->flow); tx != NULL; tx = tx->next)
		app_tx_inspected(p->flow, tx, dir);
}
