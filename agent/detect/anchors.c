/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One probe for each (place, width): the up to eight bytes there, without case, are
 * the key of a small table of the literals that begin with them, or end.
 */
#include "agent/detect/anchors.h"

#include "agent/detect/array.h"
#include "agent/detect/literal.h"

#include <stdlib.h>
#include <string.h>

/* More places are better searched; nor does it pay far behind the beginning. */
#define PLACES_MAX 8
#define AT_MAX	   1024
#define WIDTH_MAX  8
#define WIDTH_MIN  4 /* of those that are longer */

struct anchor {
	uint64_t key;
	uint32_t id, text; /* where its bytes begin */
	uint16_t at;	   /* 0 at the end */
	uint8_t len;
	bool nocase, at_end;
};

struct probe {
	uint16_t at;
	uint8_t width;
	uint8_t bits; /* of its table */
	bool at_end;
	uint32_t first;
};

struct anchors {
	struct anchor *anchor; /* by probe, then by place in its table */
	size_t n, cap;
	uint8_t *text;
	size_t text_n, text_cap;
	struct probe *probe; /* in the order of what they need to be there */
	size_t probes, probes_cap;
	uint32_t *slot; /* of a table: its first anchor; one more at its end */
	size_t slots, slots_cap;
};

struct anchors *
anchors_new(void)
{
	return calloc(1, sizeof(struct anchors));
}

void
anchors_free(struct anchors *a)
{
	if (a == NULL)
		return;
	free(a->anchor);
	free(a->text);
	free(a->probe);
	free(a->slot);
	free(a);
}

static size_t
first_place(const struct mpm_pattern *p)
{
	return p->min_end > p->len ? p->min_end - p->len : 0;
}

static size_t
places_of(const struct mpm_pattern *p)
{
	size_t first = first_place(p);

	if (p->at_end)
		return 1;
	return p->max_end < p->len + first ? 0 : p->max_end - p->len - first + 1;
}

bool
anchors_fits(const struct mpm_pattern *p)
{
	if (p->len > UINT8_MAX)
		return false;
	return p->at_end ||
	    (p->max_end != 0 && p->max_end <= AT_MAX && places_of(p) <= PLACES_MAX);
}

/* Both cases of a letter give one key; what else does is told apart later. */
static uint64_t
key_at(const uint8_t *at, unsigned width)
{
	uint64_t key = 0;
	uint32_t half;

	if (width == WIDTH_MAX) {
		memcpy(&key, at, WIDTH_MAX);
	} else if (width == WIDTH_MIN) {
		memcpy(&half, at, WIDTH_MIN);
		key = half;
	} else {
		for (unsigned i = 0; i < width; i++)
			key |= (uint64_t)at[i] << (8 * i);
	}
	return key | 0x2020202020202020;
}

/*
 * Where long ones pile up, at both ends, by more bytes: requests of one protocol begin
 * alike.  Elsewhere fewer probes are better.
 */
static uint8_t
width_of(const struct anchor *a)
{
	if (a->len >= WIDTH_MAX && a->at == 0)
		return WIDTH_MAX;
	return a->len >= WIDTH_MIN ? WIDTH_MIN : a->len;
}

static uint32_t
place_in_table(uint64_t key, unsigned bits)
{
	return (uint32_t)((key * 0x9E3779B97F4A7C15u) >> (64 - bits));
}

int
anchors_add(struct anchors *a, const struct mpm_pattern *p, uint32_t id)
{
	const size_t places = places_of(p);

	if (array_grow(&a->anchor, a->n, &a->cap, places, sizeof(*a->anchor)) ==
		-1 ||
	    array_grow(&a->text, a->text_n, &a->text_cap, p->len, 1) == -1)
		return -1;
	memcpy(a->text + a->text_n, p->bytes, p->len);
	for (size_t i = 0; i < places; i++) {
		struct anchor *n = &a->anchor[a->n++];

		memset(n, 0, sizeof(*n));
		n->id = id;
		n->text = (uint32_t)a->text_n;
		n->at_end = p->at_end;
		n->at = (uint16_t)(p->at_end ? 0 : first_place(p) + i);
		n->len = (uint8_t)p->len;
		n->nocase = p->nocase;
		n->key = key_at(
		    p->bytes + (p->at_end ? p->len - width_of(n) : 0), width_of(n));
	}
	a->text_n += p->len;
	return 0;
}

