/* SPDX-License-Identifier: EUPL-1.2 */
/* How well we look: agents, losses, and what is not seen. */
#ifndef COLLECTOR_REPORT_HTML_COVERAGE_H
#define COLLECTOR_REPORT_HTML_COVERAGE_H

#include "collector/report/page.h"

void html_coverage(struct page *p);
void html_coverage_losses(struct page *p);
void html_coverage_not_seen(struct page *p);

/* Enrolled agents, and how many of them said nothing all week. */
uint64_t html_coverage_agents(const struct figures *f, uint64_t *silent);
/* Records of all classes, as the agents counted them. */
uint64_t html_coverage_lost(const struct figures *f);

#endif
