/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The correlator with the Sigma documents that we ship: for each one what fires it
 * and what just does not; incidents; tenants; coming back after a restart.
 */
#include "collector/correlate/correlate.h"
#include "common/clock.h"
#include "common/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

#define S	INT64_C(1000000)
#define BASE	(INT64_C(1795435200) * S)
#define RECORDS 512

struct town {
	struct sigma_set *set;
	struct correlator *c;
	char *in[RECORDS]; /* records by id less one */
	int64_t time[RECORDS];
	size_t ins;
	char *out[RECORDS];
	size_t outs;
};

static void
complain(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	fail_msg("%s:%u: %s", file, line, text);
}

static void
emit(void *arg, int64_t time_us, const char *json, size_t len)
{
	struct town *t = arg;

	(void)time_us;
	assert_true(t->outs < RECORDS);
	t->out[t->outs++] = strndup(json, len);
}

static void
fetch(void *arg, int64_t id, correlate_see_fn *see, void *see_arg)
{
	struct town *t = arg;
	struct json_doc *d;
	struct event e;

	assert_true(id > 0 && (size_t)id <= t->ins);
	d = json_read(t->in[id - 1], strlen(t->in[id - 1]), NULL, 0);
	assert_non_null(d);
	event_from(&e, d);
	e.id = id;
	see(see_arg, &e);
	json_free(d);
}

static void
start(struct town *t)
{
	const struct correlate_ops ops = {.emit = emit, .fetch = fetch, .arg = t};

	t->set = sigma_new();
	assert_int_equal(sigma_load(t->set, "signatures/sigma", complain, NULL), 0);
	assert_int_equal(sigma_link(t->set, complain, NULL), 0);
	t->c = correlate_new(t->set, 600 * S, &ops);
	assert_non_null(t->c);
}

static void
stop(struct town *t)
{
	correlate_free(t->c);
	sigma_free(t->set);
	t->c = NULL;
	t->set = NULL;
}

static void
clear(struct town *t)
{
	stop(t);
	for (size_t i = 0; i < t->ins; i++)
		free(t->in[i]);
	for (size_t i = 0; i < t->outs; i++)
		free(t->out[i]);
	memset(t, 0, sizeof(*t));
}

static void
replay(struct town *t, size_t i, bool quiet)
{
	struct json_doc *d = json_read(t->in[i], strlen(t->in[i]), NULL, 0);
	struct event e;

	assert_non_null(d);
	event_from(&e, d);
	e.id = (int64_t)i + 1;
	e.arrived_us = e.time_us = t->time[i];
	correlate_event(t->c, &e, quiet);
	json_free(d);
}

struct sighting {
	int64_t second;
	const char *engine, *tenant, *host, *src, *dest, *signature, *technique;
	int port, severity;
};

static void
see(struct town *t, struct sighting a)
{
	char time[CLOCK_TEXT_SIZE], addresses[200] = "", *text;

	clock_text(BASE + a.second * S, time);
	if (a.src != NULL)
		snprintf(addresses, sizeof(addresses),
		    "\"src_ip\":\"%s\",\"dest_ip\":\"%s\",\"dest_port\":%d,", a.src,
		    a.dest, a.port == 0 ? 443 : a.port);
	assert_true(t->ins < RECORDS);
	assert_true(
	    asprintf(&text,
		"{\"timestamp\":\"%s\",\"event_type\":\"alert\",%s"
		"\"alert\":{\"gid\":1,\"signature_id\":9000999,\"severity\":%d,"
		"\"signature\":\"%s\"},\"stadswacht\":{\"engine\":\"%s\","
		"\"attack\":[\"%s\"],\"tenant\":\"%s\",\"host\":\"%s\"}}",
		time, addresses, a.severity == 0 ? 2 : a.severity,
		a.signature == NULL ? "Something" : a.signature,
		a.engine == NULL ? "rules" : a.engine,
		a.technique == NULL ? "T1595" : a.technique,
		a.tenant == NULL ? "zwolle" : a.tenant,
		a.host == NULL ? "web01" : a.host) > 0);
	t->time[t->ins] = BASE + a.second * S;
	t->in[t->ins++] = text;
	replay(t, t->ins - 1, false);
}

