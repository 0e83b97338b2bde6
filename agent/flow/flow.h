/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Packets into flows: both directions of one conversation.  Time-outs are
 * Suricata's (guide, "Flow Settings"): they decide when a flow ends.
 */
#ifndef AGENT_FLOW_FLOW_H
#define AGENT_FLOW_FLOW_H

#include "agent/decode/packet.h"
#include "common/list.h"

enum flow_life {
	FLOW_NEW,
	FLOW_ESTABLISHED,
	FLOW_CLOSED,
};

enum flow_flag {
	FLOW_SEEN_TO_SERVER = 1u << 0,
	FLOW_SEEN_TO_CLIENT = 1u << 1,
	FLOW_NO_PACKET_INSPECT = 1u << 2, /* a pass rule took the flow */
	FLOW_IPONLY_TO_SERVER = 1u << 3,  /* IP-only rules ran, each way */
	FLOW_IPONLY_TO_CLIENT = 1u << 4,
	FLOW_ALERTED = 1u << 5,
	FLOW_MIDSTREAM = 1u << 6,	   /* TCP whose SYN was not seen */
	FLOW_DPI_DONE = 1u << 7,	   /* nDPI has said its last word */
	FLOW_NO_PAYLOAD_INSPECT = 1u << 8, /* it is encrypted */
	FLOW_FOUND_TO_SERVER = 1u << 9,	   /* rules know its protocol, each way */
	FLOW_FOUND_TO_CLIENT = 1u << 10,
	FLOW_AGAIN_TO_SERVER = 1u << 11, /* and are told so once more */
	FLOW_AGAIN_TO_CLIENT = 1u << 12,
};

/* Slots where later stages hang their own state; freed through flow_slot_free(). */
enum flow_slot {
	FLOW_SLOT_DPI,
	FLOW_SLOT_STREAM,
	FLOW_SLOT_APP,
	FLOW_SLOT_DETECT,
	FLOW_SLOTS,
};

#define FLOW_ICMP_ONE_WAY 0x100

struct flow_key {
	struct addr a, b; /* client and server, as first seen */
	/* ICMP: type and the type that answers it, or FLOW_ICMP_ONE_WAY | code. */
	uint16_t aport, bport;
	uint8_t proto;
	uint16_t vlan[2];
	uint8_t tunnel_depth;
};

struct flow {
	struct flow_key key; /* a is the client */
	uint64_t id;	     /* 51 bits; EVE's flow_id */
	uint32_t flags;
	enum flow_life life; /* of TCP: the stream stage says it */
	int64_t first_us, last_us;
	uint64_t pkts_to_server, pkts_to_client;
	uint64_t bytes_to_server,
	    bytes_to_client; /* captured, link layer and all */
	uint8_t tcp_flags_to_server, tcp_flags_to_client;

	/* TCP, from the stream stage: the client's first sequence number, and
	 * whether both sides are done, so that another SYN is another flow. */
	uint32_t tcp_isn;
	bool tcp_over;

	/* What nDPI said; NULL or 0 while unknown. */
	const char *dpi_protocol, *dpi_category; /* static texts */
	uint64_t dpi_risks;			 /* bits: 1 << risk number */
	uint64_t dpi_risks_told;

	void *slot[FLOW_SLOTS];
	/* Private to table.c. */
	struct list by_age;
	struct flow *chain;
	uint32_t tag;
	uint8_t timeout;
	bool in_use;
};

struct flow_table;

struct flow_config {
	size_t max_flows; /* 0: FLOW_MAX of limits.h */
	bool vlan_in_key;
	bool fixed_ids; /* offline: ids from the order of flows */
};

/*
 * end is called once for each flow, before it is freed; reason is a word of
 * EVE's flow.reason: "timeout", "forced" (evicted), "tcp_reuse" or "shutdown".
 * It must not call the table.  slot_free[i] frees slot i when it is not NULL.
 */
struct flow_hooks {
	void (*end)(void *arg, struct flow *f, const char *reason);
	void *arg;
	void (*slot_free[FLOW_SLOTS])(void *);
};

/* Takes all its memory now.  NULL with errno. */
struct flow_table *flow_table_new(
    const struct flow_config *c, const struct flow_hooks *h);
/* Ends every flow first. */
void flow_table_free(struct flow_table *t);

/*
 * Find or make the packet's flow; sets p->flow and its direction and
 * established flags, counts it.  Leaves p->flow NULL for what has no flow: not
 * IP, raw fragments, spoilt packets, protocols that we do not decode.
 * A TCP packet that completes the handshake is not established yet, the next one
 * is.
 */
void flow_table_packet(struct flow_table *t, struct packet *p);
/* The stages changed the flow's life: its time-out is another from now on. */
void flow_table_settle(struct flow_table *t, struct flow *f);
/* End flows that timed out by now_us (packet time offline, wall clock live). */
void flow_table_expire(struct flow_table *t, int64_t now_us);

/* Call fn for each flow; it must not call the table. */
void flow_table_each(
    struct flow_table *t, void (*fn)(void *arg, struct flow *f), void *arg);

struct flow_stats {
	uint64_t made, active, peak, timed_out, evicted, closed, refused;
};
const struct flow_stats *flow_table_stats(const struct flow_table *t);

/* --- names -------------------------------------------------------------------- */

/* "new", "established", "closed", as EVE's flow.state. */
const char *flow_life_name(enum flow_life l);

#define FLOW_COMMUNITY_SIZE 32
/* Community ID, version 1, seed 0 (corelight/community-id-spec). */
char *flow_community_id(const struct flow_key *k, char out[FLOW_COMMUNITY_SIZE]);

#endif
