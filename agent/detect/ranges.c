/* SPDX-License-Identifier: EUPL-1.2 */
/* Ranges of 128-bit numbers: joined, subtracted, searched. */
#include "agent/detect/ranges.h"

#include <stdlib.h>

struct list_key
ranges_key(const struct addr *a)
{
	struct list_key k = {0, 0};
	int n = a->family == 4 ? 4 : 16;

	for (int i = 0; i < n; i++) {
		k.hi = (k.hi << 8) | (k.lo >> 56);
		k.lo = (k.lo << 8) | a->b[i];
	}
	return k;
}

int
ranges_key_cmp(struct list_key a, struct list_key b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

static struct list_key
key_next(struct list_key k)
{
	k.hi += ++k.lo == 0;
	return k;
}

static struct list_key
key_before(struct list_key k)
{
	k.hi -= k.lo-- == 0;
	return k;
}

int
ranges_add(struct list_ranges *s, struct list_key from, struct list_key to)
{
	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 4 : s->cap * 2;
		struct list_range *r = realloc(s->r, cap * sizeof(*r));

		if (r == NULL)
			return -1;
		s->r = r;
		s->cap = cap;
	}
	s->r[s->n++] = (struct list_range){from, to};
	return 0;
}

static int
range_cmp(const void *a, const void *b)
{
	return ranges_key_cmp(((const struct list_range *)a)->from,
	    ((const struct list_range *)b)->from);
}

void
ranges_tidy(struct list_ranges *s)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	qsort(s->r, s->n, sizeof(*s->r), range_cmp);
	for (size_t i = 1; i < s->n; i++) {
		struct list_range *last = &s->r[n];
		bool wraps = last->to.hi == UINT64_MAX && last->to.lo == UINT64_MAX;

		if (wraps ||
		    ranges_key_cmp(s->r[i].from, key_next(last->to)) <= 0) {
			if (ranges_key_cmp(s->r[i].to, last->to) > 0)
				last->to = s->r[i].to;
		} else {
			s->r[++n] = s->r[i];
		}
	}
	s->n = n + 1;
}

int
ranges_subtract(struct list_ranges *out, const struct list_ranges *a,
    const struct list_ranges *b)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		struct list_key from = a->r[i].from;
		bool done = false;

		while (j < b->n && ranges_key_cmp(b->r[j].to, from) < 0)
			j++;
		for (size_t k = j; k < b->n && !done; k++) {
			if (ranges_key_cmp(b->r[k].from, a->r[i].to) > 0)
				break;
			if (ranges_key_cmp(b->r[k].from, from) > 0 &&
			    ranges_add(out, from, key_before(b->r[k].from)) == -1)
				return -1;
			if (ranges_key_cmp(b->r[k].to, a->r[i].to) >= 0)
				done = true;
			else
				from = key_next(b->r[k].to);
		}
		if (!done && ranges_add(out, from, a->r[i].to) == -1)
			return -1;
	}
	return 0;
}

bool
ranges_have(const struct list_ranges *s, struct list_key k)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ranges_key_cmp(s->r[mid].to, k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && ranges_key_cmp(s->r[lo].from, k) <= 0;
}

bool
ranges_full(const struct list_ranges *s, struct list_key max)
{
	return s->n == 1 && s->r[0].from.hi == 0 && s->r[0].from.lo == 0 &&
	    ranges_key_cmp(s->r[0].to, max) == 0;
}
