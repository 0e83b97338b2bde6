/* SPDX-License-Identifier: EUPL-1.2 */
/* What the files of this folder share: the record in the making and its parts. */
#ifndef AGENT_EVENT_BUILD_H
#define AGENT_EVENT_BUILD_H

#include "agent/event/calm.h"
#include "agent/event/event.h"
#include "common/clock.h"

struct event_builder {
	struct event_config config;
	event_sink_fn *sink;
	void *arg;
	struct jw w;
	struct buf json;
	struct buf clean; /* after privacy; and room for a printable payload */
	struct event_calm *calm;
	struct event_stats stats;
	uint64_t dropped_told; /* by the kernel, in records of gid 600 */
};

/* Are records of this type written at all?  Ask before building one. */
bool event_wanted(const struct event_builder *b, enum event_type type);
/* "timestamp" to "event_type"; f and p may be NULL. */
void event_builder_begin(struct event_builder *b, int64_t time_us,
    const struct flow *f, const struct packet *p, const char *type);
/* The same and the flow's ends, from client to server. */
void event_builder_flow_head(struct event_builder *b, const struct flow *f,
    int64_t time_us, const char *type);
/* The same and the packet's ends, VLANs and origin. */
void event_builder_packet_head(
    struct event_builder *b, const struct packet *p, const char *type);
/* Close "stadswacht" and the record, and hand it on; counts it in *count. */
void event_builder_send(struct event_builder *b, enum record_class cls,
    int64_t time_us, uint64_t *count);

bool event_has_ports(uint8_t proto);
/* "src_ip" to "dest_port", ports where the protocol has them. */
void event_write_pair(struct jw *w, const struct addr *src, uint16_t sport,
    const struct addr *dst, uint16_t dport, uint8_t proto);
/* "community_id"; nothing without a flow. */
void event_write_community_id(struct jw *w, const struct flow *f);
/* The "flow" object of an alert. */
void event_write_flow(struct jw *w, const struct flow *f);
/* Counters and start, in the "flow" object that is open. */
void event_write_flow_counts(struct jw *w, const struct flow *f);
/* "app_proto"; nothing while unknown. */
void event_write_app(struct jw *w, const struct flow *f);
/* "files" of a transaction this way; nothing if there are none. */
void event_write_files(
    struct jw *w, const struct flow *f, uint64_t tx_id, enum app_dir d);
/* "ndpi", in "stadswacht"; nothing while unknown. */
void event_write_ndpi(struct jw *w, const struct flow *f);

#endif
