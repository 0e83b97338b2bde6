/* SPDX-License-Identifier: EUPL-1.2 */
/* TLS: records, hellos, certificates, fingerprints, what rules get to see. */
#include "tests/unit/app_help.h"

#include "agent/app/der.h"
#include "agent/app/tls.h"

#include <stdio.h>

/* openssl req -x509 -newkey ec -set_serial 0xF91CF7
 * -subj "/C=NL/O=Gemeente/CN=x.nl/emailAddress=a@x.nl" */
static const uint8_t CERT[] = {
    0x30,
    0x82,
    0x01,
    0xd1,
    0x30,
    0x82,
    0x01,
    0x77,
    0xa0,
    0x03,
    0x02,
    0x01,
    0x02,
    0x02,
    0x04,
    0x00,
    0xf9,
    0x1c,
    0xf7,
    0x30,
    0x0a,
    0x06,
    0x08,
    0x2a,
    0x86,
    0x48,
    0xce,
    0x3d,
    0x04,
    0x03,
    0x02,
    0x30,
    0x46,
    0x31,
    0x0b,
    0x30,
    0x09,
    0x06,
    0x03,
    0x55,
    0x04,
    0x06,
    0x13,
    0x02,
    0x4e,
    0x4c,
    0x31,
    0x11,
    0x30,
    0x0f,
    0x06,
    0x03,
    0x55,
    0x04,
    0x0a,
    0x0c,
    0x08,
    0x47,
    0x65,
    0x6d,
    0x65,
    0x65,
    0x6e,
    0x74,
    0x65,
    0x31,
    0x0d,
    0x30,
    0x0b,
    0x06,
    0x03,
    0x55,
    0x04,
    0x03,
    0x0c,
    0x04,
    0x78,
    0x2e,
    0x6e,
    0x6c,
    0x31,
    0x15,
    0x30,
    0x13,
    0x06,
    0x09,
    0x2a,
    0x86,
    0x48,
    0x86,
    0xf7,
    0x0d,
    0x01,
    0x09,
    0x01,
    0x16,
    0x06,
    0x61,
    0x40,
    0x78,
    0x2e,
    0x6e,
    0x6c,
    0x30,
    0x1e,
    0x17,
    0x0d,
    0x32,
    0x36,
    0x31,
    0x31,
    0x32,
    0x33,
    0x31,
    0x35,
    0x35,
    0x39,
    0x31,
    0x36,
    0x5a,
    0x17,
    0x0d,
    0x33,
    0x36,
    0x31,
    0x31,
    0x32,
    0x30,
    0x31,
    0x35,
    0x35,
    0x39,
    0x31,
    0x36,
    0x5a,
    0x30,
    0x46,
    0x31,
    0x0b,
    0x30,
    0x09,
    0x06,
    0x03,
    0x55,
    0x04,
    0x06,
    0x13,
    0x02,
    0x4e,
    0x4c,
    0x31,
    0x11,
    0x30,
    0x0f,
    0x06,
    0x03,
    0x55,
    0x04,
    0x0a,
    0x0c,
    0x08,
    0x47,
    0x65,
    0x6d,
    0x65,
    0x65,
    0x6e,
    0x74,
    0x65,
    0x31,
    0x0d,
    0x30,
    0x0b,
    0x06,
    0x03,
    0x55,
    0x04,
    0x03,
    0x0c,
    0x04,
    0x78,
    0x2e,
    0x6e,
    0x6c,
    0x31,
    0x15,
    0x30,
    0x13,
    0x06,
    0x09,
    0x2a,
    0x86,
    0x48,
    0x86,
    0xf7,
    0x0d,
    0x01,
    0x09,
    0x01,
    0x16,
    0x06,
    0x61,
    0x40,
    0x78,
    0x2e,
    0x6e,
    0x6c,
    0x30,
    0x59,
    0x30,
    0x13,
    0x06,
    0x07,
    0x2a,
    0x86,
    0x48,
    0xce,
    0x3d,
    0x02,
    0x01,
    0x06,
    0x08,
    0x2a,
    0x86,
    0x48,
    0xce,
    0x3d,
    0x03,
    0x01,
    0x07,
    0x03,
    0x42,
    0x00,
    0x04,
    0xce,
    0xc4,
    0x6f,
    0x9f,
    0x65,
    0x68,
    0x81,
    0x16,
    0xcb,
    0x92,
    0xc3,
    0xf7,
    0x3a,
    0x11,
    0x41,
    0xdc,
    0x2a,
    0x82,
    0xe1,
    0x83,
    0x56,
    0x31,
    0xe0,
    0xb5,
    0x2e,
    0xad,
    0x4e,
    0xfb,
    0x35,
    0x08,
    0x5e,
    0x37,
    0x14,
    0x3a,
    0x02,
    0x59,
    0x59,
    0xe3,
    0x23,
    0xf6,
    0x40,
    0xf5,
    0x0e,
    0x22,
    0x00,
    0xcc,
    0xf1,
    0xea,
    0x0e,
    0x58,
    0xb8,
    0x95,
    0x74,
    0x33,
    0x4a,
    0xca,
    0xba,
    0xb9,
    0x98,
    0x94,
    0x62,
    0x1b,
    0x14,
    0x5b,
    0xa3,
    0x53,
    0x30,
    0x51,
    0x30,
    0x1d,
    0x06,
    0x03,
    0x55,
    0x1d,
    0x0e,
    0x04,
    0x16,
    0x04,
    0x14,
    0x52,
    0xb3,
    0xd8,
    0x67,
    0xb1,
    0x42,
    0xaa,
    0xbc,
    0x61,
    0xb5,
    0xd5,
    0x8d,
    0xed,
    0xbb,
    0x93,
    0xbf,
    0xb9,
    0x71,
    0x06,
    0x38,
    0x30,
    0x1f,
    0x06,
    0x03,
    0x55,
    0x1d,
    0x23,
    0x04,
    0x18,
    0x30,
    0x16,
    0x80,
    0x14,
    0x52,
    0xb3,
    0xd8,
    0x67,
    0xb1,
    0x42,
    0xaa,
    0xbc,
    0x61,
    0xb5,
    0xd5,
    0x8d,
    0xed,
    0xbb,
    0x93,
    0xbf,
    0xb9,
    0x71,
    0x06,
    0x38,
    0x30,
    0x0f,
    0x06,
    0x03,
    0x55,
    0x1d,
    0x13,
    0x01,
    0x01,
    0xff,
    0x04,
    0x05,
    0x30,
    0x03,
    0x01,
    0x01,
    0xff,
    0x30,
    0x0a,
    0x06,
    0x08,
    0x2a,
    0x86,
    0x48,
    0xce,
    0x3d,
    0x04,
    0x03,
    0x02,
    0x03,
    0x48,
    0x00,
    0x30,
    0x45,
    0x02,
    0x20,
    0x48,
    0xf0,
    0x6b,
    0xfa,
    0x4d,
    0x95,
    0x9d,
    0x22,
    0xff,
    0xaf,
    0xe6,
    0x6e,
    0xa5,
    0xb7,
    0x83,
    0xd2,
    0x60,
    0x19,
    0x43,
    0x9f,
    0x5b,
    0x6f,
    0x69,
    0xec,
    0xfe,
    0x99,
    0xe7,
    0xe6,
    0xa5,
    0x92,
    0x05,
    0xbd,
    0x02,
    0x21,
    0x00,
    0xf9,
    0xaf,
    0xd3,
    0x82,
    0x5b,
    0xce,
    0x0e,
    0x03,
    0x2d,
    0xed,
    0x1c,
    0x1f,
    0x7a,
    0x7d,
    0x40,
    0xbc,
    0xc3,
    0x86,
    0xbe,
    0x41,
    0xb0,
    0x40,
    0x11,
    0xe8,
    0xb5,
    0x8b,
    0x33,
    0x31,
    0x48,
    0xa5,
    0x11,
    0x0c,
};
#define NAME	    "C=NL, O=Gemeente, CN=x.nl, emailAddress=a@x.nl"
#define FINGERPRINT "f8:fd:fb:58:ee:0f:40:34:ab:b9:b2:15:6d:de:3a:fb:bf:92:12:d0"
#define NOT_BEFORE  1795449556

