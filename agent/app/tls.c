/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * TLS 1.0 to 1.3 and what came before: one transaction a flow, which ends where
 * encryption begins.  Found on any port by its first record.
 */
#include "agent/app/tls.h"

#include <stdlib.h>

/* --- is it TLS? ------------------------------------------------------------------ */

enum {
	ALERT = 21,
	HANDSHAKE = 22,
	DATA = 23,
	SSL2_BIT = 0x80,
	SSL2_CLIENT_HELLO = 1,
	SSL2_SERVER_HELLO = 4,
};

/* SSL 2's hello, which also opened many a later version.  A server tells of the
 * session and of the kind of its certificate before the version. */
static enum app_guess
probe_ssl2(enum app_dir d, struct span bytes)
{
	enum {
		HELLO_MIN = 9
	};
	struct cursor c = cur_of_span(bytes);
	size_t len = cur_be16(&c) & 0x7fff;
	uint8_t type = cur_u8(&c);
	uint16_t version;

	if (bytes.len > 2 &&
	    type != (d == APP_TS ? SSL2_CLIENT_HELLO : SSL2_SERVER_HELLO))
		return APP_NO;
	if (d == APP_TC)
		cur_be16(&c);
	version = cur_be16(&c);
	if (!cur_ok(&c))
		return APP_MORE;
	if (len < HELLO_MIN)
		return APP_NO;
	return version == TLS_SSL2 ||
		(d == APP_TS && version >= TLS_SSL3 && version <= TLS_1_3)
	    ? APP_YES
	    : APP_NO;
}

static enum app_guess
tls_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	enum {
		MAJOR = 3,
		MINOR_MAX = 4
	};
	struct cursor c = cur_of_span(bytes);
	uint8_t type = cur_u8(&c), major = cur_u8(&c), minor = cur_u8(&c);

	(void)f;
	if (type & SSL2_BIT)
		return probe_ssl2(d, bytes);
	if (type != HANDSHAKE && (d == APP_TS || (type != ALERT && type != DATA)))
		return APP_NO;
	if (bytes.len > 1 && major != MAJOR)
		return APP_NO;
	if (bytes.len > 2 && minor > MINOR_MAX)
		return APP_NO;
	return bytes.len > 2 ? APP_YES : APP_MORE;
}

/* --- state ------------------------------------------------------------------------ */

static void *
tls_state_new(void)
{
	struct tls_state *t = calloc(1, sizeof(*t));

	for (int d = 0; t != NULL && d < APP_DIRS; d++)
		buf_init(&t->side[d].messages, TLS_HANDSHAKE_MAX + UINT16_MAX);
	return t;
}

static void
tls_state_free(void *state)
{
	struct tls_state *t = state;

	for (int d = 0; d < APP_DIRS; d++) {
		buf_release(&t->side[d].messages);
		tls_kept_free(&t->side[d]);
	}
	free(t);
}

/* All that was kept for rules and records was kept for the transaction. */
static void
tls_tx_release(struct app_flow *a, struct app_tx *tx)
{
	struct tls_state *t = a->state;

	(void)tx;
	t->tx = NULL;
	for (int d = 0; d < APP_DIRS; d++) {
		app_drop(a, tls_kept(&t->side[d])->bytes.len);
		tls_kept_free(&t->side[d]);
	}
}

static size_t
tls_read(struct app_flow *a, const struct stream_news *n)
{
	struct tls_state *t = a->state;

	if (!t->begun) {
		t->begun = true;
		t->tx = app_tx_new(a, sizeof(*t->tx));
	}
	if (n->kind == STREAM_DATA)
		tls_feed(a, n->to_server ? APP_TS : APP_TC, n->data);
	return n->data.len;
}

/* --- what rules ask for -------------------------------------------------------------- */

static struct span
text_of(const struct tls_kept *k, struct tls_piece p)
{
	return (struct span){p.len > 0 ? k->bytes.data + p.at : NULL, p.len};
}

/* Of the hello: not there before it. */
static enum app_have
give_hello(const struct tls_side *s, bool over, struct tls_piece p, size_t skip,
    size_t max, struct app_bytes *out)
{
	if (!s->hello)
		return over ? APP_ABSENT : APP_NOT_YET;
	if (p.len <= skip)
		return APP_ABSENT;
	out->bytes = text_of(tls_kept(s), p);
	out->bytes.p += skip;
	out->bytes.len -= skip;
	if (out->bytes.len > max)
		out->bytes.len = max;
	return APP_HAVE;
}

static enum app_have
give_cert(
    const struct tls_kept *k, bool over, struct tls_piece p, struct app_bytes *out)
{
	if (!k->has_cert)
		return over ? APP_ABSENT : APP_NOT_YET;
	out->bytes = text_of(k, p);
	return APP_HAVE;
}

