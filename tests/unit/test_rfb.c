/* SPDX-License-Identifier: EUPL-1.2 */
/* RFB: handshakes of all versions, cut, in pieces and out of step. */
#include "tests/unit/lines_help.h"

#include "agent/app/rfb.h"
#include "agent/limits.h"

static struct talk t;
static struct buf json;

#define V8 "RFB 003.008\n"
#define V7 "RFB 003.007\n"
#define V3 "RFB 003.003\n"
#define CODE                                                                       \
	"\0\1\2\3\4\5\6\7"                                                         \
	"\0\1\2\3\4\5\6\7"
#define INIT                                                                       \
	"\4\0\3\0\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08\0\0\0\0"                   \
	"\0\0\0\4"                                                                 \
	"desk"

#define LINE(dir, text)                                                            \
	{                                                                          \
		dir, text, sizeof(text) - 1                                        \
	}
static const struct line vnc8[] = {
    LINE(APP_TC, V8),
    LINE(APP_TS, V8),
    LINE(APP_TC, "\2\2\x10"),
    LINE(APP_TS, "\2"),
    LINE(APP_TC, CODE),
    LINE(APP_TS, CODE),
    LINE(APP_TC, "\0\0\0\0"),
    LINE(APP_TS, "\1"),
    LINE(APP_TC, INIT),
};
#define VNC8 (sizeof(vnc8) / sizeof(vnc8[0]))

static const struct line none3[] = {
    LINE(APP_TC, V3),
    LINE(APP_TS, V3),
    LINE(APP_TC, "\0\0\0\1"),
    LINE(APP_TS, "\0"),
    LINE(APP_TC, INIT),
};

static const struct line refused[] = {
    LINE(APP_TC, V8),
    LINE(APP_TS, V8),
    LINE(APP_TC, "\1\2"),
    LINE(APP_TS, "\2"),
    LINE(APP_TC, CODE),
    LINE(APP_TS, CODE),
    LINE(APP_TC, "\0\0\0\1"),
    LINE(APP_TC, "\0\0\0\4away"),
};

static int
setup(void **state)
{
	(void)state;
	buf_init(&json, 65536);
	talk_begin(&t, &rfb_parser, IPPROTO_TCP, 5900);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_hang_up(&t);
	talk_end(&t);
	buf_release(&json);
	return 0;
}

static const char *
name(void)
{
	return talk_buffer(&t, 0, APP_RFB_NAME, APP_TC, 0);
}

static int64_t
number(enum app_buffer_id b)
{
	return talk_number(&t, 0, b, APP_TC, 0);
}

static void
a_handshake_is_one_transaction(void **state)
{
	(void)state;
	lines_say(&t, vnc8, VNC8, SIZE_MAX, SIZE_MAX);
	assert_null(talk_tx(&t, 1));
	assert_string_equal(name(), "desk");
	assert_int_equal(number(APP_RFB_SECTYPE), 2);
	assert_int_equal(number(APP_RFB_SECRESULT), 0);
	assert_string_equal(talk_json(&t, 0, &json),
	    "{\"rfb\":{\"server_protocol_version\":{\"major\":\"003\","
	    "\"minor\":\"008\"},\"client_protocol_version\":{\"major\":\"003\","
	    "\"minor\":\"008\"},\"authentication\":{\"security_type\":2,"
	    "\"security_result\":\"OK\"},\"screen_shared\":true,"
	    "\"framebuffer\":{\"width\":1024,\"height\":768,\"name\":\"desk\","
	    "\"pixel_format\":{\"bits_per_pixel\":32,\"depth\":24,"
	    "\"big_endian\":false,\"true_color\":true,\"red_max\":255,"
	    "\"green_max\":255,\"blue_max\":255,\"red_shift\":16,"
	    "\"green_shift\":8,\"blue_shift\":0}}}}");
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 30; piece++) {
		lines_say(&t, vnc8, VNC8, SIZE_MAX, piece);
		assert_string_equal(name(), "desk");
		assert_int_equal(talk_tx(&t, 0)->events, 0);
		teardown(state);
		setup(state);
	}
}

static void
before_the_end_rules_see_nothing(void **state)
{
	size_t total = lines_total(vnc8, VNC8);

	(void)state;
	for (size_t n = 12; n < total; n++) {
		lines_say(&t, vnc8, VNC8, n, 5);
		assert_string_equal(name(), "-");
		assert_int_equal(number(APP_RFB_SECTYPE), -1);
		assert_int_equal(talk_tx(&t, 0)->events, 0);
		teardown(state);
		setup(state);
	}
}

