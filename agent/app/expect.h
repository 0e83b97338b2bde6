/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Connections that another one announced: FTP says on its control connection to
 * which port a file will come.  A table of the whole sensor with a fixed size; the
 * oldest gives way.
 */
#ifndef AGENT_APP_EXPECT_H
#define AGENT_APP_EXPECT_H

#include "agent/app/parser.h"
#include "agent/limits.h"

struct expect_row {
	enum app_id id;
	struct addr host[2]; /* both ends, in no order */
	uint16_t port;	     /* of the end that is called */
	int64_t until_us;
	/* The announcer's own. */
	unsigned command;
	char name[EXPECT_NAME_MAX];
	size_t name_len;
};

struct expect {
	struct expect_row row[EXPECT_MAX];
	size_t next;	  /* to be written; the oldest */
	int64_t until_us; /* of the newest: none lives longer */
};

/* Between the hosts of this flow; the rest of the row is the caller's. */
void expect_add(struct app_flow *a, const struct expect_row *row);
/* NULL: this flow was not announced for id. */
const struct expect_row *expect_find(const struct flow *f, enum app_id id);
/* Take the row out; false: there is none (any more). */
bool expect_take(struct app_flow *a, enum app_id id, struct expect_row *out);

#endif
