/* SPDX-License-Identifier: EUPL-1.2 */
/* The YARA rules of a bundle. */
#ifndef AGENT_BUNDLE_YARA_H
#define AGENT_BUNDLE_YARA_H

#include "agent/bundle/bundle.h"
#include "agent/scan/yara.h"

/* As yara_load(); files are told by their names in the bundle. */
struct yara *bundle_yara_load(const struct bundle *b, yara_refused_fn *refused,
    void *arg, struct yara_totals *totals);

/* For yara_source.seen: into the bundle that is made. */
struct bundle_yara_pack {
	struct bundle_writer *writer;
	int error; /* the first errno; 0: all were added */
};
void bundle_yara_seen(
    void *pack, const char *name, bool included, const char *text, size_t len);

#endif
