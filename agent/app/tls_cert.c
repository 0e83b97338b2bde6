/* SPDX-License-Identifier: EUPL-1.2 */
/* Certificates: names, serial number, validity, fingerprint (RFC 5280). */
#include "agent/app/tls_cert.h"

#include "agent/app/der.h"
#include "common/digest.h"

#include <string.h>

/* --- names (section 4.1.2.4), as OpenSSL's short names write them ---------------- */

static const struct {
	const char *oid, *name;
} ATTRIBUTES[] = {
    {"2.5.4.3", "CN"},
    {"2.5.4.4", "SN"},
    {"2.5.4.5", "serialNumber"},
    {"2.5.4.6", "C"},
    {"2.5.4.7", "L"},
    {"2.5.4.8", "ST"},
    {"2.5.4.9", "street"},
    {"2.5.4.10", "O"},
    {"2.5.4.11", "OU"},
    {"2.5.4.12", "title"},
    {"2.5.4.13", "description"},
    {"2.5.4.15", "businessCategory"},
    {"2.5.4.17", "postalCode"},
    {"2.5.4.41", "name"},
    {"2.5.4.42", "GN"},
    {"2.5.4.43", "initials"},
    {"2.5.4.46", "dnQualifier"},
    {"2.5.4.97", "organizationIdentifier"},
    {"0.9.2342.19200300.100.1.1", "UID"},
    {"0.9.2342.19200300.100.1.25", "DC"},
    {"1.2.840.113549.1.9.1", "emailAddress"},
    {"1.2.840.113549.1.9.2", "unstructuredName"},
    {"1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"},
    {"1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"},
    {"1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"},
};

static void
add_hex(struct buf *b, struct span s, bool upper, const char *between)
{
	for (size_t i = 0; i < s.len; i++)
		buf_addf(
		    b, upper ? "%s%02X" : "%s%02x", i > 0 ? between : "", s.p[i]);
}

static void
add_attribute_name(struct buf *b, struct span oid)
{
	char text[128];

	if (!der_oid_text(oid, text, sizeof(text))) {
		add_hex(b, oid, false, ".");
		return;
	}
	for (size_t i = 0; i < sizeof(ATTRIBUTES) / sizeof(ATTRIBUTES[0]); i++)
		if (strcmp(ATTRIBUTES[i].oid, text) == 0) {
			buf_adds(b, ATTRIBUTES[i].name);
			return;
		}
	buf_addf(b, "OID(%s)", text);
}

/* Two or four bytes a character, as UTF-8; those beyond it as a question mark. */
static void
add_wide(struct buf *b, struct span s, size_t width)
{
	struct cursor c = cur_of_span(s);

	while (c.left >= width) {
		uint32_t v = width == 2 ? cur_be16(&c) : cur_be32(&c);

		if (v < 0x80)
			buf_addc(b, (char)v);
		else if (v < 0x800)
			buf_addf(b, "%c%c", (char)(0xc0 | v >> 6),
			    (char)(0x80 | (v & 0x3f)));
		else if (v < 0x10000)
			buf_addf(b, "%c%c%c", (char)(0xe0 | v >> 12),
			    (char)(0x80 | (v >> 6 & 0x3f)),
			    (char)(0x80 | (v & 0x3f)));
		else
			buf_addc(b, '?');
	}
}

static void
add_value(struct buf *b, const struct der *value)
{
	switch (value->tag) {
	case DER_UTF8:
	case DER_NUMERIC:
	case DER_PRINTABLE:
	case DER_TELETEX:
	case DER_IA5:
	case DER_VISIBLE:
		buf_add(b, value->body.p, value->body.len);
		break;
	case DER_BMP:
		add_wide(b, value->body, 2);
		break;
	case DER_UNIVERSAL:
		add_wide(b, value->body, 4);
		break;
	default:
		add_hex(b, value->body, false, "");
		break;
	}
}

/* One or more attributes, joined by a plus. */
static enum tls_cert_error
add_relative_name(struct buf *b, struct span set)
{
	struct cursor c = cur_of_span(set);
	bool first = true;

	while (c.left > 0) {
		struct der pair, oid, value;
		struct cursor in;

		if (der_expect(&c, DER_SEQUENCE, &pair) != DER_OK)
			return TLS_CERT_NAME;
		in = cur_of_span(pair.body);
		if (der_expect(&in, DER_OID, &oid) != DER_OK ||
		    der_read(&in, &value) != DER_OK)
			return TLS_CERT_NAME;
		if (!first)
			buf_adds(b, " + ");
		first = false;
		add_attribute_name(b, oid.body);
		buf_addc(b, '=');
		add_value(b, &value);
	}
	return TLS_CERT_OK;
}

