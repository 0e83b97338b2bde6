/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/full.h"

#include "collector/limits.h"
#include "common/clock.h"
#include "common/record.h"

bool
full_due(struct full *f, const struct window_counters *c, int64_t now,
    struct window_counters *lost)
{
	*lost = (struct window_counters){
	    .groups_evicted = c->groups_evicted - f->told.groups_evicted,
	    .events_evicted = c->events_evicted - f->told.events_evicted};
	if ((lost->groups_evicted == 0 && lost->events_evicted == 0) ||
	    (f->told_us != 0 && now - f->told_us < CORRELATE_FULL_US))
		return false;
	f->told = *c;
	f->told_us = now;
	return true;
}

void
full_write(struct jw *w, const struct window_counters *lost, int64_t time_us)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(time_us, time));
	jw_str(w, "event_type", "agent_state");
	jw_object(w, "alert");
	jw_str(w, "action", "allowed");
	jw_int(w, "gid", FULL_GID);
	jw_int(w, "signature_id", FULL_SID);
	jw_int(w, "rev", 1);
	jw_str(w, "signature",
	    "stadswacht correlation forgot events: its state is full");
	jw_str(w, "category", "Agent state");
	jw_int(w, "severity", 2);
	jw_end_object(w);
	jw_object(w, "agent_state");
	jw_str(w, "state", "correlation_full");
	jw_str(w, "agent", "collector");
	jw_uint(w, "groups", lost->groups_evicted);
	jw_uint(w, "events", lost->events_evicted);
	jw_end_object(w);
	jw_object(w, "stadswacht");
	jw_int(w, "v", RECORD_VERSION);
	jw_str(w, "class", record_class_name(RECORD_HEALTH));
	jw_str(w, "engine", "agent");
	jw_end_object(w);
	jw_end_object(w);
}
