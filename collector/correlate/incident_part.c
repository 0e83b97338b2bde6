/* SPDX-License-Identifier: EUPL-1.2 */
/* What an incident is made of: entities, events, techniques, firings, its level. */
#include "collector/correlate/incident_inside.h"
#include "common/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who saw it says nothing about what it is: a sensor may watch for many. */
bool
incident_part_joins(const struct incident_entity *e)
{
	return strcmp(e->type, "seen") != 0;
}

size_t
incident_part_key(const struct incident *n, const struct incident_entity *e,
    char out[INCIDENT_KEY_MAX])
{
	return (size_t)snprintf(
	    out, INCIDENT_KEY_MAX, "%s|%s|%s", n->tenant, e->type, e->value);
}

void
incident_part_unlink(struct incidents *s, struct incident *n)
{
	char key[INCIDENT_KEY_MAX];

	for (size_t i = 0; i < n->entities; i++) {
		size_t len = incident_part_key(n, &n->entity[i], key);

		if (table_get(s->by_entity, key, len) == n)
			table_take(s->by_entity, key, len);
	}
}

/* Room for one more; false at the cap, or without memory. */
static bool
make_room(struct incident *n)
{
	size_t room = n->room == 0 ? 8 : 2 * n->room;
	struct incident_entity *more;

	if (n->entities < n->room)
		return true;
	if (n->entities >= INCIDENT_JOINING_MAX ||
	    (more = realloc(n->entity, room * sizeof(*more))) == NULL)
		return false;
	n->entity = more;
	n->room = room;
	return true;
}

static bool
has_entity(const struct incident *n, const struct incident_entity *e)
{
	for (size_t i = 0; i < n->entities; i++) {
		if (n->entity[i].type == e->type &&
		    strcmp(n->entity[i].value, e->value) == 0)
			return true;
	}
	return false;
}

/* One that is alive keeps its entities: the index never moves under it. */
void
incident_part_entity(
    struct incidents *s, struct incident *n, const struct incident_entity *e)
{
	char key[INCIDENT_KEY_MAX];
	size_t len = incident_part_key(n, e, key);
	struct incident *o =
	    incident_part_joins(e) ? table_get(s->by_entity, key, len) : NULL;

	if (o == n || (!incident_part_joins(e) && has_entity(n, e)) ||
	    (o != NULL && o->last_us + INCIDENT_QUIET_US >= n->first_us) ||
	    !make_room(n))
		return;
	if (incident_part_joins(e)) {
		table_take(s->by_entity, key, len);
		if (table_put(s->by_entity, key, len, n) == -1)
			return;
	}
	n->entity[n->entities++] = *e;
	n->changed = true;
}

bool
incident_part_event(struct incident *n, int64_t id)
{
	size_t i = n->events;

	while (i > 0 && n->event[i - 1] > id)
		i--;
	if ((i > 0 && n->event[i - 1] == id) || n->events == INCIDENT_EVENTS_MAX)
		return false;
	memmove(&n->event[i + 1], &n->event[i], (n->events - i) * sizeof(id));
	n->event[i] = id;
	n->events++;
	return true;
}

void
incident_part_technique(struct incident *n, const char *technique)
{
	for (size_t i = 0; i < n->attacks; i++) {
		if (strcmp(n->attack[i], technique) == 0)
			return;
	}
	if (n->attacks == SIGMA_TECHNIQUES_MAX ||
	    str_copy(n->attack[n->attacks], INCIDENT_TECHNIQUE_ROOM, technique) ==
		-1)
		return;
	n->attacks++;
	n->tell = n->changed = true;
}

static char *
copy_or_null(const char *text)
{
	return text == NULL ? NULL : strdup(text);
}

void
incident_part_firing(struct incident *n, const struct incident_item *item)
{
	struct incident_firing *f = NULL;

	for (size_t i = 0; i < n->firings && f == NULL; i++) {
		if (strcmp(n->firing[i].id, item->firing) == 0)
			f = &n->firing[i];
	}
	if (f == NULL) {
		if (n->firings == INCIDENT_FIRINGS_MAX)
			return;
		f = &n->firing[n->firings];
		memset(f, 0, sizeof(*f));
		str_copy(f->id, sizeof(f->id), item->firing);
		f->key = strdup(item->key);
		f->title = strdup(item->title);
		f->title_nl = copy_or_null(item->title_nl);
		f->group = strdup(item->group);
		if (f->key == NULL || f->title == NULL || f->group == NULL) {
			free(f->key);
			free(f->title);
			free(f->title_nl);
			free(f->group);
			return;
		}
		f->level = item->level;
		f->first_id = item->id;
		n->firings++;
		n->tell = true;
	}
	n->changed |= f->count != item->count;
	f->first_us = item->first_us;
	f->last_us = item->last_us;
	f->last_id = item->last_id;
	f->count = item->count;
}

void
incident_part_level(struct incident *n, const struct incident_item *item)
{
	char *title;

	if (item->level <= n->level && n->title != NULL)
		return;
	if ((title = strdup(item->title)) == NULL)
		return;
	free(n->title);
	free(n->title_nl);
	n->title = title;
	n->title_nl = copy_or_null(item->title_nl);
	n->level = item->level;
	n->tell = n->changed = true;
}

/* Beyond the list's end, a higher row than any before is a new one. */
void
incident_part_events(struct incident *n, const struct incident_item *item)
{
	for (size_t i = 0; i < item->events; i++) {
		if (incident_part_event(n, item->event[i]) ||
		    item->event[i] > n->last_id) {
			n->count++;
			n->changed = true;
		}
		if (item->event[i] > n->last_id)
			n->last_id = item->event[i];
	}
}