static enum app_have
give_chain(
    const struct tls_kept *k, bool over, unsigned instance, struct app_bytes *out)
{
	if (k->chain_n == 0)
		return over ? APP_ABSENT : APP_NOT_YET;
	if (instance >= k->chain_n || instance >= TLS_CHAIN_MAX)
		return APP_ABSENT;
	out->bytes = text_of(k, k->chain[instance]);
	return APP_HAVE;
}

/* A number; changes says that it may be another with the next news. */
static enum app_have
give_number(uint64_t number, bool changes, struct app_bytes *out)
{
	out->number = number;
	out->complete = !changes;
	return APP_HAVE;
}

/* When the packet at hand was seen, against the certificate's two dates. */
static uint64_t
validity(const struct app_flow *a, const struct tls_cert *c)
{
	int64_t now = a->flow->last_us / 1000000;

	return now > c->not_after ? TLS_EXPIRED
	    : now < c->not_before ? TLS_NOT_YET_VALID
				  : TLS_VALID;
}

static enum app_have
give_cert_number(const struct app_flow *a, const struct tls_kept *k, bool over,
    enum app_buffer_id b, struct app_bytes *out)
{
	if (!k->has_cert && over && b == APP_TLS_CERT_CHAIN_LEN)
		return give_number(0, false, out);
	if (!k->has_cert)
		return over ? APP_ABSENT : APP_NOT_YET;
	switch (b) {
	case APP_TLS_NOT_BEFORE:
		return give_number((uint64_t)k->cert.not_before, false, out);
	case APP_TLS_NOT_AFTER:
		return give_number((uint64_t)k->cert.not_after, false, out);
	case APP_TLS_VALIDITY:
		return give_number(validity(a, &k->cert), false, out);
	default:
		return give_number(k->chain_n, false, out);
	}
}

uint64_t
tls_version_bit(uint16_t version)
{
	if (version == TLS_SSL2)
		return TLS_BIT_SSL2;
	if (version >= TLS_SSL3 && version <= TLS_1_3)
		return (uint64_t)TLS_BIT_SSL3 << (version - TLS_SSL3);
	return TLS_BIT_OTHER;
}

static enum app_have
tls_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	enum {
		TIME = 4
	};
	const struct tls_state *t = a->state;
	const struct tls_side *s = &t->side[d];
	const struct tls_kept *k = tls_kept(s);
	bool over = tx->progress[d] >= TLS_OVER;

	switch (b) {
	case APP_TLS_SNI:
		return give_hello(s, over, k->server_name, 0, SIZE_MAX, out);
	case APP_TLS_RANDOM:
		return give_hello(s, over, k->random, 0, SIZE_MAX, out);
	case APP_TLS_RANDOM_TIME:
		return give_hello(s, over, k->random, 0, TIME, out);
	case APP_TLS_RANDOM_BYTES:
		return give_hello(s, over, k->random, TIME, SIZE_MAX, out);
	case APP_JA3_STRING:
	case APP_JA3S_STRING:
		return give_hello(s, over, k->ja3, 0, SIZE_MAX, out);
	case APP_JA3_HASH:
	case APP_JA3S_HASH:
		return give_hello(s, over, k->ja3_hash, 0, SIZE_MAX, out);
	case APP_JA4_HASH:
		return give_hello(s, over, k->ja4, 0, SIZE_MAX, out);
	case APP_TLS_CERT_SUBJECT:
		return give_cert(k, over, k->cert.subject, out);
	case APP_TLS_CERT_ISSUER:
		return give_cert(k, over, k->cert.issuer, out);
	case APP_TLS_CERT_SERIAL:
		return give_cert(k, over, k->cert.serial, out);
	case APP_TLS_CERT_FINGERPRINT:
		return give_cert(k, over, k->cert.fingerprint, out);
	case APP_TLS_CERTS:
		return give_chain(k, over, instance, out);
	case APP_TLS_CERT_CHAIN_LEN:
	case APP_TLS_NOT_BEFORE:
	case APP_TLS_NOT_AFTER:
	case APP_TLS_VALIDITY:
		return give_cert_number(a, k, over, b, out);
	case APP_TLS_VERSION:
		return give_number(tls_version_bit(s->version), !over, out);
	case APP_SSL_STATE:
		out->changes = !over;
		return give_number(t->last, false, out);
	default:
		return APP_ABSENT;
	}
}

/* --- the table ------------------------------------------------------------------------- */

