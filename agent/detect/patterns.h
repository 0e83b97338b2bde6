/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Compiling a set of expressions, or finding the database that somebody compiled of
 * the same set before.  A database is for one version of Vectorscan and one level
 * of processors; its name holds both and a digest of the set.  Private to
 * agent/detect.
 */
#ifndef AGENT_DETECT_PATTERNS_H
#define AGENT_DETECT_PATTERNS_H

#include "agent/detect/detect.h"

#include <hs/hs.h>

struct patterns {
	const char *const *text;
	const unsigned *flags, *ids;
	unsigned n;
};

/*
 * *db is the caller's to free when *ours, else it is on loan from the source.
 * source NULL: compiled, for this host.  -1 with error filled.
 */
int patterns_build(const struct patterns *p, const struct ruleset_source *source,
    hs_database_t **db, bool *ours, char *error, size_t size);

#endif
