/* SPDX-License-Identifier: EUPL-1.2 */
/* The machine over lines and bodies (RFC 9112), a step each. */
#include "agent/app/http_check.h"
#include "agent/app/http_read.h"

#include "agent/limits.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

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

static bool
by_length(struct http_reading *r, int64_t n)
{
	if (n <= 0) {
		http_bodies_over(r);
		return true;
	}
	r->s->left = (uint64_t)n;
	http_bodies_begin(r, ON_LENGTH);
	return true;
}

static void
check_host(struct http_tx *tx, struct span field)
{
	struct span proto =
	    http_part(&tx->message[APP_TS].line, tx->message[APP_TS].word[2]);
	struct span in_uri = {tx->host.data, tx->host.len};

	if (in_uri.len > 0 && field.len > 0 &&
	    (field.len < in_uri.len ||
		strncasecmp((const char *)field.p, (const char *)in_uri.p,
		    in_uri.len) != 0))
		app_tx_event(&tx->tx, HTTP_EVENT_HOST_AMBIGUOUS);
	if (field.p != NULL && !http_check_host(field))
		app_tx_event(&tx->tx, HTTP_EVENT_HEADER_HOST);
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

/* A version that has no chunks. */
static bool
is_1_0(const struct http_tx *tx, enum app_dir d)
{
	const struct http_message *m = &tx->message[d];
	struct span version = http_part(&m->line, m->word[d == APP_TS ? 2 : 0]);

	return http_is(version, "HTTP/1.0") || http_is(version, "HTTP/0.9");
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
	if (length.p != NULL && !http_check_length(length))
		app_tx_event(&tx->tx, HTTP_EVENT_REQUEST_LENGTH);
	if (coding.p != NULL && (!http_check_chunked(coding) || is_1_0(tx, APP_TS)))
		app_tx_event(&tx->tx, HTTP_EVENT_REQUEST_CODING);
	if (http_has(coding, "chunked")) {
		http_bodies_begin(r, ON_CHUNK_SIZE);
		return true;
	}
	return by_length(r, length.p == NULL ? 0 : length_of(length));
}

static bool
is_upgrade(const struct http_tx *tx)
{
	return tx->status == 101 ||
	    (tx->is_connect && tx->status >= 200 && tx->status < 300);
}

static void
check_response(struct http_tx *tx, struct span length, struct span coding)
{
	const struct http_headers *h = &tx->message[APP_TC].headers;
	struct span range = http_headers_find(h, "content-range");
	bool chunked = http_has(coding, "chunked");

	if (length.p != NULL && !http_check_length(length))
		app_tx_event(&tx->tx, HTTP_EVENT_RESPONSE_LENGTH);
	if (chunked && !http_is(http_trim(coding), "chunked"))
		app_tx_event(&tx->tx, HTTP_EVENT_RESPONSE_CODING);
	if (chunked && is_1_0(tx, APP_TC))
		app_tx_event(&tx->tx, HTTP_EVENT_CHUNKED_OLD);
	if (!http_check_codings(http_headers_find(h, "content-encoding")))
		app_tx_event(&tx->tx, HTTP_EVENT_CONTENT_CODING);
	if (range.p != NULL && !http_check_range(range))
		app_tx_event(&tx->tx, HTTP_EVENT_RANGE);
}

static bool
after_response(struct http_reading *r)
{
	struct http_tx *tx = r->s->tx;
	const struct http_headers *h = &tx->message[APP_TC].headers;
	struct span length = http_headers_find(h, "content-length");
	struct span upgrade = http_headers_find(h, "upgrade");
	struct span coding = http_headers_find(h, "transfer-encoding");
	bool chunked = http_has(coding, "chunked");
	bool bare = !chunked && length.p == NULL;

	check_response(tx, length, coding);
	if (is_upgrade(tx) && bare) {
		if (!app_change(
			r->a, http_has(upgrade, "h2c") ? APP_HTTP2 : APP_UNKNOWN))
			app_tx_event(&tx->tx, HTTP_EVENT_CHANGE_FAILED);
		http_tx_done(r);
		return true;
	}
	/* The response is yet to come. */
	if (tx->status == 100 && !chunked && length_of(length) <= 0) {
		if (tx->continued)
			app_tx_event(&tx->tx, HTTP_EVENT_CONTINUE_AGAIN);
		tx->continued = true;
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
		http_bodies_begin(r, ON_CHUNK_SIZE);
		return true;
	}
	if (length.p != NULL && length_of(length) >= 0)
		return by_length(r, length_of(length));
	http_bodies_begin(r, ON_CLOSE);
	return true;
}

static const char *
cookie_name(const struct http_reading *r)
{
	return r->d == APP_TS ? "cookie" : "set-cookie";
}

static bool
headers_done(struct http_reading *r)
{
	struct http_message *m = http_message_of(r);

	http_headers_finish(&m->headers, &m->line, cookie_name(r));
	if (m->headers.missing_colon)
		http_tx_event(
		    r, HTTP_EVENT_REQUEST_NO_COLON, HTTP_EVENT_RESPONSE_NO_COLON);
	if (m->headers.bad_name)
		http_tx_event(
		    r, HTTP_EVENT_REQUEST_HEADER, HTTP_EVENT_RESPONSE_HEADER);
	if (m->headers.folded_first)
		http_tx_event(
		    r, HTTP_EVENT_REQUEST_FOLDING, HTTP_EVENT_RESPONSE_FOLDING);
	if (m->headers.too_many && r->d == APP_TS)
		app_tx_event(&r->s->tx->tx, HTTP_EVENT_REQUEST_MANY);
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

/* Fields behind the last chunk join those before the body. */
static bool
on_trailer(struct http_reading *r)
{
	struct app_tx *tx = r->s->tx == NULL ? NULL : &r->s->tx->tx;
	struct http_message *m = tx == NULL ? NULL : http_message_of(r);
	const uint8_t *from;
	struct span line;

	if (!http_lines_skip(r))
		return false;
	from = r->c.pos;
	if (http_lines_take(r, &line) == GOT_NOTHING)
		return false;
	r->s->trailers = tx != NULL && (r->s->trailers || line.len > 0);
	if (r->s->trailers)
		buf_add(&m->headers.raw, from, (size_t)(r->c.pos - from));
	if (line.len > 0 && tx != NULL)
		http_headers_line(&m->headers, line, is_1_1(r));
	if (line.len > 0)
		return true;
	if (r->s->trailers) {
		http_headers_finish_again(&m->headers, &m->line, cookie_name(r));
		tx->again[r->d] = true;
	}
	r->s->trailers = false;
	http_bodies_over(r);
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

static void
check_request_line(struct http_tx *tx)
{
	const struct http_message *m = &tx->message[APP_TS];
	struct span line = {m->line.data, m->line.len};
	struct span uri = http_part(&m->line, m->word[1]);
	size_t n = 0;

	if (!http_check_delimiter(line, m->word[0].len, m->word[1].at))
		app_tx_event(&tx->tx, HTTP_EVENT_METHOD_DELIMITER);
	while (m->word[1].at + n < line.len &&
	    !http_is_blank(line.p[m->word[1].at + n]))
		n++;
	if (!http_check_delimiter(line, m->word[1].at + n, m->word[1].at + n + 1))
		app_tx_event(&tx->tx, HTTP_EVENT_URI_DELIMITER);
	if (!http_check_authority(uri, tx->is_connect))
		app_tx_event(&tx->tx, HTTP_EVENT_URI_HOST);
}

/* As in Suricata, a flow with so many open transactions is read no further. */
static bool
too_many(struct http_reading *r)
{
	r->s->state = ON_NOTHING;
	app_stop(r->a, APP_TS);
	app_stop(r->a, APP_TC);
	return true;
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
	if ((tx = http_tx_new(r->a)) == NULL)
		return too_many(r);
	if (!http_request_line(tx, http_trim(line))) {
		r->s->state = ON_NOTHING;
		return true;
	}
	r->s->tx = tx;
	r->s->state = ON_HEADERS;
	app_frame_tx(r->a, r->d, r->s->frame, &tx->tx);
	if (http_is_blank(line.p[0]))
		app_tx_event(&tx->tx, HTTP_EVENT_LEADING_SPACE);
	check_request_line(tx);
	http_uri_normalise(
	    tx, http_part(&http_message_of(r)->line, http_message_of(r)->word[1]));
	http_tx_advance(tx, APP_TS, HTTP_LINE);
	stream_set_window(r->a->flow, true, HTTP_REQUEST_WINDOW);
	if (http_message_of(r)->word[2].len > 0)
		return true;
	if (has_fields(r))
		return true;
	app_tx_event(&tx->tx, HTTP_EVENT_MISSING_PROTOCOL);
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

	while (i < line.len && (http_is_blank(line.p[i]) || line.p[i] == 0))
		i++;
	return line.len - i >= 4 &&
	    strncasecmp((const char *)line.p + i, "HTTP", 4) == 0;
}

/* A response that is nothing but a body. */
static bool
on_bare_body(struct http_reading *r, struct cursor from)
{
	if ((r->s->tx = http_tx_to_answer(r)) == NULL)
		return too_many(r);
	app_frame_tx(r->a, r->d, r->s->frame, &r->s->tx->tx);
	http_tx_advance(r->s->tx, APP_TC, HTTP_HEADERS);
	http_bodies_begin(r, ON_CLOSE);
	r->c = from;
	return true;
}

static void
check_status_line(struct http_tx *tx)
{
	const struct http_message *m = &tx->message[APP_TC];

	if (!http_check_protocol(http_part(&m->line, m->word[0])))
		app_tx_event(&tx->tx, HTTP_EVENT_PROTOCOL);
	if (!http_check_status(http_part(&m->line, m->word[1])))
		app_tx_event(&tx->tx, HTTP_EVENT_STATUS);
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
	if (r->s->tx == NULL && (r->s->tx = http_tx_to_answer(r)) == NULL)
		return too_many(r);
	app_frame_tx(r->a, r->d, r->s->frame, &r->s->tx->tx);
	http_status_line(r->s->tx, line);
	check_status_line(r->s->tx);
	http_tx_advance(r->s->tx, APP_TC, HTTP_LINE);
	stream_set_window(r->a->flow, false, HTTP_RESPONSE_WINDOW);
	r->s->state = ON_HEADERS;
	return true;
}

static bool
on_line(struct http_reading *r)
{
	if (r->s->frame == 0 && !http_is_blank(r->c.pos[0]))
		r->s->frame = app_frame_begin(r->a, r->d,
		    r->d == APP_TS ? APP_FRAME_HTTP_REQUEST
				   : APP_FRAME_HTTP_RESPONSE,
		    r->c.left);
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
    [ON_LENGTH] = http_bodies_length,
    [ON_CHUNK_SIZE] = http_bodies_chunk_size,
    [ON_CHUNK] = http_bodies_chunk,
    [ON_CHUNK_END] = http_bodies_chunk_end,
    [ON_TRAILER] = on_trailer,
    [ON_CLOSE] = http_bodies_close,
    [ON_NOTHING] = on_nothing,
    [ON_AFTER] = http_bodies_after,
};

void
http_steps_run(struct http_reading *r)
{
	while (r->c.left > 0 && !r->a->changed && STEPS[r->s->state](r))
		;
}
