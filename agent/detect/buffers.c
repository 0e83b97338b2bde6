/* SPDX-License-Identifier: EUPL-1.2 */
/* Buffers of a packet. */
#include "agent/detect/buffers.h"

#include <netinet/in.h>
#include <stddef.h>

static const struct buffer_row ROWS[BUFFERS] = {
    [BUFFER_PAYLOAD] = {NULL, 3, 0, 0},
    [BUFFER_IPV4_HDR] = {"ipv4.hdr", 2, 0, 4},
    [BUFFER_IPV6_HDR] = {"ipv6.hdr", 2, 0, 6},
    [BUFFER_TCP_HDR] = {"tcp.hdr", 2, IPPROTO_TCP, 0},
    [BUFFER_UDP_HDR] = {"udp.hdr", 2, IPPROTO_UDP, 0},
    [BUFFER_ICMPV4_HDR] = {"icmpv4.hdr", 2, IPPROTO_ICMP, 0},
    [BUFFER_IP_SRC] = {"ip.src", 2, 0, 0},
    [BUFFER_IP_DST] = {"ip.dst", 2, 0, 0},
    [BUFFER_BASE64] = {"base64_data", 3, 0, 0},
    [BUFFER_ICMPV6_HDR] = {"icmpv6.hdr", 2, IPPROTO_ICMPV6, 0},
};

const struct buffer_row *
buffers_row(enum buffer b)
{
	return &ROWS[b];
}

uint8_t
buffers_priority(int buffer)
{
	enum app_buffer_id b = buffers_app(buffer);

	return b == APP_BUFFER_NONE ? ROWS[buffer].priority
				    : app_buffer_row(b)->priority;
}

static struct span
address(const struct addr *a)
{
	if (a->family == 0)
		return (struct span){NULL, 0};
	return (struct span){a->b, a->family == 4 ? 4 : 16};
}

struct span
buffers_span(enum buffer b, const struct packet *p)
{
	const struct buffer_row *row = &ROWS[b];
	struct span none = {NULL, 0};

	if (b == BUFFER_PAYLOAD)
		return p->payload;
	if (b == BUFFER_IP_SRC || b == BUFFER_IP_DST)
		return address(b == BUFFER_IP_SRC ? &p->src : &p->dst);
	if (row->family != 0)
		return p->src.family == row->family ? p->ip_hdr : none;
	if ((p->flags & PACKET_FRAGMENT) || p->proto != row->proto)
		return none;
	return p->l4_hdr;
}
