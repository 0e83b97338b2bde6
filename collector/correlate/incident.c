/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/incident.h"

#include "collector/limits.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/jw.h"
#include "common/list.h"
#include "common/record.h"
#include "common/str.h"
#include "common/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX		(STORE_NAME_ROOM + 16 + INCIDENT_VALUE_MAX)
#define STORE_NAME_ROOM 64
#define TECHNIQUE_MAX	16

struct firing {
	char id[INCIDENT_FIRING_MAX];
	char *key, *title, *group;
	enum sigma_level level;
	int64_t first_us, last_us, first_id, last_id;
	uint64_t count;
};

struct incident {
	struct list link; /* by last addition, oldest first */
	char id[40];
	char tenant[STORE_NAME_ROOM];
	char *title;
	char status[16];
	char merged_into[40]; /* of a merged one */
	enum sigma_level level;
	int64_t first_us, last_us, last_id;
	uint64_t count;
	struct incident_entity *entity; /* the first are told, all of them join */
	size_t entities, room;
	int64_t event[INCIDENT_EVENTS_MAX];
	size_t events;
	char attack[SIGMA_TECHNIQUES_MAX][TECHNIQUE_MAX];
	size_t attacks;
	struct firing firing[INCIDENT_FIRINGS_MAX];
	size_t firings;
	bool changed, tell; /* since it was told; and is it worth a row now? */
	int64_t told_last_us;
	uint64_t told_count;
};

struct incidents {
	struct table *by_id, *by_entity;
	struct table *merged; /* ids, while the state comes back */
	struct list order;
	incident_emit_fn *fn;
	void *arg;
};

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

/* Who saw it says nothing about what it is: a sensor may watch for many. */
static bool
joins(const struct incident_entity *e)
{
	return strcmp(e->type, "seen") != 0;
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

static size_t
entity_key(
    const struct incident *n, const struct incident_entity *e, char out[KEY_MAX])
{
	return (size_t)snprintf(
	    out, KEY_MAX, "%s|%s|%s", n->tenant, e->type, e->value);
}

static void
unlink_entities(struct incidents *s, struct incident *n)
{
	char key[KEY_MAX];

	for (size_t i = 0; i < n->entities; i++) {
		size_t len = entity_key(n, &n->entity[i], key);

		if (table_get(s->by_entity, key, len) == n)
			table_take(s->by_entity, key, len);
	}
}

static void
drop(struct incidents *s, struct incident *n)
{
	unlink_entities(s, n);
	table_take(s->by_id, n->id, strlen(n->id));
	list_remove(&n->link);
	for (size_t i = 0; i < n->firings; i++) {
		free(n->firing[i].key);
		free(n->firing[i].title);
		free(n->firing[i].group);
	}
	free(n->title);
	free(n->entity);
	free(n);
}

void
incident_free(struct incidents *s)
{
	if (s == NULL)
		return;
	while (!list_empty(&s->order))
		drop(s, LIST_OF(s->order.next, struct incident, link));
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

/* --- telling ------------------------------------------------------------------ */

static void
write_firing(struct jw *w, const struct firing *f)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "id", f->id);
	jw_str(w, "rule", f->key);
	jw_str(w, "title", f->title);
	jw_str(w, "level", sigma_level_name(f->level));
	jw_raw(w, "group", f->group, strlen(f->group));
	jw_str(w, "first", clock_text(f->first_us, time));
	jw_str(w, "last", clock_text(f->last_us, time));
	jw_uint(w, "count", f->count);
	jw_int(w, "first_event", f->first_id);
	jw_int(w, "last_event", f->last_id);
	jw_end_object(w);
}

static void
write_lists(struct jw *w, const struct incident *n)
{
	jw_array(w, "attack");
	for (size_t i = 0; i < n->attacks; i++)
		jw_str(w, NULL, n->attack[i]);
	jw_end_array(w);
	jw_array(w, "entities");
	for (size_t i = 0; i < n->entities && i < INCIDENT_ENTITIES_MAX; i++) {
		jw_object(w, NULL);
		jw_str(w, "type", n->entity[i].type);
		jw_str(w, "value", n->entity[i].value);
		jw_end_object(w);
	}
	jw_end_array(w);
	jw_array(w, "firings");
	for (size_t i = 0; i < n->firings; i++)
		write_firing(w, &n->firing[i]);
	jw_end_array(w);
	jw_array(w, "events");
	for (size_t i = 0; i < n->events; i++)
		jw_int(w, NULL, n->event[i]);
	jw_end_array(w);
}

