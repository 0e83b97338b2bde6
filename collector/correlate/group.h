/* SPDX-License-Identifier: EUPL-1.2 */
/* Which window of a correlation a record falls into: the values of its group-by. */
#ifndef COLLECTOR_CORRELATE_GROUP_H
#define COLLECTOR_CORRELATE_GROUP_H

#include "collector/correlate/entities.h"
#include "collector/correlate/event.h"
#include "collector/correlate/sigma.h"
#include "common/buf.h"
#include "common/json.h"

#define GROUP_VALUE_MAX 256
#define GROUP_KEY_MAX	(64 + SIGMA_GROUP_MAX * GROUP_VALUE_MAX)

struct group {
	struct buf key;	 /* rule, tenant, values */
	struct buf text; /* {"src_ip":"..."} */
	struct entities named;
};

void group_init(struct group *g);
void group_release(struct group *g);

/* False when the record lacks one of the fields.  part: which rule of the correlation. */
bool group_of(const struct sigma_rule *r, size_t part, const struct event *e,
    struct group *g);
/* value_count: a hash of what is counted; false when the record lacks it. */
bool group_value(const struct sigma_correlation *k, size_t part,
    const struct event *e, uint64_t *hash);
/*
 * The key again from a firing's "group": our own names, in our own order.  False
 * when the rule groups by something else now.
 */
bool group_restore(const struct sigma_rule *r, const struct json_doc *text,
    const char *tenant, struct group *g);

#endif
