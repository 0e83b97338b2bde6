/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP/1: two directions, each a small machine over lines and bodies.  Requests
 * make transactions; a response belongs to the oldest that has none yet.
 */
#include "agent/app/http.h"

#include "agent/limits.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum state {
	ON_LINE,
	ON_HEADERS,
	ON_LENGTH,     /* so many bytes of body */
	ON_CHUNK_SIZE, /* RFC 9112, section 7.1 */
	ON_CHUNK,
	ON_CHUNK_END,
	ON_TRAILER,
	ON_CLOSE, /* body up to the end of the connection */
	ON_NOTHING,
	STATES,
};

struct side {
	enum state state;
	struct buf pend; /* bytes of a line that is not complete */
	size_t looked;	 /* of the line at hand, without an end in it */
	uint64_t left;
	struct http_tx *tx;
	bool odd_end; /* the line before ended with LF CR */
};

struct http {
	struct side side[APP_DIRS];
};

/* What a step works on. */
struct reading {
	struct app_flow *a;
	struct http *http;
	struct side *s;
	enum app_dir d;
	struct cursor c;
	bool ended; /* nothing comes behind c */
};

static const char *const EVENTS[] = {
    [HTTP_EVENT_REQUEST_TOO_LONG] = "request_field_too_long",
    [HTTP_EVENT_RESPONSE_TOO_LONG] = "response_field_too_long",
    [HTTP_EVENT_REQUEST_NO_COLON] = "request_field_missing_colon",
    [HTTP_EVENT_RESPONSE_NO_COLON] = "response_field_missing_colon",
    [HTTP_EVENT_UNMATCHED] = "unable_to_match_response_to_request",
    [HTTP_EVENT_MISSING_HOST] = "missing_host_header",
    [HTTP_EVENT_HOST_AMBIGUOUS] = "host_header_ambiguous",
    [HTTP_EVENT_MISSING_PROTOCOL] = "request_line_missing_protocol",
    [HTTP_EVENT_REQUEST_CHUNK_EXTENSION] = "request_chunk_extension",
    [HTTP_EVENT_RESPONSE_CHUNK_EXTENSION] = "response_chunk_extension",
    [HTTP_EVENT_REQUEST_LENGTHS] = "duplicate_content_length_field_in_request",
    [HTTP_EVENT_RESPONSE_LENGTHS] = "duplicate_content_length_field_in_response",
    [HTTP_EVENT_TOO_MANY_LAYERS] = "too_many_encoding_layers",
    [HTTP_EVENT_AUTH_UNRECOGNIZED] = "request_auth_unrecognized",
    [HTTP_EVENT_REQUEST_CODING] = "invalid_transfer_encoding_value_in_request",
    [HTTP_EVENTS] = NULL,
};

/* --- transactions -------------------------------------------------------------- */

static struct http_tx *
tx_new(struct app_flow *a)
{
	struct http_tx *tx = (struct http_tx *)app_tx_new(a, sizeof(*tx));

	if (tx == NULL)
		return NULL;
	for (int d = 0; d < APP_DIRS; d++) {
		buf_init(&tx->message[d].line, HTTP_HEADER_MAX);
		http_headers_init(&tx->message[d].headers);
	}
	buf_init(&tx->uri, HTTP_HEADER_MAX);
	buf_init(&tx->host, HTTP_HEADER_MAX);
	return tx;
}

static void
tx_release(struct app_flow *a, struct app_tx *head)
{
	struct http_tx *tx = (struct http_tx *)head;
	struct http *h = a->state;

	for (int d = 0; d < APP_DIRS; d++) {
		buf_release(&tx->message[d].line);
		http_headers_release(&tx->message[d].headers);
		http_body_release(a, &tx->message[d].body);
		if (h->side[d].tx == tx)
			h->side[d].tx = NULL;
	}
	buf_release(&tx->uri);
	buf_release(&tx->host);
}

static void
advance(struct http_tx *tx, enum app_dir d, enum http_progress p)
{
	if (tx->tx.progress[d] < p)
		tx->tx.progress[d] = (uint8_t)p;
}

/* One of the two, by direction. */
static void
event(struct reading *r, enum http_event request, enum http_event response)
{
	app_tx_event(&r->s->tx->tx, r->d == APP_TS ? request : response);
}

