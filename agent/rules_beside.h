/* SPDX-License-Identifier: EUPL-1.2 */
/* Configuration files that lie beside rules, as Suricata's sets have them. */
#ifndef AGENT_RULES_BESIDE_H
#define AGENT_RULES_BESIDE_H

#include <limits.h>

/*
 * The file of that name beside the rules, or in them when they are a folder; NULL
 * when there is none.  Uses out, which may be returned.
 */
const char *rules_beside(const char *rules, const char *name, char out[PATH_MAX]);

#endif
