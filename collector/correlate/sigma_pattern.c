/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Wildcards as the Sigma specification has them: "*" any run, "?" one character, a
 * backslash escapes those two and itself, and is itself before anything else.
 */
#include "collector/correlate/sigma_pattern.h"

#include <string.h>

/* One code point of valid UTF-8, or -1; *p is moved behind it. */
static int32_t
decode(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	uint32_t c = s[0];
	int more = c < 0x80	 ? 0
	    : (c & 0xe0) == 0xc0 ? 1
	    : (c & 0xf0) == 0xe0 ? 2
				 : 3;

	if (c >= 0x80 && ((c & 0xc0) == 0x80 || c >= 0xf8))
		return -1;
	if (more > 0)
		c &= 0x3fu >> more;
	for (int i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		c = (c << 6) | (s[i] & 0x3fu);
	}
	*p += more + 1;
	return c < SIGMA_ANY ? (int32_t)c : -1;
}

/* Simple case folding of Latin, Greek and Cyrillic; the rest has no case here. */
static uint32_t
fold(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3a9) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177))
		return c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c;
}

static bool
is_dash(uint32_t c)
{
	return c == '-' || c == '/' || c == 0x2013 || c == 0x2014 || c == 0x2015;
}

static bool
is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || (c >= 0x80 && c < SIGMA_ANY);
}

/* A dash or slash that begins an option: no word before it, a word after. */
static bool
starts_option(const uint32_t *code, long n, const char *after)
{
	return (n == 0 || !is_word(code[n - 1])) && is_word((unsigned char)*after);
}

long
sigma_pattern_compile(const char *text, unsigned flags, uint32_t *code)
{
	long n = 0;

	if (flags & SIGMA_PATTERN_OPEN)
		code[n++] = SIGMA_ANY;
	while (*text != '\0') {
		bool escaped = false;
		int32_t c;

		if (!(flags & SIGMA_PATTERN_LITERAL)) {
			escaped = *text == '\\' && text[1] != '\0' &&
			    strchr("*?\\", text[1]) != NULL;
			text += escaped;
			if (!escaped && (*text == '*' || *text == '?')) {
				code[n++] = *text++ == '*' ? SIGMA_ANY : SIGMA_ONE;
				continue;
			}
		}
		if ((c = decode(&text)) == -1)
			return -1;
		if ((flags & SIGMA_PATTERN_WINDASH) && (c == '-' || c == '/') &&
		    starts_option(code, n, text))
			code[n++] = SIGMA_DASH;
		else
			code[n++] = flags & SIGMA_PATTERN_CASED ? (uint32_t)c
								: fold((uint32_t)c);
	}
	if (flags & SIGMA_PATTERN_CLOSE)
		code[n++] = SIGMA_ANY;
	return n;
}

static bool
code_matches(uint32_t code, uint32_t c, bool cased)
{
	if (code == SIGMA_ONE)
		return true;
	if (code == SIGMA_DASH)
		return is_dash(c);
	return code == (cased ? c : fold(c));
}

bool
sigma_pattern_match(const struct sigma_pattern *p, const char *text, bool cased)
{
	const char *retry = NULL; /* where the last star's run would end */
	size_t i = 0, star = 0, steps = 0;

	for (;;) {
		int32_t c;

		if (++steps > SIGMA_PATTERN_STEPS_MAX)
			return false;
		if (i < p->len && p->code[i] == SIGMA_ANY) {
			star = ++i;
			if (i == p->len)
				return true;
			retry = text;
			continue;
		}
		if (*text == '\0')
			return i == p->len;
		if ((c = decode(&text)) == -1)
			return false;
		if (i < p->len && code_matches(p->code[i], (uint32_t)c, cased)) {
			i++;
			continue;
		}
		if (retry == NULL || decode(&retry) == -1)
			return false;
		text = retry;
		i = star;
	}
}

bool
sigma_pattern_has_wildcard(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '*' || *text == '?')
			return true;
		if (*text == '\\' && text[1] != '\0' &&
		    strchr("*?\\", text[1]) != NULL)
			text++;
	}
	return false;
}

size_t
sigma_pattern_unescape(const char *text, char *to)
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '\\' && text[1] != '\0' &&
		    strchr("*?\\", text[1]) != NULL)
			text++;
		to[n++] = *text;
	}
	to[n] = '\0';
	return n;
}

static size_t
put16(uint8_t *to, size_t n, uint32_t unit, bool big)
{
	to[n] = (uint8_t)(big ? unit >> 8 : unit);
	to[n + 1] = (uint8_t)(big ? unit : unit >> 8);
	return n + 2;
}

long
sigma_pattern_utf16(
    const char *text, size_t len, enum sigma_utf16 form, uint8_t *to)
{
	const char *end = text + len;
	bool big = form == SIGMA_UTF16_BE;
	size_t n = 0;

	if (form == SIGMA_UTF16_BOM)
		n = put16(to, n, 0xfeff, false);
	while (text < end) {
		int32_t c = decode(&text);

		if (c == -1)
			return -1;
		if (c >= 0x10000) {
			n = put16(
			    to, n, 0xd800u + (((uint32_t)c - 0x10000) >> 10), big);
			n = put16(to, n, 0xdc00u + ((uint32_t)c & 0x3ff), big);
		} else {
			n = put16(to, n, (uint32_t)c, big);
		}
	}
	return (long)n;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
sigma_pattern_base64(const uint8_t *p, size_t len, int shift, char *to)
{
	/* Digits that hold bits of what stands before, and after, are left out. */
	size_t lead = shift > 0 ? (size_t)shift : 0;
	size_t bits = 8 * (lead + len), first = lead == 0 ? 0 : lead + 1, n = 0;

	for (size_t digit = first; digit * 6 < bits; digit++) {
		unsigned v = 0;

		if (shift >= 0 && digit * 6 + 6 > bits)
			break;
		for (size_t b = digit * 6; b < digit * 6 + 6; b++) {
			size_t byte = b / 8 - lead;
			unsigned bit = b < bits ? (p[byte] >> (7 - b % 8)) & 1u : 0;

			v = v << 1 | bit;
		}
		to[n++] = base64_digits[v];
	}
	while (shift < 0 && n % 4 != 0)
		to[n++] = '=';
	to[n] = '\0';
}
