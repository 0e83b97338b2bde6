/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Patterns in buffers of transactions: one set a buffer, direction and chain of
 * transforms.  Private to agent/detect.
 */
#ifndef AGENT_DETECT_APPSETS_H
#define AGENT_DETECT_APPSETS_H

#include "agent/app/app.h"
#include "agent/detect/match.h"
#include "agent/detect/mpm.h"

struct appsets;

/* NULL with errno. */
struct appsets *appsets_new(void);
void appsets_free(struct appsets *f);
/* A rule whose fast pattern is in a buffer of transactions.  -1 with errno. */
int appsets_add(struct appsets *f, const struct rule *r);
/* Each part after the last add and before the first scan; -1 with error filled. */
#define APPSETS_PARTS (APP_IDS + APP_DIRS * APP_BUFFER_IDS)
int appsets_build(struct appsets *f, size_t part,
    const struct ruleset_source *source, char *error, size_t size);
int appsets_fit(const struct appsets *f, struct mpm_scratch *s);

/* The buffers that some rule looks into, a bit each. */
#define APPSETS_WORDS ((APP_BUFFER_IDS + 63) / 64)
const uint64_t *appsets_looked(
    const struct appsets *f, enum app_id id, enum app_dir d);
/* The progress of the protocol from which a buffer can be asked; -1: never. */
int appsets_progress(
    const struct appsets *f, enum app_id id, enum app_dir d, enum app_buffer_id b);

/* Call fn with the rules of each pattern found in the buffer. */
void appsets_scan(const struct appsets *f, struct mpm_scratch *s,
    struct content_scratch *c, enum app_buffer_id b, enum app_dir d,
    struct span bytes, mpm_fn *fn, void *arg);

#endif
