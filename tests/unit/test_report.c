/* SPDX-License-Identifier: EUPL-1.2 */
/* The weekly report from a store whose content is known: each figure, and the page. */
#include "collector/report/export.h"
#include "collector/report/figures.h"
#include "collector/report/html.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

struct bench {
	char folder[64], uri[128];
	struct store *s;
	uint64_t seq;
	struct figures f;
};

static int64_t
at(const char *text)
{
	int64_t t;

	assert_int_equal(clock_parse(text, &t), 0);
	return t;
}

static void
open_store(struct bench *b)
{
	char error[256];

	memset(b, 0, sizeof(*b));
	strcpy(b->folder, "/tmp/stadswacht-report-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(b->uri, sizeof(b->uri), "sqlite:%s/store.db", b->folder);
	b->s = store_open(b->uri, STORE_WRITE, error, sizeof(error));
	assert_non_null(b->s);
	assert_int_equal(store_begin(b->s), 0);
}

static void
close_store(struct bench *b)
{
	char command[160];

	figures_release(&b->f);
	store_close(b->s);
	snprintf(command, sizeof(command), "rm -r %s", b->folder);
	assert_int_equal(system(command), 0);
}

static void
put_agent(struct bench *b, const char *name, const char *tenant,
    enum store_agent_state state)
{
	struct store_agent a = {
	    .state = state, .first_seen_us = 1, .last_seen_us = 2};

	snprintf(a.name, sizeof(a.name), "%s", name);
	snprintf(a.key, sizeof(a.key), "key-of-%s", name);
	snprintf(a.tenant, sizeof(a.tenant), "%s", tenant);
	snprintf(a.host, sizeof(a.host), "host-%s", name);
	assert_int_equal(store_put_agent(b->s, &a), 0);
}

static void
put_row(struct bench *b, struct store_row r, const char *time, const char *body)
{
	int64_t id;

	r.epoch = "e";
	r.seq = ++b->seq;
	r.time_us = at(time);
	r.received_us = r.time_us + 1000;
	r.body = body;
	r.body_len = strlen(body);
	r.crc = crc32c(0, body, r.body_len);
	if (r.tenant == NULL)
		r.tenant = "zwolle";
	if (r.agent == NULL)
		r.agent = "sw-1";
	assert_int_equal(store_append(b->s, &r, &id), 0);
}

static void
put_alert(struct bench *b, const char *time, const char *agent, const char *tenant,
    const char *engine, int64_t severity, const char *signature)
{
	char host[64];

	snprintf(host, sizeof(host), "host-%s", agent);
	put_row(b,
	    (struct store_row){.agent = agent,
		.tenant = tenant,
		.host = host,
		.cls = RECORD_ALERT,
		.event_type = "alert",
		.signature = signature,
		.gid = 1,
		.sid = (int64_t)strlen(signature),
		.severity = severity,
		.engine = engine,
		.src_ip = "198.51.100.77",
		.dest_ip = "10.20.1.10"},
	    time, "{\"event_type\":\"alert\",\"stadswacht\":{\"v\":1}}");
}

static void
put_incident(struct bench *b, const char *time, const char *type,
    const char *tenant, const char *incident)
{
	char body[1024];

	snprintf(body, sizeof(body),
	    "{\"event_type\":\"%s\",\"incident\":{%s},\"stadswacht\":{\"v\":1}}",
	    type, incident);
	put_row(b,
	    (struct store_row){.agent = "collector",
		.tenant = tenant,
		.cls = RECORD_ALERT,
		.event_type = type,
		.engine = "sigma"},
	    time, body);
}

/* Week 47 of 2026: Monday 16 to Sunday 22 November, Dutch time. */
static void
fill(struct bench *b)
{
	put_agent(b, "sw-1", "zwolle", STORE_AGENT_ACTIVE);
	put_agent(b, "sw-2", "zwolle", STORE_AGENT_ACTIVE);
	put_agent(b, "sw-3", "zwolle", STORE_AGENT_REVOKED);
	put_agent(b, "sw-9", "kampen", STORE_AGENT_ACTIVE);
	/* the week before: 2 alerts, 1 incident */
	put_alert(b, "2026-11-15T22:59:59Z", "sw-1", NULL, "rules", 1, "Old");
	put_alert(b, "2026-11-10T12:00:00Z", "sw-1", NULL, "yara", 3, "Old");
	put_incident(b, "2026-11-10T12:00:00Z", "incident", NULL,
	    "\"id\":\"INC-0\",\"title\":\"Old\",\"status\":\"new\",\"severity\":"
	    "\"high\","
	    "\"first\":\"2026-11-10T12:00:00Z\",\"last\":\"2026-11-10T12:00:00Z\","
	    "\"count\":1");
	/* this week, from its first moment to its last */
	put_alert(b, "2026-11-15T23:00:00Z", "sw-1", NULL, "rules", 1, "Scan");
	put_alert(b, "2026-11-17T12:00:00Z", "sw-1", NULL, "rules", 1, "Scan");
	put_alert(b, "2026-11-17T12:30:00Z", "sw-1", NULL, "rules", 2,
	    "<script>alert(\"x\")</script> & more");
	put_alert(b, "2026-11-22T22:59:59Z", "sw-3", NULL, "yara", 3, "File");
	put_alert(b, "2026-11-22T22:59:59Z", "sw-1", NULL, "ndpi", 4, "Risk");
	/* outside the week, or of another town */
	put_alert(b, "2026-11-22T23:00:00Z", "sw-1", NULL, "rules", 1, "Next week");
	put_alert(
	    b, "2026-11-18T12:00:00Z", "sw-9", "kampen", "rules", 1, "Not yours");
	put_incident(b, "2026-11-18T12:00:00Z", "incident", "kampen",
	    "\"id\":\"INC-K\",\"title\":\"Kampen\",\"status\":\"new\",\"severity\":"
	    "\"critical\",\"first\":\"2026-11-18T12:00:00Z\",\"last\":"
	    "\"2026-11-18T12:00:00Z\",\"count\":5");
	/* incidents: one told twice and then closed, one merged, one of last week */
	put_incident(b, "2026-11-17T12:00:00Z", "incident", NULL,
	    "\"id\":\"INC-1\",\"title\":\"First\",\"status\":\"new\",\"severity\":"
	    "\"low\","
	    "\"first\":\"2026-11-17T12:00:00Z\",\"last\":\"2026-11-17T12:00:00Z\","
	    "\"count\":1");
	put_incident(b, "2026-11-17T13:00:00Z", "triage", NULL,
	    "\"id\":\"INC-1\",\"status\":\"closed\"");
	put_incident(b, "2026-11-17T14:00:00Z", "incident", NULL,
	    "\"id\":\"INC-1\",\"title\":\"Scan of many\",\"status\":\"new\","
	    "\"severity\":\"high\",\"first\":\"2026-11-17T12:00:00Z\","
	    "\"last\":\"2026-11-17T14:00:00Z\",\"count\":7,\"attack\":[\"T1046\"],"
	    "\"entities\":[{\"type\":\"ip\",\"value\":\"203.0.113.66\"},"
	    "{\"type\":\"seen\",\"value\":\"web0\"},"
	    "{\"type\":\"host\",\"value\":\"web01\"},"
	    "{\"type\":\"seen\",\"value\":\"web01\"}]");
	put_incident(b, "2026-11-18T09:00:00Z", "incident", NULL,
	    "\"id\":\"INC-2\",\"title\":\"Same\",\"status\":\"merged\","
	    "\"severity\":"
	    "\"high\",\"first\":\"2026-11-18T09:00:00Z\",\"last\":"
	    "\"2026-11-18T09:00:00Z\",\"count\":2");
	put_incident(b, "2026-11-19T09:00:00Z", "incident", NULL,
	    "\"id\":\"INC-3\",\"title\":\"Notes\",\"title_nl\":\"Briefjes\","
	    "\"status\":\"new\",\"severity\":"
	    "\"critical\",\"first\":\"2026-11-19T09:00:00Z\",\"last\":"
	    "\"2026-11-19T09:00:00Z\",\"count\":3");
	put_incident(b, "2026-11-16T09:00:00Z", "incident", NULL,
	    "\"id\":\"INC-0\",\"title\":\"Old\",\"status\":\"new\",\"severity\":"
	    "\"high\","
	    "\"first\":\"2026-11-10T12:00:00Z\",\"last\":\"2026-11-16T09:00:00Z\","
	    "\"count\":4");
	/* losses */
	put_row(b, (struct store_row){.event_type = "gap", .cls = RECORD_HEALTH},
	    "2026-11-17T12:10:00Z",
	    "{\"event_type\":\"gap\",\"gap\":{\"where\":\"queue\",\"lost\":{"
	    "\"alert\":3,"
	    "\"telemetry\":40}},\"stadswacht\":{\"v\":1}}");
	put_row(b, (struct store_row){.event_type = "gap", .cls = RECORD_HEALTH},
	    "2026-11-18T12:10:00Z",
	    "{\"event_type\":\"gap\",\"gap\":{\"where\":\"spool\",\"lost\":{"
	    "\"telemetry\":2}},"
	    "\"stadswacht\":{\"v\":1}}");
	put_row(b,
	    (struct store_row){.event_type = "alert",
		.cls = RECORD_HEALTH,
		.gid = 600,
		.sid = 10,
		.severity = 2,
		.engine = "agent",
		.signature = "lost packets"},
	    "2026-11-18T12:11:00Z",
	    "{\"event_type\":\"alert\",\"stadswacht\":{\"v\":1,\"dropped\":17}}");
	assert_int_equal(store_commit(b->s), 0);
}

static void
read_figures(struct bench *b, const char *week, const char *tenant)
{
	char error[256] = "";

	figures_release(&b->f);
	if (figures_read(b->s, week, tenant, at("2026-11-23T08:00:00Z"), &b->f,
		error, sizeof(error)) == -1)
		fail_msg("%s", error);
}

static void
test_each_figure(void **state)
{
	struct bench b;
	const struct figures *f = &b.f;

	(void)state;
	open_store(&b);
	fill(&b);
	read_figures(&b, "2026-W47", "zwolle");
	assert_int_equal(f->this.alerts, 6); /* with the agent's own */
	assert_int_equal(f->this.severity[0], 2);
	assert_int_equal(f->this.severity[1], 2);
	assert_int_equal(f->this.severity[2], 1);
	assert_int_equal(f->this.severity[3], 1);
	assert_int_equal(f->this.engine[FIGURES_RULES], 3);
	assert_int_equal(f->this.engine[FIGURES_YARA], 1);
	assert_int_equal(f->this.engine[FIGURES_NDPI], 1);
	assert_int_equal(f->this.engine[FIGURES_AGENT], 1);
	assert_int_equal(f->this.day[0], 1);
	assert_int_equal(f->this.day[1], 2);
	assert_int_equal(f->this.day[2], 1);
	assert_int_equal(f->this.day[6], 2);
	assert_true(f->before_known);
	assert_int_equal(f->before.alerts, 2);
	assert_int_equal(f->before.day[6], 1);
	assert_int_equal(f->before.incidents, 1);
	assert_int_equal(f->this.incidents, 2);
	assert_int_equal(f->this.level[4], 1);
	assert_int_equal(f->this.level[3], 1);
	assert_int_equal(f->lost[RECORD_ALERT], 3);
	assert_int_equal(f->lost[RECORD_TELEMETRY], 42);
	assert_int_equal(f->lost[RECORD_HEALTH], 0);
	assert_int_equal(f->packets_dropped, 17);
	assert_int_equal(f->week_hours, 168);
	close_store(&b);
}

static void
test_each_list(void **state)
{
	struct bench b;
	const struct figures *f = &b.f;

	(void)state;
	open_store(&b);
	fill(&b);
	read_figures(&b, "2026-W47", "zwolle");
	assert_int_equal(f->rules, 5);
	assert_string_equal(f->rule[0].signature, "Scan");
	assert_int_equal(f->rule[0].alerts, 2);
	assert_int_equal(f->rule[0].severity, 1);
	assert_int_equal(f->hosts, 2);
	assert_string_equal(f->host[0].name, "host-sw-1");
	assert_int_equal(f->host[0].alerts, 4);
	assert_int_equal(f->host[0].high, 2);
	/* heaviest first; the merged one is gone, the closed one stays closed */
	assert_int_equal(f->incidents, 3);
	assert_string_equal(f->incident[0].id, "INC-3");
	assert_string_equal(f->incident[1].id, "INC-0");
	assert_false(f->incident[1].is_new);
	assert_string_equal(f->incident[2].id, "INC-1");
	assert_string_equal(f->incident[2].title, "Scan of many");
	assert_string_equal(f->incident[2].status, "closed");
	assert_string_equal(f->incident[2].hosts, "web0, web01");
	assert_string_equal(f->incident[2].attack, "T1046");
	assert_int_equal(f->incident[2].events, 7);
	/* agents: heard, silent, heard though revoked */
	assert_int_equal(f->agents, 3);
	assert_string_equal(f->agent[0].name, "sw-1");
	assert_int_equal(f->agent[0].hours, 4);
	assert_int_equal(f->agent[0].records, 7);
	assert_true(f->agent[0].enrolled);
	assert_string_equal(f->agent[1].name, "sw-2");
	assert_int_equal(f->agent[1].hours, 0);
	assert_string_equal(f->agent[2].name, "sw-3");
	assert_false(f->agent[2].enrolled);
	assert_int_equal(f->agents_heard, 2);
	close_store(&b);
}

/* An agent may write any number: none of them makes the sums less than they were. */
static void
test_losses_that_cannot_be(void **state)
{
	struct bench b;

	(void)state;
	open_store(&b);
	fill(&b);
	assert_int_equal(store_begin(b.s), 0);
	put_row(&b, (struct store_row){.event_type = "gap", .cls = RECORD_HEALTH},
	    "2026-11-18T12:20:00Z",
	    "{\"event_type\":\"gap\",\"gap\":{\"lost\":{\"alert\":-5,"
	    "\"telemetry\":9223372036854775807}},\"stadswacht\":{\"v\":1}}");
	for (int i = 0; i < 2; i++)
		put_row(&b,
		    (struct store_row){.event_type = "gap", .cls = RECORD_HEALTH},
		    "2026-11-18T12:30:00Z",
		    "{\"event_type\":\"gap\",\"gap\":{\"lost\":{"
		    "\"finding\":9223372036854775807}},\"stadswacht\":{\"v\":1}}");
	assert_int_equal(store_commit(b.s), 0);
	read_figures(&b, "2026-W47", "zwolle");
	assert_int_equal(b.f.lost[RECORD_ALERT], 3);
	assert_int_equal(b.f.lost[RECORD_TELEMETRY], 42 + REPORT_COUNT_MAX);
	assert_int_equal(b.f.lost[RECORD_FINDING], 2 * REPORT_COUNT_MAX);
	close_store(&b);
}

static void
test_tenants_are_apart(void **state)
{
	struct bench b;

	(void)state;
	open_store(&b);
	fill(&b);
	read_figures(&b, "2026-W47", "kampen");
	assert_int_equal(b.f.this.alerts, 1);
	assert_int_equal(b.f.this.incidents, 1);
	assert_int_equal(b.f.agents, 1);
	assert_false(b.f.before_known);
	read_figures(&b, "2026-W47", NULL);
	assert_int_equal(b.f.this.alerts, 7);
	assert_int_equal(b.f.this.incidents, 3);
	assert_int_equal(b.f.agents, 4);
	close_store(&b);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *week, *tenant, *say;
	} bad[] = {{"2026-47", NULL, "2026-W47"}, {"2027-W02", NULL, "not begun"},
	    {"2026-W47", "nergens", "\"nergens\""}};
	struct bench b;

	(void)state;
	open_store(&b);
	fill(&b);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char error[256] = "";

		assert_int_equal(
		    figures_read(b.s, bad[i].week, bad[i].tenant,
			at("2026-11-23T08:00:00Z"), &b.f, error, sizeof(error)),
		    -1);
		assert_non_null(strstr(error, bad[i].say));
		figures_release(&b.f);
	}
	close_store(&b);
}