static void
write_row(struct jw *w, const struct incident *n)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(n->last_us, time));
	jw_str(w, "event_type", "incident");
	jw_object(w, "incident");
	jw_str(w, "id", n->id);
	jw_str(w, "title", n->title);
	jw_str(w, "status", n->status);
	if (n->merged_into[0] != '\0')
		jw_str(w, "merged_into", n->merged_into);
	jw_str(w, "severity", sigma_level_name(n->level));
	jw_str(w, "first", clock_text(n->first_us, time));
	jw_str(w, "last", clock_text(n->last_us, time));
	jw_uint(w, "count", n->count);
	jw_int(w, "last_event", n->last_id);
	write_lists(w, n);
	jw_end_object(w);
	jw_object(w, "stadswacht");
	jw_int(w, "v", RECORD_VERSION);
	jw_str(w, "class", record_class_name(RECORD_ALERT));
	jw_str(w, "engine", "sigma");
	if (n->tenant[0] != '\0')
		jw_str(w, "tenant", n->tenant);
	jw_end_object(w);
	jw_end_object(w);
}

static void
tell(struct incidents *s, struct incident *n)
{
	struct buf out;
	struct jw w;

	buf_init(&out, RECORD_JSON_MAX);
	jw_init(&w, &out);
	write_row(&w, n);
	if (!out.overflow)
		s->fn(s->arg, n->last_us, (const char *)out.data, out.len);
	buf_release(&out);
	n->changed = n->tell = false;
	n->told_count = n->count;
	n->told_last_us = n->last_us;
}

void
incident_flush(struct incidents *s)
{
	struct list *it, *nx;

	LIST_FOREACH (it, nx, &s->order) {
		struct incident *n = LIST_OF(it, struct incident, link);

		if (n->changed)
			tell(s, n);
	}
}

/* --- joining ------------------------------------------------------------------ */

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
	char key[KEY_MAX];

	for (size_t i = 0; i < item->entities; i++) {
		int len = snprintf(key, sizeof(key), "%s|%s|%s", item->tenant,
		    item->entity[i].type, item->entity[i].value);
		struct incident *n = table_get(s->by_entity, key, (size_t)len);

		if (n == NULL || !joins(&item->entity[i]) || !in_time(n, item))
			continue;
		if (best == NULL || n->first_us < best->first_us ||
		    (n->first_us == best->first_us && strcmp(n->id, best->id) < 0))
			best = n;
	}
	return best;
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
static void
add_entity(struct incidents *s, struct incident *n, const struct incident_entity *e)
{
	char key[KEY_MAX];
	size_t len = entity_key(n, e, key);
	struct incident *o = joins(e) ? table_get(s->by_entity, key, len) : NULL;

	if (o == n || (!joins(e) && has_entity(n, e)) ||
	    (o != NULL && o->last_us + INCIDENT_QUIET_US >= n->first_us) ||
	    !make_room(n))
		return;
	if (joins(e)) {
		table_take(s->by_entity, key, len);
		if (table_put(s->by_entity, key, len, n) == -1)
			return;
	}
	n->entity[n->entities++] = *e;
	n->changed = true;
}

/* In order, once each.  False when it was there, or there is no room. */
static bool
add_event(struct incident *n, int64_t id)
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

static void
add_technique(struct incident *n, const char *technique)
{
	for (size_t i = 0; i < n->attacks; i++) {
		if (strcmp(n->attack[i], technique) == 0)
			return;
	}
	if (n->attacks == SIGMA_TECHNIQUES_MAX ||
	    str_copy(n->attack[n->attacks], TECHNIQUE_MAX, technique) == -1)
		return;
	n->attacks++;
	n->tell = n->changed = true;
}

