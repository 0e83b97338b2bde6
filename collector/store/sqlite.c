/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The store on SQLite: opening, writing, marks.  WAL, so that readers never wait
 * for the writer; synchronous=FULL, so that a commit that returned is on disk.
 * Measured (docs/performance.md): FULL costs almost nothing when rows come in
 * batches.  Reading is in select.c and aggregate.c, agents in agents.c.
 */
#include "collector/store/sqlite.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "sqlite:"
/* A reader that meets a checkpoint, or a backup that holds the file, gets so long.
 */
#define BUSY_MS 5000

static const char *const STATEMENTS[SQLITE_STATEMENTS] = {
    [SQLITE_BEGIN] = "BEGIN IMMEDIATE",
    [SQLITE_COMMIT] = "COMMIT",
    [SQLITE_SOURCE_FIND] = "SELECT id FROM source WHERE agent = ? AND epoch = ?",
    [SQLITE_SOURCE_ADD] = "INSERT INTO source (agent, epoch) VALUES (?, ?)",
    [SQLITE_APPEND] =
	"INSERT INTO event (source, class, seq, crc, tenant, host, time_us,"
	" received_us, event_type, signature, category, gid, sid, severity,"
	" src_ip, src_port, dest_ip, dest_port, engine, body)"
	" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	" ON CONFLICT DO NOTHING",
    [SQLITE_CRC] =
	"SELECT crc, id FROM event WHERE source = ? AND class = ? AND seq = ?",
    [SQLITE_SET_MARK] = "INSERT INTO mark (source, class, seq) VALUES (?, ?, ?)"
			" ON CONFLICT DO UPDATE SET seq = excluded.seq",
    [SQLITE_MARK] = "SELECT seq FROM mark WHERE source = ? AND class = ?",
    [SQLITE_ADD_GAP] = "INSERT INTO gap (source, class, first, last, received_us)"
		       " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
		       " SET last = max(last, excluded.last)",
    [SQLITE_RANGES] = "SELECT seq, seq FROM event WHERE source = ?1 AND class = ?2"
		      " AND seq > ?3 UNION ALL SELECT first, last FROM gap"
		      " WHERE source = ?1 AND class = ?2 AND last > ?3 ORDER BY 1",
    [SQLITE_PUT_AGENT] =
	"INSERT INTO agent (name, key, tenant, host, state, first_seen_us,"
	" last_seen_us) VALUES (?, ?, ?, ?, ?, ?, ?)"
	" ON CONFLICT (name) DO UPDATE SET key = excluded.key,"
	" tenant = excluded.tenant, host = excluded.host,"
	" state = excluded.state, first_seen_us = excluded.first_seen_us,"
	" last_seen_us = excluded.last_seen_us",
    [SQLITE_AGENT_BY_KEY] = "SELECT name, key, tenant, host, state, first_seen_us,"
			    " last_seen_us FROM agent WHERE key = ?",
    [SQLITE_AGENTS] = "SELECT name, key, tenant, host, state, first_seen_us,"
		      " last_seen_us FROM agent ORDER BY name",
    [SQLITE_LAST_ID] = "SELECT max(id) FROM event",
    [SQLITE_EXPIRE] =
	"DELETE FROM event WHERE id IN (SELECT id FROM event ORDER BY id LIMIT ?)"
	" AND received_us < ?",
};

sqlite3_stmt *
sqlite_use(struct store *s, enum sqlite_statement which)
{
	sqlite3_stmt **st = &s->kept[which];

	if (*st == NULL &&
	    sqlite3_prepare_v3(s->db, STATEMENTS[which], -1,
		SQLITE_PREPARE_PERSISTENT, st, NULL) != SQLITE_OK) {
		sqlite_failed(s, "prepare");
		return NULL;
	}
	sqlite3_reset(*st);
	return *st;
}

void
sqlite_bind(sqlite3_stmt *st, int column, const char *text)
{
	sqlite3_bind_text(st, column, text, -1, SQLITE_STATIC);
}

int
sqlite_failed(struct store *s, const char *what)
{
	log_error("store: %s: %s", what, sqlite3_errmsg(s->db));
	errno = sqlite3_errcode(s->db) == SQLITE_FULL ? ENOSPC : EIO;
	return -1;
}

/* --- opening ------------------------------------------------------------------ */

static int
set_up(struct store *s, char *error, size_t size)
{
	static const char WRITER[] = "PRAGMA journal_mode = WAL;"
				     "PRAGMA synchronous = FULL;"
				     "PRAGMA wal_autocheckpoint = 4000;"
				     "PRAGMA foreign_keys = ON;";
	static const char BOTH[] = "PRAGMA cache_size = -65536;"
				   "PRAGMA trusted_schema = OFF;";

	sqlite3_busy_timeout(s->db, BUSY_MS);
	if ((s->writer &&
		sqlite3_exec(s->db, WRITER, NULL, NULL, NULL) != SQLITE_OK) ||
	    sqlite3_exec(s->db, BOTH, NULL, NULL, NULL) != SQLITE_OK) {
		snprintf(error, size, "store: %s; is it a stadswacht store?",
		    sqlite3_errmsg(s->db));
		return -1;
	}
	return s->writer ? schema_upgrade(s, error, size)
			 : schema_check(s, error, size);
}

