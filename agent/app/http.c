/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP/1: two directions, each a small machine over lines and bodies.  Requests
 * make transactions; a response belongs to the oldest that has none yet.
 */
#include "agent/app/http_read.h"

#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    [HTTP_EVENT_MULTIPART_ERROR] = "multipart_generic_error",
    [HTTP_EVENT_MULTIPART_HEADER] = "multipart_invalid_header",
    [HTTP_EVENT_REQUEST_CODING] = "invalid_transfer_encoding_value_in_request",
    [HTTP_EVENT_BODY_UNEXPECTED] = "request_body_unexpected",
    [HTTP_EVENT_CHANGE_FAILED] = "failed_protocol_change",
    [HTTP_EVENT_LEADING_SPACE] = "request_line_leading_whitespace",
    [HTTP_EVENT_METHOD_DELIMITER] = "method_delim_non_compliant",
    [HTTP_EVENT_URI_DELIMITER] = "uri_delim_non_compliant",
    [HTTP_EVENT_URI_HOST] = "request_uri_host_invalid",
    [HTTP_EVENT_HEADER_HOST] = "request_header_host_invalid",
    [HTTP_EVENT_REQUEST_HEADER] = "request_header_invalid",
    [HTTP_EVENT_RESPONSE_HEADER] = "response_header_invalid",
    [HTTP_EVENT_REQUEST_MANY] = "request_too_many_headers",
    [HTTP_EVENT_REQUEST_FOLDING] = "invalid_request_field_folding",
    [HTTP_EVENT_RESPONSE_FOLDING] = "invalid_response_field_folding",
    [HTTP_EVENT_REQUEST_LENGTH] = "invalid_content_length_field_in_request",
    [HTTP_EVENT_RESPONSE_LENGTH] = "invalid_content_length_field_in_response",
    [HTTP_EVENT_REQUEST_CHUNK] = "invalid_request_chunk_len",
    [HTTP_EVENT_RESPONSE_CHUNK] = "invalid_response_chunk_len",
    [HTTP_EVENT_PROTOCOL] = "response_invalid_protocol",
    [HTTP_EVENT_STATUS] = "response_invalid_status",
    [HTTP_EVENT_RESPONSE_CODING] = "response_abnormal_transfer_encoding",
    [HTTP_EVENT_CHUNKED_OLD] = "response_chunked_old_proto",
    [HTTP_EVENT_CONTENT_CODING] = "abnormal_ce_header",
    [HTTP_EVENT_RANGE] = "range_invalid",
    [HTTP_EVENT_CONTINUE_AGAIN] = "100_continue_already_seen",
    [HTTP_EVENT_UNPACK] = "gzip_decompression_failed",
    [HTTP_EVENTS] = NULL,
};

/* --- the parser ------------------------------------------------------------------------ */

static void
too_long(struct http_reading *r)
{
	if (r->s->tx != NULL)
		app_tx_event(&r->s->tx->tx,
		    r->d == APP_TS ? HTTP_EVENT_REQUEST_TOO_LONG
				   : HTTP_EVENT_RESPONSE_TOO_LONG);
	app_stop(r->a, r->d);
}

/* Nothing more comes: what is there must do. */
static void
finish(struct http_reading *r, bool truncated)
{
	struct http_side *s = r->s;

	r->ended = true;
	r->c = cur_of(s->pend.data, s->pend.len);
	http_steps_run(r);
	if (s->tx != NULL && s->tx->tx.progress[r->d] < HTTP_HEADERS)
		http_headers_finish(&http_message_of(r)->headers,
		    &http_message_of(r)->line,
		    r->d == APP_TS ? "cookie" : "set-cookie");
	/* Of a message that announced its size something is missing. */
	if (s->tx != NULL && (s->state != ON_CLOSE || truncated))
		http_body_gap(r->a, &http_message_of(r)->body, 0);
	http_tx_done(r);
	buf_release(&s->pend);
}

/* Bytes that are missing: bodies go on behind them, anything else ends. */
static void
skip(struct http_reading *r, uint64_t missing)
{
	struct http_side *s = r->s;
	bool inside =
	    (s->state == ON_LENGTH || s->state == ON_CHUNK) && missing <= s->left;

	if (s->tx != NULL)
		http_body_gap(r->a, &s->tx->message[r->d].body, missing);
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
		http_tx_done(r);
}

static size_t
read_news(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct http *h = a->state;
	struct http_side *s = &h->side[d];
	struct http_reading r = {.a = a, .http = h, .s = s, .d = d};
	size_t before = s->pend.len;

	if (n->kind == STREAM_END) {
		finish(&r, n->truncated);
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
	http_steps_run(&r);
	if (r.unexpected)
		app_tx_event(a->last, HTTP_EVENT_BODY_UNEXPECTED);
	if (a->changed)
		return r.c.left < n->data.len ? n->data.len - r.c.left : 0;
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
	struct http_message *m = &((struct http_tx *)head)->message[d];

	http_body_inspected(&m->body, d);
	if (m->body.parts != NULL)
		http_parts_inspected(a, m->body.parts);
	if (head->progress[d] == HTTP_DONE)
		http_headers_thin(&m->headers);
}

/* --- what it looks like ------------------------------------------------------------------- */

static const char *const METHODS[] = {"GET", "PUT", "POST", "HEAD", "TRACE",
    "OPTIONS", "CONNECT", "DELETE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL",
    "COPY", "MOVE", "LOCK", "UNLOCK", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE",
    "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "MERGE", "INVALID",
    "VERSION-CONTROL", "BASELINE-CONTROL"};

bool
http_is_method(struct span word)
{
	for (size_t i = 0; i < sizeof(METHODS) / sizeof(METHODS[0]); i++)
		if (word.len == strlen(METHODS[i]) &&
		    memcmp(word.p, METHODS[i], word.len) == 0)
			return true;
	return false;
}

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
    .keeps_oldest = true,
    .done = {HTTP_DONE, HTTP_DONE},
    .use = http_uses,
    .events = EVENTS,
    .probe = probe,
    .state_new = state_new,
    .state_free = state_free,
    .read = read_news,
    .tx_release = http_tx_release,
    .buffer = http_buffer,
    .file = http_file,
    .inspected = inspected,
    .write = http_write,
};