#define RANDOM16    "0123456789abcdef"
#define SNI	    "\x00\x00\x00\x09\x00\x07\x00\x00\x04X.nl"
#define GROUPS	    "\x00\x0a\x00\x06\x00\x04\x1a\x1a\x00\x1d"
#define FORMATS	    "\x00\x0b\x00\x02\x01\x00"
#define ALPN	    "\x00\x10\x00\x05\x00\x03\x02h2"
#define SIGNS	    "\x00\x0d\x00\x06\x00\x04\x04\x03\x08\x04"
#define VERSIONS    "\x00\x2b\x00\x07\x06\x3a\x3a\x03\x04\x03\x03"
#define GREASE	    "\x2a\x2a\x00\x00"
/* The ciphers: GREASE, TLS_AES_128_GCM_SHA256, an older one. */
#define CIPHERS	   "\x00\x06\x5a\x5a\x13\x01\xc0\x2f"
#define HELLO_HEAD "\x03\x03" RANDOM16 RANDOM16 "\x00" CIPHERS "\x01\x00"

static const char extensions[] = GREASE SNI GROUPS FORMATS ALPN SIGNS VERSIONS;
static const char server_hello[] =
    "\x03\x03" RANDOM16 RANDOM16 "\x00\xc0\x2f\x00\x00\x05\xff\x01\x00\x01\x00";

