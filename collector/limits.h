/* SPDX-License-Identifier: EUPL-1.2 */
/* Every cap of the collector on one page, each with its reason. */
#ifndef COLLECTOR_LIMITS_H
#define COLLECTOR_LIMITS_H

/* --- store ------------------------------------------------------------------- */

/* Text of one query: the longest aggregate and a list of all tenants. */
#define STORE_SQL_MAX 4096
/* Columns of the widest aggregate, with room. */
#define STORE_CELLS_MAX 16

/* --- receive ------------------------------------------------------------------- */

/* Holes above the mark: batches lost from a window of 32, with room. */
#define DEDUPE_RANGES_MAX 64
/* Agent, epoch and class: 1.3 KB each; a fleet of 4,000 agents fits. */
#define DEDUPE_LINES_MAX (16 * 1024)
/* Connections with a greeting; each agent has one. */
#define RECEIVE_SESSIONS_MAX 16384
#define RECEIVE_AGENTS_MAX   65536
/*
 * Work of one transaction: an item or a message is one, a greeting all of it,
 * stored or not, so that no agent keeps a transaction open by sending what is not
 * stored.  SQLite is at full speed from here on.
 */
#define RECEIVE_WORK 1000
/* Messages of one connection that wait in memory, 256 KiB each at most. */
#define RECEIVE_WAITING 16
/*
 * New epochs of one agent in a day, each some rows for ever.  An agent makes one
 * when it cannot prove what its spool held: a host that restarts each 15 minutes
 * with its spool in memory stays under it.  More are refused until the next day.
 */
#define RECEIVE_EPOCHS_DAY 100
/* An event's time so far ahead of ours is no time: the time of receiving counts. */
#define RECEIVE_AHEAD_US (3600 * INT64_C(1000000))
/* Receiving yields to correlate and web this often. */
#define RECEIVE_TURN_US 100000
/* Epochs and classes acknowledged to one connection in one transaction. */
#define RECEIVE_ACKS_MAX 16
/* An agent pings each 10 s; after six it is called silent. */
#define RECEIVE_SILENT_US (60 * INT64_C(1000000))
/* Rows dropped at a time, each half minute: faster than 300 a second come in. */
#define RECEIVE_EXPIRE_ROWS 10000
/* Rows about refused keys in a minute: a flood of strangers is one line. */
#define RECEIVE_STRANGERS_MINUTE 10

/* --- web, stream, ctl -------------------------------------------------------- */

/* A town's SOC is tens of people; each page holds one stream and a few requests. */
#define WEB_CONNECTIONS_MAX 256
/* Of those at most so many streams, so that a request always finds room. */
#define STREAM_READERS_MAX 128
/* Head of a request; our longest query string is under 1 KiB. */
#define WEB_HEAD_MAX (16 * 1024)
/* Body of a request: the longest is an agent's registration, under 1 KiB. */
#define WEB_BODY_MAX (16 * 1024)
/* An idle connection is closed; streams write every 15 s. */
#define WEB_IDLE_SECONDS 30
/* So long may a request take to come in: one that drips takes a place from others. */
#define WEB_ASK_US (30 * INT64_C(1000000))
/* Ingest answers a write in milliseconds; after this the client is told 504. */
#define WEB_WRITE_TIMEOUT_US (10 * INT64_C(1000000))
/* Writes waiting for ingest at once. */
#define WEB_WRITES_MAX 64
/* Logged-in browsers; the one idle longest gives way to a new one. */
#define WEB_SESSIONS_MAX 64
#define WEB_SESSION_US	 (8 * 3600 * INT64_C(1000000))
/* One-time links not yet used; the oldest gives way. */
#define WEB_LINKS_MAX 32
#define WEB_LINK_US   (300 * INT64_C(1000000))
/* Any local program can try tokens: so many refusals a minute are written down, others counted. */
#define WEB_REFUSALS_MAX 10
#define WEB_REFUSALS_US	 (60 * INT64_C(1000000))
/* Rows in one answer, and rows looked at to fill it when a filter is narrow. */
#define WEB_ROWS_MAX 1000
#define WEB_SCAN_MAX 50000
/* One JSON answer: 1000 records of a few KiB; beyond it the answer is cut to fit. */
#define WEB_ANSWER_MAX (16 * 1024 * 1024)
/* Incidents in one list; rows read for it (each is parsed: about 10 us); events told of one. */
#define WEB_INCIDENTS_MAX      500
#define WEB_INCIDENTS_SCAN_MAX 10000
#define WEB_TIMELINE_MAX       500
/* A file of the console. */
#define WEB_FILE_MAX (4 * 1024 * 1024)
/* What one stream's reader may have waiting, and rows put there at a time. */
#define STREAM_BUFFER_MAX (256 * 1024)
#define STREAM_BATCH_ROWS 256
/* A quiet stream says so this often, which also finds readers that left. */
#define STREAM_COMMENT_US (15 * INT64_C(1000000))
/* A reader this many rows behind is told so. */
#define STREAM_BEHIND_ROWS 10000
/* One event of the stream as stadswachtctl takes it: a record and its frame. */
#define CTL_EVENT_MAX (128 * 1024)
/* One JSON answer as stadswachtctl takes it. */
#define CTL_ANSWER_MAX (32 * 1024 * 1024)

