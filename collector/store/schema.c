/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Schema steps: schema/NNN-*.sql in order, compiled in.  The number of steps
 * done is the database's user_version; each step is one transaction.
 */
#include "collector/store/sqlite.h"

#include <stdio.h>

static const char *const STEPS[] = {
#include "store_schema.inc"
};

#define STEPS_N ((int)(sizeof(STEPS) / sizeof(STEPS[0])))

/* -1 when it can not be read. */
static int
version_of(struct store *s)
{
	sqlite3_stmt *st = NULL;
	int version = -1;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return version;
}

static int
check_known(struct store *s, int version, char *error, size_t size)
{
	if (version < 0) {
		snprintf(error, size, "store: %s; is it a stadswacht store?",
		    sqlite3_errmsg(s->db));
		return -1;
	}
	if (version > STEPS_N) {
		snprintf(error, size,
		    "store: its schema has version %d and this program knows up to "
		    "%d; "
		    "install the newer stadswacht that wrote it",
		    version, STEPS_N);
		return -1;
	}
	return 0;
}

static int
run_step(struct store *s, int step)
{
	char set[64];

	snprintf(set, sizeof(set), "PRAGMA user_version = %d", step + 1);
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_exec(s->db, STEPS[step], NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(s->db, set, NULL, NULL, NULL) == SQLITE_OK &&
	    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return -1;
}

int
schema_upgrade(struct store *s, char *error, size_t size)
{
	int version = version_of(s);

	if (check_known(s, version, error, size) == -1)
		return -1;
	for (int i = version; i < STEPS_N; i++) {
		if (run_step(s, i) == 0)
			continue;
		snprintf(error, size, "store: schema step %d: %s", i + 1,
		    sqlite3_errmsg(s->db));
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return -1;
	}
	return 0;
}

int
schema_check(struct store *s, char *error, size_t size)
{
	int version = version_of(s);

	if (check_known(s, version, error, size) == -1)
		return -1;
	if (version == STEPS_N)
		return 0;
	snprintf(error, size,
	    "store: its schema has version %d and this program needs %d; start "
	    "stadswacht-ingest of this version once, it upgrades",
	    version, STEPS_N);
	return -1;
}
