/* SPDX-License-Identifier: EUPL-1.2 */
/* Streams of HTTP/2 as transactions. */
#include "agent/app/http2.h"

struct http2_tx *
http2_tx_find(struct app_flow *a, uint32_t stream)
{
	for (struct app_tx *tx = a->first; tx != NULL && stream != 0; tx = tx->next)
		if (((struct http2_tx *)tx)->stream == stream &&
		    (tx->progress[APP_TS] < HTTP_DONE ||
			tx->progress[APP_TC] < HTTP_DONE))
			return (struct http2_tx *)tx;
	return NULL;
}

static struct http2_tx *
new_tx(const struct http2_reading *r, uint32_t stream)
{
	struct http2_tx *tx =
	    (struct http2_tx *)app_tx_new(r->a, sizeof(struct http2_tx));

	if (tx == NULL)
		return NULL;
	http_tx_setup(&tx->http);
	tx->http.has_files = true;
	tx->stream = stream;
	return tx;
}

struct http2_tx *
http2_tx_of(const struct http2_reading *r, uint32_t stream)
{
	struct http2_tx *tx = http2_tx_find(r->a, stream);

	if (tx != NULL || (tx = new_tx(r, stream)) == NULL)
		return tx;
	for (int d = 0; d < APP_DIRS; d++) {
		tx->http.tx.progress[d] = HTTP_DONE;
		tx->http.message[d].body.complete = true;
		tx->http.tx.inspected[d] = d != (int)r->d;
	}
	return tx;
}

/* A response whose request was not seen, or came as HTTP/1, has no other side. */
struct http2_tx *
http2_tx_open(const struct http2_reading *r, uint32_t stream)
{
	struct http2_tx *tx = http2_tx_find(r->a, stream);

	if (tx != NULL || (tx = new_tx(r, stream)) == NULL)
		return tx;
	if (r->d == APP_TC) {
		tx->http.tx.progress[APP_TS] = HTTP_DONE;
		tx->http.tx.inspected[APP_TS] = true;
	}
	return tx;
}

void
http2_tx_release(struct app_flow *a, struct app_tx *head)
{
	struct http2_tx *tx = (struct http2_tx *)head;

	http_tx_clear(a, &tx->http);
	app_drop(a, tx->held);
}

void
http2_tx_fact(const struct http2_reading *r, struct http2_tx *tx,
    enum app_buffer_id b, uint64_t number)
{
	if (tx == NULL)
		return;
	for (size_t i = 0; i < tx->facts; i++)
		if (tx->fact[i].buffer == b && tx->fact[i].dir == r->d &&
		    tx->fact[i].number == number)
			return;
	if (tx->facts == HTTP2_FACTS_MAX) {
		app_cut(r->a);
		return;
	}
	tx->fact[tx->facts++] = (struct http2_fact){b, r->d, number};
}

void
http2_tx_event(const struct http2_reading *r, uint32_t stream, enum http2_event e)
{
	struct http2_tx *tx = http2_tx_of(r, stream);

	if (tx != NULL)
		app_tx_event(&tx->http.tx, e);
}

void
http2_tx_cut(struct http2_tx *tx, enum app_dir d)
{
	if (tx != NULL && !tx->http.message[d].body.complete)
		file_sum_break(&tx->http.message[d].body.sum);
}

void
http2_tx_end(struct app_flow *a, struct http2_tx *tx, enum app_dir d)
{
	if (tx == NULL)
		return;
	http_body_end(a, &tx->http.message[d].body);
	http_tx_advance(&tx->http, d, HTTP_DONE);
}

void
http2_tx_data(const struct http2_reading *r, struct span bytes)
{
	struct http2_tx *tx = http2_tx_find(r->a, r->s->stream);

	/* A body stands behind its fields. */
	if (tx == NULL || tx->http.tx.progress[r->d] < HTTP_HEADERS)
		return;
	http_tx_advance(&tx->http, r->d, HTTP_BODY);
	http_body_add(r->a, &tx->http.message[r->d].body, bytes);
}
