/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * PDUs of connection-oriented DCE/RPC out of a stream of bytes, and the interfaces
 * that binds agree upon (C706, sections 12.6.3 and 12.6.4).
 */
#include "agent/app/dcerpc.h"

#include <string.h>

#define HEAD_SIZE    16
#define HEAD_FRAG_AT 8
#define DREP_LITTLE  0x10
#define DREP_EBCDIC  0x01

enum {
	FLAG_FIRST = 0x01,
	FLAG_LAST = 0x02,
};

static uint16_t
get16(struct cursor *c, bool little)
{
	return little ? cur_le16(c) : cur_be16(c);
}

static uint32_t
get32(struct cursor *c, bool little)
{
	return little ? cur_le32(c) : cur_be32(c);
}

/* Version 5.0 or 5.1, a type there is, and a data representation there is. */
enum app_guess
dcerpc_begins(struct span bytes)
{
	static const struct {
		uint8_t mask, least, most;
	} head[] = {
	    {0xff, 5, 5},
	    {0xff, 0, 1},
	    {0xff, 0, DCERPC_ORPHANED},
	    {0, 0, 0},
	    {0xff & ~(DREP_LITTLE | DREP_EBCDIC), 0, 0},
	    {0xff, 0, 3},
	    {0xff, 0, 0},
	    {0xff, 0, 0},
	};
	const size_t n = sizeof(head) / sizeof(head[0]);
	struct cursor c = cur_of_span(bytes);

	for (size_t i = 0; i < n && c.left > 0; i++) {
		uint8_t b = cur_u8(&c) & head[i].mask;

		if (b < head[i].least || b > head[i].most)
			return APP_NO;
	}
	if (bytes.len < HEAD_FRAG_AT + 2)
		return APP_MORE;
	return get16(&c, (bytes.p[4] & DREP_LITTLE) != 0) >= HEAD_SIZE ? APP_YES
								       : APP_NO;
}

/* What stands between the head and the stub, to which Suricata counts the object of a
 * request. */
static void
read_call(struct cursor *c, struct dcerpc_pdu *out)
{
	get32(c, out->little); /* alloc_hint */
	out->context = get16(c, out->little);
	if (out->type == DCERPC_REQUEST)
		out->opnum = get16(c, out->little);
	else
		get16(c, out->little); /* cancel count */
}

/* A verifier at the end stays part of the stub: rules were written so. */
bool
dcerpc_pdu_read(struct span bytes, struct dcerpc_pdu *out)
{
	struct cursor c = cur_of_span(bytes);
	uint8_t flags;

	*out = (struct dcerpc_pdu){.type = DCERPC_TYPE_NONE};
	if (dcerpc_begins(bytes) != APP_YES)
		return false;
	cur_take(&c, 2);
	out->type = (enum dcerpc_type)cur_u8(&c);
	flags = cur_u8(&c);
	out->first = flags & FLAG_FIRST;
	out->last = flags & FLAG_LAST;
	out->little = cur_u8(&c) & DREP_LITTLE;
	cur_take(&c, 3 + 2 + 2);
	out->call_id = get32(&c, out->little);
	if (out->type == DCERPC_REQUEST || out->type == DCERPC_RESPONSE ||
	    out->type == DCERPC_FAULT)
		read_call(&c, out);
	if (out->type != DCERPC_FAULT)
		out->body = cur_rest(&c);
	return cur_ok(&c);
}

/* --- one direction of a pipe ---------------------------------------------------- */

void
dcerpc_stream_reset(struct app_flow *a, struct dcerpc_stream *s)
{
	app_drop(a, s->held.len);
	buf_release(&s->held);
	s->skip = 0;
}

static size_t
frag_length(struct span head)
{
	struct cursor c = cur_of(head.p + HEAD_FRAG_AT, 2);

	return get16(&c, (head.p[4] & DREP_LITTLE) != 0);
}

static bool
hold(struct app_flow *a, struct dcerpc_stream *s, struct span in)
{
	if (s->held.max == 0)
		buf_init(&s->held, UINT16_MAX);
	if (!app_hold(a, in.len))
		return false;
	if (buf_add(&s->held, in.p, in.len) == 0)
		return true;
	app_drop(a, in.len);
	return false;
}

static size_t
step_over(struct dcerpc_stream *s, struct span in)
{
	size_t n = in.len < s->skip ? in.len : s->skip;

	s->skip -= n;
	return n;
}

/* Bytes used, of a PDU that may have begun before; 0: they are none. */
static size_t
feed_one(struct app_flow *a, struct dcerpc_stream *s, struct span in,
    dcerpc_pdu_fn *fn, void *arg)
{
	size_t had = s->held.len, take = HEAD_SIZE - had, length;
	struct dcerpc_pdu pdu;
	struct span all = in;

	if (had >= HEAD_SIZE)
		take = 0;
	else if (take > in.len)
		take = in.len;
	if (had > 0 && take > 0 && !hold(a, s, (struct span){in.p, take}))
		return 0;
	if (had > 0)
		all = (struct span){s->held.data, s->held.len};
	if (dcerpc_begins(all) == APP_NO)
		return 0;
	if (all.len < HEAD_SIZE) {
		if (had == 0 && !hold(a, s, in))
			return 0;
		return in.len;
	}
	length = frag_length(all);
	if (had == 0 && in.len >= length) {
		all.len = length;
		take = length;
	} else {
		size_t done = had == 0 ? 0 : take, need = length - s->held.len;

		take = need < in.len - done ? need : in.len - done;
		if (!hold(a, s, (struct span){in.p + done, take})) {
			dcerpc_stream_reset(a, s);
			s->skip = need - take;
			return done + take;
		}
		take += done;
		if (s->held.len < length)
			return take;
		all = (struct span){s->held.data, s->held.len};
	}
	if (dcerpc_pdu_read(all, &pdu))
		fn(arg, &pdu);
	dcerpc_stream_reset(a, s);
	return take;
}

