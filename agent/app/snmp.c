/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SNMP 1, 2c and 3 over UDP (RFC 1157; 1901; 3412, section 6; 3414, section 2.4).
 * Each message is a transaction.  The variables are not read; what is encrypted has
 * no PDU.
 */
#include "agent/app/snmp.h"

#include "agent/app/der.h"
#include "agent/app/message.h"
#include "common/jw.h"

#include <stdlib.h>

enum {
	SNMP_DONE = 1,
	PORT_AGENT = 161,
	PORT_TRAP = 162,
	OCTETS = 0x04,
	PDU_MAX = 8, /* report */
	FLAG_PRIVATE = 2,
	MODEL_USER = 3,
};

enum {
	EVENT_MALFORMED,
	EVENT_SECURITY_MODEL,
	EVENT_VERSION,
};

static const char *const EVENTS[] = {
    [EVENT_MALFORMED] = "malformed_data",
    [EVENT_SECURITY_MODEL] = "unknown_security_model",
    [EVENT_VERSION] = "version_mismatch",
    NULL,
};

struct snmp {
	unsigned version; /* as the keyword: 1, 2, 3 */
	struct span community;
	struct span usm; /* the user's name */
	bool has_usm, has_pdu, encrypted;
	unsigned pdu;
	unsigned model;
};

struct snmp_tx {
	struct message_tx m; /* first; its bytes: community or name */
	struct snmp said;
};

struct state {
	unsigned version; /* of the first message; 0: none yet */
};

/* --- messages ------------------------------------------------------------------- */

/* An element's content as another cursor; spoils c if it is not there. */
static struct cursor
inside(struct cursor *c, uint8_t tag)
{
	struct der e;

	if (!cur_ok(c) || der_expect(c, tag, &e) != DER_OK) {
		cur_spoil(c);
		return (struct cursor){.bad = true};
	}
	return cur_of_span(e.body);
}

static unsigned
number(struct cursor *c)
{
	struct cursor n = inside(c, DER_INTEGER);
	unsigned v = 0;

	if (n.left == 0 || n.left > 5)
		cur_spoil(c);
	while (cur_ok(c) && n.left > 0)
		v = v << 8 | cur_u8(&n);
	return v;
}

static struct span
octets(struct cursor *c)
{
	struct cursor s = inside(c, OCTETS);

	return cur_rest(&s);
}

/* Of the PDU only what it is, but it must be there wholly. */
static void
read_pdu(struct cursor *c, struct snmp *s)
{
	struct der e;

	if (!cur_ok(c) || der_read(c, &e) != DER_OK || e.tag < DER_CONTEXT_0 ||
	    e.tag > DER_CONTEXT_0 + PDU_MAX) {
		cur_spoil(c);
		return;
	}
	s->has_pdu = true;
	s->pdu = e.tag - (unsigned)DER_CONTEXT_0;
}

static void
read_user(struct cursor *c, struct snmp *s)
{
	struct cursor sequence = inside(c, DER_SEQUENCE);

	octets(&sequence); /* engine, its boots and time */
	number(&sequence);
	number(&sequence);
	s->usm = octets(&sequence);
	octets(&sequence); /* parameters of authentication and privacy */
	octets(&sequence);
	s->has_usm = cur_ok(&sequence);
	if (!s->has_usm)
		cur_spoil(c);
}

static void
read_v3(struct cursor *c, struct snmp *s)
{
	struct cursor head = inside(c, DER_SEQUENCE), security, scoped;
	struct span flags;

	number(&head);
	number(&head);
	flags = octets(&head);
	s->model = number(&head);
	security = inside(c, OCTETS);
	if (!cur_ok(&head) || !cur_ok(c) || flags.len != 1) {
		cur_spoil(c);
		return;
	}
	if (s->model == MODEL_USER) {
		read_user(&security, s);
		c->bad = c->bad || !cur_ok(&security);
	}
	s->encrypted = (flags.p[0] & FLAG_PRIVATE) != 0;
	if (s->encrypted) {
		octets(c);
		return;
	}
	scoped = inside(c, DER_SEQUENCE);
	octets(&scoped);
	octets(&scoped);
	read_pdu(&scoped, s);
	c->bad = c->bad || !cur_ok(&scoped);
}

