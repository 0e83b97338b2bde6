/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the stages found, as records: Suricata's EVE dialect 7 with our object
 * last (docs/record.md).  The last stage of the sensor's pipe.
 */
#ifndef AGENT_EVENT_EVENT_H
#define AGENT_EVENT_EVENT_H

#include "agent/app/app.h"
#include "agent/decode/decode.h"
#include "agent/detect/detect.h"
#include "agent/event/envelope.h"
#include "agent/stream/stream.h"

struct event_builder;

/* Records by their event_type, one bit each. */
enum event_type {
	EVENT_ALERT = 1u << 0, /* of rules, of risks and of the agent itself */
	EVENT_FLOW = 1u << 1,
	EVENT_PACKET = 1u << 2,
	EVENT_STATS = 1u << 3,
};
/* "alert,flow" into bits; -1: a type that nothing here writes. */
int event_types_parse(const char *list, unsigned *types);

struct event_config {
	unsigned types;		     /* enum event_type; 0: all */
	const char *interface;	     /* "in_iface"; NULL offline: "pcap_cnt" */
	const char *zone;	     /* NULL: none */
	bool payload;		     /* payload, its text, packet; offline only */
	bool private;		     /* records leave this host: event_privacy() */
	const struct detect *detect; /* for flowbits; may be NULL */
};

/* Every record goes to sink.  c's texts are on loan.  NULL with errno. */
struct event_builder *event_builder_new(
    const struct event_config *c, event_sink_fn *sink, void *arg);
void event_builder_free(struct event_builder *b);
/* Other rules took over. */
void event_builder_detect(struct event_builder *b, const struct detect *d);

/* The alerts of rules in their order, and the packet where a tag wants it. */
void event_detected(
    struct event_builder *b, const struct packet *p, const struct detect_result *r);

/*
 * The nDPI risks of a flow that were not told yet, as alerts of gid 200 with
 * class finding, from client to server; each once an hour for a pair of hosts.
 */
void event_risks(struct event_builder *b, struct flow *f, int64_t time_us);

/* A flow that ended: event_type "flow", telemetry. */
void event_flow_end(
    struct event_builder *b, const struct flow *f, const char *reason);

/* Counts of the whole pipe, for the stats record and --stats-out. */
struct event_counts {
	int64_t uptime_us;
	uint64_t capture_packets, capture_dropped, interface_dropped;
	const struct decoder_stats *decoder;
	const struct flow_stats *flow;
	const struct stream_stats *stream; /* NULL: left out */
	const struct app_stats *app;	   /* likewise */
	const struct detect_stats *detect; /* NULL: no rules */
	bool files; /* are handed to the scanner; and how many were, and not */
	uint64_t files_handed, files_lost;
	uint64_t rules_loaded, rules_refused;
};

/* event_type "stats", telemetry. */
void event_stats(
    struct event_builder *b, int64_t time_us, const struct event_counts *c);
/* The members of its "stats" object, in the object that is open in w. */
void event_write_counts(
    const struct event_builder *b, struct jw *w, const struct event_counts *c);

/* The kernel or the card dropped packets since the last call: gid 600, health. */
void event_capture_drops(
    struct event_builder *b, int64_t time_us, uint64_t dropped, uint64_t received);

/* Each file of a transaction that is over: event_type "fileinfo", finding. */
void event_files(struct event_builder *b, const struct flow *f,
    const struct app_tx *tx, int64_t time_us);
/*
 * Of a record on a file of a transaction: the members that stand before what is said
 * of the file, and behind it, as an object each.  Both are emptied first.
 */
void event_file_members(const struct event_builder *b, const struct flow *f,
    const struct app_tx *tx, enum app_dir d, struct buf *before, struct buf *after);

struct event_stats {
	uint64_t alerts, risks, flows, packets, others;
	uint64_t calmed;  /* risks not told: repeats within the hour */
	uint64_t private; /* mail addresses, user names and home paths dropped */
	uint64_t lost;	  /* over the size of a record, or memory ran out */
};
const struct event_stats *event_builder_stats(const struct event_builder *b);

#endif
