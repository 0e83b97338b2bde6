/* SPDX-License-Identifier: EUPL-1.2 */
/* Field lines of a stream become a message as HTTP/1 has it (RFC 9113, 8). */
#include "agent/app/http2.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct adding {
	const struct http2_reading *r;
	struct http2_tx *tx;
	bool full;
};

static void
add(void *arg, struct span name, struct span value)
{
	size_t copies = HTTP2_FIELD_COPIES * (name.len + value.len + 4);
	struct adding *x = arg;

	if (x->tx == NULL || x->full)
		return;
	x->full = !app_hold(x->r->a, copies);
	if (!x->full) {
		x->tx->held += copies;
		x->full = !http_headers_add(
		    &x->tx->http.message[x->r->d].headers, name, value);
	}
	if (x->full) {
		app_tx_event(&x->tx->http.tx, HTTP2_EVENT_REASSEMBLY);
		app_cut(x->r->a);
	}
}

/* The first field of that name, as it came. */
static struct span
find(const struct http_headers *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (http_is(http_part(&h->lines, h->field[i].name), name))
			return http_part(&h->lines, h->field[i].value);
	return (struct span){NULL, 0};
}

/* The words of a first line, a space between them. */
static void
first_line(struct http_message *m, const struct span *word, size_t n)
{
	buf_reset(&m->line);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_addc(&m->line, ' ');
		m->word[i] = (struct http_part){m->line.len, word[i].len};
		if (word[i].len > 0 &&
		    buf_add(&m->line, word[i].p, word[i].len) == -1)
			m->word[i].len = 0;
	}
}

static const struct span PROTOCOL = {(const uint8_t *)"HTTP/2", 6};

static bool
is_same(struct span a, struct span b)
{
	return a.len == b.len &&
	    (a.len == 0 ||
		strncasecmp((const char *)a.p, (const char *)b.p, a.len) == 0);
}

static void
check_authority(struct http2_tx *tx, struct span authority, struct span host)
{
	if (authority.p != NULL && host.p != NULL && !is_same(authority, host))
		app_tx_event(&tx->http.tx, HTTP2_EVENT_AUTHORITY);
	if (authority.len > 0 && memchr(authority.p, '@', authority.len) != NULL)
		app_tx_event(&tx->http.tx, HTTP2_EVENT_USER_INFO);
}

static void
on_request(struct http2_tx *tx)
{
	struct http_message *m = &tx->http.message[APP_TS];
	struct span path = find(&m->headers, ":path"),
		    authority = find(&m->headers, ":authority"),
		    host = find(&m->headers, "host");
	struct span word[3] = {find(&m->headers, ":method"), path, PROTOCOL};

	first_line(m, word, 3);
	if (path.len > 0)
		buf_add(&tx->http.uri, path.p, path.len);
	check_authority(tx, authority, host);
	http_uri_host(&tx->http, authority.p != NULL ? authority : host);
}

static void
on_response(struct http2_tx *tx)
{
	struct http_message *m = &tx->http.message[APP_TC];
	struct span status = find(&m->headers, ":status");
	struct span word[2] = {PROTOCOL, status};

	first_line(m, word, 2);
	tx->http.status = 0;
	for (size_t i = 0; i < 3 && i < status.len && isdigit(status.p[i]); i++)
		tx->http.status = tx->http.status * 10 + status.p[i] - '0';
}

static void
on_message(const struct http2_reading *r, struct http2_tx *tx)
{
	struct http_message *m = &tx->http.message[r->d];

	if (r->d == APP_TS)
		on_request(tx);
	else
		on_response(tx);
	if (r->d == APP_TC && tx->http.status / 100 == 1) {
		/* The response is yet to come. */
		http_headers_release(&m->headers);
		http_headers_init(&m->headers);
		buf_reset(&m->line);
		return;
	}
	http_headers_finish(
	    &m->headers, &m->line, r->d == APP_TS ? "cookie" : "set-cookie");
	http_body_begin(
	    r->a, &m->body, http_headers_find(&m->headers, "content-encoding"));
	http_tx_advance(&tx->http, r->d, HTTP_HEADERS);
}

/* Changes of the size of the table stand first (RFC 7541, 4.2, 5.1, 6.3). */
static void
size_updates(const struct http2_reading *r, struct http2_tx *tx)
{
	struct cursor c = cur_of(r->s->block.data, r->s->block.len);

	while (c.left > 0 && (*cur_peek(&c, 1) & 0xe0) == 0x20) {
		uint64_t n = cur_u8(&c) & 0x1f;
		uint8_t more = n == 0x1f ? 0x80 : 0;

		for (unsigned shift = 0; more != 0 && shift < 35; shift += 7) {
			uint8_t b = cur_u8(&c);

			n += (uint64_t)(b & 0x7f) << shift;
			more = b & 0x80;
		}
		if (!cur_ok(&c) || more != 0)
			return;
		http2_tx_fact(r, tx, APP_HTTP2_SIZE_UPDATE, n);
	}
}

/* Fields behind the body are read over, as those of HTTP/1. */
void
http2_fields_read(const struct http2_reading *r)
{
	struct http2_side *s = r->s;
	struct http2_tx *tx = http2_tx_find(r->a, s->stream);
	bool is_first = !s->is_promise && tx != NULL &&
	    tx->http.tx.progress[r->d] < HTTP_HEADERS;
	struct adding x = {.r = r, .tx = is_first ? tx : NULL};

	size_updates(r, tx);
	if (!s->lost &&
	    !http2_hpack_inflate(
		s->hpack, (struct span){s->block.data, s->block.len}, add, &x)) {
		s->lost = true;
		http2_tx_event(r, s->stream, HTTP2_EVENT_HEADER);
	}
	if (is_first)
		on_message(r, tx);
	if (s->ends && !s->is_promise)
		http2_tx_end(r->a, tx, r->d);
	buf_reset(&s->block);
	s->in_block = false;
}