/* --- correlate ----------------------------------------------------------------- */

/* Segments of a field's path and levels of a record; EVE has at most five. */
#define SIGMA_FIELD_SEGMENT_MAX 64
#define SIGMA_NEST_MAX		16
#define SIGMA_FIELD_NAME_MAX	256
/* ATT&CK techniques of one rule, and of one incident. */
#define SIGMA_TECHNIQUES_MAX 16
/* Search identifiers of one rule: a bit each in a 64-bit mask. */
#define SIGMA_SELECTIONS_MAX 64
/* Operators and operands of one condition. */
#define SIGMA_CONDITION_MAX 256
/* Rules in all; SigmaHQ's whole collection is about 4,000. */
#define SIGMA_RULES_MAX 16384
/* One field's values; long indicator lists belong in a bundle. */
#define SIGMA_VALUES_MAX  4096
#define SIGMA_PATTERN_MAX 4096
/* Rules one correlation names, and fields of its group-by. */
#define SIGMA_CORRELATED_MAX 64
#define SIGMA_GROUP_MAX	     8
/* Events one group's window holds: about 60 bytes each, and the highest threshold. */
#define SIGMA_WINDOW_EVENTS_MAX 4096
/* Groups of all rules together: about 400 bytes each when quiet. */
#define SIGMA_GROUPS_MAX 65536
/* Events in all windows together. */
#define SIGMA_EVENTS_MAX 500000
/* The longest window: BIO2 8.15.04's slow attackers ask for 30 to 45 days. */
#define SIGMA_TIMESPAN_DAYS_MAX 45
/* Work of one regular expression on one value: PCRE2's own default is 10,000,000. */
#define SIGMA_REGEX_MATCH_LIMIT 100000
/* A pattern's work on one value: stars times text; beyond it is no match. */
#define SIGMA_PATTERN_STEPS_MAX 1000000

/* Events of one agent may come in so much later than those of another, and still
 * count together. */
#define CORRELATE_LATENESS_US (10 * 60 * INT64_C(1000000))
/* Incidents that may still grow; the one quiet longest is left as it is. */
#define INCIDENT_OPEN_MAX 4096
/* An incident that was quiet for a day is over: what comes then is a new one. */
#define INCIDENT_QUIET_US (24 * 3600 * INT64_C(1000000))
/* What one incident's row names: it stays under RECORD_JSON_MAX. */
#define INCIDENT_ENTITIES_MAX 64
/* Entities that join an incident; beyond it what is new stands by itself. */
#define INCIDENT_JOINING_MAX 4096
#define INCIDENT_EVENTS_MAX  256
#define INCIDENT_FIRINGS_MAX 16
/* A growing incident is told again when it doubled, or after so much time. */
#define INCIDENT_TELL_US (10 * 60 * INT64_C(1000000))
/* Correlated rows looked up again for their hosts and addresses, a firing. */
#define CORRELATE_ROWS_MAX 64
/* Firings in the store that a restart must not tell again: the newest. */
#define CORRELATE_TOLD_MAX 65536

/* Rows a turn of the loop, and records that may wait for ingest before it pauses. */
#define CORRELATE_BATCH_ROWS   2000
#define CORRELATE_OUTGOING_MAX 256
/* Looks at the store by itself, so that a lost message costs a second. */
#define CORRELATE_TICK_US (1 * INT64_C(1000000))
/* State that was full is told at most so often: one row, with what it cost. */
#define CORRELATE_FULL_US (10 * 60 * INT64_C(1000000))
/* A changed incident waits at most so long to be told. */
#define CORRELATE_FLUSH_US (30 * INT64_C(1000000))
/* Ingest answers within milliseconds; so long without is a lost answer. */
#define CORRELATE_ANSWER_US (30 * INT64_C(1000000))
/* Where a replay may begin: to within 1/32 of the longest window. */
#define CORRELATE_MARKS 64

/* --- report ---------------------------------------------------------------------- */

/* Different rules, hosts, agents, incidents a report counts; more is said to be cut. */
#define REPORT_LIST_MAX 20000
/* The greatest number that one record of an agent can add: that of all sequences. */
#define REPORT_COUNT_MAX (INT64_C(1) << 48)
/* Rows of a "most" table: what fits the two pages. */
#define REPORT_TOP 10
/* Incidents listed one by one. */
#define REPORT_INCIDENTS 50
/* A report is some 100 KiB; many agents make it longer. */
#define REPORT_SIZE_MAX (16u << 20)

#endif
