/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Following the store: new rows past the rules, outcomes appended through ingest.
 *
 * After a restart the state comes back from the store itself: our own alerts and
 * incidents are read first, then the rows that still matter are replayed.  Rows up
 * to the bookmark are replayed in silence, as their outcome was acknowledged.
 */
#ifndef COLLECTOR_CORRELATE_LIVE_H
#define COLLECTOR_CORRELATE_LIVE_H

#include "collector/correlate/sigma.h"

struct live_options {
	const char *store_uri;
	const char *bookmark_path;
	int ingest_fd;
};

/* Until ingest goes away or a signal comes.  An exit status. */
int live_run(const struct sigma_set *set, const struct live_options *o);

#endif
