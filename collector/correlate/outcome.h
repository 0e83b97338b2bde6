/* SPDX-License-Identifier: EUPL-1.2 */
/* A rule's firing, and the alert (gid 700) that tells it and explains why. */
#ifndef COLLECTOR_CORRELATE_OUTCOME_H
#define COLLECTOR_CORRELATE_OUTCOME_H

#include "collector/correlate/event.h"
#include "collector/correlate/incident.h"
#include "collector/correlate/sigma.h"
#include "collector/correlate/window.h"
#include "common/jw.h"

/* What a rule's firing is made from. */
struct outcome {
	const struct sigma_rule *rule;
	struct window_firing firing;
	char id[INCIDENT_FIRING_MAX];
	const char *group;		     /* JSON object */
	const struct incident_entity *named; /* by the group */
	size_t named_n;
	const int64_t *event;
	size_t events;
};

/* Fills in id: the same after a restart. */
void outcome_name(struct outcome *o);
/* The alert, as of the record e that made it. */
void outcome_write(struct jw *w, const struct outcome *o, const struct event *e);

#endif
