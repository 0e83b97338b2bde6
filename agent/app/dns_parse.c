/* SPDX-License-Identifier: EUPL-1.2 */
/* One DNS message: all of it must read, some of it is kept for rules. */
#include "agent/app/dns.h"

static void
note_name(struct dns_parsed *out, const struct dns_name *n)
{
	if (n->too_long)
		out->events |= 1u << DNS_EVENT_NAME_TOO_LONG;
	if (n->loop)
		out->events |= 1u << DNS_EVENT_LOOP;
	if (n->many_labels)
		out->events |= 1u << DNS_EVENT_MANY_LABELS;
}

static void
keep_question(struct dns_parsed *out, const struct dns_question *q)
{
	note_name(out, &q->name);
	if (out->asked_n == DNS_QUESTIONS_MAX)
		return;
	out->asked[out->asked_n++] =
	    (struct dns_asked){q->type, out->names_len, q->name.len};
	memcpy(out->names + out->names_len, q->name.text, q->name.len);
	out->names_len += q->name.len;
}

static void
keep_record(struct dns_parsed *out, int section, const struct dns_record *r)
{
	note_name(out, &r->name);
	if (section == DNS_ANSWERS && out->types_n < DNS_RECORD_TYPES_MAX)
		out->types[out->types_n++] = r->type;
}

bool
dns_parse(struct span message, struct dns_parsed *out)
{
	struct cursor c = cur_of_span(message);
	struct dns_question q;
	struct dns_record r;

	out->asked_n = out->types_n = 0;
	out->events = 0;
	out->names_len = 0;
	dns_header_read(&c, &out->header);
	if (!cur_ok(&c) || !dns_header_fits(&out->header, message.len))
		return false;
	for (unsigned i = 0; i < out->header.count[DNS_QUESTIONS]; i++) {
		dns_question_read(&c, message, &q);
		if (!cur_ok(&c))
			return false;
		keep_question(out, &q);
	}
	for (int s = DNS_ANSWERS; s < DNS_SECTIONS; s++)
		for (unsigned i = 0; i < out->header.count[s]; i++) {
			dns_record_read(&c, message, &r);
			if (!cur_ok(&c))
				return false;
			keep_record(out, s, &r);
		}
	out->used = message.len - c.left;
	return true;
}
