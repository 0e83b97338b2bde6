/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * EVE's "dns" object of an alert, dialect 7 (soc.md 3b): what was asked, or the
 * answer with its records.  The message is read again, from its own bytes.
 */
#include "agent/app/dns.h"

#include "common/jw.h"

#include <stdio.h>

/* Of the kinds that "grouped" lists. */
static const uint16_t GROUPED[] = {DNS_A, DNS_AAAA, DNS_CNAME, DNS_MX, DNS_NS,
    DNS_NULL, DNS_PTR, DNS_SRV, DNS_TXT};

static void
write_type(struct jw *w, uint16_t type)
{
	const char *name = dns_type_name(type);
	char text[16];

	if (name == NULL) {
		snprintf(text, sizeof(text), "TYPE%u", type);
		name = text;
	}
	jw_str(w, "rrtype", name);
}

static void
write_name(struct jw *w, const char *key, const struct dns_name *n)
{
	jw_strn(w, key, n->text, n->len);
}

/* --- data of records ------------------------------------------------------------ */

/* As Suricata writes addresses of answers: IPv6 in pairs, nothing left out. */
static void
write_address(struct jw *w, const char *key, struct span data)
{
	char text[64];
	size_t n = 0;

	if (data.len == 4) {
		snprintf(text, sizeof(text), "%u.%u.%u.%u", data.p[0], data.p[1],
		    data.p[2], data.p[3]);
		jw_str(w, key, text);
	}
	for (size_t i = 0; data.len == 16 && i < 16; i += 2)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%x%02x",
		    i > 0 ? ":" : "", data.p[i], data.p[i + 1]);
	if (data.len == 16)
		jw_str(w, key, text);
}

/* A name behind skip bytes. */
static void
write_data_name(struct jw *w, const char *key, struct span message,
    struct span data, size_t skip)
{
	struct cursor c = cur_of_span(data);
	struct dns_name n;

	cur_take(&c, skip);
	dns_name_read(&c, message, &n);
	if (cur_ok(&c))
		write_name(w, key, &n);
}

static void
write_texts(struct jw *w, const char *key, struct span data)
{
	struct cursor c = cur_of_span(data);

	while (c.left > 0) {
		struct cursor one = cur_sub(&c, cur_u8(&c));
		struct span s = cur_rest(&one);

		if (cur_ok(&c))
			jw_strn(w, key, s.p, s.len);
	}
}

static void
write_soa(struct jw *w, struct span message, struct span data)
{
	static const char *const keys[] = {
	    "serial", "refresh", "retry", "expire", "minimum"};
	struct cursor c = cur_of_span(data);
	struct dns_name mname, rname;

	dns_name_read(&c, message, &mname);
	dns_name_read(&c, message, &rname);
	if (!cur_ok(&c) || cur_peek(&c, 4 * 5) == NULL)
		return;
	jw_object(w, "soa");
	write_name(w, "mname", &mname);
	write_name(w, "rname", &rname);
	for (int i = 0; i < 5; i++)
		jw_uint(w, keys[i], cur_be32(&c));
	jw_end_object(w);
}

static void
write_srv(struct jw *w, const char *key, struct span message, struct span data)
{
	struct cursor c = cur_of_span(data);
	unsigned priority = cur_be16(&c), weight = cur_be16(&c),
		 port = cur_be16(&c);
	struct dns_name n;

	dns_name_read(&c, message, &n);
	if (!cur_ok(&c))
		return;
	jw_object(w, key);
	jw_uint(w, "priority", priority);
	jw_uint(w, "weight", weight);
	jw_uint(w, "port", port);
	write_name(w, "name", &n);
	jw_end_object(w);
}

static void
write_sshfp(struct jw *w, struct span data)
{
	struct cursor c = cur_of_span(data);
	unsigned algorithm = cur_u8(&c), type = cur_u8(&c);
	struct span sum = cur_rest(&c);
	char text[3 * 64 + 1] = "";

	if (!cur_ok(&c))
		return;
	for (size_t i = 0; i < sum.len && i < 64; i++)
		snprintf(text + (i > 0 ? 3 * i - 1 : 0), 4, "%s%02x",
		    i > 0 ? ":" : "", sum.p[i]);
	jw_object(w, "sshfp");
	jw_str(w, "fingerprint", text);
	jw_uint(w, "algo", algorithm);
	jw_uint(w, "type", type);
	jw_end_object(w);
}

static void
write_data(
    struct jw *w, const char *key, struct span message, const struct dns_record *r)
{
	switch (r->type) {
	case DNS_A:
	case DNS_AAAA:
		write_address(w, key, r->data);
		break;
	case DNS_CNAME:
	case DNS_NS:
	case DNS_PTR:
		write_data_name(w, key, message, r->data, 0);
		break;
	case DNS_MX:
		write_data_name(w, key, message, r->data, sizeof(uint16_t));
		break;
	case DNS_TXT:
		write_texts(w, key, r->data);
		break;
	case DNS_NULL:
		jw_strn(w, key, r->data.p, r->data.len);
		break;
	case DNS_SRV:
		write_srv(w, key == NULL ? NULL : "srv", message, r->data);
		break;
	case DNS_SOA:
		if (key != NULL)
			write_soa(w, message, r->data);
		break;
	case DNS_SSHFP:
		if (key != NULL)
			write_sshfp(w, r->data);
		break;
	default:
		break;
	}
}

