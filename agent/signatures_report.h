/* SPDX-License-Identifier: EUPL-1.2 */
/* What was refused, on standard output. */
#ifndef AGENT_SIGNATURES_REPORT_H
#define AGENT_SIGNATURES_REPORT_H

#include "agent/detect/detect.h"

/* The reasons, the most frequent first, each with one place.  -1 after saying why. */
int signatures_report_reasons(const struct ruleset_refusal *r, size_t n);
void signatures_report_each(const struct ruleset_refusal *r, size_t n);

#endif
