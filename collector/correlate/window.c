/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/window.h"

#include "collector/limits.h"
#include "common/list.h"
#include "common/table.h"

#include <stdlib.h>
#include <string.h>

/* Distinct values of a window are counted in a table twice the events it holds. */
#define SLOTS	(4u * SIGMA_WINDOW_EVENTS_MAX)

#define FIRINGS 4

struct slot {
	uint64_t value;
	uint32_t round; /* the slot is free unless it is this round's */
	uint32_t count;
};

struct group {
	struct list link; /* by last arrival, oldest first */
	const struct sigma_rule *rule;
	struct window_event *event; /* by time, then id */
	size_t events, room;
	int64_t arrived_us;
	/* Late events may fill a window before the newest firing: a few are known.
	 */
	struct window_firing firing[FIRINGS];
	size_t firings;
	size_t key_len;
	uint8_t key[];
};

struct windows {
	struct table *groups;
	struct list order;
	int64_t lateness_us;
	size_t events;
	struct window_counters counters;
	uint32_t round;
	struct slot slots[SLOTS];
};

struct windows *
window_new(int64_t lateness_us)
{
	struct windows *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	list_init(&w->order);
	w->lateness_us = lateness_us;
	if ((w->groups = table_new(SIGMA_GROUPS_MAX, NULL)) == NULL) {
		free(w);
		return NULL;
	}
	return w;
}

static void
drop_group(struct windows *w, struct group *g)
{
	w->events -= g->events;
	table_take(w->groups, g->key, g->key_len);
	list_remove(&g->link);
	free(g->event);
	free(g);
}

void
window_free(struct windows *w)
{
	if (w == NULL)
		return;
	while (!list_empty(&w->order))
		drop_group(w, LIST_OF(w->order.next, struct group, link));
	table_free(w->groups);
	free(w);
}

size_t
window_groups(const struct windows *w)
{
	return table_count(w->groups);
}

const struct window_counters *
window_counters(const struct windows *w)
{
	return &w->counters;
}

/* --- groups ------------------------------------------------------------------ */

static int64_t
keep_us(const struct windows *w, const struct group *g)
{
	return g->rule->correlation->timespan_us + w->lateness_us;
}

/* Quiet for two timespans: neither its events nor its firing matter any more. */
static void
forget_quiet(struct windows *w, int64_t now)
{
	struct list *it, *nx;
	unsigned looked = 0;

	LIST_FOREACH (it, nx, &w->order) {
		struct group *g = LIST_OF(it, struct group, link);

		if (++looked > 8)
			return;
		if (now - g->arrived_us >
		    keep_us(w, g) + g->rule->correlation->timespan_us)
			drop_group(w, g);
	}
}

static void
evict_oldest(struct windows *w)
{
	struct group *g = LIST_OF(w->order.next, struct group, link);

	w->counters.groups_evicted++;
	w->counters.events_evicted += g->events;
	drop_group(w, g);
}

static struct group *
find_group(struct windows *w, const struct sigma_rule *r, const void *key,
    size_t len, int64_t arrived_us)
{
	struct group *g = table_get(w->groups, key, len);

	if (g != NULL) {
		list_remove(&g->link);
		list_push(&w->order, &g->link);
	} else {
		if (table_count(w->groups) >= SIGMA_GROUPS_MAX)
			evict_oldest(w);
		if ((g = calloc(1, sizeof(*g) + len)) == NULL)
			return NULL;
		g->rule = r;
		g->key_len = len;
		memcpy(g->key, key, len);
		if (table_put(w->groups, key, len, g) == -1) {
			free(g);
			return NULL;
		}
		list_push(&w->order, &g->link);
	}
	if (arrived_us > g->arrived_us)
		g->arrived_us = arrived_us;
	return g;
}

/* --- events of a group ------------------------------------------------------- */

