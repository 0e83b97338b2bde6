/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Named aggregates, for reports.  {where} stands for the caller's query over
 * event e joined with source s; cells come out in the order of the columns.
 */
#include "collector/limits.h"
#include "collector/store/query.h"
#include "common/log.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define FROM   " FROM event e JOIN source s ON s.id = e.source WHERE {where} "
#define ALERTS FROM "AND e.event_type = 'alert' "
#define DAY    "strftime('%Y-%m-%d', e.time_us / 1000000, 'unixepoch')"

static const struct aggregate {
	const char *name, *sql;
} AGGREGATES[] = {
    /* class, event_type, records */
    {"records_by_kind",
	"SELECT e.class, e.event_type, count(*)" FROM
	"GROUP BY 1, 2 ORDER BY 1, 2"},
    /* severity, alerts */
    {"alerts_by_severity",
	"SELECT e.severity, count(*)" ALERTS "GROUP BY 1 ORDER BY 1"},
    /* engine, alerts */
    {"alerts_by_engine",
	"SELECT e.engine, count(*)" ALERTS "GROUP BY 1 ORDER BY 2 DESC, 1"},
    /* day, alerts */
    {"alerts_by_day", "SELECT " DAY ", count(*)" ALERTS "GROUP BY 1 ORDER BY 1"},
    /* tenant, alerts */
    {"alerts_by_tenant",
	"SELECT e.tenant, count(*)" ALERTS "GROUP BY 1 ORDER BY 1"},
    /* agent, host, alerts */
    {"alerts_by_agent",
	"SELECT s.agent, max(e.host), count(*)" ALERTS
	"GROUP BY 1 ORDER BY 3 DESC, 1"},
    /* gid, sid, signature, severity, alerts, first and last time in us */
    {"alerts_by_signature",
	"SELECT e.gid, e.sid, e.signature, min(e.severity), count(*), "
	"min(e.time_us),"
	" max(e.time_us)" ALERTS
	"GROUP BY 1, 2, 3 ORDER BY 5 DESC, 1, 2, 3 LIMIT 100"},
    /* category, alerts */
    {"alerts_by_category",
	"SELECT e.category, count(*)" ALERTS
	"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100"},
    /* address, alerts, signatures */
    {"alerts_by_source",
	"SELECT e.src_ip, count(*), count(DISTINCT e.gid * 4294967296 + "
	"e.sid)" ALERTS
	"AND e.src_ip IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100"},
    {"alerts_by_target",
	"SELECT e.dest_ip, count(*), count(DISTINCT e.gid * 4294967296 + "
	"e.sid)" ALERTS
	"AND e.dest_ip IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100"},
    /* agent, hour since 1970 (UTC), records: when it was heard */
    {"agent_hours",
	"SELECT s.agent, e.time_us / 3600000000, count(*)" FROM
	"GROUP BY 1, 2 ORDER BY 1, 2"},
    /* agent, class, records declared lost, by when the collector was told */
    {"lost_by_agent",
	"SELECT s.agent, e.class, sum(e.last - e.first + 1) FROM"
	" (SELECT g.source, g.class, g.first, g.last, g.received_us AS time_us,"
	" a.tenant, 0 AS id, 0 AS severity, 'gap' AS event_type FROM gap g"
	" JOIN source o ON o.id = g.source JOIN agent a ON a.name = o.agent) e"
	" JOIN source s ON s.id = e.source WHERE {where} GROUP BY 1, 2 ORDER BY 1, "
	"2"},
    /* agent, records, first and last time in us: who was heard at all */
    {"agents_heard",
	"SELECT s.agent, count(*), min(e.time_us), max(e.time_us)" FROM
	"GROUP BY 1 ORDER BY 1"},
};

#define AGGREGATES_N (sizeof(AGGREGATES) / sizeof(AGGREGATES[0]))

static const char *
sql_of(const char *name)
{
	for (size_t i = 0; i < AGGREGATES_N; i++)
		if (strcmp(AGGREGATES[i].name, name) == 0)
			return AGGREGATES[i].sql;
	return NULL;
}

static sqlite3_stmt *
prepare(struct store *s, const char *text, const struct store_query *q)
{
	const char *place = strstr(text, "{where}");
	sqlite3_stmt *st = NULL;
	struct buf sql;

	buf_init(&sql, STORE_SQL_MAX);
	buf_add(&sql, text, (size_t)(place - text));
	query_where(&sql, q);
	buf_adds(&sql, place + strlen("{where}"));
	if (buf_str(&sql) == NULL ||
	    sqlite3_prepare_v2(s->db, buf_str(&sql), -1, &st, NULL) != SQLITE_OK)
		sqlite_failed(s, "aggregate");
	else
		query_bind(st, q);
	buf_release(&sql);
	return st;
}

long
store_aggregate(struct store *s, const char *name, const struct store_query *q,
    int (*fn)(void *arg, size_t n, const char *const *cells), void *arg)
{
	const char *cells[STORE_CELLS_MAX], *text = sql_of(name);
	sqlite3_stmt *st;
	long told = 0;
	int step, n;

	if (text == NULL) {
		log_error("store: no aggregate is called %s", name);
		errno = EINVAL;
		return -1;
	}
	if ((st = prepare(s, text, q)) == NULL)
		return -1;
	n = sqlite3_column_count(st);
	assert(n <= STORE_CELLS_MAX);
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < n; i++)
			cells[i] = (const char *)sqlite3_column_text(st, i);
		told++;
		if (fn(arg, (size_t)n, cells) != 0)
			break;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		told = sqlite_failed(s, "aggregate");
	sqlite3_finalize(st);
	return told;
}
