/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which rules a key (an address, a port, a type) could match: ranges cut into
 * pieces that do not overlap, each with its rules.
 */
#ifndef AGENT_DETECT_INDEX_H
#define AGENT_DETECT_INDEX_H

#include "agent/detect/lists.h"

struct index;

/* Rule numbers on loan. */
struct index_slice {
	const uint32_t *rule;
	size_t n;
};

struct index *index_new(void);
void index_free(struct index *x);
/* -1 with errno. */
int index_add(
    struct index *x, struct list_key from, struct list_key to, uint32_t rule);
int index_add_ranges(struct index *x, const struct list_ranges *r, uint32_t rule);
/* After the last add, before the first find. */
int index_build(struct index *x);
struct index_slice index_find(const struct index *x, struct list_key k);

/* After index_build(): the pieces that the keys are cut into, in their order.  A
 * piece ends where the next begins. */
size_t index_pieces(const struct index *x);
struct index_slice index_piece(
    const struct index *x, size_t i, struct list_key *from);

#endif
