/* SPDX-License-Identifier: EUPL-1.2 */
/* Ranges to rules, built once by a sweep over the ends of all ranges. */
#include "agent/detect/index.h"

#include "agent/detect/array.h"
#include "agent/detect/ports.h"

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
	/* Where all keys are below 65,536: a key's piece and one; 0: no rules. */
	struct ports ports;
};

#define SMALL_KEYS 65536

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
	ports_release(&x->ports);
	free(x);
}

int
index_add(struct index *x, struct list_key from, struct list_key to, uint32_t rule)
{
	if (array_grow(
		&x->entry, x->entries, &x->entries_cap, 1, sizeof(*x->entry)) == -1)
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
	if (array_grow(
		&x->piece, x->pieces, &x->pieces_cap, 1, sizeof(*x->piece)) == -1 ||
	    array_grow(&x->rule, x->rules, &x->rules_cap, n, sizeof(*x->rule)) ==
		-1)
		return -1;
	x->piece[x->pieces++] = (struct piece){from, x->rules, n};
	for (size_t i = 0; i < n; i++)
		x->rule[x->rules++] = open[i]->rule;
	return 0;
}

static bool
has_small_keys(const struct index *x)
{
	const struct piece *last = &x->piece[x->pieces - 1];

	/* The last one is what lies behind all ranges. */
	return last->n == 0 && last->from.hi == 0 && last->from.lo <= SMALL_KEYS &&
	    x->pieces < UINT16_MAX;
}

static int
build_table(struct index *x)
{
	uint16_t *value;
	size_t next = 0;
	int rc;

	if (!has_small_keys(x))
		return 0;
	if ((value = calloc(SMALL_KEYS, sizeof(*value))) == NULL)
		return -1;
	for (uint32_t k = 0; k < SMALL_KEYS; k++) {
		while (next < x->pieces && x->piece[next].from.lo <= k)
			next++;
		if (next > 0 && x->piece[next - 1].n > 0)
			value[k] = (uint16_t)next;
	}
	rc = ports_init(&x->ports, value);
	free(value);
	return rc;
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
	rc = build_table(x);
done:
	free(open);
	free(cut);
	return rc;
}

static struct index_slice
slice(const struct index *x, size_t piece)
{
	const struct piece *p = &x->piece[piece];

	return (struct index_slice){x->rule + p->first, p->n};
}

static struct index_slice
find_by_halves(const struct index *x, struct list_key k)
{
	size_t lo = 0, hi = x->pieces;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ranges_key_cmp(x->piece[mid].from, k) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == 0 ? (struct index_slice){NULL, 0} : slice(x, lo - 1);
}

struct index_slice
index_find(const struct index *x, struct list_key k)
{
	unsigned piece;

	if (x->pieces == 0)
		return (struct index_slice){NULL, 0};
	if (x->ports.entry == NULL)
		return find_by_halves(x, k);
	if (k.hi != 0 || k.lo >= SMALL_KEYS)
		return (struct index_slice){NULL, 0};
	piece = ports_get(&x->ports, (uint16_t)k.lo);
	return piece == 0 ? (struct index_slice){NULL, 0} : slice(x, piece - 1);
}

size_t
index_pieces(const struct index *x)
{
	return x->pieces;
}

struct index_slice
index_piece(const struct index *x, size_t i, struct list_key *from)
{
	*from = x->piece[i].from;
	return slice(x, i);
}
