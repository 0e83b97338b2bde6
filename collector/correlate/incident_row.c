/* SPDX-License-Identifier: EUPL-1.2 */
/* How an incident stands, as a record (docs/record.md). */
#include "collector/correlate/incident_inside.h"
#include "common/clock.h"
#include "common/jw.h"
#include "common/record.h"

#include <string.h>

static void
write_firing(struct jw *w, const struct incident_firing *f)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "id", f->id);
	jw_str(w, "rule", f->key);
	jw_str(w, "title", f->title);
	if (f->title_nl != NULL)
		jw_str(w, "title_nl", f->title_nl);
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
write_row(struct jw *w, const struct incident *n, bool brief)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(n->last_us, time));
	jw_str(w, "event_type", "incident");
	jw_object(w, "incident");
	jw_str(w, "id", n->id);
	jw_str(w, "title", n->title);
	if (n->title_nl != NULL)
		jw_str(w, "title_nl", n->title_nl);
	jw_str(w, "status", n->status);
	if (n->merged_into[0] != '\0')
		jw_str(w, "merged_into", n->merged_into);
	jw_str(w, "severity", sigma_level_name(n->level));
	jw_str(w, "first", clock_text(n->first_us, time));
	jw_str(w, "last", clock_text(n->last_us, time));
	jw_uint(w, "count", n->count);
	jw_int(w, "last_event", n->last_id);
	if (brief)
		jw_bool(w, "brief", true);
	else
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

void
incident_row_tell(struct incidents *s, struct incident *n)
{
	struct buf out;
	struct jw w;

	buf_init(&out, RECORD_JSON_MAX);
	jw_init(&w, &out);
	write_row(&w, n, false);
	if (out.overflow) { /* what an agent made up may be long: better than nothing */
		buf_reset(&out);
		jw_init(&w, &out);
		write_row(&w, n, true);
	}
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
			incident_row_tell(s, n);
	}
}
