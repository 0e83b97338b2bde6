/* SPDX-License-Identifier: EUPL-1.2 */
/* One record past every rule; what fires becomes an alert and joins an incident. */
#include "collector/correlate/correlate.h"
#include "collector/correlate/group.h"
#include "collector/correlate/outcome.h"
#include "collector/limits.h"
#include "common/clock.h"
#include "common/jw.h"
#include "common/record.h"
#include "common/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A correlation that a detection is part of, and which part. */
struct part {
	const struct sigma_rule *correlation;
	size_t index;
	struct part *next;
};

struct correlator {
	const struct sigma_set *set;
	struct correlate_ops ops;
	struct part **part; /* by rule index */
	struct part *parts;
	struct windows *windows;
	struct incidents *incidents;
	struct table *told; /* ids of firings that are in the store */
	int64_t lateness_us, memory_us, arrived_us;
	bool quiet;
	struct correlate_counters counters;
};

static void
emit(void *arg, int64_t time_us, const char *json, size_t len)
{
	struct correlator *c = arg;

	if (!c->quiet)
		c->ops.emit(c->ops.arg, time_us, json, len);
}

static int
add_parts(struct correlator *c, const struct sigma_rule *r, struct part **next)
{
	const struct sigma_correlation *k = r->correlation;

	if (k->timespan_us > c->memory_us)
		c->memory_us = k->timespan_us;
	for (size_t i = 0; i < k->rules; i++) {
		struct part *p = (*next)++;

		*p = (struct part){r, i, c->part[k->rule[i]->index]};
		c->part[k->rule[i]->index] = p;
	}
	return 0;
}

struct correlator *
correlate_new(const struct sigma_set *set, int64_t lateness_us,
    const struct correlate_ops *ops)
{
	struct correlator *c = calloc(1, sizeof(*c));
	size_t rules = sigma_count(set), parts = 0;
	struct part *next;

	if (c == NULL)
		return NULL;
	c->set = set;
	c->ops = *ops;
	c->lateness_us = lateness_us;
	for (size_t i = 0; i < rules; i++) {
		if (sigma_at(set, i)->correlation != NULL)
			parts += sigma_at(set, i)->correlation->rules;
	}
	c->part = calloc(rules + 1, sizeof(*c->part));
	next = c->parts = calloc(parts + 1, sizeof(*c->parts));
	c->windows = window_new(lateness_us);
	c->incidents = incident_new(emit, c);
	c->told = table_new(CORRELATE_TOLD_MAX, NULL);
	if (c->part == NULL || c->parts == NULL || c->windows == NULL ||
	    c->incidents == NULL || c->told == NULL) {
		correlate_free(c);
		errno = ENOMEM;
		return NULL;
	}
	for (size_t i = 0; i < rules; i++) {
		if (sigma_at(set, i)->correlation != NULL)
			add_parts(c, sigma_at(set, i), &next);
	}
	c->memory_us += lateness_us;
	return c;
}

void
correlate_free(struct correlator *c)
{
	if (c == NULL)
		return;
	free(c->part);
	free(c->parts);
	window_free(c->windows);
	incident_free(c->incidents);
	table_free(c->told);
	free(c);
}

static void
tell_alert(struct correlator *c, const struct outcome *o, const struct event *e)
{
	struct buf out;
	struct jw w;

	if (table_get(c->told, o->id, strlen(o->id)) != NULL)
		return;
	buf_init(&out, RECORD_JSON_MAX);
	jw_init(&w, &out);
	outcome_write(&w, o, e);
	if (!out.overflow)
		emit(c, e->time_us, (const char *)out.data, out.len);
	buf_release(&out);
}

