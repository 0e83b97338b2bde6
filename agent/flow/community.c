/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Community ID, version 1: a flow's name that other tools give it too
 * (corelight/community-id-spec).  It is defined over SHA-1 (RFC 3174), which
 * serves as a plain hash here and guards nothing.
 */
#include "agent/flow/flow.h"

#include "common/digest.h"

#include <netinet/in.h>
#include <string.h>

/* Seed, addresses, protocol, padding byte, ports. */
#define TEXT_MAX (2 + 16 + 16 + 1 + 1 + 2 + 2)

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
base64(const uint8_t sum[DIGEST_SHA1_SIZE], char *out)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (unsigned i = 0; i < DIGEST_SHA1_SIZE; i += 3) {
		uint32_t three = (uint32_t)sum[i] << 16 | (uint32_t)sum[i + 1] << 8;

		if (i + 2 < DIGEST_SHA1_SIZE)
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
	uint8_t text[TEXT_MAX], sum[DIGEST_SIZE_MAX];

	digest_of(DIGEST_SHA1, text, write_text(k, text), sum);
	memcpy(out, "1:", 2);
	base64(sum, out + 2);
	return out;
}
