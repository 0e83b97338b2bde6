/* SPDX-License-Identifier: EUPL-1.2 */
/* One record past every rule; what fires becomes an alert and joins an incident. */
#include "collector/correlate/correlate.h"
#include "collector/limits.h"
#include "common/addr.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/jw.h"
#include "common/record.h"
#include "common/str.h"
#include "common/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_KEY_MAX	(64 + SIGMA_GROUP_MAX * GROUP_VALUE_MAX)
#define GROUP_VALUE_MAX 256

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

/* What a rule's firing is made from. */
struct outcome {
	const struct sigma_rule *rule;
	struct window_firing firing;
	char id[INCIDENT_FIRING_MAX];
	const char *group;		     /* JSON object */
	const struct incident_entity *named; /* by the group */
	size_t named_n;
	const int64_t *event;
	size_t events;
};

struct entities {
	struct incident_entity v[INCIDENT_ENTITIES_MAX];
	size_t n;
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

/* --- entities ----------------------------------------------------------------- */

/* Addresses that many share say nothing about who attacks whom. */
static bool
is_shared_address(const char *text)
{
	static const struct {
		const char *net;
		unsigned bits;
	} shared[] = {{"0.0.0.0", 8}, {"127.0.0.0", 8}, {"169.254.0.0", 16},
	    {"224.0.0.0", 3}, {"::", 127}, {"fe80::", 10}, {"ff00::", 8}};
	struct addr a, net;

	if (addr_parse(text, &a) == -1)
		return true;
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (addr_parse(shared[i].net, &net) == 0 &&
		    a.family == net.family && addr_in(&a, &net, shared[i].bits))
			return true;
	}
	return false;
}

static void
add_entity(struct entities *list, const char *type, const char *value)
{
	struct incident_entity e = {.type = incident_entity_type(type)};

	if (value == NULL || value[0] == '\0' || list->n == INCIDENT_ENTITIES_MAX ||
	    str_copy(e.value, sizeof(e.value), value) == -1 ||
	    (strcmp(type, "ip") == 0 && is_shared_address(value)))
		return;
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].type == e.type &&
		    strcmp(list->v[i].value, value) == 0)
			return;
	}
	list->v[list->n++] = e;
}

/*
 * A file is on its host.  Traffic is between addresses: the agent that saw it may
 * watch for many.
 */
static void
add_event_entities(void *arg, const struct event *e)
{
	struct entities *list = arg;

	const char *host = e->host[0] != '\0' ? e->host : e->agent;

	add_entity(list, strcmp(e->engine, "yara") == 0 ? "host" : "seen", host);
	add_entity(list, "ip", json_str(e->body, "src_ip"));
	add_entity(list, "ip", json_str(e->body, "dest_ip"));
	add_entity(list, "sha256", json_str(e->body, "fileinfo.sha256"));
}

static const char *
entity_type_of(const struct field_ref *f)
{
	static const struct {
		const char *end, *type;
	} types[] = {{"src_ip", "ip"}, {"dest_ip", "ip"},
	    {"stadswacht.host", "host"}, {"stadswacht.agent", "host"},
	    {"sha256", "sha256"}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (str_ends(f->path[0], types[i].end))
			return types[i].type;
	}
	return NULL;
}

/* --- telling -------------------------------------------------------------------
 */

static int
severity_of(enum sigma_level l)
{
	static const int severity[] = {[SIGMA_INFORMATIONAL] = 4,
	    [SIGMA_LOW] = 3,
	    [SIGMA_MEDIUM] = 2,
	    [SIGMA_HIGH] = 1,
	    [SIGMA_CRITICAL] = 1};

	return severity[l];
}

static void
write_addresses(struct jw *w, const struct outcome *o, const struct event *e)
{
	const char *src = json_str(e->body, "src_ip"),
		   *dest = json_str(e->body, "dest_ip");

	/* Of a correlation only those that the whole group shares. */
	for (size_t i = 0; o->rule->correlation != NULL && i < 2; i++) {
		const char **which = i == 0 ? &src : &dest;
		bool shared = false;

		for (size_t k = 0; k < o->named_n && *which != NULL; k++)
			shared |= strcmp(o->named[k].value, *which) == 0;
		if (!shared)
			*which = NULL;
	}
	if (src != NULL)
		jw_str(w, "src_ip", src);
	if (dest != NULL)
		jw_str(w, "dest_ip", dest);
}

