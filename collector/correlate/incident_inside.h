/* SPDX-License-Identifier: EUPL-1.2 */
/* An incident as incident*.c share it: joining, its parts, its row, coming back. */
#ifndef COLLECTOR_CORRELATE_INCIDENT_INSIDE_H
#define COLLECTOR_CORRELATE_INCIDENT_INSIDE_H

#include "collector/correlate/incident.h"
#include "collector/limits.h"
#include "common/list.h"
#include "common/table.h"

#define INCIDENT_TENANT_ROOM	64
#define INCIDENT_TECHNIQUE_ROOM 16
#define INCIDENT_KEY_MAX	(INCIDENT_TENANT_ROOM + 16 + INCIDENT_VALUE_MAX)

struct incident_firing {
	char id[INCIDENT_FIRING_MAX];
	char *key, *title, *title_nl, *group; /* title_nl may be NULL */
	enum sigma_level level;
	int64_t first_us, last_us, first_id, last_id;
	uint64_t count;
};

struct incident {
	struct list link; /* by last addition, oldest first */
	char id[40];
	char tenant[INCIDENT_TENANT_ROOM];
	char *title, *title_nl; /* title_nl may be NULL */
	char status[16];
	char merged_into[40]; /* of a merged one */
	enum sigma_level level;
	int64_t first_us, last_us, last_id;
	uint64_t count;
	struct incident_entity *entity; /* the first are told, all of them join */
	size_t entities, room;
	int64_t event[INCIDENT_EVENTS_MAX];
	size_t events;
	char attack[SIGMA_TECHNIQUES_MAX][INCIDENT_TECHNIQUE_ROOM];
	size_t attacks;
	struct incident_firing firing[INCIDENT_FIRINGS_MAX];
	size_t firings;
	bool changed, tell; /* since it was told; and is it worth a row now? */
	int64_t told_last_us;
	uint64_t told_count;
};

struct incidents {
	struct table *by_id, *by_entity;
	struct table *merged; /* ids, while the state comes back */
	struct list order;
	incident_emit_fn *fn;
	void *arg;
};

/* incident.c: an empty one in the table (NULL without memory); out of it, freed. */
struct incident *incident_make(struct incidents *s, const char *id);
void incident_drop(struct incidents *s, struct incident *n);

/* incident_part.c: what it is made of, once each and within its caps. */
bool incident_part_joins(const struct incident_entity *e);
size_t incident_part_key(const struct incident *n, const struct incident_entity *e,
    char out[INCIDENT_KEY_MAX]);
void incident_part_unlink(struct incidents *s, struct incident *n);
void incident_part_entity(
    struct incidents *s, struct incident *n, const struct incident_entity *e);
/* In order, once each.  False when it was there, or there is no room. */
bool incident_part_event(struct incident *n, int64_t id);
void incident_part_events(struct incident *n, const struct incident_item *item);
void incident_part_technique(struct incident *n, const char *technique);
void incident_part_firing(struct incident *n, const struct incident_item *item);
void incident_part_level(struct incident *n, const struct incident_item *item);

/* incident_row.c */
void incident_row_tell(struct incidents *s, struct incident *n);

#endif