static void
message_done(struct reading *r)
{
	if (r->s->tx != NULL) {
		http_body_end(r->a, &r->s->tx->message[r->d].body);
		advance(r->s->tx, r->d, HTTP_DONE);
	}
	stream_flush(r->a->flow, r->d == APP_TS);
	r->s->tx = NULL;
	r->s->state = ON_LINE;
}

/* The oldest request without a response. */
static struct http_tx *
tx_to_answer(struct reading *r)
{
	struct app_tx *tx = r->a->first;

	while (tx != NULL && tx->progress[APP_TC] != HTTP_BEGUN)
		tx = tx->next;
	if (tx == NULL && (tx = (struct app_tx *)tx_new(r->a)) != NULL) {
		tx->progress[APP_TS] = HTTP_DONE;
		app_tx_event(tx, HTTP_EVENT_UNMATCHED);
	}
	return (struct http_tx *)tx;
}

/* --- lines ----------------------------------------------------------------------- */

enum got {
	GOT_NOTHING, /* more bytes are needed */
	GOT_LINE,
	GOT_END, /* a line that ends the headers without being empty */
};

static bool
is_fold(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* Step over a line of len bytes and its end of n. */
static struct span
take(struct reading *r, size_t len, size_t n)
{
	struct span line = {cur_take(&r->c, len + n), len};

	r->s->looked = 0;
	if (r->d == APP_TS && line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* The byte after the next n; -1: not there yet, -2: never. */
static int
ahead(const struct reading *r, size_t n)
{
	if (n < r->c.left)
		return r->c.pos[n];
	return r->ended ? -2 : -1;
}

/* A lone CR at the start neither is a line nor ends the headers.  false: the byte
 * behind it is needed. */
static bool
skip_returns(struct reading *r)
{
	while (r->d == APP_TC && r->s->looked == 0 && r->c.left > 0 &&
	    r->c.pos[0] == '\r') {
		int next = ahead(r, 1);

		if (next == -1)
			return false;
		if (next == '\r' || next == '\n')
			break;
		cur_take(&r->c, 1);
	}
	return true;
}

/*
 * Ends of lines as browsers take them in responses: CR LF, LF, LF CR, and a lone
 * CR.  Requests end with LF.
 */
static enum got
take_line(struct reading *r, struct span *line)
{
	const uint8_t *p;

	if (!skip_returns(r))
		return GOT_NOTHING;
	p = r->c.pos;
	for (size_t i = r->s->looked; i < r->c.left; i++) {
		bool odd = r->s->odd_end;
		int next;

		r->s->looked = i;
		if (p[i] != '\n' && (p[i] != '\r' || r->d == APP_TS))
			continue;
		if (p[i] == '\n' && i == 0) {
			*line = take(r, 0, 1);
			return GOT_LINE;
		}
		/* The byte behind an end matters after a bare LF of a response, a
		 * CR, and a line of one blank: else a message would wait for the
		 * next. */
		next = ahead(r, i + 1);
		if (next == -1 &&
		    (p[i] == '\r' || (r->d == APP_TC && p[i - 1] != '\r') ||
			(i == 1 && is_fold(p[0]))))
			return GOT_NOTHING;
		if (p[i] == '\n') {
			bool cr =
			    next == '\r' && r->d == APP_TC && p[i - 1] != '\r';

			r->s->odd_end = cr;
			if (i == 1 && is_fold(p[0]) && next >= 0 && next != '\n' &&
			    !cr) {
				*line = take(r, i, 1);
				return GOT_END;
			}
			*line = take(r, i, cr ? 2 : 1);
			return GOT_LINE;
		}
		if (next == '\r')
			continue;
		if (next != '\n') {
			*line = take(r, i, 1);
			return GOT_LINE;
		}
		/* LF CR CR LF CR LF are two ends, not three. */
		if (odd && i == 0) {
			next = ahead(r, 2);
			if (next == -1 || (next == '\r' && ahead(r, 3) == -1))
				return GOT_NOTHING;
			r->s->odd_end = false;
			*line =
			    take(r, 0, next == '\r' && ahead(r, 3) == '\n' ? 4 : 2);
			return GOT_LINE;
		}
		r->s->odd_end = false;
		*line = take(r, i, 2);
		return GOT_LINE;
	}
	r->s->looked = r->c.left;
	if (!r->ended)
		return GOT_NOTHING;
	*line = take(r, r->c.left, 0);
	return GOT_LINE;
}

/* --- bodies ---------------------------------------------------------------------- */

static struct http_message *
message(const struct reading *r)
{
	return &r->s->tx->message[r->d];
}

static void
add_body(struct reading *r, size_t n)
{
	const uint8_t *p = cur_take(&r->c, n);

	if (r->s->tx != NULL)
		http_body_add(r->a, &message(r)->body, (struct span){p, n});
}

static size_t
at_most(uint64_t want, size_t there)
{
	return want < there ? (size_t)want : there;
}

static bool
on_length(struct reading *r)
{
	size_t n = at_most(r->s->left, r->c.left);

	add_body(r, n);
	r->s->left -= n;
	if (r->s->left == 0)
		message_done(r);
	return n > 0;
}

static bool
on_close(struct reading *r)
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
not_chunked(struct reading *r)
{
	r->s->looked = 0;
	r->s->state = r->d == APP_TC ? ON_CLOSE : ON_NOTHING;
	return true;
}

static bool
on_chunk_size(struct reading *r)
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
		event(r, HTTP_EVENT_REQUEST_CHUNK_EXTENSION,
		    HTTP_EVENT_RESPONSE_CHUNK_EXTENSION);
	take(r, i + line.len, 1);
	r->s->left = (uint64_t)n;
	r->s->state = n == 0 ? ON_TRAILER : ON_CHUNK;
	return true;
}

static bool
on_chunk(struct reading *r)
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
on_chunk_end(struct reading *r)
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
begin_body(struct reading *r, enum state s)
{
	struct http_message *m = message(r);
	struct span coding = http_headers_find(&m->headers, "content-encoding");

	if (http_coder_too_deep(coding))
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_TOO_MANY_LAYERS);
	http_body_begin(r->a, &m->body, coding);
	advance(r->s->tx, r->d, HTTP_BODY);
	r->s->state = s;
}

static bool
by_length(struct reading *r, int64_t n)
{
	if (n <= 0) {
		message_done(r);
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
after_request(struct reading *r)
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
after_response(struct reading *r)
{
	struct http_tx *tx = r->s->tx;
	const struct http_headers *h = &tx->message[APP_TC].headers;
	struct span length = http_headers_find(h, "content-length");
	struct span upgrade = http_headers_find(h, "upgrade");
	bool chunked =
	    http_has(http_headers_find(h, "transfer-encoding"), "chunked");
	bool bare = !chunked && length.p == NULL;

	if (is_upgrade(tx) && bare) {
		message_done(r);
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
		message_done(r);
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
headers_done(struct reading *r)
{
	struct http_message *m = message(r);

	http_headers_finish(
	    &m->headers, &m->line, r->d == APP_TS ? "cookie" : "set-cookie");
	if (m->headers.missing_colon)
		event(r, HTTP_EVENT_REQUEST_NO_COLON, HTTP_EVENT_RESPONSE_NO_COLON);
	if (m->headers.lengths_differ)
		event(r, HTTP_EVENT_REQUEST_LENGTHS, HTTP_EVENT_RESPONSE_LENGTHS);
	advance(r->s->tx, r->d, HTTP_HEADERS);
	return r->d == APP_TS ? after_request(r) : after_response(r);
}

static bool
is_1_1(const struct reading *r)
{
	const struct http_message *m = message(r);

	return http_is(
	    http_part(&m->line, m->word[r->d == APP_TS ? 2 : 0]), "HTTP/1.1");
}

static bool
on_headers(struct reading *r)
{
	const uint8_t *from;
	struct http_headers *h;
	struct span line;
	enum got got;

	if (r->s->tx == NULL) {
		r->s->state = ON_NOTHING;
		return true;
	}
	if (!skip_returns(r))
		return false;
	from = r->c.pos;
	if ((got = take_line(r, &line)) == GOT_NOTHING)
		return false;
	h = &message(r)->headers;
	buf_add(&h->raw, from, (size_t)(r->c.pos - from));
	if (got == GOT_END || line.len == 0)
		return headers_done(r);
	http_headers_line(h, line, is_1_1(r));
	return true;
}

/* Fields behind the last chunk: read over, they are no part of the headers. */
static bool
on_trailer(struct reading *r)
{
	struct span line;

	if (take_line(r, &line) == GOT_NOTHING)
		return false;
	if (line.len == 0)
		message_done(r);
	return true;
}

/* --- first lines --------------------------------------------------------------------- */

/* Without a protocol the request ends with its line, unless fields follow. */
static bool
has_fields(const struct reading *r)
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
on_request_line(struct reading *r)
{
	struct http_tx *tx;
	struct span line;

	if (take_line(r, &line) == GOT_NOTHING)
		return false;
	if (http_trim(line).len == 0)
		return true;
	if ((tx = tx_new(r->a)) == NULL ||
	    !http_request_line(tx, http_trim(line))) {
		r->s->state = ON_NOTHING;
		return true;
	}
	r->s->tx = tx;
	r->s->state = ON_HEADERS;
	http_uri_normalise(tx, http_part(&message(r)->line, message(r)->word[1]));
	advance(tx, APP_TS, HTTP_LINE);
	stream_set_window(r->a->flow, true, HTTP_REQUEST_WINDOW);
	if (message(r)->word[2].len > 0)
		return true;
	app_tx_event(&tx->tx, HTTP_EVENT_MISSING_PROTOCOL);
	if (has_fields(r))
		return true;
	http_headers_finish(&message(r)->headers, &message(r)->line, "cookie");
	message_done(r);
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
on_bare_body(struct reading *r, struct cursor from)
{
	if ((r->s->tx = tx_to_answer(r)) == NULL) {
		r->s->state = ON_NOTHING;
		return true;
	}
	advance(r->s->tx, APP_TC, HTTP_HEADERS);
	begin_body(r, ON_CLOSE);
	r->c = from;
	return true;
}

static bool
on_status_line(struct reading *r)
{
	struct cursor from = r->c;
	struct span line;
	int next;

	if (take_line(r, &line) == GOT_NOTHING)
		return false;
	if (line.len == 0)
		return true;
	if (!is_status_line(line)) {
		next = ahead(r, 0);
		if (next == -1) {
			r->c = from;
			return false;
		}
		if (next == 'H' || next == 'h' || http_trim(line).len == 0)
			return true; /* the status line is the next */
		return on_bare_body(r, from);
	}
	if (r->s->tx == NULL && (r->s->tx = tx_to_answer(r)) == NULL) {
		r->s->state = ON_NOTHING;
		return true;
	}
	http_status_line(r->s->tx, line);
	advance(r->s->tx, APP_TC, HTTP_LINE);
	stream_set_window(r->a->flow, false, HTTP_RESPONSE_WINDOW);
	r->s->state = ON_HEADERS;
	return true;
}

static bool
on_line(struct reading *r)
{
	return r->d == APP_TS ? on_request_line(r) : on_status_line(r);
}

static bool
on_nothing(struct reading *r)
{
	cur_take(&r->c, r->c.left);
	return false;
}

static bool (*const STEPS[STATES])(struct reading *r) = {
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

/* --- the parser ------------------------------------------------------------------------ */

static void
run(struct reading *r)
{
	while (r->c.left > 0 && !r->a->changed && STEPS[r->s->state](r))
		;
}

static void
too_long(struct reading *r)
{
	if (r->s->tx != NULL)
		app_tx_event(&r->s->tx->tx,
		    r->d == APP_TS ? HTTP_EVENT_REQUEST_TOO_LONG
				   : HTTP_EVENT_RESPONSE_TOO_LONG);
	app_stop(r->a, r->d);
}

/* Nothing more comes: what is there must do. */
static void
finish(struct reading *r)
{
	struct side *s = r->s;

	r->ended = true;
	r->c = cur_of(s->pend.data, s->pend.len);
	run(r);
	if (s->tx != NULL && s->tx->tx.progress[r->d] < HTTP_HEADERS)
		http_headers_finish(&message(r)->headers, &message(r)->line,
		    r->d == APP_TS ? "cookie" : "set-cookie");
	message_done(r);
	buf_release(&s->pend);
}

/* Bytes that are missing: bodies go on behind them, anything else ends. */
static void
skip(struct reading *r, uint64_t missing)
{
	struct side *s = r->s;
	bool inside =
	    (s->state == ON_LENGTH || s->state == ON_CHUNK) && missing <= s->left;

	if (!inside && s->state != ON_CLOSE && s->state != ON_NOTHING) {
		app_stop(r->a, r->d);
		return;
	}
	if (!inside)
		return;
	s->left -= missing;
	if (s->left == 0 && s->state == ON_CHUNK)
		s->state = ON_CHUNK_END;
	else if (s->left == 0)
		message_done(r);
}

static size_t
read_news(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct http *h = a->state;
	struct side *s = &h->side[d];
	struct reading r = {.a = a, .http = h, .s = s, .d = d};
	size_t before = s->pend.len;

	if (n->kind == STREAM_END) {
		finish(&r);
		return 0;
	}
	if (n->kind == STREAM_GAP) {
		skip(&r, n->missing);
		return 0;
	}
	r.c = cur_of(n->data.p, n->data.len);
	if (before > 0) {
		if (buf_add(&s->pend, n->data.p, n->data.len) == -1) {
			too_long(&r);
			return n->data.len;
		}
		r.c = cur_of(s->pend.data, s->pend.len);
	}
	run(&r);
	if (a->changed)
		return n->data.len - at_most(r.c.left, n->data.len);
	if (before > 0)
		buf_consume(&s->pend, s->pend.len - r.c.left);
	else if (r.c.left > 0)
		buf_add(&s->pend, r.c.pos, r.c.left);
	if (s->pend.len > HTTP_HEADER_MAX)
		too_long(&r);
	return n->data.len;
}

static void *
state_new(void)
{
	struct http *h = calloc(1, sizeof(*h));

	for (int d = 0; h != NULL && d < APP_DIRS; d++)
		buf_init(&h->side[d].pend, HTTP_HEADER_MAX + (2u << 20));
	return h;
}

static void
state_free(void *state)
{
	struct http *h = state;

	buf_release(&h->side[APP_TS].pend);
	buf_release(&h->side[APP_TC].pend);
	free(h);
}

static void
inspected(struct app_flow *a, struct app_tx *head, enum app_dir d)
{
	(void)a;
	http_body_inspected(&((struct http_tx *)head)->message[d].body, d);
}

/* --- what it looks like ------------------------------------------------------------------- */

static const char *const METHODS[] = {"GET", "PUT", "POST", "HEAD", "TRACE",
    "OPTIONS", "CONNECT", "DELETE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE",
    "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "MERGE", "INVALID",
    "VERSION-CONTROL", "BASELINE-CONTROL"};

/* Does it begin with the word and one of the bytes that may follow? */
static enum app_guess
begins(struct span s, const char *text, const char *after)
{
	size_t n = strlen(text), there = s.len < n ? s.len : n;

	if (strncasecmp((const char *)s.p, text, there) != 0)
		return APP_NO;
	if (s.len <= n)
		return APP_MORE;
	return memchr(after, s.p[n], strlen(after)) != NULL ? APP_YES : APP_NO;
}

static enum app_guess
probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	enum app_guess best = APP_NO;

	(void)f;
	if (d == APP_TC) {
		best = begins(bytes, "HTTP/0", ".");
		return best == APP_NO ? begins(bytes, "HTTP/1", ".") : best;
	}
	for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++) {
		enum app_guess g = begins(bytes, METHODS[i], " \t");

		if (g == APP_YES)
			return g;
		if (g == APP_MORE)
			best = g;
	}
	return best;
}

const struct app_parser http_parser = {
    .id = APP_HTTP1,
    .name = "http",
    .word = "http",
    .over = APP_OVER_TCP,
    .client_first = true,
    .takes_gaps = true,
    .done = {HTTP_DONE, HTTP_DONE},
    .use = http_uses,
    .events = EVENTS,
    .probe = probe,
    .state_new = state_new,
    .state_free = state_free,
    .read = read_news,
    .tx_release = tx_release,
    .buffer = http_buffer,
    .inspected = inspected,
    .write = http_write,
};