struct bytes {
	size_t n;
	uint8_t b[8192];
};

static void
put(struct bytes *to, const void *p, size_t n)
{
	assert_true(to->n + n <= sizeof(to->b));
	memcpy(to->b + to->n, p, n);
	to->n += n;
}

static void
put_number(struct bytes *to, size_t v, unsigned width)
{
	for (; width > 0; width--) {
		uint8_t b = (uint8_t)(v >> (8 * (width - 1)));

		put(to, &b, 1);
	}
}

static void
put_message(struct bytes *to, uint8_t type, const struct bytes *body)
{
	put_number(to, type, 1);
	put_number(to, body->n, 3);
	put(to, body->b, body->n);
}

/* In records of at most size bytes. */
static void
put_records(struct bytes *to, uint8_t type, const void *p, size_t len, size_t size)
{
	const uint8_t *b = p;

	for (size_t at = 0; at < len; at += size) {
		size_t n = size < len - at ? size : len - at;

		put_number(to, type, 1);
		put_number(to, TLS_1_0, 2);
		put_number(to, n, 2);
		put(to, b + at, n);
	}
}

static struct bytes
client_hello(const char *ext, size_t len)
{
	struct bytes body = {0}, out = {0};

	put(&body, HELLO_HEAD, sizeof(HELLO_HEAD) - 1);
	put_number(&body, len, 2);
	put(&body, ext, len);
	put_message(&out, 1, &body);
	return out;
}

static struct bytes
server_flight(void)
{
	struct bytes hello = {0}, chain = {0}, out = {0};

	put(&hello, server_hello, sizeof(server_hello) - 1);
	put_message(&out, 2, &hello);
	put_number(&chain, 2 * (sizeof(CERT) + 3), 3);
	for (int i = 0; i < 2; i++) {
		put_number(&chain, sizeof(CERT), 3);
		put(&chain, CERT, sizeof(CERT));
	}
	put_message(&out, 11, &chain);
	return out;
}

