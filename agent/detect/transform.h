/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Buffers changed before contents are looked for in them (guide,
 * "Transformations").  A chain is what stands behind one sticky buffer.  Private
 * to agent/detect.
 */
#ifndef AGENT_DETECT_TRANSFORM_H
#define AGENT_DETECT_TRANSFORM_H

#include "agent/detect/rule.h"
#include "common/buf.h"

struct transform_chain;
struct pcre_scratch;

/* A chain of one more step; before NULL: the first.  NULL with why filled. */
struct transform_chain *transform_chain_add(const struct transform_chain *before,
    const char *keyword, const char *value, char *why, size_t size);
void transform_chain_free(struct transform_chain *c);
bool transform_chain_same(
    const struct transform_chain *a, const struct transform_chain *b);

/* The step that a content with these bytes cannot stand behind; NULL: none. */
const char *transform_chain_forbids(
    const struct transform_chain *c, const uint8_t *bytes, size_t len);

/* Room for the bytes of a chain, used anew by each. */
struct transform_scratch {
	struct buf out[2];
};
void transform_scratch_init(struct transform_scratch *s);
void transform_scratch_release(struct transform_scratch *s);

/* The bytes at the end of the chain, on loan until the next call. */
struct span transform_run(const struct transform_chain *c,
    struct transform_scratch *s, struct pcre_scratch *pcre, struct span bytes);

#endif
