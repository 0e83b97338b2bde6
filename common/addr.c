/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static char *
text4(const struct addr *a, char out[ADDR_TEXT_SIZE])
{
	snprintf(
	    out, ADDR_TEXT_SIZE, "%u.%u.%u.%u", a->b[0], a->b[1], a->b[2], a->b[3]);
	return out;
}

char *
addr_text(const struct addr *a, char out[ADDR_TEXT_SIZE])
{
	static const char HEX[] = "0123456789abcdef";
	char *p = out;

	out[0] = '\0';
	if (a->family == 4)
		return text4(a, out);
	if (a->family != 6)
		return out;
	for (int i = 0; i < 16; i++) {
		if (i > 0 && i % 2 == 0)
			*p++ = ':';
		*p++ = HEX[a->b[i] >> 4];
		*p++ = HEX[a->b[i] & 15];
	}
	*p = '\0';
	return out;
}

char *
addr_text_short(const struct addr *a, char out[ADDR_TEXT_SIZE])
{
	out[0] = '\0';
	if (a->family == 4)
		return text4(a, out);
	if (a->family == 6)
		inet_ntop(AF_INET6, a->b, out, ADDR_TEXT_SIZE);
	return out;
}

int
addr_parse(const char *text, struct addr *a)
{
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, a->b) == 1) {
		a->family = 4;
		return 0;
	}
	if (inet_pton(AF_INET6, text, a->b) == 1) {
		a->family = 6;
		return 0;
	}
	memset(a, 0, sizeof(*a));
	errno = EINVAL;
	return -1;
}

int
addr_cmp(const struct addr *a, const struct addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->b, b->b, sizeof(a->b));
}

bool
addr_in(const struct addr *a, const struct addr *net, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;

	if (a->family != net->family || bits > (a->family == 4 ? 32u : 128u))
		return false;
	if (memcmp(a->b, net->b, whole) != 0)
		return false;
	return rest == 0 || ((a->b[whole] ^ net->b[whole]) >> (8 - rest)) == 0;
}
