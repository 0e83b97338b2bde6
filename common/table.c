/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Open addressing with linear probing over indices into a dense array of entries
 * in insertion order; taken entries leave holes that the next growth closes.
 */
#include "common/table.h"
#include "common/str.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_EMPTY  UINT32_MAX
#define SLOT_TAKEN  (UINT32_MAX - 1)
#define SLOTS_FIRST 64

struct entry {
	uint64_t hash;
	void *key; /* NULL: a hole */
	size_t len;
	void *value;
};

struct table {
	size_t max, count;
	size_t used, entries_cap; /* of entries, holes included */
	struct entry *entries;
	uint32_t *slots;
	size_t slots_n;	    /* a power of two */
	size_t slots_dirty; /* not empty: in use or taken */
	void (*free_value)(void *);
};

static uint64_t hash_key[2];
static bool hash_key_set;

void
table_fixed_key(void)
{
	hash_key[0] = 0x0706050403020100ull;
	hash_key[1] = 0x0f0e0d0c0b0a0908ull;
	hash_key_set = true;
}

static inline uint64_t
rotl(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

#define SIP_ROUND                                                                  \
	do {                                                                       \
		v0 += v1;                                                          \
		v1 = rotl(v1, 13) ^ v0;                                            \
		v0 = rotl(v0, 32);                                                 \
		v2 += v3;                                                          \
		v3 = rotl(v3, 16) ^ v2;                                            \
		v0 += v3;                                                          \
		v3 = rotl(v3, 21) ^ v0;                                            \
		v2 += v1;                                                          \
		v1 = rotl(v1, 17) ^ v2;                                            \
		v2 = rotl(v2, 32);                                                 \
	} while (0)

/* SipHash-2-4 (Aumasson and Bernstein, 2012). */
static uint64_t
siphash(const uint8_t *p, size_t len)
{
	uint64_t v0 = hash_key[0] ^ 0x736f6d6570736575ull;
	uint64_t v1 = hash_key[1] ^ 0x646f72616e646f6dull;
	uint64_t v2 = hash_key[0] ^ 0x6c7967656e657261ull;
	uint64_t v3 = hash_key[1] ^ 0x7465646279746573ull;
	uint64_t m, last = (uint64_t)len << 56;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&m, p + i, 8);
		v3 ^= m;
		SIP_ROUND;
		SIP_ROUND;
		v0 ^= m;
	}
	for (int shift = 0; i < len; i++, shift += 8)
		last |= (uint64_t)p[i] << shift;
	v3 ^= last;
	SIP_ROUND;
	SIP_ROUND;
	v0 ^= last;
	v2 ^= 0xff;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	SIP_ROUND;
	return v0 ^ v1 ^ v2 ^ v3;
}

uint64_t
table_hash(const void *key, size_t len)
{
	if (!hash_key_set) {
		str_random(hash_key, sizeof(hash_key));
		hash_key_set = true;
	}
	return siphash(key, len);
}

struct table *
table_new(size_t max, void (*free_value)(void *))
{
	struct table *t;

	if (max == 0 || max >= SLOT_TAKEN / 2) {
		errno = EINVAL;
		return NULL;
	}
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->max = max;
	t->free_value = free_value;
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->used; i++) {
		if (t->entries[i].key == NULL)
			continue;
		free(t->entries[i].key);
		if (t->free_value != NULL)
			t->free_value(t->entries[i].value);
	}
	free(t->entries);
	free(t->slots);
	free(t);
}

/* The slot that holds key, or SIZE_MAX. */
static size_t
find(const struct table *t, uint64_t hash, const void *key, size_t len)
{
	if (t->slots_n == 0)
		return SIZE_MAX;
	for (size_t i = hash & (t->slots_n - 1);; i = (i + 1) & (t->slots_n - 1)) {
		const struct entry *e;

		if (t->slots[i] == SLOT_EMPTY)
			return SIZE_MAX;
		if (t->slots[i] == SLOT_TAKEN)
			continue;
		e = &t->entries[t->slots[i]];
		if (e->hash == hash && e->len == len &&
		    memcmp(e->key, key, len) == 0)
			return i;
	}
}

static void
place(struct table *t, uint32_t index)
{
	size_t i = t->entries[index].hash & (t->slots_n - 1);

	while (t->slots[i] != SLOT_EMPTY)
		i = (i + 1) & (t->slots_n - 1);
	t->slots[i] = index;
	t->slots_dirty++;
}

/* Close the holes and make the slots n wide. */
static int
rebuild(struct table *t, size_t n)
{
	uint32_t *slots = malloc(n * sizeof(*slots));
	size_t to = 0;

	if (slots == NULL)
		return -1;
	memset(slots, 0xff, n * sizeof(*slots));
	free(t->slots);
	t->slots = slots;
	t->slots_n = n;
	t->slots_dirty = 0;
	for (size_t i = 0; i < t->used; i++)
		if (t->entries[i].key != NULL)
			t->entries[to++] = t->entries[i];
	t->used = to;
	for (size_t i = 0; i < to; i++)
		place(t, (uint32_t)i);
	return 0;
}

static int
make_room(struct table *t)
{
	size_t cap = t->entries_cap == 0 ? SLOTS_FIRST / 2 : t->entries_cap * 2;
	struct entry *e;

	if ((t->slots_dirty + 1) * 4 > t->slots_n * 3) {
		size_t n = t->slots_n == 0 ? SLOTS_FIRST : t->slots_n;

		while ((t->count + 1) * 2 > n)
			n *= 2;
		if (rebuild(t, n) == -1)
			return -1;
	}
	if (t->used < t->entries_cap)
		return 0;
	if (t->count < t->used / 2)
		return rebuild(t, t->slots_n);
	if ((e = realloc(t->entries, cap * sizeof(*e))) == NULL)
		return -1;
	t->entries = e;
	t->entries_cap = cap;
	return 0;
}

void *
table_get(const struct table *t, const void *key, size_t len)
{
	size_t i = find(t, table_hash(key, len), key, len);

	return i == SIZE_MAX ? NULL : t->entries[t->slots[i]].value;
}

int
table_put(struct table *t, const void *key, size_t len, void *value)
{
	uint64_t hash = table_hash(key, len);
	void *copy;

	if (find(t, hash, key, len) != SIZE_MAX) {
		errno = EEXIST;
		return -1;
	}
	if (t->count >= t->max) {
		errno = ENOSPC;
		return -1;
	}
	if (make_room(t) == -1 || (copy = malloc(len > 0 ? len : 1)) == NULL)
		return -1;
	memcpy(copy, key, len);
	t->entries[t->used] =
	    (struct entry){.hash = hash, .key = copy, .len = len, .value = value};
	place(t, (uint32_t)t->used++);
	t->count++;
	return 0;
}

void *
table_take(struct table *t, const void *key, size_t len)
{
	size_t i = find(t, table_hash(key, len), key, len);
	struct entry *e;
	void *value;

	if (i == SIZE_MAX)
		return NULL;
	e = &t->entries[t->slots[i]];
	value = e->value;
	free(e->key);
	*e = (struct entry){0};
	t->slots[i] = SLOT_TAKEN;
	t->count--;
	return value;
}

size_t
table_count(const struct table *t)
{
	return t->count;
}

void *
table_next(const struct table *t, size_t *pos, const void **key, size_t *len)
{
	while (*pos < t->used) {
		const struct entry *e = &t->entries[(*pos)++];

		if (e->key == NULL)
			continue;
		if (key != NULL)
			*key = e->key;
		if (len != NULL)
			*len = e->len;
		return e->value;
	}
	return NULL;
}
