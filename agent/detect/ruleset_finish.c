/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * After the last rule: sorting and numbering (engine.md 1.2, point 8), fast patterns,
 * databases; in parts, as a sensor does it between packets.  And its end, likewise.
 */
#include "agent/detect/ruleset_private.h"

#include "agent/detect/dataset.h"
#include "agent/detect/prefilter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* pass before drop before reject before alert. */
static int
action_rank(enum rule_action a)
{
	static const int RANK[] = {[RULE_PASS] = 0,
	    [RULE_DROP] = 1,
	    [RULE_REJECT] = 2,
	    [RULE_ALERT] = 3,
	    [RULE_CONFIG] = 4};

	return RANK[a];
}

static int
evaluation_cmp(const void *pa, const void *pb)
{
	const struct rule *a = *(struct rule *const *)pa,
			  *b = *(struct rule *const *)pb;
	int d = action_rank(a->meta.action) - action_rank(b->meta.action);

	for (size_t i = 0; d == 0 && i < sizeof(a->roles); i++)
		d = a->roles[i] - b->roles[i];
	if (d == 0)
		d = a->meta.priority - b->meta.priority;
	if (d == 0)
		d = a->order < b->order ? -1 : a->order > b->order;
	return d;
}

/* Rules looked at in one go: a millisecond. */
#define FINISH_AT_ONCE 4096

static int
begin_finish(struct ruleset *rs, char *error, size_t size)
{
	if (rs->threshold != NULL &&
	    ruleset_threshold_file(rs, rs->threshold, error, size) == -1)
		return -1;
	free(rs->shared); /* only for loading */
	rs->shared = NULL;
	if (rs->n > 0)
		qsort(rs->rule, rs->n, sizeof(*rs->rule), evaluation_cmp);
	rs->prefilter = prefilter_new(rs->rule, rs->n, rs->source);
	snprintf(error, size, "rules: %s", strerror(errno));
	return rs->prefilter == NULL ? -1 : 1;
}

int
ruleset_finish_some(struct ruleset *rs, char *error, size_t size)
{
	size_t end = rs->n - rs->finished > FINISH_AT_ONCE
	    ? rs->finished + FINISH_AT_ONCE
	    : rs->n;

	if (rs->prefilter == NULL)
		return begin_finish(rs, error, size);
	if (rs->finished == rs->n)
		return prefilter_build_some(rs->prefilter, error, size);
	for (; rs->finished < end; rs->finished++) {
		struct rule *r = rs->rule[rs->finished];

		r->number = (uint32_t)rs->finished;
		ruleset_choose_fast(r);
		for (size_t k = 0; k < r->lists_n; k++)
			if (r->list[k].n > rs->longest_list)
				rs->longest_list = r->list[k].n;
	}
	return 1;
}

int
ruleset_finish(struct ruleset *rs, char *error, size_t size)
{
	int more;

	while ((more = ruleset_finish_some(rs, error, size)) == 1)
		;
	return more;
}

int
ruleset_free_some(struct ruleset *rs)
{
	size_t n = rs->n > FINISH_AT_ONCE ? rs->n - FINISH_AT_ONCE : 0;

	if (rs->prefilter != NULL) {
		prefilter_free(rs->prefilter);
		rs->prefilter = NULL;
		return 1;
	}
	while (rs->n > n)
		ruleset_rule_free(rs->rule[--rs->n]);
	if (rs->n > 0)
		return 1;
	ruleset_free(rs);
	return 0;
}

void
ruleset_inherit(struct ruleset *to, struct ruleset *from)
{
	datasets_inherit(to->datasets, from->datasets);
}

static int
load_order_cmp(const void *pa, const void *pb)
{
	const struct rule *a = *(struct rule *const *)pa,
			  *b = *(struct rule *const *)pb;

	return a->order < b->order ? -1 : a->order > b->order;
}

int
ruleset_texts(const struct ruleset *rs, ruleset_text_fn *fn, void *arg)
{
	struct rule **rule = malloc((rs->n + 1) * sizeof(*rule));
	int rc = 0;

	if (rule == NULL)
		return -1;
	if (rs->n > 0)
		memcpy(rule, rs->rule, rs->n * sizeof(*rule));
	qsort(rule, rs->n, sizeof(*rule), load_order_cmp);
	for (size_t i = 0; i < rs->n && rc == 0; i++)
		if (!(rule[i]->flags & RULE_REVERSED))
			rc = fn(arg, rule[i]->file, rule[i]->meta.text);
	free(rule);
	return rc;
}
