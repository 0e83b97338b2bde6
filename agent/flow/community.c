/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Community ID, version 1: a flow's name that other tools give it too
 * (corelight/community-id-spec).  It is defined over SHA-1 (RFC 3174), which
 * serves as a plain hash here and guards nothing.
 */
#include "agent/flow/flow.h"

#include <netinet/in.h>
#include <string.h>

#define SHA1_SIZE 20
#define BLOCK	  64
/* Seed, addresses, protocol, padding byte, ports. */
#define TEXT_MAX (2 + 16 + 16 + 1 + 1 + 2 + 2)

static uint32_t
rotate(uint32_t v, unsigned n)
{
	return (v << n) | (v >> (32 - n));
}

/* One block is all we need: the text and SHA-1's padding fit in 64 bytes. */
static void
sha1_block(const uint8_t block[BLOCK], uint8_t out[SHA1_SIZE])
{
	uint32_t h[5] = {
	    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], w[80];
	struct cursor in = cur_of(block, BLOCK);

	for (unsigned i = 0; i < 16; i++)
		w[i] = cur_be32(&in);
	for (unsigned i = 16; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t f, next;

		if (i < 20)
			f = ((b & c) | (~b & d)) + 0x5a827999;
		else if (i < 40)
			f = (b ^ c ^ d) + 0x6ed9eba1;
		else if (i < 60)
			f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
		else
			f = (b ^ c ^ d) + 0xca62c1d6;
		next = rotate(a, 5) + f + e + w[i];
		e = d;
		d = c;
		c = rotate(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
	for (unsigned i = 0; i < SHA1_SIZE; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static size_t
put_port(uint8_t *to, uint16_t port)
{
	to[0] = (uint8_t)(port >> 8);
	to[1] = (uint8_t)port;
	return 2;
}

/* The spec's order: the lower end first, unless ICMP that has no answer. */
static size_t
write_text(const struct flow_key *k, uint8_t *to)
{
	bool icmp = k->proto == IPPROTO_ICMP || k->proto == IPPROTO_ICMPV6;
	bool one_way = icmp && (k->bport & FLOW_ICMP_ONE_WAY) != 0;
	bool ports = icmp || k->proto == IPPROTO_TCP || k->proto == IPPROTO_UDP ||
	    k->proto == IPPROTO_SCTP;
	size_t width = k->a.family == 4 ? 4 : 16, n = 2;
	int order = memcmp(k->a.b, k->b.b, width);
	bool a_first = one_way || order < 0 || (order == 0 && k->aport <= k->bport);

	memset(to, 0, 2);
	memcpy(to + n, a_first ? k->a.b : k->b.b, width);
	n += width;
	memcpy(to + n, a_first ? k->b.b : k->a.b, width);
	n += width;
	to[n++] = k->proto;
	to[n++] = 0;
	if (!ports)
		return n;
	n += put_port(to + n, a_first ? k->aport : k->bport);
	n += put_port(to + n,
	    one_way	  ? k->bport & 0xff
		: a_first ? k->bport
			  : k->aport);
	return n;
}

/* RFC 4648, section 4: 20 bytes are 27 digits and one sign of padding. */
static void
base64(const uint8_t sum[SHA1_SIZE], char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < SHA1_SIZE; i += 3) {
		uint32_t three = (uint32_t)sum[i] << 16 | (uint32_t)sum[i + 1] << 8;

		if (i + 2 < SHA1_SIZE)
			three |= sum[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = digits[(three >> shift) & 63];
	}
	out[-1] = '=';
	*out = '\0';
}

char *
flow_community_id(const struct flow_key *k, char out[FLOW_COMMUNITY_SIZE])
{
	uint8_t block[BLOCK] = {0}, sum[SHA1_SIZE];
	size_t n = write_text(k, block);

	block[n] = 0x80;
	put_port(block + BLOCK - 2, (uint16_t)(n * 8));
	sha1_block(block, sum);
	memcpy(out, "1:", 2);
	base64(sum, out + 2);
	return out;
}
