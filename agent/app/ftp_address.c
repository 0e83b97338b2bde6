/* SPDX-License-Identifier: EUPL-1.2 */
/* Addresses as FTP writes them. */
#include "agent/app/ftp_address.h"

#include <string.h>

#define NUMBERS 6 /* four of the host, two of the port */
#define BARS	4

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* A decimal number of at most max; -1: none. */
static int32_t
number(struct cursor *c, uint32_t max)
{
	uint32_t v = 0;
	const uint8_t *p = cur_peek(c, 1);

	if (p == NULL || !is_digit(*p))
		return -1;
	while ((p = cur_peek(c, 1)) != NULL && is_digit(*p)) {
		v = v * 10 + (uint32_t)(cur_u8(c) - '0');
		if (v > max)
			return -1;
	}
	return (int32_t)v;
}

static bool
six(struct cursor c, uint8_t n[NUMBERS])
{
	for (size_t i = 0; i < NUMBERS; i++) {
		int32_t v;

		if (i > 0 && cur_u8(&c) != ',')
			return false;
		if ((v = number(&c, 255)) == -1)
			return false;
		n[i] = (uint8_t)v;
	}
	return true;
}

uint16_t
ftp_address_port(struct span text, struct addr *host)
{
	struct cursor c = cur_of_span(text);
	uint8_t n[NUMBERS], before = 0;

	for (const uint8_t *p; (p = cur_peek(&c, 1)) != NULL; before = cur_u8(&c))
		if (is_digit(*p) && !is_digit(before) && six(c, n)) {
			*host = (struct addr){.family = 4};
			memcpy(host->b, n, 4);
			return (uint16_t)(n[4] << 8 | n[5]);
		}
	return 0;
}

uint16_t
ftp_address_extended(struct span text)
{
	struct cursor c = cur_of_span(text);
	unsigned bars = 0;

	while (cur_peek(&c, 1) != NULL) {
		int32_t port;

		if (cur_u8(&c) != '|' || ++bars != BARS - 1)
			continue;
		port = number(&c, UINT16_MAX);
		return port == -1 || cur_u8(&c) != '|' ? 0 : (uint16_t)port;
	}
	return 0;
}
