/* SPDX-License-Identifier: EUPL-1.2 */
/* Rows of the API as lines for people, or as the raw records. */
#ifndef COLLECTOR_CTL_SHOW_H
#define COLLECTOR_CTL_SHOW_H

#include "common/buf.h"
#include "common/json.h"

#include <stdbool.h>
#include <stddef.h>

/* One row ({"id", ..., "record"}) as a line; the kind is the stream's event name.
 */
void show_row(
    struct buf *out, const char *kind, const struct json_doc *row, bool colour);
/* The row's record as it is stored, a line; a damaged one as the row that says so.
 */
void show_raw(struct buf *out, const char *row, size_t len);

/*
 * The elements of the array that is member name of the object text, one after
 * another: each call moves *pos (start with 0) and fills p and len.  false at the
 * end.
 */
bool show_next(const char *text, size_t text_len, const char *name, size_t *pos,
    const char **p, size_t *len);

/* What incident.severity or alert.severity (1 is highest) is called. */
const char *show_severity(const struct json_doc *record, const char *path);

#endif
