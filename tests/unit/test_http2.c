/* SPDX-License-Identifier: EUPL-1.2 */
/* HTTP/2: streams as transactions with the buffers of HTTP/1, and frames. */
#include "tests/unit/app_help.h"

#include "agent/app/http2.h"
#include "common/buf.h"

static struct talk t;
static struct buf wire;

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &http2_parser, IPPROTO_TCP, 80);
	buf_init(&wire, 1u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_end(&t);
	buf_release(&wire);
	return 0;
}

static void
frame(uint8_t type, uint8_t flags, uint32_t stream, const void *p, size_t n)
{
	const uint8_t head[9] = {(uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n,
	    type, flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
	    (uint8_t)(stream >> 8), (uint8_t)stream};

	buf_add(&wire, head, sizeof(head));
	if (n > 0)
		buf_add(&wire, p, n);
}

/* A field that no table has or gets. */
static void
field(struct buf *b, const char *name, const char *value)
{
	buf_addc(b, 0);
	buf_addc(b, (char)strlen(name));
	buf_adds(b, name);
	buf_addc(b, (char)strlen(value));
	buf_adds(b, value);
}

static void
magic(void)
{
	buf_adds(&wire, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static void
request(uint32_t stream, uint8_t flags, const char *path)
{
	struct buf b;

	buf_init(&b, 4096);
	field(&b, ":method", "POST");
	field(&b, ":path", path);
	field(&b, ":authority", "Example.nl:8080");
	field(&b, "user-agent", "test");
	field(&b, "cookie", "a=1");
	frame(HTTP2_HEADERS, flags, stream, b.data, b.len);
	buf_release(&b);
}

static void
response(uint32_t stream, uint8_t flags)
{
	struct buf b;

	buf_init(&b, 4096);
	field(&b, ":status", "200");
	field(&b, "server", "s");
	frame(HTTP2_HEADERS, flags, stream, b.data, b.len);
	buf_release(&b);
}

static void
say(enum app_dir d, size_t size)
{
	talk_say(&t, d, wire.data, wire.len, size);
	buf_reset(&wire);
}

static const char *
buffer(uint64_t id, enum app_buffer_id b, enum app_dir d)
{
	return talk_buffer(&t, id, b, d, 0);
}

static void
converse(size_t size)
{
	static const uint8_t padded[] = "\003body\0\0\0";

	magic();
	frame(HTTP2_SETTINGS, 0, 0, "\0\1\0\0\x10\0", 6);
	request(1, 4, "/a%20b/../c");
	frame(HTTP2_DATA, 8 | 1, 1, padded, sizeof(padded) - 1);
	say(APP_TS, size);
	frame(HTTP2_SETTINGS, 0, 0, "", 0);
	response(1, 4);
	frame(HTTP2_DATA, 0, 1, "hel", 3);
	frame(HTTP2_DATA, 1, 1, "lo", 2);
	say(APP_TC, size);
}

static void
check_conversation(void)
{
	assert_string_equal(app_name(&t.flow), "http2");
	assert_int_equal(talk_number(&t, 0, APP_HTTP2_FRAMETYPE, APP_TS, 0), 4);
	assert_int_equal(talk_number(&t, 0, APP_HTTP2_SETTINGS, APP_TS, 0),
	    ((int64_t)1 << 32) + 4096);
	assert_string_equal(buffer(1, APP_HTTP_URI, APP_TS), "/a%20b/../c");
	assert_string_equal(buffer(1, APP_HTTP_METHOD, APP_TS), "POST");
	assert_string_equal(buffer(1, APP_HTTP_HOST, APP_TS), "example.nl");
	assert_string_equal(
	    buffer(1, APP_HTTP_HOST_RAW, APP_TS), "Example.nl:8080");
	assert_string_equal(buffer(1, APP_HTTP_PROTOCOL, APP_TS), "HTTP/2");
	assert_string_equal(buffer(1, APP_HTTP_USER_AGENT, APP_TS), "test");
	assert_string_equal(buffer(1, APP_HTTP_COOKIE, APP_TS), "a=1");
	assert_string_equal(buffer(1, APP_HTTP_HEADER, APP_TS),
	    ":method: POST\r\n:path: /a%20b/../c\r\n"
	    ":authority: Example.nl:8080\r\nuser-agent: test\r\n");
	assert_string_equal(
	    buffer(1, APP_HTTP_REQUEST_LINE, APP_TS), "POST /a%20b/../c HTTP/2");
	assert_string_equal(talk_buffer(&t, 1, APP_HTTP_REQUEST_HEADER, APP_TS, 3),
	    "user-agent: test");
	assert_string_equal(
	    talk_buffer(&t, 1, APP_HTTP2_HEADER_NAME, APP_TS, 4), "cookie");
	assert_string_equal(
	    talk_buffer(&t, 1, APP_HTTP2_HEADER_NAME, APP_TS, 5), "-");
	assert_string_equal(buffer(1, APP_HTTP_REQUEST_BODY, APP_TS), "body");
	assert_string_equal(buffer(1, APP_HTTP_STAT_CODE, APP_TC), "200");
	assert_string_equal(buffer(1, APP_HTTP_PROTOCOL, APP_TC), "HTTP/2");
	assert_string_equal(buffer(1, APP_FILE_DATA, APP_TC), "hello");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TS));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
	assert_int_equal(talk_tx(&t, 1)->events, 0);
	assert_null(talk_tx(&t, 3));
}

static void
a_stream_is_a_transaction(void **state)
{
	(void)state;
	converse(65536);
	check_conversation();
}

static void
pieces_of_any_size_say_the_same(void **state)
{
	for (size_t size = 1; size < 40; size++) {
		converse(size);
		check_conversation();
		teardown(state);
		setup(state);
	}
}

/* What is cut before its fields end has no request, and nothing is left over. */
static void
every_truncation_waits_for_more(void **state)
{
	size_t whole;

	magic();
	request(1, 4 | 1, "/x");
	whole = wire.len;
	for (size_t n = 1; n <= whole; n++) {
		buf_reset(&wire);
		magic();
		request(1, 4 | 1, "/x");
		talk_tell(&t, STREAM_DATA, APP_TS, wire.data, n);
		if (n < whole)
			assert_null(talk_tx(&t, 0));
		else
			assert_string_equal(buffer(0, APP_HTTP_URI, APP_TS), "/x");
		talk_tell(&t, STREAM_END, APP_TS, "", 0);
		teardown(state);
		setup(state);
	}
}

static void
fields_go_on_in_continuations(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100);
	field(&b, ":path", "/long");
	magic();
	frame(HTTP2_HEADERS, 1, 1, b.data, 3);
	frame(HTTP2_CONTINUATION, 0, 1, b.data + 3, 4);
	frame(HTTP2_CONTINUATION, 4, 1, b.data + 7, b.len - 7);
	say(APP_TS, 65536);
	assert_string_equal(buffer(0, APP_HTTP_URI, APP_TS), "/long");
	assert_int_equal(talk_number(&t, 0, APP_HTTP2_FRAMETYPE, APP_TS, 1), 9);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	buf_release(&b);
}

