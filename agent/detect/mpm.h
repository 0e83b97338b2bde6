/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Many patterns in one pass; a pattern brings up all rules that chose it.
 */
#ifndef AGENT_DETECT_MPM_H
#define AGENT_DETECT_MPM_H

#include "agent/detect/detect.h"

#include "common/cursor.h"

/* Of a longer content the front is looked for. */
#define MPM_PATTERN_MAX 255

struct mpm;
struct mpm_scratch;

struct mpm_pattern {
	const uint8_t *bytes;
	size_t len;
	bool nocase;
	size_t min_end; /* a match ends here at the earliest */
	size_t max_end; /* or latest; 0: anywhere */
	bool at_end;	/* it is the last of the bytes */
};

/* So short, or so much of one byte, that Vectorscan would stop at it all the time? */
bool mpm_is_weak(const struct mpm_pattern *p);

/* NULL with errno. */
struct mpm *mpm_new(void);
void mpm_free(struct mpm *m);
int mpm_add(struct mpm *m, const struct mpm_pattern *p, uint32_t rule);
/* Compile what was added, or find it in source; -1 with error filled. */
int mpm_build(
    struct mpm *m, const struct ruleset_source *source, char *error, size_t size);
/* How many different ones there are, after that. */
size_t mpm_patterns(const struct mpm *m);

/* Working memory of one worker for all databases it is fitted to. */
struct mpm_scratch *mpm_scratch_new(void);
void mpm_scratch_free(struct mpm_scratch *s);
int mpm_scratch_fit(struct mpm_scratch *s, const struct mpm *m);

typedef void mpm_fn(void *arg, const uint32_t *rule, size_t n);
/* Call fn once for each pattern that occurs in the bytes, with its rules. */
void mpm_scan(const struct mpm *m, struct mpm_scratch *s, struct span bytes,
    mpm_fn *fn, void *arg);

#endif