static void
in_3_3_the_server_chooses(void **state)
{
	(void)state;
	lines_say(&t, none3, sizeof(none3) / sizeof(none3[0]), SIZE_MAX, SIZE_MAX);
	assert_string_equal(name(), "desk");
	assert_int_equal(number(APP_RFB_SECTYPE), 1);
	assert_int_equal(number(APP_RFB_SECRESULT), -1);
}

static void
a_refusal_has_its_reason(void **state)
{
	(void)state;
	lines_say(
	    &t, refused, sizeof(refused) / sizeof(refused[0]), SIZE_MAX, SIZE_MAX);
	assert_int_equal(number(APP_RFB_SECTYPE), -1);
	assert_non_null(strstr(talk_json(&t, 0, &json),
	    "\"server_security_failure_reason\":\"away\""));
	assert_null(strstr(talk_json(&t, 0, &json), "000102"));
}

static void
out_of_step_is_an_event(void **state)
{
	static const struct line rows[][3] = {
	    {LINE(APP_TC, V8), LINE(APP_TC, "\1\2"), LINE(APP_TS, V8)},
	    {LINE(APP_TC, V8), LINE(APP_TS, V8 "\2"), LINE(APP_TC, "\1\2")},
	    {LINE(APP_TC, V8 "more"), LINE(APP_TS, V8), LINE(APP_TC, "\1\2")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		lines_say(&t, rows[i], 3, SIZE_MAX, SIZE_MAX);
		assert_true(talk_event(&t, 0, "confused_state"));
		assert_int_equal(number(APP_RFB_SECTYPE), 0);
		teardown(state);
		setup(state);
	}
}

static void
other_types_and_results_are_events(void **state)
{
	static const struct line type[] = {LINE(APP_TC, V7), LINE(APP_TS, V7),
	    LINE(APP_TC, "\1\x10"), LINE(APP_TS, "\x10")};
	static const struct line type3[] = {
	    LINE(APP_TC, V3), LINE(APP_TS, V3), LINE(APP_TC, "\0\0\0\x10")};

	(void)state;
	lines_say(&t, type, 4, SIZE_MAX, SIZE_MAX);
	assert_true(talk_event(&t, 0, "unimplemented_security_type"));
	assert_int_equal(number(APP_RFB_SECTYPE), -1);
	teardown(state);
	setup(state);
	lines_say(&t, type3, 3, SIZE_MAX, SIZE_MAX);
	assert_true(talk_event(&t, 0, "unimplemented_security_type"));
	assert_int_equal(number(APP_RFB_SECTYPE), 0);
	teardown(state);
	setup(state);
	lines_say(&t, vnc8, 6, SIZE_MAX, SIZE_MAX);
	talk_say(&t, APP_TC, "\0\0\0\2", 4, SIZE_MAX);
	assert_true(talk_event(&t, 0, "unknown_security_result"));
	assert_int_equal(number(APP_RFB_SECTYPE), 2);
}

static void
a_name_has_a_cap(void **state)
{
	static const char huge[] = "\4\0\3\0\x20\x18\0\1\0\xff\0\xff\0\xff\x10\x08"
				   "\0\0\0\0\x7f\xff\xff\xffname";

	(void)state;
	lines_say(&t, none3, 4, SIZE_MAX, SIZE_MAX);
	talk_say(&t, APP_TC, huge, sizeof(huge) - 1, 7);
	assert_int_equal(app_stats(t.app)->part_cap, 1);
	assert_int_equal(app_stats(t.app)->bytes, 0);
	assert_string_equal(name(), "-");
}

static void
a_gap_ends_the_handshake(void **state)
{
	(void)state;
	lines_say(&t, vnc8, 4, SIZE_MAX, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TC, NULL, 0);
	talk_say(&t, APP_TS, CODE, sizeof(CODE) - 1, SIZE_MAX);
	assert_true(talk_event(&t, 0, "confused_state"));
	assert_int_equal(number(APP_RFB_SECTYPE), 2);
}

static void
odd_versions_are_not_read(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "RFB 003x008\n");
	assert_null(app_tx_first(&t.flow));
	teardown(state);
	setup(state);
	line_say(&t, APP_TC, V8);
	line_say(&t, APP_TS, "HELLO WORLD\n");
	assert_int_equal(talk_tx(&t, 0)->events, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_handshake_is_one_transaction),
	    TEST(pieces_may_have_any_size),
	    TEST(before_the_end_rules_see_nothing),
	    TEST(in_3_3_the_server_chooses),
	    TEST(a_refusal_has_its_reason),
	    TEST(out_of_step_is_an_event),
	    TEST(other_types_and_results_are_events),
	    TEST(a_name_has_a_cap),
	    TEST(a_gap_ends_the_handshake),
	    TEST(odd_versions_are_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
