/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sets of literals.  Those with few places are looked up there (anchors.h); where
 * there are few, and where they are too short for a database, each is searched on
 * its own; the others are Vectorscan's.
 */
#include "agent/detect/mpm.h"

#include "agent/detect/anchors.h"
#include "agent/detect/array.h"
#include "agent/detect/expressions.h"
#include "agent/detect/literal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many are faster searched one by one than by a database. */
#define FEW 4
/* So many of those that would stop a database all the time likewise. */
#define WEAK_FEW 4

struct added {
	uint32_t text, rule;
	struct mpm_pattern p; /* its bytes are those at text, once all are there */
};

/* One pattern and the rules that chose it. */
struct slot {
	uint32_t first, n;	   /* in rules */
	uint32_t min_end, max_end; /* as in mpm_pattern */
	bool at_end;
};

struct direct {
	uint32_t text, slot;
	uint8_t len;
	bool nocase;
};

struct mpm {
	struct added *added; /* while it is built */
	size_t added_n, added_cap;
	uint8_t *text;
	size_t text_n, text_cap;
	struct slot *slot;
	uint32_t *rule;
	size_t n; /* slots */
	struct anchors *anchors;
	struct direct *direct;
	size_t directs, directs_cap;
	uint8_t *direct_text;
	size_t direct_text_n, direct_text_cap;
	hs_database_t *db; /* ids are slots */
	bool db_ours;
};

struct mpm_scratch {
	hs_scratch_t *hs;
	uint32_t *seen; /* a slot: the scan that it was last told in */
	size_t patterns;
	uint32_t scan;
};

