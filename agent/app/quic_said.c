/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Hellos in QUIC: those of TLS, with the fingerprints JA3 and JA4, and those of
 * Google's versions, with CYU (salesforce/GQUIC_Protocol_Analyzer).
 */
#include "agent/app/quic.h"

#include "agent/app/tls_hello.h"
#include "common/digest.h"

enum {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	MESSAGE_HEAD = 4,
	TAG_SIZE = 4,
	/* To Suricata every GREASE in the list of extensions is this one. */
	JA3_GREASE = 0xfafa,
};

static struct quic_piece
since(const struct buf *text, size_t at)
{
	return (struct quic_piece){at, text->len - at};
}

static struct quic_piece
add(struct buf *text, struct span s)
{
	size_t at = text->len;

	buf_add(text, s.p, s.len);
	return since(text, at);
}

static struct quic_piece
add_md5(struct buf *text, struct quic_piece of)
{
	char hash[DIGEST_TEXT_SIZE];

	digest_text_of(DIGEST_MD5, text->data + of.at, of.len, hash);
	return add(text, (struct span){(uint8_t *)hash, 2 * DIGEST_MD5_SIZE});
}

/* --- TLS ------------------------------------------------------------------------- */

/* The next extension of a hello; false: there is none, or it is not whole. */
static bool
next_extension(struct cursor *list, uint16_t *type, struct cursor *body)
{
	*type = cur_be16(list);
	*body = cur_sub(list, cur_be16(list));
	return cur_ok(list);
}

/* The first name of the last list that has one, of whatever type. */
static struct span
server_name(const struct tls_hello *h)
{
	struct cursor list = cur_of_span(h->extensions), body;
	struct span name = {NULL, 0};
	uint16_t type;

	while (next_extension(&list, &type, &body)) {
		struct cursor one;

		if (type != TLS_EXT_SERVER_NAME)
			continue;
		cur_be16(&body);
		cur_u8(&body);
		one = cur_sub(&body, cur_be16(&body));
		if (cur_ok(&body))
			name = cur_rest(&one);
	}
	return name;
}

static void
add_number(struct buf *text, size_t begin, unsigned v)
{
	buf_addf(text, "%s%u", text->len > begin ? "-" : "", v);
}

static void
add_pairs(struct buf *text, size_t begin, struct cursor c)
{
	while (cur_peek(&c, 2) != NULL)
		add_number(text, begin, cur_be16(&c));
}

static void
add_types(struct buf *text, const struct tls_hello *h)
{
	struct cursor list = cur_of_span(h->extensions), body;
	size_t begin = text->len;
	uint16_t type;

	while (next_extension(&list, &type, &body))
		add_number(text, begin, tls_is_grease(type) ? JA3_GREASE : type);
}

/* Of all extensions of a type, the numbers in their lists. */
static void
add_lists(struct buf *text, const struct tls_hello *h, uint16_t wanted)
{
	struct cursor list = cur_of_span(h->extensions), body;
	size_t begin = text->len;
	uint16_t type;

	while (next_extension(&list, &type, &body)) {
		if (type != wanted)
			continue;
		if (wanted == TLS_EXT_GROUPS)
			add_pairs(text, begin, cur_sub(&body, cur_be16(&body)));
		else
			for (uint8_t n = cur_u8(&body); n > 0 && body.left > 0; n--)
				add_number(text, begin, cur_u8(&body));
	}
}

/* As Suricata 7 makes it of QUIC: GREASE stays, and where a hello has no room for
 * extensions nothing is said of them. */
static void
add_ja3(
    struct quic_said *s, struct buf *text, const struct tls_hello *h, bool client)
{
	size_t at = text->len;

	buf_addf(text, "%u,", h->legacy_version);
	add_pairs(text, text->len, cur_of_span(h->ciphers));
	buf_addc(text, ',');
	add_types(text, h);
	if (client && h->extensions.p != NULL) {
		buf_addc(text, ',');
		add_lists(text, h, TLS_EXT_GROUPS);
		buf_addc(text, ',');
		add_lists(text, h, TLS_EXT_POINT_FORMATS);
	}
	s->ja3 = since(text, at);
	s->ja3_hash = add_md5(text, s->ja3);
}

static bool
read_hello(uint8_t type, struct span body, struct tls_hello *h)
{
	return type == CLIENT_HELLO ? tls_client_hello_read(body, h)
				    : tls_server_hello_read(body, h);
}

enum quic_hello
quic_said_hello(
    struct quic_said *s, struct buf *text, struct span message, enum app_dir d)
{
	struct cursor c = cur_of_span(message);
	uint8_t type = cur_u8(&c);
	char ja4[JA4_SIZE];
	struct tls_hello h;

