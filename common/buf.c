/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Flows hold many texts of which most are short: the first room is what is asked
 * for, in steps of this. */
#define BUF_FIRST 32

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf){.max = max};
}

void
buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
}

/* Room for n bytes in all; the capacity doubles, up to the maximum. */
static int
grow(struct buf *b, size_t n)
{
	size_t cap =
	    b->cap > 0 ? b->cap : (n + BUF_FIRST - 1) / BUF_FIRST * BUF_FIRST;
	uint8_t *p;

	while (cap < n)
		cap *= 2;
	if (cap > b->max)
		cap = b->max;
	if ((p = realloc(b->data, cap)) == NULL)
		return -1;
	b->data = p;
	b->cap = cap;
	return 0;
}

int
buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max || b->len > b->max - n)
		goto fail;
	if (b->len + n > b->cap && grow(b, b->len + n) == -1)
		goto fail;
	return 0;

fail:
	b->overflow = true;
	return -1;
}

int
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return 0;
	if (buf_reserve(b, n) == -1)
		return -1;
	memcpy(b->data + b->len, p, n);
	b->len += n;
	return 0;
}

int
buf_addc(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_adds(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_vaddf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	/* vsnprintf ends with a zero, which needs room but is not counted */
	if (n < 0 || buf_reserve(b, (size_t)n + 1) == -1) {
		b->overflow = true;
		return -1;
	}
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
	return 0;
}

int
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = buf_vaddf(b, fmt, ap);
	va_end(ap);
	return rc;
}

static int
add_le(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	return buf_add(b, bytes, n);
}

int
buf_add_le16(struct buf *b, uint16_t v)
{
	return add_le(b, v, 2);
}

int
buf_add_le32(struct buf *b, uint32_t v)
{
	return add_le(b, v, 4);
}

int
buf_add_le64(struct buf *b, uint64_t v)
{
	return add_le(b, v, 8);
}

void
buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

const char *
buf_str(struct buf *b)
{
	if (b->overflow || buf_reserve(b, 1) == -1)
		return NULL;
	b->data[b->len] = '\0';
	return (const char *)b->data;
}
