/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

int
str_u64(const char *s, uint64_t max, uint64_t *out)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)s[0])) {
		errno = EINVAL;
		return -1;
	}
	errno = 0;
	v = strtoull(s, &end, str_starts(s, "0x") ? 16 : 10);
	if (*end != '\0')
		errno = EINVAL;
	else if (v > max)
		errno = ERANGE;
	if (errno != 0)
		return -1;
	*out = v;
	return 0;
}

int
str_i64(const char *s, int64_t min, int64_t max, int64_t *out)
{
	uint64_t v;
	bool minus = s[0] == '-';

	if (str_u64(s + minus, (uint64_t)INT64_MAX, &v) == -1)
		return -1;
	if ((minus ? -(int64_t)v : (int64_t)v) < min ||
	    (minus ? -(int64_t)v : (int64_t)v) > max) {
		errno = ERANGE;
		return -1;
	}
	*out = minus ? -(int64_t)v : (int64_t)v;
	return 0;
}

int
str_copy(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);
	bool cut = n >= size;

	if (cut)
		n = size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
	return cut ? -1 : 0;
}

char *
str_trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	for (n = strlen(s); n > 0 && isspace((unsigned char)s[n - 1]); n--)
		;
	s[n] = '\0';
	return s;
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
str_unhex(const char *s, size_t len, uint8_t *out, size_t max)
{
	if (len % 2 != 0 || len / 2 > max)
		return -1;
	for (size_t i = 0; i < len / 2; i++) {
		int hi = nibble(s[2 * i]), lo = nibble(s[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return -1;
		out[i] = (uint8_t)(hi << 4 | lo);
	}
	return (int)(len / 2);
}

void
str_hex(const void *p, size_t len, char *out)
{
	static const char HEX[] = "0123456789abcdef";
	const uint8_t *b = p;

	for (size_t i = 0; i < len; i++) {
		*out++ = HEX[b[i] >> 4];
		*out++ = HEX[b[i] & 15];
	}
	*out = '\0';
}

bool
str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* Read to the end of fd, growing up to max bytes; EFBIG beyond. */
static char *
read_all(int fd, size_t max, size_t *len)
{
	size_t cap = 4096, n = 0;
	char *p = NULL, *q;
	ssize_t got;

	for (;;) {
		if ((q = realloc(p, cap + 1)) == NULL)
			goto fail;
		p = q;
		while (n < cap && (got = read(fd, p + n, cap - n)) != 0) {
			if (got == -1 && errno == EINTR)
				continue;
			if (got == -1)
				goto fail;
			n += (size_t)got;
		}
		if (n < cap)
			break;
		if (n > max) {
			errno = EFBIG;
			goto fail;
		}
		cap *= 2;
	}
	if (n > max) {
		errno = EFBIG;
		goto fail;
	}
	p[n] = '\0';
	if (len != NULL)
		*len = n;
	return p;

fail:
	free(p);
	return NULL;
}

char *
str_read_file(const char *path, size_t max, size_t *len)
{
	int fd, saved;
	char *p;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	p = read_all(fd, max, len);
	saved = errno;
	close(fd);
	errno = saved;
	return p;
}

void
str_random(void *p, size_t len)
{
	uint8_t *b = p;

	while (len > 0) {
		ssize_t n = getrandom(b, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		b += n;
		len -= (size_t)n;
	}
}
