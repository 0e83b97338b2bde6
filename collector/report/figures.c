/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/report/figures.h"

#include "collector/report/figures_reader.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/str.h"
#include "common/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_US		INT64_C(3600000000)

#define GID_CORRELATION 700 /* alerts of Sigma rules */

static const char *const engines[] = {
    [FIGURES_RULES] = "rules",
    [FIGURES_YARA] = "yara",
    [FIGURES_NDPI] = "ndpi",
    [FIGURES_IOC] = "ioc",
    [FIGURES_BEHAVIOUR] = "behaviour",
    [FIGURES_SIGMA] = "sigma",
    [FIGURES_AGENT] = "agent",
    [FIGURES_OTHER] = "other",
};

const char *
figures_engine_name(enum figures_engine e)
{
	return engines[e];
}

size_t
figures_top(size_t n)
{
	return n > REPORT_TOP ? REPORT_TOP : n;
}

static int
engine_of(const char *name)
{
	for (int i = 0; i < FIGURES_OTHER; i++) {
		if (name != NULL && strcmp(engines[i], name) == 0)
			return i;
	}
	return FIGURES_OTHER;
}

void *
figures_find_or_make(
    struct figures_reader *r, struct table *t, const char *key, size_t size)
{
	void *v = table_get(t, key, strlen(key));

	if (v != NULL)
		return v;
	if ((v = calloc(1, size)) == NULL) {
		r->failed = true;
		return NULL;
	}
	if (table_put(t, key, strlen(key), v) == -1) {
		free(v);
		r->f->cut = true;
		return NULL;
	}
	return v;
}

/* --- alerts -------------------------------------------------------------------- */

/* Of a correlation: its title in Dutch, which stands in the record alone. */
static void
name_in_dutch(struct figures_rule *rule, const struct store_row *row)
{
	struct json_doc *d = row->gid == GID_CORRELATION
	    ? json_read(row->body, row->body_len, NULL, 0)
	    : NULL;
	const char *title = d == NULL ? NULL : json_str(d, "correlation.title_nl");

	if (title != NULL)
		str_copy(rule->signature_nl, sizeof(rule->signature_nl), title);
	json_free(d);
}

static void
count_rule(struct figures_reader *r, const struct store_row *row)
{
	char key[FIGURES_TEXT + 48];
	struct figures_rule *rule;

	snprintf(key, sizeof(key), "%" PRId64 ":%" PRId64 ":%.200s", row->gid,
	    row->sid, row->signature == NULL ? "" : row->signature);
	if ((rule = figures_find_or_make(r, r->rules, key, sizeof(*rule))) == NULL)
		return;
	if (rule->alerts++ == 0) {
		rule->gid = row->gid;
		rule->sid = row->sid;
		str_copy(rule->signature, sizeof(rule->signature),
		    row->signature == NULL ? "" : row->signature);
		name_in_dutch(rule, row);
	}
	if (rule->severity == 0 ||
	    (row->severity > 0 && row->severity < rule->severity))
		rule->severity = row->severity;
}

static void
count_host(struct figures_reader *r, const struct store_row *row)
{
	struct figures_host *host;

	if (row->host == NULL || row->host[0] == '\0' ||
	    strcmp(row->agent, "collector") == 0)
		return;
	if ((host = figures_find_or_make(r, r->hosts, row->host, sizeof(*host))) ==
	    NULL)
		return;
	if (host->alerts++ == 0)
		str_copy(host->name, sizeof(host->name), row->host);
	host->high += row->severity == 1;
}

static void
count_alert(struct figures_reader *r, const struct store_row *row)
{
	struct figures_counts *c = r->counts;
	int day = week_day(r->week, row->time_us);

	c->alerts++;
	c->severity[row->severity >= 1 && row->severity <= 3 ? row->severity - 1
							     : 3]++;
	c->engine[engine_of(row->engine)]++;
	if (day >= 0)
		c->day[day]++;
	if (r->full) {
		count_rule(r, row);
		count_host(r, row);
	}
}

