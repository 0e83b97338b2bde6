/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is known of addresses: scores by category, of lists in Suricata's format
 * (guide, "IP Reputation").  Read once, looked up without allocation.
 */
#ifndef AGENT_DETECT_REPUTATION_H
#define AGENT_DETECT_REPUTATION_H

#include "agent/detect/detect.h"

#include "common/addr.h"

struct reputation;

/*
 * Read the file of categories ("id,short name,description") and lists ("address or
 * net,id,score") that c names.  NULL with error filled: file, line, what.
 */
struct reputation *reputation_new(
    const struct ruleset_config *c, char *error, size_t size);
void reputation_free(struct reputation *r);

/* Number of a category by its short name; -1 when there is none. */
int reputation_category(const struct reputation *r, const char *name);
/*
 * The score of an address, 0 to 127, or -1 when there is none.  An address that is
 * listed itself has 0 in the categories that its lines do not name, whatever nets
 * around it say; else the smallest net of that category counts.
 */
int reputation_score(
    const struct reputation *r, uint8_t category, const struct addr *a);

#endif
