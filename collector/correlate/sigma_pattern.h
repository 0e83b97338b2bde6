/* SPDX-License-Identifier: EUPL-1.2 */
/* Sigma's text patterns: wildcards, escapes, case folding; and encodings of values.
 */
#ifndef COLLECTOR_CORRELATE_SIGMA_PATTERN_H
#define COLLECTOR_CORRELATE_SIGMA_PATTERN_H

#include "collector/correlate/sigma.h"

#define SIGMA_PATTERN_CASED   1u
#define SIGMA_PATTERN_WINDASH 2u
#define SIGMA_PATTERN_OPEN    4u  /* "*" put before it */
#define SIGMA_PATTERN_CLOSE   8u  /* "*" put after it */
#define SIGMA_PATTERN_LITERAL 16u /* no wildcards, no escapes */

/*
 * Compile text (UTF-8) into code, which holds strlen(text) + 2.  Returns the
 * length, or -1 when text is no UTF-8.
 */
long sigma_pattern_compile(const char *text, unsigned flags, uint32_t *code);
/* Does the whole of text match?  Iterative, and bounded. */
bool sigma_pattern_match(
    const struct sigma_pattern *p, const char *text, bool cased);
/* Has the text a wildcard that is not escaped? */
bool sigma_pattern_has_wildcard(const char *text);
/* Take the escapes out; to holds strlen(text) + 1.  Returns the length. */
size_t sigma_pattern_unescape(const char *text, char *to);

enum sigma_utf16 {
	SIGMA_UTF16_LE,
	SIGMA_UTF16_BE,
	SIGMA_UTF16_BOM
};
/* UTF-8 to UTF-16; to holds 2 * strlen(text) + 2.  Bytes, or -1. */
long sigma_pattern_utf16(
    const char *text, size_t len, enum sigma_utf16 form, uint8_t *to);
/*
 * Base64 of the bytes as it stands inside a longer text at byte offset shift
 * modulo 3, without the characters that depend on the neighbours; shift -1:
 * by itself, with padding.  to holds 4 * len / 3 + 8.
 */
void sigma_pattern_base64(const uint8_t *p, size_t len, int shift, char *to);

#endif
