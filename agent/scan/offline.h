/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Scanning paths by hand: the same files and rules give the same bytes, however
 * many threads work.  A record's time is its file's time of change.
 */
#ifndef AGENT_SCAN_OFFLINE_H
#define AGENT_SCAN_OFFLINE_H

#include "agent/scan/file.h"

#include <stdio.h>

struct offline {
	const char *const *paths;
	size_t paths_n;
	struct yara *rules;
	unsigned jobs;	   /* threads, at least 1 */
	const char *cache; /* file; NULL: none */
	const char *zone;  /* told in the records; NULL: none */
	FILE *out;
};

struct offline_totals {
	struct scan_counts scanned;
	uint64_t cached;     /* files not scanned again */
	uint64_t skipped;    /* links, devices, sockets, fifos */
	uint64_t unreadable; /* files and folders that could not be opened */
};

/* -1 with error filled ("PATH: what, remedy"). */
int offline_run(
    const struct offline *o, struct offline_totals *t, char *error, size_t size);

#endif
