/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * NFS 2 and 3 over UDP and TCP, on port 2049: each call is a transaction with its
 * reply.  Of a message only the beginning is kept: what is read and written is not
 * looked at.  Calls of version 4 are no transactions.
 */
#include "agent/app/nfs.h"

#include "agent/limits.h"
#include "common/jw.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	NFS_DONE = 1,
	PORT_NFS = 2049,
	PROGRAM_NFS = 100003,
	RPC_VERSION = 2,
	RPC_CALL = 0,
	RPC_REPLY = 1,
	CALL_LEAST = 24, /* up to the procedure */
	CALL_BARE = 40, /* of UDP, no credentials and no arguments: tells nothing */
	MARK_SIZE = 4,
};

#define MARK_LAST 0x80000000u

enum {
	EVENT_MALFORMED,
	EVENT_OTHER_VERSION,
	EVENT_MANY,
};

static const char *const EVENTS[] = {
    [EVENT_MALFORMED] = "malformed_data",
    [EVENT_OTHER_VERSION] = "unsupported_version",
    [EVENT_MANY] = "too_many_transactions",
    NULL,
};

struct nfs_tx {
	struct app_tx tx; /* first */
	uint32_t id, version, procedure;
	bool replied, has_status;
	uint32_t status;
	struct span name; /* behind the transaction */
};

struct side {
	struct buf held; /* a mark, then the beginning of a message */
	uint32_t skip;	 /* bytes of the fragment that are not kept */
	bool goes_on;	 /* the next fragment belongs to the last message */
};

struct state {
	struct side side[APP_DIRS];
};

/* --- messages --------------------------------------------------------------------- */

/* A flavor, and what it says. */
static void
skip_auth(struct cursor *c)
{
	size_t len;

	cur_be32(c);
	len = cur_be32(c);
	cur_take(c, len);
	if (cur_ok(c))
		cur_take(c, (4 - len % 4) % 4);
}

static void
on_call(struct app_flow *a, uint32_t id, struct cursor *c)
{
	uint32_t version, procedure;
	struct span name;
	struct nfs_tx *t;

	cur_take(c, 4 + 4); /* of RPC; the program */
	version = cur_be32(c);
	procedure = cur_be32(c);
	if (!cur_ok(c) || (version != 2 && version != 3))
		return;
	skip_auth(c);
	skip_auth(c);
	name = nfs_name(version, procedure, cur_rest(c));
	if (!app_hold(a, name.len))
		return;
	t = (struct nfs_tx *)app_tx_new(a, sizeof(*t) + name.len);
	if (t == NULL) {
		app_drop(a, name.len);
		return;
	}
	t->id = id;
	t->version = version;
	t->procedure = procedure;
	t->name = (struct span){(uint8_t *)(t + 1), name.len};
	if (name.len > 0)
		memcpy(t + 1, name.p, name.len);
	t->tx.progress[APP_TS] = NFS_DONE;
}

/* The oldest call that it may answer. */
static struct nfs_tx *
find_tx(const struct app_flow *a, uint32_t id)
{
	for (struct app_tx *tx = a->first; tx != NULL; tx = tx->next) {
		struct nfs_tx *t = (struct nfs_tx *)tx;

		if (t->id == id && !t->replied)
			return t;
	}
	return NULL;
}

static void
on_reply(struct app_flow *a, uint32_t id, struct cursor *c)
{
	struct nfs_tx *t = find_tx(a, id);
	uint32_t denied = cur_be32(c), refused;

	if (t == NULL)
		return;
	skip_auth(c);
	refused = cur_be32(c);
	if (cur_ok(c) && denied == 0 && refused == 0 && t->procedure != 0) {
		t->status = cur_be32(c);
		t->has_status = cur_ok(c);
	}
	t->replied = true;
	t->tx.progress[APP_TC] = NFS_DONE;
}

static void
on_message(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	uint32_t id = cur_be32(&c), type = cur_be32(&c);

	if (cur_ok(&c) && type == RPC_CALL && d == APP_TS && c.left >= 4 * 4)
		on_call(a, id, &c);
	else if (cur_ok(&c) && type == RPC_REPLY && d == APP_TC)
		on_reply(a, id, &c);
	else if (a->last != NULL)
		app_tx_event(a->last, EVENT_MALFORMED);
}

/* --- fragments of records over TCP (RFC 5531, section 11) ---------------------------- */

static void
forget(struct app_flow *a, struct side *s)
{
	app_drop(a, s->held.len);
	buf_reset(&s->held);
}

static bool
hold(struct app_flow *a, struct side *s, struct span *in, size_t want)
{
	size_t n = want - s->held.len;

	n = n < in->len ? n : in->len;
	if (!app_hold(a, n))
		return false;
	if (buf_add(&s->held, in->p, n) == -1) {
		app_drop(a, n);
		return false;
	}
	in->p += n;
	in->len -= n;
	return true;
}

/* The mark, then as much of the fragment as is kept; what follows one that is not
 * the last is skipped. */
