/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Incidents: firings and high alerts of one tenant that share a host, an address
 * or a file within a day are one.  Each state of an incident is a record of its
 * own with the same incident.id; the newest is how it stands (docs/sigma.md).
 */
#ifndef COLLECTOR_CORRELATE_INCIDENT_H
#define COLLECTOR_CORRELATE_INCIDENT_H

#include "collector/correlate/sigma.h"
#include "common/buf.h"
#include "common/json.h"

#include <stddef.h>
#include <stdint.h>

#define INCIDENT_VALUE_MAX  128
#define INCIDENT_FIRING_MAX 48

struct incidents;

struct incident_entity {
	const char
	    *type; /* host, ip, sha256; seen: the host that saw it, joins nothing */
	char value[INCIDENT_VALUE_MAX];
};

/* What joins or opens an incident. */
struct incident_item {
	const char *tenant, *title;
	const char *title_nl; /* in Dutch; NULL: none */
	enum sigma_level level;
	int64_t first_us, last_us;
	int64_t id;	 /* names it: of its first event */
	uint32_t sid;	 /* of the rule; with id it names a new incident */
	const char *key; /* of the rule */
	const char
	    *group; /* firing: the group's values as a JSON object; else NULL */
	const char *firing; /* firing: its id; else NULL */
	uint64_t count;
	int64_t last_id;
	const char *const *attack;
	size_t attacks;
	const struct incident_entity *entity;
	size_t entities;
	const int64_t *event; /* rows that are new to it */
	size_t events;
	bool opens; /* else it only joins one that is there */
};

/* A finished record, to be appended. */
typedef void incident_emit_fn(
    void *arg, int64_t time_us, const char *json, size_t len);

/* NULL with errno. */
struct incidents *incident_new(incident_emit_fn *fn, void *arg);
void incident_free(struct incidents *s);
void incident_add(struct incidents *s, const struct incident_item *item);
/* Tell each incident that changed since it was told; at the end of a run. */
void incident_flush(struct incidents *s);
/*
 * The newest row of an incident, from the store.  Afterwards it grows as if it
 * had never been away.  -1 when the row is none of ours.
 */
int incident_restore(struct incidents *s, const struct json_doc *body);
/* A person closed it: what comes next is another incident. */
void incident_close(struct incidents *s, const char *id);
size_t incident_count(const struct incidents *s);

/* One of the types above as incident_entity wants it; NULL for another. */
const char *incident_entity_type(const char *name);

#endif