/* --- losses --------------------------------------------------------------------- */

uint64_t
figures_count_at(const struct json_doc *d, const char *path)
{
	int64_t n = json_int(d, path, 0);

	return n < 0 ? 0 : n > REPORT_COUNT_MAX ? REPORT_COUNT_MAX : (uint64_t)n;
}

static void
count_losses(
    struct figures_reader *r, const struct store_row *row, const struct json_doc *d)
{
	char path[32];

	if (strcmp(row->event_type, "gap") != 0) {
		r->f->packets_dropped += figures_count_at(d, "stadswacht.dropped");
		return;
	}
	for (int c = 0; c < RECORD_CLASSES; c++) {
		snprintf(path, sizeof(path), "gap.lost.%s",
		    record_class_name((enum record_class)c));
		r->f->lost[c] += figures_count_at(d, path);
	}
}

bool
figures_is_one_of(const char *type, const char *a, const char *b)
{
	return type != NULL && (strcmp(type, a) == 0 || strcmp(type, b) == 0);
}

/* --- rows ------------------------------------------------------------------------- */

static int
on_row(void *arg, const struct store_row *row)
{
	struct figures_reader *r = arg;
	struct json_doc *d = NULL;
	bool incident = figures_is_one_of(row->event_type, "incident", "triage");
	bool loss = r->full &&
	    (figures_is_one_of(row->event_type, "gap", "gap") ||
		(row->gid == 600 && row->sid == 10));

	r->rows++;
	if (figures_is_one_of(row->event_type, "alert", "alert"))
		count_alert(r, row);
	if ((incident || loss) &&
	    (d = json_read(row->body, row->body_len, NULL, 0)) != NULL) {
		if (incident)
			figures_fold_incident(r, row, d);
		else
			count_losses(r, row, d);
	}
	json_free(d);
	return r->failed;
}

static int
read_week(struct figures_reader *r, const struct store_query *base)
{
	struct store_query q = *base;

	q.from_us = r->week->from_us;
	q.to_us = r->week->to_us;
	q.max_class = RECORD_FINDING;
	q.limit = INT64_MAX;
	if (store_select(r->store, &q, on_row, r) == -1 || r->failed)
		return -1;
	figures_count_incidents(r);
	return 0;
}

/* --- agents -------------------------------------------------------------------------- */

static int
on_agent(void *arg, const struct store_agent *a)
{
	struct figures_reader *r = arg;
	struct figures_agent *g;

	if (a->state != STORE_AGENT_ACTIVE ||
	    (r->f->tenant[0] != '\0' && strcmp(r->f->tenant, a->tenant) != 0) ||
	    a->first_seen_us >= r->week->to_us)
		return 0;
	if ((g = figures_find_or_make(r, r->agents, a->name, sizeof(*g))) == NULL)
		return r->failed;
	g->enrolled = true;
	str_copy(g->name, sizeof(g->name), a->name);
	str_copy(g->host, sizeof(g->host), a->host);
	str_copy(g->tenant, sizeof(g->tenant), a->tenant);
	return 0;
}

/* Cells: agent, hour, records. */
static int
on_hour(void *arg, size_t n, const char *const *cell)
{
	struct figures_reader *r = arg;
	struct figures_agent *g;
	int64_t hour, records;

	if (n < 3 || cell[0] == NULL || cell[1] == NULL || cell[2] == NULL ||
	    strcmp(cell[0], "collector") == 0 ||
	    str_i64(cell[1], 0, INT64_MAX / HOUR_US, &hour) == -1 ||
	    str_i64(cell[2], 0, INT64_MAX, &records) == -1)
		return 0;
	if ((g = figures_find_or_make(r, r->agents, cell[0], sizeof(*g))) == NULL)
		return r->failed;
	if (g->name[0] == '\0')
		str_copy(g->name, sizeof(g->name), cell[0]);
	r->f->agents_heard += g->hours == 0;
	g->hours++;
	g->records += (uint64_t)records;
	g->last_us = hour * HOUR_US;
	return 0;
}