static bool
step(struct app_flow *a, enum app_dir d, struct span *in)
{
	struct side *s = &((struct state *)a->state)->side[d];
	struct cursor c;
	uint32_t mark, len, kept;

	if (s->held.len < MARK_SIZE && !hold(a, s, in, MARK_SIZE))
		return false;
	if (s->held.len < MARK_SIZE)
		return true;
	c = cur_of(s->held.data, s->held.len);
	mark = cur_be32(&c);
	len = mark & ~MARK_LAST;
	kept = s->goes_on ? 0 : len < NFS_KEEP ? len : NFS_KEEP;
	if (!hold(a, s, in, MARK_SIZE + kept))
		return false;
	if (s->held.len < MARK_SIZE + kept)
		return true;
	if (!s->goes_on)
		on_message(a, d, (struct span){s->held.data + MARK_SIZE, kept});
	s->skip = len - kept;
	s->goes_on = (mark & MARK_LAST) == 0;
	forget(a, s);
	return true;
}

static void
on_stream(struct app_flow *a, enum app_dir d, struct span in)
{
	struct side *s = &((struct state *)a->state)->side[d];

	while (in.len > 0 && !a->stopped[d]) {
		size_t n = in.len < s->skip ? in.len : s->skip;

		s->skip -= (uint32_t)n;
		in.p += n;
		in.len -= n;
		if (in.len > 0 && !step(a, d, &in)) {
			forget(a, s);
			app_stop(a, d);
		}
	}
}

/* --- the parser ------------------------------------------------------------------------ */

static enum app_guess
is_call(struct cursor c)
{
	uint32_t type, rpc, program, version;

	cur_be32(&c);
	type = cur_be32(&c);
	rpc = cur_be32(&c);
	program = cur_be32(&c);
	version = cur_be32(&c);
	if (!cur_ok(&c))
		return APP_MORE;
	return type == RPC_CALL && rpc == RPC_VERSION && program == PROGRAM_NFS &&
		version >= 2 && version <= 4
	    ? APP_YES
	    : APP_NO;
}

static enum app_guess
nfs_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);

	if (f->key.bport != PORT_NFS || d == APP_TC)
		return APP_NO;
	if (f->key.proto == IPPROTO_UDP)
		return bytes.len > CALL_BARE ? is_call(c) : APP_NO;
	if (bytes.len < MARK_SIZE)
		return APP_MORE;
	return (cur_be32(&c) & ~MARK_LAST) >= CALL_LEAST ? is_call(c) : APP_NO;
}

static void *
nfs_state_new(void)
{
	struct state *st = calloc(1, sizeof(*st));

	for (int d = 0; st != NULL && d < APP_DIRS; d++)
		buf_init(&st->side[d].held, MARK_SIZE + NFS_KEEP);
	return st;
}

static void
nfs_state_free(void *state)
{
	struct state *st = state;

	buf_release(&st->side[APP_TS].held);
	buf_release(&st->side[APP_TC].held);
	free(st);
}

static size_t
nfs_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct state *st = a->state;

	if (n->kind == STREAM_DATA)
		on_stream(a, d, n->data);
	else if (n->kind == STREAM_DATAGRAM)
		on_message(a, d, n->data);
	else
		forget(a, &st->side[d]);
	return n->data.len;
}

static void
nfs_tx_release(struct app_flow *a, struct app_tx *tx)
{
	app_drop(a, ((struct nfs_tx *)tx)->name.len);
}

/* --- what rules and records ask for ----------------------------------------------------- */

static enum app_have
nfs_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct nfs_tx *t = (const struct nfs_tx *)tx;

	(void)a;
	(void)d;
	(void)instance;
	out->number = b == APP_NFS_VERSION ? t->version : t->procedure;
	return b == APP_NFS_VERSION || b == APP_NFS_PROCEDURE ? APP_HAVE
							      : APP_ABSENT;
}

static void
nfs_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct nfs_tx *t = (const struct nfs_tx *)tx;
	const char *procedure = nfs_procedure_name(t->version, t->procedure),
		   *status = nfs_status_name(t->status);

	(void)a;
	jw_uint(w, "version", t->version);
	if (procedure != NULL)
		jw_str(w, "procedure", procedure);
	jw_strn(w, "filename", t->name.p, t->name.len);
	jw_uint(w, "id", tx->id + 1);
	jw_bool(w, "file_tx", false);
	jw_str(w, "type", t->replied ? "response" : "request");
	if (t->has_status && status != NULL)
		jw_str(w, "status", status);
}

static const struct app_use USE[] = {
    {APP_NFS_PROCEDURE, {NFS_DONE, APP_NEVER}},
    {APP_NFS_VERSION, {NFS_DONE, APP_NEVER}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser nfs_parser = {
    .id = APP_NFS,
    .name = "nfs",
    .word = "nfs",
    .over = APP_OVER_TCP | APP_OVER_UDP,
    .done = {NFS_DONE, NFS_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = nfs_probe,
    .state_new = nfs_state_new,
    .state_free = nfs_state_free,
    .read = nfs_read,
    .tx_release = nfs_tx_release,
    .buffer = nfs_buffer,
    .write = nfs_write,
};
