/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * DCE/RPC over TCP, on any port: a transaction for each call and each bind (C706,
 * chapter 12).
 */
#include "agent/app/dcerpc.h"

#include "common/jw.h"

#include <stdlib.h>

enum {
	PROGRESS_BEGUN,
	PROGRESS_DONE,
};

/* Outside SMB, what stands before the stub of a response is part of the buffer:
 * Suricata has it so, and offsets in rules count from there. */
#define RESPONSE_HEAD 8

struct tx {
	struct app_tx tx;
	struct dcerpc_call call;
};

struct state {
	struct dcerpc_stream stream[APP_DIRS];
	struct dcerpc_ifaces ifaces;
};

/* The newest that still waits for this PDU. */
static struct tx *
find_tx(const struct app_flow *a, const struct dcerpc_pdu *pdu)
{
	struct tx *found = NULL;

	for (struct app_tx *t = a->first; t != NULL; t = t->next) {
		if (dcerpc_call_wants(&((struct tx *)t)->call, pdu))
			found = (struct tx *)t;
	}
	return found;
}

static void
on_pdu(void *arg, const struct dcerpc_pdu *pdu)
{
	struct app_flow *a = arg;
	struct state *st = a->state;
	struct dcerpc_pdu whole = *pdu;
	struct tx *tx;

	if (pdu->type == DCERPC_RESPONSE) {
		whole.body.p -= RESPONSE_HEAD;
		whole.body.len += RESPONSE_HEAD;
	}
	dcerpc_ifaces_pdu(&st->ifaces, 0, pdu);
	stream_flush(a->flow, dcerpc_way(pdu->type) == APP_TS);
	if (!dcerpc_is_call(pdu->type))
		return;
	if ((tx = find_tx(a, pdu)) == NULL) {
		tx = (struct tx *)app_tx_new(a, sizeof(*tx));
		if (tx == NULL)
			return;
		dcerpc_call_begin(&tx->call, 0, pdu->call_id);
		tx->call.done[APP_TS] = dcerpc_way(pdu->type) == APP_TC;
	}
	dcerpc_call_add(a, &tx->call, &whole);
	for (int d = 0; d < APP_DIRS; d++)
		if (tx->call.done[d])
			tx->tx.progress[d] = PROGRESS_DONE;
}

static size_t
dcerpc_read(struct app_flow *a, const struct stream_news *n)
{
	struct state *st = a->state;
	enum app_dir d = n->to_server ? APP_TS : APP_TC;

	if (n->data.len > 0 && !dcerpc_feed(a, &st->stream[d], n->data, on_pdu, a))
		app_stop(a, d);
	return n->data.len;
}

static void
dcerpc_tx_release(struct app_flow *a, struct app_tx *tx)
{
	dcerpc_call_release(a, &((struct tx *)tx)->call);
}

static enum app_have
dcerpc_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct state *st = a->state;

	(void)instance;
	return dcerpc_call_buffer(
	    &st->ifaces, &((const struct tx *)tx)->call, b, d, out);
}

static void
dcerpc_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct state *st = a->state;

	dcerpc_call_write(&st->ifaces, &((const struct tx *)tx)->call, w);
	jw_str(w, "rpc_version", "5.0");
}

static void *
dcerpc_state_new(void)
{
	return calloc(1, sizeof(struct state));
}

static void
dcerpc_state_free(void *state)
{
	struct state *st = state;

	buf_release(&st->stream[APP_TS].held);
	buf_release(&st->stream[APP_TC].held);
	free(st);
}

static enum app_guess
dcerpc_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	(void)f;
	(void)d;
	return dcerpc_begins(bytes);
}

static const struct app_use USE[] = {
    {APP_DCERPC_IFACE, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_DCERPC_OPNUM, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_DCERPC_STUB, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser dcerpc_parser = {
    .id = APP_DCERPC,
    .name = "dcerpc",
    .word = "dcerpc",
    .over = APP_OVER_TCP,
    .done = {PROGRESS_DONE, PROGRESS_DONE},
    .use = USE,
    .probe = dcerpc_probe,
    .state_new = dcerpc_state_new,
    .state_free = dcerpc_state_free,
    .read = dcerpc_read,
    .tx_release = dcerpc_tx_release,
    .buffer = dcerpc_buffer,
    .write = dcerpc_write,
};
