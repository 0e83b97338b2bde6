/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Packets into flows: both directions of one conversation.  Time-outs are
 * Suricata's (guide, "Flow Settings"): they decide when a flow ends.
 */
#ifndef AGENT_FLOW_FLOW_H
#define AGENT_FLOW_FLOW_H

#include "agent/decode/packet.h"
#include "common/list.h"

struct flow_state;	/* what a later stage keeps with a flow */

enum flow_life {
	FLOW_NEW,
	FLOW_ESTABLISHED,
	FLOW_CLOSED,
};

enum flow_flag {
	FLOW_SEEN_TO_SERVER = 1u << 0,
	FLOW_SEEN_TO_CLIENT = 1u << 1,
	FLOW_NO_PACKET_INSPECT = 1u << 2,	/* a pass rule took the flow */
	FLOW_IPONLY_TO_SERVER = 1u << 3,	/* IP-only rules ran, each way */
	FLOW_IPONLY_TO_CLIENT = 1u << 4,
	FLOW_ALERTED = 1u << 5,
	FLOW_MIDSTREAM = 1u << 6,
};

/* Slots where later stages hang their own state; freed through flow_slot_free(). */
enum flow_slot {
	FLOW_SLOT_DPI,
	FLOW_SLOT_STREAM,
	FLOW_SLOT_APP,
	FLOW_SLOT_DETECT,
	FLOW_SLOTS,
};

struct flow_key {
	struct addr a, b;		/* client and server, as first seen */
	uint16_t aport, bport;		/* ICMP: type and code pairs, see table.c */
	uint8_t proto;
	uint16_t vlan[2];
	uint8_t tunnel_depth;
};

struct flow {
	struct flow_key key;		/* a is the client */
	uint64_t id;			/* 51 bits; EVE's flow_id */
	uint32_t flags;
	enum flow_life life;
	int64_t first_us, last_us;
	uint64_t pkts_to_server, pkts_to_client;
	uint64_t bytes_to_server, bytes_to_client;	/* of IP packets with link layer */
	uint8_t tcp_flags_to_server, tcp_flags_to_client;

	/* What nDPI said; NULL or 0 while unknown. */
	const char *dpi_protocol, *dpi_category;	/* static texts */
	uint64_t dpi_risks;				/* bits: 1 << risk number */
	uint64_t dpi_risks_told;

	void *slot[FLOW_SLOTS];
	struct list by_age;		/* private to table.c */
	uint32_t bucket_tag;
};

struct flow_table;

struct flow_config {
	size_t max_flows;		/* 0: FLOW_MAX of limits.h */
	bool vlan_in_key;
	bool fixed_ids;			/* offline: ids from the order of flows */
};

/*
 * end is called once for each flow, before it is freed: on time-out, eviction
 * or flow_table_free().  slot_free[i] frees slot i when it is not NULL.
 */
struct flow_hooks {
	void (*end)(void *arg, struct flow *f, const char *reason);
	void *arg;
	void (*slot_free[FLOW_SLOTS])(void *);
};

struct flow_table *flow_table_new(const struct flow_config *c, const struct flow_hooks *h);
void flow_table_free(struct flow_table *t);

/*
 * Find or make the packet's flow; sets p->flow and its direction and
 * established flags, counts it.  Leaves p->flow NULL for what has no flow (not
 * IP, raw fragments, ICMP errors keep their own).
 */
void flow_table_packet(struct flow_table *t, struct packet *p);
/* End flows that timed out by now_us (packet time offline, wall clock live). */
void flow_table_expire(struct flow_table *t, int64_t now_us);

struct flow_stats {
	uint64_t made, active, peak, timed_out, evicted, closed, refused;
};
const struct flow_stats *flow_table_stats(const struct flow_table *t);

#endif