/* Both flights, in records of one size and pieces of another. */
static void
shake_hands(struct talk *t, size_t record, size_t piece)
{
	struct bytes c = client_hello(extensions, sizeof(extensions) - 1);
	struct bytes s = server_flight(), ts = {0}, tc = {0};

	talk_begin(t, &tls_parser, IPPROTO_TCP, 4444);
	t->flow.last_us = (NOT_BEFORE + 10) * 1000000ll;
	put_records(&ts, 22, c.b, c.n, record);
	put_records(&tc, 22, s.b, s.n, record);
	talk_say(t, APP_TS, ts.b, ts.n, piece);
	talk_say(t, APP_TC, tc.b, tc.n, piece);
}

#define assert_buffer(t, b, d, i, text)                                            \
	assert_string_equal(talk_buffer(t, 0, b, d, i), text)

static void
assert_all_is_there(const struct talk *t)
{
	assert_buffer(t, APP_TLS_SNI, APP_TS, 0, "X.nl");
	assert_buffer(t, APP_TLS_RANDOM, APP_TC, 0, RANDOM16 RANDOM16);
	assert_buffer(t, APP_TLS_RANDOM_TIME, APP_TS, 0, "0123");
	assert_buffer(t, APP_TLS_RANDOM_BYTES, APP_TS, 0, "456789abcdef" RANDOM16);
	assert_buffer(
	    t, APP_JA3_STRING, APP_TS, 0, "771,4865-49199,0-10-11-16-13-43,29,0");
	assert_buffer(
	    t, APP_JA3_HASH, APP_TS, 0, "c1a16d11779aabb9d9178c361fdf0cf3");
	assert_buffer(t, APP_JA3S_STRING, APP_TC, 0, "771,49199,65281");
	assert_buffer(
	    t, APP_JA4_HASH, APP_TS, 0, "t13d0206h2_c1929292aa6b_fb71836bce29");
	assert_buffer(t, APP_TLS_CERT_SUBJECT, APP_TC, 0, NAME);
	assert_buffer(t, APP_TLS_CERT_ISSUER, APP_TC, 0, NAME);
	assert_buffer(t, APP_TLS_CERT_SERIAL, APP_TC, 0, "00:F9:1C:F7");
	assert_buffer(t, APP_TLS_CERT_FINGERPRINT, APP_TC, 0, FINGERPRINT);
	assert_buffer(t, APP_TLS_CERT_SUBJECT, APP_TS, 0, "?");
	assert_buffer(t, APP_TLS_CERTS, APP_TC, 2, "-");
	assert_int_equal(talk_number(t, 0, APP_TLS_CERT_CHAIN_LEN, APP_TC, 0), 2);
	assert_int_equal(
	    talk_number(t, 0, APP_TLS_NOT_BEFORE, APP_TC, 0), NOT_BEFORE);
	assert_int_equal(talk_number(t, 0, APP_TLS_NOT_AFTER, APP_TC, 0),
	    NOT_BEFORE + 3650 * 86400);
	assert_int_equal(talk_number(t, 0, APP_TLS_VALIDITY, APP_TC, 0), TLS_VALID);
	assert_int_equal(
	    talk_number(t, 0, APP_TLS_VERSION, APP_TS, 0), TLS_BIT_1_3);
	assert_int_equal(
	    talk_number(t, 0, APP_TLS_VERSION, APP_TC, 0), TLS_BIT_1_2);
}

static void
records_and_pieces_of_any_size(void **state)
{
	static const size_t records[] = {1, 3, 100, 16384},
			    pieces[] = {1, 2, 5, 7, 64, 8192};

	(void)state;
	for (size_t r = 0; r < sizeof(records) / sizeof(records[0]); r++)
		for (size_t p = 0; p < sizeof(pieces) / sizeof(pieces[0]); p++) {
			struct talk t;

			shake_hands(&t, records[r], pieces[p]);
			assert_all_is_there(&t);
			assert_int_equal(talk_tx(&t, 0)->events, 0);
			talk_end(&t);
		}
}

