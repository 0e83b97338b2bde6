/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The store: append-only rows, read by everyone, written by ingest alone.
 * One back end for now: SQLite (sqlite.c).  URI: "sqlite:/path/to/store.db".
 *
 * A row is an event record of an agent, or one the collector appends itself
 * (agent "collector"): event_type "incident", "triage", "agent_state", "audit".
 * What is true now is the fold of those rows in order of id.
 */
#ifndef COLLECTOR_STORE_STORE_H
#define COLLECTOR_STORE_STORE_H

#include "common/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_NAME_MAX 64

struct store;

/* The columns that are queried; all texts are on loan and may be NULL. */
struct store_row {
	int64_t id; /* given by the store, rising; the bookmark of readers */
	const char *agent, *epoch;
	enum record_class cls;
	uint64_t seq;
	uint32_t crc; /* crc32c of the body as the agent sent it */
	const char *tenant, *host;
	int64_t time_us, received_us;
	const char *event_type;
	const char *signature, *category; /* of alerts */
	int64_t gid, sid, severity;	  /* 0: none */
	const char *src_ip, *dest_ip;
	int64_t src_port, dest_port;
	const char *engine; /* rules, yara, ndpi, ioc, behaviour, agent, sigma */
	const char *body;   /* the record, finished: one JSON object */
	size_t body_len;
};

enum store_mode {
	STORE_READ,
	STORE_WRITE
};

/* NULL with error filled.  STORE_WRITE creates and upgrades the schema. */
struct store *store_open(
    const char *uri, enum store_mode mode, char *error, size_t size);
void store_close(struct store *s);

/* --- writing (ingest only) --------------------------------------------------- */

/* One transaction: store_begin, any number of appends and marks, store_commit. */
int store_begin(struct store *s);
/* 0 stored, 1 seen before with the same crc, 2 seen before with another, -1 failed.
 */
int store_append(struct store *s, const struct store_row *r, int64_t *id);
/* The highest contiguous sequence stored for (agent, epoch, class). */
int store_set_mark(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t seq);
/* Durable when it returns 0; everything since store_begin undone when -1. */
int store_commit(struct store *s);
void store_rollback(struct store *s);
/* 0 when there is none. */
uint64_t store_mark(
    struct store *s, const char *agent, const char *epoch, enum record_class c);
/* Is this sequence stored?  0 not, 1 with this crc, 2 with another, -1 failed. */
int store_seen(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t seq, uint32_t crc);
/* Is there anything of this agent's epoch?  1, 0 or -1. */
int store_has_source(struct store *s, const char *agent, const char *epoch);
/* The agent declared first..last lost; kept as the ledger of what is missing. */
int store_add_gap(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t first, uint64_t last, int64_t received_us);
/* Stored or declared lost above after: calls fn with rising, maybe touching,
 * ranges. */
int store_ranges(struct store *s, const char *agent, const char *epoch,
    enum record_class c, uint64_t after,
    int (*fn)(void *arg, uint64_t first, uint64_t last), void *arg);

/*
 * Drop the oldest rows received before this time, at most max of them (writer only,
 * inside a transaction).  Marks stay, so what was dropped is not taken again.  Rows
 * dropped or -1.
 */
long store_expire(struct store *s, int64_t before_us, size_t max);

/* --- agents ------------------------------------------------------------------ */

enum store_agent_state {
	STORE_AGENT_PENDING,
	STORE_AGENT_ACTIVE,
	STORE_AGENT_REVOKED
};

struct store_agent {
	char name[STORE_NAME_MAX]; /* "sw-web01" */
	char key[48];		   /* its CURVE public key, Z85 */
	char tenant[STORE_NAME_MAX];
	char host[STORE_NAME_MAX * 4];
	enum store_agent_state state;
	int64_t first_seen_us, last_seen_us;
};
/* Insert or replace by name (writer only, inside a transaction). */
int store_put_agent(struct store *s, const struct store_agent *a);
/* 1 found, 0 not, -1 failed. */
int store_agent_by_key(struct store *s, const char *key, struct store_agent *a);
/* Calls fn for each agent by name; stops when it returns non-zero. */
int store_agents(
    struct store *s, int (*fn)(void *arg, const struct store_agent *a), void *arg);

/* --- reading ----------------------------------------------------------------- */

/* What is asked; zero or NULL means any. */
struct store_query {
	const char *const *tenants; /* allowed ones; NULL: all */
	size_t tenants_n;
	int64_t after_id;	/* id > this */
	int64_t before_id;	/* id < this; for paging back */
	int64_t from_us, to_us; /* event time, [from, to) */
	const char *event_type;
	const char *agent;
	int min_class, max_class; /* as enum record_class; both 0: any class */
	int64_t max_severity;	  /* severity <= this (1 is highest) */
	bool newest_first;	  /* by id, descending */
	size_t limit;		  /* 0: 1000 */
};
/* Rows by id; row is on loan during fn; stops when fn returns non-zero.  Rows told
 * or -1. */
long store_select(struct store *s, const struct store_query *q,
    int (*fn)(void *arg, const struct store_row *r), void *arg);
/* The newest id, 0 when empty; -1 failed. */
int64_t store_last_id(struct store *s);
/*
 * For reports: one aggregate by name from a fixed list in sqlite.c, over [from,
 * to) and the query's tenants.  fn gets text cells (NULL for SQL NULL).
 */
long store_aggregate(struct store *s, const char *name, const struct store_query *q,
    int (*fn)(void *arg, size_t n, const char *const *cells), void *arg);

#endif