static void
add_firing(struct incident *n, const struct incident_item *item)
{
	struct firing *f = NULL;

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
		f->group = strdup(item->group);
		if (f->key == NULL || f->title == NULL || f->group == NULL) {
			free(f->key);
			free(f->title);
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

static void
raise_level(struct incident *n, const struct incident_item *item)
{
	char *title;

	if (item->level <= n->level && n->title != NULL)
		return;
	if ((title = strdup(item->title)) == NULL)
		return;
	free(n->title);
	n->title = title;
	n->level = item->level;
	n->tell = n->changed = true;
}

static struct incident *
make(struct incidents *s, const char *id)
{
	struct incident *n;

	if (table_count(s->by_id) >= INCIDENT_OPEN_MAX) {
		n = LIST_OF(s->order.next, struct incident, link);
		if (n->changed)
			tell(s, n);
		drop(s, n);
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
	char id[40], key[KEY_MAX], day[CLOCK_TEXT_SIZE];
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
	if ((n = make(s, id)) == NULL)
		return NULL;
	str_copy(n->tenant, sizeof(n->tenant), item->tenant);
	n->first_us = item->first_us;
	n->last_us = item->last_us;
	n->told_last_us = item->last_us;
	n->tell = true;
	return n;
}

/* Beyond the list's end, a higher row than any before is a new one. */
static void
count_events(struct incident *n, const struct incident_item *item)
{
	for (size_t i = 0; i < item->events; i++) {
		if (add_event(n, item->event[i]) || item->event[i] > n->last_id) {
			n->count++;
			n->changed = true;
		}
		if (item->event[i] > n->last_id)
			n->last_id = item->event[i];
	}
}

/* What it was made of goes to n; its last row says where it went. */
static void
absorb(struct incidents *s, struct incident *n, struct incident *o)
{
	size_t listed = 0;

	str_copy(o->status, sizeof(o->status), "merged");
	str_copy(o->merged_into, sizeof(o->merged_into), n->id);
	tell(s, o);
	for (size_t i = 0; i < o->events; i++)
		listed += add_event(n, o->event[i]);
	n->count += listed + (o->count - o->events);
	for (size_t i = 0; i < o->attacks; i++)
		add_technique(n, o->attack[i]);
	for (size_t i = 0; i < o->firings && n->firings < INCIDENT_FIRINGS_MAX;
	     i++) {
		n->firing[n->firings++] = o->firing[i];
		o->firing[i] = (struct firing){.id = ""};
	}
	if (o->level > n->level) {
		char *title = n->title;

		n->level = o->level;
		n->tell = true;
		n->title = o->title;
		o->title = title;
	}
	if (o->first_us < n->first_us)
		n->first_us = o->first_us;
	if (o->last_us > n->last_us)
		n->last_us = o->last_us;
	if (o->last_id > n->last_id)
		n->last_id = o->last_id;
	unlink_entities(s, o);
	for (size_t i = 0; i < o->entities; i++)
		add_entity(s, n, &o->entity[i]);
	drop(s, o);
	n->changed = true;
}

/* Those that share another of its entities turn out to be the same story. */
static void
merge_others(
    struct incidents *s, struct incident *n, const struct incident_item *item)
{
	char key[KEY_MAX];

	for (size_t i = 0; i < item->entities; i++) {
		int len = snprintf(key, sizeof(key), "%s|%s|%s", item->tenant,
		    item->entity[i].type, item->entity[i].value);
		struct incident *o = table_get(s->by_entity, key, (size_t)len);

		if (o != NULL && o != n && joins(&item->entity[i]) &&
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
	raise_level(n, item);
	count_events(n, item);
	for (size_t i = 0; i < item->entities; i++)
		add_entity(s, n, &item->entity[i]);
	for (size_t i = 0; i < item->attacks; i++)
		add_technique(n, item->attack[i]);
	if (item->firing != NULL)
		add_firing(n, item);
	if (item->first_us < n->first_us)
		n->first_us = item->first_us;
	if (item->last_us > n->last_us)
		n->last_us = item->last_us;
	if (n->changed &&
	    (n->tell || n->count >= 2 * n->told_count ||
		n->last_us - n->told_last_us >= INCIDENT_TELL_US))
		tell(s, n);
}

void
incident_close(struct incidents *s, const char *id)
{
	struct incident *n = table_get(s->by_id, id, strlen(id));

	if (n != NULL)
		drop(s, n);
}

/* --- coming back from the store ------------------------------------------------
 */

static enum sigma_level
level_of(const char *name)
{
	for (int i = 0; i < SIGMA_LEVELS; i++) {
		if (name != NULL &&
		    strcmp(sigma_level_name((enum sigma_level)i), name) == 0)
			return (enum sigma_level)i;
	}
	return SIGMA_MEDIUM;
}

static int64_t
time_at(const struct json_doc *d, const char *path)
{
	const char *text = json_str(d, path);
	int64_t t = 0;

	return text == NULL || clock_parse(text, &t) == -1 ? 0 : t;
}

static void
restore_lists(struct incidents *s, struct incident *n, const struct json_doc *d)
{
	const struct json_doc *list = json_at(d, "incident.entities");

	for (size_t i = 0; list != NULL && i < json_count(list); i++) {
		struct incident_entity e = {.type = incident_entity_type(json_str(
						json_item(list, i), "type"))};
		const char *value = json_str(json_item(list, i), "value");

		if (e.type != NULL && value != NULL &&
		    str_copy(e.value, sizeof(e.value), value) == 0)
			add_entity(s, n, &e);
	}
	list = json_at(d, "incident.events");
	for (size_t i = 0; list != NULL && i < json_count(list); i++)
		add_event(n, json_int(json_item(list, i), "", 0));
	list = json_at(d, "incident.attack");
	for (size_t i = 0; list != NULL && i < json_count(list); i++) {
		if (json_str(json_item(list, i), "") != NULL)
			add_technique(n, json_str(json_item(list, i), ""));
	}
}

/* The group is taken over as text: an object of strings, as we wrote it. */
static char *
group_text(const struct json_doc *group)
{
	struct buf out;
	struct jw w;
	const char *key, *text = NULL;
	void *iter = NULL;
	const struct json_doc *v;

	buf_init(&out, RECORD_JSON_MAX);
	jw_init(&w, &out);
	jw_object(&w, NULL);
	while (group != NULL && (v = json_next(group, &iter, &key)) != NULL) {
		const char *value = json_str(v, "");

		jw_key(&w, key, strlen(key));
		jw_str(&w, NULL, value == NULL ? "" : value);
	}
	jw_end_object(&w);
	text = buf_str(&out);
	text = text == NULL ? NULL : strdup(text);
	buf_release(&out);
	return (char *)(uintptr_t)text;
}

static void
restore_firing(struct incident *n, const struct json_doc *f)
{
	char *group = group_text(json_at(f, "group"));
	struct incident_item item = {.key = json_str(f, "rule"),
	    .title = json_str(f, "title"),
	    .firing = json_str(f, "id"),
	    .group = group,
	    .level = level_of(json_str(f, "level")),
	    .first_us = time_at(f, "first"),
	    .last_us = time_at(f, "last"),
	    .id = json_int(f, "first_event", 0),
	    .last_id = json_int(f, "last_event", 0),
	    .count = (uint64_t)json_int(f, "count", 0)};

	if (item.key != NULL && item.title != NULL && item.firing != NULL &&
	    group != NULL)
		add_firing(n, &item);
	free(group);
}

int
incident_restore(struct incidents *s, const struct json_doc *d)
{
	const char *id = json_str(d, "incident.id"),
		   *title = json_str(d, "incident.title");
	const char *tenant = json_str(d, "stadswacht.tenant");
	const char *status = json_str(d, "incident.status");
	const struct json_doc *firings = json_at(d, "incident.firings");
	struct incident *n;

	/* Its later rows come first: those of a merged one are all over. */
	if (id != NULL && status != NULL && strcmp(status, "merged") == 0) {
		table_put(s->merged, id, strlen(id), s);
		return -1;
	}
	if (id == NULL || title == NULL || strlen(id) >= sizeof(n->id) ||
	    table_count(s->by_id) >= INCIDENT_OPEN_MAX ||
	    table_get(s->merged, id, strlen(id)) != NULL ||
	    table_get(s->by_id, id, strlen(id)) != NULL ||
	    (n = make(s, id)) == NULL)
		return -1;
	if ((n->title = strdup(title)) == NULL) {
		drop(s, n);
		return -1;
	}
	str_copy(n->tenant, sizeof(n->tenant), tenant == NULL ? "" : tenant);
	str_copy(n->status, sizeof(n->status), status == NULL ? "new" : status);
	n->level = level_of(json_str(d, "incident.severity"));
	n->first_us = time_at(d, "incident.first");
	n->last_us = time_at(d, "incident.last");
	n->count = (uint64_t)json_int(d, "incident.count", 0);
	restore_lists(s, n, d);
	n->last_id = json_int(d, "incident.last_event", 0);
	for (size_t i = 0; firings != NULL && i < json_count(firings); i++)
		restore_firing(n, json_item(firings, i));
	n->told_count = n->count;
	n->told_last_us = n->last_us;
	n->changed = n->tell = false;
	/* They come newest first. */
	list_remove(&n->link);
	list_push_front(&s->order, &n->link);
	return 0;
}
