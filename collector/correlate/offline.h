/* SPDX-License-Identifier: EUPL-1.2 */
/* EVE files past the rules, without a store: the same input gives the same bytes.
 */
#ifndef COLLECTOR_CORRELATE_OFFLINE_H
#define COLLECTOR_CORRELATE_OFFLINE_H

#include "collector/correlate/sigma.h"

/*
 * Replay the lines of eve_path and write alerts and incidents to out_path, one a
 * line.  Tells on standard error what was read.  An exit status.
 */
int offline_run(
    const struct sigma_set *set, const char *eve_path, const char *out_path);

#endif
