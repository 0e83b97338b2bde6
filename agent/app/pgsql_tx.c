/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * PostgreSQL's messages as transactions: a request, and what the server says until
 * it is ready for the next (its manual, 55.2).
 */
#include "agent/app/pgsql.h"

#include "agent/limits.h"

enum {
	AUTH_OK = 0,
	DATA_HEAD = 2,	 /* of a row: how many columns */
	COLUMN_HEAD = 4, /* of each: its length */
};

/* --- transactions -------------------------------------------------------------------- */

static void
keep(struct app_flow *a, struct buf *b, struct span s)
{
	size_t room = b->max - b->len;

	if (s.len > room)
		s.len = room;
	if (!app_hold(a, s.len))
		return;
	if (buf_add(b, s.p, s.len) == -1)
		app_drop(a, s.len);
}

/* Rules on the stream see each side of an exchange by itself, as Suricata does. */
static void
finish(struct app_flow *a, struct pgsql_tx *t, enum app_dir d)
{
	t->tx.progress[d] = 1;
	stream_flush(a->flow, d == APP_TS);
}

static struct pgsql_tx *
tx_new(struct app_flow *a, enum pgsql_request request)
{
	struct pgsql_tx *t = (struct pgsql_tx *)app_tx_new(a, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->request = request;
	buf_init(&t->said, PGSQL_TOLD_MAX);
	buf_init(&t->complete, PGSQL_TOLD_MAX);
	buf_init(&t->error, PGSQL_TOLD_MAX);
	if (request != PGSQL_EXTENDED)
		finish(a, t, APP_TS);
	if (request == PGSQL_TERMINATE || request == PGSQL_ASK_CANCEL)
		finish(a, t, APP_TC);
	return t;
}

void
pgsql_tx_release(struct app_flow *a, struct app_tx *tx)
{
	struct pgsql_tx *t = (struct pgsql_tx *)tx;
	struct pgsql_state *st = a->state;

	if (st->extended == t)
		st->extended = NULL;
	app_drop(a, t->said.len + t->complete.len + t->error.len);
	buf_release(&t->said);
	buf_release(&t->complete);
	buf_release(&t->error);
}

/* The oldest that the server did not finish; NULL: none. */
static struct pgsql_tx *
waiting(const struct app_flow *a)
{
	for (struct app_tx *tx = a->first; tx != NULL; tx = tx->next)
		if (tx->progress[APP_TC] == 0)
			return (struct pgsql_tx *)tx;
	return NULL;
}

/* --- requests ----------------------------------------------------------------------- */

static void
on_startup(struct app_flow *a, const struct pgsql_message *m)
{
	struct cursor c = cur_of_span(m->body);
	enum pgsql_request request = PGSQL_STARTUP;
	struct pgsql_tx *t;

	switch (cur_be32(&c)) {
	case PGSQL_SSL:
		request = PGSQL_ASK_SSL;
		break;
	case PGSQL_GSS:
		request = PGSQL_ASK_GSS;
		break;
	case PGSQL_CANCEL:
		request = PGSQL_ASK_CANCEL;
		break;
	case PGSQL_VERSION_3:
		break;
	default:
		app_stop(a, APP_TS);
		return;
	}
	if ((t = tx_new(a, request)) != NULL && request == PGSQL_STARTUP)
		keep(a, &t->said, cur_rest(&c));
}

/* All messages up to a sync are one. */
static void
on_extended(struct app_flow *a, const struct pgsql_message *m)
{
	struct pgsql_state *st = a->state;

	if (st->extended == NULL)
		st->extended = tx_new(a, PGSQL_EXTENDED);
	if (st->extended != NULL && m->type == 'S') {
		finish(a, st->extended, APP_TS);
		st->extended = NULL;
	}
}

void
pgsql_on_request(struct app_flow *a, const struct pgsql_message *m)
{
	struct pgsql_tx *t;

	switch (m->type) {
	case 0:
		on_startup(a, m);
		break;
	case 'Q':
		if ((t = tx_new(a, PGSQL_SIMPLE)) != NULL)
			keep(a, &t->said, m->body);
		break;
	case 'p': /* also the steps of SASL and GSS */
		tx_new(a, PGSQL_PASSWORD);
		break;
	case 'X':
		tx_new(a, PGSQL_TERMINATE);
		break;
	case 'P':
	case 'B':
	case 'C':
	case 'D':
	case 'E':
	case 'F':
	case 'H':
	case 'S':
		on_extended(a, m);
		break;
	case 'd': /* data of a COPY, its end and its failure */
	case 'c':
	case 'f':
		break;
	default:
		app_stop(a, APP_TS);
		break;
	}
}

/* --- responses ---------------------------------------------------------------------- */

/* What the server wants to know next is another request. */
static void
on_authentication(
    struct app_flow *a, struct pgsql_tx *t, const struct pgsql_message *m)
{
	struct cursor c = cur_of_span(m->body);

	t->auth = cur_be32(&c);
	t->has_auth = cur_ok(&c);
	if (t->auth != AUTH_OK && t->auth != 12) /* the last word of SASL */
		finish(a, t, APP_TC);
}

static void
on_row(struct pgsql_tx *t, const struct pgsql_message *m)
{
	struct cursor c = cur_of_span(m->body);
	size_t heads = DATA_HEAD + COLUMN_HEAD * (size_t)cur_be16(&c);

	t->rows++;
	if (m->length >= heads)
		t->row_bytes += m->length - heads;
}

static void
on_fields(struct pgsql_tx *t, const struct pgsql_message *m)
{
	struct cursor c = cur_of_span(m->body);

	t->fields = cur_be16(&c);
	t->has_fields = cur_ok(&c);
}

void
pgsql_on_response(struct app_flow *a, const struct pgsql_message *m)
{
	struct pgsql_tx *t = waiting(a);

	if (t == NULL)
		return;
	switch (m->type) {
	case 'R':
		on_authentication(a, t, m);
		break;
	case 'T':
		on_fields(t, m);
		break;
	case 'D':
		on_row(t, m);
		break;
	case 'C':
		if (t->complete.len == 0)
			keep(a, &t->complete, m->body);
		break;
	case 'E':
		if (t->error.len == 0)
			keep(a, &t->error, m->body);
		if (t->request != PGSQL_SIMPLE && t->request != PGSQL_EXTENDED)
			finish(a, t, APP_TC);
		break;
	case 'Z':
		finish(a, t, APP_TC);
		break;
	default:
		break;
	}
}

bool
pgsql_waits_for_byte(const struct app_flow *a)
{
	const struct pgsql_tx *t = waiting(a);

	return t != NULL &&
	    (t->request == PGSQL_ASK_SSL || t->request == PGSQL_ASK_GSS);
}

void
pgsql_on_byte(struct app_flow *a, uint8_t byte)
{
	struct pgsql_tx *t = waiting(a);

	t->ssl_answered = t->request == PGSQL_ASK_SSL;
	t->ssl_accepted = t->ssl_answered && byte == 'S';
	finish(a, t, APP_TC);
	if (t->ssl_accepted)
		app_change(a, APP_TLS);
	else if (t->request == PGSQL_ASK_GSS && byte == 'G')
		app_encrypted(a, APP_TC);
}