	cur_be24(&c);
	if (type != CLIENT_HELLO && type != SERVER_HELLO)
		return QUIC_HELLO_BAD;
	if (!cur_ok(&c) || !read_hello(type, cur_rest(&c), &h))
		return QUIC_HELLO_SHORT;
	if (h.ciphers.len % 2 != 0)
		return QUIC_HELLO_BAD;
	add_ja3(s, text, &h, type == CLIENT_HELLO);
	if (type == SERVER_HELLO)
		return QUIC_HELLO;
	s->sni = add(text, server_name(&h));
	if (d == APP_TS) {
		ja4_client(&h, 'q', ja4);
		s->ja4 = add(text, (struct span){(uint8_t *)ja4, JA4_SIZE - 1});
	}
	return QUIC_HELLO;
}

/* --- Google's ---------------------------------------------------------------------- */

/* Suricata's list: a hello with another is none. */
static const char TAGS[][TAG_SIZE + 1] = {"AEAD", "CCRT", "CCS", "CETV", "CFCW",
    "CHLO", "COPT", "CSCT", "CTIM", "ICSL", "IRTT", "KEXS", "MIDS", "MSPC", "NONC",
    "NONP", "PAD", "PDMD", "PUBS", "SCID", "SCLS", "SFCW", "SMHL", "SNI", "SNO",
    "STK", "TCID", "UAID", "VER", "XLCT"};

/* Its name; NULL: not known.  Shorter ones end with zeros. */
static const char *
tag_name(const uint8_t *tag)
{
	for (size_t i = 0; i < sizeof(TAGS) / sizeof(TAGS[0]); i++)
		if (memcmp(TAGS[i], tag, TAG_SIZE) == 0)
			return TAGS[i];
	return NULL;
}

/* The rows of a hello; its values follow, one behind the other, to the end. */
static bool
begin_hello(struct span hello, struct cursor *rows, struct cursor *values)
{
	struct cursor c = cur_of_span(hello);
	const uint8_t *name = cur_take(&c, TAG_SIZE);
	uint16_t n = cur_le16(&c);

	cur_le16(&c);
	*rows = cur_sub(&c, (size_t)n * (TAG_SIZE + 4));
	*values = c;
	return cur_ok(&c) && memcmp(name, "CHLO", TAG_SIZE) == 0;
}

static bool
next_tag(struct cursor *rows, struct cursor *values, uint32_t *end,
    const char **name, struct span *value)
{
	const uint8_t *tag = cur_take(rows, TAG_SIZE);
	uint32_t to = cur_le32(rows);
	struct cursor v;

	if (!cur_ok(rows) || (*name = tag_name(tag)) == NULL || to < *end)
		return false;
	v = cur_sub(values, to - *end);
	*end = to;
	*value = cur_rest(&v);
	return cur_ok(values);
}

static bool
is_hello(struct cursor rows, struct cursor values)
{
	struct span value;
	const char *name;
	uint32_t end = 0;

	while (rows.left > 0)
		if (!next_tag(&rows, &values, &end, &name, &value))
			return false;
	return values.left == 0;
}

static const char *
cyu_version(uint32_t version)
{
	switch (version) {
	case QUIC_Q043:
		return "43";
	case QUIC_Q044:
	case QUIC_Q045: /* sic: Suricata's */
		return "44";
	case QUIC_Q046:
		return "46";
	default:
		return NULL;
	}
}

static void
add_cyu(
    struct quic_said *s, struct buf *text, const char *version, struct cursor rows)
{
	struct quic_cyu *cyu = &s->cyu[s->cyu_n];
	size_t at = text->len, begin;

	if (s->cyu_n == QUIC_CYU_MAX) {
		s->cyu_lost++;
		return;
	}
	buf_addf(text, "%s,", version);
	begin = text->len;
	while (rows.left > 0) {
		const char *name = tag_name(cur_take(&rows, TAG_SIZE));

		cur_le32(&rows);
		buf_addf(text, "%s%s", text->len > begin ? "-" : "", name);
	}
	cyu->string = since(text, at);
	cyu->hash = add_md5(text, cyu->string);
	s->cyu_n++;
}

void
quic_said_tags(
    struct quic_said *s, struct buf *text, struct span hello, uint32_t version)
{
	const char *name, *cyu = cyu_version(version);
	bool has_sni = false, has_ua = false;
	struct cursor rows, values, again;
	struct span value;
	uint32_t end = 0;

	if (!begin_hello(hello, &rows, &values) || !is_hello(rows, values))
		return;
	again = rows;
	while (rows.left > 0 && !(has_sni && has_ua) &&
	    next_tag(&rows, &values, &end, &name, &value)) {
		if (strcmp(name, "SNI") == 0) {
			s->sni = add(text, value);
			has_sni = true;
		} else if (strcmp(name, "UAID") == 0) {
			s->ua = add(text, value);
			has_ua = true;
		}
	}
	if (cyu != NULL)
		add_cyu(s, text, cyu, again);
}
