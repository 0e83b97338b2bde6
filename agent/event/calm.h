/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One risk between two hosts is told once an hour: a printer that speaks an old
 * TLS all day is one finding, not a thousand.  The memory is fixed; when a set is
 * full its oldest entry is forgotten, so a flood can only cause repeats.
 */
#ifndef AGENT_EVENT_CALM_H
#define AGENT_EVENT_CALM_H

#include "common/addr.h"

#include <stdbool.h>

struct event_calm;

struct event_calm *event_calm_new(void);
void event_calm_free(struct event_calm *c);
/*
 * May this be told at now_us?  The pair has no direction.  repeats is set to how
 * many were held back since it was told last.
 */
bool event_calm_ask(struct event_calm *c, const struct addr *a,
    const struct addr *b, unsigned risk, int64_t now_us, uint64_t *repeats);

#endif
