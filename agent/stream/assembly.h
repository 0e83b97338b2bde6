/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The bytes of one direction: pieces from a pool, in order, with holes where
 * nothing came yet.  Offsets count from the first byte after the SYN and do not
 * wrap.  Private to agent/stream.
 */
#ifndef AGENT_STREAM_ASSEMBLY_H
#define AGENT_STREAM_ASSEMBLY_H

#include "agent/stream/pieces.h"
#include "agent/stream/stream.h"

struct piece;

struct assembly {
	struct piece *first, *last;
	uint32_t pieces;
	uint32_t base_seq; /* of offset base */
	uint64_t base;	   /* nothing before it is held any more */
	uint64_t right;	   /* behind the last byte that came */
	uint64_t app, raw; /* what was told and what was inspected */
};

enum assembly_verdict {
	ASSEMBLY_ADDED,
	ASSEMBLY_OLD,	    /* all of it was held and released before */
	ASSEMBLY_NO_MEMORY, /* some of it is missing now */
	ASSEMBLY_TOO_MANY,  /* likewise: the list is full */
};

struct assembly_insert {
	enum stream_policy policy;
	bool overlaps;	/* out: bytes were there already */
	bool different; /* out: and were others */
};

/* Empty it; its first byte will have this sequence number. */
void assembly_begin(struct pieces *pool, struct assembly *a, uint32_t seq);
/* Where a sequence number lies; negative: before offset 0 or long gone. */
int64_t assembly_offset(const struct assembly *a, uint32_t seq);
enum assembly_verdict assembly_add(struct pieces *pool, struct assembly *a,
    uint64_t offset, struct span bytes, struct assembly_insert *how);
/* Forget what lies before offset. */
void assembly_release(struct pieces *pool, struct assembly *a, uint64_t offset);
void assembly_clear(struct pieces *pool, struct assembly *a);

/*
 * Held bytes from offset on, as far as they lie together in memory.  p NULL when
 * there are none at offset: len is then the size of the hole, 0 when nothing at
 * all comes behind it.
 */
struct span assembly_at(const struct assembly *a, uint64_t offset);
/* len bytes from offset on, which are held without a hole, wherever they lie. */
void assembly_copy(
    const struct assembly *a, uint64_t offset, uint8_t *to, size_t len);
/* How many bytes without a hole from offset on, looking max far. */
uint64_t assembly_run(const struct assembly *a, uint64_t offset, uint64_t max);

#endif
