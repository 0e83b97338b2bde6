/* SPDX-License-Identifier: EUPL-1.2 */
/* How patterns in payloads are grouped.  Private to payload.c and payload_build.c. */
#ifndef AGENT_DETECT_PAYLOAD_SETS_H
#define AGENT_DETECT_PAYLOAD_SETS_H

#include "agent/detect/payload.h"
#include "agent/detect/ports.h"

/* Contents of TCP and UDP go one way mostly; TCP's are of the stream, of the packet,
 * or of both. */
enum payload_group_id {
	PAYLOAD_STREAM_TS,
	PAYLOAD_STREAM_TC,
	PAYLOAD_TCP_TS,
	PAYLOAD_TCP_TC,
	PAYLOAD_UDP_TS,
	PAYLOAD_UDP_TC,
	PAYLOAD_OTHER,
	PAYLOAD_GROUPS
};

enum {
	PAYLOAD_DPORT,
	PAYLOAD_SPORT,
	PAYLOAD_SIDES
};

struct payload_set {
	struct mpm *mpm;
	/* Contents that stand in for the fast pattern of their rule, once more: they
	 * are looked up in the whole window of a chunk.  NULL without any. */
	struct mpm *placed;
	uint64_t gate; /* of all its rules together */
	/* While it is built. */
	const struct rule **rule;
	size_t n, cap;
};

/* Protocols at their usual ports, for which all sets are one. */
#define PAYLOAD_PAIRS 1
struct payload_pair {
	enum app_id app;
	uint16_t port;
};
extern const struct payload_pair payload_pairs[PAYLOAD_PAIRS];

struct payload_group {
	struct payload_set base; /* any port, any protocol */
	struct payload_set *app[APP_IDS];
	/* 0, or a number of port_set and one. */
	struct ports by_port[PAYLOAD_SIDES];
	struct payload_set *port_set;
	size_t port_sets, port_sets_cap;
	struct payload_set *pair[PAYLOAD_PAIRS][PAYLOAD_SIDES]; /* NULL: none */
	/* While it is built: rules bound to ports, and the ports they go by. */
	const struct rule **bound;
	size_t bounds, bounds_cap;
	struct index *ports[PAYLOAD_SIDES];
};

struct payload {
	struct payload_group group[PAYLOAD_GROUPS];
};

#endif
