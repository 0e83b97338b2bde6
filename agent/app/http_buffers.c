/* SPDX-License-Identifier: EUPL-1.2 */
/* The buffers of HTTP/1 transactions, and EVE's object "http". */
#include "agent/app/http.h"

#include "common/jw.h"

#include <string.h>

#define NO APP_NEVER

const struct app_use http_uses[] = {
    {APP_HTTP_URI, {HTTP_LINE, NO}},
    {APP_HTTP_URI_RAW, {HTTP_LINE, NO}},
    {APP_HTTP_METHOD, {HTTP_LINE, NO}},
    {APP_HTTP_REQUEST_LINE, {HTTP_LINE, NO}},
    {APP_HTTP_RESPONSE_LINE, {NO, HTTP_LINE}},
    {APP_HTTP_STAT_CODE, {NO, HTTP_LINE}},
    {APP_HTTP_STAT_MSG, {NO, HTTP_LINE}},
    {APP_HTTP_PROTOCOL, {HTTP_LINE, HTTP_LINE}},
    HTTP_SHARED_USES,
    {APP_FRAME_HTTP_REQUEST, {0, APP_NEVER}},
    {APP_FRAME_HTTP_RESPONSE, {APP_NEVER, 0}},
    {APP_BUFFER_NONE, {NO, NO}},
};

/* Buffers that are the value of a field. */
static const struct {
	enum app_buffer_id buffer;
	const char *name[APP_DIRS];
} FIELDS[] = {
    {APP_HTTP_USER_AGENT, {"user-agent", NULL}},
    {APP_HTTP_HOST_RAW, {"host", NULL}},
    {APP_HTTP_COOKIE, {"cookie", "set-cookie"}},
    {APP_HTTP_REFERER, {"referer", NULL}},
    {APP_HTTP_ACCEPT, {"accept", NULL}},
    {APP_HTTP_ACCEPT_ENC, {"accept-encoding", NULL}},
    {APP_HTTP_ACCEPT_LANG, {"accept-language", NULL}},
    {APP_HTTP_CONTENT_TYPE, {"content-type", "content-type"}},
    {APP_HTTP_CONTENT_LEN, {"content-length", "content-length"}},
    {APP_HTTP_CONNECTION, {"connection", "connection"}},
    {APP_HTTP_SERVER, {NULL, "server"}},
    {APP_HTTP_LOCATION, {NULL, "location"}},
};

/* Buffers that are a word of a first line. */
static const struct {
	enum app_buffer_id buffer;
	int word[APP_DIRS]; /* -1: none */
} WORDS[] = {
    {APP_HTTP_METHOD, {0, -1}},
    {APP_HTTP_URI_RAW, {1, -1}},
    {APP_HTTP_PROTOCOL, {2, 0}},
    {APP_HTTP_STAT_CODE, {-1, 1}},
    {APP_HTTP_STAT_MSG, {-1, 2}},
};

static enum app_have
give(struct span s, struct app_bytes *out)
{
	out->bytes = s;
	return s.p == NULL || s.len == 0 ? APP_ABSENT : APP_HAVE;
}

/* A field may be there and empty. */
static enum app_have
field_value(struct span s, struct app_bytes *out)
{
	out->bytes = s;
	return s.p == NULL ? APP_ABSENT : APP_HAVE;
}

static struct span
all_of(const struct buf *b)
{
	return (struct span){b->data, b->len};
}

/* "Name: value" of the field with this number. */
static enum app_have
field(const struct http_headers *h, unsigned instance, struct app_bytes *out)
{
	struct http_part p;

	if (instance >= h->joined_n)
		return APP_ABSENT;
	p = h->joined[instance].name;
	p.len = h->joined[instance].value.at + h->joined[instance].value.len - p.at;
	out->bytes = http_part(&h->text, p);
	return APP_HAVE;
}

/* The file that a body is. */
static enum app_have
file_fact(const struct http_tx *tx, enum app_buffer_id b, enum app_dir d,
    unsigned instance, struct app_bytes *out)
{
	const struct http_message *m = &tx->message[d];

	if (d == APP_TS && !tx->has_files)
		return APP_ABSENT;
	if (m->body.parts != NULL)
		return http_parts_buffer(m->body.parts, b, instance, out);
	if (instance > 0)
		return APP_ABSENT;
	if (m->body.sum.size == 0)
		return tx->tx.progress[d] == HTTP_DONE ? APP_ABSENT : APP_NOT_YET;
	if (b == APP_FILE_MAGIC)
		return file_magic_buffer(m->body.magic,
		    (struct span){m->body.data.data, m->body.data.len},
		    m->body.complete, out);
	if (b == APP_FILE_NAME)
		return give(http_file_name(tx, d), out);
	return file_sum_buffer(&m->body.sum, b, out);
}