static void
remove_at(struct windows *w, struct group *g, size_t i, size_t n)
{
	memmove(&g->event[i], &g->event[i + n],
	    (g->events - i - n) * sizeof(*g->event));
	g->events -= n;
	w->events -= n;
}

/* Nearly always those in front, as arrival follows time. */
static void
forget_old(struct windows *w, struct group *g, int64_t now)
{
	int64_t keep = keep_us(w, g);
	size_t n = 0;

	while (n < g->events && now - g->event[n].arrived_us > keep)
		n++;
	if (n > 0)
		remove_at(w, g, 0, n);
	if (g->events < SIGMA_WINDOW_EVENTS_MAX)
		return;
	n = 0;
	for (size_t i = 0; i < g->events; i++) {
		if (now - g->event[i].arrived_us <= keep)
			g->event[n++] = g->event[i];
	}
	w->events -= g->events - n;
	g->events = n;
	if (n == SIGMA_WINDOW_EVENTS_MAX) {
		w->counters.events_evicted++;
		remove_at(w, g, 0, 1);
	}
}

static bool
before(const struct window_event *a, const struct window_event *b)
{
	return a->time_us < b->time_us ||
	    (a->time_us == b->time_us && a->id < b->id);
}

/*
 * Of one value the earliest and the newest are enough for the windows to come,
 * so that one busy value cannot push the others out.  False when e adds nothing.
 */
static bool
thin_value(struct windows *w, struct group *g, const struct window_event *e)
{
	size_t early = SIZE_MAX, late = SIZE_MAX;

	for (size_t i = 0; i < g->events; i++) {
		if (g->event[i].value != e->value)
			continue;
		if (early == SIZE_MAX)
			early = i;
		late = i;
	}
	if (early == late)
		return true;
	if (before(e, &g->event[early]))
		remove_at(w, g, early, 1);
	else if (before(&g->event[late], e))
		remove_at(w, g, late, 1);
	else
		return false;
	return true;
}

/* Where it stands now; -1 without memory. */
static long
insert(struct windows *w, struct group *g, const struct window_event *e)
{
	size_t i = g->events;

	if (g->events == g->room) {
		size_t room = g->room == 0 ? 8 : 2 * g->room;
		struct window_event *more = realloc(g->event, room * sizeof(*more));

		if (more == NULL)
			return -1;
		g->event = more;
		g->room = room;
	}
	while (i > 0 && before(e, &g->event[i - 1]))
		i--;
	memmove(
	    &g->event[i + 1], &g->event[i], (g->events - i) * sizeof(*g->event));
	g->event[i] = *e;
	g->events++;
	w->events++;
	return (long)i;
}

/* --- is the threshold met? ---------------------------------------------------- */

/* How often value stands in the running window after adding change. */
static uint32_t
count_value(struct windows *w, uint64_t value, int change)
{
	size_t i = (size_t)(value % SLOTS);

	while (w->slots[i].round == w->round && w->slots[i].value != value)
		i = (i + 1) % SLOTS;
	if (w->slots[i].round != w->round)
		w->slots[i] = (struct slot){.value = value, .round = w->round};
	w->slots[i].count = (uint32_t)((int64_t)w->slots[i].count + change);
	return w->slots[i].count;
}

/*
 * The earliest window [a, b) around event i, at most a timespan long, with the
 * number of events or values that is asked for.
 */
static bool
find_window(struct windows *w, const struct group *g, size_t i, size_t *first,
    size_t *end, uint64_t *distinct)
{
	const struct sigma_correlation *k = g->rule->correlation;
	const struct window_event *ev = g->event;
	bool values = k->type == SIGMA_VALUE_COUNT;
	size_t a = i, b;

	if (g->events < k->at_least)
		return false;
	while (a > 0 && ev[i].time_us - ev[a - 1].time_us <= k->timespan_us)
		a--;
	if (++w->round == 0) {
		memset(w->slots, 0, sizeof(w->slots));
		w->round = 1;
	}
	*distinct = 0;
	for (b = a; a <= i; a++) {
		while (b < g->events &&
		    ev[b].time_us - ev[a].time_us <= k->timespan_us) {
			if (!values || count_value(w, ev[b].value, 1) == 1)
				++*distinct;
			b++;
		}
		if (b > i && *distinct >= k->at_least) {
			*first = a;
			*end = b;
			return true;
		}
		if (!values || count_value(w, ev[a].value, -1) == 0)
			--*distinct;
	}
	return false;
}

