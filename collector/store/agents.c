/* SPDX-License-Identifier: EUPL-1.2 */
/* The store's table of agents: who may send, for which municipality, last seen
 * when. */
#include "collector/store/sqlite.h"
#include "common/str.h"

#include <string.h>

int
store_put_agent(struct store *s, const struct store_agent *a)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_PUT_AGENT);
	int step;

	if (st == NULL)
		return -1;
	sqlite_bind(st, 1, a->name);
	sqlite_bind(st, 2, a->key);
	sqlite_bind(st, 3, a->tenant);
	sqlite_bind(st, 4, a->host);
	sqlite3_bind_int(st, 5, (int)a->state);
	sqlite3_bind_int64(st, 6, a->first_seen_us);
	sqlite3_bind_int64(st, 7, a->last_seen_us);
	step = sqlite3_step(st);
	sqlite3_reset(st);
	return step == SQLITE_DONE ? 0 : sqlite_failed(s, "agent");
}

static void
copy_text(char *to, size_t size, sqlite3_stmt *st, int column)
{
	const char *text = (const char *)sqlite3_column_text(st, column);

	str_copy(to, size, text != NULL ? text : "");
}

static void
read_agent(sqlite3_stmt *st, struct store_agent *a)
{
	memset(a, 0, sizeof(*a));
	copy_text(a->name, sizeof(a->name), st, 0);
	copy_text(a->key, sizeof(a->key), st, 1);
	copy_text(a->tenant, sizeof(a->tenant), st, 2);
	copy_text(a->host, sizeof(a->host), st, 3);
	a->state = (enum store_agent_state)sqlite3_column_int(st, 4);
	a->first_seen_us = sqlite3_column_int64(st, 5);
	a->last_seen_us = sqlite3_column_int64(st, 6);
}

int
store_agent_by_key(struct store *s, const char *key, struct store_agent *a)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_AGENT_BY_KEY);
	int step;

	if (st == NULL)
		return -1;
	sqlite_bind(st, 1, key);
	if ((step = sqlite3_step(st)) == SQLITE_ROW)
		read_agent(st, a);
	sqlite3_reset(st);
	if (step == SQLITE_ROW)
		return 1;
	return step == SQLITE_DONE ? 0 : sqlite_failed(s, "agent by key");
}

int
store_agents(
    struct store *s, int (*fn)(void *arg, const struct store_agent *a), void *arg)
{
	sqlite3_stmt *st = sqlite_use(s, SQLITE_AGENTS);
	struct store_agent a;
	int step;

	if (st == NULL)
		return -1;
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		read_agent(st, &a);
		if (fn(arg, &a) != 0)
			break;
	}
	sqlite3_reset(st);
	return step == SQLITE_ROW || step == SQLITE_DONE
	    ? 0
	    : sqlite_failed(s, "agents");
}