/* Alerts of our own with this title. */
static size_t
alerts(const struct town *t, const char *title)
{
	size_t n = 0;

	for (size_t i = 0; i < t->outs; i++)
		n += strstr(t->out[i], "\"event_type\":\"alert\"") != NULL &&
		    strstr(t->out[i], title) != NULL;
	return n;
}

/* Different incidents; the newest row of the last in *newest. */
static size_t
incidents(const struct town *t, const char **newest)
{
	char ids[RECORDS][40];
	size_t n = 0;

	for (size_t i = 0; i < t->outs; i++) {
		struct json_doc *d =
		    json_read(t->out[i], strlen(t->out[i]), NULL, 0);
		const char *id;
		size_t k = 0;

		assert_non_null(d);
		id = json_str(d, "incident.id");
		while (id != NULL && k < n && strcmp(ids[k], id) != 0)
			k++;
		if (id != NULL && k == n)
			str_copy(ids[n++], sizeof(ids[0]), id);
		if (id != NULL && newest != NULL)
			*newest = t->out[i];
		json_free(d);
	}
	return n;
}

/* --- what we ship ------------------------------------------------------------- */

static void
scan(struct town *t, int hosts, int step)
{
	char dest[32];

	for (int i = 0; i < hosts; i++) {
		snprintf(dest, sizeof(dest), "10.20.1.%d", 10 + i);
		see(t,
		    (struct sighting){.second = (int64_t)i * step,
			.src = "203.0.113.66",
			.dest = dest});
	}
}

static void
test_one_source_many_hosts(void **state)
{
	struct town t = {0};
	const char *row = "";

	(void)state;
	start(&t);
	scan(&t, 5, 150); /* the fifth at 600 s: the last moment */
	assert_int_equal(alerts(&t, "One source gives alerts on many hosts"), 1);
	assert_int_equal(alerts(&t, "\"title_nl\":\"Eén bron geeft"), 1);
	assert_int_equal(incidents(&t, &row), 1);
	assert_non_null(strstr(row,
	    "\"title\":\"One source gives alerts on many hosts\","
	    "\"title_nl\":\"Eén bron geeft meldingen op veel systemen\""));
	clear(&t);
	start(&t);
	scan(&t, 4, 1);
	for (int i = 0; i < 20; i++) /* one of the four again is no fifth */
		see(&t,
		    (struct sighting){.second = 10 + i,
			.src = "203.0.113.66",
			.dest = "10.20.1.10"});
	assert_int_equal(t.outs, 0);
	clear(&t);
	start(&t);
	scan(&t, 5, 151); /* the fifth at 604 s */
	assert_int_equal(t.outs, 0);
	clear(&t);
}

static void
test_one_source_many_services(void **state)
{
	static const int ports[] = {22, 80, 443, 3389};
	struct town t = {0};

	(void)state;
	for (size_t near = 0; near < 2; near++) {
		start(&t);
		for (size_t i = 0; i < 4 - near; i++)
			see(&t,
			    (struct sighting){.second = (int64_t)i,
				.src = "203.0.113.66",
				.dest = "10.20.1.10",
				.port = ports[i]});
		assert_int_equal(
		    alerts(&t, "many services of one host"), near == 0);
		clear(&t);
	}
}

static void
test_passwords_are_guessed(void **state)
{
	struct town t = {0};

	(void)state;
	for (size_t near = 0; near < 3; near++) {
		start(&t);
		for (int i = 0; i < 3; i++)
			see(&t,
			    (struct sighting){.second = i * (near == 1 ? 451 : 450),
				.src = "203.0.113.66",
				.dest = "10.20.1.10",
				.technique = near == 2 ? "T1595" : "T1110.001"});
		assert_int_equal(
		    alerts(&t, "Passwords are being guessed"), near == 0);
		clear(&t);
	}
}

