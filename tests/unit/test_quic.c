/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * QUIC: hellos of every kind of version, in pieces and cut short.  The client's
 * packets were made with another library; the server's are of RFC 9001, A.3, and
 * RFC 9369, A.3.
 */
#include "tests/unit/app_help.h"

#include "agent/app/quic.h"
#include "common/str.h"

#include <stdio.h>

static const char client_1[] =
    "c000000001088394c8f03e515708021122004088aff246b451a89b7ca349c0a54f94"
    "c48b73c6241718f7a15b1b16bf79af7f883514a11a62fc775e106b44620827fb17e5"
    "e566eb116bd631e38576a4dddf8b3c691439cf283a95896feb93002d8d76da34be47"
    "869e32f39deb885b6515de4421ad040482e621f9641c51323c99fd135c4b67f0beec"
    "26c3c59b240ba303103ece112e9f60a24b1c1fcf";
static const char server_1[] =
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816"
    "b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6"
    "ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd9"
    "3795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";
static const char client_2[] =
    "d56b3343cf088394c8f03e515708021122004088bc90d4ec9e1c685f295c92d0e8f3"
    "ae1a1565f3962db9fa8be657785f5e63b19f29bb712e6ff6318cf91585913d30787a"
    "198ba91d2a9df89f29df66a04bad7d895e5bfdb9a95256fa9fd1ee3db6b5f79a06c7"
    "1a6cd189c6d8b64b39a35b3c052c93cee9e69134190883341b3f0f057ad211d86c74"
    "fc8dbb7cd4559cdd47afcf93a3890f7a362caab6";
static const char server_2[] =
    "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baee"
    "a26b91eb761d9b89237bbf87263017915358230035f7fd3945d88965cf17f9af6e16"
    "886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507698075b2c984c707f0a0"
    "812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140";
static const char tls_hello_text[] =
    "0100006e0303000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
    "1c1d1e1f0000061301130213030100003f0000000f000d00000a6578616d706c652e"
    "6e6c000a000800062a2a001d0017000b00020100000d000600040403080400100005"
    "0003026833002b0003020304";

#define ID "\x83\x94\xc8\xf0\x3e\x51\x57\x08"
/* A version nobody has keys of: its frames stand as they are. */
#define CLEAR "\xc0\xff\0\0\x23\x08" ID "\0\0"
#define Q046                                                                       \
	"\xc3Q046\x50" ID "\0\0\0\1"                                               \
	"hashhashhash"
#define Q043                                                                       \
	"\x0d" ID "Q043\1"                                                         \
	"hashhashhash"
#define CHLO                                                                       \
	"CHLO\3\0\0\0PAD\0\4\0\0\0SNI\0\x0e\0\0\0UAID\x11\0\0\0----example.nl"     \
	"C/1"
#define CHLO_LEN 49
#define RETRY	 "\xf0\0\0\0\1\0\4SERVtokenhashhashhashhash"

static struct talk t;
static struct buf json;
static uint8_t tls_hello[512];
static size_t tls_hello_len;

static int
setup(void **state)
{
	int n = str_unhex(
	    tls_hello_text, strlen(tls_hello_text), tls_hello, sizeof(tls_hello));

	(void)state;
	assert_true(n > 0);
	tls_hello_len = (size_t)n;
	buf_init(&json, 65536);
	talk_begin(&t, &quic_parser, IPPROTO_UDP, 443);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_end(&t);
	buf_release(&json);
	return 0;
}

static void
say(enum app_dir d, const void *p, size_t len)
{
	talk_tell(&t, STREAM_DATAGRAM, d, p, len);
}

static size_t
unhex(const char *text, uint8_t out[2048])
{
	int n = str_unhex(text, strlen(text), out, 2048);

	assert_true(n > 0);
	return (size_t)n;
}

static void
say_hex(enum app_dir d, const char *text)
{
	uint8_t packet[2048];

	say(d, packet, unhex(text, packet));
}

/* A packet whose frames are in the clear. */
static void
say_frames(const void *frames, size_t len)
{
	uint8_t packet[4096];
	size_t n = sizeof(CLEAR) - 1;

	assert_true(len < 2048);
	memcpy(packet, CLEAR, n);
	packet[n++] = (uint8_t)(0x40 | len >> 8);
	packet[n++] = (uint8_t)len;
	memcpy(packet + n, frames, len);
	say(APP_TS, packet, n + len);
}

static size_t
crypto(uint8_t *out, size_t offset, const void *p, size_t len)
{
	const uint8_t head[] = {6, (uint8_t)(0x80 | offset >> 24),
	    (uint8_t)(offset >> 16), (uint8_t)(offset >> 8), (uint8_t)offset,
	    (uint8_t)(0x40 | len >> 8), (uint8_t)len};

	memcpy(out, head, sizeof(head));
	memcpy(out + sizeof(head), p, len);
	return sizeof(head) + len;
}

