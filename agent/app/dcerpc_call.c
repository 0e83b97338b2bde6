/* SPDX-License-Identifier: EUPL-1.2 */
/* Calls of DCE/RPC: a request and its response, each put together of fragments. */
#include "agent/app/dcerpc.h"

#include "common/jw.h"

#include <stdio.h>

static const struct {
	const char *name;
	bool is_call;
	enum dcerpc_type answers; /* itself: it is no answer */
} TYPES[] = {
    [DCERPC_REQUEST] = {"REQUEST", true, DCERPC_REQUEST},
    [DCERPC_RESPONSE] = {"RESPONSE", true, DCERPC_REQUEST},
    [DCERPC_FAULT] = {"FAULT", true, DCERPC_REQUEST},
    [DCERPC_BIND] = {"BIND", true, DCERPC_BIND},
    [DCERPC_BIND_ACK] = {"BINDACK", true, DCERPC_BIND},
    [DCERPC_BIND_NAK] = {"BINDNAK", true, DCERPC_BIND},
    [DCERPC_ALTER] = {"ALTER_CONTEXT", true, DCERPC_ALTER},
    [DCERPC_ALTER_ACK] = {"ALTER_CONTEXT_RESP", true, DCERPC_ALTER},
    [DCERPC_ORPHANED] = {NULL, false, DCERPC_ORPHANED},
};

bool
dcerpc_is_call(enum dcerpc_type type)
{
	return TYPES[type].is_call;
}

enum app_dir
dcerpc_way(enum dcerpc_type type)
{
	return TYPES[type].answers != type ? APP_TC : APP_TS;
}

bool
dcerpc_call_wants(const struct dcerpc_call *c, const struct dcerpc_pdu *pdu)
{
	enum app_dir d = dcerpc_way(pdu->type);

	return c->call_id == pdu->call_id && !c->done[d] &&
	    (d == APP_TC || !pdu->first) &&
	    (c->request == TYPES[pdu->type].answers ||
		c->request == DCERPC_TYPE_NONE);
}

void
dcerpc_call_begin(struct dcerpc_call *c, uint64_t pipe, uint32_t call_id)
{
	c->pipe = pipe;
	c->call_id = call_id;
	c->request = c->response = DCERPC_TYPE_NONE;
	buf_init(&c->stub[APP_TS], DCERPC_STUB_MAX);
	buf_init(&c->stub[APP_TC], DCERPC_STUB_MAX);
}

static void
add_stub(struct app_flow *a, struct buf *stub, struct span s)
{
	if (s.len > stub->max - stub->len)
		s.len = stub->max - stub->len;
	if (!app_hold(a, s.len))
		return;
	if (buf_add(stub, s.p, s.len) == -1)
		app_drop(a, s.len);
}

void
dcerpc_call_add(
    struct app_flow *a, struct dcerpc_call *c, const struct dcerpc_pdu *pdu)
{
	enum app_dir d = dcerpc_way(pdu->type);

	if (d == APP_TS && c->request == DCERPC_TYPE_NONE) {
		c->request = pdu->type;
		c->context = pdu->context;
		c->opnum = pdu->opnum;
		c->first = pdu->first;
	}
	if (d == APP_TC)
		c->response = pdu->type;
	c->little[d] = pdu->little;
	if (pdu->type == DCERPC_REQUEST || pdu->type == DCERPC_RESPONSE)
		add_stub(a, &c->stub[d], pdu->body);
	c->done[d] = c->done[d] || pdu->last ||
	    (pdu->type != DCERPC_REQUEST && pdu->type != DCERPC_RESPONSE);
}

void
dcerpc_call_release(struct app_flow *a, struct dcerpc_call *c)
{
	for (int d = 0; d < APP_DIRS; d++) {
		app_drop(a, c->stub[d].len);
		buf_release(&c->stub[d]);
	}
}

static enum app_have
stub_buffer(const struct dcerpc_call *c, enum app_dir d, struct app_bytes *out)
{
	out->bytes = (struct span){c->stub[d].data, c->stub[d].len};
	out->complete = c->done[d];
	out->little = c->little[d];
	if (out->bytes.len > 0)
		return APP_HAVE;
	return c->done[d] ? APP_ABSENT : APP_NOT_YET;
}

enum app_have
dcerpc_call_buffer(const struct dcerpc_ifaces *t, const struct dcerpc_call *c,
    enum app_buffer_id b, enum app_dir d, struct app_bytes *out)
{
	const struct dcerpc_iface *f;

	if (b == APP_DCERPC_STUB)
		return stub_buffer(c, d, out);
	if (c->request != DCERPC_REQUEST)
		return APP_ABSENT;
	if (b == APP_DCERPC_OPNUM) {
		out->number = c->opnum;
		return APP_HAVE;
	}
	if (b != APP_DCERPC_IFACE)
		return APP_ABSENT;
	if ((f = dcerpc_iface_find(t, c->pipe, c->context)) == NULL)
		return c->done[d] ? APP_ABSENT : APP_NOT_YET;
	out->bytes = (struct span){f->id[c->first], DCERPC_IFACE_SIZE};
	return APP_HAVE;
}

/* --- EVE ------------------------------------------------------------------------- */

static void
write_iface(const struct dcerpc_iface *f, struct jw *w)
{
	char text[40], *at = text;

	for (size_t i = 0; i < DCERPC_UUID_SIZE; i++)
		at += sprintf(at,
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
		    f->id[0][i]);
	jw_array(w, "interfaces");
	jw_object(w, NULL);
	jw_str(w, "uuid", text);
	snprintf(text, sizeof(text), "%u",
	    (unsigned)(f->id[0][DCERPC_UUID_SIZE] |
		f->id[0][DCERPC_UUID_SIZE + 1] << 8));
	jw_str(w, "version", text);
	jw_end_object(w);
	jw_end_array(w);
}

static void
write_side(
    const struct dcerpc_call *c, enum app_dir d, const char *key, struct jw *w)
{
	jw_object(w, key);
	if (d == APP_TS)
		jw_uint(w, "opnum", c->opnum);
	jw_uint(w, "stub_data_size", c->stub[d].len);
	jw_end_object(w);
}

void
dcerpc_call_write(
    const struct dcerpc_ifaces *t, const struct dcerpc_call *c, struct jw *w)
{
	const struct dcerpc_iface *f = NULL;

	if (c->request != DCERPC_TYPE_NONE)
		jw_str(w, "request", TYPES[c->request].name);
	if (c->response != DCERPC_TYPE_NONE)
		jw_str(w, "response", TYPES[c->response].name);
	jw_uint(w, "call_id", c->call_id);
	if (c->request == DCERPC_REQUEST) {
		write_side(c, APP_TS, "req", w);
		f = dcerpc_iface_find(t, c->pipe, c->context);
	}
	if (c->response == DCERPC_RESPONSE)
		write_side(c, APP_TC, "res", w);
	if (f != NULL)
		write_iface(f, w);
}
