/* SPDX-License-Identifier: EUPL-1.2 */
/* A struct store_query as the WHERE of a SELECT over event e and source s. */
#ifndef COLLECTOR_STORE_QUERY_H
#define COLLECTOR_STORE_QUERY_H

#include "collector/store/sqlite.h"
#include "common/buf.h"

/* Append the condition ("1 AND ..."), with a parameter for each value. */
void query_where(struct buf *sql, const struct store_query *q);
/* Bind those values, from parameter 1 on; returns the next parameter. */
int query_bind(sqlite3_stmt *st, const struct store_query *q);

#endif