static void
test_file_spreads(void **state)
{
	struct town t = {0};

	(void)state;
	for (size_t near = 0; near < 2; near++) {
		start(&t);
		for (int i = 0; i < 2; i++)
			see(&t,
			    (struct sighting){.second = i * 3600,
				.engine = "yara",
				.signature = "Evil",
				.host = i == 0 || near ? "web01" : "web02"});
		assert_int_equal(
		    alerts(&t, "The same suspicious file on several hosts"),
		    near == 0);
		clear(&t);
	}
	/* two different files */
	start(&t);
	see(&t,
	    (struct sighting){
		.engine = "yara", .signature = "Evil", .host = "web01"});
	see(&t,
	    (struct sighting){
		.engine = "yara", .signature = "Other", .host = "web02"});
	assert_int_equal(t.outs, 0);
	clear(&t);
}

static void
test_ransomware_at_work(void **state)
{
	struct town t = {0};
	const char *row = "";

	(void)state;
	for (int near = 0; near < 2; near++) {
		start(&t);
		for (int i = 0; i < 3 - near; i++)
			see(&t,
			    (struct sighting){.second = i * 300,
				.engine = "yara",
				.signature = "STADSWACHT_Ransom_Note_Words"});
		assert_int_equal(
		    alerts(&t, "Ransom notes in several places"), near == 0);
		if (near == 0) {
			assert_int_equal(incidents(&t, &row), 1);
			assert_non_null(strstr(row, "\"severity\":\"critical\""));
		}
		clear(&t);
	}
}

static void
test_traffic_and_file_on_one_host(void **state)
{
	struct town t = {0};

	(void)state;
	for (int near = 0; near < 3; near++) {
		start(&t);
		see(&t,
		    (struct sighting){.src = "203.0.113.66",
			.dest = "10.20.1.10",
			.severity = near == 1 ? 3 : 2});
		see(&t,
		    (struct sighting){.second = 86400 + (near == 2),
			.engine = "yara",
			.signature = "Evil"});
		assert_int_equal(
		    alerts(&t, "a suspicious file on one host"), near == 0);
		clear(&t);
	}
}

/* Each document that can fire has a test above. */
static void
test_every_correlation_is_tested(void **state)
{
	struct town t = {0};
	size_t n = 0;

	(void)state;
	start(&t);
	for (size_t i = 0; i < sigma_count(t.set); i++) {
		const struct sigma_rule *r = sigma_at(t.set, i);

		n += r->correlation != NULL;
		assert_true(r->correlation != NULL || r->silent);
		assert_non_null(r->id);
		assert_true(r->correlation == NULL || r->attacks > 0);
	}
	assert_int_equal(n, 6);
	clear(&t);
}

/* --- joining --------------------------------------------------------------------
 */

static void
test_tenants_never_join(void **state)
{
	struct town t = {0};
	char dest[32];

	(void)state;
	start(&t);
	for (int i = 0; i < 8; i++) {
		snprintf(dest, sizeof(dest), "10.20.1.%d", 10 + i);
		see(&t,
		    (struct sighting){.second = i,
			.src = "203.0.113.66",
			.dest = dest,
			.tenant = i % 2 == 0 ? "zwolle" : "kampen"});
	}
	assert_int_equal(t.outs, 0);
	/* high alerts on the same address: one incident a tenant */
	see(&t,
	    (struct sighting){.second = 9,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1,
		.tenant = "zwolle"});
	see(&t,
	    (struct sighting){.second = 9,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1,
		.tenant = "kampen"});
	assert_int_equal(incidents(&t, NULL), 2);
	clear(&t);
}

