/* SPDX-License-Identifier: EUPL-1.2 */
/* Bodies of mail as they were before they were sent. */
#include "agent/app/mime_decode.h"

#include <strings.h>

enum mime_coding
mime_coding_of(struct span value)
{
	static const struct {
		const char *name;
		enum mime_coding coding;
	} NAMES[] = {
	    {"base64", MIME_BASE64},
	    {"quoted-printable", MIME_QUOTED},
	    {"x-uuencode", MIME_UU},
	    {"uuencode", MIME_UU},
	};

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		size_t len = strlen(NAMES[i].name);

		if (value.len >= len &&
		    strncasecmp((const char *)value.p, NAMES[i].name, len) == 0)
			return NAMES[i].coding;
	}
	return MIME_PLAIN;
}

/* A letter's value and one, so that 0 is none (RFC 4648, section 4). */
static const uint8_t BASE64[256] = {
    ['A'] = 1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    20,
    21,
    22,
    23,
    24,
    25,
    26,
    ['a'] = 27,
    28,
    29,
    30,
    31,
    32,
    33,
    34,
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
    51,
    52,
    ['0'] = 53,
    54,
    55,
    56,
    57,
    58,
    59,
    60,
    61,
    62,
    ['+'] = 63,
    ['/'] = 64,
};

static int
base64_value(uint8_t c)
{
	return BASE64[c] - 1;
}

/* Letters by fours, as nearly all of them come; how many were read. */
static size_t
decode_fours(struct span line, uint8_t *out, size_t *n)
{
	size_t i;

	for (i = 0; i + 4 <= line.len; i += 4) {
		const uint8_t *p = line.p + i;
		uint32_t bits;

		if (BASE64[p[0]] == 0 || BASE64[p[1]] == 0 || BASE64[p[2]] == 0 ||
		    BASE64[p[3]] == 0)
			break;
		bits = (uint32_t)base64_value(p[0]) << 18 |
		    (uint32_t)base64_value(p[1]) << 12 |
		    (uint32_t)base64_value(p[2]) << 6 |
		    (uint32_t)base64_value(p[3]);
		out[(*n)++] = (uint8_t)(bits >> 16);
		out[(*n)++] = (uint8_t)(bits >> 8);
		out[(*n)++] = (uint8_t)bits;
	}
	return i;
}

/* Of the bits that are there, whole bytes. */
static size_t
base64_flush(struct mime_decoder *d, uint8_t *out)
{
	static const size_t BYTES[] = {0, 0, 1, 2, 3};
	uint32_t bits = d->bits << (6 * (4 - d->have));
	size_t n = BYTES[d->have];

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(bits >> (16 - 8 * i));
	d->bits = 0;
	d->have = 0;
	return n;
}

static size_t
decode_base64(struct mime_decoder *d, struct span line, uint8_t *out)
{
	size_t n = 0, i = 0;

	if (d->have == 0 && !d->padded)
		i = decode_fours(line, out, &n);
	for (; i < line.len && !d->padded; i++) {
		int v = base64_value(line.p[i]);

		if (line.p[i] == '=') {
			n += base64_flush(d, out + n);
			d->padded = true;
		} else if (v == -1)
			d->wrong = d->wrong ||
			    (line.p[i] != ' ' && line.p[i] != '\t' &&
				line.p[i] != '\r');
		else {
			d->bits = d->bits << 6 | (uint32_t)v;
			if (++d->have == 4)
				n += base64_flush(d, out + n);
		}
	}
	return n;
}

static int
hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "=41": three characters in escape and c; what is none stays as it is. */
static size_t
unescape(struct mime_decoder *d, uint8_t c, uint8_t *out)
{
	int high = hex(d->escape[1]), low = hex(c);

	d->escaped = 0;
	if (high != -1 && low != -1) {
		out[0] = (uint8_t)(high << 4 | low);
		return 1;
	}
	d->wrong = true;
	out[0] = '=';
	out[1] = d->escape[1];
	out[2] = c;
	return 3;
}

static size_t
newline(struct mime_decoder *d, uint8_t *out)
{
	if (!d->newline)
		return 0;
	d->newline = false;
	out[0] = '\r';
	out[1] = '\n';
	return 2;
}

static size_t
decode_quoted(struct mime_decoder *d, struct span line, bool ends, uint8_t *out)
{
	size_t n = newline(d, out);

	for (size_t i = 0; i < line.len; i++) {
		uint8_t c = line.p[i];

		if (d->escaped == 2)
			n += unescape(d, c, out + n);
		else if (d->escaped == 1)
			d->escape[d->escaped++] = c;
		else if (c == '=')
			d->escape[d->escaped++] = c;
		else
			out[n++] = c;
	}
	if (!ends)
		return n;
	/* "=" at the end joins the next line to this one. */
	d->newline = d->escaped == 0;
	d->wrong = d->wrong || d->escaped == 2;
	d->escaped = 0;
	return n;
}

/* The first character says how many bytes the line is. */
static size_t
decode_uu(struct span line, uint8_t *out)
{
	size_t want, n = 0;

	if (line.len == 0)
		return 0;
	want = (line.p[0] - 32u) & 63u;
	for (size_t i = 1; i + 3 < line.len && n < want; i += 4) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 4; k++)
			bits = bits << 6 | ((line.p[i + k] - 32u) & 63u);
		for (size_t k = 0; k < 3 && n < want; k++)
			out[n++] = (uint8_t)(bits >> (16 - 8 * k));
	}
	return n;
}

size_t
mime_decode(struct mime_decoder *d, struct span line, bool ends, uint8_t *out)
{
	size_t n;

	switch (d->coding) {
	case MIME_BASE64:
		return decode_base64(d, line, out);
	case MIME_QUOTED:
		return decode_quoted(d, line, ends, out);
	case MIME_UU:
		return decode_uu(line, out);
	case MIME_PLAIN:
		break;
	}
	n = newline(d, out);
	if (line.len > 0)
		memcpy(out + n, line.p, line.len);
	d->newline = ends;
	return n + line.len;
}
