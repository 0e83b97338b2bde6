/* SPDX-License-Identifier: EUPL-1.2 */
/* The machine over lines and bodies (RFC 9112), a step each. */
#include "agent/app/http_read.h"

#include "agent/limits.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* --- bodies -------------------------------------------------------------------- */

static void
add_body(struct http_reading *r, size_t n)
{
	const uint8_t *p = cur_take(&r->c, n);

	if (r->s->tx != NULL)
		http_body_add(r->a, &http_message_of(r)->body, (struct span){p, n});
}

static size_t
at_most(uint64_t want, size_t there)
{
	return want < there ? (size_t)want : there;
}

static bool
on_length(struct http_reading *r)
{
	size_t n = at_most(r->s->left, r->c.left);

	add_body(r, n);
	r->s->left -= n;
	if (r->s->left == 0)
		http_tx_done(r);
	return n > 0;
}

static bool
on_close(struct http_reading *r)
{
	add_body(r, r->c.left);
	return false;
}

static bool
is_before_size(uint8_t c)
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
	r->s->looked = 0;
	r->s->state = r->d == APP_TC ? ON_CLOSE : ON_NOTHING;
	return true;
}

static bool
on_chunk_size(struct http_reading *r)
{
	const uint8_t *end;
	struct span line;
	size_t i = 0;
	int64_t n;

	while (i < r->c.left && is_before_size(r->c.pos[i]))
		i++;
	if (i < r->c.left && hex(r->c.pos[i]) < 0)
		return not_chunked(r);
	if (i == r->c.left)
		return false;
	line = (struct span){r->c.pos + i, r->c.left - i};
	if ((end = memchr(line.p, '\n', line.len)) == NULL) {
		/* No line end in sight where a few digits should stand. */
		return line.len > HTTP_CHUNK_LINE_MAX ? not_chunked(r) : false;
	}
	line.len = (size_t)(end - line.p);
	if ((n = chunk_size(line)) < 0)
		return not_chunked(r);
	if (memchr(line.p, ';', line.len) != NULL && r->s->tx != NULL)
		http_tx_event(r, HTTP_EVENT_REQUEST_CHUNK_EXTENSION,
		    HTTP_EVENT_RESPONSE_CHUNK_EXTENSION);
	http_lines_cut(r, i + line.len, 1);
	r->s->left = (uint64_t)n;
	r->s->state = n == 0 ? ON_TRAILER : ON_CHUNK;
	return true;
}

static bool
on_chunk(struct http_reading *r)
{
	size_t n = at_most(r->s->left, r->c.left);

	add_body(r, n);
	r->s->left -= n;
	if (r->s->left == 0)
		r->s->state = ON_CHUNK_END;
	return n > 0;
}

/* Up to the end of the line behind a chunk. */
static bool
on_chunk_end(struct http_reading *r)
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

/* --- after the headers --------------------------------------------------------------- */

/* The number in the value; -1: none, or more than one. */
static int64_t
length_of(struct span s)
{
	int64_t n = 0;
	size_t i = 0;

	while (i < s.len && !isdigit(s.p[i]))
		i++;
	if (i == s.len)
		return -1;
	for (; i < s.len && isdigit(s.p[i]); i++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, s.p[i] - '0', &n))
			return -1;
	for (; i < s.len; i++)
		if (isdigit(s.p[i]))
			return -1;
	return n;
}

static void
begin_body(struct http_reading *r, enum http_state s)
{
	struct http_message *m = http_message_of(r);
	struct span coding = http_headers_find(&m->headers, "content-encoding");

	if (http_coder_too_deep(coding))
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_TOO_MANY_LAYERS);
	http_body_begin(r->a, &m->body, coding);
	http_tx_advance(r->s->tx, r->d, HTTP_BODY);
	r->s->state = s;
}

static bool
by_length(struct http_reading *r, int64_t n)
{
	if (n <= 0) {
		http_tx_done(r);
		return true;
	}
	r->s->left = (uint64_t)n;
	begin_body(r, ON_LENGTH);
	return true;
}

static void
check_host(struct http_tx *tx, struct span field)
{
	struct span proto =
	    http_part(&tx->message[APP_TS].line, tx->message[APP_TS].word[2]);
	struct span in_uri = {tx->host.data, tx->host.len};

	if (in_uri.len > 0 && field.len > 0 && !tx->is_connect &&
	    (field.len < in_uri.len ||
		strncasecmp((const char *)field.p, (const char *)in_uri.p,
		    in_uri.len) != 0))
		app_tx_event(&tx->tx, HTTP_EVENT_HOST_AMBIGUOUS);
	http_uri_host(tx, field);
	if (field.p == NULL && in_uri.len == 0 && http_is(proto, "HTTP/1.1"))
		app_tx_event(&tx->tx, HTTP_EVENT_MISSING_HOST);
}

