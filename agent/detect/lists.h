/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Address and port lists of rules, as sorted disjoint ranges.  A list is the
 * union of its positive items less the union of its negated ones; a list of
 * negated items only is everything less those (guide, "Source and destination").
 */
#ifndef AGENT_DETECT_LISTS_H
#define AGENT_DETECT_LISTS_H

#include "agent/detect/ranges.h"

struct addr_set {
	struct list_ranges v4, v6;
	bool any;
	bool negated; /* a negation was written in it */
};

struct port_set {
	struct list_ranges r;
	bool any;
};

struct lists; /* the variables, and each list once */

/* NULL with errno. */
struct lists *lists_new(void);
void lists_free(struct lists *l);
/* Define or redefine NAME; -1 with error filled when the name is none. */
int lists_set(
    struct lists *l, const char *name, const char *value, char *error, size_t size);
/*
 * The set that a list of a rule means; on loan until lists_free().  NULL with
 * error filled.
 */
const struct addr_set *lists_addr(
    struct lists *l, const char *text, char *error, size_t size);
const struct port_set *lists_port(
    struct lists *l, const char *text, char *error, size_t size);

bool lists_has_addr(const struct addr_set *s, const struct addr *a);
bool lists_has_port(const struct port_set *s, uint16_t port);

#endif
