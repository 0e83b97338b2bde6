/* SPDX-License-Identifier: EUPL-1.2 */
/* What yara.c and yara_load.c share. */
#ifndef AGENT_SCAN_YARA_RULES_H
#define AGENT_SCAN_YARA_RULES_H

#include "agent/scan/yara.h"

#include <yara.h>

struct yara {
	YR_RULES *whole;	     /* NULL: no rules */
	YR_RULES *parts[YARA_PARTS]; /* the same rules, split; NULL: an empty one */
	char version[65];
};

uint32_t yara_rule_id(const char *name_space, const char *rule);

#endif