static void
write_explanation(struct jw *w, const struct outcome *o)
{
	const struct sigma_correlation *k = o->rule->correlation;
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, "correlation");
	jw_str(w, "id", o->id);
	jw_str(w, "rule", o->rule->key);
	jw_str(w, "type", k == NULL ? "detection" : sigma_type_name(k->type));
	jw_str(w, "level", sigma_level_name(o->rule->level));
	if (k != NULL) {
		jw_int(w, "timespan_s", k->timespan_us / 1000000);
		jw_uint(w, "threshold", k->at_least);
		jw_uint(w, "reached",
		    k->type == SIGMA_VALUE_COUNT ? o->firing.distinct
						 : o->firing.count);
	}
	jw_raw(w, "group", o->group, strlen(o->group));
	jw_str(w, "first", clock_text(o->firing.first_us, time));
	jw_str(w, "last", clock_text(o->firing.last_us, time));
	jw_uint(w, "count", o->firing.count);
	jw_int(w, "first_event", o->firing.first_id);
	jw_int(w, "last_event", o->firing.last_id);
	jw_array(w, "events");
	for (size_t i = 0; i < o->events; i++)
		jw_int(w, NULL, o->event[i]);
	jw_end_array(w);
	jw_end_object(w);
}

static void
write_alert(struct jw *w, const struct outcome *o, const struct event *e)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(e->time_us, time));
	jw_str(w, "event_type", "alert");
	write_addresses(w, o, e);
	jw_object(w, "alert");
	jw_str(w, "action", "allowed");
	jw_int(w, "gid", CORRELATE_GID);
	jw_uint(w, "signature_id", o->rule->sid);
	jw_int(w, "rev", 1);
	jw_str(w, "signature", o->rule->title);
	jw_str(w, "category", "Correlation");
	jw_int(w, "severity", severity_of(o->rule->level));
	jw_end_object(w);
	write_explanation(w, o);
	jw_object(w, "stadswacht");
	jw_int(w, "v", RECORD_VERSION);
	jw_str(w, "class", record_class_name(RECORD_ALERT));
	jw_str(w, "engine", "sigma");
	jw_array(w, "attack");
	for (size_t i = 0; i < o->rule->attacks; i++)
		jw_str(w, NULL, o->rule->attack[i]);
	jw_end_array(w);
	if (e->tenant[0] != '\0')
		jw_str(w, "tenant", e->tenant);
	jw_end_object(w);
	jw_end_object(w);
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
	write_alert(&w, o, e);
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
	snprintf(o->id, sizeof(o->id), "%08" PRIx32 "-%" PRId64 "-%08" PRIx32,
	    o->rule->sid, o->firing.first_id,
	    crc32c(0, o->group, strlen(o->group)));
	if (begins) {
		c->counters.firings++;
		tell_alert(c, o, e);
	}
	for (size_t i = 0; i < o->named_n; i++)
		add_entity(&entities, o->named[i].type, o->named[i].value);
	for (size_t i = 0; i < o->events; i++) {
		if (o->event[i] == e->id)
			add_event_entities(&entities, e);
		else
			c->ops.fetch(
			    c->ops.arg, o->event[i], add_event_entities, &entities);
	}
	item.entity = entities.v;
	item.entities = entities.n;
	incident_add(c->incidents, &item);
}

/* --- grouping --------------------------------------------------------------------
 */

struct first_value {
	char *out;
	size_t size;
};

static bool
take_first(void *arg, const struct json_doc *d)
{
	struct first_value *f = arg;
	char buffer[40];
	const char *text = event_text(d, buffer, sizeof(buffer));

	if (text == NULL || text[0] == '\0')
		return false;
	str_copy(f->out, f->size, text);
	return true;
}

struct grouping {
	struct buf key;	 /* rule, tenant, values */
	struct buf text; /* {"src_ip":"..."} */
	struct entities named;
};