static bool
snmp_parse(struct span bytes, struct snmp *s)
{
	struct cursor all = cur_of_span(bytes), c = inside(&all, DER_SEQUENCE);
	unsigned version = number(&c);

	*s = (struct snmp){.version = version == 3 ? 3 : version + 1};
	if (version == 3)
		read_v3(&c, s);
	else if (version <= 1) {
		s->community = octets(&c);
		read_pdu(&c, s);
	} else
		cur_spoil(&c);
	return cur_ok(&c);
}

/* --- the parser -------------------------------------------------------------------- */

static bool
has_port(const struct flow *f, uint16_t port)
{
	return f->key.aport == port || f->key.bport == port;
}

static enum app_guess
snmp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	struct snmp s;

	(void)d;
	if (!has_port(f, PORT_AGENT) && !has_port(f, PORT_TRAP))
		return APP_NO;
	return snmp_parse(bytes, &s) ? APP_YES : APP_NO;
}

static void *
snmp_state_new(void)
{
	return calloc(1, sizeof(struct state));
}

static size_t
snmp_read(struct app_flow *a, const struct stream_news *n)
{
	struct state *state = a->state;
	struct snmp said;
	struct snmp_tx *t;

	if (n->kind != STREAM_DATAGRAM || n->data.len == 0)
		return n->data.len;
	if (!snmp_parse(n->data, &said)) {
		message_event_of_last(a, EVENT_MALFORMED);
		return n->data.len;
	}
	t = (struct snmp_tx *)message_tx_new(a, n->to_server ? APP_TS : APP_TC,
	    sizeof(*t), said.has_usm ? said.usm : said.community);
	if (t == NULL)
		return n->data.len;
	t->said = said;
	if (said.has_usm)
		t->said.usm = t->m.bytes;
	else
		t->said.community = t->m.bytes;
	if (said.version == 3 && said.model != MODEL_USER)
		app_tx_event(&t->m.tx, EVENT_SECURITY_MODEL);
	if (state->version == 0)
		state->version = said.version;
	if (state->version != said.version)
		app_tx_event(&t->m.tx, EVENT_VERSION);
	return n->data.len;
}

/* --- what rules and records ask for ------------------------------------------------- */

static enum app_have
snmp_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct snmp *s = &((const struct snmp_tx *)tx)->said;

	(void)a;
	(void)d;
	(void)instance;
	switch (b) {
	case APP_SNMP_VERSION:
		out->number = s->version;
		return APP_HAVE;
	case APP_SNMP_PDU_TYPE:
		out->number = s->pdu;
		return s->has_pdu ? APP_HAVE : APP_ABSENT;
	case APP_SNMP_COMMUNITY:
		out->bytes = s->community;
		return s->version < 3 ? APP_HAVE : APP_ABSENT;
	case APP_SNMP_USM:
		out->bytes = s->usm;
		return s->has_usm ? APP_HAVE : APP_ABSENT;
	default:
		return APP_ABSENT;
	}
}

static void
snmp_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	static const char *const pdus[PDU_MAX + 1] = {"get_request",
	    "get_next_request", "response", "set_request", "trap_v1",
	    "get_bulk_request", "inform_request", "trap_v2", "report"};
	const struct snmp *s = &((const struct snmp_tx *)tx)->said;

	(void)a;
	jw_uint(w, "version", s->version);
	if (s->encrypted)
		jw_str(w, "pdu_type", "encrypted");
	else if (s->has_pdu)
		jw_str(w, "pdu_type", pdus[s->pdu]);
	if (s->version < 3)
		jw_strn(w, "community", s->community.p, s->community.len);
	if (s->has_usm)
		jw_strn(w, "usm", s->usm.p, s->usm.len);
}

static const struct app_use USE[] = {
    {APP_SNMP_VERSION, {SNMP_DONE, SNMP_DONE}},
    {APP_SNMP_PDU_TYPE, {SNMP_DONE, SNMP_DONE}},
    {APP_SNMP_COMMUNITY, {SNMP_DONE, SNMP_DONE}},
    {APP_SNMP_USM, {SNMP_DONE, SNMP_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser snmp_parser = {
    .id = APP_SNMP,
    .name = "snmp",
    .word = "snmp",
    .over = APP_OVER_UDP,
    .done = {SNMP_DONE, SNMP_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = snmp_probe,
    .state_new = snmp_state_new,
    .state_free = message_state_free,
    .read = snmp_read,
    .tx_release = message_tx_release,
    .buffer = snmp_buffer,
    .write = snmp_write,
};
