/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/dedupe.h"
#include "collector/limits.h"
#include "common/str.h"
#include "common/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct range {
	uint64_t first, last;
};

/* One agent, epoch and class. */
struct line {
	char agent[STORE_NAME_MAX], epoch[STORE_NAME_MAX];
	enum record_class cls;
	uint64_t mark;
	bool moved; /* mark is not in the transaction yet */
	struct line *next_moved;
	size_t n;
	struct range range[DEDUPE_RANGES_MAX]; /* rising, apart, above mark + 1 */
};

struct dedupe {
	struct store *store;
	struct table *lines;
	struct line *moved;
};

struct key {
	char agent[STORE_NAME_MAX], epoch[STORE_NAME_MAX];
	uint32_t cls;
};

struct dedupe *
dedupe_new(struct store *s)
{
	struct dedupe *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return NULL;
	d->store = s;
	if ((d->lines = table_new(DEDUPE_LINES_MAX, free)) != NULL)
		return d;
	free(d);
	return NULL;
}

void
dedupe_free(struct dedupe *d)
{
	if (d == NULL)
		return;
	table_free(d->lines);
	free(d);
}

void
dedupe_forget(struct dedupe *d)
{
	size_t pos = 0, len;
	const void *key;
	void *line;

	d->moved = NULL;
	while ((line = table_next(d->lines, &pos, &key, &len)) != NULL) {
		table_take(d->lines, key, len);
		free(line);
	}
}

/* --- ranges ---------------------------------------------------------------------
 */

/* Move the mark over ranges that now touch it. */
static void
advance(struct line *l)
{
	size_t gone = 0;

	while (gone < l->n && l->range[gone].first <= l->mark + 1) {
		if (l->range[gone].last > l->mark)
			l->mark = l->range[gone].last;
		gone++;
	}
	l->n -= gone;
	memmove(l->range, l->range + gone, l->n * sizeof(l->range[0]));
}

/* The first range that ends at or above seq - 1: the one to join or to stand
 * before. */
static size_t
place_of(const struct line *l, uint64_t seq)
{
	size_t i = 0;

	while (i < l->n && l->range[i].last + 1 < seq)
		i++;
	return i;
}

/* -1 when that takes one range too many. */
static int
put_range(struct line *l, uint64_t first, uint64_t last)
{
	size_t i = place_of(l, first), end = i;

	if (last <= l->mark)
		return 0;
	while (end < l->n && l->range[end].first <= last + 1) {
		if (l->range[end].first < first)
			first = l->range[end].first;
		if (l->range[end].last > last)
			last = l->range[end].last;
		end++;
	}
	if (end == i && l->n == DEDUPE_RANGES_MAX && first > l->mark + 1)
		return -1;
	if (end == i && first <= l->mark + 1) {
		l->mark = last;
	} else {
		memmove(l->range + i + 1, l->range + end,
		    (l->n - end) * sizeof(l->range[0]));
		l->n = l->n - (end - i) + 1;
		l->range[i] = (struct range){first, last};
	}
	advance(l);
	return 0;
}

static bool
covers(const struct line *l, uint64_t first, uint64_t last)
{
	if (first <= l->mark)
		first = l->mark + 1;
	if (first > last)
		return true;
	for (size_t i = 0; i < l->n; i++)
		if (l->range[i].first <= first && last <= l->range[i].last)
			return true;
	return false;
}

/* --- lines
 * ------------------------------------------------------------------------ */

static int
load_range(void *arg, uint64_t first, uint64_t last)
{
	/* More holes than are kept: the rest is found by the store's own key. */
	return put_range(arg, first, last);
}

static struct line *
line_of(struct dedupe *d, const char *agent, const char *epoch, enum record_class c)
{
	struct key k;
	struct line *l;

	memset(&k, 0, sizeof(k));
	if (str_copy(k.agent, sizeof(k.agent), agent) == -1 ||
	    str_copy(k.epoch, sizeof(k.epoch), epoch) == -1)
		return NULL;
	k.cls = (uint32_t)c;
	if ((l = table_get(d->lines, &k, sizeof(k))) != NULL)
		return l;
	if (table_count(d->lines) == DEDUPE_LINES_MAX && d->moved == NULL)
		dedupe_forget(d);
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	memcpy(l->agent, k.agent, sizeof(k.agent));
	memcpy(l->epoch, k.epoch, sizeof(k.epoch));
	l->cls = c;
	l->mark = store_mark(d->store, agent, epoch, c);
	if (store_ranges(d->store, agent, epoch, c, l->mark, load_range, l) == -1 ||
	    table_put(d->lines, &k, sizeof(k), l) == -1) {
		free(l);
		return NULL;
	}
	return l;
}

enum dedupe_verdict
dedupe_check(struct dedupe *d, const char *agent, const char *epoch,
    enum record_class c, uint64_t first, uint64_t last)
{
	struct line *l = line_of(d, agent, epoch, c), copy;

	if (l == NULL)
		return DEDUPE_FAILED;
	if (covers(l, first, last))
		return DEDUPE_SEEN;
	if (l->n < DEDUPE_RANGES_MAX || first <= l->mark + 1)
		return DEDUPE_NEW;
	copy = *l;
	return put_range(&copy, first, last) == -1 ? DEDUPE_FULL : DEDUPE_NEW;
}

int
dedupe_add(struct dedupe *d, const char *agent, const char *epoch,
    enum record_class c, uint64_t first, uint64_t last)
{
	struct line *l = line_of(d, agent, epoch, c);
	uint64_t before;

	if (l == NULL)
		return -1;
	before = l->mark;
	if (put_range(l, first, last) == -1) {
		errno = ENOSPC;
		return -1;
	}
	if (l->mark != before && !l->moved) {
		l->moved = true;
		l->next_moved = d->moved;
		d->moved = l;
	}
	return 0;
}

uint64_t
dedupe_mark(
    struct dedupe *d, const char *agent, const char *epoch, enum record_class c)
{
	struct line *l = line_of(d, agent, epoch, c);

	return l == NULL ? 0 : l->mark;
}

int
dedupe_save(struct dedupe *d)
{
	for (; d->moved != NULL; d->moved = d->moved->next_moved) {
		struct line *l = d->moved;

		l->moved = false;
		if (store_set_mark(d->store, l->agent, l->epoch, l->cls, l->mark) ==
		    -1)
			return -1;
	}
	return 0;
}
