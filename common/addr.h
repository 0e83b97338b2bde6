/* SPDX-License-Identifier: EUPL-1.2 */
/* An IPv4 or IPv6 address, and address ranges. */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H

#include <stdbool.h>
#include <stdint.h>

/* family 0 is "no address".  An IPv4 address is in the first four bytes, the rest
 * 0. */
struct addr {
	uint8_t family; /* 0, 4 or 6 */
	uint8_t b[16];	/* network order */
};

#define ADDR_TEXT_SIZE 48

/*
 * Text as Suricata's EVE writes it: IPv4 dotted; IPv6 in full, eight groups of
 * four digits ("fe80:0000:...").
 */
char *addr_text(const struct addr *a, char out[ADDR_TEXT_SIZE]);
/* Text as RFC 5952 has it, for people. */
char *addr_text_short(const struct addr *a, char out[ADDR_TEXT_SIZE]);
/* -1 with EINVAL when text is no address. */
int addr_parse(const char *text, struct addr *a);
/* <0, 0, >0; IPv4 sorts before IPv6. */
int addr_cmp(const struct addr *a, const struct addr *b);
/* Is a in net/bits?  Families must be equal; bits over the width is false. */
bool addr_in(const struct addr *a, const struct addr *net, unsigned bits);

#endif
