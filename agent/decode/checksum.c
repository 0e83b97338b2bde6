/* SPDX-License-Identifier: EUPL-1.2 */
/* Internet checksums. */
#include "agent/decode/checksum.h"

#include <netinet/in.h>

static uint32_t
sum_bytes(struct span s, uint32_t sum)
{
	size_t i;

	/* 64 KiB of carries stay within 32 bits. */
	for (i = 0; i + 1 < s.len; i += 2)
		sum += (uint32_t)((s.p[i] << 8) | s.p[i + 1]);
	if (i < s.len)
		sum += (uint32_t)s.p[i] << 8;
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

uint16_t
checksum_bytes(struct span s, uint32_t start)
{
	return fold(sum_bytes(s, start));
}

enum checksum
checksum_ip(const struct packet *p)
{
	if (p->src.family != 4 || p->ip_hdr.len < 20)
		return CHECKSUM_NONE;
	return checksum_bytes(p->ip_hdr, 0) == 0 ? CHECKSUM_GOOD : CHECKSUM_BAD;
}

static uint32_t
pseudo_header(const struct packet *p, size_t len)
{
	size_t width = p->src.family == 4 ? 4 : 16;
	uint32_t sum = p->proto;

	sum += (uint32_t)(len >> 16) + (uint32_t)(len & 0xffff);
	sum = sum_bytes((struct span){.p = p->src.b, .len = width}, sum);
	return sum_bytes((struct span){.p = p->dst.b, .len = width}, sum);
}

enum checksum
checksum_l4(const struct packet *p)
{
	struct span all = p->l4_hdr;
	bool v4 = p->src.family == 4;

	if (all.len == 0 || p->payload.p == NULL ||
	    (p->flags & (PACKET_FRAGMENT | PACKET_INVALID)) != 0)
		return CHECKSUM_NONE;
	/* Payload ends where the message ends; some headers reach into it. */
	all.len = (size_t)(p->payload.p + p->payload.len - all.p);
	switch (p->proto) {
	case IPPROTO_UDP:
		if (v4 && p->l4_hdr.p[6] == 0 && p->l4_hdr.p[7] == 0)
			return CHECKSUM_NONE;
		/* fall through */
	case IPPROTO_TCP:
	case IPPROTO_ICMPV6:
		return fold(sum_bytes(all, pseudo_header(p, all.len))) == 0
		    ? CHECKSUM_GOOD
		    : CHECKSUM_BAD;
	case IPPROTO_ICMP:
		return checksum_bytes(all, 0) == 0 ? CHECKSUM_GOOD : CHECKSUM_BAD;
	default:
		return CHECKSUM_NONE;
	}
}