struct store *
store_open(const char *uri, enum store_mode mode, char *error, size_t size)
{
	int flags = mode == STORE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					: SQLITE_OPEN_READONLY;
	struct store *s;
	const char *path;

	if (!str_starts(uri, SCHEME) || uri[sizeof(SCHEME) - 1] == '\0') {
		snprintf(error, size, "store: \"%s\" is no store; give %sPATH", uri,
		    SCHEME);
		return NULL;
	}
	path = uri + sizeof(SCHEME) - 1;
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		snprintf(error, size, "store: out of memory");
		return NULL;
	}
	s->writer = mode == STORE_WRITE;
	if (sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK) {
		snprintf(error, size, "store: %s: %s%s", path,
		    sqlite3_errmsg(s->db),
		    s->writer ? "" : "; has stadswacht-ingest been started?");
		goto fail;
	}
	if (set_up(s, error, size) == -1)
		goto fail;
	return s;

fail:
	store_close(s);
	return NULL;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_rollback(s);
	for (size_t i = 0; i < SQLITE_STATEMENTS; i++)
		sqlite3_finalize(s->kept[i]);
	sqlite3_close(s->db);
	free(s);
}

/* --- transactions ---------------------------------------------------------------
 */

/* Run a kept statement that gives no rows. */
static int
run(struct store *s, sqlite3_stmt *st, const char *what)
{
	int result = sqlite3_step(st) == SQLITE_DONE ? 0 : sqlite_failed(s, what);

	sqlite3_reset(st);
	return result;
}

int
store_begin(struct store *s)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_BEGIN);

	if (st == NULL || run(s, st, "begin") == -1)
		return -1;
	s->inside = true;
	return 0;
}

void
store_rollback(struct store *s)
{
	if (!s->inside)
		return;
	for (size_t i = 0; i < SQLITE_STATEMENTS; i++)
		sqlite3_reset(s->kept[i]);
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->inside = false;
	s->source_agent[0] = '\0';
}

int
store_commit(struct store *s)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_COMMIT);

	if (st == NULL || run(s, st, "commit") == -1) {
		store_rollback(s);
		return -1;
	}
	s->inside = false;
	return 0;
}

/* --- rows and marks
 * --------------------------------------------------------------- */

int64_t
sqlite_source(struct store *s, const char *agent, const char *epoch, bool add)
{
	sqlite3_stmt *st;
	int64_t id = 0;
	int step;

	if (strcmp(agent, s->source_agent) == 0 &&
	    strcmp(epoch, s->source_epoch) == 0 && agent[0] != '\0')
		return s->source;
	if ((st = sqlite_use(s, SQLITE_SOURCE_FIND)) == NULL)
		return -1;
	sqlite_bind(st, 1, agent);
	sqlite_bind(st, 2, epoch);
	if ((step = sqlite3_step(st)) == SQLITE_ROW)
		id = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return sqlite_failed(s, "source");
	if (id == 0 && add) {
		if ((st = sqlite_use(s, SQLITE_SOURCE_ADD)) == NULL)
			return -1;
		sqlite_bind(st, 1, agent);
		sqlite_bind(st, 2, epoch);
		if (run(s, st, "source") == -1)
			return -1;
		id = sqlite3_last_insert_rowid(s->db);
	}
	if (id != 0 &&
	    str_copy(s->source_agent, sizeof(s->source_agent), agent) == 0 &&
	    str_copy(s->source_epoch, sizeof(s->source_epoch), epoch) == 0)
		s->source = id;
	else
		s->source_agent[0] = '\0';
	return id;
}

/* 0 absent, 1 there with crc, 2 there with another, -1; *id of the row. */
static int
seen(struct store *s, int64_t source, enum record_class c, uint64_t seq,
    uint32_t crc, int64_t *id)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_CRC);
	int step, result = 0;

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, source);
	sqlite3_bind_int(st, 2, (int)c);
	sqlite3_bind_int64(st, 3, (int64_t)seq);
	step = sqlite3_step(st);
	if (step == SQLITE_ROW) {
		result = sqlite3_column_int64(st, 0) == (int64_t)crc ? 1 : 2;
		*id = sqlite3_column_int64(st, 1);
	} else if (step != SQLITE_DONE) {
		result = sqlite_failed(s, "look up");
	}
	sqlite3_reset(st);
	return result;
}

