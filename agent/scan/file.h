/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One open file against the rules: its bytes, the members of archives in it, and
 * a record for each rule that matched and each thing not looked at.
 */
#ifndef AGENT_SCAN_FILE_H
#define AGENT_SCAN_FILE_H

#include "agent/event/envelope.h"
#include "agent/scan/yara.h"

struct scan_file {
	int fd;		  /* a regular file; stays the caller's */
	const char *path; /* told, never opened */
	int64_t time_us;  /* of the records */
	const char *zone; /* told in them; NULL: none */
	/* Of a file out of traffic: members of the records, as JSON objects. */
	const char *before, *after;
	size_t before_len, after_len; /* 0: none */
	bool cut;		      /* it had more bytes */
};

struct scan_counts {
	uint64_t files, members, bytes;
	uint64_t matches;  /* rules; one record each */
	uint64_t findings; /* what was not or only partly looked at */
	uint64_t failed;   /* files that could not be read */
};

/* A scanner of one thread. */
struct scan;

/* Records go to sink; y stays the caller's.  NULL with errno. */
struct scan *scan_new(
    struct yara *y, unsigned timeout_s, event_sink_fn *sink, void *arg);
void scan_free(struct scan *s);
/* -1 with errno when it could not be read; that is counted and told too. */
int scan_file(struct scan *s, const struct scan_file *f);
const struct scan_counts *scan_counts(const struct scan *s);

#endif
