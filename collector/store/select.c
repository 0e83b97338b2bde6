/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading rows from the SQLite store. */
#include "collector/limits.h"
#include "collector/store/query.h"

#define ROWS_DEFAULT 1000

static const char COLUMNS[] =
    "SELECT e.id, s.agent, s.epoch, e.class, e.seq, e.crc, e.tenant, e.host, "
    "e.time_us,"
    " e.received_us, e.event_type, e.signature, e.category, e.gid, e.sid, "
    "e.severity,"
    " e.src_ip, e.src_port, e.dest_ip, e.dest_port, e.engine, e.body"
    " FROM event e JOIN source s ON s.id = e.source WHERE ";

static const char *
text_of(sqlite3_stmt *st, int column)
{
	return (const char *)sqlite3_column_text(st, column);
}

static void
read_row(sqlite3_stmt *st, struct store_row *r)
{
	r->id = sqlite3_column_int64(st, 0);
	r->agent = text_of(st, 1);
	r->epoch = text_of(st, 2);
	r->cls = (enum record_class)sqlite3_column_int(st, 3);
	r->seq = (uint64_t)sqlite3_column_int64(st, 4);
	r->crc = (uint32_t)sqlite3_column_int64(st, 5);
	r->tenant = text_of(st, 6);
	r->host = text_of(st, 7);
	r->time_us = sqlite3_column_int64(st, 8);
	r->received_us = sqlite3_column_int64(st, 9);
	r->event_type = text_of(st, 10);
	r->signature = text_of(st, 11);
	r->category = text_of(st, 12);
	r->gid = sqlite3_column_int64(st, 13);
	r->sid = sqlite3_column_int64(st, 14);
	r->severity = sqlite3_column_int64(st, 15);
	r->src_ip = text_of(st, 16);
	r->src_port = sqlite3_column_int64(st, 17);
	r->dest_ip = text_of(st, 18);
	r->dest_port = sqlite3_column_int64(st, 19);
	r->engine = text_of(st, 20);
	r->body = text_of(st, 21);
	r->body_len = (size_t)sqlite3_column_bytes(st, 21);
}

long
store_select(struct store *s, const struct store_query *q,
    int (*fn)(void *arg, const struct store_row *r), void *arg)
{
	struct store_row row;
	sqlite3_stmt *st = NULL;
	struct buf sql;
	long told = 0;
	int step, n;

	buf_init(&sql, STORE_SQL_MAX);
	buf_adds(&sql, COLUMNS);
	query_where(&sql, q);
	buf_adds(&sql,
	    q->newest_first ? " ORDER BY e.id DESC LIMIT ?"
			    : " ORDER BY e.id LIMIT ?");
	if (buf_str(&sql) == NULL ||
	    sqlite3_prepare_v2(s->db, buf_str(&sql), -1, &st, NULL) != SQLITE_OK) {
		buf_release(&sql);
		return sqlite_failed(s, "select");
	}
	buf_release(&sql);
	n = query_bind(st, q);
	sqlite3_bind_int64(st, n, q->limit != 0 ? (int64_t)q->limit : ROWS_DEFAULT);
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		read_row(st, &row);
		told++;
		if (fn(arg, &row) != 0)
			break;
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		told = sqlite_failed(s, "select");
	sqlite3_finalize(st);
	return told;
}

int64_t
store_last_id(struct store *s)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_LAST_ID);
	int64_t id = -1;

	if (st == NULL)
		return -1;
	if (sqlite3_step(st) == SQLITE_ROW)
		id = sqlite3_column_int64(st, 0);
	else
		sqlite_failed(s, "last id");
	sqlite3_reset(st);
	return id;
}
