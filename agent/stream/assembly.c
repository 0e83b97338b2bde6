/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Pieces of a stream, put in order.  Where segments overlap, whose bytes stay
 * depends on where each segment began (Novak and Sturges, "Target-Based TCP
 * Stream Reassembly"), so a piece keeps a mark at each byte that began one.
 */
#include "agent/stream/assembly.h"

#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>

struct piece {
	struct piece *next, *prev;
	uint64_t offset; /* in the stream */
	uint64_t began;	 /* the segment that the first byte belongs to */
	uint16_t len, room;
	bool large;
	uint8_t mark[]; /* a bit a byte; behind them the bytes */
};

#define ROOM_OF(size) (((size) - sizeof(struct piece)) * 8 / 9 / 8 * 8)
#define SMALL_ROOM    ROOM_OF(STREAM_SMALL_BYTES)
#define LARGE_ROOM    ROOM_OF(STREAM_LARGE_BYTES)

static const size_t PIECE_BYTES[2] = {STREAM_SMALL_BYTES, STREAM_LARGE_BYTES};
static const size_t PIECE_ROOM[2] = {SMALL_ROOM, LARGE_ROOM};
static const size_t PIECES[2] = {STREAM_SMALL_PIECES, STREAM_LARGE_PIECES};

/* Zero pages until a piece is used; those from untouched on never were. */
struct assembly_memory {
	uint8_t *bytes[2];
	size_t untouched[2];
};

int
assembly_pool_init(struct assembly_pool *pool)
{
	memset(pool, 0, sizeof(*pool));
	if ((pool->memory = calloc(1, sizeof(*pool->memory))) == NULL)
		return -1;
	for (int i = 0; i < 2; i++) {
		pool->memory->bytes[i] = calloc(PIECES[i], PIECE_BYTES[i]);
		if (pool->memory->bytes[i] == NULL)
			return -1;
	}
	return 0;
}

void
assembly_pool_release(struct assembly_pool *pool)
{
	if (pool->memory == NULL)
		return;
	free(pool->memory->bytes[0]);
	free(pool->memory->bytes[1]);
	free(pool->memory);
	pool->memory = NULL;
}

static uint8_t *
bytes_of(struct piece *t)
{
	return t->mark + t->room / 8;
}

static uint64_t
end_of(const struct piece *t)
{
	return t->offset + t->len;
}

static struct piece *
take(struct assembly_pool *pool, size_t want)
{
	int large = want > SMALL_ROOM;
	struct assembly_memory *m = pool->memory;
	struct piece *t;

	if (pool->spare[large] == NULL && m->untouched[large] == PIECES[large])
		large = !large;
	if ((t = pool->spare[large]) != NULL)
		pool->spare[large] = t->next;
	else if (m->untouched[large] < PIECES[large])
		t = (struct piece *)(void *)(m->bytes[large] +
		    PIECE_BYTES[large] * m->untouched[large]++);
	else
		return NULL;
	pool->active += PIECE_BYTES[large];
	t->large = large;
	t->room = (uint16_t)PIECE_ROOM[large];
	t->len = 0;
	memset(t->mark, 0, t->room / 8);
	return t;
}

static void
give(struct assembly_pool *pool, struct piece *t)
{
	pool->active -= PIECE_BYTES[t->large];
	t->next = pool->spare[t->large];
	pool->spare[t->large] = t;
}

static void
link_behind(struct assembly *a, struct piece *before, struct piece *t)
{
	t->prev = before;
	t->next = before == NULL ? a->first : before->next;
	*(t->prev == NULL ? &a->first : &t->prev->next) = t;
	*(t->next == NULL ? &a->last : &t->next->prev) = t;
	a->pieces++;
}

static void
drop(struct assembly_pool *pool, struct assembly *a, struct piece *t)
{
	*(t->prev == NULL ? &a->first : &t->prev->next) = t->next;
	*(t->next == NULL ? &a->last : &t->next->prev) = t->prev;
	a->pieces--;
	give(pool, t);
}

int64_t
assembly_offset(const struct assembly *a, uint32_t seq)
{
	return (int64_t)a->base + (int32_t)(seq - a->base_seq);
}

/* --- adding -------------------------------------------------------------------- */

struct adding {
	struct assembly_pool *pool;
	struct assembly *a;
	struct assembly_insert *how;
	uint64_t began, end; /* of the new segment */
	struct piece *mine;  /* last written to */
	enum assembly_verdict verdict;
};

static void
append(struct piece *t, const struct adding *x, uint64_t at, const uint8_t *p,
    size_t n)
{
	if (at == x->began)
		t->mark[t->len / 8] |= (uint8_t)(1u << (t->len % 8));
	memcpy(bytes_of(t) + t->len, p, n);
	t->len = (uint16_t)(t->len + n);
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Fill a hole behind the piece before; returns the last piece written to. */
static struct piece *
fill(
    struct adding *x, struct piece *before, uint64_t at, const uint8_t *p, size_t n)
{
	struct piece *t = before;

	while (n > 0) {
		size_t now;

		/* The rest of a segment is not the end of another's piece. */
		if (t == NULL || end_of(t) != at || t->len == t->room ||
		    (at != x->began && t != x->mine)) {
			if (x->a->pieces == STREAM_PIECES_MAX) {
				x->verdict = ASSEMBLY_TOO_MANY;
				return before;
			}
			if ((t = take(x->pool, n)) == NULL) {
				x->verdict = ASSEMBLY_NO_MEMORY;
				return before;
			}
			t->offset = at;
			t->began = x->began;
			link_behind(x->a, before, t);
		}
		now = least(n, (size_t)(t->room - t->len));
		append(t, x, at, p, now);
		x->mine = before = t;
		at += now;
		p += now;
		n -= now;
	}
	return before;
}

/* Do the new bytes take the place of those of the segment [began, end)? */
static bool
new_wins(const struct adding *x, uint64_t began, uint64_t end)
{
	switch (x->how->policy) {
	case STREAM_POLICY_FIRST:
		return false;
	case STREAM_POLICY_LAST:
		return true;
	case STREAM_POLICY_LINUX:
		return x->began < began || (x->began == began && x->end > end);
	case STREAM_POLICY_OLD_LINUX:
		return x->began <= began;
	case STREAM_POLICY_SOLARIS:
		return x->began < began || x->end > end;
	default:
		return x->began < began;
	}
}

/* Bytes i to n of piece t are of one segment; where the next begins. */
static size_t
segment_end(const struct piece *t, size_t i, size_t n)
{
	for (i++; i < n; i++)
		if (t->mark[i / 8] & (1u << (i % 8)))
			break;
	return i;
}

static uint64_t
segment_began(const struct piece *t, size_t i)
{
	for (;; i--) {
		if (t->mark[i / 8] & (1u << (i % 8)))
			return t->offset + i;
		if (i == 0)
			return t->began;
	}
}

/* New bytes for what piece t holds from offset at on, n of them. */
static void
overlap(struct adding *x, struct piece *t, uint64_t at, const uint8_t *p, size_t n)
{
	size_t i = (size_t)(at - t->offset), stop = i + n;

	x->how->overlaps = true;
	if (memcmp(bytes_of(t) + i, p, n) == 0)
		return;
	x->how->different = true;
	while (i < stop) {
		size_t end = segment_end(t, i, t->len);
		size_t now = least(end, stop) - i;

		if (new_wins(x, segment_began(t, i), t->offset + end))
			memcpy(bytes_of(t) + i, p, now);
		p += now;
		i += now;
	}
}

/* The last piece that begins at or before offset; NULL: none. */
static struct piece *
piece_before(const struct assembly *a, uint64_t offset)
{
	struct piece *t = a->last;

	while (t != NULL && t->offset > offset)
		t = t->prev;
	return t;
}

static void
merge(struct adding *x, uint64_t at, const uint8_t *p)
{
	struct piece *t = piece_before(x->a, at);
	struct piece *next = t == NULL ? x->a->first : t->next;

	while (at < x->end && x->verdict == ASSEMBLY_ADDED) {
		size_t n;

		if (t != NULL && end_of(t) > at) {
			n = least((size_t)(x->end - at), (size_t)(end_of(t) - at));
			overlap(x, t, at, p, n);
		} else if (next != NULL && next->offset == at) {
			t = next;
			next = t->next;
			continue;
		} else {
			n = (size_t)(x->end - at);
			if (next != NULL)
				n = least(n, (size_t)(next->offset - at));
			t = fill(x, t, at, p, n);
		}
		at += n;
		p += n;
	}
}

enum assembly_verdict
assembly_add(struct assembly_pool *pool, struct assembly *a, uint64_t offset,
    struct span bytes, struct assembly_insert *how)
{
	struct adding x = {.pool = pool,
	    .a = a,
	    .how = how,
	    .began = offset,
	    .end = offset + bytes.len,
	    .verdict = ASSEMBLY_ADDED};
	const uint8_t *p = bytes.p;

	how->overlaps = how->different = false;
	if (x.end <= a->base)
		return ASSEMBLY_OLD;
	if (offset < a->base) {
		p += a->base - offset;
		offset = a->base;
	}
	if (a->last == NULL || end_of(a->last) <= offset)
		fill(&x, a->last, offset, p, (size_t)(x.end - offset));
	else
		merge(&x, offset, p);
	if (x.verdict == ASSEMBLY_ADDED && x.end > a->right)
		a->right = x.end;
	return x.verdict;
}

/* --- reading and releasing -------------------------------------------------------- */

void
assembly_release(struct assembly_pool *pool, struct assembly *a, uint64_t offset)
{
	if (offset <= a->base)
		return;
	while (a->first != NULL && end_of(a->first) <= offset)
		drop(pool, a, a->first);
	a->base_seq += (uint32_t)(offset - a->base);
	a->base = offset;
}

void
assembly_clear(struct assembly_pool *pool, struct assembly *a)
{
	while (a->first != NULL)
		drop(pool, a, a->first);
}

void
assembly_begin(struct assembly_pool *pool, struct assembly *a, uint32_t seq)
{
	assembly_clear(pool, a);
	*a = (struct assembly){.base_seq = seq};
}

/* The first piece that ends behind offset; NULL: none. */
static const struct piece *
piece_from(const struct assembly *a, uint64_t offset)
{
	const struct piece *t = a->first;

	while (t != NULL && end_of(t) <= offset)
		t = t->next;
	return t;
}

struct span
assembly_at(const struct assembly *a, uint64_t offset)
{
	const struct piece *t = piece_from(a, offset);
	size_t i;

	if (t == NULL)
		return (struct span){NULL, 0};
	if (t->offset > offset)
		return (struct span){NULL, (size_t)(t->offset - offset)};
	i = (size_t)(offset - t->offset);
	return (struct span){t->mark + t->room / 8 + i, t->len - i};
}

uint64_t
assembly_run(const struct assembly *a, uint64_t offset, uint64_t max)
{
	const struct piece *t = piece_from(a, offset);
	uint64_t at = offset;

	while (t != NULL && t->offset <= at && at - offset < max) {
		at = end_of(t);
		t = t->next;
	}
	return at - offset < max ? at - offset : max;
}
