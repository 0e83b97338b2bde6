/* SPDX-License-Identifier: EUPL-1.2 */
/* The figures as JSON, for programs: the same ones as on the page. */
#ifndef COLLECTOR_REPORT_EXPORT_H
#define COLLECTOR_REPORT_EXPORT_H

#include "collector/report/figures.h"
#include "common/buf.h"

void export_json(struct buf *out, const struct figures *f);

#endif
