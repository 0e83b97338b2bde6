/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The event record: the contract of agent and collector (docs/record.md).
 *
 * A record is an envelope and one JSON object: Suricata's EVE dialect 7, whose
 * LAST member is "stadswacht", our additions; its writer puts v, class and engine
 * there, and no object of its own.  The record ends with "}}" (that member's brace
 * and its own), so that what is known only later (tenant, agent, host, epoch,
 * sequence) is put in at that place by record_finish(), once, without a parse.
 */
#ifndef COMMON_RECORD_H
#define COMMON_RECORD_H

#include "common/buf.h"

#include <stdint.h>
#include <sys/types.h>

#define RECORD_VERSION 1
/* The JSON of one record: with the envelope it fits one datagram of 64 KiB. */
#define RECORD_JSON_MAX (60 * 1024)
#define RECORD_MAGIC	0x52575453u /* "STWR" */

/* Order is worth: the first is given up last (docs/operate.md). */
enum record_class {
	RECORD_HEALTH,	  /* agent state, audit */
	RECORD_ALERT,	  /* rules, YARA, indicators, behaviour */
	RECORD_FINDING,	  /* nDPI risks, file and behaviour summaries */
	RECORD_TELEMETRY, /* flows, metadata */
	RECORD_CLASSES,
};

const char *record_class_name(enum record_class c);
/* -1 for an unknown name. */
int record_class_parse(const char *name);

/*
 * Who wrote it and which one it is: writer is random for each life of a
 * process, number starts at 1 and has no holes.  (writer, number) is stamped at
 * birth.
 */
struct record {
	enum record_class cls;
	uint64_t writer;
	uint64_t number;
	int64_t time_us;  /* the event's time, wall clock */
	const char *json; /* on loan; no line end */
	size_t json_len;
};

/* Envelope and JSON, as one datagram.  Appends to out; -1 when it does not fit. */
int record_encode(const struct record *r, struct buf *out);
/* The inverse; json points into the bytes.  -1 with EBADMSG. */
int record_decode(const void *p, size_t len, struct record *r);

/* What a record's bearer adds to its "stadswacht" object. */
struct record_origin {
	const char *tenant, *agent, *host, *epoch; /* NULL: left out */
	uint64_t seq;
};
/*
 * Append json to out with the origin's members put into its last object.  -1
 * with EBADMSG when json does not end as a record must.
 */
int record_finish(
    const char *json, size_t len, const struct record_origin *o, struct buf *out);

/* --- a process as a writer of records ------------------------------------- */

struct record_writer;

/*
 * Write to the queue behind sock (SOCK_SEQPACKET, non-blocking).  When it is
 * full, health and alerts wait in an overflow queue of at most overflow_max bytes
 * and later ones are counted; findings and telemetry are dropped and counted.
 * sock stays the caller's.  NULL with errno.
 */
struct record_writer *record_writer_new(int sock, size_t overflow_max);
void record_writer_free(struct record_writer *w);
/* Takes a copy.  0 when queued or sent, 1 when dropped and counted, -1 on error. */
int record_write(struct record_writer *w, enum record_class cls, int64_t time_us,
    const char *json, size_t len);
/*
 * Send what waited; call when sock is writable and each second.  When something
 * was dropped and room is back, writes one gap record with the counts (event_type
 * "gap", class health).  Returns the number still waiting.
 */
size_t record_writer_flush(struct record_writer *w);
uint64_t record_writer_dropped(
    const struct record_writer *w, enum record_class cls);

#endif
