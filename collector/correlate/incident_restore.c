/* SPDX-License-Identifier: EUPL-1.2 */
/* Incidents from their newest rows, after a restart. */
#include "collector/correlate/incident_inside.h"
#include "common/clock.h"
#include "common/jw.h"
#include "common/record.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>

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
			incident_part_entity(s, n, &e);
	}
	list = json_at(d, "incident.events");
	for (size_t i = 0; list != NULL && i < json_count(list); i++)
		incident_part_event(n, json_int(json_item(list, i), "", 0));
	list = json_at(d, "incident.attack");
	for (size_t i = 0; list != NULL && i < json_count(list); i++) {
		if (json_str(json_item(list, i), "") != NULL)
			incident_part_technique(
			    n, json_str(json_item(list, i), ""));
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
	    .title_nl = json_str(f, "title_nl"),
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
		incident_part_firing(n, &item);
	free(group);
}

int
incident_restore(struct incidents *s, const struct json_doc *d)
{
	const char *id = json_str(d, "incident.id"),
		   *title = json_str(d, "incident.title"),
		   *title_nl = json_str(d, "incident.title_nl");
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
	    (n = incident_make(s, id)) == NULL)
		return -1;
	if ((n->title = strdup(title)) == NULL ||
	    (title_nl != NULL && (n->title_nl = strdup(title_nl)) == NULL)) {
		incident_drop(s, n);
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