struct mpm *
mpm_new(void)
{
	struct mpm *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	if ((m->anchors = anchors_new()) == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

void
mpm_free(struct mpm *m)
{
	if (m == NULL)
		return;
	free(m->added);
	free(m->text);
	free(m->slot);
	free(m->rule);
	anchors_free(m->anchors);
	free(m->direct);
	free(m->direct_text);
	if (m->db_ours)
		hs_free_database(m->db);
	free(m);
}

int
mpm_add(struct mpm *m, const struct mpm_pattern *p, uint32_t rule)
{
	if (p->len == 0 || p->len > MPM_PATTERN_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (array_grow(
		&m->added, m->added_n, &m->added_cap, 1, sizeof(*m->added)) == -1 ||
	    array_grow(&m->text, m->text_n, &m->text_cap, p->len, 1) == -1)
		return -1;
	m->added[m->added_n++] = (struct added){(uint32_t)m->text_n, rule, *p};
	memcpy(m->text + m->text_n, p->bytes, p->len);
	m->text_n += p->len;
	return 0;
}

/* --- building ------------------------------------------------------------------ */

static int
size_cmp(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int
pattern_cmp(const struct mpm_pattern *a, const struct mpm_pattern *b)
{
	int d = size_cmp(a->len, b->len);

	if (d == 0)
		d = memcmp(a->bytes, b->bytes, a->len);
	if (d == 0)
		d = a->nocase - b->nocase;
	if (d == 0)
		d = size_cmp(a->min_end, b->min_end);
	if (d == 0)
		d = size_cmp(a->max_end, b->max_end);
	return d == 0 ? a->at_end - b->at_end : d;
}

static int
added_cmp(const void *pa, const void *pb)
{
	const struct added *a = pa, *b = pb;
	int d = pattern_cmp(&a->p, &b->p);

	return d == 0 ? size_cmp(a->rule, b->rule) : d;
}

static uint32_t
clamp(size_t v)
{
	return v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

/* What was added, sorted, each pattern once; the first of each is kept in added. */
static int
make_slots(struct mpm *m)
{
	m->slot = calloc(m->added_n + 1, sizeof(*m->slot));
	m->rule = calloc(m->added_n + 1, sizeof(*m->rule));
	if (m->slot == NULL || m->rule == NULL)
		return -1;
	for (size_t i = 0; i < m->added_n; i++)
		m->added[i].p.bytes = m->text + m->added[i].text;
	if (m->added_n > 0)
		qsort(m->added, m->added_n, sizeof(*m->added), added_cmp);
	for (size_t i = 0; i < m->added_n; i++) {
		const struct added a = m->added[i];

		m->rule[i] = a.rule;
		if (m->n > 0 && pattern_cmp(&m->added[m->n - 1].p, &a.p) == 0) {
			m->slot[m->n - 1].n++;
			continue;
		}
		m->added[m->n] = a;
		m->slot[m->n++] = (struct slot){(uint32_t)i, 1, clamp(a.p.min_end),
		    clamp(a.p.max_end), a.p.at_end};
	}
	return 0;
}

bool
mpm_is_weak(const struct mpm_pattern *p)
{
	size_t same = 1;

	while (same < p->len && p->bytes[same] == p->bytes[0])
		same++;
	if (p->len == 1 || (same == p->len && literal_is_common(p->bytes[0])))
		return true;
	return p->len == 2 && literal_is_common(p->bytes[0]) &&
	    literal_is_common(p->bytes[1]);
}

static int
add_direct(struct mpm *m, uint32_t slot)
{
	const struct mpm_pattern *p = &m->added[slot].p;

	if (array_grow(&m->direct, m->directs, &m->directs_cap, 1,
		sizeof(*m->direct)) == -1 ||
	    array_grow(&m->direct_text, m->direct_text_n, &m->direct_text_cap,
		p->len, 1) == -1)
		return -1;
	memcpy(m->direct_text + m->direct_text_n, p->bytes, p->len);
	m->direct[m->directs++] = (struct direct){
	    (uint32_t)m->direct_text_n, slot, (uint8_t)p->len, p->nocase};
	m->direct_text_n += p->len;
	return 0;
}

/* Each slot to where it is looked for; those for the database to rest. */
static int
share_out(struct mpm *m, struct expression *rest, size_t *rests)
{
	size_t weak = 0;

	for (uint32_t i = 0; i < m->n; i++) {
		const struct mpm_pattern *p = &m->added[i].p;
		int rc = 0;

		if (anchors_fits(p))
			rc = anchors_add(m->anchors, p, i);
		else if (mpm_is_weak(p) && weak++ < WEAK_FEW)
			rc = add_direct(m, i);
		else
			rest[(*rests)++] = (struct expression){p, i};
		if (rc == -1)
			return -1;
	}
	for (; *rests <= FEW && *rests > 0; (*rests)--)
		if (add_direct(m, rest[*rests - 1].id) == -1)
			return -1;
	return anchors_build(m->anchors);
}

static void
tidy(struct mpm *m)
{
	free(m->added);
	free(m->text);
	m->added = NULL;
	m->text = NULL;
	m->added_n = m->added_cap = m->text_n = m->text_cap = 0;
}

int
mpm_build(
    struct mpm *m, const struct ruleset_source *source, char *error, size_t size)
{
	struct expression *rest = calloc(m->added_n + 1, sizeof(*rest));
	size_t rests = 0;
	int rc = -1;

	if (rest == NULL || make_slots(m) == -1 || share_out(m, rest, &rests) == -1)
		snprintf(error, size, "out of memory");
	else
		rc = rests == 0 ? 0
				: expressions_compile(rest, rests, source, &m->db,
				      &m->db_ours, error, size);
	tidy(m);
	free(rest);
	return rc;
}

size_t
mpm_patterns(const struct mpm *m)
{
	return m->n;
}

/* --- scanning ------------------------------------------------------------------ */

struct mpm_scratch *
mpm_scratch_new(void)
{
	return calloc(1, sizeof(struct mpm_scratch));
}

void
mpm_scratch_free(struct mpm_scratch *s)
{
	if (s == NULL)
		return;
	hs_free_scratch(s->hs);
	free(s->seen);
	free(s);
}

int
mpm_scratch_fit(struct mpm_scratch *s, const struct mpm *m)
{
	if (m->n > s->patterns) {
		uint32_t *seen = realloc(s->seen, m->n * sizeof(*seen));

		if (seen == NULL)
			return -1;
		memset(seen + s->patterns, 0, (m->n - s->patterns) * sizeof(*seen));
		s->seen = seen;
		s->patterns = m->n;
	}
	if (m->db == NULL || hs_alloc_scratch(m->db, &s->hs) == HS_SUCCESS)
		return 0;
	errno = ENOMEM;
	return -1;
}

struct scan {
	const struct mpm *m;
	struct mpm_scratch *s;
	size_t len;
	mpm_fn *fn;
	void *arg;
};

static void
found(void *arg, uint32_t id)
{
	const struct scan *s = arg;
	const struct slot *slot = &s->m->slot[id];

	if (s->s->seen[id] == s->s->scan)
		return;
	s->s->seen[id] = s->s->scan;
	s->fn(s->arg, s->m->rule + slot->first, slot->n);
}

static bool
ends_well(const struct slot *s, uint64_t at)
{
	return at >= s->min_end && (s->max_end == 0 || at <= s->max_end);
}

/* What begins where it may also ends there. */
static void
on_place(void *arg, uint32_t id)
{
	const struct scan *s = arg;
	const struct slot *slot = &s->m->slot[id];

	if (!slot->at_end || ends_well(slot, s->len))
		found(arg, id);
}

static int
on_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	const struct scan *s = arg;

	(void)from;
	(void)flags;
	if (id < s->m->n && ends_well(&s->m->slot[id], to)) /* else a decoy */
		found(arg, id);
	return 0;
}

/* Within the places where a match may stand. */
static void
search(const struct mpm *m, const struct direct *d, struct span bytes,
    struct scan *scan)
{
	const struct slot *slot = &m->slot[d->slot];
	const struct literal l = {
	    m->direct_text + d->text, d->len, d->nocase, 0, (uint16_t)(d->len - 1)};
	size_t from = slot->min_end > d->len ? slot->min_end - d->len : 0;
	size_t to = slot->max_end != 0 && slot->max_end < bytes.len ? slot->max_end
								    : bytes.len;

	if (from < to && literal_find(&l, bytes.p + from, to - from) != NULL)
		found(scan, d->slot);
}

void
mpm_scan(const struct mpm *m, struct mpm_scratch *s, struct span bytes, mpm_fn *fn,
    void *arg)
{
	struct scan scan = {m, s, bytes.len, fn, arg};

	if (m->n == 0 || bytes.len == 0)
		return;
	if (++s->scan == 0) { /* wrapped: old marks would lie */
		memset(s->seen, 0, s->patterns * sizeof(*s->seen));
		s->scan = 1;
	}
	anchors_scan(m->anchors, bytes, on_place, &scan);
	for (size_t i = 0; i < m->directs; i++)
		search(m, &m->direct[i], bytes, &scan);
	if (m->db != NULL)
		hs_scan(m->db, (const char *)bytes.p, (unsigned)bytes.len, 0, s->hs,
		    on_match, &scan);
}
