/* SPDX-License-Identifier: EUPL-1.2 */
/* A set of rules as it lies, for ruleset.c, ruleset_load.c and ruleset_finish.c. */
#ifndef AGENT_DETECT_RULESET_PRIVATE_H
#define AGENT_DETECT_RULESET_PRIVATE_H

#include "agent/detect/ruleset.h"
#include "agent/limits.h"

#include "common/table.h"

struct names {
	struct table *ids; /* name -> id + 1 */
	const char **name;
	size_t n;
};

struct ruleset {
	struct lists *lists;
	struct datasets *datasets;
	struct classes *classes;
	struct reputation *reputation; /* NULL: none */
	bool keep_text;
	const struct ruleset_source *source;
	char *threshold;
	struct rule **rule;
	size_t n, cap;
	struct table *by_sid; /* (gid, sid) -> rule */
	struct ruleset_refusal *refusal;
	size_t refusals, refusals_cap;
	char **string; /* what ruleset_strdup() made */
	size_t strings, strings_cap;
	const char **shared; /* some of these, by hash; NULL: finished */
	size_t shared_n;
	struct names names[RULESET_NAME_KINDS];
	size_t total, unknown_classes, longest_list;
	struct prefilter *prefilter;
	size_t finished; /* rules that ruleset_finish_some() is done with */
	char line[RULE_TEXT_MAX + 2];
};

#endif
