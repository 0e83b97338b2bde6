/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A growable buffer that is born with its maximum.  What does not fit is not
 * written and marks the buffer as overflowed, so a writer asks once at the end.
 */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max;
	bool overflow; /* something did not fit, or memory ran out */
};

/* An empty buffer that will hold at most max bytes; allocates nothing yet. */
void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);

/* Empty again, memory kept, overflow forgotten. */
void buf_reset(struct buf *b);

/* Make room for n more bytes.  -1 (and overflow set) when that cannot be. */
int buf_reserve(struct buf *b, size_t n);

/* Append; all or nothing.  -1 (and overflow set) when it does not fit. */
int buf_add(struct buf *b, const void *p, size_t n);
int buf_addc(struct buf *b, char c);
int buf_adds(struct buf *b, const char *s);
int buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int buf_vaddf(struct buf *b, const char *fmt, va_list ap)
    __attribute__((format(printf, 2, 0)));

/* Little-endian numbers, for what stays on disk or goes over the wire. */
int buf_add_le16(struct buf *b, uint16_t v);
int buf_add_le32(struct buf *b, uint32_t v);
int buf_add_le64(struct buf *b, uint64_t v);

/* Drop the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);

/* The bytes as a C string; the terminator is not counted.  NULL on overflow. */
const char *buf_str(struct buf *b);

#endif
