/* SPDX-License-Identifier: EUPL-1.2 */
/* The record (gid 600) that says that correlation forgot events for want of room. */
#ifndef COLLECTOR_CORRELATE_FULL_H
#define COLLECTOR_CORRELATE_FULL_H

#include "collector/correlate/window.h"
#include "common/jw.h"

#include <stdbool.h>

#define FULL_GID 600
#define FULL_SID 106

/* What of it was told, and when. */
struct full {
	struct window_counters told;
	int64_t told_us;
};

/*
 * Is it time to tell?  Then lost is what was forgotten since the last time, and that
 * counts as told.  now is monotonic.
 */
bool full_due(struct full *f, const struct window_counters *c, int64_t now,
    struct window_counters *lost);
/* Forgotten since the last such record: groups, and events in all. */
void full_write(struct jw *w, const struct window_counters *lost, int64_t time_us);

#endif