/* False when the record lacks one of the fields. */
static bool
group_of(const struct sigma_rule *r, size_t part, const struct event *e,
    struct grouping *g)
{
	const struct sigma_correlation *k = r->correlation;
	char value[GROUP_VALUE_MAX];
	struct jw w;

	buf_add_le32(&g->key, r->index);
	buf_add(&g->key, e->tenant, strlen(e->tenant) + 1);
	jw_init(&w, &g->text);
	jw_object(&w, NULL);
	for (size_t i = 0; i < k->groups; i++) {
		const struct field_ref *f = &k->group[i].field[part];
		const char *type = entity_type_of(f);

		if (!event_each(e, f, take_first,
			&(struct first_value){value, sizeof(value)}))
			return false;
		buf_add(&g->key, value, strlen(value) + 1);
		jw_key(&w, k->group[i].name, strlen(k->group[i].name));
		jw_str(&w, NULL, value);
		if (type != NULL)
			add_entity(&g->named, type, value);
	}
	jw_end_object(&w);
	return buf_str(&g->text) != NULL && !g->key.overflow;
}

static bool
value_of(const struct sigma_correlation *k, size_t part, const struct event *e,
    uint64_t *hash)
{
	char text[GROUP_KEY_MAX];
	size_t n = 0;

	*hash = 0;
	for (size_t i = 0; i < k->value_fields; i++) {
		text[n] = '\0';
		if (!event_each(e, &k->value[i].field[part], take_first,
			&(struct first_value){text + n, GROUP_VALUE_MAX}))
			return false;
		n += strlen(text + n) + 1;
	}
	if (n > 0)
		*hash = table_hash(text, n);
	return true;
}

static void
count_in(struct correlator *c, const struct part *p, const struct event *e)
{
	const struct sigma_rule *r = p->correlation;
	struct window_event we = {
	    .id = e->id, .time_us = e->time_us, .arrived_us = c->arrived_us};
	struct outcome o = {.rule = r};
	struct grouping g = {.named.n = 0};
	int64_t ids[CORRELATE_ROWS_MAX];
	enum window_result result;

	buf_init(&g.key, GROUP_KEY_MAX);
	buf_init(&g.text, RECORD_JSON_MAX);
	if (!group_of(r, p->index, e, &g) ||
	    !value_of(r->correlation, p->index, e, &we.value)) {
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
	buf_release(&g.key);
	buf_release(&g.text);
}

/* --- records --------------------------------------------------------------------
 */

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
	add_event_entities(&entities, e);
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

/* --- coming back
 * ------------------------------------------------------------------- */

static int64_t
time_at(const struct json_doc *d, const char *path)
{
	const char *text = json_str(d, path);
	int64_t t = 0;

	return text == NULL || clock_parse(text, &t) == -1 ? 0 : t;
}

/* The window's group from a firing's "group": our own names, in our own order. */
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
	struct buf key;

	if (id == NULL || name == NULL || group == NULL ||
	    table_put(c->told, id, strlen(id), c) == -1)
		return;
	for (size_t i = 0; i < sigma_count(c->set) && r == NULL; i++) {
		if (strcmp(sigma_at(c->set, i)->key, name) == 0)
			r = sigma_at(c->set, i);
	}
	if (r == NULL || r->correlation == NULL)
		return;
	buf_init(&key, GROUP_KEY_MAX);
	buf_add_le32(&key, r->index);
	buf_add(&key, tenant, strlen(tenant) + 1);
	for (size_t i = 0; i < r->correlation->groups; i++) {
		const char *value = NULL, *at;
		void *iter = NULL;
		const struct json_doc *v;

		while ((v = json_next(group, &iter, &at)) != NULL) {
			if (strcmp(at, r->correlation->group[i].name) == 0)
				value = json_str(v, "");
		}
		if (value == NULL)
			goto done;
		buf_add(&key, value, strlen(value) + 1);
	}
	if (!key.overflow)
		window_restore(c->windows, r, key.data, key.len, &w, arrived_us);
done:
	buf_release(&key);
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
