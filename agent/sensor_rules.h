/* SPDX-License-Identifier: EUPL-1.2 */
/* The rules named on the command line, of files or of a bundle, as one ruleset. */
#ifndef AGENT_SENSOR_RULES_H
#define AGENT_SENSOR_RULES_H

#include "agent/bundle_rules.h"
#include "agent/detect/detect.h"
#include "agent/sensor_options.h"

struct sensor_rules {
	struct ruleset *set;	     /* NULL: none were given */
	struct bundle_rules *bundle; /* it owns the set then; else NULL */
	int fd;
};

/*
 * Load o's rules with its variables.  Refused rules are named on standard error
 * and left out.  -1 after saying why.
 */
int sensor_rules_load(const struct sensor_options *o, struct sensor_rules *r);
/* How many were left out; set is not NULL. */
uint64_t sensor_rules_refused(const struct sensor_rules *r);
void sensor_rules_release(struct sensor_rules *r);

#endif