/* --- the page -------------------------------------------------------------------- */

/* Every element closed in its order, every & an entity; and headings step by step. */
static void
check_page(const char *s)
{
	char stack[64][24];
	size_t depth = 0;
	int level = 0, tables = 0, captions = 0;

	assert_int_equal(strncmp(s, "<!DOCTYPE html>\n<html lang=\"", 28), 0);
	for (s += 16; *s != '\0'; s++) {
		char name[24];
		size_t n;

		if (*s == '&')
			assert_true(strncmp(s, "&amp;", 5) == 0 ||
			    strncmp(s, "&lt;", 4) == 0 ||
			    strncmp(s, "&gt;", 4) == 0 ||
			    strncmp(s, "&quot;", 6) == 0);
		if (*s != '<')
			continue;
		n = strcspn(s + 1, " />") + (s[1] == '/');
		n = s[1] == '/' ? 1 + strcspn(s + 2, ">") : n;
		assert_true(n < sizeof(name));
		memcpy(name, s + 1, n);
		name[n] = '\0';
		s = strchr(s, '>');
		assert_non_null(s);
		if (name[0] == '/') {
			assert_true(depth > 0);
			assert_string_equal(stack[--depth], name + 1);
			continue;
		}
		if (name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
			assert_true(name[1] - '0' <= level + 1);
			level = name[1] - '0';
		}
		tables += strcmp(name, "table") == 0;
		captions += strcmp(name, "caption") == 0;
		if (s[-1] == '/')
			continue;
		assert_true(depth < 64);
		strcpy(stack[depth++], name);
	}
	assert_int_equal(depth, 0);
	assert_int_equal(tables, captions);
}

