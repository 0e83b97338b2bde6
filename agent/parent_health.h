/* SPDX-License-Identifier: EUPL-1.2 */
/* The parent's own records: what became of the agent, as alerts of gid 600. */
#ifndef AGENT_PARENT_HEALTH_H
#define AGENT_PARENT_HEALTH_H

#include "common/record.h"

/* signature_id of gid 600 (docs/record.md). */
enum parent_health_id {
	PARENT_HEALTH_STARTED = 1,
	PARENT_HEALTH_ENDED = 2, /* a process ended by itself */
	PARENT_HEALTH_STALLED =
	    3, /* it did nothing while work waited, and was ended */
	PARENT_HEALTH_STOPPED = 4,
	PARENT_HEALTH_UNSCANNED = 5,  /* files that were not scanned, or late */
	PARENT_HEALTH_LOADED = 6,     /* other rules are in use */
	PARENT_HEALTH_NOT_LOADED = 7, /* they were refused; the old ones stay */
	PARENT_HEALTH_TAKEN_BACK = 8, /* sensors crashed with them */
};

/* A number or a text that goes into "agent_state". */
struct parent_health_detail {
	const char *name;
	const char *text; /* NULL: number */
	uint64_t number;
};

/* severity: 1 is high.  details ends with a row without name. */
void parent_health_tell(struct record_writer *w, const char *zone,
    enum parent_health_id id, unsigned severity, const char *signature,
    const struct parent_health_detail *details);

#endif
