/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the collector's processes say to each other, over common/ipc.h.  The parent
 * makes one pair between ingest and each of correlate and web.  Each child gets
 * its end(s) as descriptors:
 *
 *   correlate, web: 3 to ingest;  ingest: 3 correlate, 4 web
 *
 * The store is opened by each by URI; only ingest opens it for writing.
 */
#ifndef COLLECTOR_ROLE_H
#define COLLECTOR_ROLE_H

#include <stdint.h>

#define ROLE_FD_INGEST	  3
#define ROLE_FD_CORRELATE 3
#define ROLE_FD_WEB	  4

enum collector_message {
	/* ingest to the others */
	COLLECTOR_NEW_ROWS =
	    1,		     /* struct collector_new_rows: committed up to here */
	COLLECTOR_APPENDED,  /* struct collector_appended: answer to an append */
	COLLECTOR_AGENT_PUT, /* struct collector_appended: answer to a put */
	/* the others to ingest */
	COLLECTOR_APPEND = 32, /* struct collector_append, then the record's JSON */
	COLLECTOR_PUT_AGENT, /* struct collector_append, then struct store_agent */
};

struct collector_new_rows {
	int64_t last_id;
};

/*
 * As the class of an append: store nothing, and answer -EINVAL, in its turn.  So a
 * child that was restarted learns when all it sent before is in the store.
 */
#define COLLECTOR_APPEND_NOTHING UINT32_MAX

struct collector_append {
	uint64_t ticket; /* comes back in the answer */
	uint32_t cls;	 /* enum record_class */
	uint32_t reserved;
};

struct collector_appended {
	uint64_t ticket;
	int64_t id; /* of the row; negative errno when it failed */
};

#endif
