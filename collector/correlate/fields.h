/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Where a Sigma field is in a record.  Fields are EVE's dotted paths; a short
 * list of names from Sigma's own taxonomy stands for such paths (docs/sigma.md).
 */
#ifndef COLLECTOR_CORRELATE_FIELDS_H
#define COLLECTOR_CORRELATE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#define FIELD_PATHS 3

/* A field is what stands at any of its paths.  All on loan: static, or the rule's.
 */
struct field_ref {
	const char *path[FIELD_PATHS];
	size_t paths;
};

/* -1 when no record of ours has such a field. */
int fields_find(const char *name, struct field_ref *f);

/* Which records a rule looks at; NULL: any. */
struct logsource {
	const char *event_type;
	const char *engine;
};

/* Each may be NULL.  -1 when we have no records for it. */
int fields_logsource(const char *category, const char *product, const char *service,
    struct logsource *l);

#endif
