/* SPDX-License-Identifier: EUPL-1.2 */
/* A Vectorscan database of literals.  Private to agent/detect. */
#ifndef AGENT_DETECT_EXPRESSIONS_H
#define AGENT_DETECT_EXPRESSIONS_H

#include "agent/detect/mpm.h"
#include "agent/detect/patterns.h"

/* Its places are not looked at: a match is told wherever it ends. */
struct expression {
	const struct mpm_pattern *p;
	unsigned id; /* that a match is told with */
};

/* Told with matches of what was added so that none is missed. */
#define EXPRESSIONS_DECOY UINT32_MAX

/* As patterns_build(), of n literals. */
int expressions_compile(const struct expression *e, size_t n,
    const struct ruleset_source *source, hs_database_t **db, bool *ours,
    char *error, size_t size);

#endif