bool
http_file(const struct app_flow *a, const struct app_tx *head, enum app_dir d,
    unsigned i, struct app_file *out)
{
	const struct http_tx *tx = (const struct http_tx *)head;
	const struct http_body *b = &tx->message[d].body;

	(void)a;
	if (b->parts != NULL) {
		const struct file *f = http_parts_file(b->parts, i);

		return f != NULL && file_tell(f, out);
	}
	if (i > 0 || b->sum.size == 0 || (d == APP_TS && !tx->has_files))
		return false;
	out->name = http_file_name(tx, d);
	out->magic = file_magic_text(b->magic);
	file_sum_tell(&b->sum, out);
	return true;
}

enum app_have
http_buffer(const struct app_flow *a, const struct app_tx *head,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct http_tx *tx = (const struct http_tx *)head;
	const struct http_message *m = &tx->message[d];

	(void)a;
	if (b == APP_FILE_NAME || b == APP_FILE_MAGIC || file_sum_has(b))
		return file_fact(tx, b, d, instance, out);
	if (m->line.len == 0 && b != APP_FILE_DATA && b != APP_HTTP_RESPONSE_BODY)
		return APP_ABSENT;
	for (size_t i = 0; i < sizeof(FIELDS) / sizeof(FIELDS[0]); i++)
		if (FIELDS[i].buffer == b)
			return field_value(
			    http_headers_find(&m->headers, FIELDS[i].name[d]), out);
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (WORDS[i].buffer == b)
			return give(
			    http_part(&m->line, m->word[WORDS[i].word[d]]), out);
	switch (b) {
	case APP_HTTP_URI:
		return give(all_of(&tx->uri), out);
	case APP_HTTP_HOST:
		return give(all_of(&tx->host), out);
	case APP_HTTP_REQUEST_LINE:
	case APP_HTTP_RESPONSE_LINE:
		return give(all_of(&m->line), out);
	case APP_HTTP_START:
		return give(all_of(&m->headers.text), out);
	case APP_HTTP_HEADER:
		return give(all_of(&m->headers.shown), out);
	case APP_HTTP_HEADER_RAW:
		return give(all_of(&m->headers.raw), out);
	case APP_HTTP_HEADER_NAMES:
		return give(all_of(&m->headers.names), out);
	case APP_HTTP_REQUEST_HEADER:
	case APP_HTTP_RESPONSE_HEADER:
		return field(&m->headers, instance, out);
	case APP_FILE_DATA:
		if (m->body.parts != NULL)
			return http_parts_buffer(m->body.parts, b, instance, out);
		if (instance > 0 || (d == APP_TS && !tx->has_files))
			return APP_ABSENT;
		return http_body_window(&m->body, d, out);
	default:
		return http_body_window(&m->body, d, out);
	}
}

static void
write_span(struct jw *w, const char *key, struct span s)
{
	if (s.p != NULL && s.len > 0)
		jw_strn(w, key, s.p, s.len);
}

void
http_write(const struct app_flow *a, const struct app_tx *head, struct jw *w)
{
	const struct http_tx *tx = (const struct http_tx *)head;
	const struct http_message *q = &tx->message[APP_TS],
				  *r = &tx->message[APP_TC];
	const struct http_body *body = &r->body;

	(void)a;
	write_span(w, "hostname", all_of(&tx->host));
	write_span(w, "url", http_part(&q->line, q->word[1]));
	write_span(
	    w, "http_user_agent", http_headers_find(&q->headers, "user-agent"));
	write_span(
	    w, "http_content_type", http_headers_find(&r->headers, "content-type"));
	write_span(w, "http_refer", http_headers_find(&q->headers, "referer"));
	write_span(w, "http_method", http_part(&q->line, q->word[0]));
	write_span(w, "protocol", http_part(&q->line, q->word[2]));
	if (tx->status > 0)
		jw_int(w, "status", tx->status);
	write_span(w, "redirect", http_headers_find(&r->headers, "location"));
	jw_uint(w, "length", body->data.len);
}
