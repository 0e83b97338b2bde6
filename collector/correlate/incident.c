/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/incident_inside.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Types are compared by pointer after this. */
static const char *const entity_types[] = {"host", "ip", "sha256", "seen"};

const char *
incident_entity_type(const char *name)
{
	for (size_t i = 0; i < sizeof(entity_types) / sizeof(entity_types[0]);
	     i++) {
		if (name != NULL && strcmp(entity_types[i], name) == 0)
			return entity_types[i];
	}
	return NULL;
}

struct incidents *
incident_new(incident_emit_fn *fn, void *arg)
{
	struct incidents *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	list_init(&s->order);
	s->fn = fn;
	s->arg = arg;
	s->by_id = table_new(INCIDENT_OPEN_MAX, NULL);
	s->by_entity = table_new(INCIDENT_OPEN_MAX * INCIDENT_ENTITIES_MAX, NULL);
	s->merged = table_new(INCIDENT_OPEN_MAX, NULL);
	if (s->by_id == NULL || s->by_entity == NULL || s->merged == NULL) {
		incident_free(s);
		return NULL;
	}
	return s;
}

void
incident_drop(struct incidents *s, struct incident *n)
{
	incident_part_unlink(s, n);
	table_take(s->by_id, n->id, strlen(n->id));
	list_remove(&n->link);
	for (size_t i = 0; i < n->firings; i++) {
		free(n->firing[i].key);
		free(n->firing[i].title);
		free(n->firing[i].title_nl);
		free(n->firing[i].group);
	}
	free(n->title);
	free(n->title_nl);
	free(n->entity);
	free(n);
}

void
incident_free(struct incidents *s)
{
	if (s == NULL)
		return;
	while (!list_empty(&s->order))
		incident_drop(s, LIST_OF(s->order.next, struct incident, link));
	table_free(s->by_id);
	table_free(s->by_entity);
	table_free(s->merged);
	free(s);
}

size_t
incident_count(const struct incidents *s)
{
	return table_count(s->by_id);
}

static bool
in_time(const struct incident *n, const struct incident_item *item)
{
	return item->first_us <= n->last_us + INCIDENT_QUIET_US &&
	    item->last_us >= n->first_us - INCIDENT_QUIET_US;
}

/* Of those that share an entity with it, the one that began first. */
static struct incident *
find(struct incidents *s, const struct incident_item *item)
{
	struct incident *best = NULL;
	char key[INCIDENT_KEY_MAX];

	for (size_t i = 0; i < item->entities; i++) {
		int len = snprintf(key, sizeof(key), "%s|%s|%s", item->tenant,
		    item->entity[i].type, item->entity[i].value);
		struct incident *n = table_get(s->by_entity, key, (size_t)len);

		if (n == NULL || !incident_part_joins(&item->entity[i]) ||
		    !in_time(n, item))
			continue;
		if (best == NULL || n->first_us < best->first_us ||
		    (n->first_us == best->first_us && strcmp(n->id, best->id) < 0))
			best = n;
	}
	return best;
}

struct incident *
incident_make(struct incidents *s, const char *id)
{
	struct incident *n;

	if (table_count(s->by_id) >= INCIDENT_OPEN_MAX) {
		n = LIST_OF(s->order.next, struct incident, link);
		if (n->changed)
			incident_row_tell(s, n);
		incident_drop(s, n);
	}
	if ((n = calloc(1, sizeof(*n))) == NULL)
		return NULL;
	list_init(&n->link);
	str_copy(n->id, sizeof(n->id), id);
	str_copy(n->status, sizeof(n->status), "new");
	if (table_put(s->by_id, n->id, strlen(n->id), n) == -1) {
		free(n);
		return NULL;
	}
	list_push(&s->order, &n->link);
	return n;
}

/*
 * The same after a restart: the day, and a checksum of rule and first event.  A
 * clash within a day takes the next free number.
 */
