/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages of Kerberos 5 (RFC 4120, section 5.4 and 5.9). */
#include "agent/app/krb5.h"

#include "agent/app/der.h"

enum {
	APPLICATION = 0x60, /* constructed; the message's number in it */
	APPLICATION_MASK = 0xe0,
	NUMBER_MASK = 0x1f,
	TICKET = 0x61,
	GENERAL_STRING = 0x1b,
	VERSION = 5,
	LONG_FORM = 0x80,
};

/* --- fields ------------------------------------------------------------------------ */

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

/* The field of that number, behind those before it; false: it is not there. */
static bool
field(struct cursor *c, unsigned number, struct cursor *out)
{
	while (cur_ok(c) && c->left > 0) {
		struct cursor before = *c;
		struct der e;

		if (der_read(c, &e) != DER_OK || e.tag < DER_CONTEXT_0) {
			cur_spoil(c);
			return false;
		}
		if (e.tag == DER_CONTEXT_0 + number) {
			*out = cur_of_span(e.body);
			return true;
		}
		if (e.tag > DER_CONTEXT_0 + number) {
			*c = before;
			return false;
		}
	}
	return false;
}

/* The same of a field that must be there. */
static struct cursor
need(struct cursor *c, unsigned number)
{
	struct cursor out;

	if (field(c, number, &out))
		return out;
	cur_spoil(c);
	return (struct cursor){.bad = true};
}

static int32_t
integer(struct cursor *c)
{
	struct cursor n = inside(c, DER_INTEGER);
	uint32_t v = cur_peek(&n, 1) != NULL && (*n.pos & 0x80) ? UINT32_MAX : 0;

	if (n.left == 0 || n.left > sizeof(v))
		cur_spoil(c);
	while (cur_ok(c) && n.left > 0)
		v = v << 8 | cur_u8(&n);
	return (int32_t)v;
}

static int32_t
need_integer(struct cursor *c, unsigned number)
{
	struct cursor f = need(c, number);
	int32_t v = integer(&f);

	if (!cur_ok(&f))
		cur_spoil(c);
	return v;
}

static struct span
need_string(struct cursor *c, unsigned number)
{
	struct cursor f = need(c, number), s = inside(&f, GENERAL_STRING);

	if (!cur_ok(&f))
		cur_spoil(c);
	return cur_rest(&s);
}

bool
krb5_name_next(struct cursor *c, struct span *out)
{
	struct der e;

	if (c->left == 0 || der_expect(c, GENERAL_STRING, &e) != DER_OK)
		return false;
	*out = e.body;
	return true;
}

/* A PrincipalName: its components. */
static struct span
principal(struct cursor *c)
{
	struct cursor name = inside(c, DER_SEQUENCE), strings, each;
	struct span s;

	need_integer(&name, 0);
	strings = need(&name, 1);
	each = strings = inside(&strings, DER_SEQUENCE);
	while (krb5_name_next(&each, &s))
		continue;
	if (!cur_ok(&name) || !cur_ok(&strings) || each.left > 0) {
		cur_spoil(c);
		return (struct span){NULL, 0};
	}
	return cur_rest(&strings);
}

static struct span
need_principal(struct cursor *c, unsigned number)
{
	struct cursor f = need(c, number);
	struct span s = principal(&f);

	if (!cur_ok(&f))
		cur_spoil(c);
	return s;
}

static struct span
may_principal(struct cursor *c, unsigned number)
{
	struct cursor f;
	struct span s = {NULL, 0};

	if (!field(c, number, &f))
		return s;
	s = principal(&f);
	if (!cur_ok(&f))
		cur_spoil(c);
	return s;
}

/* What EncryptedData is encrypted with. */
static int32_t
need_etype(struct cursor *c, unsigned number)
{
	struct cursor f = need(c, number), data = inside(&f, DER_SEQUENCE);
	int32_t etype = need_integer(&data, 0);

	need(&data, 2);
	if (!cur_ok(&f) || !cur_ok(&data))
		cur_spoil(c);
	return etype;
}

/* --- messages ------------------------------------------------------------------------- */

