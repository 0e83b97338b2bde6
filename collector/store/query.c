/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/store/query.h"

/* Conditions on one number: told when it is not 0. */
static const struct condition {
	const char *sql;
	size_t offset;
} NUMBERS[] = {
    {" AND e.id > ?", offsetof(struct store_query, after_id)},
    {" AND e.id < ?", offsetof(struct store_query, before_id)},
    {" AND e.time_us >= ?", offsetof(struct store_query, from_us)},
    {" AND e.time_us < ?", offsetof(struct store_query, to_us)},
    {" AND e.severity > 0 AND e.severity <= ?",
	offsetof(struct store_query, max_severity)},
};

#define NUMBERS_N (sizeof(NUMBERS) / sizeof(NUMBERS[0]))

static int64_t
number_of(const struct store_query *q, const struct condition *c)
{
	return *(const int64_t *)(const void *)((const char *)q + c->offset);
}

static bool
asks_class(const struct store_query *q)
{
	return q->min_class != 0 || q->max_class != 0;
}

void
query_where(struct buf *sql, const struct store_query *q)
{
	buf_adds(sql, "1");
	for (size_t i = 0; i < NUMBERS_N; i++)
		if (number_of(q, &NUMBERS[i]) != 0)
			buf_adds(sql, NUMBERS[i].sql);
	if (q->event_type != NULL)
		buf_adds(sql, " AND e.event_type = ?");
	if (q->agent != NULL)
		buf_adds(sql, " AND s.agent = ?");
	if (asks_class(q))
		buf_adds(sql, " AND e.class BETWEEN ? AND ?");
	if (q->tenants == NULL)
		return;
	/* An empty list allows nothing, never everything. */
	buf_adds(sql, " AND e.tenant IN (");
	for (size_t i = 0; i < q->tenants_n; i++)
		buf_adds(sql, i == 0 ? "?" : ", ?");
	buf_adds(sql, ")");
}

int
query_bind(sqlite3_stmt *st, const struct store_query *q)
{
	int n = 1;

	for (size_t i = 0; i < NUMBERS_N; i++)
		if (number_of(q, &NUMBERS[i]) != 0)
			sqlite3_bind_int64(st, n++, number_of(q, &NUMBERS[i]));
	if (q->event_type != NULL)
		sqlite_bind(st, n++, q->event_type);
	if (q->agent != NULL)
		sqlite_bind(st, n++, q->agent);
	if (asks_class(q)) {
		sqlite3_bind_int(st, n++, q->min_class);
		sqlite3_bind_int(st, n++, q->max_class);
	}
	if (q->tenants != NULL)
		for (size_t i = 0; i < q->tenants_n; i++)
			sqlite_bind(st, n++, q->tenants[i]);
	return n;
}
