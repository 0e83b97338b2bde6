/* SPDX-License-Identifier: EUPL-1.2 */
/* What a request asks of the rows: its query string into a filter and a range. */
#ifndef COLLECTOR_WEB_QUERY_H
#define COLLECTOR_WEB_QUERY_H

#include "collector/stream/filter.h"

#include <stddef.h>
#include <stdint.h>

struct query {
	struct filter filter;
	int64_t after_id;  /* -1: not asked */
	int64_t before_id; /* 0: not asked */
	int64_t since_us;  /* 0: not asked */
	size_t limit;
};

/* Takes the value of a parameter by name; NULL when it is not there. */
typedef const char *query_get_fn(const void *from, const char *name);

enum query_result {
	QUERY_OK,
	QUERY_WRONG,
	QUERY_FORBIDDEN
};

/*
 * Fill q.  tenant is the only one the asker may see; "" for all: then another one
 * is QUERY_FORBIDDEN (told as 404).  QUERY_WRONG has error filled for the asker.
 */
enum query_result query_parse(struct query *q, unsigned kinds, const char *tenant,
    query_get_fn *get, const void *from, int64_t now_us, char *error, size_t size);

/* "2h", "30m", "7d", or a time as clock_parse() takes it.  -1 when neither. */
int query_parse_since(const char *text, int64_t now_us, int64_t *since_us);

#endif
