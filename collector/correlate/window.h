/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sliding windows by event time, one a rule and group.  An event is kept until
 * timespan and lateness have gone by since it ARRIVED; so the backlog of an agent
 * that was away is counted by its own times, and late events fall into place.
 *
 * A firing is an episode: it begins with the first window that meets the
 * threshold, goes on with each later one, and is over when no such window begins
 * within a timespan of its last event.
 */
#ifndef COLLECTOR_CORRELATE_WINDOW_H
#define COLLECTOR_CORRELATE_WINDOW_H

#include "collector/correlate/sigma.h"

#include <stddef.h>
#include <stdint.h>

struct windows;

enum window_result {
	WINDOW_QUIET,	/* kept; the threshold is not met */
	WINDOW_FIRED,	/* a firing begins */
	WINDOW_GOES_ON, /* another event of a firing */
	WINDOW_KNOWN,	/* an event that this firing had counted before a restart */
};

struct window_event {
	int64_t id, time_us, arrived_us;
	uint64_t value; /* value_count: hash of what is counted */
};

struct window_firing {
	int64_t first_id; /* with rule and group, the firing's name */
	int64_t first_us, last_us;
	int64_t last_id;   /* the highest id that was counted */
	uint64_t count;	   /* events of the firing so far */
	uint64_t distinct; /* value_count: values in the newest window */
};

struct window_counters {
	uint64_t groups_evicted, events_evicted;
};

/* NULL with errno. */
struct windows *window_new(int64_t lateness_us);
void window_free(struct windows *w);

/*
 * Put an event into the group's window.  f is filled unless the answer is
 * WINDOW_QUIET; ids (room of them) get the events of a new firing's window,
 * newest last, and *ids_n their number.
 */
enum window_result window_add(struct windows *w, const struct sigma_rule *r,
    const void *group, size_t group_len, const struct window_event *e,
    struct window_firing *f, int64_t *ids, size_t room, size_t *ids_n);

/* A firing that the store holds, before replay. */
void window_restore(struct windows *w, const struct sigma_rule *r,
    const void *group, size_t group_len, const struct window_firing *f,
    int64_t arrived_us);

size_t window_groups(const struct windows *w);
const struct window_counters *window_counters(const struct windows *w);

#endif
