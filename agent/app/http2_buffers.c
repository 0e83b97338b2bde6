/* SPDX-License-Identifier: EUPL-1.2 */
/* The buffers of HTTP/2 transactions, and EVE's object "http". */
#include "agent/app/http2.h"

#include "common/jw.h"

#define NO APP_NEVER

const struct app_use http2_uses[] = {
    {APP_HTTP_URI, {HTTP_HEADERS, NO}},
    {APP_HTTP_URI_RAW, {HTTP_HEADERS, NO}},
    {APP_HTTP_METHOD, {HTTP_HEADERS, NO}},
    {APP_HTTP_REQUEST_LINE, {HTTP_HEADERS, NO}},
    {APP_HTTP_RESPONSE_LINE, {NO, HTTP_HEADERS}},
    {APP_HTTP_STAT_CODE, {NO, HTTP_HEADERS}},
    {APP_HTTP_PROTOCOL, {HTTP_HEADERS, HTTP_HEADERS}},
    HTTP_SHARED_USES,
    {APP_HTTP2_HEADER_NAME, {HTTP_HEADERS, HTTP_HEADERS}},
    {APP_HTTP2_FRAMETYPE, {HTTP_BEGUN, HTTP_BEGUN}},
    {APP_HTTP2_ERRORCODE, {HTTP_BEGUN, HTTP_BEGUN}},
    {APP_HTTP2_PRIORITY, {HTTP_BEGUN, HTTP_BEGUN}},
    {APP_HTTP2_WINDOW, {HTTP_BEGUN, HTTP_BEGUN}},
    {APP_HTTP2_SIZE_UPDATE, {HTTP_BEGUN, HTTP_BEGUN}},
    {APP_HTTP2_SETTINGS, {HTTP_BEGUN, HTTP_BEGUN}},
    {APP_BUFFER_NONE, {NO, NO}},
};

static enum app_have
fact(const struct http2_tx *tx, enum app_buffer_id b, enum app_dir d,
    unsigned instance, struct app_bytes *out)
{
	for (size_t i = 0; i < tx->facts; i++)
		if (tx->fact[i].buffer == b && tx->fact[i].dir == d &&
		    instance-- == 0) {
			out->number = tx->fact[i].number;
			return APP_HAVE;
		}
	return tx->http.tx.progress[d] >= HTTP_DONE ? APP_ABSENT : APP_NOT_YET;
}

/* "name: value" as it came, each its own, or the name alone. */
static enum app_have
field(const struct http_headers *h, unsigned instance, bool whole,
    struct app_bytes *out)
{
	struct http_part p;

	if (instance >= h->n)
		return APP_ABSENT;
	p = h->field[instance].name;
	if (whole)
		p.len = h->field[instance].value.at + h->field[instance].value.len -
		    p.at;
	out->bytes = http_part(&h->lines, p);
	return APP_HAVE;
}

static enum app_have
host_raw(const struct http_headers *h, struct app_bytes *out)
{
	out->bytes = http_headers_find(h, ":authority");
	if (out->bytes.p == NULL)
		out->bytes = http_headers_find(h, "host");
	return out->bytes.p == NULL ? APP_ABSENT : APP_HAVE;
}

enum app_have
http2_buffer(const struct app_flow *a, const struct app_tx *head,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct http2_tx *tx = (const struct http2_tx *)head;
	const struct http_headers *h = &tx->http.message[d].headers;

	switch (b) {
	case APP_HTTP2_FRAMETYPE:
	case APP_HTTP2_ERRORCODE:
	case APP_HTTP2_PRIORITY:
	case APP_HTTP2_WINDOW:
	case APP_HTTP2_SIZE_UPDATE:
	case APP_HTTP2_SETTINGS:
		return fact(tx, b, d, instance, out);
	case APP_HTTP2_HEADER_NAME:
		return field(h, instance, false, out);
	case APP_HTTP_REQUEST_HEADER:
	case APP_HTTP_RESPONSE_HEADER:
		return field(h, instance, true, out);
	case APP_HTTP_HOST_RAW:
		return host_raw(h, out);
	default:
		return http_buffer(a, head, b, d, instance, out);
	}
}

static void
write_side(const struct http2_tx *tx, enum app_dir d, struct jw *w)
{
	struct app_bytes got = {.number = 0};

	jw_object(w, d == APP_TS ? "request" : "response");
	if (fact(tx, APP_HTTP2_PRIORITY, d, 0, &got) == APP_HAVE)
		jw_uint(w, "priority", got.number);
	jw_end_object(w);
}

void
http2_write(const struct app_flow *a, const struct app_tx *head, struct jw *w)
{
	const struct http2_tx *tx = (const struct http2_tx *)head;

	jw_str(w, "version", "2");
	http_write(a, head, w);
	jw_object(w, "http2");
	jw_uint(w, "stream_id", tx->stream);
	write_side(tx, APP_TS, w);
	write_side(tx, APP_TC, w);
	jw_end_object(w);
}
