/* SPDX-License-Identifier: EUPL-1.2 */
/* A bundle as a ruleset: its texts are loaded, its databases found in it. */
#ifndef AGENT_BUNDLE_RULES_H
#define AGENT_BUNDLE_RULES_H

#include "agent/bundle/bundle.h"
#include "agent/detect/detect.h"

struct bundle_rules_config {
	int fd;			 /* of the bundle; on loan until _free() */
	bool placed;		 /* made on this host, for it: used in place */
	const char *const *sets; /* variables in place of the bundle's */
	size_t sets_n;
	bool keep_text;
	/* Where its databases go to besides; NULL: nowhere. */
	int (*keep)(void *arg, const char *name, bool placed, struct span bytes);
	void *keep_arg;
};

struct bundle_rules;

/*
 * Open it and make an empty ruleset of its variables and configuration.  The
 * signature is not looked at; bundle_verify() does.  NULL with error filled.
 */
struct bundle_rules *bundle_rules_new(
    const struct bundle_rules_config *c, char *error, size_t size);
/* Frees its ruleset too, unless that was taken. */
void bundle_rules_free(struct bundle_rules *r);

const struct bundle *bundle_rules_bundle(const struct bundle_rules *r);
/* Load its rules and finish the set.  -1 with error filled. */
int bundle_rules_load(struct bundle_rules *r, char *error, size_t size);
/* Both in parts of some milliseconds.  1: there is more to do, 0: done, -1 with
 * error filled. */
int bundle_rules_load_some(struct bundle_rules *r, char *error, size_t size);
int bundle_rules_free_some(struct bundle_rules *r);
/* On loan; lives as long as r. */
struct ruleset *bundle_rules_set(const struct bundle_rules *r);
/* Rules that were left out, when it was made and now. */
uint64_t bundle_rules_refused(const struct bundle_rules *r);
/* Databases that were not in it, or not for this processor or library. */
uint64_t bundle_rules_compiled(const struct bundle_rules *r);

#endif
