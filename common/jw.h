/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A small JSON writer into a struct buf: commas and escapes are its work, order
 * is the caller's.  Bytes that are no valid UTF-8 are written as \u00XX each, so
 * that every output is valid JSON whatever the wire held (RFC 8259, section 8.1).
 */
#ifndef COMMON_JW_H
#define COMMON_JW_H

#include "common/buf.h"

#define JW_DEPTH_MAX 16

struct jw {
	struct buf *out;
	uint8_t depth;
	bool first[JW_DEPTH_MAX];
};

void jw_init(struct jw *w, struct buf *out);

/* key is NULL inside an array and at the top; else a literal that needs no escape.
 */
void jw_object(struct jw *w, const char *key);
void jw_array(struct jw *w, const char *key);
void jw_end_object(struct jw *w);
void jw_end_array(struct jw *w);

void jw_str(struct jw *w, const char *key, const char *value);
void jw_strn(struct jw *w, const char *key, const void *value, size_t len);
void jw_int(struct jw *w, const char *key, int64_t value);
void jw_uint(struct jw *w, const char *key, uint64_t value);
void jw_double(struct jw *w, const char *key, double value);
void jw_bool(struct jw *w, const char *key, bool value);
void jw_null(struct jw *w, const char *key);

/* The bytes as base64 (RFC 4648, section 4). */
void jw_base64(struct jw *w, const char *key, const void *p, size_t len);
/* Lower-case hexadecimal. */
void jw_hex(struct jw *w, const char *key, const void *p, size_t len);
/* Text that is JSON already. */
void jw_raw(struct jw *w, const char *key, const char *json, size_t len);

/* The members of an object that is JSON already, in the one that is open. */
void jw_members(struct jw *w, const char *object, size_t len);

/* A key that is not a literal: escaped as a string is. */
void jw_key(struct jw *w, const char *key, size_t len);

#endif
