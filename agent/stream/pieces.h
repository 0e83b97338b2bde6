/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Memory for pieces of streams: one block, in slabs that each hold pieces of one
 * size and serve another size once they are empty.  Private to agent/stream.
 */
#ifndef AGENT_STREAM_PIECES_H
#define AGENT_STREAM_PIECES_H

#include <stddef.h>
#include <stdint.h>

struct pieces;

/* Zero pages until they are used.  NULL with errno. */
struct pieces *pieces_new(void);
void pieces_free(struct pieces *m);

/*
 * One of at least want bytes, or of the largest size when that is less; when such
 * are not to be had, one of another size.  Its size in *size.  NULL: none is left.
 */
void *pieces_take(struct pieces *m, size_t want, size_t *size);
void pieces_give(struct pieces *m, void *piece);

/* Bytes of pieces that are taken. */
uint64_t pieces_active(const struct pieces *m);
/* Bytes that no other size can have now: at most STREAM_POOL_BYTES. */
uint64_t pieces_bound(const struct pieces *m);

#endif