static void
record_tells_the_handshake(void **state)
{
	struct talk t;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	shake_hands(&t, 16384, 8192);
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"tls\":{\"subject\":\"" NAME "\",\"issuerdn\":\"" NAME "\","
	    "\"serial\":\"00:F9:1C:F7\",\"fingerprint\":\"" FINGERPRINT "\","
	    "\"sni\":\"X.nl\",\"version\":\"TLS 1.2\","
	    "\"notbefore\":\"2026-11-23T15:59:16\","
	    "\"notafter\":\"2036-11-20T15:59:16\","
	    "\"ja3\":{\"hash\":\"c1a16d11779aabb9d9178c361fdf0cf3\","
	    "\"string\":\"771,4865-49199,0-10-11-16-13-43,29,0\"},"
	    "\"ja3s\":{\"hash\":\"fbe78c619e7ea20046131294ad087f05\","
	    "\"string\":\"771,49199,65281\"},"
	    "\"ja4\":\"t13d0206h2_c1929292aa6b_fb71836bce29\"}}");
	talk_end(&t);
	buf_release(&b);
}

/* Nothing is kept any longer, and packets are marked from the next one on. */
static void
encryption_ends_the_transaction(void **state)
{
	struct talk t;

	(void)state;
	shake_hands(&t, 16384, 8192);
	talk_say(&t, APP_TS, "\x17\x03\x03\x00\x02zz", 7, 7);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_buffer(&t, APP_TLS_CERT_SUBJECT, APP_TS, 0, "-");
	assert_int_equal(t.flow.flags & FLOW_NO_PAYLOAD_INSPECT, 0);
	app_clean(&t.flow);
	assert_true(t.flow.flags & FLOW_NO_PAYLOAD_INSPECT);
	assert_null(talk_tx(&t, 0));
	assert_int_equal(app_stats(t.app)->bytes, 0);
	talk_say(&t, APP_TC, "\x17\x03\x03\x00\x02zz", 7, 1);
	assert_null(app_tx_first(&t.flow));
	talk_end(&t);
}

/* Data of a client that knows the server ends nothing (RFC 8446, section 2.3). */
static void
early_data_ends_nothing(void **state)
{
	static const char early[] = SNI "\x00\x2a\x00\x00";
	struct bytes c = client_hello(early, sizeof(early) - 1), ts = {0};
	struct talk t;

	(void)state;
	talk_begin(&t, &tls_parser, IPPROTO_TCP, 443);
	put_records(&ts, 22, c.b, c.n, 16384);
	put_records(&ts, 23, "zz", 2, 2);
	talk_say(&t, APP_TS, ts.b, ts.n, ts.n);
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	talk_end(&t);
}

/* A message that is cut anywhere is told as one that does not fit. */
static void
every_truncation_of_the_hello(void **state)
{
	struct bytes whole = client_hello(extensions, sizeof(extensions) - 1);

	(void)state;
	for (size_t len = 0; len < whole.n - 4; len++) {
		struct bytes body = {0}, message = {0}, ts = {0};
		struct talk t;
		/* Without extensions it is a hello of 1999. */
		bool old = len == sizeof(HELLO_HEAD) - 1;

		put(&body, whole.b + 4, len);
		put_message(&message, 1, &body);
		put_records(&ts, 22, message.b, message.n, 16384);
		talk_begin(&t, &tls_parser, IPPROTO_TCP, 443);
		talk_say(&t, APP_TS, ts.b, ts.n, ts.n);
		assert_int_equal(
		    talk_event(&t, 0, "handshake_invalid_length"), !old);
		assert_int_equal(
		    talk_event(&t, 0, "invalid_handshake_message"), !old);
		talk_end(&t);
	}
}

static void
every_truncation_of_the_certificate(void **state)
{
	struct tls_cert c;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	for (size_t len = 0; len < sizeof(CERT); len++) {
		uint8_t *copy = malloc(len + 1);

		assert_non_null(copy);
		memcpy(copy, CERT, len);
		buf_reset(&b);
		assert_int_equal(tls_cert_read((struct span){copy, len}, &b, &c),
		    TLS_CERT_LENGTH);
		free(copy);
	}
	buf_reset(&b);
	assert_int_equal(
	    tls_cert_read((struct span){CERT, sizeof(CERT)}, &b, &c), TLS_CERT_OK);
	buf_release(&b);
}