/* Bytes from..to of the hello. */
static void
say_piece(size_t from, size_t to)
{
	uint8_t frame[1024];

	say_frames(frame, crypto(frame, from, tls_hello + from, to - from));
}

static const char *
sni(uint64_t tx)
{
	return talk_buffer(&t, tx, APP_QUIC_SNI, APP_TS, 0);
}

/* --- hellos of TLS --------------------------------------------------------------- */

static void
hellos_of_version_1_are_read(void **state)
{
	(void)state;
	say_hex(APP_TS, client_1);
	say_hex(APP_TC, server_1);
	assert_string_equal(sni(0), "example.nl");
	assert_string_equal(talk_buffer(&t, 0, APP_JA3_STRING, APP_TS, 0),
	    "771,4865-4866-4867,0-10-11-13-16-43,10794-29-23,0");
	assert_string_equal(talk_buffer(&t, 0, APP_JA4_HASH, APP_TS, 0),
	    "q13d0306h3_55b375c5d22e_fb71836bce29");
	assert_string_equal(
	    talk_buffer(&t, 1, APP_JA3S_STRING, APP_TC, 0), "771,4865,51-43");
	assert_string_equal(talk_buffer(&t, 1, APP_JA3S_STRING, APP_TS, 0), "-");
	assert_true(talk_tx(&t, 0)->inspected[APP_TC]);
	assert_string_equal(talk_json(&t, 1, &json),
	    "{\"quic\":{\"version\":\"1\",\"ja3s\":{"
	    "\"hash\":\"eb1d94daa7e0344597e756a1fb6e7054\","
	    "\"string\":\"771,4865,51-43\"}}}");
}

static void
hellos_of_version_2_are_read(void **state)
{
	struct app_bytes out;

	(void)state;
	say_hex(APP_TS, client_2);
	say_hex(APP_TC, server_2);
	assert_string_equal(sni(0), "example.nl");
	assert_string_equal(
	    talk_buffer(&t, 1, APP_JA3S_STRING, APP_TC, 0), "771,4865,51-43");
	assert_int_equal(
	    app_buffer(&t.flow, talk_tx(&t, 0), APP_QUIC_VERSION, APP_TS, 0, &out),
	    APP_HAVE);
	assert_int_equal(out.bytes.len, 4);
	assert_memory_equal(out.bytes.p, "\x6b\x33\x43\xcf", 4);
	assert_non_null(strstr(talk_json(&t, 0, &json), "\"version\":\"v2\""));
}

static void
keys_are_those_of_the_rfc(void **state)
{
	struct quic_keys k;
	char text[33];

	(void)state;
	assert_true(quic_keys_make(&k, QUIC_1, (struct span){(uint8_t *)ID, 8}));
	str_hex(k.side[APP_TS].key, 16, text);
	assert_string_equal(text, "1f369613dd76d5467730efcbe3b1a22d");
	str_hex(k.side[APP_TC].mask, 16, text);
	assert_string_equal(text, "c206b8d9b9f0f37644430b490eeaa314");
	assert_false(quic_keys_make(&k, 2, (struct span){(uint8_t *)ID, 8}));
}

static void
after_the_hello_nothing_can_be_read(void **state)
{
	(void)state;
	say_hex(APP_TS, client_1);
	say_hex(APP_TS, client_1);
	assert_null(talk_tx(&t, 1));
	say_hex(APP_TC, server_1);
	assert_non_null(talk_tx(&t, 1));
}

static void
a_changed_byte_is_an_event(void **state)
{
	uint8_t packet[2048];
	size_t len = unhex(client_1, packet);

	(void)state;
	packet[len - 1] ^= 1;
	say(APP_TS, packet, len);
	assert_true(talk_event(&t, 0, "failed_decrypt"));
	assert_string_equal(sni(0), "-");
	say_hex(APP_TS, client_1);
	assert_string_equal(sni(1), "example.nl");
}

static void
a_retry_brings_new_keys(void **state)
{
	(void)state;
	say_hex(APP_TS, client_2);
	say(APP_TC, RETRY, sizeof(RETRY) - 1);
	say_hex(APP_TS, client_1);
	assert_string_equal(sni(2), "example.nl");
}

/* --- pieces ------------------------------------------------------------------------ */