static void
fire(struct correlator *c, struct outcome *o, const struct event *e, bool begins)
{
	struct entities entities = {.n = 0};
	struct incident_item item = {.tenant = e->tenant,
	    .title = o->rule->title,
	    .title_nl = o->rule->title_nl,
	    .level = o->rule->level,
	    .first_us = o->firing.first_us,
	    .last_us = o->firing.last_us,
	    .id = o->firing.first_id,
	    .sid = o->rule->sid,
	    .key = o->rule->key,
	    .group = o->group,
	    .firing = o->id,
	    .count = o->firing.count,
	    .last_id = o->firing.last_id,
	    .attack = o->rule->attack,
	    .attacks = o->rule->attacks,
	    .event = o->event,
	    .events = o->events,
	    .opens = o->rule->level >= SIGMA_MEDIUM};

	if (o->rule->level == SIGMA_INFORMATIONAL)
		return;
	outcome_name(o);
	if (begins) {
		c->counters.firings++;
		tell_alert(c, o, e);
	}
	for (size_t i = 0; i < o->named_n; i++)
		entities_add(&entities, o->named[i].type, o->named[i].value);
	for (size_t i = 0; i < o->events; i++) {
		if (o->event[i] == e->id)
			entities_add_event(&entities, e);
		else
			c->ops.fetch(
			    c->ops.arg, o->event[i], entities_add_event, &entities);
	}
	item.entity = entities.v;
	item.entities = entities.n;
	incident_add(c->incidents, &item);
}

static void
count_in(struct correlator *c, const struct part *p, const struct event *e)
{
	const struct sigma_rule *r = p->correlation;
	struct window_event we = {
	    .id = e->id, .time_us = e->time_us, .arrived_us = c->arrived_us};
	struct outcome o = {.rule = r};
	struct group g;
	int64_t ids[CORRELATE_ROWS_MAX];
	enum window_result result;

	group_init(&g);
	if (!group_of(r, p->index, e, &g) ||
	    !group_value(r->correlation, p->index, e, &we.value)) {
		c->counters.ungrouped++;
		goto done;
	}
	result = window_add(c->windows, r, g.key.data, g.key.len, &we, &o.firing,
	    ids, CORRELATE_ROWS_MAX, &o.events);
	if (result == WINDOW_QUIET || result == WINDOW_KNOWN)
		goto done;
	if (result == WINDOW_GOES_ON) {
		ids[0] = e->id;
		o.events = 1;
	}
	o.event = ids;
	o.group = buf_str(&g.text);
	o.named = g.named.v;
	o.named_n = g.named.n;
	fire(c, &o, e, result == WINDOW_FIRED);
done:
	group_release(&g);
}

/* --- records ------------------------------------------------------------------ */

static void
detected(struct correlator *c, const struct sigma_rule *r, const struct event *e)
{
	c->counters.matches++;
	for (const struct part *p = c->part[r->index]; p != NULL; p = p->next)
		count_in(c, p, e);
	if (!r->silent) {
		struct outcome o = {.rule = r,
		    .group = "{}",
		    .firing = {.first_id = e->id,
			.last_id = e->id,
			.first_us = e->time_us,
			.last_us = e->time_us,
			.count = 1},
		    .event = &e->id,
		    .events = 1};

		fire(c, &o, e, true);
	}
}

/* The sensor names techniques in our own object, YARA's in the rule's metadata. */
static const struct json_doc *
attack_of(const struct event *e)
{
	const struct json_doc *d = json_at(e->body, "stadswacht.attack");

	return d != NULL ? d
			 : json_at(e->body, "alert.metadata.mitre_technique_id");
}

/* Severity 1 of rules, YARA or indicators, whoever wrote them. */
static void
join_high_alert(struct correlator *c, const struct event *e)
{
	struct entities entities = {.n = 0};
	const struct json_doc *attack = attack_of(e);
	const char *names[SIGMA_TECHNIQUES_MAX];
	struct incident_item item = {.tenant = e->tenant,
	    .title = json_str(e->body, "alert.signature"),
	    .level = SIGMA_HIGH,
	    .first_us = e->time_us,
	    .last_us = e->time_us,
	    .id = e->id,
	    .sid = (uint32_t)json_int(e->body, "alert.signature_id", 0),
	    .last_id = e->id,
	    .count = 1,
	    .attack = names,
	    .event = &e->id,
	    .events = 1,
	    .opens = true};

	if (json_int(e->body, "alert.severity", 4) != 1 || item.title == NULL ||
	    strcmp(e->engine, "ndpi") == 0 || strcmp(e->engine, "agent") == 0)
		return;
	for (size_t i = 0; attack != NULL && i < json_count(attack); i++) {
		const char *name = json_str(json_item(attack, i), "");

		if (name != NULL && item.attacks < SIGMA_TECHNIQUES_MAX)
			names[item.attacks++] = name;
	}
	entities_add_event(&entities, e);
	item.entity = entities.v;
	item.entities = entities.n;
	incident_add(c->incidents, &item);
}

