/* SPDX-License-Identifier: EUPL-1.2 */
/* First lines of HTTP/1 messages, and small things about texts. */
#include "agent/app/http.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct span
http_part(const struct buf *b, struct http_part p)
{
	return (struct span){b->data == NULL ? NULL : b->data + p.at, p.len};
}

/* How many bytes of s make up text; 0: they do not. */
static size_t
starts(struct span s, const char *text)
{
	size_t i = 0;

	for (; *text != '\0'; text++, i++) {
		while (i < s.len && s.p[i] == 0)
			i++;
		if (i == s.len || tolower(s.p[i]) != tolower((uint8_t)*text))
			return 0;
	}
	return i;
}

bool
http_is(struct span s, const char *text)
{
	size_t n = starts(s, text);

	while (n < s.len && s.p[n] == 0)
		n++;
	return n == s.len && (n > 0 || text[0] == '\0');
}

bool
http_has(struct span s, const char *text)
{
	for (; s.len > 0; s.p++, s.len--)
		if (starts(s, text) > 0)
			return true;
	return false;
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct span
http_trim(struct span s)
{
	while (s.len > 0 && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

/* The next word from *at on. */
static struct http_part
word(struct span s, size_t *at)
{
	struct http_part p;

	while (*at < s.len && is_space(s.p[*at]))
		++*at;
	p.at = *at;
	while (*at < s.len && !is_space(s.p[*at]))
		++*at;
	p.len = *at - p.at;
	return p;
}

/* All from *at on, without the space around it. */
static struct http_part
rest(struct span s, size_t at)
{
	struct span r = http_trim((struct span){s.p + at, s.len - at});

	return (struct http_part){s.len == 0 ? 0 : (size_t)(r.p - s.p), r.len};
}

/*
 * Behind the method everything up to a last word that is a protocol is the URI,
 * spaces included.
 */
bool
http_request_line(struct http_tx *tx, struct span line)
{
	struct http_message *m = &tx->message[APP_TS];
	struct http_part uri, last;
	size_t at = 0, end;

	if (buf_add(&m->line, line.p, line.len) == -1)
		return false;
	line.p = m->line.data;
	m->word[0] = word(line, &at);
	uri = rest(line, at);
	m->word[1] = uri;
	end = uri.at + uri.len;
	for (at = end; at > uri.at && !is_space(line.p[at - 1]); at--)
		;
	last = (struct http_part){at, end - at};
	if (at > uri.at && last.len >= 5 &&
	    strncasecmp((const char *)line.p + at, "HTTP/", 5) == 0) {
		m->word[2] = last;
		m->word[1].len = at - uri.at;
		while (m->word[1].len > 0 &&
		    is_space(line.p[m->word[1].at + m->word[1].len - 1]))
			m->word[1].len--;
	}
	tx->is_head = http_is(http_part(&m->line, m->word[0]), "HEAD");
	tx->is_connect = http_is(http_part(&m->line, m->word[0]), "CONNECT");
	tx->has_files = http_is(http_part(&m->line, m->word[0]), "PUT") ||
	    http_is(http_part(&m->line, m->word[0]), "POST");
	return true;
}

bool
http_status_line(struct http_tx *tx, struct span line)
{
	struct http_message *m = &tx->message[APP_TC];
	struct span code;
	size_t at = 0;

	buf_reset(&m->line);
	if (buf_add(&m->line, line.p, line.len) == -1)
		return false;
	line.p = m->line.data;
	m->word[0] = word(line, &at);
	m->word[1] = word(line, &at);
	m->word[2] = rest(line, at);
	code = http_part(&m->line, m->word[1]);
	tx->status = 0;
	for (size_t i = 0; i < code.len && i < 3 && isdigit(code.p[i]); i++)
		tx->status = tx->status * 10 + (code.p[i] - '0');
	if (code.len != 3)
		tx->status = 0;
	return true;
}
