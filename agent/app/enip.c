/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * EtherNet/IP's encapsulation (ODVA, chapter 2-3) over TCP and UDP, on port 44818.
 * Each message is a transaction, of which rules see the command and the services of
 * CIP that it asks for.
 */
#include "agent/app/enip.h"

#include "agent/app/enip_cip.h"
#include "agent/app/frames.h"
#include "agent/app/message.h"

#include <stdlib.h>

enum {
	ENIP_DONE = 1,
	PORT_ENIP = 44818,
	HEAD_SIZE = 24,
	LENGTH_AT = 2,
	COMMAND_SEND_DATA = 0x6f,
	COMMAND_SEND_UNIT = 0x70,
};

struct enip_tx {
	struct message_tx m; /* first; its bytes: facts of CIP, 8 each */
	uint16_t command;
};

struct state {
	struct frames frames[APP_DIRS];
};

static size_t
message_size(const uint8_t *head)
{
	struct cursor c = cur_of(head + LENGTH_AT, 2);

	return HEAD_SIZE + (size_t)cur_le16(&c);
}

static bool
is_command(uint16_t command)
{
	static const uint16_t known[] = {
	    0x00, 0x04, 0x63, 0x64, 0x65, 0x66, 0x6f, 0x70, 0x72, 0x73};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == command)
			return true;
	return false;
}

/* A known command, and no options: there are none yet. */
static enum app_guess
enip_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	uint16_t command = cur_le16(&c);

	(void)d;
	if (f->key.aport != PORT_ENIP && f->key.bport != PORT_ENIP)
		return APP_NO;
	if (cur_ok(&c) && !is_command(command))
		return APP_NO;
	cur_take(&c, HEAD_SIZE - 2 - 4);
	if (cur_le32(&c) != 0)
		return APP_NO;
	return cur_ok(&c) ? APP_YES : APP_MORE;
}

static void *
enip_state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	for (int d = 0; s != NULL && d < APP_DIRS; d++)
		frames_init(
		    &s->frames[d], HEAD_SIZE, HEAD_SIZE + UINT16_MAX, message_size);
	return s;
}

static void
enip_state_free(void *state)
{
	struct state *s = state;

	frames_release(&s->frames[APP_TS]);
	frames_release(&s->frames[APP_TC]);
	free(s);
}

/* Of requests alone, as Suricata. */
static void
read_services(enum app_dir d, struct span message, struct cip_facts *out)
{
	struct cursor c = cur_of_span(message);
	uint16_t command = cur_le16(&c);

	out->n = 0;
	out->cut = false;
	cur_take(&c, HEAD_SIZE - 2);
	if (d == APP_TS && cur_ok(&c) &&
	    (command == COMMAND_SEND_DATA || command == COMMAND_SEND_UNIT))
		cip_read(cur_rest(&c), out);
}

static void
on_message(struct app_flow *a, enum app_dir d, struct span message)
{
	struct cursor c = cur_of_span(message);
	struct cip_facts facts;
	struct enip_tx *t;

	read_services(d, message, &facts);
	if (facts.cut)
		app_cut(a);
	t = (struct enip_tx *)message_tx_new(a, d, sizeof(*t),
	    (struct span){
		(const uint8_t *)facts.fact, facts.n * sizeof(facts.fact[0])});
	if (t != NULL)
		t->command = cur_le16(&c);
}

static void
on_stream(struct app_flow *a, enum app_dir d, struct span in)
{
	struct state *s = a->state;
	struct span message;
	bool lost;

	while (frames_next(a, &s->frames[d], &in, &message, &lost))
		on_message(a, d, message);
	if (lost) {
		frames_forget(a, &s->frames[d]);
		app_stop(a, d);
	}
}

static size_t
enip_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct state *s = a->state;

	switch (n->kind) {
	case STREAM_DATAGRAM:
		if (n->data.len >= HEAD_SIZE &&
		    message_size(n->data.p) <= n->data.len)
			on_message(a, d, n->data);
		break;
	case STREAM_DATA:
		on_stream(a, d, n->data);
		break;
	case STREAM_GAP:
	case STREAM_END:
		frames_forget(a, &s->frames[d]);
		break;
	}
	return n->data.len;
}

static enum app_have
service(const struct enip_tx *t, unsigned instance, struct app_bytes *out)
{
	struct cursor c = cur_of_span(t->m.bytes);

	cur_take(&c, (size_t)instance * sizeof(out->number));
	if (c.left < sizeof(out->number))
		return APP_ABSENT;
	cur_copy(&c, &out->number, sizeof(out->number));
	return APP_HAVE;
}

static enum app_have
enip_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct enip_tx *t = (const struct enip_tx *)tx;

	(void)a;
	(void)d;
	if (b == APP_CIP_SERVICE)
		return service(t, instance, out);
	out->number = t->command;
	return b == APP_ENIP_COMMAND ? APP_HAVE : APP_ABSENT;
}

static const struct app_use USE[] = {
    {APP_ENIP_COMMAND, {ENIP_DONE, ENIP_DONE}},
    {APP_CIP_SERVICE, {ENIP_DONE, ENIP_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser enip_parser = {
    .id = APP_ENIP,
    .name = "enip",
    .word = "enip",
    .over = APP_OVER_TCP | APP_OVER_UDP,
    .done = {ENIP_DONE, ENIP_DONE},
    .use = USE,
    .probe = enip_probe,
    .state_new = enip_state_new,
    .state_free = enip_state_free,
    .read = enip_read,
    .tx_release = message_tx_release,
    .buffer = enip_buffer,
};
