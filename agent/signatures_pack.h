/* SPDX-License-Identifier: EUPL-1.2 */
/* Signatures out of files, and all that they need, into the parts of a bundle. */
#ifndef AGENT_SIGNATURES_PACK_H
#define AGENT_SIGNATURES_PACK_H

#include "agent/bundle/bundle.h"
#include "agent/detect/detect.h"
#include "common/buf.h"

#include <limits.h>

struct signatures_pack {
	const char *const *rules, *const *sets;
	size_t rules_n, sets_n;
	/* NULL: the one beside the first of rules, if there is one. */
	const char *threshold, *classification;
	const char *iprep_categories; /* NULL: no reputations */
	const char *const *iprep;
	size_t iprep_n;
	unsigned levels; /* of processors; 0: this one's */
	bool place;	 /* databases as this host uses them */

	/* Private. */
	struct bundle_writer *writer;
	char beside[2][PATH_MAX];
	const char *file; /* of the rules that text gathers */
	struct buf text;
	struct ruleset_source source;
};

/*
 * Load them as a sensor would and add what loaded to w.  The ruleset, which is to be
 * freed while p lives, says what was refused.  NULL with error filled.
 */
struct ruleset *signatures_pack(
    struct signatures_pack *p, struct bundle_writer *w, char *error, size_t size);

/* Lines of what rs refused, at the end of out. */
void signatures_pack_refusals(const struct ruleset *rs, struct buf *out);

#endif
