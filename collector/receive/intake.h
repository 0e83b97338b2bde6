/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What ingest does with what agents send: rows, marks and gaps into one
 * transaction, and only when that is on disk, the acknowledgements.
 */
#ifndef COLLECTOR_RECEIVE_INTAKE_H
#define COLLECTOR_RECEIVE_INTAKE_H

#include "collector/receive/server.h"
#include "collector/store/store.h"

struct intake;

/* The store stays the caller's.  Rows older than keep_us are dropped.  NULL with errno. */
struct intake *intake_new(struct store *s, int64_t keep_us);
void intake_free(struct intake *i);

/* The server's question, with the intake as arg. */
const char *intake_allow(void *i, const char *key);

/*
 * Take what is waiting, at most about RECEIVE_ROWS rows, commit, acknowledge.
 * 1: more may be waiting; 0: nothing; -1: the store failed, nothing was
 * acknowledged.
 */
int intake_turn(struct intake *i, struct server *server);
/* Silence, last times seen, rows whose time is over; each few seconds. */
void intake_tick(struct intake *i);

/* The collector's own rows, from correlate and web.  A row's id or a negative
 * errno. */
int64_t intake_append(
    struct intake *i, enum record_class c, const char *json, size_t len);
int64_t intake_put_agent(struct intake *i, const struct store_agent *a);

/* The newest row committed so far. */
int64_t intake_last_id(const struct intake *i);

struct intake_stats {
	uint64_t rows, twice, malformed, conflicts, gaps, messages_bad, strangers,
	    failed, expired, epochs_refused;
};
const struct intake_stats *intake_stats(const struct intake *i);

#endif
