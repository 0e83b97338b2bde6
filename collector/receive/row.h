/* SPDX-License-Identifier: EUPL-1.2 */
/* A record as it came, as a row of the store: checked, finished, columns filled. */
#ifndef COLLECTOR_RECEIVE_ROW_H
#define COLLECTOR_RECEIVE_ROW_H

#include "collector/store/store.h"
#include "common/json.h"

struct row {
	struct store_row r; /* texts on loan from here and from the origin */
	struct buf body;
	struct json_doc *doc;
	bool malformed;
};

void row_init(struct row *row);
void row_release(struct row *row);

/*
 * Fill row from an agent's JSON.  What is no sound record becomes a row of
 * event_type "malformed" that holds its size and checksum, so that its sequence is
 * accounted for. time_us is of the envelope.  -1 when memory ran out.
 */
int row_fill(struct row *row, const char *json, size_t len, int64_t time_us,
    enum record_class cls, const struct record_origin *origin);

#endif