static void
on_triage(struct correlator *c, const struct event *e)
{
	const char *id = json_str(e->body, "incident.id");
	const char *status = json_str(e->body, "incident.status");

	if (id != NULL && status != NULL && strcmp(status, "closed") == 0)
		incident_close(c->incidents, id);
}

void
correlate_event(struct correlator *c, const struct event *e, bool quiet)
{
	size_t n = sigma_count(c->set);

	if (e->arrived_us > c->arrived_us)
		c->arrived_us = e->arrived_us;
	c->quiet = quiet;
	if (strcmp(e->event_type, "triage") == 0) {
		on_triage(c, e);
		return;
	}
	if (strcmp(e->engine, "sigma") == 0 ||
	    strcmp(e->event_type, "incident") == 0 ||
	    strcmp(e->event_type, "audit") == 0)
		return;
	c->counters.events++;
	for (size_t i = 0; i < n; i++) {
		const struct sigma_rule *r = sigma_at(c->set, i);

		if (sigma_match(r, e, &c->counters.regex_limits))
			detected(c, r, e);
	}
	if (strcmp(e->event_type, "alert") == 0)
		join_high_alert(c, e);
	c->quiet = false;
}

void
correlate_flush(struct correlator *c)
{
	c->quiet = false;
	incident_flush(c->incidents);
}

/* --- coming back -------------------------------------------------------------- */

static int64_t
time_at(const struct json_doc *d, const char *path)
{
	const char *text = json_str(d, path);
	int64_t t = 0;

	return text == NULL || clock_parse(text, &t) == -1 ? 0 : t;
}

static void
restore_firing(struct correlator *c, const struct json_doc *f, const char *tenant,
    int64_t arrived_us)
{
	const char *id = json_str(f, "id"), *name = json_str(f, "rule");
	const struct json_doc *group = json_at(f, "group");
	const struct sigma_rule *r = NULL;
	struct window_firing w = {.first_id = json_int(f, "first_event", 0),
	    .last_id = json_int(f, "last_event", 0),
	    .first_us = time_at(f, "first"),
	    .last_us = time_at(f, "last"),
	    .count = (uint64_t)json_int(f, "count", 0)};
	struct group g;

	if (id == NULL || name == NULL || group == NULL ||
	    table_put(c->told, id, strlen(id), c) == -1)
		return;
	for (size_t i = 0; i < sigma_count(c->set) && r == NULL; i++) {
		if (strcmp(sigma_at(c->set, i)->key, name) == 0)
			r = sigma_at(c->set, i);
	}
	if (r == NULL || r->correlation == NULL)
		return;
	group_init(&g);
	if (group_restore(r, group, tenant, &g))
		window_restore(
		    c->windows, r, g.key.data, g.key.len, &w, arrived_us);
	group_release(&g);
}

void
correlate_restore(
    struct correlator *c, const struct json_doc *body, int64_t arrived_us)
{
	const char *type = json_str(body, "event_type");
	const char *tenant = json_str(body, "stadswacht.tenant");
	const struct json_doc *firings = json_at(body, "incident.firings");

	if (tenant == NULL)
		tenant = "";
	if (type != NULL && strcmp(type, "incident") == 0) {
		if (incident_restore(c->incidents, body) == -1)
			return;
		for (size_t i = 0; firings != NULL && i < json_count(firings); i++)
			restore_firing(
			    c, json_item(firings, i), tenant, arrived_us);
	} else if (json_at(body, "correlation") != NULL) {
		restore_firing(c, json_at(body, "correlation"), tenant, arrived_us);
	}
}

int64_t
correlate_memory_us(const struct correlator *c)
{
	return c->memory_us;
}

const struct correlate_counters *
correlate_counters(const struct correlator *c)
{
	return &c->counters;
}

const struct windows *
correlate_windows(const struct correlator *c)
{
	return c->windows;
}