static char *
page_of(const struct figures *f, enum texts_lang lang)
{
	struct buf out;
	char *copy;

	buf_init(&out, REPORT_SIZE_MAX);
	html_render(&out, f, lang);
	assert_non_null(buf_str(&out));
	copy = strdup(buf_str(&out));
	buf_release(&out);
	return copy;
}

static void
test_page(void **state)
{
	struct bench b;

	(void)state;
	open_store(&b);
	fill(&b);
	for (int lang = 0; lang < TEXTS_LANGS; lang++) {
		char *page, *again;

		read_figures(&b, "2026-W47", "zwolle");
		page = page_of(&b.f, (enum texts_lang)lang);
		check_page(page);
		assert_null(strstr(page, "<script>"));
		assert_non_null(strstr(page, "&lt;script&gt;alert(&quot;x&quot;)"));
		/* nothing from elsewhere, no address of anybody */
		assert_null(strstr(page, "http://"));
		assert_null(strstr(page, "https://"));
		assert_null(strstr(page, "198.51.100.77"));
		assert_null(strstr(page, "203.0.113.66"));
		assert_null(strstr(page, "Not yours"));
		assert_null(strstr(page, "%1"));
		read_figures(&b, "2026-W47", "zwolle");
		again = page_of(&b.f, (enum texts_lang)lang);
		assert_string_equal(page, again);
		free(page);
		free(again);
	}
	close_store(&b);
}

