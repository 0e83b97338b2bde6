/* SPDX-License-Identifier: EUPL-1.2 */
/* The first page of the report: summary and incidents. */
#ifndef COLLECTOR_REPORT_HTML_SUMMARY_H
#define COLLECTOR_REPORT_HTML_SUMMARY_H

#include "collector/report/page.h"

void html_summary(struct page *p);
void html_summary_incidents(struct page *p);

#endif