static struct window_firing *
firing_of(struct group *g, int64_t first_us, int64_t last_us)
{
	int64_t span = g->rule->correlation->timespan_us;

	for (size_t i = 0; i < g->firings; i++) {
		struct window_firing *f = &g->firing[i];

		if (first_us <= f->last_us + span && last_us >= f->first_us - span)
			return f;
	}
	return NULL;
}

/* Room for one more, at the cost of the one that ended first. */
static struct window_firing *
new_firing(struct group *g)
{
	struct window_firing *f = &g->firing[0];

	if (g->firings < FIRINGS)
		return &g->firing[g->firings++];
	for (size_t i = 1; i < FIRINGS; i++) {
		if (g->firing[i].last_us < f->last_us)
			f = &g->firing[i];
	}
	return f;
}

static enum window_result
go_on(struct window_firing *f, const struct window_event *e)
{
	if (e->id <= f->last_id)
		return WINDOW_KNOWN;
	f->last_id = e->id;
	f->count++;
	if (e->time_us > f->last_us)
		f->last_us = e->time_us;
	if (e->time_us < f->first_us)
		f->first_us = e->time_us;
	return WINDOW_GOES_ON;
}

static enum window_result
begin(struct group *g, struct window_firing *f, size_t a, size_t b, int64_t *ids,
    size_t room, size_t *ids_n)
{
	*f = (struct window_firing){.first_id = g->event[a].id,
	    .first_us = g->event[a].time_us,
	    .last_us = g->event[b - 1].time_us,
	    .count = b - a};
	for (size_t i = a; i < b; i++) {
		if (g->event[i].id > f->last_id)
			f->last_id = g->event[i].id;
		if (b - i <= room)
			ids[(*ids_n)++] = g->event[i].id;
	}
	return WINDOW_FIRED;
}

enum window_result
window_add(struct windows *w, const struct sigma_rule *r, const void *group,
    size_t group_len, const struct window_event *e, struct window_firing *f,
    int64_t *ids, size_t room, size_t *ids_n)
{
	struct group *g;
	struct window_firing *known;
	enum window_result result;
	uint64_t distinct;
	size_t a, b;
	long i;

	*ids_n = 0;
	forget_quiet(w, e->arrived_us);
	if (w->events >= SIGMA_EVENTS_MAX)
		evict_oldest(w);
	if ((g = find_group(w, r, group, group_len, e->arrived_us)) == NULL)
		return WINDOW_QUIET;
	forget_old(w, g, e->arrived_us);
	if (r->correlation->type == SIGMA_VALUE_COUNT && !thin_value(w, g, e))
		return WINDOW_QUIET;
	if ((i = insert(w, g, e)) == -1 ||
	    !find_window(w, g, (size_t)i, &a, &b, &distinct))
		return WINDOW_QUIET;
	if ((known = firing_of(g, g->event[a].time_us, g->event[b - 1].time_us)) !=
	    NULL)
		result = go_on(known, e);
	else
		result = begin(g, known = new_firing(g), a, b, ids, room, ids_n);
	known->distinct = distinct;
	*f = *known;
	return result;
}

void
window_restore(struct windows *w, const struct sigma_rule *r, const void *group,
    size_t group_len, const struct window_firing *f, int64_t arrived_us)
{
	struct group *g = find_group(w, r, group, group_len, arrived_us);

	if (g != NULL)
		*new_firing(g) = *f;
}