/* Suricata's own two examples, and dates that are none. */
static void
certificates_that_are_none(void **state)
{
	static const uint8_t too_long[] = {0x30, 6, 0x30, 0x84, 0xff, 0xff, 0xff,
	    0xfa},
			     cut[] = {0x30, 5, 0x30, 0x84, 0xff, 0xff, 0xff},
			     integer[] = {2, 1, 0};
	uint8_t date[sizeof(CERT)];
	struct tls_cert c;
	struct buf b;
	uint8_t *at;

	(void)state;
	buf_init(&b, 8192);
	assert_int_equal(
	    tls_cert_read((struct span){too_long, sizeof(too_long)}, &b, &c),
	    TLS_CERT_INVALID);
	assert_int_equal(tls_cert_read((struct span){cut, sizeof(cut)}, &b, &c),
	    TLS_CERT_LENGTH);
	assert_int_equal(
	    tls_cert_read((struct span){integer, sizeof(integer)}, &b, &c),
	    TLS_CERT_INVALID);
	memcpy(date, CERT, sizeof(CERT));
	at = memmem(date, sizeof(date), "261123155916Z", 13);
	assert_non_null(at);
	memcpy(at, "269923", 6);
	assert_int_equal(tls_cert_read((struct span){date, sizeof(date)}, &b, &c),
	    TLS_CERT_DATE);
	buf_release(&b);
}

static void
dates_of_both_kinds(void **state)
{
	static const struct {
		uint8_t tag;
		const char *text;
		int64_t seconds;
	} rows[] = {{DER_UTC_TIME, "700101000000Z", 0},
	    {DER_UTC_TIME, "491231235959Z", 2524607999},
	    {DER_UTC_TIME, "500101000000Z", -631152000},
	    {DER_GENERAL_TIME, "20000229120000Z", 951825600},
	    {DER_GENERAL_TIME, "99991231235959Z", 253402300799}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct der e = {rows[i].tag,
		    {(const uint8_t *)rows[i].text, strlen(rows[i].text)}};
		int64_t seconds;

		assert_true(der_time(&e, &seconds));
		assert_int_equal(seconds, rows[i].seconds);
		e.body.len--;
		assert_false(der_time(&e, &seconds));
	}
}

/* What is wrong, and the event that says so. */
static void
events_of_records(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *event;
	} rows[] = {
	    {"\x16\x03\x01\x00\x01\x00\x63\x03\x01\x00\x00", 11,
		"invalid_record_type"},
	    {"\x16\x03\x01\x00\x01\x00\x16\x05\x01\x00\x00", 11,
		"invalid_record_version"},
	    {"\x16\x03\x01\xff\xff", 5, "invalid_record_length"},
	    {"\x16\x03\x01\x00\x04\x63\x00\x00\x00", 9, "invalid_ssl_record"},
	    {"\x16\x03\x01\x00\x04\x01\xff\xff\xff", 9, "handshake_invalid_length"},
	    {"\x16\x03\x01\x00\x01\x00\x18\x03\x01\x00\x03\x01\x40\x00", 14,
		"overflow_heartbeat_message"},
	    {"\x16\x03\x01\x00\x01\x00\x18\x03\x01\x00\x03\x01\x00\x00", 14,
		"invalid_heartbeat_message"},
	    {"\x16\x03\x01\x00\x01\x00\x18\x03\x01\x00\x03\x09\x00\x00", 14,
		"invalid_heartbeat_message"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t piece = 1; piece <= rows[i].len; piece++) {
			struct talk t;

			talk_begin(&t, &tls_parser, IPPROTO_TCP, 443);
			talk_say(&t, APP_TS, rows[i].bytes, rows[i].len, piece);
			assert_true(talk_event(&t, 0, rows[i].event));
			talk_end(&t);
		}
}

