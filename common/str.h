/* SPDX-License-Identifier: EUPL-1.2 */
/* Strings and numbers from text. */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whole-string number in base 10 (or 0x..), within [0, max].  -1, EINVAL or ERANGE.
 */
int str_u64(const char *s, uint64_t max, uint64_t *out);
int str_i64(const char *s, int64_t min, int64_t max, int64_t *out);

/* Copy, always terminated.  -1 when it was cut. */
int str_copy(char *to, size_t size, const char *from);

/* Cut white space at both ends, in place; returns the new start. */
char *str_trim(char *s);

/* Decode hexadecimal; returns the number of bytes or -1. */
int str_unhex(const char *s, size_t len, uint8_t *out, size_t max);
void str_hex(const void *p, size_t len, char *out); /* out: 2 * len + 1 */

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);

/* Read a whole file of at most max bytes; terminated; free() it; len may be NULL.
 * NULL with errno.
 */
char *str_read_file(const char *path, size_t max, size_t *len);

/* Random bytes from the kernel; aborts when there are none. */
void str_random(void *p, size_t len);

#endif
