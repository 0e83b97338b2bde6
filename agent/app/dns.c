/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * DNS over UDP and TCP (RFC 1035; over TCP each message has its length in two
 * bytes in front, section 4.2.2).  On port 53 any header that could be one is
 * DNS, as in Suricata; elsewhere the first message must be one to its last byte.
 * Multicast DNS, LLMNR and NetBIOS names look like DNS and are not, here.
 */
#include "agent/app/dns.h"

#include <stdlib.h>

enum {
	PORT_DNS = 53,
	PORT_NETBIOS = 137,
	PORT_MDNS = 5353,
	PORT_LLMNR = 5355,
	LENGTH_SIZE = 2,
	CLASS_IN = 1,
	OPCODES = 7, /* 7 to 15 are unassigned */
};

enum dns_state_of_tx {
	DNS_OPEN,
	DNS_DONE,
};

struct dns_state {
	struct buf part[APP_DIRS]; /* TCP: a message that is not whole yet */
	bool gap[APP_DIRS];	   /* TCP: look for the next message */
	size_t behind;		   /* TCP: of the news, behind the bytes at hand */
	bool begun;
	bool reversed; /* the first message that we saw was an answer */
};

/* --- is it DNS? --------------------------------------------------------------- */

static bool
has_port(const struct flow *f, uint16_t port)
{
	return f->key.aport == port || f->key.bport == port;
}

static bool
is_plain_name(const struct dns_name *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->text[i] <= ' ' || n->text[i] > '~')
			return false;
	return n->len > 0 && !n->loop && !n->too_long && !n->many_labels;
}

/* Nothing but one usual question, and all bytes used. */
static bool
is_surely_dns(struct span message)
{
	struct cursor c = cur_of_span(message);
	struct dns_header h;
	struct dns_question q;
	struct dns_record r;

	dns_header_read(&c, &h);
	if (!cur_ok(&c) || !dns_header_fits(&h, message.len) ||
	    h.count[DNS_QUESTIONS] != 1 || dns_opcode(&h) != 0 ||
	    (h.flags & DNS_Z) || dns_rcode_name(dns_rcode(&h)) == NULL)
		return false;
	if (!(h.flags & DNS_RESPONSE) &&
	    (h.count[DNS_ANSWERS] > 0 || h.count[DNS_AUTHORITIES] > 0))
		return false;
	dns_question_read(&c, message, &q);
	if (!cur_ok(&c) || q.class != CLASS_IN || dns_type_name(q.type) == NULL ||
	    !is_plain_name(&q.name))
		return false;
	for (int s = DNS_ANSWERS; s < DNS_SECTIONS; s++)
		for (unsigned i = 0; i < h.count[s] && cur_ok(&c); i++)
			dns_record_read(&c, message, &r);
	return cur_ok(&c) && c.left == 0;
}

/* A header that could be one, and questions that read if they are all there. */
static bool
may_be_dns(struct span message, size_t wanted)
{
	struct cursor c = cur_of_span(message);
	struct dns_header h;
	struct dns_question q;

	dns_header_read(&c, &h);
	if (!cur_ok(&c) || !dns_header_fits(&h, wanted))
		return false;
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS]; i++) {
		dns_question_read(&c, message, &q);
		if (!cur_ok(&c))
			return message.len < wanted;
	}
	return true;
}

static enum app_guess
probe_tcp(const struct flow *f, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	size_t wanted = cur_be16(&c);
	struct span message;

	if (!has_port(f, PORT_DNS)) {
		message = cur_rest(&c);
		return message.len == wanted && is_surely_dns(message) ? APP_YES
								       : APP_NO;
	}
	if (bytes.len < LENGTH_SIZE + DNS_HEADER_SIZE)
		return APP_MORE;
	message = cur_rest(&c);
	if (message.len > wanted)
		message.len = wanted;
	return may_be_dns(message, wanted) ? APP_YES : APP_NO;
}

static enum app_guess
probe(const struct flow *f, enum app_dir d, struct span bytes, bool tcp)
{
	(void)d;
	if (has_port(f, PORT_MDNS) || has_port(f, PORT_LLMNR) ||
	    has_port(f, PORT_NETBIOS))
		return APP_NO;
	if (tcp)
		return probe_tcp(f, bytes);
	if (has_port(f, PORT_DNS))
		return may_be_dns(bytes, bytes.len) ? APP_YES : APP_NO;
	return is_surely_dns(bytes) ? APP_YES : APP_NO;
}

static enum app_guess
dns_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	enum {
		TCP = 6
	};

	return probe(f, d, bytes, f->key.proto == TCP);
}

/* --- state ---------------------------------------------------------------------- */

static void *
dns_state_new(void)
{
	struct dns_state *s = calloc(1, sizeof(*s));

	for (int d = 0; s != NULL && d < APP_DIRS; d++)
		buf_init(&s->part[d], LENGTH_SIZE + UINT16_MAX);
	return s;
}

