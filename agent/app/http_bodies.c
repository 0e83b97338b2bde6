/* SPDX-License-Identifier: EUPL-1.2 */
/* Steps through bodies (RFC 9112, section 6), and what stands behind a request. */
#include "agent/app/http_read.h"

#include "agent/limits.h"

#include <ctype.h>
#include <string.h>

void
http_bodies_begin(struct http_reading *r, enum http_state s)
{
	struct http_message *m = http_message_of(r);
	struct span coding = http_headers_find(&m->headers, "content-encoding");

	if (http_coder_too_deep(coding))
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_TOO_MANY_LAYERS);
	http_body_begin(r->a, &m->body, coding);
	if (r->d == APP_TS && http_is(http_part(&m->line, m->word[0]), "POST"))
		m->body.parts = http_parts_new(
		    r->a, http_headers_find(&m->headers, "content-type"));
	if (m->body.parts != NULL || (r->d == APP_TS && !r->s->tx->has_files))
		file_sum_no_copy(&m->body.sum);
	http_tx_advance(r->s->tx, r->d, HTTP_BODY);
	r->s->state = s;
}

static void
add_body(struct http_reading *r, size_t n)
{
	const uint8_t *p = cur_take(&r->c, n);
	struct http_body *b;

	if (r->s->tx == NULL)
		return;
	b = &http_message_of(r)->body;
	http_body_add(r->a, b, (struct span){p, n});
	if (http_coder_failed(b->coder))
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_UNPACK);
	if (b->parts != NULL)
		r->s->tx->tx.events |= (uint64_t)http_parts_events(b->parts)
		    << HTTP_EVENT_MULTIPART_ERROR;
}

void
http_bodies_over(struct http_reading *r)
{
	if (r->d == APP_TS && r->c.left > 0 && r->s->tx != NULL &&
	    !r->s->tx->is_connect)
		r->s->state = ON_AFTER;
	else
		http_tx_done(r);
}

static size_t
at_most(uint64_t want, size_t there)
{
	return want < there ? (size_t)want : there;
}

bool
http_bodies_length(struct http_reading *r)
{
	size_t n = at_most(r->s->left, r->c.left);

	add_body(r, n);
	r->s->left -= n;
	if (r->s->left == 0)
		http_bodies_over(r);
	return n > 0;
}

bool
http_bodies_close(struct http_reading *r)
{
	add_body(r, r->c.left);
	return false;
}

bool
http_is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static int
hex(uint8_t c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : -1;
}

/* The number that a line begins with; what follows is extension or junk. */
static int64_t
chunk_size(struct span line)
{
	int64_t n = 0;
	size_t i = 0;

	for (; i < line.len && hex(line.p[i]) >= 0; i++)
		if ((n = n * 16 + hex(line.p[i])) > INT32_MAX)
			return -1;
	return i == 0 ? -1 : n;
}

/* Not chunked after all: a body up to the end, as browsers do. */
static bool
not_chunked(struct http_reading *r)
{
	if (r->s->tx != NULL)
		http_tx_event(
		    r, HTTP_EVENT_REQUEST_CHUNK, HTTP_EVENT_RESPONSE_CHUNK);
	r->s->looked = 0;
	r->s->state = r->d == APP_TC ? ON_CLOSE : ON_NOTHING;
	return true;
}

bool
http_bodies_chunk_size(struct http_reading *r)
{
	const uint8_t *end;
	struct span line;
	size_t i = 0;
	int64_t n;

	while (i < r->c.left && http_is_blank(r->c.pos[i]))
		i++;
	if (i < r->c.left && hex(r->c.pos[i]) < 0)
		return not_chunked(r);
	if (i == r->c.left)
		return false;
	if (r->d == APP_TS && i > 0 && r->s->tx != NULL &&
	    memchr(r->c.pos, '\n', i) != NULL)
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_REQUEST_CHUNK);
	line = (struct span){r->c.pos + i, r->c.left - i};
	if ((end = memchr(line.p, '\n', line.len)) == NULL) {
		/* No line end in sight where a few digits should stand. */
		return line.len > HTTP_CHUNK_LINE_MAX ? not_chunked(r) : false;
	}
	line.len = (size_t)(end - line.p);
	if ((n = chunk_size(line)) < 0)
		return not_chunked(r);
	if (memchr(line.p, ';', line.len) != NULL && r->s->tx != NULL)
		/* Suricata tells of both with the event of requests. */
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_REQUEST_CHUNK_EXTENSION);
	http_lines_cut(r, i + line.len, 1);
	r->s->left = (uint64_t)n;
	r->s->state = n == 0 ? ON_TRAILER : ON_CHUNK;
	return true;
}

bool
http_bodies_chunk(struct http_reading *r)
{
	size_t n = at_most(r->s->left, r->c.left);

	add_body(r, n);
	r->s->left -= n;
	if (r->s->left == 0)
		r->s->state = ON_CHUNK_END;
	return n > 0;
}

/* Up to the end of the line behind a chunk. */
bool
http_bodies_chunk_end(struct http_reading *r)
{
	const uint8_t *end =
	    r->c.left == 0 ? NULL : memchr(r->c.pos, '\n', r->c.left);

	if (end == NULL) {
		cur_take(&r->c, r->c.left);
		return false;
	}
	cur_take(&r->c, (size_t)(end - r->c.pos) + 1);
	r->s->state = ON_CHUNK_SIZE;
	return true;
}

/* The word that comes next, behind blanks; its end must be there. */
static bool
next_word(const struct http_reading *r, struct span *word)
{
	struct span s = {r->c.pos, r->c.left};
	size_t n = 0;

	while (s.len > 0 && http_is_blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (n < s.len && !http_is_blank(s.p[n]))
		n++;
	*word = (struct span){s.p, n};
	return n < s.len || r->ended || s.len == 0;
}

/* Lines are body until one begins with a method. */
bool
http_bodies_after(struct http_reading *r)
{
	struct span word;
	const uint8_t *end;

	if (!next_word(r, &word))
		return false;
	if (word.len == 0 || http_is_method(word)) {
		http_tx_done(r);
		return true;
	}
	end = memchr(r->c.pos, '\n', r->c.left);
	if (end == NULL && !r->ended)
		return false;
	if (http_message_of(r)->body.data.max == 0)
		http_bodies_begin(r, ON_AFTER);
	r->unexpected = r->unexpected || end != NULL;
	add_body(r, end == NULL ? r->c.left : (size_t)(end - r->c.pos) + 1);
	if (r->c.left == 0)
		http_tx_done(r);
	return true;
}
