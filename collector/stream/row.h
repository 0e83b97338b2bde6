/* SPDX-License-Identifier: EUPL-1.2 */
/* A stored row as the API tells it (docs/api.md). */
#ifndef COLLECTOR_STREAM_ROW_H
#define COLLECTOR_STREAM_ROW_H

#include "collector/store/store.h"
#include "common/jw.h"

/*
 * Append {"id", "received", "class", "tenant", "agent", "host", "engine", "record"}
 * on one line.  A body that is no JSON object becomes record null and damaged true,
 * so that one broken row never hides the others.
 */
void row_write(struct jw *w, const struct store_row *r);

#endif
