/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Asking ingest, the only writer of the store, to append a record or put an agent;
 * and hearing from it which rows are new.  Answers come through the loop.
 */
#ifndef COLLECTOR_WEB_WRITES_H
#define COLLECTOR_WEB_WRITES_H

#include "collector/store/store.h"
#include "common/buf.h"
#include "common/loop.h"

#include <stdbool.h>
#include <stdint.h>

struct writes;

/* Row id, or for an agent 0; negative errno when it failed (-ETIMEDOUT: no answer).
 */
typedef void writes_done_fn(void *arg, int64_t id);

/* fd -1: without a writer.  It stays the caller's.  NULL with errno. */
struct writes *writes_new(struct loop *loop, int fd,
    void (*new_rows)(void *arg, int64_t last_id), void *arg);
/* Those waiting are told -ECANCELED. */
void writes_free(struct writes *w);
bool writes_connected(const struct writes *w);

/*
 * done is called exactly once when these return 0, and may be NULL.  -1 with errno:
 * ENOTCONN no writer, EAGAIN it is busy, ENOSPC too many are waiting.
 */
int writes_append(struct writes *w, enum record_class cls, struct buf *json,
    writes_done_fn *done, void *arg);
int writes_put_agent(
    struct writes *w, const struct store_agent *a, writes_done_fn *done, void *arg);

/* What is written down of each change: who did what to what, and how it ended. */
struct audit {
	const char *action; /* "agent.add" */
	const char *object; /* "sw-web01" */
	const char *result; /* "done", "failed" */
	const char *origin; /* "console", "local socket" */
	const char *actor;  /* "uid 1000" */
	const char *tenant; /* "" when it concerns none */
};
int writes_audit(
    struct writes *w, const struct audit *a, writes_done_fn *done, void *arg);

#endif