static void
pieces_may_come_in_any_order(void **state)
{
	(void)state;
	for (size_t a = 1; a + 1 < tls_hello_len; a += 7) {
		size_t b = a + 1 + (tls_hello_len - a) / 2;

		say_piece(b, tls_hello_len);
		say_piece(0, a);
		assert_string_equal(sni(1), "-");
		say_piece(a, b);
		assert_string_equal(sni(2), "example.nl");
		teardown(state);
		setup(state);
	}
}

static void
of_bytes_sent_twice_the_later_count(void **state)
{
	uint8_t frame[200], junk[30];

	(void)state;
	memset(junk, 'x', sizeof(junk));
	say_frames(frame, crypto(frame, 30, junk, sizeof(junk)));
	say_piece(0, 60);
	say_piece(60, tls_hello_len);
	assert_string_equal(sni(2), "example.nl");
}

static void
a_hole_is_no_hello(void **state)
{
	(void)state;
	say_piece(0, 60);
	say_piece(0, 60);
	say_piece(70, tls_hello_len);
	assert_string_equal(sni(2), "-");
	say_piece(60, 70);
	assert_string_equal(sni(3), "example.nl");
}

static void
what_is_too_far_is_an_event(void **state)
{
	uint8_t frame[200];

	(void)state;
	say_piece(0, 60);
	say_frames(frame, crypto(frame, QUIC_CRYPTO_MAX - 3, "far", 3));
	assert_false(talk_event(&t, 1, "crypto_frag_too_long"));
	say_frames(frame, crypto(frame, QUIC_CRYPTO_MAX - 2, "far", 3));
	assert_true(talk_event(&t, 2, "crypto_frag_too_long"));
	say_piece(60, tls_hello_len);
	assert_string_equal(sni(3), "-");
}

static void
scattered_pieces_have_a_cap(void **state)
{
	uint8_t frame[200];

	(void)state;
	for (size_t i = 0; i < QUIC_RUNS_MAX; i++)
		say_frames(frame, crypto(frame, 10 + 2 * i, "x", 1));
	assert_int_equal(app_stats(t.app)->part_cap, 0);
	say_frames(frame, crypto(frame, 60000, "x", 1));
	assert_int_equal(app_stats(t.app)->part_cap, 1);
	say_piece(0, tls_hello_len);
	assert_string_equal(sni(QUIC_RUNS_MAX + 1), "example.nl");
}

static void
bytes_that_wait_have_a_cap(void **state)
{
	static uint8_t frame[2048], bytes[1900];
	size_t n = QUIC_HELD_MAX / sizeof(bytes) + 1;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		say_frames(frame, crypto(frame, 0, bytes, sizeof(bytes)));
		app_clean(&t.flow);
	}
	assert_true(app_stats(t.app)->bytes <= QUIC_HELD_MAX + 4096);
}

/* --- frames ------------------------------------------------------------------------- */

static void
frames_before_the_hello_are_stepped_over(void **state)
{
	static const char before[] = "\1\0\0\2\5\0\2\0\1\1\1\1\3\0\0\0\0\1\2\3";
	uint8_t frames[1024];
	size_t n = sizeof(before) - 1;

	(void)state;
	memcpy(frames, before, n);
	say_frames(frames, n + crypto(frames + n, 0, tls_hello, tls_hello_len));
	assert_string_equal(sni(0), "example.nl");
}

static void
an_unknown_frame_ends_the_packet(void **state)
{
	uint8_t frames[1024];

	(void)state;
	frames[0] = 0x1c;
	say_frames(frames, 1 + crypto(frames + 1, 0, tls_hello, tls_hello_len));
	assert_string_equal(sni(0), "-");
	assert_int_equal(talk_tx(&t, 0)->events, 0);
}

static void
every_truncated_frame_is_an_event(void **state)
{
	uint8_t frames[1024];
	size_t len = crypto(frames, 0, tls_hello, tls_hello_len);

	(void)state;
	for (size_t n = 1; n < len; n++) {
		say_frames(frames, n);
		assert_true(talk_event(&t, 0, "error_on_data"));
		assert_string_equal(sni(0), "-");
		teardown(state);
		setup(state);
	}
}

static void
every_truncated_hello_waits(void **state)
{
	(void)state;
	for (size_t n = 1; n < tls_hello_len; n++) {
		say_piece(0, n);
		assert_string_equal(sni(0), "-");
		assert_int_equal(talk_tx(&t, 0)->events, 0);
		teardown(state);
		setup(state);
	}
}

static void
every_truncated_packet_is_none(void **state)
{
	uint8_t packet[2048];
	size_t len = unhex(client_1, packet);

	(void)state;
	for (size_t n = 1; n < len; n++) {
		say(APP_TS, packet, n);
		assert_null(app_tx_first(&t.flow));
		teardown(state);
		setup(state);
	}
}