static int
read_agents(struct figures_reader *r, const struct store_query *base)
{
	struct store_query q = *base;

	q.from_us = r->week->from_us;
	q.to_us = r->week->to_us;
	return store_agents(r->store, on_agent, r) == -1 ||
		store_aggregate(r->store, "agent_hours", &q, on_hour, r) == -1 ||
		r->failed
	    ? -1
	    : 0;
}

static int
read_all(struct figures_reader *r, const struct store_query *q,
    const struct week *before)
{
	struct table *swap = r->incidents;

	r->week = before;
	r->counts = &r->f->before;
	r->incidents = r->before;
	if (read_week(r, q) == -1)
		return -1;
	r->f->before_known = r->rows > 0;
	r->incidents = swap;
	r->week = &r->f->week;
	r->counts = &r->f->this;
	r->full = true;
	return read_week(r, q) == -1 || read_agents(r, q) == -1
	    ? -1
	    : figures_make_lists(r);
}

struct known {
	const char *tenant;
	bool found;
};

static int
on_known_agent(void *arg, const struct store_agent *a)
{
	struct known *k = arg;

	k->found = strcmp(a->tenant, k->tenant) == 0;
	return k->found;
}

static int
on_known_row(void *arg, const struct store_row *row)
{
	(void)row;
	((struct known *)arg)->found = true;
	return 1;
}

static bool
tenant_known(struct store *s, const struct store_query *q, const char *tenant)
{
	struct store_query any = *q;
	struct known k = {.tenant = tenant};

	any.limit = 1;
	store_agents(s, on_known_agent, &k);
	if (!k.found)
		store_select(s, &any, on_known_row, &k);
	return k.found;
}

int
figures_read(struct store *s, const char *week, const char *tenant, int64_t now_us,
    struct figures *f, char *error, size_t size)
{
	struct store_query q = {
	    .tenants = tenant == NULL ? NULL : &tenant, .tenants_n = 1};
	struct figures_reader r = {.store = s, .f = f};
	struct table **tables[] = {
	    &r.rules, &r.hosts, &r.incidents, &r.agents, &r.before};
	struct week before;
	int64_t end;
	int result = -1;

	memset(f, 0, sizeof(*f));
	if (week_parse(week, &f->week) == -1) {
		snprintf(error, size, "\"%.20s\" is no week; write it as 2026-W47",
		    week);
		return -1;
	}
	if (now_us < f->week.from_us) {
		snprintf(error, size, "week %s has not begun yet", week);
		return -1;
	}
	if (tenant != NULL &&
	    str_copy(f->tenant, sizeof(f->tenant), tenant) == -1) {
		snprintf(error, size, "the name of the tenant is too long");
		return -1;
	}
	if (tenant != NULL && !tenant_known(s, &q, tenant)) {
		snprintf(error, size,
		    "the store holds no agent and no record of tenant \"%s\"; is "
		    "it "
		    "spelled as in collector.yaml?",
		    tenant);
		return -1;
	}
	f->now_us = now_us;
	end = now_us < f->week.to_us ? now_us : f->week.to_us;
	f->week_hours = (unsigned)((end - f->week.from_us) / HOUR_US);
	week_before(&f->week, &before);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if ((*tables[i] = table_new(REPORT_LIST_MAX, free)) == NULL)
			r.failed = true;
	}
	if (!r.failed)
		result = read_all(&r, &q, &before);
	if (result == -1)
		snprintf(error, size, "the store could not be read to the end");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		table_free(*tables[i]);
	return result;
}

void
figures_release(struct figures *f)
{
	free(f->rule);
	free(f->host);
	free(f->incident);
	free(f->agent);
	memset(f, 0, sizeof(*f));
}
