/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A hash table from byte keys to pointers, keyed with SipHash-2-4 against
 * chosen keys, with a maximum.  Offline programs use a fixed key, so that the
 * same input gives the same bytes.
 */
#ifndef COMMON_TABLE_H
#define COMMON_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table;

/* Use a fixed hash key in this process (offline runs); call before any other use.
 */
void table_fixed_key(void);
/* The process's keyed hash, for tables of other shapes. */
uint64_t table_hash(const void *key, size_t len);

/* At most max entries.  free_value may be NULL.  NULL with errno. */
struct table *table_new(size_t max, void (*free_value)(void *));
void table_free(struct table *t);

void *table_get(const struct table *t, const void *key, size_t len);
/* The key is copied.  -1: ENOSPC at the maximum, EEXIST, ENOMEM; the value stays
 * yours. */
int table_put(struct table *t, const void *key, size_t len, void *value);
/* Takes the entry out and returns its value (not freed); NULL if absent. */
void *table_take(struct table *t, const void *key, size_t len);
size_t table_count(const struct table *t);

/*
 * Walk in insertion order: start with *pos = 0, ends with NULL.  The element
 * just returned may be taken out; nothing may be put in meanwhile.
 */
void *table_next(const struct table *t, size_t *pos, const void **key, size_t *len);

#endif
