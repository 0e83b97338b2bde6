/* SPDX-License-Identifier: EUPL-1.2 */
/* The store keeps each sequence once, commits whole batches, and tells what is asked. */
#include "collector/store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include <cmocka.h>

struct place {
	char folder[40], path[60], uri[80];
	struct store *w;
};

static struct store *
open_store(const struct place *p, enum store_mode mode)
{
	char error[300] = "";
	struct store *s = store_open(p->uri, mode, error, sizeof(error));

	if (s == NULL)
		fail_msg("%s", error);
	return s;
}

static int
set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->folder, "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->path, sizeof(p->path), "%s/store.db", p->folder);
	snprintf(p->uri, sizeof(p->uri), "sqlite:%s", p->path);
	p->w = open_store(p, STORE_WRITE);
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	static const char *const ENDS[] = {"", "-wal", "-shm"};
	struct place *p = *state;
	char name[80];

	store_close(p->w);
	for (size_t i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "%s%s", p->path, ENDS[i]);
		unlink(name);
	}
	rmdir(p->folder);
	free(p);
	return 0;
}

static struct store_row
make_row(uint64_t seq, const char *tenant)
{
	return (struct store_row){.agent = "sw-a",
	    .epoch = "01",
	    .cls = RECORD_ALERT,
	    .seq = seq,
	    .crc = (uint32_t)seq,
	    .tenant = tenant,
	    .host = "web01",
	    .time_us = (int64_t)seq * 1000,
	    .received_us = (int64_t)seq * 1000,
	    .event_type = "alert",
	    .signature = "a signature",
	    .gid = 1,
	    .sid = 2,
	    .severity = 1 + (int64_t)(seq % 3),
	    .src_ip = "10.0.0.1",
	    .src_port = 1,
	    .dest_ip = "10.0.0.2",
	    .dest_port = 80,
	    .engine = "rules",
	    .body = "{\"event_type\":\"alert\"}",
	    .body_len = 22};
}

static void
fill(struct store *s, uint64_t n, const char *tenant)
{
	int64_t id;

	assert_int_equal(store_begin(s), 0);
	for (uint64_t i = 1; i <= n; i++) {
		struct store_row r = make_row(i, tenant);

		assert_int_equal(store_append(s, &r, &id), 0);
	}
	assert_int_equal(store_commit(s), 0);
}

static int
count_row(void *arg, const struct store_row *r)
{
	(void)r;
	(*(long *)arg)++;
	return 0;
}

static long
count(struct store *s, struct store_query q)
{
	long n = 0, told = store_select(s, &q, count_row, &n);

	assert_int_equal(n, told);
	return n;
}

static void
test_once_and_conflict(void **state)
{
	struct place *p = *state;
	struct store_row r = make_row(1, "zwolle");
	int64_t first, again;

	store_begin(p->w);
	assert_int_equal(store_append(p->w, &r, &first), 0);
	assert_int_equal(store_append(p->w, &r, &again), 1);
	assert_int_equal(first, again);
	assert_int_equal(store_seen(p->w, "sw-a", "01", RECORD_ALERT, 1, r.crc), 1);
	assert_int_equal(store_seen(p->w, "sw-a", "01", RECORD_ALERT, 2, r.crc), 0);
	r.crc++;
	assert_int_equal(store_append(p->w, &r, &again), 2);
	assert_int_equal(store_seen(p->w, "sw-a", "01", RECORD_ALERT, 1, r.crc), 2);
	/* Another epoch, class or agent is another record. */
	r.epoch = "02";
	assert_int_equal(store_append(p->w, &r, &again), 0);
	r.cls = RECORD_HEALTH;
	assert_int_equal(store_append(p->w, &r, &again), 0);
	r.agent = "sw-b";
	assert_int_equal(store_append(p->w, &r, &again), 0);
	assert_int_equal(store_commit(p->w), 0);
	assert_int_equal(count(p->w, (struct store_query){0}), 4);
}

static void
test_rollback_undoes_rows_and_marks(void **state)
{
	struct place *p = *state;
	struct store_row r = make_row(1, "zwolle");
	int64_t id;

	store_begin(p->w);
	store_append(p->w, &r, &id);
	store_set_mark(p->w, "sw-a", "01", RECORD_ALERT, 1);
	store_rollback(p->w);
	assert_int_equal(store_last_id(p->w), 0);
	assert_int_equal(store_mark(p->w, "sw-a", "01", RECORD_ALERT), 0);
	store_begin(p->w);
	assert_int_equal(store_append(p->w, &r, &id), 0);
	store_set_mark(p->w, "sw-a", "01", RECORD_ALERT, 1);
	assert_int_equal(store_commit(p->w), 0);
	store_close(p->w);
	p->w = open_store(p, STORE_WRITE);
	assert_int_equal(store_mark(p->w, "sw-a", "01", RECORD_ALERT), 1);
	assert_int_equal(store_mark(p->w, "sw-a", "01", RECORD_HEALTH), 0);
}

static void
test_reader_sees_commits_only(void **state)
{
	struct place *p = *state;
	struct store *reader = open_store(p, STORE_READ);
	struct store_row r = make_row(1, "zwolle");
	int64_t id;

	store_begin(p->w);
	store_append(p->w, &r, &id);
	assert_int_equal(store_last_id(reader), 0);
	store_commit(p->w);
	assert_int_equal(store_last_id(reader), id);
	r.seq = 2;
	assert_int_equal(store_append(reader, &r, &id), -1);
	store_close(reader);
}