static void
bind_row(sqlite3_stmt *st, int64_t source, const struct store_row *r)
{
	sqlite3_bind_int64(st, 1, source);
	sqlite3_bind_int(st, 2, (int)r->cls);
	sqlite3_bind_int64(st, 3, (int64_t)r->seq);
	sqlite3_bind_int64(st, 4, (int64_t)r->crc);
	sqlite_bind(st, 5, r->tenant != NULL ? r->tenant : "");
	sqlite_bind(st, 6, r->host);
	sqlite3_bind_int64(st, 7, r->time_us);
	sqlite3_bind_int64(st, 8, r->received_us);
	sqlite_bind(st, 9, r->event_type);
	sqlite_bind(st, 10, r->signature);
	sqlite_bind(st, 11, r->category);
	sqlite3_bind_int64(st, 12, r->gid);
	sqlite3_bind_int64(st, 13, r->sid);
	sqlite3_bind_int64(st, 14, r->severity);
	sqlite_bind(st, 15, r->src_ip);
	sqlite3_bind_int64(st, 16, r->src_port);
	sqlite_bind(st, 17, r->dest_ip);
	sqlite3_bind_int64(st, 18, r->dest_port);
	sqlite_bind(st, 19, r->engine);
	sqlite3_bind_text64(
	    st, 20, r->body, r->body_len, SQLITE_STATIC, SQLITE_UTF8);
}

int
store_append(struct store *s, const struct store_row *r, int64_t *id)
{
	int64_t source = sqlite_source(s, r->agent, r->epoch, true);
	sqlite3_stmt *st = sqlite_use(s, SQLITE_APPEND);

	if (source <= 0 || st == NULL)
		return -1;
	bind_row(st, source, r);
	if (run(s, st, "append") == -1)
		return -1;
	if (sqlite3_changes(s->db) == 0)
		return seen(s, source, r->cls, r->seq, r->crc, id);
	*id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int
store_has_source(struct store *s, const char *agent, const char *epoch)
{
	int64_t source = sqlite_source(s, agent, epoch, false);

	return source > 0 ? 1 : (int)source;
}

int
store_seen(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t seq, uint32_t crc)
{
	int64_t id, source = sqlite_source(s, agent, epoch, false);

	return source <= 0 ? (int)source : seen(s, source, c, seq, crc, &id);
}

int
store_set_mark(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t seq)
{
	int64_t source = sqlite_source(s, agent, epoch, true);
	sqlite3_stmt *st = sqlite_use(s, SQLITE_SET_MARK);

	if (source <= 0 || st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, source);
	sqlite3_bind_int(st, 2, (int)c);
	sqlite3_bind_int64(st, 3, (int64_t)seq);
	return run(s, st, "mark");
}

uint64_t
store_mark(
    struct store *s, const char *agent, const char *epoch, enum record_class c)
{
	int64_t source = sqlite_source(s, agent, epoch, false);
	sqlite3_stmt *st = sqlite_use(s, SQLITE_MARK);
	uint64_t seq = 0;

	if (source <= 0 || st == NULL)
		return 0;
	sqlite3_bind_int64(st, 1, source);
	sqlite3_bind_int(st, 2, (int)c);
	if (sqlite3_step(st) == SQLITE_ROW)
		seq = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return seq;
}

int
store_add_gap(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t first, uint64_t last, int64_t received_us)
{
	int64_t source = sqlite_source(s, agent, epoch, true);
	sqlite3_stmt *st = sqlite_use(s, SQLITE_ADD_GAP);

	if (source <= 0 || st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, source);
	sqlite3_bind_int(st, 2, (int)c);
	sqlite3_bind_int64(st, 3, (int64_t)first);
	sqlite3_bind_int64(st, 4, (int64_t)last);
	sqlite3_bind_int64(st, 5, received_us);
	return run(s, st, "gap");
}

int
store_ranges(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t after,
    int (*fn)(void *arg, uint64_t first, uint64_t last), void *arg)
{
	int64_t source = sqlite_source(s, agent, epoch, false);
	sqlite3_stmt *st = sqlite_use(s, SQLITE_RANGES);
	int step, result = 0;

	if (source <= 0 || st == NULL)
		return (int)source;
	sqlite3_bind_int64(st, 1, source);
	sqlite3_bind_int(st, 2, (int)c);
	sqlite3_bind_int64(st, 3, (int64_t)after);
	while ((step = sqlite3_step(st)) == SQLITE_ROW)
		if (fn(arg, (uint64_t)sqlite3_column_int64(st, 0),
			(uint64_t)sqlite3_column_int64(st, 1)) != 0)
			break;
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		result = sqlite_failed(s, "ranges");
	sqlite3_reset(st);
	return result;
}

long
store_expire(struct store *s, int64_t before_us, size_t max)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_EXPIRE);

	if (st == NULL)
		return -1;
	sqlite3_bind_int64(st, 1, (int64_t)max);
	sqlite3_bind_int64(st, 2, before_us);
	return run(s, st, "expire") == -1 ? -1 : sqlite3_changes(s->db);
}
