/* SPDX-License-Identifier: EUPL-1.2 */
/* How rules' memory lies, for state.c and for handing it on (inherit.c). */
#ifndef AGENT_DETECT_STATE_PRIVATE_H
#define AGENT_DETECT_STATE_PRIVATE_H

#include "agent/detect/state.h"

#include "common/table.h"

/* A flow that many tag rules hit keeps this many. */
#define FLOW_TAGS_MAX 4

struct counted_tag {
	struct tag tag;
	uint64_t seen; /* packets or bytes */
	int64_t start_us;
};

/* A flow's slot: bits, numbers and tags behind each other. */
struct flow_memory {
	size_t bits, ints;
	struct counted_tag tag[FLOW_TAGS_MAX];
	size_t tags;
	uint64_t words[]; /* bits; set numbers; the numbers */
};

struct host_bit {
	int64_t until_us;
};

struct host_tags {
	struct counted_tag tag[FLOW_TAGS_MAX];
	size_t n;
};

/* The key of a host's bit. */
struct host_key {
	uint8_t kind, pair;
	uint16_t id;
	struct addr a, b;
};

struct state {
	const struct ruleset *rs;
	size_t bits, ints;
	struct table *hosts; /* host_key -> host_bit */
	struct table *tags;  /* addr -> host_tags */
	uint64_t full;
};

#define WORDS(n) (((n) + 63) / 64)

/* Empty, for one flow; NULL without memory. */
struct flow_memory *state_memory_new(const struct state *s);

static inline uint64_t *
state_ints_set(struct flow_memory *slot)
{
	return slot->words + WORDS(slot->bits);
}

static inline uint32_t *
state_ints_value(struct flow_memory *slot)
{
	return (uint32_t *)(void *)(state_ints_set(slot) + WORDS(slot->ints));
}

#endif
