/* SPDX-License-Identifier: EUPL-1.2 */
/* A bundle out of its parts. */
#include "agent/bundle/private.h"
#include "agent/limits.h"

#include "common/buf.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct added {
	struct bundle_part part;
	char *name;
	uint8_t *bytes;
};

struct bundle_writer {
	struct added *added;
	size_t n, cap;
};

struct bundle_writer *
bundle_writer_new(void)
{
	if (sodium_init() == -1)
		return NULL;
	return calloc(1, sizeof(struct bundle_writer));
}

void
bundle_writer_free(struct bundle_writer *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++) {
		free(w->added[i].name);
		free(w->added[i].bytes);
	}
	free(w->added);
	free(w);
}

static struct added *
slot(struct bundle_writer *w)
{
	struct added *a;

	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 32 : w->cap * 2;

		if ((a = realloc(w->added, cap * sizeof(*a))) == NULL)
			return NULL;
		w->added = a;
		w->cap = cap;
	}
	a = &w->added[w->n];
	memset(a, 0, sizeof(*a));
	return a;
}

int
bundle_writer_add(struct bundle_writer *w, enum bundle_kind kind, const char *name,
    struct span bytes)
{
	struct added *a;

	if (strlen(name) > BUNDLE_NAME_MAX || w->n == BUNDLE_PARTS_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (size_t i = 0; i < w->n; i++)
		if (w->added[i].part.kind == kind &&
		    strcmp(w->added[i].name, name) == 0) {
			errno = EEXIST;
			return -1;
		}
	if ((a = slot(w)) == NULL || (a->name = strdup(name)) == NULL)
		return -1;
	if ((a->bytes = malloc(bytes.len + 1)) == NULL) {
		free(a->name);
		return -1;
	}
	if (bytes.len > 0)
		memcpy(a->bytes, bytes.p, bytes.len);
	a->part.kind = kind;
	a->part.len = bytes.len;
	crypto_generichash(
	    a->part.digest, sizeof(a->part.digest), bytes.p, bytes.len, NULL, 0);
	w->n++;
	return 0;
}

static uint64_t
aligned(uint64_t at)
{
	return (at + BUNDLE_ALIGN - 1) / BUNDLE_ALIGN * BUNDLE_ALIGN;
}

static size_t
name_bytes(const char *name)
{
	return (strlen(name) + 8) / 8 * 8;
}

/* Offsets of all; returns the length of the file. */
static uint64_t
lay_out(struct bundle_writer *w, uint32_t *table_len)
{
	uint64_t at = BUNDLE_HEAD_BYTES;

	for (size_t i = 0; i < w->n; i++)
		at += 4 + 4 + 8 + 8 + BUNDLE_DIGEST_SIZE +
		    name_bytes(w->added[i].name);
	*table_len = (uint32_t)at;
	for (size_t i = 0; i < w->n; i++) {
		w->added[i].part.offset = aligned(at);
		at = w->added[i].part.offset + w->added[i].part.len;
	}
	return at + BUNDLE_END_BYTES;
}

static void
put_table(const struct bundle_writer *w, const struct bundle_head *h, uint64_t len,
    uint32_t table_len, struct buf *out)
{
	static const uint8_t zeros[8];

	buf_add(out, BUNDLE_MAGIC, 8);
	buf_add_le32(out, BUNDLE_FORMAT);
	buf_add_le32(out, table_len);
	buf_add_le64(out, len);
	buf_add_le64(out, h->serial);
	buf_add_le64(out, h->supersedes);
	buf_add_le64(out, h->made);
	buf_add_le64(out, h->expires);
	buf_add_le32(out, h->oldest);
	buf_add_le32(out, (uint32_t)w->n);
	for (size_t i = 0; i < w->n; i++) {
		const struct added *a = &w->added[i];
		size_t n = strlen(a->name);

		buf_add_le32(out, (uint32_t)a->part.kind);
		buf_add_le32(out, (uint32_t)n);
		buf_add_le64(out, a->part.offset);
		buf_add_le64(out, a->part.len);
		buf_add(out, a->part.digest, sizeof(a->part.digest));
		buf_add(out, a->name, n);
		buf_add(out, zeros, name_bytes(a->name) - n);
	}
}

static int
put(int fd, const void *bytes, size_t len, uint64_t *at)
{
	const char *p = bytes;

	*at += len;
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
put_parts(const struct bundle_writer *w, int fd, uint64_t at)
{
	static const uint8_t zeros[BUNDLE_ALIGN];
	static const uint8_t end[BUNDLE_END_BYTES] = BUNDLE_END_MAGIC;

	for (size_t i = 0; i < w->n; i++) {
		const struct added *a = &w->added[i];

		if (put(fd, zeros, (size_t)(a->part.offset - at), &at) == -1 ||
		    put(fd, a->bytes, (size_t)a->part.len, &at) == -1)
			return -1;
	}
	return put(fd, end, sizeof(end), &at);
}

int
bundle_writer_write(struct bundle_writer *w, const struct bundle_head *h, int fd)
{
	struct buf table;
	uint32_t table_len;
	uint64_t at = 0, len = lay_out(w, &table_len);
	int rc = -1;

	buf_init(&table, BUNDLE_TABLE_MAX);
	put_table(w, h, len, table_len, &table);
	if (len > BUNDLE_BYTES_MAX || table.overflow)
		errno = EFBIG;
	else if (put(fd, table.data, table.len, &at) == 0)
		rc = put_parts(w, fd, at);
	buf_release(&table);
	return rc;
}