static void
test_one_story_is_one_incident(void **state)
{
	struct town t = {0};
	const char *row = "";
	struct json_doc *d;

	(void)state;
	start(&t);
	scan(&t, 6, 1);
	see(&t,
	    (struct sighting){.second = 60,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1,
		.signature = "Exploit",
		.technique = "T1190"});
	see(&t,
	    (struct sighting){.second = 120,
		.engine = "yara",
		.severity = 1,
		.signature = "Shell",
		.technique = "T1505.003"});
	assert_int_equal(incidents(&t, &row), 1);
	d = json_read(row, strlen(row), NULL, 0);
	assert_string_equal(json_str(d, "incident.status"), "new");
	assert_string_equal(json_str(d, "incident.severity"), "high");
	assert_string_equal(json_str(d, "stadswacht.tenant"), "zwolle");
	assert_int_equal(json_int(d, "incident.count", 0), 8);
	assert_int_equal(json_count(json_at(d, "incident.events")), 8);
	assert_int_equal(json_int(d, "incident.events.0", 0), 1);
	assert_int_equal(json_int(d, "incident.events.7", 0), 8);
	assert_int_equal(json_count(json_at(d, "incident.firings")), 2);
	assert_non_null(strstr(row, "T1190"));
	assert_non_null(strstr(row, "T1505.003"));
	assert_non_null(strstr(row, "{\"type\":\"host\",\"value\":\"web01\"}"));
	assert_string_equal(
	    json_str(d, "incident.first"), "2026-11-23T12:00:00.000000+0000");
	assert_string_equal(
	    json_str(d, "incident.last"), "2026-11-23T12:02:00.000000+0000");
	json_free(d);
	clear(&t);
}

/* Two incidents that a firing shows to be one: the later goes into the earlier. */
static void
test_incidents_merge(void **state)
{
	struct town t = {0};
	const char *row = "", *merged = NULL;

	(void)state;
	start(&t);
	see(&t,
	    (struct sighting){.second = 0,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1,
		.host = "sensor"});
	see(&t,
	    (struct sighting){.second = 10,
		.engine = "yara",
		.severity = 1,
		.signature = "Shell"});
	assert_int_equal(incidents(&t, NULL), 2);
	see(&t,
	    (struct sighting){.second = 20,
		.src = "203.0.113.66",
		.dest = "10.20.1.11",
		.severity = 2});
	incidents(&t, &row);
	assert_int_equal(incidents(&t, NULL), 2);
	for (size_t i = 0; i < t.outs; i++) {
		if (strstr(t.out[i], "\"status\":\"merged\"") != NULL)
			merged = t.out[i];
	}
	assert_non_null(merged);
	assert_non_null(strstr(merged, "\"merged_into\":\"INC-20261123-"));
	assert_non_null(strstr(row, "\"status\":\"new\""));
	assert_non_null(strstr(row, "\"events\":[1,2,3]"));
	assert_non_null(strstr(row, "\"count\":3,\"last_event\":3"));
	clear(&t);
}

static void
test_strangers_are_two_incidents(void **state)
{
	struct town t = {0};

	(void)state;
	start(&t);
	see(&t,
	    (struct sighting){
		.src = "203.0.113.66", .dest = "10.20.1.10", .severity = 1});
	see(&t,
	    (struct sighting){
		.src = "198.51.100.7", .dest = "10.20.1.11", .severity = 1});
	assert_int_equal(incidents(&t, NULL), 2);
	/* multicast and loopback join nobody */
	see(&t,
	    (struct sighting){
		.src = "127.0.0.1", .dest = "224.0.0.1", .severity = 1});
	see(&t,
	    (struct sighting){
		.src = "127.0.0.1", .dest = "224.0.0.1", .severity = 1});
	assert_int_equal(incidents(&t, NULL), 4);
	clear(&t);
}

static void
test_a_day_of_quiet_ends_an_incident(void **state)
{
	struct town t = {0};

	(void)state;
	start(&t);
	see(&t,
	    (struct sighting){
		.src = "203.0.113.66", .dest = "10.20.1.10", .severity = 1});
	see(&t,
	    (struct sighting){.second = 86400,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1});
	assert_int_equal(incidents(&t, NULL), 1);
	see(&t,
	    (struct sighting){.second = 2 * 86400 + 1,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1});
	assert_int_equal(incidents(&t, NULL), 2);
	clear(&t);
}

