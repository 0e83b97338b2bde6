/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Pieces of a stream, put in order.  Where segments overlap, whose bytes stay
 * depends on where each segment began (Novak and Sturges, "Target-Based TCP
 * Stream Reassembly"), so a piece keeps a mark at each byte that began one.
 */
#include "agent/stream/assembly.h"

#include "agent/limits.h"

#include <string.h>

struct piece {
	struct piece *next, *prev;
	uint64_t offset; /* in the stream */
	uint64_t began;	 /* the segment that the first byte belongs to */
	uint16_t len, room;
	uint8_t mark[]; /* a bit a byte; behind them the bytes */
};

/* A bit of mark for each byte, so eight bytes take nine. */
static size_t
room_of(size_t size)
{
	return (size - sizeof(struct piece)) * 8 / 9 / 8 * 8;
}

static size_t
size_for(size_t room)
{
	return sizeof(struct piece) + (room + 7) / 8 * 9;
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
take(struct pieces *pool, size_t want)
{
	size_t size;
	struct piece *t = pieces_take(pool, size_for(want), &size);

	if (t == NULL)
		return NULL;
	t->room = (uint16_t)room_of(size);
	t->len = 0;
	memset(t->mark, 0, t->room / 8);
	return t;
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
drop(struct pieces *pool, struct assembly *a, struct piece *t)
{
	*(t->prev == NULL ? &a->first : &t->prev->next) = t->next;
	*(t->next == NULL ? &a->last : &t->next->prev) = t->prev;
	a->pieces--;
	pieces_give(pool, t);
}

int64_t
assembly_offset(const struct assembly *a, uint32_t seq)
{
	return (int64_t)a->base + (int32_t)(seq - a->base_seq);
}

/* --- adding -------------------------------------------------------------------- */

struct adding {
	struct pieces *pool;
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
		return x->began < began || (x->began == began && x->end >= end);
	case STREAM_POLICY_SOLARIS:
		return x->end > end || (x->end == end && x->began <= began);
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
assembly_add(struct pieces *pool, struct assembly *a, uint64_t offset,
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
assembly_release(struct pieces *pool, struct assembly *a, uint64_t offset)
{
	if (offset <= a->base)
		return;
	while (a->first != NULL && end_of(a->first) <= offset)
		drop(pool, a, a->first);
	a->base_seq += (uint32_t)(offset - a->base);
	a->base = offset;
}

void
assembly_clear(struct pieces *pool, struct assembly *a)
{
	while (a->first != NULL)
		drop(pool, a, a->first);
}

void
assembly_begin(struct pieces *pool, struct assembly *a, uint32_t seq)
{
	assembly_clear(pool, a);
	*a = (struct assembly){.base_seq = seq};
}

/* The first piece that ends behind offset; NULL: none. */
static const struct piece *
piece_from(const struct assembly *a, uint64_t offset)
{
	const struct piece *t = a->last;

	if (t == NULL || end_of(t) <= offset)
		return NULL;
	/* What is asked for lies at one of the ends mostly. */
	if (offset - a->base > a->right - offset) {
		while (t->prev != NULL && end_of(t->prev) > offset)
			t = t->prev;
		return t;
	}
	for (t = a->first; end_of(t) <= offset;)
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

void
assembly_copy(const struct assembly *a, uint64_t offset, uint8_t *to, size_t len)
{
	const struct piece *t = piece_from(a, offset);
	size_t i, n;

	for (; len > 0; t = t->next) {
		i = (size_t)(offset - t->offset);
		n = least(len, t->len - i);
		memcpy(to, t->mark + t->room / 8 + i, n);
		offset += n;
		to += n;
		len -= n;
	}
}
