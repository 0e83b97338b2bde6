/* SPDX-License-Identifier: EUPL-1.2 */
/* What a scan found, as EVE records with a "fileinfo" object (docs/record.md). */
#ifndef AGENT_SCAN_REPORT_H
#define AGENT_SCAN_REPORT_H

#include "agent/scan/yara.h"
#include "common/buf.h"

/* The file, or the archive's member, that is spoken of. */
struct report_subject {
	const char *path; /* of the file */
	const char
	    *member;	  /* its members' names joined with "!/"; NULL: the file */
	const char *type; /* "EXE", "ZIP"...; "": not known */
	uint64_t size;
	const char *sha256; /* hexadecimal; NULL: not known */
	int64_t time_us;
	const char *zone; /* NULL: none */
	/* Of a file out of traffic: members of its records (struct scan_file). */
	const char *before, *after;
	size_t before_len, after_len;
	bool cut; /* it had more bytes */
};

/* One rule that matched: event_type alert, gid 300.  out is emptied first. */
void report_match(
    struct buf *out, const struct report_subject *s, const struct yara_match *m);

/*
 * Something that was not looked at: event_type anomaly.  event is its fixed name
 * ("archive_encrypted"); reason and rule may be NULL or "".
 */
void report_finding(struct buf *out, const struct report_subject *s,
    const char *event, const char *reason, const char *rule);

#endif
