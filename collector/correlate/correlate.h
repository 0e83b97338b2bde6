/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The correlator: records in, in the order of the store; alerts of Sigma rules (gid
 * 700) and incidents out.  Nothing joins across tenants.
 */
#ifndef COLLECTOR_CORRELATE_CORRELATE_H
#define COLLECTOR_CORRELATE_CORRELATE_H

#include "collector/correlate/event.h"
#include "collector/correlate/incident.h"
#include "collector/correlate/sigma.h"
#include "collector/correlate/window.h"

#define CORRELATE_GID 700

struct correlator;

typedef void correlate_see_fn(void *arg, const struct event *e);

struct correlate_ops {
	/* A record to append. */
	incident_emit_fn *emit;
	/* Show the record of this id again, by calling see at most once. */
	void (*fetch)(void *arg, int64_t id, correlate_see_fn *see, void *see_arg);
	void *arg;
};

struct correlate_counters {
	uint64_t events, matches, firings, ungrouped, regex_limits;
};

/* The set stays the caller's and must outlive it.  NULL with errno. */
struct correlator *correlate_new(const struct sigma_set *set, int64_t lateness_us,
    const struct correlate_ops *ops);
void correlate_free(struct correlator *c);

/*
 * One record.  With quiet nothing is told: its outcome is in the store already,
 * and only the state is built up.
 */
void correlate_event(struct correlator *c, const struct event *e, bool quiet);
/* At the end of a run, or of a batch that is the last for now. */
void correlate_flush(struct correlator *c);

/*
 * Before replay: a record of ours (gid 700, incident) from the store, newest
 * first.  It will not be told again.
 */
void correlate_restore(
    struct correlator *c, const struct json_doc *body, int64_t arrived_us);

/* The longest time that an event matters: timespan and lateness. */
int64_t correlate_memory_us(const struct correlator *c);
const struct correlate_counters *correlate_counters(const struct correlator *c);
const struct windows *correlate_windows(const struct correlator *c);

#endif