bool
anchors_empty(const struct anchors *a)
{
	return a->n == 0;
}

/* --- building ------------------------------------------------------------------ */

static int
by_probe(const void *pa, const void *pb)
{
	const struct anchor *a = pa, *b = pb;
	int d = (a->at + width_of(a)) - (b->at + width_of(b));

	if (d == 0)
		d = a->at_end - b->at_end;
	return d != 0 ? d : width_of(a) - width_of(b);
}

/* Twice as many slots as anchors, so that most are alone in theirs. */
static uint8_t
bits_for(size_t n)
{
	uint8_t bits = 1;

	while (((size_t)1 << bits) < 2 * n && bits < 20)
		bits++;
	return bits;
}

/* Sort the anchors [first, first + n) into the slots of their probe. */
static int
build_probe(struct anchors *a, size_t first, size_t n)
{
	const struct anchor *some = &a->anchor[first];
	const uint8_t bits = bits_for(n);
	const size_t slots = ((size_t)1 << bits) + 1;
	struct anchor *copy = malloc(n * sizeof(*copy));
	uint32_t *slot;

	if (copy == NULL ||
	    array_grow(
		&a->probe, a->probes, &a->probes_cap, 1, sizeof(*a->probe)) == -1 ||
	    array_grow(
		&a->slot, a->slots, &a->slots_cap, slots, sizeof(*a->slot)) == -1) {
		free(copy);
		return -1;
	}
	a->probe[a->probes++] = (struct probe){
	    some->at, width_of(some), bits, some->at_end, (uint32_t)a->slots};
	slot = a->slot + a->slots;
	a->slots += slots;
	memset(slot, 0, slots * sizeof(*slot));
	memcpy(copy, some, n * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		slot[place_in_table(copy[i].key, bits)]++;
	for (size_t i = 0, sum = first; i < slots; i++) {
		sum += slot[i];
		slot[i] = (uint32_t)sum; /* where it ends, for now */
	}
	for (size_t i = n; i-- > 0;)
		a->anchor[--slot[place_in_table(copy[i].key, bits)]] = copy[i];
	free(copy);
	return 0;
}

int
anchors_build(struct anchors *a)
{
	size_t first = 0;

	if (a->n == 0)
		return 0;
	qsort(a->anchor, a->n, sizeof(*a->anchor), by_probe);
	for (size_t i = 1; i <= a->n; i++) {
		if (i < a->n && by_probe(&a->anchor[first], &a->anchor[i]) == 0)
			continue;
		if (build_probe(a, first, i - first) == -1)
			return -1;
		first = i;
	}
	return 0;
}

/* --- scanning ------------------------------------------------------------------ */

static void
tell(const struct anchors *a, uint32_t first, uint32_t end, uint64_t key,
    struct span bytes, anchors_fn *fn, void *arg)
{
	for (; first < end; first++) {
		const struct anchor *n = &a->anchor[first];
		const struct literal l = {
		    a->text + n->text, n->len, n->nocase, 0, 0};
		size_t at;

		if (n->key != key || n->len > bytes.len)
			continue;
		at = n->at_end ? bytes.len - n->len : n->at;
		if (at <= bytes.len - n->len && literal_is_at(&l, bytes.p + at))
			fn(arg, n->id);
	}
}

void
anchors_scan(const struct anchors *a, struct span bytes, anchors_fn *fn, void *arg)
{
	for (size_t i = 0; i < a->probes; i++) {
		const struct probe *p = &a->probe[i];
		const uint32_t *slot;
		uint64_t key;

		if ((size_t)p->at + p->width > bytes.len)
			return; /* the others need more */
		key = key_at(
		    bytes.p + (p->at_end ? bytes.len - p->width : p->at), p->width);
		slot = a->slot + p->first + place_in_table(key, p->bits);
		if (slot[0] != slot[1])
			tell(a, slot[0], slot[1], key, bytes, fn, arg);
	}
}