static void
other_messages_are_events(void **state)
{
	uint8_t frame[64];

	(void)state;
	say_frames(frame, crypto(frame, 0, "\x14\0\0\2xx", 6));
	assert_true(talk_event(&t, 0, "error_on_data"));
	say_piece(0, tls_hello_len);
	assert_string_equal(sni(1), "example.nl");
}

/* --- Google's ------------------------------------------------------------------------- */

static void
googles_hello_has_a_fingerprint(void **state)
{
	static const char packet[] = Q046 "\xa0\1\0\x31" CHLO;

	(void)state;
	say(APP_TS, packet, sizeof(packet) - 1);
	assert_string_equal(talk_json(&t, 0, &json),
	    "{\"quic\":{\"version\":\"Q046\",\"sni\":\"example.nl\","
	    "\"ua\":\"C/1\",\"cyu\":[{"
	    "\"hash\":\"bc252431df58411cd2ea00eba190964f\","
	    "\"string\":\"46,PAD-SNI-UAID\"}]}}");
	assert_string_equal(sni(0), "example.nl");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_QUIC_CYU_STRING, APP_TS, 0), "46,PAD-SNI-UAID");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_QUIC_CYU_STRING, APP_TS, 1), "-");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_QUIC_VERSION, APP_TS, 0), "Q046");
}

static void
a_public_header_has_no_version_for_rules(void **state)
{
	static const char packet[] = Q043 "\xa0\1\0\x31" CHLO;

	(void)state;
	say(APP_TS, packet, sizeof(packet) - 1);
	assert_string_equal(talk_buffer(&t, 0, APP_QUIC_UA, APP_TS, 0), "C/1");
	assert_string_equal(talk_buffer(&t, 0, APP_QUIC_VERSION, APP_TS, 0), "-");
}

static void
odd_hellos_of_googles_are_none(void **state)
{
	static const size_t places[] = {0, 4, 8, 12, 16};
	char packet[] = Q046 "\xa0\1\0\x31" CHLO;
	size_t at = sizeof(packet) - 1 - CHLO_LEN;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		packet[at + places[i]] ^= 0x7f;
		say(APP_TS, packet, sizeof(packet) - 1);
		assert_string_equal(sni(i), "-");
		assert_int_equal(talk_tx(&t, i)->events, 0);
		packet[at + places[i]] ^= 0x7f;
	}
}

static void
every_truncated_packet_of_googles(void **state)
{
	static const char packet[] = Q046 "\xa0\1\0\x31" CHLO;
	size_t head = sizeof(Q046) - 1;

	(void)state;
	for (size_t n = 1; n < sizeof(packet) - 1; n++) {
		say(APP_TS, packet, n);
		if (n < head)
			assert_null(app_tx_first(&t.flow));
		else if (n > head)
			assert_true(talk_event(&t, 0, "error_on_data"));
		teardown(state);
		setup(state);
	}
}

/* --- finding it ------------------------------------------------------------------------ */

static void
it_is_looked_for_on_its_ports(void **state)
{
	static const struct {
		uint16_t port;
		bool found;
	} rows[] = {{443, true}, {80, true}, {4433, false}, {53, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t.flow.key.bport = rows[i].port;
		say_hex(APP_TS, client_1);
		assert_int_equal(app_tx_first(&t.flow) != NULL, rows[i].found);
		teardown(state);
		setup(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(hellos_of_version_1_are_read),
	    TEST(hellos_of_version_2_are_read),
	    TEST(keys_are_those_of_the_rfc),
	    TEST(after_the_hello_nothing_can_be_read),
	    TEST(a_changed_byte_is_an_event),
	    TEST(a_retry_brings_new_keys),
	    TEST(pieces_may_come_in_any_order),
	    TEST(of_bytes_sent_twice_the_later_count),
	    TEST(a_hole_is_no_hello),
	    TEST(what_is_too_far_is_an_event),
	    TEST(scattered_pieces_have_a_cap),
	    TEST(bytes_that_wait_have_a_cap),
	    TEST(frames_before_the_hello_are_stepped_over),
	    TEST(an_unknown_frame_ends_the_packet),
	    TEST(every_truncated_frame_is_an_event),
	    TEST(every_truncated_hello_waits),
	    TEST(every_truncated_packet_is_none),
	    TEST(other_messages_are_events),
	    TEST(googles_hello_has_a_fingerprint),
	    TEST(a_public_header_has_no_version_for_rules),
	    TEST(odd_hellos_of_googles_are_none),
	    TEST(every_truncated_packet_of_googles),
	    TEST(it_is_looked_for_on_its_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
