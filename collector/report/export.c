/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/report/export.h"

#include "common/clock.h"
#include "common/jw.h"

#include <stdio.h>

static const char *const levels[FIGURES_LEVELS] = {
    "informational", "low", "medium", "high", "critical"};
static const char *const severities[FIGURES_SEVERITIES] = {"1", "2", "3", "other"};

static void
write_time(struct jw *w, const char *key, int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	jw_str(w, key, clock_text(time_us, text));
}

static void
write_counts(struct jw *w, const char *key, const struct figures_counts *c)
{
	jw_object(w, key);
	jw_uint(w, "alerts", c->alerts);
	jw_object(w, "alerts_by_severity");
	for (int i = 0; i < FIGURES_SEVERITIES; i++)
		jw_uint(w, severities[i], c->severity[i]);
	jw_end_object(w);
	jw_object(w, "alerts_by_engine");
	for (int i = 0; i < FIGURES_ENGINES; i++)
		jw_uint(
		    w, figures_engine_name((enum figures_engine)i), c->engine[i]);
	jw_end_object(w);
	jw_array(w, "alerts_by_day");
	for (int i = 0; i < 7; i++)
		jw_uint(w, NULL, c->day[i]);
	jw_end_array(w);
	jw_uint(w, "incidents", c->incidents);
	jw_object(w, "incidents_by_severity");
	for (int i = 0; i < FIGURES_LEVELS; i++)
		jw_uint(w, levels[i], c->level[i]);
	jw_end_object(w);
	jw_end_object(w);
}

static void
write_incident(struct jw *w, const struct figures_incident *n)
{
	jw_object(w, NULL);
	jw_str(w, "id", n->id);
	jw_str(w, "title", n->title);
	if (n->title_nl[0] != '\0')
		jw_str(w, "title_nl", n->title_nl);
	jw_str(w, "severity", levels[n->level]);
	jw_str(w, "status", n->status);
	jw_bool(w, "new", n->is_new);
	write_time(w, "first", n->first_us);
	write_time(w, "last", n->last_us);
	jw_uint(w, "count", n->events);
	jw_str(w, "hosts", n->hosts);
	jw_str(w, "attack", n->attack);
	jw_str(w, "tenant", n->tenant);
	jw_end_object(w);
}

static void
write_agent(struct jw *w, const struct figures_agent *a)
{
	jw_object(w, NULL);
	jw_str(w, "name", a->name);
	jw_str(w, "host", a->host);
	jw_bool(w, "enrolled", a->enrolled);
	jw_uint(w, "hours_heard", a->hours);
	jw_uint(w, "records", a->records);
	jw_end_object(w);
}

static void
write_tops(struct jw *w, const struct figures *f)
{
	jw_array(w, "rules");
	for (size_t i = 0; i < figures_top(f->rules); i++) {
		jw_object(w, NULL);
		jw_int(w, "gid", f->rule[i].gid);
		jw_int(w, "signature_id", f->rule[i].sid);
		jw_str(w, "signature", f->rule[i].signature);
		if (f->rule[i].signature_nl[0] != '\0')
			jw_str(w, "title_nl", f->rule[i].signature_nl);
		jw_int(w, "severity", f->rule[i].severity);
		jw_uint(w, "alerts", f->rule[i].alerts);
		jw_end_object(w);
	}
	jw_end_array(w);
	jw_array(w, "hosts");
	for (size_t i = 0; i < figures_top(f->hosts); i++) {
		jw_object(w, NULL);
		jw_str(w, "host", f->host[i].name);
		jw_uint(w, "alerts", f->host[i].alerts);
		jw_uint(w, "high", f->host[i].high);
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
write_losses(struct jw *w, const struct figures *f)
{
	jw_object(w, "lost");
	for (int c = 0; c < RECORD_CLASSES; c++)
		jw_uint(w, record_class_name((enum record_class)c), f->lost[c]);
	jw_uint(w, "packets", f->packets_dropped);
	jw_end_object(w);
}

void
export_json(struct buf *out, const struct figures *f)
{
	char week[32];
	struct jw w;

	snprintf(week, sizeof(week), "%04d-W%02d", f->week.year, f->week.number);
	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_str(&w, "week", week);
	write_time(&w, "from", f->week.from_us);
	write_time(&w, "to", f->week.to_us);
	write_time(&w, "made", f->now_us);
	if (f->tenant[0] != '\0')
		jw_str(&w, "tenant", f->tenant);
	else
		jw_null(&w, "tenant");
	jw_uint(&w, "week_hours", f->week_hours);
	write_counts(&w, "this_week", &f->this);
	jw_bool(&w, "week_before_known", f->before_known);
	write_counts(&w, "week_before", &f->before);
	jw_array(&w, "incidents");
	for (size_t i = 0; i < f->incidents; i++)
		write_incident(&w, &f->incident[i]);
	jw_end_array(&w);
	write_tops(&w, f);
	jw_uint(&w, "agents_heard", f->agents_heard);
	jw_array(&w, "agents");
	for (size_t i = 0; i < f->agents; i++)
		write_agent(&w, &f->agent[i]);
	jw_end_array(&w);
	write_losses(&w, f);
	jw_bool(&w, "lists_cut", f->cut);
	jw_end_object(&w);
	buf_addc(out, '\n');
}
