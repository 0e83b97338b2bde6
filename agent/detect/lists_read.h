/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reading the text of an address or port list into ranges: brackets, negations,
 * variables.  Private to lists.c.
 */
#ifndef AGENT_DETECT_LISTS_READ_H
#define AGENT_DETECT_LISTS_READ_H

#include "agent/detect/ranges.h"
#include "common/table.h"

/* Names and items are shorter. */
#define LISTS_READ_ITEM_MAX 256

/* Ports use family 0 only; addresses 0 (IPv4) and 1 (IPv6). */
enum {
	FAMILY_V4,
	FAMILY_V6,
	FAMILIES
};

extern const struct list_key lists_read_max[FAMILIES];

struct lists_read {
	struct table *vars; /* name -> text */
	bool ports;	    /* else addresses */
	char *error;
	size_t error_size;
	bool negated; /* set: a '!' stood somewhere */
};

/* out is empty before; its ranges are tidy.  -1 with errno and error filled. */
int lists_read_text(
    struct lists_read *q, const char *text, struct list_ranges out[FAMILIES]);

#endif
