/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/stream/pieces.h"

#include "agent/limits.h"
#include "common/list.h"

#include <stdlib.h>

#define SLABS (STREAM_POOL_BYTES / STREAM_SLAB_BYTES)

/* The largest holds a full Ethernet segment and what assembly.c adds to it. */
static const uint16_t SIZE[] = {128, 256, 512, 1024, STREAM_PIECE_BYTES};
#define SIZES (sizeof(SIZE) / sizeof(SIZE[0]))

struct spare {
	struct spare *next;
};

struct slab {
	struct list with_room; /* of its size; of empty slabs, those of any */
	struct spare *spare;
	uint16_t taken, untouched; /* pieces; those from untouched on never were */
	uint16_t size;		   /* an index of SIZE */
};

struct pieces {
	uint8_t *bytes;
	struct slab slab[SLABS];
	struct list empty, with_room[SIZES];
	size_t fresh; /* slabs from here on were never used */
	uint64_t active, bound;
};

struct pieces *
pieces_new(void)
{
	struct pieces *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	if ((m->bytes = calloc(SLABS, STREAM_SLAB_BYTES)) == NULL) {
		pieces_free(m);
		return NULL;
	}
	list_init(&m->empty);
	for (size_t i = 0; i < SIZES; i++)
		list_init(&m->with_room[i]);
	return m;
}

void
pieces_free(struct pieces *m)
{
	if (m == NULL)
		return;
	free(m->bytes);
	free(m);
}

static size_t
pieces_of(const struct slab *b)
{
	return STREAM_SLAB_BYTES / SIZE[b->size];
}

/* An empty slab becomes one of that size; NULL: all are in use. */
static struct slab *
begin_slab(struct pieces *m, size_t size)
{
	struct slab *b;

	if (!list_empty(&m->empty)) {
		b = LIST_OF(m->empty.next, struct slab, with_room);
		list_remove(&b->with_room);
	} else if (m->fresh < SLABS) {
		b = &m->slab[m->fresh++];
		list_init(&b->with_room);
	} else {
		return NULL;
	}
	b->size = (uint16_t)size;
	b->spare = NULL;
	b->taken = b->untouched = 0;
	list_push(&m->with_room[size], &b->with_room);
	m->bound += STREAM_SLAB_BYTES;
	return b;
}

static struct slab *
slab_with_room(struct pieces *m, size_t size)
{
	struct slab *b;

	if (!list_empty(&m->with_room[size]))
		return LIST_OF(m->with_room[size].next, struct slab, with_room);
	if ((b = begin_slab(m, size)) != NULL)
		return b;
	/* Larger ones first: a segment then stays whole. */
	for (size_t i = size + 1; i < SIZES; i++)
		if (!list_empty(&m->with_room[i]))
			return LIST_OF(
			    m->with_room[i].next, struct slab, with_room);
	while (size-- > 0)
		if (!list_empty(&m->with_room[size]))
			return LIST_OF(
			    m->with_room[size].next, struct slab, with_room);
	return NULL;
}

void *
pieces_take(struct pieces *m, size_t want, size_t *size)
{
	struct slab *b;
	struct spare *p;
	size_t i = 0;

	while (i + 1 < SIZES && SIZE[i] < want)
		i++;
	if ((b = slab_with_room(m, i)) == NULL)
		return NULL;
	if ((p = b->spare) != NULL)
		b->spare = p->next;
	else
		p = (struct spare *)(void *)(m->bytes +
		    (size_t)(b - m->slab) * STREAM_SLAB_BYTES +
		    (size_t)SIZE[b->size] * b->untouched++);
	if (++b->taken == pieces_of(b))
		list_remove(&b->with_room);
	*size = SIZE[b->size];
	m->active += SIZE[b->size];
	return p;
}

void
pieces_give(struct pieces *m, void *piece)
{
	size_t at = (size_t)((uint8_t *)piece - m->bytes) / STREAM_SLAB_BYTES;
	struct slab *b = &m->slab[at];
	struct spare *p = piece;

	m->active -= SIZE[b->size];
	if (b->taken-- == pieces_of(b))
		list_push_front(&m->with_room[b->size], &b->with_room);
	p->next = b->spare;
	b->spare = p;
	if (b->taken > 0)
		return;
	list_remove(&b->with_room);
	list_push_front(&m->empty, &b->with_room);
	m->bound -= STREAM_SLAB_BYTES;
}

uint64_t
pieces_active(const struct pieces *m)
{
	return m->active;
}

uint64_t
pieces_bound(const struct pieces *m)
{
	return m->bound;
}
