/* SPDX-License-Identifier: EUPL-1.2 */
/* The internet checksum (RFC 1071) of packets. */
#ifndef AGENT_DECODE_CHECKSUM_H
#define AGENT_DECODE_CHECKSUM_H

#include "agent/decode/packet.h"

enum checksum {
	CHECKSUM_GOOD,
	CHECKSUM_BAD,
	CHECKSUM_NONE, /* nothing to check: no such header, a fragment, not sent */
};

/* Complement of the sum of s, on top of what start holds. */
uint16_t checksum_bytes(struct span s, uint32_t start);
/* Of the IPv4 header. */
enum checksum checksum_ip(const struct packet *p);
/* Of TCP, UDP, ICMP or ICMPv6.  SCTP's CRC-32C is not looked at. */
enum checksum checksum_l4(const struct packet *p);

#endif
