/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The frame of every record an agent writes: its first members and its last
 * one, so that sensor and scanner write one dialect (docs/record.md).
 */
#ifndef AGENT_EVENT_ENVELOPE_H
#define AGENT_EVENT_ENVELOPE_H

#include "common/addr.h"
#include "common/jw.h"
#include "common/record.h"

/* Takes the finished records; json is on loan, without a line end. */
typedef void event_sink_fn(void *arg, enum record_class cls, int64_t time_us,
    const char *json, size_t len);

/* Generator ids: which engine spoke. */
enum event_gid {
	EVENT_GID_NDPI = 200, /* signature_id: nDPI's risk number */
	EVENT_GID_YARA = 300,
	EVENT_GID_AGENT = 600, /* signature_id: enum event_state */
};

/* What an agent says of itself: signature_id of gid 600 (docs/record.md). */
enum event_state {
	EVENT_STATE_CAPTURE_DROPS = 10,
};

/* Object open, "timestamp". */
void event_begin(struct jw *w, struct buf *out, int64_t time_us);
/*
 * The members of "stadswacht" that are known here; the caller may add more and
 * then calls event_end().  zone NULL: none.
 */
void event_ours(
    struct jw *w, enum record_class cls, const char *engine, const char *zone);
void event_end(struct jw *w);

/* The "alert" object without the class of rule: gid, id, text; 1 is high. */
struct event_alert {
	const char *action; /* "allowed", "blocked" */
	uint32_t gid, signature_id, rev;
	const char *signature, *category;
	unsigned severity;
};
/* Opens the object and leaves it open for more members. */
void event_alert_open(struct jw *w, const struct event_alert *a);

void event_addr(struct jw *w, const char *key, const struct addr *a);
/* "TCP", "IPv6-ICMP": IANA's names as EVE has them; the number when unnamed. */
void event_proto(struct jw *w, uint8_t proto);

#endif
