/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules files named on the command line, as one ruleset. */
#ifndef AGENT_SENSOR_RULES_H
#define AGENT_SENSOR_RULES_H

#include "agent/detect/detect.h"
#include "agent/sensor_options.h"

/*
 * Load o's rules with its variables.  Refused rules are named on standard error
 * and left out.  *rs is NULL when no rules were given.  -1 after saying why.
 */
int sensor_rules_load(const struct sensor_options *o, struct ruleset **rs);

#endif
