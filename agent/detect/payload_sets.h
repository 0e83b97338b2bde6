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
	/* Contents that stand in for the fast pattern of their rule: they are looked
	 * up in the whole window of a chunk. */
	struct mpm *placed;
	uint64_t gate; /* of all its rules together */
};

struct payload_group {
	struct payload_set base; /* any port, any protocol */
	struct payload_set *app[APP_IDS];
	struct ports
	    by_port[PAYLOAD_SIDES]; /* 0, or a number of port_set and one */
	struct payload_set *port_set;
	size_t port_sets, port_sets_cap;
	/* While it is built: rules bound to ports, and the ports they go by. */
	const struct rule **bound;
	size_t bounds, bounds_cap;
	struct index *ports[PAYLOAD_SIDES];
};

struct payload {
	struct payload_group group[PAYLOAD_GROUPS];
};

#endif