static void
test_queries(void **state)
{
	static const char *const ZWOLLE[] = {"zwolle"},
				 *const KAMPEN[] = {"kampen"};
	struct place *p = *state;

	fill(p->w, 30, "zwolle");
	assert_int_equal(count(p->w, (struct store_query){.after_id = 10}), 20);
	assert_int_equal(count(p->w, (struct store_query){.before_id = 10}), 9);
	assert_int_equal(
	    count(p->w, (struct store_query){.from_us = 5000, .to_us = 8000}), 3);
	assert_int_equal(count(p->w, (struct store_query){.max_severity = 1}), 10);
	assert_int_equal(count(p->w, (struct store_query){.limit = 7}), 7);
	assert_int_equal(
	    count(p->w, (struct store_query){.event_type = "flow"}), 0);
	assert_int_equal(count(p->w, (struct store_query){.agent = "sw-a"}), 30);
	assert_int_equal(
	    count(p->w, (struct store_query){.min_class = 2, .max_class = 3}), 0);
	assert_int_equal(
	    count(p->w, (struct store_query){.tenants = ZWOLLE, .tenants_n = 1}),
	    30);
	assert_int_equal(
	    count(p->w, (struct store_query){.tenants = KAMPEN, .tenants_n = 1}),
	    0);
	/* Nobody's list is not everybody's. */
	assert_int_equal(
	    count(p->w, (struct store_query){.tenants = ZWOLLE, .tenants_n = 0}),
	    0);
}

static int
first_cells(void *arg, size_t n, const char *const *cells)
{
	assert_true(n >= 2);
	snprintf(arg, 100, "%s|%s", cells[0], cells[n - 1]);
	return 1;
}

static void
declare_lost(struct store *s)
{
	struct store_agent a = {.name = "sw-a", .key = "k", .tenant = "zwolle"};

	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_put_agent(s, &a), 0);
	assert_int_equal(
	    store_add_gap(s, "sw-a", "01", RECORD_ALERT, 31, 36, 2000), 0);
	assert_int_equal(store_commit(s), 0);
}

static void
test_aggregates(void **state)
{
	struct place *p = *state;
	struct store_query q = {0};
	char got[100];

	fill(p->w, 30, "zwolle");
	assert_int_equal(
	    store_aggregate(p->w, "alerts_by_tenant", &q, first_cells, got), 1);
	assert_string_equal(got, "zwolle|30");
	q.from_us = 1000;
	q.to_us = 3000;
	store_aggregate(p->w, "alerts_by_engine", &q, first_cells, got);
	assert_string_equal(got, "rules|2");
	assert_int_equal(
	    store_aggregate(p->w, "lost_by_agent", &q, first_cells, got), 0);
	declare_lost(p->w);
	assert_int_equal(
	    store_aggregate(p->w, "lost_by_agent", &q, first_cells, got), 1);
	assert_string_equal(got, "sw-a|6");
	assert_int_equal(
	    store_aggregate(p->w, "no such", &q, first_cells, got), -1);
}

static void
test_expire_keeps_marks_and_ids(void **state)
{
	struct place *p = *state;
	struct store_row r = make_row(31, "zwolle");
	int64_t id;

	fill(p->w, 30, "zwolle");
	store_begin(p->w);
	store_set_mark(p->w, "sw-a", "01", RECORD_ALERT, 30);
	assert_int_equal(store_expire(p->w, 11000, 5), 5);
	assert_int_equal(store_expire(p->w, 11000, 100), 5);
	assert_int_equal(store_expire(p->w, INT64_MAX, 100), 20);
	assert_int_equal(store_append(p->w, &r, &id), 0);
	assert_int_equal(store_commit(p->w), 0);
	assert_int_equal(id, 31);
	assert_int_equal(store_mark(p->w, "sw-a", "01", RECORD_ALERT), 30);
}

static void
test_agents(void **state)
{
	struct place *p = *state;
	struct store_agent a = {.name = "sw-a",
			       .key = "0123456789012345678901234567890123456789",
			       .tenant = "zwolle",
			       .state = STORE_AGENT_ACTIVE},
			   b = {0};

	store_begin(p->w);
	assert_int_equal(store_put_agent(p->w, &a), 0);
	a.state = STORE_AGENT_REVOKED;
	assert_int_equal(store_put_agent(p->w, &a), 0);
	store_commit(p->w);
	assert_int_equal(store_agent_by_key(p->w, a.key, &b), 1);
	assert_int_equal(b.state, STORE_AGENT_REVOKED);
	assert_string_equal(b.tenant, "zwolle");
	assert_int_equal(store_agent_by_key(p->w, "another", &b), 0);
}

static void
test_newer_schema_is_told(void **state)
{
	struct place *p = *state;
	char error[300];
	sqlite3 *db;

	store_close(p->w);
	assert_int_equal(sqlite3_open(p->path, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version = 999", NULL, NULL, NULL);
	sqlite3_close(db);
	p->w = NULL;
	assert_null(store_open(p->uri, STORE_WRITE, error, sizeof(error)));
	assert_non_null(strstr(error, "version 999"));
	assert_null(store_open(p->uri, STORE_READ, error, sizeof(error)));
	assert_non_null(strstr(error, "version 999"));
}

static void
test_no_store(void **state)
{
	char error[300];

	(void)state;
	assert_null(
	    store_open("sqlite:/nonexistent/x", STORE_READ, error, sizeof(error)));
	assert_non_null(strstr(error, "/nonexistent/x"));
	assert_null(store_open("mysql:x", STORE_READ, error, sizeof(error)));
	assert_non_null(strstr(error, "sqlite:PATH"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(test_once_and_conflict),
	    T(test_rollback_undoes_rows_and_marks),
	    T(test_reader_sees_commits_only),
	    T(test_queries),
	    T(test_aggregates),
	    T(test_expire_keeps_marks_and_ids),
	    T(test_agents),
	    T(test_newer_schema_is_told),
	    T(test_no_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