static void
test_conclusion(void **state)
{
	struct bench b;
	char *page;

	(void)state;
	open_store(&b);
	fill(&b);
	read_figures(&b, "2026-W47", "zwolle");
	page = page_of(&b.f, TEXTS_NL);
	assert_non_null(strstr(page, "Er waren deze week 2 nieuwe incidenten."));
	assert_non_null(strstr(page, "Daarvan zijn er 2 ernstig"));
	assert_non_null(strstr(page, "2 incidenten zijn nog niet afgehandeld."));
	assert_non_null(strstr(page, "Er waren 6 meldingen; de week ervoor 2."));
	assert_non_null(
	    strstr(page, "Van 1 van de 2 agents kwamen er gegevens binnen."));
	assert_non_null(strstr(page, "Let op: 1 agent was de hele week stil"));
	assert_non_null(strstr(page, "45 records en 17 netwerkpakketten"));
	assert_non_null(strstr(page,
	    "Week 47 van 2026: 16 november 2026 tot en met 22 november 2026"));
	assert_non_null(strstr(page, "Gemaakt op 23 november 2026, 09:00 uur"));
	assert_non_null(strstr(page,
	    "Het zwaarste dat nog open staat: Briefjes (kritiek). Sinds 19 "
	    "november "
	    "10:00.</li>"));
	assert_null(strstr(page, "Notes"));
	assert_non_null(strstr(page, "<p>Voor: zwolle</p>"));
	free(page);
	b.f.tenant_title = "Gemeente Zwolle";
	page = page_of(&b.f, TEXTS_EN);
	assert_non_null(strstr(page, "<p>For: Gemeente Zwolle</p>"));
	assert_non_null(strstr(page,
	    "The heaviest one still open: Notes (critical). Since 19 November"));
	assert_null(strstr(page, "Briefjes"));
	free(page);
	/* an empty week says that it knows nothing, and is a whole report */
	read_figures(&b, "2026-W30", "zwolle");
	page = page_of(&b.f, TEXTS_EN);
	check_page(page);
	assert_non_null(strstr(page, "Nothing was received this week."));
	assert_non_null(strstr(page, "There is no data of the week before."));
	free(page);
	/* the week that still runs */
	read_figures(&b, "2026-W48", NULL);
	page = page_of(&b.f, TEXTS_EN);
	assert_non_null(strstr(page, "The figures cover 9 of 168 hours."));
	free(page);
	close_store(&b);
}

