/* SPDX-License-Identifier: EUPL-1.2 */
/* The alerts of a week beside those of the week before. */
#ifndef COLLECTOR_REPORT_HTML_ALERTS_H
#define COLLECTOR_REPORT_HTML_ALERTS_H

#include "collector/report/page.h"

void html_alerts(struct page *p);

#endif