static void
read_request(struct cursor *c, struct krb5_message *m)
{
	struct cursor f, body;

	need_integer(c, 1);
	need_integer(c, 2);
	f = need(c, 4);
	body = inside(&f, DER_SEQUENCE);
	need(&body, 0);
	m->cname = may_principal(&body, 1);
	m->realm = need_string(&body, 2);
	m->sname = may_principal(&body, 3);
	if (!cur_ok(&f) || !cur_ok(&body))
		cur_spoil(c);
}

static void
read_reply(struct cursor *c, struct krb5_message *m)
{
	struct cursor f, ticket, body;

	need_integer(c, 0);
	need_integer(c, 1);
	m->realm = need_string(c, 3);
	m->cname = need_principal(c, 4);
	f = need(c, 5);
	ticket = inside(&f, TICKET);
	body = inside(&ticket, DER_SEQUENCE);
	need_integer(&body, 0);
	need_string(&body, 1);
	m->sname = need_principal(&body, 2);
	m->ticket_etype = need_etype(&body, 3);
	m->etype = need_etype(c, 6);
	m->has_etypes = true;
	if (!cur_ok(&f) || !cur_ok(&ticket) || !cur_ok(&body))
		cur_spoil(c);
}

static void
read_error(struct cursor *c, struct krb5_message *m)
{
	need_integer(c, 0);
	need_integer(c, 1);
	need(c, 4);
	need_integer(c, 5);
	m->code = need_integer(c, 6);
	m->has_code = true;
	m->cname = may_principal(c, 8);
	need_string(c, 9);
	m->sname = need_principal(c, 10);
}

static const struct {
	uint8_t type;
	void (*read)(struct cursor *c, struct krb5_message *m);
} KINDS[] = {
    {KRB5_AS_REQ, read_request},
    {KRB5_AS_REP, read_reply},
    {KRB5_TGS_REQ, read_request},
    {KRB5_TGS_REP, read_reply},
    {KRB5_ERROR, read_error},
};

bool
krb5_message_read(struct span bytes, struct krb5_message *out)
{
	struct cursor c = cur_of_span(bytes), body, fields;
	const uint8_t *tag = cur_peek(&c, 1);

	memset(out, 0, sizeof(*out));
	if (tag == NULL)
		return false;
	out->type = *tag & NUMBER_MASK;
	for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++) {
		if (*tag != (APPLICATION | KINDS[i].type))
			continue;
		body = inside(&c, *tag);
		fields = inside(&body, DER_SEQUENCE);
		KINDS[i].read(&fields, out);
		return cur_ok(&c) && cur_ok(&body) && cur_ok(&fields);
	}
	return false;
}

/* A length, which may be of more than is here. */
static void
skip_length(struct cursor *c)
{
	uint8_t first = cur_u8(c);

	if (first == LONG_FORM || first > LONG_FORM + 4)
		cur_spoil(c);
	else if (first & LONG_FORM)
		cur_take(c, first & ~(unsigned)LONG_FORM);
}

enum app_guess
krb5_message_guess(struct cursor c)
{
	static const uint8_t version[] = {0x03, DER_INTEGER, 1, VERSION};
	struct cursor begin = c;
	uint8_t tag = cur_u8(&c), context;
	const uint8_t *p;

	if (cur_ok(&c) &&
	    ((tag & APPLICATION_MASK) != APPLICATION ||
		(tag & NUMBER_MASK) == NUMBER_MASK))
		return APP_NO;
	skip_length(&c);
	if (cur_u8(&c) != DER_SEQUENCE && cur_ok(&c))
		return APP_NO;
	skip_length(&c);
	context = cur_u8(&c);
	p = cur_take(&c, sizeof(version));
	if (p == NULL) /* at most so much stands before it */
		return begin.left < 2 + 2 * 5 + 1 + sizeof(version) ? APP_MORE
								    : APP_NO;
	return (context == DER_CONTEXT_0 || context == DER_CONTEXT_0 + 1) &&
		memcmp(p, version, sizeof(version)) == 0
	    ? APP_YES
	    : APP_NO;
}