static void
test_json_has_the_same_figures(void **state)
{
	struct bench b;
	struct buf out;
	struct json_doc *d;

	(void)state;
	open_store(&b);
	fill(&b);
	read_figures(&b, "2026-W47", "zwolle");
	buf_init(&out, REPORT_SIZE_MAX);
	export_json(&out, &b.f);
	d = json_read((const char *)out.data, out.len, NULL, 0);
	assert_non_null(d);
	assert_string_equal(json_str(d, "week"), "2026-W47");
	assert_int_equal(json_int(d, "this_week.alerts", 0), 6);
	assert_int_equal(json_int(d, "this_week.alerts_by_severity.1", 0), 2);
	assert_int_equal(json_int(d, "this_week.alerts_by_day.6", 0), 2);
	assert_int_equal(json_int(d, "week_before.alerts", 0), 2);
	assert_int_equal(json_count(json_at(d, "incidents")), 3);
	assert_int_equal(json_int(d, "lost.telemetry", 0), 42);
	assert_int_equal(json_int(d, "lost.packets", 0), 17);
	assert_int_equal(json_int(d, "agents.0.hours_heard", 0), 4);
	assert_null(strstr(buf_str(&out), "203.0.113.66"));
	json_free(d);
	buf_release(&out);
	close_store(&b);
}

/* Both languages have each sentence, with the same things to fill in. */
static void
test_texts_agree(void **state)
{
	(void)state;
	for (int i = 0; i < TEXTS_COUNT; i++) {
		const char *nl = texts_get(TEXTS_NL, (enum texts_id)i);
		const char *en = texts_get(TEXTS_EN, (enum texts_id)i);

		assert_true(nl[0] != '\0' && en[0] != '\0');
		for (char k = '1'; k <= '9'; k++) {
			char mark[] = {'%', k, '\0'};

			if ((strstr(nl, mark) == NULL) !=
			    (strstr(en, mark) == NULL))
				fail_msg(
				    "%s in only one of: %s / %s", mark, nl, en);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_figure),
	    cmocka_unit_test(test_each_list),
	    cmocka_unit_test(test_losses_that_cannot_be),
	    cmocka_unit_test(test_tenants_are_apart),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_page),
	    cmocka_unit_test(test_conclusion),
	    cmocka_unit_test(test_json_has_the_same_figures),
	    cmocka_unit_test(test_texts_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
