/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Kerberos 5 over UDP and TCP (RFC 4120, section 7.2), on port 88.  Requests to the
 * KDC, its replies and errors are a transaction each, of their direction; other
 * messages, and those that cannot be read, are passed over.
 */
#include "agent/app/krb5.h"

#include "agent/app/frames.h"
#include "agent/app/message.h"
#include "agent/limits.h"
#include "common/jw.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KRB5_DONE = 1,
	PORT_KDC = 88,
	RECORD_HEAD = 4,
};

enum {
	EVENT_MALFORMED, /* Suricata 7 has its name and never tells it */
	EVENT_WEAK,
};

static const char *const EVENTS[] = {
    [EVENT_MALFORMED] = "malformed_data",
    [EVENT_WEAK] = "weak_encryption",
    NULL,
};

struct krb5_state {
	struct frames frames[APP_DIRS];
	uint8_t asked; /* type of the last request; 0: none */
};

struct krb5_tx {
	struct message_tx m; /* first; its bytes: names and realm */
	struct krb5_message said;
	uint8_t asked;
};

/* --- messages -------------------------------------------------------------------- */

static struct span
move(struct span of, struct span *to)
{
	struct span s = {to->p, of.len};

	to->p += of.len;
	to->len -= of.len;
	return s;
}

static void
add_tx(struct app_flow *a, enum app_dir d, const struct krb5_message *said)
{
	const struct krb5_state *s = a->state;
	struct buf names;
	struct krb5_tx *t;
	struct span kept;

	buf_init(&names, KRB5_RECORD_MAX);
	buf_add(&names, said->cname.p, said->cname.len);
	buf_add(&names, said->sname.p, said->sname.len);
	buf_add(&names, said->realm.p, said->realm.len);
	t = (struct krb5_tx *)message_tx_new(
	    a, d, sizeof(*t), (struct span){names.data, names.len});
	buf_release(&names);
	if (t == NULL)
		return;
	kept = t->m.bytes;
	t->said = *said;
	t->said.cname = move(said->cname, &kept);
	t->said.sname = move(said->sname, &kept);
	t->said.realm = move(said->realm, &kept);
	t->asked = s->asked;
	if (said->has_etypes && krb5_etype_is_weak(said->etype))
		app_tx_event(&t->m.tx, EVENT_WEAK);
}

static void
on_message(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct krb5_state *s = a->state;
	struct krb5_message said;

	if (!krb5_message_read(bytes, &said))
		return;
	if (said.type == KRB5_AS_REQ || said.type == KRB5_TGS_REQ)
		s->asked = said.type;
	add_tx(a, d, &said);
}

static size_t
record_size(const uint8_t *head)
{
	struct cursor c = cur_of(head, RECORD_HEAD);

	return RECORD_HEAD + (size_t)cur_be32(&c);
}

static void
on_stream(struct app_flow *a, enum app_dir d, struct span in)
{
	struct krb5_state *s = a->state;
	struct span record;
	bool lost;

	while (frames_next(a, &s->frames[d], &in, &record, &lost))
		on_message(a, d,
		    (struct span){
			record.p + RECORD_HEAD, record.len - RECORD_HEAD});
	if (lost) {
		app_cut(a);
		frames_forget(a, &s->frames[d]);
		app_stop(a, d);
	}
}

/* --- the parser --------------------------------------------------------------------- */

static size_t
krb5_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;

	if (n->kind == STREAM_DATAGRAM)
		on_message(a, d, n->data);
	else if (n->kind == STREAM_DATA)
		on_stream(a, d, n->data);
	return n->data.len;
}

static enum app_guess
krb5_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	bool stream = f->key.proto == IPPROTO_TCP;

	(void)d;
	if (f->key.bport != PORT_KDC)
		return APP_NO;
	if (!stream)
		return krb5_message_guess(c) == APP_YES ? APP_YES : APP_NO;
	if (cur_take(&c, RECORD_HEAD) == NULL)
		return APP_MORE;
	return krb5_message_guess(c);
}

static void *
krb5_state_new(void)
{
	struct krb5_state *s = calloc(1, sizeof(*s));

	for (int d = 0; s != NULL && d < APP_DIRS; d++)
		frames_init(
		    &s->frames[d], RECORD_HEAD, KRB5_RECORD_MAX, record_size);
	return s;
}

static void
krb5_state_free(void *state)
{
	struct krb5_state *s = state;

	frames_release(&s->frames[APP_TS]);
	frames_release(&s->frames[APP_TC]);
	free(s);
}

