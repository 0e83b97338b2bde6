/* SPDX-License-Identifier: EUPL-1.2 */
/* Vectorscan databases of literals. */
#include "agent/detect/mpm.h"

#include "agent/detect/patterns.h"

#include "common/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MPM_PATTERNS_MAX (1u << 20)
/* A byte of a pattern is written "\xHH". */
#define BYTE_TEXT 4

struct slice {
	struct mpm_pattern pattern;
	char *text; /* the expression */
	uint32_t *rule;
	size_t n, cap;
};

struct mpm {
	struct table *known; /* pattern -> index + 1 */
	struct slice *slice;
	size_t n, cap;
	hs_database_t *db;
	bool db_ours;
};

struct mpm_scratch {
	hs_scratch_t *hs;
	uint32_t *seen; /* a pattern: the scan that it was last told in */
	size_t patterns;
	uint32_t scan;
};

struct mpm *
mpm_new(void)
{
	struct mpm *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	if ((m->known = table_new(MPM_PATTERNS_MAX, NULL)) == NULL) {
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
	for (size_t i = 0; i < m->n; i++) {
		free(m->slice[i].text);
		free(m->slice[i].rule);
	}
	free(m->slice);
	table_free(m->known);
	if (m->db_ours)
		hs_free_database(m->db);
	free(m);
}

size_t
mpm_patterns(const struct mpm *m)
{
	return m->n;
}

static char *
expression(const struct mpm_pattern *p)
{
	char *text = malloc(p->len * BYTE_TEXT + 1), *out = text;

	if (text == NULL)
		return NULL;
	for (size_t i = 0; i < p->len; i++, out += BYTE_TEXT)
		snprintf(out, BYTE_TEXT + 1, "\\x%02x", p->bytes[i]);
	return text;
}

static struct slice *
add_slice(struct mpm *m, const struct mpm_pattern *p)
{
	struct slice *s;

	if (m->n == m->cap) {
		size_t cap = m->cap == 0 ? 64 : m->cap * 2;

		if ((s = realloc(m->slice, cap * sizeof(*s))) == NULL)
			return NULL;
		m->slice = s;
		m->cap = cap;
	}
	s = &m->slice[m->n];
	memset(s, 0, sizeof(*s));
	s->pattern = *p;
	s->pattern.bytes = NULL; /* theirs; the text has it */
	if ((s->text = expression(p)) == NULL)
		return NULL;
	m->n++;
	return s;
}

static struct slice *
find_slice(struct mpm *m, const struct mpm_pattern *p)
{
	uint8_t key[2 * sizeof(size_t) + 1 + MPM_PATTERN_MAX];
	size_t len = 0;
	void *at;

	memcpy(key, &p->min_end, sizeof(size_t));
	memcpy(key + sizeof(size_t), &p->max_end, sizeof(size_t));
	len = 2 * sizeof(size_t);
	key[len++] = p->nocase;
	memcpy(key + len, p->bytes, p->len);
	len += p->len;
	if ((at = table_get(m->known, key, len)) != NULL)
		return &m->slice[(uintptr_t)at - 1];
	if (add_slice(m, p) == NULL ||
	    table_put(m->known, key, len, (void *)(uintptr_t)m->n) == -1)
		return NULL;
	return &m->slice[m->n - 1];
}

int
mpm_add(struct mpm *m, const struct mpm_pattern *p, uint32_t rule)
{
	struct slice *s;

	if (p->len == 0 || p->len > MPM_PATTERN_MAX) {
		errno = EINVAL;
		return -1;
	}
	if ((s = find_slice(m, p)) == NULL)
		return -1;
	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 1 : s->cap * 2;
		uint32_t *r = realloc(s->rule, cap * sizeof(*r));

		if (r == NULL)
			return -1;
		s->rule = r;
		s->cap = cap;
	}
	s->rule[s->n++] = rule;
	return 0;
}

/*
 * Decoys.  Vectorscan misses matches near the end of a buffer on processors with
 * AVX-512 when a set is so small or so alike that it skips ahead by looking for a
 * few bytes (vectorscan issue 317, pull request 378).  Measured on Debian 12's
 * 5.4.9: one match in sixty of sets of up to five patterns, none with decoys;
 * Debian 13's 5.4.11 is older than the corrections.  Literals that begin with bytes
 * from all over keep it from skipping.  Offsets and SINGLEMATCH, which take patterns
 * to its automata, are worse: on_match() does both instead.
 */
#define DECOYS	  16
#define DECOY_LEN 8

static void
write_decoy(unsigned n, char text[DECOY_LEN * BYTE_TEXT + 1])
{
	unsigned b = n * (256 / DECOYS);

	for (unsigned i = 0; i < DECOY_LEN; i++, b = b * 181 + 37)
		snprintf(text + i * BYTE_TEXT, BYTE_TEXT + 1, "\\x%02x", b & 0xff);
}

int
mpm_build(
    struct mpm *m, const struct ruleset_source *source, char *error, size_t size)
{
	size_t all = m->n + DECOYS;
	char decoy[DECOYS][DECOY_LEN * BYTE_TEXT + 1];
	const char **text = calloc(all, sizeof(*text));
	unsigned *flags = calloc(all, sizeof(*flags)),
		 *ids = calloc(all, sizeof(*ids));
	int rc = -1;

	snprintf(error, size, "out of memory");
	if (text == NULL || flags == NULL || ids == NULL)
		goto done;
	for (size_t i = 0; i < all; i++) {
		ids[i] = (unsigned)i;
		flags[i] = HS_FLAG_DOTALL;
		if (i < m->n) {
			text[i] = m->slice[i].text;
			flags[i] |=
			    m->slice[i].pattern.nocase ? HS_FLAG_CASELESS : 0u;
		} else {
			write_decoy((unsigned)(i - m->n), decoy[i - m->n]);
			text[i] = decoy[i - m->n];
		}
	}
	if (m->n > 0 &&
	    patterns_build(&(struct patterns){text, flags, ids, (unsigned)all},
		source, &m->db, &m->db_ours, error, size) == -1)
		goto done;
	rc = 0;
	table_free(m->known); /* only for building */
	m->known = NULL;
	for (size_t i = 0; i < m->n; i++) {
		free(m->slice[i].text);
		m->slice[i].text = NULL;
	}
done:
	free(text);
	free(flags);
	free(ids);
	return rc;
}

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
	mpm_fn *fn;
	void *arg;
};

static int
on_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	const struct scan *s = arg;
	const struct slice *slice;

	(void)from;
	(void)flags;
	if (id >= s->m->n || s->s->seen[id] == s->s->scan)
		return 0;
	slice = &s->m->slice[id];
	if (to < slice->pattern.min_end ||
	    (slice->pattern.max_end > 0 && to > slice->pattern.max_end))
		return 0;
	s->s->seen[id] = s->s->scan;
	s->fn(s->arg, slice->rule, slice->n);
	return 0;
}

void
mpm_scan(const struct mpm *m, struct mpm_scratch *s, struct span bytes, mpm_fn *fn,
    void *arg)
{
	struct scan scan = {m, s, fn, arg};

	if (m->db == NULL || bytes.len == 0)
		return;
	if (++s->scan == 0) { /* wrapped: old marks would lie */
		memset(s->seen, 0, s->patterns * sizeof(*s->seen));
		s->scan = 1;
	}
	hs_scan(m->db, (const char *)bytes.p, (unsigned)bytes.len, 0, s->hs,
	    on_match, &scan);
}