static void
dns_state_free(void *state)
{
	struct dns_state *s = state;

	for (int d = 0; d < APP_DIRS; d++)
		buf_release(&s->part[d]);
	free(s);
}

/* --- messages ------------------------------------------------------------------- */

/* As Suricata: what is wrong with a message that is no transaction is told with
 * the one before it, if that is still there. */
static void
event_of_last(struct app_flow *a, enum dns_event e)
{
	if (a->last != NULL)
		app_tx_event(a->last, e);
}

static struct dns_tx *
make_tx(struct app_flow *a, enum app_dir d, const struct dns_parsed *p,
    struct span message)
{
	enum app_dir other = d == APP_TS ? APP_TC : APP_TS;
	struct dns_tx *t;

	if (!app_hold(a, p->names_len + message.len))
		return NULL;
	t = (struct dns_tx *)app_tx_new(a, sizeof(*t) + p->names_len + message.len);
	if (t == NULL) {
		app_drop(a, p->names_len + message.len);
		return NULL;
	}
	t->header = p->header;
	t->response = (p->header.flags & DNS_RESPONSE) != 0;
	t->asked_n = p->asked_n;
	memcpy(t->asked, p->asked, p->asked_n * sizeof(p->asked[0]));
	t->types_n = p->types_n;
	memcpy(t->types, p->types, p->types_n * sizeof(p->types[0]));
	memcpy(t->bytes, p->names, p->names_len);
	memcpy(t->bytes + p->names_len, message.p, message.len);
	t->message = (struct span){t->bytes + p->names_len, message.len};
	t->tx.progress[APP_TS] = t->tx.progress[APP_TC] = DNS_DONE;
	t->tx.inspected[other] = true;
	return t;
}

/* False: broken, and over TCP nothing that follows can be trusted. */
static bool
on_message(struct app_flow *a, enum app_dir d, struct span message)
{
	struct dns_state *s = a->state;
	struct dns_parsed parsed, *p = &parsed;
	bool response, expected;
	struct dns_tx *t;

	if (!dns_parse(message, p)) {
		event_of_last(a, DNS_EVENT_MALFORMED);
		return false;
	}
	response = (p->header.flags & DNS_RESPONSE) != 0;
	if (!s->begun) {
		s->begun = true;
		s->reversed = response != (d == APP_TC);
	}
	expected = (d == APP_TC) != s->reversed;
	if (response != expected) {
		event_of_last(
		    a, expected ? DNS_EVENT_NOT_RESPONSE : DNS_EVENT_NOT_REQUEST);
		return false;
	}
	if ((t = make_tx(a, d, p, message)) == NULL)
		return true;
	t->tx.events |= p->events;
	if (p->header.count[DNS_QUESTIONS] > DNS_QUESTIONS_MAX ||
	    p->header.count[DNS_ANSWERS] > DNS_RECORD_TYPES_MAX)
		app_cut(a);
	if (p->header.flags & DNS_Z)
		app_tx_event(&t->tx, DNS_EVENT_Z);
	if (dns_opcode(&p->header) >= OPCODES)
		app_tx_event(&t->tx, DNS_EVENT_OPCODE);
	return true;
}

static void
keep_part(struct app_flow *a, enum app_dir d, struct span rest)
{
	struct dns_state *s = a->state;

	if (!app_hold(a, rest.len) || buf_add(&s->part[d], rest.p, rest.len) == -1)
		app_stop(a, d);
}

static void
drop_part(struct app_flow *a, enum app_dir d)
{
	struct dns_state *s = a->state;

	app_drop(a, s->part[d].len);
	buf_reset(&s->part[d]);
}

/* The next message of c, whole, with its length; false: it is not whole yet. */
static bool
next_message(struct cursor *c, struct span *message)
{
	struct cursor at = *c, m;

	m = cur_sub(&at, cur_be16(&at));
	if (!cur_ok(&m))
		return false;
	*message = cur_rest(&m);
	*c = at;
	return true;
}

static void
on_bytes(struct app_flow *a, enum app_dir d, struct cursor c)
{
	struct dns_state *s = a->state;
	struct span message;

	while (c.left > 0 && !a->stopped[d] && next_message(&c, &message)) {
		app_frame_whole(a, d, APP_FRAME_DNS_PDU,
		    s->behind + c.left + message.len, message.len);
		if (message.len == 0 || on_message(a, d, message)) {
			stream_flush(a->flow, d == APP_TS);
			continue;
		}
		app_stop(a, APP_TS);
		app_stop(a, APP_TC);
	}
	drop_part(a, d);
	if (c.left > 0 && !a->stopped[d])
		keep_part(a, d, cur_rest(&c));
	if (s->part[d].len == 0)
		buf_release(&s->part[d]);
}

/* Bytes of the stream, behind those that are kept: a message at a time, so that
 * the part never outgrows one. */
