/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * DCE/RPC over UDP, connectionless (C706, section 12.5), on any port: a transaction
 * for each call, put together of its fragments.  Rules see its stubs; Suricata 7
 * has neither interface nor operation of these.
 */
#include "agent/app/dcerpc.h"

#include "agent/app/message.h"
#include "common/jw.h"

#include <stdio.h>
#include <string.h>

enum {
	CALL_BEGUN,
	CALL_DONE,
	VERSION = 4,
	HEAD_SIZE = 80,
	TYPE_REQUEST = 0,
	TYPE_RESPONSE = 2,
	FLAG_LAST = 0x02,
	FLAG_FRAGMENT = 0x04,
	FLAGS_RESERVED = 0xfc, /* of the second octet */
	DREP_LITTLE = 0x10,
	DREP_RESERVED = 0xee,
	DREP_FLOAT_MAX = 3,
};

struct datagram {
	uint8_t type;
	uint8_t activity[DCERPC_UUID_SIZE]; /* which client's call */
	uint32_t sequence;		    /* which of them */
	bool first, last, little;
	struct span stub;
};

struct tx {
	struct app_tx tx;
	struct dcerpc_call call; /* call_id: the sequence number */
	uint8_t activity[DCERPC_UUID_SIZE];
};

static uint32_t
get32(struct cursor *c, bool little)
{
	return little ? cur_le32(c) : cur_be32(c);
}

static uint16_t
get16(struct cursor *c, bool little)
{
	return little ? cur_le16(c) : cur_be16(c);
}

/* false: it is none, or not whole. */
static bool
read_datagram(struct span bytes, struct datagram *out)
{
	struct cursor c = cur_of_span(bytes);
	uint8_t version = cur_u8(&c), flags, reserved, drep, floats;
	uint16_t length, fragment;

	out->type = cur_u8(&c);
	flags = cur_u8(&c);
	reserved = cur_u8(&c) & FLAGS_RESERVED;
	drep = cur_u8(&c);
	floats = cur_u8(&c);
	out->little = drep & DREP_LITTLE;
	cur_take(&c, 2);			    /* and high byte of serial */
	cur_take(&c, 2 * (size_t)DCERPC_UUID_SIZE); /* object, interface */
	cur_copy(&c, out->activity, DCERPC_UUID_SIZE);
	cur_take(&c, 4 + 4); /* server's boot, version of the interface */
	out->sequence = get32(&c, out->little);
	cur_take(&c, 2 + 2 + 2); /* operation, two hints */
	length = get16(&c, out->little);
	fragment = get16(&c, out->little);
	cur_take(&c, 2); /* authentication, low byte of serial */
	out->first = !(flags & FLAG_FRAGMENT) || fragment == 0;
	out->last = !(flags & FLAG_FRAGMENT) || (flags & FLAG_LAST);
	out->stub = (struct span){c.pos, length};
	return cur_ok(&c) && version == VERSION && reserved == 0 &&
	    (drep & DREP_RESERVED) == 0 && floats <= DREP_FLOAT_MAX;
}

/* The newest that still waits for it. */
static struct tx *
find_tx(const struct app_flow *a, enum app_dir d, const struct datagram *g)
{
	struct tx *found = NULL;

	for (struct app_tx *tx = a->first; tx != NULL; tx = tx->next) {
		struct tx *t = (struct tx *)tx;

		if (t->call.call_id == g->sequence && !t->call.done[d] &&
		    memcmp(t->activity, g->activity, sizeof(t->activity)) == 0)
			found = t;
	}
	return found;
}

static struct tx *
tx_new(struct app_flow *a, enum app_dir d, const struct datagram *g)
{
	struct tx *t = (struct tx *)app_tx_new(a, sizeof(*t));

	if (t == NULL)
		return NULL;
	dcerpc_call_begin(&t->call, 0, g->sequence);
	memcpy(t->activity, g->activity, sizeof(t->activity));
	if (d == APP_TC) {
		t->call.done[APP_TS] = true;
		t->tx.progress[APP_TS] = CALL_DONE;
	}
	return t;
}

static void
on_datagram(struct app_flow *a, const struct datagram *g)
{
	struct dcerpc_pdu pdu = {.type = (enum dcerpc_type)g->type,
	    .first = g->first,
	    .last = g->last,
	    .little = g->little,
	    .call_id = g->sequence,
	    .body = g->stub};
	enum app_dir d = dcerpc_way(pdu.type);
	struct tx *t = find_tx(a, d, g);

	if (t == NULL && (t = tx_new(a, d, g)) == NULL)
		return;
	dcerpc_call_add(a, &t->call, &pdu);
	if (t->call.done[d])
		t->tx.progress[d] = CALL_DONE;
}

static size_t
udp_read(struct app_flow *a, const struct stream_news *n)
{
	struct cursor c = cur_of_span(n->data);
	struct datagram g;

	if (n->kind != STREAM_DATAGRAM || !read_datagram(n->data, &g))
		return n->data.len;
	cur_take(&c, HEAD_SIZE);
	if (g.stub.len <= c.left &&
	    (g.type == TYPE_REQUEST || g.type == TYPE_RESPONSE))
		on_datagram(a, &g);
	return n->data.len;
}

/* By a request alone, as Suricata finds it. */
static enum app_guess
udp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct datagram g;

	(void)f;
	return d == APP_TS && read_datagram(bytes, &g) && g.type == TYPE_REQUEST
	    ? APP_YES
	    : APP_NO;
}

static void
udp_tx_release(struct app_flow *a, struct app_tx *tx)
{
	dcerpc_call_release(a, &((struct tx *)tx)->call);
}

static enum app_have
udp_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	(void)a;
	(void)instance;
	if (b != APP_DCERPC_STUB) /* which needs no interfaces */
		return APP_ABSENT;
	return dcerpc_call_buffer(NULL, &((const struct tx *)tx)->call, b, d, out);
}

static void
write_side(struct jw *w, const char *key, const struct buf *stub)
{
	jw_object(w, key);
	jw_uint(w, "stub_data_size", stub->len);
	jw_end_object(w);
}

static void
udp_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct tx *t = (const struct tx *)tx;
	char text[2 * DCERPC_UUID_SIZE + 5], *at = text;

	(void)a;
	for (size_t i = 0; i < DCERPC_UUID_SIZE; i++)
		at += sprintf(at,
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
		    t->activity[i]);
	if (t->call.request == DCERPC_REQUEST) {
		jw_str(w, "request", "REQUEST");
		write_side(w, "req", &t->call.stub[APP_TS]);
	}
	if (t->call.response == DCERPC_RESPONSE) {
		jw_str(w, "response", "RESPONSE");
		write_side(w, "res", &t->call.stub[APP_TC]);
	}
	jw_str(w, "activityuuid", text);
	jw_uint(w, "seqnum", t->call.call_id);
	jw_str(w, "rpc_version", "4.0");
}

static const struct app_use USE[] = {
    {APP_DCERPC_IFACE, {CALL_BEGUN, CALL_BEGUN}},
    {APP_DCERPC_OPNUM, {CALL_BEGUN, CALL_BEGUN}},
    {APP_DCERPC_STUB, {CALL_BEGUN, CALL_BEGUN}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser dcerpc_udp_parser = {
    .id = APP_DCERPC,
    .name = "dcerpc",
    .word = "dcerpc",
    .over = APP_OVER_UDP,
    .done = {CALL_DONE, CALL_DONE},
    .use = USE,
    .probe = udp_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = udp_read,
    .tx_release = udp_tx_release,
    .buffer = udp_buffer,
    .write = udp_write,
};