static void
events_of_names(void **state)
{
	static const struct {
		const char *ext;
		size_t len;
		const char *event;
	} rows[] = {
	    {SNI SNI, 26, "multiple_sni_extensions"},
	    {"\x00\x00\x00\x06\x00\x04\x07\x00\x01x", 10, "invalid_sni_type"},
	    {"\x00\x00\x00\x06\x00\x04\x00\x00\x09x", 10, "invalid_sni_length"},
	    {"\x00\x00\x00\x05\x00\x03\x00\x00\x00", 9, "invalid_sni_length"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes c = client_hello(rows[i].ext, rows[i].len), ts = {0};
		struct talk t;

		talk_begin(&t, &tls_parser, IPPROTO_TCP, 443);
		put_records(&ts, 22, c.b, c.n, 16384);
		talk_say(&t, APP_TS, ts.b, ts.n, ts.n);
		assert_true(talk_event(&t, 0, rows[i].event));
		talk_end(&t);
	}
}

/* A client of old that offers TLS in a hello of SSL 2, and goes on with TLS. */
static void
ssl2_hello_then_tls(void **state)
{
	static const char hello[] = "\x80\x0c\x01\x03\x01\x00\x03\x00\x00\x00"
				    "\x00\x01\x00\x80";
	struct bytes s = server_flight(), tc = {0};

	(void)state;
	put_records(&tc, 22, s.b, s.n, 16384);
	for (size_t piece = 1; piece < sizeof(hello); piece++) {
		struct talk t;

		talk_begin(&t, &tls_parser, IPPROTO_TCP, 443);
		talk_say(&t, APP_TS, hello, sizeof(hello) - 1, piece);
		talk_say(&t, APP_TC, tc.b, tc.n, tc.n);
		assert_int_equal(
		    talk_number(&t, 0, APP_TLS_VERSION, APP_TS, 0), TLS_BIT_1_0);
		assert_buffer(&t, APP_TLS_CERT_SUBJECT, APP_TC, 0, NAME);
		assert_int_equal(talk_tx(&t, 0)->events, 0);
		talk_end(&t);
	}
}

static void
what_is_not_tls(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum app_guess ts, tc;
	} rows[] = {{"\x16\x03\x01", 3, APP_YES, APP_YES},
	    {"\x16\x03", 2, APP_MORE, APP_MORE}, {"GET ", 4, APP_NO, APP_NO},
	    {"\x17\x03\x03", 3, APP_NO, APP_YES},
	    {"\x16\x02\x01", 3, APP_NO, APP_NO},
	    {"\x80\x2e\x01\x00\x02", 5, APP_YES, APP_NO},
	    {"\x80\x2e\x04\x00\x01\x00\x02", 7, APP_NO, APP_YES},
	    {"\x80\x2e", 2, APP_MORE, APP_MORE}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct span s = {(const uint8_t *)rows[i].bytes, rows[i].len};

		assert_int_equal(tls_parser.probe(NULL, APP_TS, s), rows[i].ts);
		assert_int_equal(tls_parser.probe(NULL, APP_TC, s), rows[i].tc);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(records_and_pieces_of_any_size),
	    cmocka_unit_test(record_tells_the_handshake),
	    cmocka_unit_test(encryption_ends_the_transaction),
	    cmocka_unit_test(early_data_ends_nothing),
	    cmocka_unit_test(every_truncation_of_the_hello),
	    cmocka_unit_test(every_truncation_of_the_certificate),
	    cmocka_unit_test(certificates_that_are_none),
	    cmocka_unit_test(dates_of_both_kinds),
	    cmocka_unit_test(events_of_records),
	    cmocka_unit_test(events_of_names),
	    cmocka_unit_test(ssl2_hello_then_tls),
	    cmocka_unit_test(what_is_not_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
