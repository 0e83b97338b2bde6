/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Literals that can stand at few places only ("depth", "startswith", "endswith"):
 * those places are looked up in a table, nothing is searched.  Private to
 * agent/detect.
 */
#ifndef AGENT_DETECT_ANCHORS_H
#define AGENT_DETECT_ANCHORS_H

#include "agent/detect/mpm.h"

struct anchors;

/* NULL with errno. */
struct anchors *anchors_new(void);
void anchors_free(struct anchors *a);

/* Has the pattern so few places? */
bool anchors_fits(const struct mpm_pattern *p);
/* Patterns that fit only; the bytes are copied.  -1 with errno. */
int anchors_add(struct anchors *a, const struct mpm_pattern *p, uint32_t id);
/* After the last add, before the first scan. */
int anchors_build(struct anchors *a);
bool anchors_empty(const struct anchors *a);

typedef void anchors_fn(void *arg, uint32_t id);
/* Call fn for each place where a pattern stands: for some more than once.  Where the
 * others of at_end may end is not looked at. */
void anchors_scan(
    const struct anchors *a, struct span bytes, anchors_fn *fn, void *arg);

#endif