/* --- what rules and records ask for ---------------------------------------------------- */

/* The component of a name that is not empty. */
static enum app_have
component(struct span name, unsigned instance, struct app_bytes *out)
{
	struct cursor c = cur_of_span(name);

	while (krb5_name_next(&c, &out->bytes))
		if (out->bytes.len > 0 && instance-- == 0)
			return APP_HAVE;
	return APP_ABSENT;
}

static enum app_have
krb5_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct krb5_message *m = &((const struct krb5_tx *)tx)->said;

	(void)a;
	(void)d;
	switch (b) {
	case APP_KRB5_CNAME:
		return component(m->cname, instance, out);
	case APP_KRB5_SNAME:
		return component(m->sname, instance, out);
	case APP_KRB5_MSG_TYPE:
		out->number = m->type;
		return APP_HAVE;
	case APP_KRB5_ERR_CODE:
		out->number = (uint32_t)m->code;
		return m->has_code ? APP_HAVE : APP_ABSENT;
	case APP_KRB5_TICKET_ETYPE:
		out->number = (uint32_t)m->ticket_etype;
		return m->has_etypes ? APP_HAVE : APP_ABSENT;
	default:
		return APP_ABSENT;
	}
}

/* Its components with "/" between. */
static void
write_name(struct jw *w, const char *key, struct span name)
{
	struct cursor c = cur_of_span(name);
	bool first = true;
	struct span part;
	struct buf b;

	buf_init(&b, KRB5_RECORD_MAX);
	for (; krb5_name_next(&c, &part); first = false) {
		if (!first)
			buf_addc(&b, '/');
		buf_add(&b, part.p, part.len);
	}
	if (name.len == 0)
		jw_str(w, key, "<empty>");
	else
		jw_strn(w, key, b.data, b.len);
	buf_release(&b);
}

static void
write_number(
    struct jw *w, const char *key, const char *name, const char *kind, int32_t n)
{
	char text[40];

	snprintf(text, sizeof(text), "%s(%d)", kind, n);
	jw_str(w, key, name != NULL ? name : text);
}

static void
write_etypes(struct jw *w, const struct krb5_message *m)
{
	if (!m->has_etypes) {
		jw_str(w, "encryption", "<none>");
		jw_bool(w, "weak_encryption", false);
		return;
	}
	write_number(
	    w, "encryption", krb5_etype_name(m->etype), "EncryptionType", m->etype);
	jw_bool(w, "weak_encryption", krb5_etype_is_weak(m->etype));
	write_number(w, "ticket_encryption", krb5_etype_name(m->ticket_etype),
	    "EncryptionType", m->ticket_etype);
	jw_bool(w, "ticket_weak_encryption", krb5_etype_is_weak(m->ticket_etype));
}

static void
krb5_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct krb5_tx *t = (const struct krb5_tx *)tx;
	const struct krb5_message *m = &t->said;

	(void)a;
	jw_str(w, "msg_type", krb5_type_name(m->type));
	if (m->has_code) {
		const char *asked = krb5_type_name(t->asked);

		jw_str(w, "failed_request", asked != NULL ? asked : "UNKNOWN");
		write_number(w, "error_code", krb5_error_name(m->code), "ErrorCode",
		    m->code);
	}
	write_name(w, "cname", m->cname);
	if (m->realm.len > 0)
		jw_strn(w, "realm", m->realm.p, m->realm.len);
	else
		jw_str(w, "realm", "<empty>");
	write_name(w, "sname", m->sname);
	write_etypes(w, m);
}

static const struct app_use USE[] = {
    {APP_KRB5_MSG_TYPE, {KRB5_DONE, KRB5_DONE}},
    {APP_KRB5_ERR_CODE, {KRB5_DONE, KRB5_DONE}},
    {APP_KRB5_CNAME, {APP_NEVER, KRB5_DONE}},
    {APP_KRB5_SNAME, {APP_NEVER, KRB5_DONE}},
    {APP_KRB5_TICKET_ETYPE, {APP_NEVER, KRB5_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser krb5_parser = {
    .id = APP_KRB5,
    .name = "krb5",
    .word = "krb5",
    .over = APP_OVER_TCP | APP_OVER_UDP,
    .done = {KRB5_DONE, KRB5_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = krb5_probe,
    .state_new = krb5_state_new,
    .state_free = krb5_state_free,
    .read = krb5_read,
    .tx_release = message_tx_release,
    .buffer = krb5_buffer,
    .write = krb5_write,
};
