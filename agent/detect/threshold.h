/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Thresholds of rules and of threshold.config at work: fixed windows from the
 * first hit, in packet time (engine.md 1.4).
 */
#ifndef AGENT_DETECT_THRESHOLD_H
#define AGENT_DETECT_THRESHOLD_H

#include "agent/detect/rule.h"

struct thresholds;

enum threshold_verdict {
	THRESHOLD_ALERT,
	THRESHOLD_SILENT,
};

/* Holds at most max counters; beyond it a hit alerts and is counted in full. */
struct thresholds *thresholds_new(size_t max);
void thresholds_free(struct thresholds *t);
/*
 * A rule hit a packet: suppression, detection_filter, threshold and rate_filter.
 * *action becomes the rate_filter's while that is in force.
 */
enum threshold_verdict thresholds_hit(struct thresholds *t, const struct rule *r,
    const struct packet *p, enum rule_action *action);
uint64_t thresholds_full(const struct thresholds *t);
uint64_t thresholds_suppressed(const struct thresholds *t);

#endif
