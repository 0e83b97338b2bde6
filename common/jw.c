/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/jw.h"

#include <assert.h>
#include <math.h>
#include <string.h>

void
jw_init(struct jw *w, struct buf *out)
{
	*w = (struct jw){.out = out};
	w->first[0] = true;
}

/*
 * Length of the valid UTF-8 sequence at p (RFC 3629, section 4), or 0.  Surrogates
 * and over-long forms are not valid.
 */
static size_t
utf8_length(const uint8_t *p, size_t left)
{
	uint8_t lo = 0x80, hi = 0xbf;
	size_t n;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > left)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f;
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static void
add_escape(struct buf *b, uint8_t c)
{
	static const char HEX[] = "0123456789abcdef";
	char u[6] = {'\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15]};

	switch (c) {
	case '"':
		buf_add(b, "\\\"", 2);
		break;
	case '\\':
		buf_add(b, "\\\\", 2);
		break;
	case '\n':
		buf_add(b, "\\n", 2);
		break;
	case '\r':
		buf_add(b, "\\r", 2);
		break;
	case '\t':
		buf_add(b, "\\t", 2);
		break;
	default:
		buf_add(b, u, sizeof(u));
	}
}

static void
add_quoted(struct buf *b, const uint8_t *p, size_t len)
{
	size_t start = 0, i = 0, n;

	buf_addc(b, '"');
	while (i < len) {
		n = p[i] < 0x20 || p[i] == '"' || p[i] == '\\' || p[i] == 0x7f
		    ? 0
		    : utf8_length(p + i, len - i);
		if (n > 0) {
			i += n;
			continue;
		}
		buf_add(b, p + start, i - start);
		add_escape(b, p[i]);
		start = ++i;
	}
	if (len > start)
		buf_add(b, p + start, len - start);
	buf_addc(b, '"');
}

void
jw_key(struct jw *w, const char *key, size_t len)
{
	if (!w->first[w->depth])
		buf_addc(w->out, ',');
	w->first[w->depth] = true; /* the value that follows needs no comma */
	add_quoted(w->out, (const uint8_t *)key, len);
	buf_addc(w->out, ':');
}

/* What stands before any value: a comma where needed, and the key. */
static void
lead(struct jw *w, const char *key)
{
	if (!w->first[w->depth])
		buf_addc(w->out, ',');
	w->first[w->depth] = false;
	if (key == NULL)
		return;
	buf_addc(w->out, '"');
	buf_adds(w->out, key);
	buf_add(w->out, "\":", 2);
}

static void
open_level(struct jw *w, const char *key, char c)
{
	assert(w->depth + 1 < JW_DEPTH_MAX);
	lead(w, key);
	buf_addc(w->out, c);
	w->first[++w->depth] = true;
}

static void
close_level(struct jw *w, char c)
{
	assert(w->depth > 0);
	w->depth--;
	w->first[w->depth] = false;
	buf_addc(w->out, c);
}

void
jw_object(struct jw *w, const char *key)
{
	open_level(w, key, '{');
}

void
jw_array(struct jw *w, const char *key)
{
	open_level(w, key, '[');
}

void
jw_end_object(struct jw *w)
{
	close_level(w, '}');
}

void
jw_end_array(struct jw *w)
{
	close_level(w, ']');
}

void
jw_strn(struct jw *w, const char *key, const void *value, size_t len)
{
	lead(w, key);
	add_quoted(w->out, value, len);
}

void
jw_str(struct jw *w, const char *key, const char *value)
{
	jw_strn(w, key, value, strlen(value));
}

/* By hand: printf's way took a tenth of what a record costs. */
static void
add_decimal(struct buf *b, bool minus, uint64_t value)
{
	char digits[21], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	if (minus)
		*--p = '-';
	buf_add(b, p, (size_t)(digits + sizeof(digits) - p));
}

void
jw_int(struct jw *w, const char *key, int64_t value)
{
	lead(w, key);
	add_decimal(
	    w->out, value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void
jw_uint(struct jw *w, const char *key, uint64_t value)
{
	lead(w, key);
	add_decimal(w->out, false, value);
}

void
jw_double(struct jw *w, const char *key, double value)
{
	lead(w, key);
	if (isfinite(value))
		buf_addf(w->out, "%.12g", value);
	else
		buf_adds(w->out, "null");
}

void
jw_bool(struct jw *w, const char *key, bool value)
{
	lead(w, key);
	buf_adds(w->out, value ? "true" : "false");
}

void
jw_null(struct jw *w, const char *key)
{
	lead(w, key);
	buf_adds(w->out, "null");
}

void
jw_base64(struct jw *w, const char *key, const void *p, size_t len)
{
	static const char A[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *b = p;

	lead(w, key);
	buf_addc(w->out, '"');
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)b[i] << 16 |
		    (n > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (n > 2 ? b[i + 2] : 0u);
		char q[4] = {A[v >> 18], A[(v >> 12) & 63],
		    n > 1 ? A[(v >> 6) & 63] : '=', n > 2 ? A[v & 63] : '='};

		buf_add(w->out, q, 4);
	}
	buf_addc(w->out, '"');
}

void
jw_hex(struct jw *w, const char *key, const void *p, size_t len)
{
	static const char HEX[] = "0123456789abcdef";
	const uint8_t *b = p;

	lead(w, key);
	buf_addc(w->out, '"');
	for (size_t i = 0; i < len; i++)
		buf_add(w->out, (char[2]){HEX[b[i] >> 4], HEX[b[i] & 15]}, 2);
	buf_addc(w->out, '"');
}

void
jw_raw(struct jw *w, const char *key, const char *json, size_t len)
{
	lead(w, key);
	buf_add(w->out, json, len);
}

void
jw_members(struct jw *w, const char *object, size_t len)
{
	if (len <= 2)
		return;
	if (!w->first[w->depth])
		buf_addc(w->out, ',');
	w->first[w->depth] = false;
	buf_add(w->out, object + 1, len - 2);
}
