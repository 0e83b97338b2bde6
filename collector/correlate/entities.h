/* SPDX-License-Identifier: EUPL-1.2 */
/* Who and what a record is about: the hosts, addresses and files that join incidents. */
#ifndef COLLECTOR_CORRELATE_ENTITIES_H
#define COLLECTOR_CORRELATE_ENTITIES_H

#include "collector/correlate/event.h"
#include "collector/correlate/incident.h"
#include "collector/correlate/sigma.h"
#include "collector/limits.h"

struct entities {
	struct incident_entity v[INCIDENT_ENTITIES_MAX];
	size_t n;
};

/* Once each; left out: what is empty, too long, or an address that many share. */
void entities_add(struct entities *list, const char *type, const char *value);
/*
 * A file is on its host.  Traffic is between addresses: the agent that saw it may
 * watch for many.  arg is a struct entities.
 */
void entities_add_event(void *arg, const struct event *e);
/* The type that a field's values are of; NULL when they join nothing. */
const char *entities_type_of(const struct field_ref *f);

#endif
