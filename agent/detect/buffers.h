/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What contents can be looked for in: packets here, and behind them, in the same
 * numbers, what application layers have (agent/app/buffers.h).
 */
#ifndef AGENT_DETECT_BUFFERS_H
#define AGENT_DETECT_BUFFERS_H

#include "agent/app/buffers.h"
#include "agent/decode/packet.h"

enum buffer {
	BUFFER_PAYLOAD,
	BUFFER_IPV4_HDR,
	BUFFER_IPV6_HDR,
	BUFFER_TCP_HDR,
	BUFFER_UDP_HDR,
	BUFFER_ICMPV4_HDR,
	BUFFER_ICMPV6_HDR,
	BUFFER_IP_SRC,
	BUFFER_IP_DST,
	BUFFER_BASE64, /* what base64_decode made; looked into from there */
	BUFFERS,
};

struct buffer_row {
	const char *name; /* of its sticky keyword; NULL: payload */
	uint8_t priority; /* for the fast pattern: lower wins */
	uint8_t proto;	  /* IPPROTO_* that it implies; 0: none */
	uint8_t family;	  /* 4, 6 or 0 */
};

static inline int
buffers_of_app(enum app_buffer_id b)
{
	return BUFFERS + (int)b;
}

/* APP_BUFFER_NONE for a packet's. */
static inline enum app_buffer_id
buffers_app(int buffer)
{
	return buffer < BUFFERS ? APP_BUFFER_NONE
				: (enum app_buffer_id)(buffer - BUFFERS);
}

/* As fast pattern, of either kind: lower wins. */
uint8_t buffers_priority(int buffer);

const struct buffer_row *buffers_row(enum buffer b);
/* The buffer's bytes in a packet; p NULL when the packet has no such buffer. */
struct span buffers_span(enum buffer b, const struct packet *p);

#endif