static struct incident *
open_for(struct incidents *s, const struct incident_item *item)
{
	char id[40], key[INCIDENT_KEY_MAX], day[CLOCK_TEXT_SIZE];
	uint32_t sum;
	struct incident *n;

	snprintf(key, sizeof(key), "%s|%" PRIu32 "|%" PRId64, item->tenant,
	    item->sid, item->id);
	sum = crc32c(0, key, strlen(key));
	clock_text(item->first_us, day);
	do {
		snprintf(id, sizeof(id), "INC-%.4s%.2s%.2s-%08" PRIx32, day,
		    day + 5, day + 8, sum++);
	} while (table_get(s->by_id, id, strlen(id)) != NULL);
	if ((n = incident_make(s, id)) == NULL)
		return NULL;
	str_copy(n->tenant, sizeof(n->tenant), item->tenant);
	n->first_us = item->first_us;
	n->last_us = item->last_us;
	n->told_last_us = item->last_us;
	n->tell = true;
	return n;
}

/* What it was made of goes to n; its last row says where it went. */
static void
absorb(struct incidents *s, struct incident *n, struct incident *o)
{
	size_t listed = 0;

	str_copy(o->status, sizeof(o->status), "merged");
	str_copy(o->merged_into, sizeof(o->merged_into), n->id);
	incident_row_tell(s, o);
	for (size_t i = 0; i < o->events; i++)
		listed += incident_part_event(n, o->event[i]);
	n->count += listed + (o->count - o->events);
	for (size_t i = 0; i < o->attacks; i++)
		incident_part_technique(n, o->attack[i]);
	for (size_t i = 0; i < o->firings && n->firings < INCIDENT_FIRINGS_MAX;
	     i++) {
		n->firing[n->firings++] = o->firing[i];
		o->firing[i] = (struct incident_firing){.id = ""};
	}
	if (o->level > n->level) {
		char *title = n->title, *title_nl = n->title_nl;

		n->level = o->level;
		n->tell = true;
		n->title = o->title;
		n->title_nl = o->title_nl;
		o->title = title;
		o->title_nl = title_nl;
	}
	if (o->first_us < n->first_us)
		n->first_us = o->first_us;
	if (o->last_us > n->last_us)
		n->last_us = o->last_us;
	if (o->last_id > n->last_id)
		n->last_id = o->last_id;
	incident_part_unlink(s, o);
	for (size_t i = 0; i < o->entities; i++)
		incident_part_entity(s, n, &o->entity[i]);
	incident_drop(s, o);
	n->changed = true;
}

/* Those that share another of its entities turn out to be the same story. */
static void
merge_others(
    struct incidents *s, struct incident *n, const struct incident_item *item)
{
	char key[INCIDENT_KEY_MAX];

	for (size_t i = 0; i < item->entities; i++) {
		int len = snprintf(key, sizeof(key), "%s|%s|%s", item->tenant,
		    item->entity[i].type, item->entity[i].value);
		struct incident *o = table_get(s->by_entity, key, (size_t)len);

		if (o != NULL && o != n && incident_part_joins(&item->entity[i]) &&
		    in_time(o, item) &&
		    n->entities + o->entities <= INCIDENT_JOINING_MAX)
			absorb(s, n, o);
	}
}

void
incident_add(struct incidents *s, const struct incident_item *item)
{
	struct incident *n = find(s, item);

	if (n == NULL && (!item->opens || (n = open_for(s, item)) == NULL))
		return;
	list_remove(&n->link);
	list_push(&s->order, &n->link);
	merge_others(s, n, item);
	incident_part_level(n, item);
	incident_part_events(n, item);
	for (size_t i = 0; i < item->entities; i++)
		incident_part_entity(s, n, &item->entity[i]);
	for (size_t i = 0; i < item->attacks; i++)
		incident_part_technique(n, item->attack[i]);
	if (item->firing != NULL)
		incident_part_firing(n, item);
	if (item->first_us < n->first_us)
		n->first_us = item->first_us;
	if (item->last_us > n->last_us)
		n->last_us = item->last_us;
	if (n->changed &&
	    (n->tell || n->count >= 2 * n->told_count ||
		n->last_us - n->told_last_us >= INCIDENT_TELL_US))
		incident_row_tell(s, n);
}

void
incident_close(struct incidents *s, const char *id)
{
	struct incident *n = table_get(s->by_id, id, strlen(id));

	if (n != NULL)
		incident_drop(s, n);
}
