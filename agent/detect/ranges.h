/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Ranges of addresses and ports as sorted disjoint ranges of 128-bit numbers, and
 * what sets do with them.
 */
#ifndef AGENT_DETECT_RANGES_H
#define AGENT_DETECT_RANGES_H

#include "common/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A 128-bit number: an IPv6 address; IPv4 addresses and ports use lo only. */
struct list_key {
	uint64_t hi, lo;
};

struct list_range {
	struct list_key from, to; /* both inside */
};

struct list_ranges {
	struct list_range *r; /* free() it */
	size_t n, cap;
};

struct list_key ranges_key(const struct addr *a);
int ranges_key_cmp(struct list_key a, struct list_key b);

/* Append, in any order; -1 with errno. */
int ranges_add(struct list_ranges *s, struct list_key from, struct list_key to);
/* Sort, and join what overlaps or touches. */
void ranges_tidy(struct list_ranges *s);
/* out = a - b, both tidy; -1 with errno. */
int ranges_subtract(struct list_ranges *out, const struct list_ranges *a,
    const struct list_ranges *b);

/* Of tidy ones: is k in it; is it all from 0 to max? */
bool ranges_have(const struct list_ranges *s, struct list_key k);
bool ranges_full(const struct list_ranges *s, struct list_key max);

#endif
