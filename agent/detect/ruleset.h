/* SPDX-License-Identifier: EUPL-1.2 */
/* A set of rules while it is loaded and as workers use it.  Private to agent/detect. */
#ifndef AGENT_DETECT_RULESET_H
#define AGENT_DETECT_RULESET_H

#include "agent/detect/mpm.h"
#include "agent/detect/rule.h"

struct classes;
struct datasets;
struct lists;
struct prefilter;
struct reputation;

/* Names that rules give to what they remember; ids are dense from 0. */
enum ruleset_names {
	RULESET_FLOWBITS,
	RULESET_FLOWINTS,
	RULESET_XBITS,
	RULESET_HOSTBITS,
	RULESET_NAME_KINDS,
};
#define RULESET_NAMES_MAX 32768

/* -1 when no rule has it. */
int ruleset_name_find(
    const struct ruleset *rs, enum ruleset_names kind, const char *name);
/* -1 at the maximum. */
int ruleset_name_id(struct ruleset *rs, enum ruleset_names kind, const char *name);
size_t ruleset_names(const struct ruleset *rs, enum ruleset_names kind);
const char *ruleset_name(
    const struct ruleset *rs, enum ruleset_names kind, size_t id);

const struct classes *ruleset_classes(const struct ruleset *rs);
struct lists *ruleset_lists(struct ruleset *rs);
struct datasets *ruleset_datasets(struct ruleset *rs);
/* NULL: none was given. */
const struct reputation *ruleset_reputation(const struct ruleset *rs);
const struct ruleset_source *ruleset_source(const struct ruleset *rs);
/* Count a class that classification.config does not have. */
void ruleset_note_class(struct ruleset *rs);
/* A copy that lives as long as the set; NULL without memory. */
char *ruleset_strdup(struct ruleset *rs, const char *text);
/* The same, one copy for all rules that have this text. */
const char *ruleset_share(struct ruleset *rs, const char *text);

/* After ruleset_finish(): in order of evaluation, and the longest list of operations. */
struct rule *const *ruleset_rules(const struct ruleset *rs, size_t *n);
size_t ruleset_longest_list(const struct ruleset *rs);
const struct prefilter *ruleset_prefilter(const struct ruleset *rs);

/* The rules of a text that is scribbled upon; file must live as long as the set. */
int ruleset_load_text(struct ruleset *rs, char *text, const char *file);
void ruleset_rule_free(struct rule *r);

/* "type limit, track by_src, count 1, seconds 60"; -1 with error filled. */
int ruleset_threshold(
    char *value, bool typed, struct threshold *out, char *error, size_t size);
/* threshold.config onto the rules; -1 with error filled. */
int ruleset_threshold_file(
    struct ruleset *rs, const char *path, char *error, size_t size);

/* Class, implied directions, gate; -1 with error filled when Suricata refuses it. */
int ruleset_classify(struct rule *r, char *error, size_t size);
/* The same of application layers, after the class; NULL, or why it is refused. */
const char *ruleset_classify_app(struct rule *r);
/* Choose the fast pattern: r->fast_list, fast_op, placed_op. */
void ruleset_choose_fast(struct rule *r);
/* The list's content at k, or the part of it that is looked for, for the matchers. */
struct mpm_pattern ruleset_pattern(const struct rule_list *l, int k);

#endif
