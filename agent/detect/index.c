/* SPDX-License-Identifier: EUPL-1.2 */
/* Ranges to rules, built once by a sweep over the ends of all ranges. */
#include "agent/detect/index.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	struct list_key from, to;
	uint32_t rule;
};

/* A piece begins at from and ends where the next begins. */
struct piece {
	struct list_key from;
	size_t first, n; /* in rules */
};

struct index {
	struct entry *entry;
	size_t entries, entries_cap;
	struct piece *piece;
	size_t pieces, pieces_cap;
	uint32_t *rule;
	size_t rules, rules_cap;
};

struct index *
index_new(void)
{
	return calloc(1, sizeof(struct index));
}

void
index_free(struct index *x)
{
	if (x == NULL)
		return;
	free(x->entry);
	free(x->piece);
	free(x->rule);
	free(x);
}

/* Room for n more elements of size bytes each. */
static int
grow(void *array, size_t used, size_t *cap, size_t n, size_t size)
{
	void **a = array;
	size_t want = *cap == 0 ? 16 : *cap;
	void *p;

	if (used + n <= *cap)
		return 0;
	while (want < used + n)
		want *= 2;
	if ((p = realloc(*a, want * size)) == NULL)
		return -1;
	*a = p;
	*cap = want;
	return 0;
}

int
index_add(struct index *x, struct list_key from, struct list_key to, uint32_t rule)
{
	if (grow(&x->entry, x->entries, &x->entries_cap, 1, sizeof(*x->entry)) ==
	    -1)
		return -1;
	x->entry[x->entries++] = (struct entry){from, to, rule};
	return 0;
}

int
index_add_ranges(struct index *x, const struct list_ranges *r, uint32_t rule)
{
	for (size_t i = 0; i < r->n; i++)
		if (index_add(x, r->r[i].from, r->r[i].to, rule) == -1)
			return -1;
	return 0;
}

static int
entry_cmp(const void *a, const void *b)
{
	return ranges_key_cmp(
	    ((const struct entry *)a)->from, ((const struct entry *)b)->from);
}

static int
key_cmp(const void *a, const void *b)
{
	return ranges_key_cmp(
	    *(const struct list_key *)a, *(const struct list_key *)b);
}

/* Every place where the set of rules may change, sorted, once each. */
static struct list_key *
cuts(const struct index *x, size_t *n)
{
	struct list_key *k = malloc((2 * x->entries + 1) * sizeof(*k));
	size_t m = 0, kept = 0;

	if (k == NULL)
		return NULL;
	for (size_t i = 0; i < x->entries; i++) {
		struct list_key after = x->entry[i].to;

		k[m++] = x->entry[i].from;
		after.hi += ++after.lo == 0;
		if (after.hi != 0 || after.lo != 0)
			k[m++] = after;
	}
	qsort(k, m, sizeof(*k), key_cmp);
	for (size_t i = 0; i < m; i++)
		if (kept == 0 || ranges_key_cmp(k[i], k[kept - 1]) != 0)
			k[kept++] = k[i];
	*n = kept;
	return k;
}

static int
add_piece(struct index *x, struct list_key from, const struct entry *const *open,
    size_t n)
{
	if (grow(&x->piece, x->pieces, &x->pieces_cap, 1, sizeof(*x->piece)) ==
		-1 ||
	    grow(&x->rule, x->rules, &x->rules_cap, n, sizeof(*x->rule)) == -1)
		return -1;
	x->piece[x->pieces++] = (struct piece){from, x->rules, n};
	for (size_t i = 0; i < n; i++)
		x->rule[x->rules++] = open[i]->rule;
	return 0;
}

int
index_build(struct index *x)
{
	const struct entry **open = NULL;
	struct list_key *cut = NULL;
	size_t cuts_n = 0, open_n = 0, next = 0;
	int rc = -1;

	if (x->entries == 0)
		return 0;
	qsort(x->entry, x->entries, sizeof(*x->entry), entry_cmp);
	open = malloc(x->entries * sizeof(*open));
	cut = cuts(x, &cuts_n);
	if (open == NULL || cut == NULL)
		goto done;
	for (size_t i = 0; i < cuts_n; i++) {
		size_t kept = 0;

		for (size_t k = 0; k < open_n; k++)
			if (ranges_key_cmp(open[k]->to, cut[i]) >= 0)
				open[kept++] = open[k];
		open_n = kept;
		while (next < x->entries &&
		    ranges_key_cmp(x->entry[next].from, cut[i]) == 0)
			open[open_n++] = &x->entry[next++];
		if (add_piece(x, cut[i], open, open_n) == -1)
			goto done;
	}
	free(x->entry);
	x->entry = NULL;
	x->entries = x->entries_cap = 0;
	rc = 0;
done:
	free(open);
	free(cut);
	return rc;
}

struct index_slice
index_find(const struct index *x, struct list_key k)
{
	size_t lo = 0, hi = x->pieces;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ranges_key_cmp(x->piece[mid].from, k) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return (struct index_slice){NULL, 0};
	return (struct index_slice){
	    x->rule + x->piece[lo - 1].first, x->piece[lo - 1].n};
}