static void
numbers_of_frames_are_kept(void **state)
{
	(void)state;
	magic();
	request(1, 4 | 1, "/x");
	frame(HTTP2_WINDOW_UPDATE, 0, 1, "\0\0\1\0", 4);
	frame(HTTP2_PRIORITY, 0, 1, "\0\0\0\0\xff", 5);
	frame(HTTP2_RST_STREAM, 0, 1, "\0\0\0\x8", 4);
	frame(HTTP2_GOAWAY, 0, 0, "\0\0\0\0\0\0\0\xb", 8);
	say(APP_TS, 65536);
	assert_int_equal(talk_number(&t, 0, APP_HTTP2_WINDOW, APP_TS, 0), 256);
	assert_int_equal(talk_number(&t, 0, APP_HTTP2_PRIORITY, APP_TS, 0), 255);
	assert_int_equal(talk_number(&t, 0, APP_HTTP2_ERRORCODE, APP_TS, 0), 8);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_int_equal(talk_number(&t, 1, APP_HTTP2_ERRORCODE, APP_TS, 0), 11);
}

static void
sizes_of_the_table_are_numbers_too(void **state)
{
	static const uint8_t block[] = {0x3f, 0xe1, 0x1f, 0x82}; /* 4096, GET */

	(void)state;
	magic();
	frame(HTTP2_HEADERS, 4 | 1, 1, block, sizeof(block));
	say(APP_TS, 65536);
	assert_int_equal(
	    talk_number(&t, 0, APP_HTTP2_SIZE_UPDATE, APP_TS, 0), 4096);
	assert_string_equal(buffer(0, APP_HTTP_METHOD, APP_TS), "GET");
}

