/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A cursor over bytes that others sent.  It is the only way such bytes are
 * read: the first read past the end makes the cursor bad for good, so a parser
 * reads all its fields and asks once, with cur_ok().  A bad cursor gives zeros.
 */
#ifndef COMMON_CURSOR_H
#define COMMON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *pos;
	size_t left;
	bool bad;
};

/* A run of bytes on loan: valid only as long as what it was cut from. */
struct span {
	const uint8_t *p;
	size_t len;
};

static inline struct cursor
cur_of(const void *p, size_t len)
{
	return (struct cursor){.pos = p, .left = len, .bad = false};
}

static inline struct cursor
cur_of_span(struct span s)
{
	return cur_of(s.p, s.len);
}

static inline bool
cur_ok(const struct cursor *c)
{
	return !c->bad;
}

static inline void
cur_spoil(struct cursor *c)
{
	c->bad = true;
	c->left = 0;
}

/* Step over n bytes and return where they began; NULL if they are not there. */
static inline const uint8_t *
cur_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->pos;

	if (c->bad || n > c->left) {
		cur_spoil(c);
		return NULL;
	}
	if (n > 0)
		c->pos += n;
	c->left -= n;
	return p;
}

/* Look at the n bytes ahead without stepping; NULL, and nothing spoilt, if short.
 */
static inline const uint8_t *
cur_peek(const struct cursor *c, size_t n)
{
	return c->bad || n > c->left ? NULL : c->pos;
}

/* The next n bytes as a cursor of their own; bad if they are not there. */
static inline struct cursor
cur_sub(struct cursor *c, size_t n)
{
	struct cursor s = {.pos = c->pos, .left = n, .bad = false};

	if (cur_take(c, n) == NULL && (c->bad || n > 0))
		return (struct cursor){.pos = NULL, .left = 0, .bad = true};
	return s;
}

/* All that is left, as a span; the cursor ends up empty. */
static inline struct span
cur_rest(struct cursor *c)
{
	struct span s = {.p = c->pos, .len = c->bad ? 0 : c->left};

	if (s.len > 0)
		c->pos += s.len;
	c->left = 0;
	return s;
}

static inline uint8_t
cur_u8(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint16_t
cur_be16(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 2);

	return p == NULL ? 0 : (uint16_t)((p[0] << 8) | p[1]);
}

static inline uint16_t
cur_le16(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 2);

	return p == NULL ? 0 : (uint16_t)((p[1] << 8) | p[0]);
}

static inline uint32_t
cur_be24(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 3);

	return p == NULL ? 0
			 : ((uint32_t)p[0] << 16) | ((uint32_t)p[1] << 8) | p[2];
}

static inline uint32_t
cur_be32(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 4);

	return p == NULL ? 0
			 : ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) |
		((uint32_t)p[2] << 8) | p[3];
}

static inline uint32_t
cur_le32(struct cursor *c)
{
	const uint8_t *p = cur_take(c, 4);

	return p == NULL ? 0
			 : ((uint32_t)p[3] << 24) | ((uint32_t)p[2] << 16) |
		((uint32_t)p[1] << 8) | p[0];
}

static inline uint64_t
cur_be64(struct cursor *c)
{
	uint64_t hi;

	if (cur_peek(c, 8) == NULL) {
		cur_spoil(c);
		return 0;
	}
	hi = cur_be32(c);
	return (hi << 32) | cur_be32(c);
}

static inline uint64_t
cur_le64(struct cursor *c)
{
	uint64_t lo;

	if (cur_peek(c, 8) == NULL) {
		cur_spoil(c);
		return 0;
	}
	lo = cur_le32(c);
	return lo | ((uint64_t)cur_le32(c) << 32);
}

/* Copy n bytes out; zeros, and a bad cursor, if they are not there. */
static inline void
cur_copy(struct cursor *c, void *to, size_t n)
{
	const uint8_t *p = cur_take(c, n);

	if (p != NULL && n > 0)
		memcpy(to, p, n);
	else if (n > 0)
		memset(to, 0, n);
}

#endif
