/* SPDX-License-Identifier: EUPL-1.2 */
/* Reading an event stream (HTML standard, 9.2.6) from bytes cut anywhere. */
#ifndef COLLECTOR_CTL_SSE_H
#define COLLECTOR_CTL_SSE_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Told of each event; false to stop.  id is the bookmark after it, -1 when there is
 * none. */
typedef bool sse_event_fn(
    void *arg, const char *event, int64_t id, const char *data, size_t len);

struct sse {
	struct buf line, data;
	char event[32];
	int64_t last_id; /* -1: none yet */
	int64_t pending_id;
	uint64_t too_long; /* lines and events over CTL_EVENT_MAX: left out */
	sse_event_fn *on_event;
	void *arg;
};

void sse_init(struct sse *s, sse_event_fn *on_event, void *arg);
void sse_release(struct sse *s);
/* A new connection: what was half read is forgotten, the bookmark stays. */
void sse_restart(struct sse *s);
/* false when on_event said so. */
bool sse_feed(struct sse *s, const char *p, size_t len);

#endif