static void
check_authorization(struct http_tx *tx, struct span field)
{
	static const char *const known[] = {"basic", "digest", "bearer"};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct span start = {field.p, strlen(known[i])};

		if (field.p == NULL ||
		    (field.len >= start.len && http_is(start, known[i])))
			return;
	}
	app_tx_event(&tx->tx, HTTP_EVENT_AUTH_UNRECOGNIZED);
}

static bool
after_request(struct http_reading *r)
{
	struct http_tx *tx = r->s->tx;
	const struct http_headers *h = &tx->message[APP_TS].headers;
	struct span length = http_headers_find(h, "content-length");
	struct span coding = http_headers_find(h, "transfer-encoding");

	check_host(tx, http_headers_find(h, "host"));
	check_authorization(tx, http_headers_find(h, "authorization"));
	if (http_has(coding, "chunked")) {
		begin_body(r, ON_CHUNK_SIZE);
		return true;
	}
	if (coding.p != NULL)
		app_tx_event(&tx->tx, HTTP_EVENT_REQUEST_CODING);
	return by_length(r, length.p == NULL ? 0 : length_of(length));
}

static bool
is_upgrade(const struct http_tx *tx)
{
	return tx->status == 101 ||
	    (tx->is_connect && tx->status >= 200 && tx->status < 300);
}

static bool
after_response(struct http_reading *r)
{
	struct http_tx *tx = r->s->tx;
	const struct http_headers *h = &tx->message[APP_TC].headers;
	struct span length = http_headers_find(h, "content-length");
	struct span upgrade = http_headers_find(h, "upgrade");
	bool chunked =
	    http_has(http_headers_find(h, "transfer-encoding"), "chunked");
	bool bare = !chunked && length.p == NULL;

	if (is_upgrade(tx) && bare) {
		http_tx_done(r);
		app_change(
		    r->a, http_has(upgrade, "h2c") ? APP_HTTP2 : APP_UNKNOWN);
		return false;
	}
	if (tx->status == 100 && bare) { /* the response is yet to come */
		http_headers_release(&tx->message[APP_TC].headers);
		http_headers_init(&tx->message[APP_TC].headers);
		r->s->state = ON_LINE;
		return true;
	}
	if (tx->is_head ||
	    (bare &&
		(tx->status == 204 || tx->status == 304 ||
		    (tx->status > 100 && tx->status < 200)))) {
		http_tx_done(r);
		return true;
	}
	if (chunked) {
		begin_body(r, ON_CHUNK_SIZE);
		return true;
	}
	if (length.p != NULL && length_of(length) >= 0)
		return by_length(r, length_of(length));
	begin_body(r, ON_CLOSE);
	return true;
}

static bool
headers_done(struct http_reading *r)
{
	struct http_message *m = http_message_of(r);

	http_headers_finish(
	    &m->headers, &m->line, r->d == APP_TS ? "cookie" : "set-cookie");
	if (m->headers.missing_colon)
		http_tx_event(
		    r, HTTP_EVENT_REQUEST_NO_COLON, HTTP_EVENT_RESPONSE_NO_COLON);
	if (m->headers.lengths_differ)
		http_tx_event(
		    r, HTTP_EVENT_REQUEST_LENGTHS, HTTP_EVENT_RESPONSE_LENGTHS);
	http_tx_advance(r->s->tx, r->d, HTTP_HEADERS);
	return r->d == APP_TS ? after_request(r) : after_response(r);
}

static bool
is_1_1(const struct http_reading *r)
{
	const struct http_message *m = http_message_of(r);

	return http_is(
	    http_part(&m->line, m->word[r->d == APP_TS ? 2 : 0]), "HTTP/1.1");
}

static bool
on_headers(struct http_reading *r)
{
	const uint8_t *from;
	struct http_headers *h;
	struct span line;
	enum http_got got;

	if (r->s->tx == NULL) {
		r->s->state = ON_NOTHING;
		return true;
	}
	if (!http_lines_skip(r))
		return false;
	from = r->c.pos;
	if ((got = http_lines_take(r, &line)) == GOT_NOTHING)
		return false;
	h = &http_message_of(r)->headers;
	buf_add(&h->raw, from, (size_t)(r->c.pos - from));
	if (got == GOT_END || line.len == 0)
		return headers_done(r);
	http_headers_line(h, line, is_1_1(r));
	return true;
}