static void
write_record(struct jw *w, struct span message, const struct dns_record *r)
{
	/* Of several texts, a record each: "rdata" is there once. */
	struct dns_record one = *r;
	struct cursor c = cur_of_span(r->data);

	do {
		if (r->type == DNS_TXT && c.left > 0) {
			const uint8_t *at = c.pos;
			struct cursor text = cur_sub(&c, cur_u8(&c));

			one.data =
			    (struct span){at, cur_ok(&text) ? text.left + 1 : 0};
		}
		jw_object(w, NULL);
		write_name(w, "rrname", &one.name);
		write_type(w, one.type);
		jw_uint(w, "ttl", one.ttl);
		write_data(w, "rdata", message, &one);
		jw_end_object(w);
	} while (r->type == DNS_TXT && cur_ok(&c) && c.left > 0);
}

/* --- sections ------------------------------------------------------------------- */

static void
skip_questions(struct cursor *c, const struct dns_tx *t)
{
	struct dns_header h;
	struct dns_question q;

	dns_header_read(c, &h);
	for (unsigned i = 0; i < h.count[DNS_QUESTIONS]; i++)
		dns_question_read(c, t->message, &q);
}

static void
write_section(struct jw *w, const char *key, struct cursor *c, struct span message,
    unsigned count)
{
	struct dns_record r;

	if (count == 0)
		return;
	jw_array(w, key);
	for (unsigned i = 0; i < count; i++) {
		dns_record_read(c, message, &r);
		write_record(w, message, &r);
	}
	jw_end_array(w);
}

static void
write_group(struct jw *w, const struct dns_tx *t, struct cursor c, uint16_t type)
{
	bool any = false;
	struct dns_record r;

	for (unsigned i = 0; i < t->header.count[DNS_ANSWERS]; i++) {
		dns_record_read(&c, t->message, &r);
		if (r.type != type)
			continue;
		if (!any)
			jw_array(w, dns_type_name(type));
		any = true;
		write_data(w, NULL, t->message, &r);
	}
	if (any)
		jw_end_array(w);
}

static void
write_grouped(struct jw *w, const struct dns_tx *t, struct cursor c)
{
	jw_object(w, "grouped");
	for (size_t i = 0; i < sizeof(GROUPED) / sizeof(GROUPED[0]); i++)
		write_group(w, t, c, GROUPED[i]);
	jw_end_object(w);
}

/* --- messages -------------------------------------------------------------------- */

static void
write_question(struct jw *w, const struct dns_tx *t, const struct dns_asked *q)
{
	jw_strn(w, "rrname", t->bytes + q->offset, q->len);
	write_type(w, q->type);
}

static void
write_query(struct jw *w, const struct dns_tx *t)
{
	jw_array(w, "query");
	for (unsigned i = 0; i < t->asked_n; i++) {
		jw_object(w, NULL);
		jw_str(w, "type", "query");
		jw_uint(w, "id", t->header.id);
		write_question(w, t, &t->asked[i]);
		jw_uint(w, "tx_id", t->tx.id);
		if (t->header.flags & DNS_Z)
			jw_bool(w, "z", true);
		jw_uint(w, "opcode", dns_opcode(&t->header));
		jw_end_object(w);
	}
	jw_end_array(w);
}

static void
write_flags(struct jw *w, const struct dns_header *h)
{
	static const struct {
		const char *key;
		uint16_t flag;
	} flags[] = {{"qr", DNS_RESPONSE}, {"aa", DNS_AUTHORITATIVE},
	    {"tc", DNS_TRUNCATED}, {"rd", DNS_RECURSION_DESIRED},
	    {"ra", DNS_RECURSION_AVAILABLE}, {"z", DNS_Z}};
	char text[8];

	snprintf(text, sizeof(text), "%x", h->flags);
	jw_str(w, "flags", text);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (h->flags & flags[i].flag)
			jw_bool(w, flags[i].key, true);
}

static void
write_rcode(struct jw *w, const struct dns_header *h)
{
	const char *name = dns_rcode_name(dns_rcode(h));
	char text[16];

	if (name == NULL) {
		snprintf(text, sizeof(text), "RCODE%u", dns_rcode(h));
		name = text;
	}
	jw_str(w, "rcode", name);
}

static void
write_answer(struct jw *w, const struct dns_tx *t)
{
	const struct dns_header *h = &t->header;
	struct cursor c = cur_of_span(t->message);

	jw_object(w, "answer");
	jw_uint(w, "version", 2);
	jw_str(w, "type", "answer");
	jw_uint(w, "id", h->id);
	write_flags(w, h);
	jw_uint(w, "opcode", dns_opcode(h));
	if (t->asked_n > 0)
		write_question(w, t, &t->asked[0]);
	write_rcode(w, h);
	skip_questions(&c, t);
	if (h->count[DNS_ANSWERS] > 0) {
		struct cursor answers = c;

		write_section(w, "answers", &c, t->message, h->count[DNS_ANSWERS]);
		write_grouped(w, t, answers);
	}
	write_section(w, "authorities", &c, t->message, h->count[DNS_AUTHORITIES]);
	jw_end_object(w);
}

void
dns_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct dns_tx *t = (const struct dns_tx *)tx;

	(void)a;
	jw_uint(w, "version", 2);
	if (t->response)
		write_answer(w, t);
	else
		write_query(w, t);
}