/* A table that grows beyond the cap is not followed. */
static void
a_table_has_a_cap(void **state)
{
	static const uint8_t block[] = {0x3f, 0xe1, 0xff, 0x7f, 0x82};

	(void)state;
	magic();
	frame(HTTP2_HEADERS, 4 | 1, 1, block, sizeof(block));
	say(APP_TS, 65536);
	assert_true(talk_event(&t, 0, "invalid_header"));
}

static void
what_is_wrong_is_an_event(void **state)
{
	static const struct {
		uint8_t type;
		size_t len;
		const char *event;
	} CASES[] = {
	    {HTTP2_PING, 7, "invalid_frame_length"},
	    {HTTP2_WINDOW_UPDATE, 5, "invalid_frame_length"},
	    {HTTP2_SETTINGS, 7, "invalid_frame_data"},
	    {HTTP2_CONTINUATION, 1, "invalid_frame_data"},
	    {HTTP2_GOAWAY, HTTP2_FRAME_MAX + 1, "long_frame_data"},
	};
	static const uint8_t zeros[HTTP2_FRAME_MAX + 1];

	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		magic();
		frame(CASES[i].type, 0, 0, zeros, CASES[i].len);
		frame(HTTP2_PING, 0, 0, zeros, 8);
		say(APP_TS, 65536);
		assert_true(talk_event(&t, 0, CASES[i].event));
		assert_int_equal(
		    talk_number(&t, 1, APP_HTTP2_FRAMETYPE, APP_TS, 0), HTTP2_PING);
		teardown(state);
		setup(state);
	}
}

static void
hosts_that_differ_are_an_event(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 200);
	field(&b, ":authority", "me@a.nl");
	field(&b, "host", "b.nl");
	magic();
	frame(HTTP2_HEADERS, 4 | 1, 1, b.data, b.len);
	say(APP_TS, 65536);
	assert_true(talk_event(&t, 0, "authority_host_mismatch"));
	assert_true(talk_event(&t, 0, "userinfo_in_uri"));
	buf_release(&b);
}

static void
gaps_in_bodies_are_passed_over(void **state)
{
	uint8_t head[9] = {0, 0, 104, HTTP2_DATA, 1, 0, 0, 0, 1};

	(void)state;
	frame(HTTP2_SETTINGS, 0, 0, "", 0);
	response(1, 4);
	buf_add(&wire, head, sizeof(head));
	buf_adds(&wire, "ab");
	say(APP_TC, 65536);
	talk_tell(&t, STREAM_GAP, APP_TC, "", 0);
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
	talk_tell(&t, STREAM_DATA, APP_TC, "yz", 2);
	assert_string_equal(buffer(1, APP_FILE_DATA, APP_TC), "abyz");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
}

static void
http_1_turns_into_it(void **state)
{
	static const char ask[] = "GET / HTTP/1.1\r\nHost: a\r\n"
				  "Upgrade: h2c\r\n\r\n",
			  yes[] = "HTTP/1.1 101 Switching\r\n"
				  "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n";

	(void)state;
	app_free(t.app);
	t.app = app_new(&(struct app_config){.parsers = NULL});
	talk_tell(&t, STREAM_DATA, APP_TS, ask, strlen(ask));
	talk_tell(&t, STREAM_DATA, APP_TC, yes, strlen(yes));
	assert_string_equal(app_name(&t.flow), "http");
	frame(HTTP2_SETTINGS, 0, 0, "", 0);
	response(1, 4);
	frame(HTTP2_DATA, 1, 1, "hello", 5);
	say(APP_TC, 65536);
	magic();
	frame(HTTP2_SETTINGS, 0, 0, "", 0);
	say(APP_TS, 65536);
	assert_string_equal(app_name(&t.flow), "http2");
	assert_string_equal(
	    buffer(talk_tx(&t, 2) != NULL ? 2 : 1, APP_FILE_DATA, APP_TC), "hello");
	assert_int_equal(app_flow_events(&t.flow), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	    T(a_stream_is_a_transaction),
	    T(pieces_of_any_size_say_the_same),
	    T(every_truncation_waits_for_more),
	    T(fields_go_on_in_continuations),
	    T(numbers_of_frames_are_kept),
	    T(sizes_of_the_table_are_numbers_too),
	    T(a_table_has_a_cap),
	    T(what_is_wrong_is_an_event),
	    T(hosts_that_differ_are_an_event),
	    T(gaps_in_bodies_are_passed_over),
	    T(http_1_turns_into_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