/* Fields behind the last chunk: read over, they are no part of the headers. */
static bool
on_trailer(struct http_reading *r)
{
	struct span line;

	if (http_lines_take(r, &line) == GOT_NOTHING)
		return false;
	if (line.len == 0)
		http_tx_done(r);
	return true;
}

/* --- first lines --------------------------------------------------------------------- */

/* Without a protocol the request ends with its line, unless fields follow. */
static bool
has_fields(const struct http_reading *r)
{
	for (size_t i = 0; i < r->c.left; i++) {
		uint8_t c = r->c.pos[i];

		if (c == ':')
			return i > 0;
		if (!isalnum(c) && c != '-' && c != '_')
			return false;
	}
	return false;
}

static bool
on_request_line(struct http_reading *r)
{
	struct http_tx *tx;
	struct span line;

	if (http_lines_take(r, &line) == GOT_NOTHING)
		return false;
	if (http_trim(line).len == 0)
		return true;
	if ((tx = http_tx_new(r->a)) == NULL ||
	    !http_request_line(tx, http_trim(line))) {
		r->s->state = ON_NOTHING;
		return true;
	}
	r->s->tx = tx;
	r->s->state = ON_HEADERS;
	http_uri_normalise(
	    tx, http_part(&http_message_of(r)->line, http_message_of(r)->word[1]));
	http_tx_advance(tx, APP_TS, HTTP_LINE);
	stream_set_window(r->a->flow, true, HTTP_REQUEST_WINDOW);
	if (http_message_of(r)->word[2].len > 0)
		return true;
	app_tx_event(&tx->tx, HTTP_EVENT_MISSING_PROTOCOL);
	if (has_fields(r))
		return true;
	http_headers_finish(
	    &http_message_of(r)->headers, &http_message_of(r)->line, "cookie");
	http_tx_done(r);
	r->s->state = ON_NOTHING;
	return true;
}

static bool
is_status_line(struct span line)
{
	size_t i = 0;

	while (i < line.len && (is_before_size(line.p[i]) || line.p[i] == 0))
		i++;
	return line.len - i >= 4 &&
	    strncasecmp((const char *)line.p + i, "HTTP", 4) == 0;
}

/* A response that is nothing but a body. */
static bool
on_bare_body(struct http_reading *r, struct cursor from)
{
	if ((r->s->tx = http_tx_to_answer(r)) == NULL) {
		r->s->state = ON_NOTHING;
		return true;
	}
	http_tx_advance(r->s->tx, APP_TC, HTTP_HEADERS);
	begin_body(r, ON_CLOSE);
	r->c = from;
	return true;
}

static bool
on_status_line(struct http_reading *r)
{
	struct cursor from = r->c;
	struct span line;
	int next;

	if (http_lines_take(r, &line) == GOT_NOTHING)
		return false;
	if (line.len == 0)
		return true;
	if (!is_status_line(line)) {
		next = http_lines_ahead(r, 0);
		if (next == -1) {
			r->c = from;
			return false;
		}
		if (next == 'H' || next == 'h' || http_trim(line).len == 0)
			return true; /* the status line is the next */
		return on_bare_body(r, from);
	}
	if (r->s->tx == NULL && (r->s->tx = http_tx_to_answer(r)) == NULL) {
		r->s->state = ON_NOTHING;
		return true;
	}
	http_status_line(r->s->tx, line);
	http_tx_advance(r->s->tx, APP_TC, HTTP_LINE);
	stream_set_window(r->a->flow, false, HTTP_RESPONSE_WINDOW);
	r->s->state = ON_HEADERS;
	return true;
}

static bool
on_line(struct http_reading *r)
{
	return r->d == APP_TS ? on_request_line(r) : on_status_line(r);
}

static bool
on_nothing(struct http_reading *r)
{
	cur_take(&r->c, r->c.left);
	return false;
}

static bool (*const STEPS[STATES])(struct http_reading *r) = {
    [ON_LINE] = on_line,
    [ON_HEADERS] = on_headers,
    [ON_LENGTH] = on_length,
    [ON_CHUNK_SIZE] = on_chunk_size,
    [ON_CHUNK] = on_chunk,
    [ON_CHUNK_END] = on_chunk_end,
    [ON_TRAILER] = on_trailer,
    [ON_CLOSE] = on_close,
    [ON_NOTHING] = on_nothing,
};

void
http_steps_run(struct http_reading *r)
{
	while (r->c.left > 0 && !r->a->changed && STEPS[r->s->state](r))
		;
}
