/* SPDX-License-Identifier: EUPL-1.2 */
/* The figures as a page for people: WCAG 2.2 AA, on paper too. */
#ifndef COLLECTOR_REPORT_HTML_H
#define COLLECTOR_REPORT_HTML_H

#include "collector/report/figures.h"
#include "collector/report/texts.h"
#include "common/buf.h"

/* A whole HTML document, without script and without anything from elsewhere. */
void html_render(struct buf *out, const struct figures *f, enum texts_lang lang);

#endif
