/* SPDX-License-Identifier: EUPL-1.2 */
/* DNS messages: header, names, questions, records (RFC 1035, section 4). */
#include "agent/app/dns_message.h"

void
dns_header_read(struct cursor *c, struct dns_header *out)
{
	out->id = cur_be16(c);
	out->flags = cur_be16(c);
	for (int i = 0; i < DNS_SECTIONS; i++)
		out->count[i] = cur_be16(c);
}

bool
dns_header_fits(const struct dns_header *h, size_t message)
{
	size_t least = DNS_HEADER_SIZE;

	/* A name of one byte and something behind it. */
	for (int i = 0; i < DNS_SECTIONS; i++)
		least += 2 * (size_t)h->count[i];
	return least <= message;
}

unsigned
dns_opcode(const struct dns_header *h)
{
	return (h->flags >> 11) & 0xf;
}

unsigned
dns_rcode(const struct dns_header *h)
{
	return h->flags & 0xf;
}

/* --- names (section 4.1.4: a pointer ends a name here and goes on there) ------- */

static void
add_label(struct dns_name *n, const uint8_t *label, size_t len)
{
	size_t dot = n->len > 0 ? 1 : 0, room = DNS_NAME_MAX - n->len;

	if (n->too_long)
		return;
	if (dot + len > room) {
		n->too_long = true;
		if (room > 0 && dot > 0)
			n->text[n->len++] = '.';
		room = DNS_NAME_MAX - n->len;
		len = len < room ? len : room;
	} else if (dot > 0)
		n->text[n->len++] = '.';
	memcpy(n->text + n->len, label, len);
	n->len += len;
}

/* Where the name goes on; false: nowhere. */
static bool
follow(struct cursor *at, struct span message, struct dns_name *out)
{
	const uint8_t *here = at->pos;
	size_t offset = cur_be16(at) & 0x3fff;

	if (!cur_ok(at) || offset > message.len) {
		cur_spoil(at);
		return false;
	}
	if (message.p + offset == here) {
		out->loop = true;
		return false;
	}
	*at = cur_of(message.p + offset, message.len - offset);
	return true;
}

void
dns_name_read(struct cursor *c, struct span message, struct dns_name *out)
{
	struct cursor at = *c;
	bool jumped = false;

	out->len = 0;
	out->too_long = out->loop = out->many_labels = false;
	for (unsigned steps = 0; at.left > 0; steps++) {
		uint8_t head = *cur_peek(&at, 1);
		bool pointer = (head & 0xc0) == 0xc0;

		if (steps == DNS_LABELS_MAX) {
			out->many_labels = true;
			if (!jumped)
				cur_spoil(c);
			return;
		}
		if (pointer) {
			bool goes_on;

			if (!jumped) {
				cur_take(c, (size_t)(at.pos - c->pos));
				cur_take(c, 2);
			}
			jumped = true;
			goes_on = follow(&at, message, out);
			if (!cur_ok(&at))
				cur_spoil(c);
			if (!goes_on)
				return;
			continue;
		}
		cur_u8(&at);
		if (head == 0)
			break;
		if (head & 0xc0 || cur_peek(&at, head) == NULL) {
			cur_spoil(c);
			return;
		}
		add_label(out, cur_take(&at, head), head);
	}
	if (!jumped)
		*c = at;
}

void
dns_question_read(struct cursor *c, struct span message, struct dns_question *out)
{
	dns_name_read(c, message, &out->name);
	out->type = cur_be16(c);
	out->class = cur_be16(c);
}

void
dns_record_read(struct cursor *c, struct span message, struct dns_record *out)
{
	struct cursor data;

	dns_name_read(c, message, &out->name);
	out->type = cur_be16(c);
	out->class = cur_be16(c);
	out->ttl = cur_be32(c);
	data = cur_sub(c, cur_be16(c));
	out->data = cur_rest(&data);
}

/* --- names of numbers (IANA, "Domain Name System (DNS) Parameters") ------------- */

static const struct {
	uint16_t type;
	const char *name;
} TYPES[] = {
    {1, "A"},
    {2, "NS"},
    {3, "MD"},
    {4, "MF"},
    {5, "CNAME"},
    {6, "SOA"},
    {7, "MB"},
    {8, "MG"},
    {9, "MR"},
    {10, "NULL"},
    {11, "WKS"},
    {12, "PTR"},
    {13, "HINFO"},
    {14, "MINFO"},
    {15, "MX"},
    {16, "TXT"},
    {17, "RP"},
    {18, "AFSDB"},
    {19, "X25"},
    {20, "ISDN"},
    {21, "RT"},
    {22, "NSAP"},
    {23, "NSAPPTR"},
    {24, "SIG"},
    {25, "KEY"},
    {26, "PX"},
    {27, "GPOS"},
    {28, "AAAA"},
    {29, "LOC"},
    {30, "NXT"},
    {33, "SRV"},
    {34, "ATMA"},
    {35, "NAPTR"},
    {36, "KX"},
    {37, "CERT"},
    {38, "A6"},
    {39, "DNAME"},
    {41, "OPT"},
    {42, "APL"},
    {43, "DS"},
    {44, "SSHFP"},
    {45, "IPSECKEY"},
    {46, "RRSIG"},
    {47, "NSEC"},
    {48, "DNSKEY"},
    {49, "DHCID"},
    {50, "NSEC3"},
    {51, "NSEC3PARAM"},
    {52, "TLSA"},
    {55, "HIP"},
    {59, "CDS"},
    {60, "CDNSKEY"},
    {64, "SVCB"},
    {65, "HTTPS"},
    {99, "SPF"},
    {249, "TKEY"},
    {250, "TSIG"},
    {251, "IXFR"},
    {252, "AXFR"},
    {253, "MAILB"},
    {254, "MAILA"},
    {255, "ANY"},
    {256, "URI"},
};

static const char *const RCODES[] = {
    "NOERROR",
    "FORMERR",
    "SERVFAIL",
    "NXDOMAIN",
    "NOTIMP",
    "REFUSED",
    "YXDOMAIN",
    "YXRRSET",
    "NXRRSET",
    "NOTAUTH",
    "NOTZONE",
};

const char *
dns_type_name(uint16_t type)
{
	for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++)
		if (TYPES[i].type == type)
			return TYPES[i].name;
	return NULL;
}

const char *
dns_rcode_name(unsigned rcode)
{
	return rcode < sizeof(RCODES) / sizeof(RCODES[0]) ? RCODES[rcode] : NULL;
}
