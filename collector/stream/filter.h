/* SPDX-License-Identifier: EUPL-1.2 */
/* Which rows a reader wants: the same for a page of alerts and for a live stream.
 */
#ifndef COLLECTOR_STREAM_FILTER_H
#define COLLECTOR_STREAM_FILTER_H

#include "collector/store/store.h"

#include <stdbool.h>
#include <stdint.h>

enum filter_kind {
	FILTER_ALERT = 1,
	FILTER_INCIDENT = 2,
	FILTER_AGENT = 4,
	FILTER_ALL = 7
};

/* Empty text or 0 means any. */
struct filter {
	unsigned kinds; /* enum filter_kind */
	char tenant[STORE_NAME_MAX];
	/* Of alerts only; incidents and agent states pass these. */
	int64_t max_severity; /* 1 is highest; rows without one do not pass */
	int64_t sid;
	int cls; /* enum record_class, -1: any */
	char engine[24];
	char agent[STORE_NAME_MAX];
	char text[128]; /* in message, category, address, host or agent */
};

void filter_init(struct filter *f, unsigned kinds);
/* "alert", "incident", "agent", or NULL for rows that nobody streams (flows,
 * audit). */
const char *filter_kind_name(const struct store_row *r);
bool filter_row(const struct filter *f, const struct store_row *r);

#endif
