/* SPDX-License-Identifier: EUPL-1.2 */
/* Which parts of a message are not as they should be, as Suricata judges. */
#include "agent/app/http_check.h"

#include "agent/app/http.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>
#include <strings.h>

enum {
	HOST_MAX = 255,
	LABEL_MAX = 63,
	PORT_MAX = 65535,
};

bool
http_check_delimiter(struct span line, size_t end, size_t next)
{
	for (size_t i = end; i < next && i < line.len; i++)
		if (line.p[i] != ' ')
			return false;
	return true;
}

/* --- hosts -------------------------------------------------------------------- */

static bool
is_label_byte(uint8_t c)
{
	return isalnum(c) || c == '-' || c == '_' || c == '%';
}

static bool
is_name(struct span s)
{
	size_t label = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '.' && label == 0)
			return false;
		if (s.p[i] != '.' && !is_label_byte(s.p[i]))
			return false;
		label = s.p[i] == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return false;
	}
	return s.len > 0 && s.len <= HOST_MAX;
}

static bool
is_port(struct span s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit(s.p[i]) || n > PORT_MAX)
			return false;
		n = n * 10 + (unsigned)(s.p[i] - '0');
	}
	return n > 0 && n <= PORT_MAX;
}

static bool
is_ipv6(struct span s)
{
	char text[INET6_ADDRSTRLEN] = "";
	struct in6_addr a;

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.p, s.len);
	return inet_pton(AF_INET6, text, &a) == 1;
}

/* The name or address; *s is what follows it. */
static bool
take_host(struct span *s)
{
	const uint8_t *end;
	struct span host = *s;

	if (s->len > 0 && s->p[0] == '[') {
		if ((end = memchr(s->p, ']', s->len)) == NULL)
			return false;
		host = (struct span){s->p + 1, (size_t)(end - s->p) - 1};
		s->len -= host.len + 2;
		s->p = end + 1;
		return is_ipv6(host);
	}
	end = s->len == 0 ? NULL : memchr(s->p, ':', s->len);
	host.len = end == NULL ? s->len : (size_t)(end - s->p);
	s->p += host.len;
	s->len -= host.len;
	return is_name(host);
}

static bool
is_host_and_port(struct span s)
{
	if (!take_host(&s))
		return false;
	return s.len == 0 ||
	    (s.p[0] == ':' && is_port((struct span){s.p + 1, s.len - 1}));
}

bool
http_check_host(struct span s)
{
	s = http_trim(s);
	if (memchr(s.p == NULL ? (const uint8_t *)"" : s.p, '%', s.len) != NULL)
		return false;
	return is_host_and_port(s);
}

bool
http_check_authority(struct span uri, bool connect)
{
	const uint8_t *colon, *at;
	size_t scheme = 0, n = 0;

	if (uri.len == 0)
		return true;
	if (connect)
		return is_host_and_port(uri);
	while (scheme < uri.len && isalpha(uri.p[scheme]))
		scheme++;
	colon = uri.p + scheme;
	if (scheme == 0 || uri.len - scheme < 4 || memcmp(colon, "://", 3) != 0)
		return true;
	uri.p += scheme + 3;
	uri.len -= scheme + 3;
	while (n < uri.len && strchr("/?#", uri.p[n]) == NULL)
		n++;
	uri.len = n;
	if (n > 0 && (at = memchr(uri.p, '@', n)) != NULL) {
		uri.len -= (size_t)(at + 1 - uri.p);
		uri.p = at + 1;
	}
	/* A bracket that nothing closes is let through there. */
	if (n == 0 || (uri.p[0] == '[' && memchr(uri.p, ']', uri.len) == NULL))
		return true;
	return is_host_and_port(uri);
}

/* --- fields ------------------------------------------------------------------- */

bool
http_check_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum(s.p[i]) &&
		    (s.p[i] == 0 || strchr("!#$%&'*+-.^_`|~", s.p[i]) == NULL))
			return false;
	return s.len > 0;
}

bool
http_check_length(struct span s)
{
	int64_t n = 0;
	size_t i = 0;

	while (i < s.len && !isdigit(s.p[i]))
		i++;
	if (i == s.len)
		return false;
	for (; i < s.len && isdigit(s.p[i]); i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, s.p[i] - '0', &n))
			return false;
	return true;
}

static bool
is_separator(uint8_t c)
{
	return c == ',' || c == ' ' || c == '\t';
}

/* The next word of a list; len 0: none. */
static struct span
next_word(struct span *s)
{
	struct span word = {NULL, 0};

	if (s->len == 0)
		return word;
	while (s->len > 0 && is_separator(s->p[0])) {
		s->p++;
		s->len--;
	}
	word = (struct span){s->p, 0};
	while (word.len < s->len && !is_separator(s->p[word.len]))
		word.len++;
	s->p += word.len;
	s->len -= word.len;
	return word;
}

bool
http_check_chunked(struct span s)
{
	struct span word;

	while ((word = next_word(&s)).len > 0)
		if (http_is(word, "chunked"))
			return true;
	return false;
}

bool
http_check_codings(struct span s)
{
	static const char *const known[] = {
	    "gzip", "x-gzip", "deflate", "x-deflate", "lzma", "inflate", "none"};
	struct span word;

	while ((word = next_word(&s)).len > 0) {
		bool is = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			is = is || http_is(word, known[i]);
		if (!is)
			return false;
	}
	return true;
}

/* A number of at most 18 digits; -1: none. */
static int64_t
number(struct span *s)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < s->len && i < 18 && isdigit(s->p[i]); i++)
		n = n * 10 + (s->p[i] - '0');
	s->p += i;
	s->len -= i;
	return i == 0 ? -1 : n;
}

static bool
take_byte(struct span *s, char c)
{
	if (s->len == 0 || s->p[0] != (uint8_t)c)
		return false;
	s->p++;
	s->len--;
	return true;
}

bool
http_check_range(struct span s)
{
	static const char unit[] = "bytes";
	int64_t first, last, size;

	if (s.len < strlen(unit) ||
	    strncasecmp((const char *)s.p, unit, strlen(unit)) != 0)
		return true;
	s.p += strlen(unit);
	s.len -= strlen(unit);
	if (!take_byte(&s, ' '))
		return false;
	while (take_byte(&s, ' '))
		;
	if (take_byte(&s, '*'))
		return take_byte(&s, '/') && number(&s) >= 0 && s.len == 0;
	first = number(&s);
	if (first < 0 || !take_byte(&s, '-') || (last = number(&s)) < first ||
	    !take_byte(&s, '/'))
		return false;
	if (take_byte(&s, '*'))
		return s.len == 0;
	size = number(&s);
	return size > last && s.len == 0;
}

/* --- status lines ------------------------------------------------------------- */

bool
http_check_protocol(struct span s)
{
	static const char *const known[] = {"HTTP/1.1", "HTTP/1.0", "HTTP/0.9"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (s.len == strlen(known[i]) && memcmp(s.p, known[i], s.len) == 0)
			return true;
	return false;
}

bool
http_check_status(struct span s)
{
	int64_t n = number(&s);

	return n >= 100 && n <= 999 && s.len == 0;
}