static enum tls_cert_error
read_name(struct span name, struct buf *b, struct tls_piece *out)
{
	struct cursor c = cur_of_span(name);

	out->at = b->len;
	while (c.left > 0) {
		enum tls_cert_error e;
		struct der set;

		if (der_expect(&c, DER_SET, &set) != DER_OK)
			return TLS_CERT_NAME;
		if (b->len > out->at)
			buf_adds(b, ", ");
		if ((e = add_relative_name(b, set.body)) != TLS_CERT_OK)
			return e;
	}
	out->len = b->len - out->at;
	return TLS_CERT_OK;
}

/* --- the certificate ------------------------------------------------------------ */

static enum tls_cert_error
error_of(enum der_result r)
{
	return r == DER_OK   ? TLS_CERT_OK
	    : r == DER_SHORT ? TLS_CERT_LENGTH
			     : TLS_CERT_INVALID;
}

static enum tls_cert_error
read_validity(struct span body, struct tls_cert *out)
{
	struct cursor c = cur_of_span(body);
	struct der from, to;

	if (der_read(&c, &from) != DER_OK || der_read(&c, &to) != DER_OK ||
	    !der_time(&from, &out->not_before) || !der_time(&to, &out->not_after))
		return TLS_CERT_DATE;
	return TLS_CERT_OK;
}

/* The parts up to the subject, in their order. */
enum part {
	PART_SERIAL,
	PART_ALGORITHM,
	PART_ISSUER,
	PART_VALIDITY,
	PART_SUBJECT,
	PARTS,
};

static enum tls_cert_error
read_parts(struct cursor *c, struct der part[PARTS])
{
	static const uint8_t tags[PARTS] = {[PART_SERIAL] = DER_INTEGER,
	    [PART_ALGORITHM] = DER_SEQUENCE,
	    [PART_ISSUER] = DER_SEQUENCE,
	    [PART_VALIDITY] = DER_SEQUENCE,
	    [PART_SUBJECT] = DER_SEQUENCE};
	struct der version;
	enum der_result r;

	if (cur_peek(c, 1) != NULL && *cur_peek(c, 1) == DER_CONTEXT_0 &&
	    (r = der_read(c, &version)) != DER_OK)
		return error_of(r);
	for (int i = 0; i < PARTS; i++)
		if ((r = der_expect(c, tags[i], &part[i])) != DER_OK)
			return error_of(r);
	return TLS_CERT_OK;
}

static struct tls_piece
piece_since(const struct buf *b, size_t at)
{
	return (struct tls_piece){at, b->len - at};
}

static void
add_fingerprint(struct span der, struct buf *texts, struct tls_cert *out)
{
	uint8_t sum[DIGEST_SIZE_MAX];
	size_t at = texts->len;

	add_hex(texts,
	    (struct span){sum, digest_of(DIGEST_SHA1, der.p, der.len, sum)}, false,
	    ":");
	out->fingerprint = piece_since(texts, at);
}

enum tls_cert_error
tls_cert_read(struct span der, struct buf *texts, struct tls_cert *out)
{
	struct cursor c = cur_of_span(der), tbs;
	struct der whole, signed_part, part[PARTS];
	enum tls_cert_error e;
	enum der_result r;
	size_t at;

	memset(out, 0, sizeof(*out));
	if ((r = der_expect(&c, DER_SEQUENCE, &whole)) != DER_OK)
		return error_of(r);
	c = cur_of_span(whole.body);
	if ((r = der_expect(&c, DER_SEQUENCE, &signed_part)) != DER_OK)
		return error_of(r);
	tbs = cur_of_span(signed_part.body);
	if ((e = read_parts(&tbs, part)) != TLS_CERT_OK ||
	    (e = read_validity(part[PART_VALIDITY].body, out)) != TLS_CERT_OK ||
	    (e = read_name(part[PART_SUBJECT].body, texts, &out->subject)) !=
		TLS_CERT_OK ||
	    (e = read_name(part[PART_ISSUER].body, texts, &out->issuer)) !=
		TLS_CERT_OK)
		return e;
	at = texts->len;
	add_hex(texts, part[PART_SERIAL].body, true, ":");
	out->serial = piece_since(texts, at);
	add_fingerprint(der, texts, out);
	return texts->overflow ? TLS_CERT_LENGTH : TLS_CERT_OK;
}