bool
dcerpc_feed(struct app_flow *a, struct dcerpc_stream *s, struct span bytes,
    dcerpc_pdu_fn *fn, void *arg)
{
	while (bytes.len > 0) {
		size_t used = s->skip > 0 ? step_over(s, bytes)
					  : feed_one(a, s, bytes, fn, arg);

		if (used == 0) {
			dcerpc_stream_reset(a, s);
			return false;
		}
		bytes.p += used;
		bytes.len -= used;
	}
	return true;
}

/* --- interfaces ------------------------------------------------------------------- */

/* In the order of its text: its first three numbers may be little-endian. */
static void
read_uuid(struct cursor *c, bool little, uint8_t out[DCERPC_UUID_SIZE])
{
	static const uint8_t from[DCERPC_UUID_SIZE] = {
	    3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t raw[DCERPC_UUID_SIZE];

	cur_copy(c, raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		out[i] = raw[little ? from[i] : i];
}

static void
on_bind(struct dcerpc_ifaces *t, uint64_t pipe, const struct dcerpc_pdu *pdu)
{
	struct cursor c = cur_of_span(pdu->body);
	uint8_t contexts;

	cur_take(&c, 2 + 2 + 4); /* sizes of fragments, association group */
	contexts = cur_u8(&c);
	cur_take(&c, 3);
	for (unsigned i = 0; i < contexts && cur_ok(&c); i++) {
		struct dcerpc_iface f = {.pipe = pipe, .call_id = pdu->call_id};
		uint8_t syntaxes;
		uint16_t version;

		f.context = get16(&c, pdu->little);
		syntaxes = cur_u8(&c);
		cur_take(&c, 1);
		read_uuid(&c, pdu->little, f.id[0]);
		version = get16(&c, pdu->little);
		cur_take(&c, 2);
		cur_take(&c, (size_t)syntaxes * (DCERPC_UUID_SIZE + 4));
		if (!cur_ok(&c))
			return;
		f.id[0][DCERPC_UUID_SIZE] = (uint8_t)version;
		f.id[0][DCERPC_UUID_SIZE + 1] = (uint8_t)(version >> 8);
		memcpy(f.id[1], f.id[0], DCERPC_IFACE_SIZE);
		f.id[1][DCERPC_IFACE_SIZE - 1] = 1;
		t->iface[t->n++ % DCERPC_IFACES_MAX] = f;
	}
}

/* From the oldest on; NULL behind the newest. */
static struct dcerpc_iface *
iface_at(const struct dcerpc_ifaces *t, size_t i)
{
	size_t oldest = t->n > DCERPC_IFACES_MAX ? t->n - DCERPC_IFACES_MAX : 0;

	return oldest + i >= t->n
	    ? NULL
	    : (struct dcerpc_iface *)&t->iface[(oldest + i) % DCERPC_IFACES_MAX];
}

/* The results stand in the order of the contexts. */
static void
on_bind_ack(struct dcerpc_ifaces *t, uint64_t pipe, const struct dcerpc_pdu *pdu)
{
	struct cursor c = cur_of_span(pdu->body);
	struct dcerpc_iface *f;
	uint8_t results;
	uint16_t port;

	cur_take(&c, 2 + 2 + 4);
	port = get16(&c, pdu->little);
	cur_take(&c, port);
	cur_take(&c, (2u - port) % 4u);
	results = cur_u8(&c);
	cur_take(&c, 3);
	for (size_t i = 0; results > 0 && (f = iface_at(t, i)) != NULL; i++) {
		uint16_t result;

		if (f->pipe != pipe || f->call_id != pdu->call_id ||
		    f->answer != DCERPC_OPEN)
			continue;
		result = get16(&c, pdu->little);
		cur_take(&c, 2 + DCERPC_UUID_SIZE + 4);
		if (!cur_ok(&c))
			return;
		f->answer = result == 0 ? DCERPC_ACCEPTED : DCERPC_REFUSED;
		results--;
	}
}

void
dcerpc_ifaces_pdu(
    struct dcerpc_ifaces *t, uint64_t pipe, const struct dcerpc_pdu *pdu)
{
	if (pdu->type == DCERPC_BIND || pdu->type == DCERPC_ALTER)
		on_bind(t, pipe, pdu);
	if (pdu->type == DCERPC_BIND_ACK || pdu->type == DCERPC_ALTER_ACK)
		on_bind_ack(t, pipe, pdu);
}

const struct dcerpc_iface *
dcerpc_iface_find(const struct dcerpc_ifaces *t, uint64_t pipe, uint16_t context)
{
	const struct dcerpc_iface *f, *found = NULL;

	for (size_t i = 0; (f = iface_at(t, i)) != NULL; i++)
		if (f->pipe == pipe && f->context == context &&
		    f->answer == DCERPC_ACCEPTED)
			found = f;
	return found;
}
