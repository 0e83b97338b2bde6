/* SPDX-License-Identifier: EUPL-1.2 */
/* Transactions of HTTP/1: requests make them, responses find them. */
#include "agent/app/http_read.h"

#include "agent/limits.h"

void
http_tx_setup(struct http_tx *tx)
{
	for (int d = 0; d < APP_DIRS; d++) {
		buf_init(&tx->message[d].line, HTTP_HEADER_MAX);
		http_headers_init(&tx->message[d].headers);
	}
	buf_init(&tx->uri, HTTP_HEADER_MAX);
	buf_init(&tx->host, HTTP_HEADER_MAX);
}

void
http_tx_clear(struct app_flow *a, struct http_tx *tx)
{
	for (int d = 0; d < APP_DIRS; d++) {
		buf_release(&tx->message[d].line);
		http_headers_release(&tx->message[d].headers);
		http_body_release(a, &tx->message[d].body);
	}
	buf_release(&tx->uri);
	buf_release(&tx->host);
}

struct http_tx *
http_tx_new(struct app_flow *a)
{
	struct http_tx *tx = (struct http_tx *)app_tx_new(a, sizeof(*tx));

	if (tx != NULL)
		http_tx_setup(tx);
	return tx;
}

void
http_tx_release(struct app_flow *a, struct app_tx *head)
{
	struct http_tx *tx = (struct http_tx *)head;
	struct http *h = a->state;

	for (int d = 0; d < APP_DIRS; d++)
		if (h->side[d].tx == tx)
			h->side[d].tx = NULL;
	http_tx_clear(a, tx);
}

void
http_tx_advance(struct http_tx *tx, enum app_dir d, enum http_progress p)
{
	if (tx->tx.progress[d] < p)
		tx->tx.progress[d] = (uint8_t)p;
}

void
http_tx_event(
    struct http_reading *r, enum http_event request, enum http_event response)
{
	app_tx_event(&r->s->tx->tx, r->d == APP_TS ? request : response);
}

void
http_tx_done(struct http_reading *r)
{
	if (r->s->tx != NULL) {
		http_body_end(r->a, &r->s->tx->message[r->d].body);
		http_tx_advance(r->s->tx, r->d, HTTP_DONE);
	}
	app_frame_end(r->a, r->d, r->s->frame, r->c.left);
	r->s->frame = 0;
	stream_flush(r->a->flow, r->d == APP_TS);
	r->s->tx = NULL;
	r->s->state = ON_LINE;
}

struct http_tx *
http_tx_to_answer(struct http_reading *r)
{
	struct app_tx *tx = r->a->first;

	while (tx != NULL && tx->progress[APP_TC] != HTTP_BEGUN)
		tx = tx->next;
	if (tx == NULL && (tx = (struct app_tx *)http_tx_new(r->a)) != NULL) {
		tx->progress[APP_TS] = HTTP_DONE;
		app_tx_event(tx, HTTP_EVENT_UNMATCHED);
	}
	return (struct http_tx *)tx;
}
