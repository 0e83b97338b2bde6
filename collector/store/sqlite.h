/* SPDX-License-Identifier: EUPL-1.2 */
/* The inside of the SQLite back end, shared by the files of this folder. */
#ifndef COLLECTOR_STORE_SQLITE_H
#define COLLECTOR_STORE_SQLITE_H

#include "collector/store/store.h"

#include <sqlite3.h>

/* Statements that are kept prepared; their text is in sqlite.c. */
enum sqlite_statement {
	SQLITE_BEGIN,
	SQLITE_COMMIT,
	SQLITE_SOURCE_FIND,
	SQLITE_SOURCE_ADD,
	SQLITE_APPEND,
	SQLITE_CRC,
	SQLITE_SET_MARK,
	SQLITE_MARK,
	SQLITE_ADD_GAP,
	SQLITE_RANGES,
	SQLITE_PUT_AGENT,
	SQLITE_AGENT_BY_KEY,
	SQLITE_AGENTS,
	SQLITE_LAST_ID,
	SQLITE_EXPIRE,
	SQLITE_STATEMENTS,
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *kept[SQLITE_STATEMENTS];
	bool writer;
	bool inside; /* a transaction */
	/* The source of the last row: rows of one agent come together. */
	char source_agent[STORE_NAME_MAX], source_epoch[STORE_NAME_MAX];
	int64_t source;
};

/* The kept statement, ready to bind; NULL when it could not be prepared (logged).
 */
sqlite3_stmt *sqlite_use(struct store *s, enum sqlite_statement which);
/* Bind text on loan; NULL binds SQL NULL. */
void sqlite_bind(sqlite3_stmt *st, int column, const char *text);
/* The source's id, adding it when add is set; 0 when absent, -1 failed. */
int64_t sqlite_source(
    struct store *s, const char *agent, const char *epoch, bool add);
/* Log the database's last error; returns -1. */
int sqlite_failed(struct store *s, const char *what);

/* Bring the schema up to this program's; -1 with error filled. */
int schema_upgrade(struct store *s, char *error, size_t size);
/* -1 with error filled when the file's schema is not exactly this program's. */
int schema_check(struct store *s, char *error, size_t size);

#endif