static void
on_stream(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct dns_state *s = a->state;
	struct buf *part = &s->part[d];
	struct cursor c = cur_of_span(bytes);

	if (s->gap[d]) {
		if (probe(a->flow, d, bytes, true) == APP_NO)
			return;
		s->gap[d] = false;
	}
	while (part->len > 0 && c.left > 0 && !a->stopped[d]) {
		struct cursor have = cur_of(part->data, part->len);
		size_t whole = LENGTH_SIZE;

		if (part->len >= LENGTH_SIZE)
			whole += cur_be16(&have);
		whole -= part->len;
		whole = whole < c.left ? whole : c.left;
		keep_part(a, d, (struct span){cur_take(&c, whole), whole});
		have = cur_of(part->data, part->len);
		if (part->len >= LENGTH_SIZE &&
		    LENGTH_SIZE + (size_t)cur_be16(&have) == part->len) {
			struct buf full = *part;

			buf_init(part, full.max);
			app_drop(a, full.len);
			s->behind = c.left;
			on_bytes(a, d, cur_of(full.data, full.len));
			buf_release(&full);
			s->behind = 0;
		}
	}
	if (c.left > 0 && !a->stopped[d])
		on_bytes(a, d, c);
}

static size_t
dns_read(struct app_flow *a, const struct stream_news *n)
{
	struct dns_state *s = a->state;
	enum app_dir d = n->to_server ? APP_TS : APP_TC;

	switch (n->kind) {
	case STREAM_DATAGRAM:
		app_frame_whole(a, d, APP_FRAME_DNS_PDU, n->data.len, n->data.len);
		on_message(a, d, n->data);
		break;
	case STREAM_DATA:
		on_stream(a, d, n->data);
		break;
	case STREAM_GAP:
		drop_part(a, d);
		s->gap[d] = true;
		break;
	case STREAM_END:
		drop_part(a, d);
		break;
	}
	return n->data.len;
}

static void
dns_tx_release(struct app_flow *a, struct app_tx *tx)
{
	const struct dns_tx *t = (const struct dns_tx *)tx;

	app_drop(a, (size_t)(t->message.p - t->bytes) + t->message.len);
}

/* --- what rules ask for ----------------------------------------------------------- */

static enum app_have
give_number(struct app_bytes *out, uint64_t number)
{
	out->number = number;
	return APP_HAVE;
}

static enum app_have
give_type(const struct dns_tx *t, unsigned i, struct app_bytes *out)
{
	if (t->response)
		return i < t->types_n ? give_number(out, t->types[i]) : APP_ABSENT;
	return i < t->asked_n ? give_number(out, t->asked[i].type) : APP_ABSENT;
}

static enum app_have
dns_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct dns_tx *t = (const struct dns_tx *)tx;

	(void)a;
	(void)d;
	switch (b) {
	case APP_DNS_QUERY:
		if (t->response || instance >= t->asked_n)
			return APP_ABSENT;
		out->bytes.p = t->bytes + t->asked[instance].offset;
		out->bytes.len = t->asked[instance].len;
		return APP_HAVE;
	case APP_DNS_OPCODE:
		return give_number(out, dns_opcode(&t->header));
	case APP_DNS_RCODE:
		return give_number(out, dns_rcode(&t->header));
	case APP_DNS_RRTYPE:
		return give_type(t, instance, out);
	default:
		return APP_ABSENT;
	}
}

/* --- the table ---------------------------------------------------------------------- */

static const struct app_use USE[] = {
    {APP_DNS_QUERY, {DNS_DONE, APP_NEVER}},
    {APP_DNS_OPCODE, {DNS_DONE, DNS_DONE}},
    {APP_DNS_RCODE, {DNS_DONE, DNS_DONE}},
    {APP_DNS_RRTYPE, {DNS_DONE, DNS_DONE}},
    {APP_FRAME_DNS_PDU, {0, 0}},
    {APP_BUFFER_NONE, {0, 0}},
};

static const char *const EVENTS[DNS_EVENTS + 1] = {
    [DNS_EVENT_MALFORMED] = "malformed_data",
    [DNS_EVENT_NOT_REQUEST] = "not_request",
    [DNS_EVENT_NOT_RESPONSE] = "not_response",
    [DNS_EVENT_Z] = "z_flag_set",
    [DNS_EVENT_OPCODE] = "invalid_opcode",
    [DNS_EVENT_NAME_TOO_LONG] = "name_too_long",
    [DNS_EVENT_LOOP] = "infinite_loop",
    [DNS_EVENT_MANY_LABELS] = "too_many_labels",
};

const struct app_parser dns_parser = {
    .id = APP_DNS,
    .name = "dns",
    .word = "dns",
    .over = APP_OVER_TCP | APP_OVER_UDP,
    .takes_gaps = true,
    .late_frames = true,
    .done = {DNS_DONE, DNS_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = dns_probe,
    .state_new = dns_state_new,
    .state_free = dns_state_free,
    .read = dns_read,
    .tx_release = dns_tx_release,
    .buffer = dns_buffer,
    .write = dns_write,
};