/* A flood makes few rows: they double, or ten minutes go by. */
static void
test_a_growing_incident_is_told_sparingly(void **state)
{
	struct town t = {0};
	const char *row = "";

	(void)state;
	start(&t);
	for (int i = 0; i < 400; i++)
		see(&t,
		    (struct sighting){.second = 0,
			.src = "203.0.113.66",
			.dest = "10.20.1.10",
			.severity = 1});
	assert_true(t.outs <= 10);
	correlate_flush(t.c);
	incidents(&t, &row);
	assert_non_null(strstr(row, "\"count\":400,"));
	clear(&t);
}

/* --- restart
 * ---------------------------------------------------------------------- */

/* More addresses than a row names: still one incident, and few rows. */
static void
test_many_addresses_are_one_incident(void **state)
{
	struct town t = {0};
	char src[32], dest[32];

	(void)state;
	start(&t);
	for (int i = 0; i < 400; i++) {
		snprintf(src, sizeof(src), "203.0.113.%d", 1 + i / 2);
		snprintf(dest, sizeof(dest), "10.20.1.%d", 1 + (i + 1) / 2);
		see(&t, (struct sighting){.src = src, .dest = dest, .severity = 1});
	}
	assert_int_equal(incidents(&t, NULL), 1);
	assert_true(t.outs <= 12);
	clear(&t);
}

/* Made up by an agent to be as long as it gets: the incident is told all the same. */
static void
test_a_row_too_large_is_told_in_brief(void **state)
{
	struct incident_entity e[INCIDENT_ENTITIES_MAX];
	struct town t = {0};
	char group[2048];
	struct incidents *s = incident_new(emit, &t);
	struct json_doc *d;

	(void)state;
	memset(e, 0, sizeof(e));
	for (size_t i = 0; i < INCIDENT_ENTITIES_MAX; i++) {
		e[i].type = incident_entity_type("sha256");
		memset(e[i].value, 1, INCIDENT_VALUE_MAX - 1);
		e[i].value[0] = (char)('0' + i);
	}
	memset(group, ' ', sizeof(group));
	memcpy(group, "{", 1);
	strcpy(group + sizeof(group) - 2, "}");
	for (int i = 0; i < INCIDENT_FIRINGS_MAX; i++) {
		char id[8];
		int64_t event = i + 1;

		snprintf(id, sizeof(id), "%d", i);
		incident_add(s,
		    &(struct incident_item){.tenant = "zwolle",
			.title = "Long",
			.level = SIGMA_HIGH,
			.first_us = BASE,
			.last_us = BASE,
			.id = 1,
			.key = "k",
			.group = group,
			.firing = id,
			.count = 1,
			.entity = e,
			.entities = INCIDENT_ENTITIES_MAX,
			.event = &event,
			.events = 1,
			.opens = true});
	}
	assert_int_equal(t.outs, INCIDENT_FIRINGS_MAX);
	d = json_read(t.out[t.outs - 1], strlen(t.out[t.outs - 1]), NULL, 0);
	assert_non_null(d);
	assert_string_equal(json_str(d, "incident.title"), "Long");
	assert_int_equal(json_int(d, "incident.count", 0), INCIDENT_FIRINGS_MAX);
	assert_true(json_bool(d, "incident.brief", false));
	json_free(d);
	incident_free(s);
	for (size_t i = 0; i < t.outs; i++)
		free(t.out[i]);
}

static void
restore(struct town *t)
{
	for (int alerts_turn = 0; alerts_turn < 2; alerts_turn++) {
		for (size_t i = t->outs; i-- > 0;) {
			struct json_doc *d =
			    json_read(t->out[i], strlen(t->out[i]), NULL, 0);

			if ((json_str(d, "incident.id") == NULL) == alerts_turn)
				correlate_restore(t->c, d, BASE);
			json_free(d);
		}
	}
}