static const struct app_use USE[] = {
    {APP_TLS_SNI, {TLS_OPEN, APP_NEVER}},
    {APP_JA3_STRING, {TLS_OPEN, APP_NEVER}},
    {APP_JA3_HASH, {TLS_OPEN, APP_NEVER}},
    {APP_JA3S_STRING, {APP_NEVER, TLS_OPEN}},
    {APP_JA3S_HASH, {APP_NEVER, TLS_OPEN}},
    {APP_JA4_HASH, {TLS_OPEN, APP_NEVER}},
    {APP_TLS_RANDOM, {TLS_OPEN, TLS_OPEN}},
    {APP_TLS_RANDOM_TIME, {TLS_OPEN, TLS_OPEN}},
    {APP_TLS_RANDOM_BYTES, {TLS_OPEN, TLS_OPEN}},
    {APP_TLS_CERT_SUBJECT, {TLS_CERTIFIED, TLS_CERTIFIED}},
    {APP_TLS_CERT_ISSUER, {TLS_CERTIFIED, TLS_CERTIFIED}},
    {APP_TLS_CERT_SERIAL, {TLS_CERTIFIED, TLS_CERTIFIED}},
    {APP_TLS_CERT_FINGERPRINT, {TLS_CERTIFIED, TLS_CERTIFIED}},
    {APP_TLS_CERTS, {TLS_CERTIFIED, TLS_CERTIFIED}},
    {APP_TLS_CERT_CHAIN_LEN, {APP_NEVER, TLS_CERTIFIED}},
    {APP_TLS_NOT_BEFORE, {APP_NEVER, TLS_CERTIFIED}},
    {APP_TLS_NOT_AFTER, {APP_NEVER, TLS_CERTIFIED}},
    {APP_TLS_VALIDITY, {APP_NEVER, TLS_CERTIFIED}},
    {APP_TLS_VERSION, {TLS_OPEN, TLS_OPEN}},
    {APP_SSL_STATE, {TLS_OPEN, TLS_OPEN}},
    {APP_FRAME_TLS_PDU, {0, 0}},
    {APP_FRAME_TLS_HDR, {0, 0}},
    {APP_FRAME_TLS_DATA, {0, 0}},
    {APP_FRAME_TLS_ALERT, {0, 0}},
    {APP_FRAME_TLS_HEARTBEAT, {0, 0}},
    {APP_FRAME_TLS_SSL2_HDR, {0, 0}},
    {APP_FRAME_TLS_SSL2_PDU, {0, 0}},
    {APP_BUFFER_NONE, {0, 0}},
};

static const char *const EVENTS[TLS_EVENTS + 1] = {
    [TLS_EVENT_SSL2_HEADER] = "invalid_sslv2_header",
    [TLS_EVENT_TLS_HEADER] = "invalid_tls_header",
    [TLS_EVENT_RECORD_VERSION] = "invalid_record_version",
    [TLS_EVENT_RECORD_TYPE] = "invalid_record_type",
    [TLS_EVENT_RECORD_LENGTH] = "invalid_record_length",
    [TLS_EVENT_HANDSHAKE] = "invalid_handshake_message",
    [TLS_EVENT_CERT] = "invalid_certificate",
    [TLS_EVENT_CERT_MISSING] = "certificate_missing_element",
    [TLS_EVENT_CERT_UNKNOWN] = "certificate_unknown_element",
    [TLS_EVENT_CERT_LENGTH] = "certificate_invalid_length",
    [TLS_EVENT_CERT_STRING] = "certificate_invalid_string",
    [TLS_EVENT_CERT_NAME] = "certificate_invalid_x509name",
    [TLS_EVENT_CERT_DATE] = "certificate_invalid_date",
    [TLS_EVENT_ERROR_MESSAGE] = "error_message_encountered",
    [TLS_EVENT_SSL_RECORD] = "invalid_ssl_record",
    [TLS_EVENT_HEARTBEAT] = "heartbeat_message",
    [TLS_EVENT_HEARTBEAT_OVERFLOW] = "overflow_heartbeat_message",
    [TLS_EVENT_HEARTBEAT_INVALID] = "invalid_heartbeat_message",
    [TLS_EVENT_HEARTBEAT_LEAK] = "dataleak_heartbeat_mismatch",
    [TLS_EVENT_NAMES] = "multiple_sni_extensions",
    [TLS_EVENT_NAME_TYPE] = "invalid_sni_type",
    [TLS_EVENT_NAME_LENGTH] = "invalid_sni_length",
    [TLS_EVENT_HANDSHAKE_LENGTH] = "handshake_invalid_length",
    [TLS_EVENT_MANY_RECORDS] = "too_many_records_in_packet",
};

const struct app_parser tls_parser = {
    .id = APP_TLS,
    .name = "tls",
    .word = "tls",
    .over = APP_OVER_TCP,
    .client_first = true,
    .done = {TLS_OVER, TLS_OVER},
    .use = USE,
    .events = EVENTS,
    .probe = tls_probe,
    .state_new = tls_state_new,
    .state_free = tls_state_free,
    .read = tls_read,
    .tx_release = tls_tx_release,
    .buffer = tls_buffer,
    .write = tls_write,
};
