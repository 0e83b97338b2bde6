/* SPDX-License-Identifier: EUPL-1.2 */
/* Vectorscan databases of literals. */
#include "agent/detect/mpm.h"

#include "common/table.h"

#include <errno.h>
#include <hs/hs.h>
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
};

struct mpm_scratch {
	hs_scratch_t *hs;
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

int
mpm_build(struct mpm *m, char *error, size_t size)
{
	const char **text = calloc(m->n + 1, sizeof(*text));
	unsigned *flags = calloc(m->n + 1, sizeof(*flags)),
		 *ids = calloc(m->n + 1, sizeof(*ids));
	hs_expr_ext_t *ext = calloc(m->n + 1, sizeof(*ext));
	const hs_expr_ext_t **exts = calloc(m->n + 1, sizeof(*exts));
	hs_compile_error_t *why = NULL;
	int rc = -1;

	snprintf(error, size, "out of memory");
	if (text == NULL || flags == NULL || ids == NULL || ext == NULL ||
	    exts == NULL)
		goto done;
	for (size_t i = 0; i < m->n; i++) {
		const struct mpm_pattern *p = &m->slice[i].pattern;

		text[i] = m->slice[i].text;
		ids[i] = (unsigned)i;
		flags[i] = HS_FLAG_SINGLEMATCH | HS_FLAG_DOTALL |
		    (p->nocase ? HS_FLAG_CASELESS : 0u);
		exts[i] = &ext[i];
		if (p->min_end > p->len) {
			ext[i].flags |= HS_EXT_FLAG_MIN_OFFSET;
			ext[i].min_offset = p->min_end;
		}
		if (p->max_end > 0) {
			ext[i].flags |= HS_EXT_FLAG_MAX_OFFSET;
			ext[i].max_offset = p->max_end;
		}
	}
	if (m->n > 0 &&
	    hs_compile_ext_multi(text, flags, ids, exts, (unsigned)m->n,
		HS_MODE_BLOCK, NULL, &m->db, &why) != HS_SUCCESS) {
		snprintf(error, size, "pattern matcher: %s",
		    why == NULL ? "failed" : why->message);
		hs_free_compile_error(why);
		goto done;
	}
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
	free(ext);
	free(exts);
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
	free(s);
}

int
mpm_scratch_fit(struct mpm_scratch *s, const struct mpm *m)
{
	if (m->db == NULL || hs_alloc_scratch(m->db, &s->hs) == HS_SUCCESS)
		return 0;
	errno = ENOMEM;
	return -1;
}

struct scan {
	const struct mpm *m;
	mpm_fn *fn;
	void *arg;
};

static int
on_match(unsigned id, unsigned long long from, unsigned long long to,
    unsigned flags, void *arg)
{
	const struct scan *s = arg;
	const struct slice *slice = &s->m->slice[id];

	(void)from;
	(void)to;
	(void)flags;
	s->fn(s->arg, slice->rule, slice->n);
	return 0;
}

void
mpm_scan(const struct mpm *m, struct mpm_scratch *s, struct span bytes, mpm_fn *fn,
    void *arg)
{
	struct scan scan = {m, fn, arg};

	if (m->db == NULL || bytes.len == 0)
		return;
	hs_scan(m->db, (const char *)bytes.p, (unsigned)bytes.len, 0, s->hs,
	    on_match, &scan);
}