/* Killed after any record, with or without its bookmark: nothing is told twice. */
static void
test_killed_anywhere_nothing_is_doubled(void **state)
{
	struct town whole = {0};

	(void)state;
	start(&whole);
	scan(&whole, 9, 20);
	see(&whole,
	    (struct sighting){.second = 300,
		.engine = "yara",
		.severity = 1,
		.signature = "Shell"});
	see(&whole,
	    (struct sighting){.second = 310,
		.src = "203.0.113.66",
		.dest = "10.20.1.12",
		.severity = 1});
	correlate_flush(whole.c);
	for (size_t cut = 0; cut <= whole.ins; cut++) {
		for (int bookmark = 0; bookmark < 2; bookmark++) {
			struct town t = {0};
			const char *a = "", *b = "";

			start(&t);
			for (size_t i = 0; i < whole.ins; i++) {
				if (i == cut) {
					stop(&t);
					start(&t);
					restore(&t);
					for (size_t k = 0; k < i; k++)
						replay(&t, k, bookmark);
				}
				t.in[i] = strdup(whole.in[i]);
				t.time[i] = whole.time[i];
				t.ins = i + 1;
				replay(&t, i, false);
			}
			correlate_flush(t.c);
			assert_int_equal(incidents(&t, &a), incidents(&whole, &b));
			assert_string_equal(a, b);
			assert_int_equal(alerts(&t, "many hosts"), 1);
			assert_int_equal(alerts(&t, "one host"), 1);
			clear(&t);
		}
	}
	clear(&whole);
}

static void
test_closed_is_closed(void **state)
{
	static const char triage[] = "{\"timestamp\":\"2026-11-23T12:00:01.000000+"
				     "0000\",\"event_type\":\"triage\","
				     "\"incident\":{\"id\":\"%s\",\"status\":"
				     "\"closed\"},\"stadswacht\":{\"v\":1}}";
	struct town t = {0};
	const char *row = "";
	struct json_doc *d;

	(void)state;
	start(&t);
	see(&t,
	    (struct sighting){
		.src = "203.0.113.66", .dest = "10.20.1.10", .severity = 1});
	incidents(&t, &row);
	d = json_read(row, strlen(row), NULL, 0);
	assert_true(asprintf(&t.in[t.ins], triage, json_str(d, "incident.id")) > 0);
	json_free(d);
	t.time[t.ins] = BASE + S;
	t.ins++;
	replay(&t, t.ins - 1, false);
	see(&t,
	    (struct sighting){.second = 2,
		.src = "203.0.113.66",
		.dest = "10.20.1.10",
		.severity = 1});
	assert_int_equal(incidents(&t, NULL), 2);
	clear(&t);
}

static void
test_our_own_records_are_not_counted(void **state)
{
	struct town t = {0};

	(void)state;
	start(&t);
	for (int i = 0; i < 10; i++)
		see(&t,
		    (struct sighting){.second = i,
			.engine = "sigma",
			.severity = 1,
			.src = "203.0.113.66",
			.dest = "10.20.1.10"});
	assert_int_equal(t.outs, 0);
	clear(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_one_source_many_hosts),
	    cmocka_unit_test(test_one_source_many_services),
	    cmocka_unit_test(test_passwords_are_guessed),
	    cmocka_unit_test(test_file_spreads),
	    cmocka_unit_test(test_ransomware_at_work),
	    cmocka_unit_test(test_traffic_and_file_on_one_host),
	    cmocka_unit_test(test_every_correlation_is_tested),
	    cmocka_unit_test(test_tenants_never_join),
	    cmocka_unit_test(test_one_story_is_one_incident),
	    cmocka_unit_test(test_incidents_merge),
	    cmocka_unit_test(test_strangers_are_two_incidents),
	    cmocka_unit_test(test_a_day_of_quiet_ends_an_incident),
	    cmocka_unit_test(test_a_growing_incident_is_told_sparingly),
	    cmocka_unit_test(test_many_addresses_are_one_incident),
	    cmocka_unit_test(test_a_row_too_large_is_told_in_brief),
	    cmocka_unit_test(test_killed_anywhere_nothing_is_doubled),
	    cmocka_unit_test(test_closed_is_closed),
	    cmocka_unit_test(test_our_own_records_are_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
