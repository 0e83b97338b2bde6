/* SPDX-License-Identifier: EUPL-1.2 */
/* A stored record as correlation sees it: its columns and its parsed body. */
#ifndef COLLECTOR_CORRELATE_EVENT_H
#define COLLECTOR_CORRELATE_EVENT_H

#include "collector/correlate/fields.h"
#include "common/json.h"

#include <stdbool.h>
#include <stdint.h>

struct event {
	int64_t id;	    /* row in the store, or line of a file: its name */
	int64_t time_us;    /* when it happened */
	int64_t arrived_us; /* when it came in; rises with id */
	const char *tenant, *host, *agent, *event_type, *engine; /* never NULL */
	const struct json_doc *body;
};

/*
 * Call fn for each value the field has: arrays stand for their elements, at
 * every level.  Stops when fn returns true, and returns that.
 */
bool event_each(const struct event *e, const struct field_ref *f,
    bool (*fn)(void *arg, const struct json_doc *value), void *arg);
/* The same for every text, number and boolean of the record. */
bool event_each_scalar(const struct event *e,
    bool (*fn)(void *arg, const struct json_doc *value), void *arg);

/* Fill e from the body alone: id and arrived_us stay 0; time_us too if there is
 * none. */
void event_from(struct event *e, const struct json_doc *body);

/* A scalar as text; numbers and booleans are written into buffer.  NULL for the
 * rest. */
const char *event_text(const struct json_doc *value, char *buffer, size_t size);

#endif
