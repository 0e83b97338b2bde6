/* SPDX-License-Identifier: EUPL-1.2 */
/* DNP3: frames, segments, objects, events, caps; and the rules on them. */
#include "tests/unit/lines_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/dnp3.h"
#include "agent/limits.h"

static struct talk t;

/* Of a public capture: what class 1 to 3 have, no answer yet but restarted. */
static const char read_classes[] =
    "\x05\x64\x14\xc4\x0a\x00\x01\x00\x8f\xed\xc3\xc2\x01\x3c\x02\x06\x3c\x03\x06"
    "\x3c\x04\x06\x3c\x01\x06\x42\x9e";
static const char restarted[] =
    "\x05\x64\x0a\x44\x01\x00\x0a\x00\x6e\x25\xc0\xf0\x82\x80\x00\x6b\x7d";
#define READ_LEN (sizeof(read_classes) - 1)

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &dnp3_parser, IPPROTO_TCP, 20000);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_hang_up(&t);
	talk_end(&t);
	return 0;
}

/* --- frames by hand ------------------------------------------------------------- */

static size_t
add_crc(uint8_t *at, const uint8_t *p, size_t len)
{
	uint16_t crc = 0;

	for (size_t i = 0; i < len * 8; i++) {
		bool odd = ((crc ^ p[i / 8] >> (i % 8)) & 1) != 0;

		crc = (uint16_t)(crc >> 1 ^ (odd ? 0xa6bc : 0));
	}
	at[0] = (uint8_t)~crc;
	at[1] = (uint8_t)(~crc >> 8);
	return 2;
}

/* A segment (its transport octet first) in a frame. */
static size_t
frame(uint8_t *out, enum app_dir d, const char *data, size_t len)
{
	uint8_t head[8] = {5, 0x64, (uint8_t)(5 + len), d == APP_TS ? 0xc4 : 0x44};
	size_t n = 8;

	memcpy(out, head, n);
	n += add_crc(out + n, head, sizeof(head));
	for (size_t at = 0; at < len; at += 16) {
		size_t block = len - at < 16 ? len - at : 16;

		memcpy(out + n, data + at, block);
		n += block;
		n += add_crc(out + n, out + n - block, block);
	}
	return n;
}

static void
say_frame(enum app_dir d, const char *data, size_t len)
{
	uint8_t out[DNP3_FRAME_MAX];

	talk_say(&t, d, out, frame(out, d, data, len), SIZE_MAX);
}
#define FRAME(d, text) say_frame(d, text, sizeof(text) - 1)
/* A whole message in one frame. */
#define REQUEST(text)  FRAME(APP_TS, "\xc0\xc0" text)
#define RESPONSE(text) FRAME(APP_TC, "\xc0\xc0" text)

static int64_t
number(uint64_t id, enum app_buffer_id b, unsigned i)
{
	enum app_dir d = ((struct dnp3_tx *)talk_tx(&t, id))->d;

	return talk_number(&t, id, b, d, i);
}

/* --- conversations ---------------------------------------------------------------- */

static void
messages_may_come_in_any_pieces(void **state)
{
	for (size_t piece = 1; piece <= READ_LEN; piece++) {
		talk_say(&t, APP_TS, read_classes, READ_LEN, piece);
		assert_string_equal(app_name(&t.flow), "dnp3");
		assert_int_equal(number(0, APP_DNP3_FUNC, 0), 1);
		assert_int_equal(number(0, APP_DNP3_OBJ, 0), 0x3c02);
		assert_int_equal(number(0, APP_DNP3_OBJ, 3), 0x3c01);
		assert_int_equal(number(0, APP_DNP3_OBJ, 4), -1);
		assert_string_equal(talk_buffer(&t, 0, APP_DNP3_DATA, APP_TS, 0),
		    "\xc2\1<\2\6<\3\6<\4\6<\1\6");
		talk_say(&t, APP_TC, restarted, sizeof(restarted) - 1, piece);
		assert_int_equal(number(1, APP_DNP3_FUNC, 0), 130);
		assert_int_equal(number(1, APP_DNP3_IND, 0), 0x8000);
		assert_int_equal(number(1, APP_DNP3_IND, 1), -1);
		assert_true(talk_tx(&t, 1)->inspected[APP_TS]);
		teardown(state);
		setup(state);
	}
}

static void
a_frame_may_end_anywhere(void **state)
{
	for (size_t len = 1; len < READ_LEN; len++) {
		talk_say(&t, APP_TS, read_classes, len, SIZE_MAX);
		assert_null(talk_tx(&t, 0));
		teardown(state);
		setup(state);
	}
}

/* Objects cut short at every byte, in frames that are whole. */
static void
a_message_may_end_anywhere(void **state)
{
	static const char objects[] = "\xc0\xc0\x02\x32\x01\x07\x01\1\2\3\4\5\6"
				      "\x46\x03\x5b\x01\x22\x00\x1a\x00\x08\x00"
				      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				      "filename\x01\x01\x01\0\0\x09\0\xff\x01";

	for (size_t len = 3; len < sizeof(objects); len++) {
		say_frame(APP_TS, objects, len);
		assert_non_null(talk_tx(&t, 0));
		assert_int_equal(((struct dnp3_tx *)talk_tx(&t, 0))->complete,
		    len == 3 || len == 13 || len == sizeof(objects) - 1 ||
			len == 53);
		teardown(state);
		setup(state);
	}
}

static void
segments_are_put_together(void **state)
{
	(void)state;
	FRAME(APP_TS, "\x7f\xc0\x01\x3c\x02");
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	FRAME(APP_TS, "\x05\x06\x3c\x09\x06"); /* not the next */
	FRAME(APP_TS, "\x80\x06\x3c\x03\x06");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	assert_int_equal(number(0, APP_DNP3_OBJ, 1), 0x3c03);
	assert_int_equal(number(0, APP_DNP3_OBJ, 2), -1);
	FRAME(APP_TS, "\x82\x06\x3c\x09\x06"); /* of nothing */
	assert_null(talk_tx(&t, 1));
}

static void
confirms_and_link_frames_are_no_messages(void **state)
{
	static const char status[] = "\x05\x64\x05\xc9\x01\x00\x02\x00";
	uint8_t out[10];

	(void)state;
	memcpy(out, status, 8);
	add_crc(out + 8, out, 8);
	talk_say(&t, APP_TS, out, sizeof(out), SIZE_MAX);
	REQUEST("\0\x3c\x02\x06");
	assert_null(talk_tx(&t, 0));
	RESPONSE("\0\0\0");
	assert_int_equal(number(0, APP_DNP3_FUNC, 0), 0);
}

static void
a_greeting_is_passed_over(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "DNP3 outstation ready\r\n");
	REQUEST("\1");
	assert_string_equal(app_name(&t.flow), "dnp3");
	RESPONSE("\x81\0\0");
	assert_int_equal(number(1, APP_DNP3_FUNC, 0), 129);
}

static void
other_ports_and_bytes_are_not_it(void **state)
{
	line_say(&t, APP_TS, "DNP3, is it you?");
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	talk_begin(&t, &dnp3_parser, IPPROTO_TCP, 80);
	talk_say(&t, APP_TS, read_classes, READ_LEN, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

/* --- objects ------------------------------------------------------------------------ */

static void
objects_are_stepped_over_by_their_layout(void **state)
{
	static const struct {
		const char *bytes; /* in front of 60,9 */
		size_t len;
	} rows[] = {
#define ROW(text) {text, sizeof(text) - 1}
	    ROW("\x02\x01\x00\x00\x02xxx"),
	    ROW("\x02\x01\x28\x02\x00iixiix"),
	    ROW("\x01\x01\x00\x00\x07xx"),
	    ROW("\x03\x01\x07\x07x"),
	    ROW("\x05\x00\x08\xff\xff"), /* any variation: no points */
	    ROW("\x02\x01\x01\x05\x00\x04\x00"),
	    ROW("\x78\x05\x5b\x01\x13\x00xxxxxxxxx\x04\x00khalmac!"),
	    ROW("\x46\x05\x5b\x01\x0a\x00xxxxxxxxxx"),
	    ROW("\x78\x0b\x5b\x01\x09\x00x\x01\x00\x02\x00yyy"),
	    ROW("\x46\x01\x07\x01\x02\x00nnxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\x01\x00"
		"d"),
	};
	char message[200] = "\xc0\xc0\x81\0";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(message + 5, rows[i].bytes, rows[i].len);
		memcpy(message + 5 + rows[i].len, "\x3c\x09\x06", 3);
		say_frame(APP_TC, message, 5 + rows[i].len + 3);
		if (number(0, APP_DNP3_OBJ, 1) != 0x3c09)
			fail_msg("row %zu", i);
		assert_int_equal(talk_tx(&t, 0)->events, 0);
		teardown(state);
		setup(state);
	}
}

static void
events_of_objects_are_told(void **state)
{
	(void)state;
	RESPONSE("\x81\0\0\x05\x02\x07\x01x");
	RESPONSE("\x81\0\0\x05\x02\x08\x01\x40");
	RESPONSE("\x81\0\0\x02\x01\x07\x03xx");
	assert_true(talk_event(&t, 0, "unknown_object"));
	assert_true(talk_event(&t, 1, "too_many_points"));
	assert_true(talk_event(&t, 2, "unknown_object"));
}

static void
objects_are_capped(void **state)
{
	char part[241];

	(void)state;
	for (size_t i = 1; i < sizeof(part); i++)
		part[i] = "\x3c\x02\x06"[(i - 1) % 3];
	FRAME(APP_TS, "\x40\xc0\x01");
	for (size_t i = 1; i <= DNP3_OBJECTS_MAX / 80 + 1; i++) {
		part[0] = (char)(i & 0x3f);
		say_frame(APP_TS, part, sizeof(part));
	}
	part[0] = (char)(0x80 | ((DNP3_OBJECTS_MAX / 80 + 2) & 0x3f));
	say_frame(APP_TS, part, 4);
	assert_true(talk_event(&t, 0, "too_many_objects"));
	assert_int_equal(number(0, APP_DNP3_OBJ, DNP3_OBJECTS_MAX - 1), 0x3c02);
	assert_int_equal(number(0, APP_DNP3_OBJ, DNP3_OBJECTS_MAX), -1);
}

static void
a_message_is_capped(void **state)
{
	char part[250] = "";

	(void)state;
	FRAME(APP_TS, "\x40\xc0\x01");
	for (size_t i = 1; i <= DNP3_MESSAGE_MAX / 249 + 1; i++) {
		part[0] = (char)(i & 0x3f);
		say_frame(APP_TS, part, sizeof(part));
	}
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	assert_int_equal(app_stats(t.app)->part_cap, 1);
}

/* --- what is wrong with frames ------------------------------------------------------- */

static void
a_bad_head_ends_the_reading(void **state)
{
	char bad[] = "\x05\x64\x08\xc4\x01\x00\x02\x00\x00\x00\xc0\xc0\x01\x00\x00";

	(void)state;
	REQUEST("\1");
	talk_say(&t, APP_TC, bad, sizeof(bad) - 1, SIZE_MAX);
	assert_true(talk_event(&t, 0, "bad_link_crc"));
	REQUEST("\1");
	assert_null(talk_tx(&t, 1));
}

static void
a_bad_block_loses_its_frame(void **state)
{
	uint8_t out[DNP3_FRAME_MAX];
	size_t len = frame(out, APP_TC, "\xc0\xc0\x81\0\0", 5);

	(void)state;
	REQUEST("\1");
	out[len - 1] ^= 1;
	talk_say(&t, APP_TC, out, len, SIZE_MAX);
	assert_true(talk_event(&t, 0, "bad_transport_crc"));
	assert_null(talk_tx(&t, 1));
	RESPONSE("\x81\0\0");
	assert_non_null(talk_tx(&t, 1));
}

static void
short_messages_are_told(void **state)
{
	(void)state;
	REQUEST("\1");
	FRAME(APP_TS, "\xc0\xc0");
	assert_true(talk_event(&t, 0, "len_too_small"));
	REQUEST("\1");
	FRAME(APP_TC, "\xc0\xc0\x81\0");
	assert_true(talk_event(&t, 1, "len_too_small"));
	RESPONSE("\x81\0\0");
	assert_null(talk_tx(&t, 2));
}

static void
a_flood_is_told_once(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DNP3_TX_FLOOD + 8; i++)
		REQUEST("\1");
	for (unsigned i = 0; i < DNP3_TX_FLOOD + 8; i++)
		assert_int_equal(talk_event(&t, i, "flooded"), i == DNP3_TX_FLOOD);
}

static void
a_gap_ends_a_direction(void **state)
{
	(void)state;
	talk_say(&t, APP_TS, read_classes, READ_LEN - 3, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	talk_say(&t, APP_TS, read_classes, READ_LEN, SIZE_MAX);
	assert_null(talk_tx(&t, 0));
}

static void
records_tell_what_was_asked(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	talk_say(&t, APP_TS, read_classes, READ_LEN, SIZE_MAX);
	RESPONSE("\x81\x80\x01");
	assert_non_null(strstr(talk_json(&t, 0, &b),
	    "\"dnp3\":{\"request\":{\"type\":\"request\",\"control\":{\"dir\":true,"
	    "\"pri\":true,\"fcb\":false,\"fcv\":false,\"function_code\":4},\"src\":"
	    "1,"
	    "\"dst\":10,\"application\":{\"control\":{\"fir\":true,\"fin\":true,"
	    "\"con\":false,\"uns\":false,\"sequence\":2},\"function_code\":1,"
	    "\"objects\":[{\"group\":60,\"variation\":2,"));
	assert_non_null(strstr(talk_json(&t, 1, &b),
	    "\"iin\":{\"indicators\":[\"no_func_code_support\","
	    "\"device_restart\"]}"));
	buf_release(&b);
}

/* --- rules ---------------------------------------------------------------------------- */

static bool
alerts_on_talk(const char *options)
{
	struct engine e;
	struct packet p = packet_of(IPPROTO_TCP, "", 0);
	char rule[400];
	bool told;

	snprintf(rule, sizeof(rule), "alert dnp3 any any -> any any (%s sid:1;)\n",
	    options);
	setup(NULL);
	talk_say(&t, APP_TC, restarted, sizeof(restarted) - 1, SIZE_MAX);
	talk_say(&t, APP_TS, read_classes, READ_LEN, SIZE_MAX);
	p.flow = &t.flow;
	p.flags |= PACKET_ESTABLISHED;
	engine_open_all(&e, rule);
	told = alerts(&e, &p, 1);
	p.flags ^= PACKET_TO_SERVER | PACKET_TO_CLIENT;
	told = told || alerts(&e, &p, 1);
	engine_close(&e);
	teardown(NULL);
	return told;
}

static void
rules_match_messages(void **state)
{
	static const struct {
		bool expected;
		const char *options;
	} rows[] = {
	    {true, "dnp3_func:read;"},
	    {true, "dnp3_func:130;"},
	    {false, "dnp3_func:write;"},
	    {true, "dnp3_obj:60,1; dnp3_obj:60,4;"},
	    {false, "dnp3_obj:60,5;"},
	    {true, "dnp3_ind:device_restart,need_time;"},
	    {true, "dnp3_ind:0x8000;"},
	    {false, "dnp3_ind:need_time;"},
	    {true, "dnp3_data; content:\"|c2 01|\"; startswith;"},
	    {true, "dnp3.func:read; dnp3.data; content:\"<|01 06|\"; endswith;"},
	    {false, "dnp3.func:write; dnp3.data; content:\"<|01 06|\";"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (alerts_on_talk(rows[i].options) != rows[i].expected)
			fail_msg("%s", rows[i].options);
}

static void
wrong_rules_are_refused(void **state)
{
	static const char *const rows[] = {
	    "dnp3_func:256;",
	    "dnp3_func:reed;",
	    "dnp3_ind:65536;",
	    "dnp3_ind:unknown;",
	    "dnp3_ind:0;",
	    "dnp3_obj:60;",
	    "dnp3_obj:60,256;",
	    "dnp3_obj:60,1,2;",
	    "app-layer-event:dnp3.nothing;",
	};
	char rule[300];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ruleset_refusal *why;
		struct engine e;

		snprintf(rule, sizeof(rule),
		    "alert tcp any any -> any any (%s sid:1;)\n", rows[i]);
		engine_open(&e, rule, NULL);
		if (ruleset_refusals(e.rs, &why) != 1)
			fail_msg("%s", rows[i]);
		engine_close(&e);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(messages_may_come_in_any_pieces),
	    TEST(a_frame_may_end_anywhere),
	    TEST(a_message_may_end_anywhere),
	    TEST(segments_are_put_together),
	    TEST(confirms_and_link_frames_are_no_messages),
	    TEST(a_greeting_is_passed_over),
	    TEST(other_ports_and_bytes_are_not_it),
	    TEST(objects_are_stepped_over_by_their_layout),
	    TEST(events_of_objects_are_told),
	    TEST(objects_are_capped),
	    TEST(a_message_is_capped),
	    TEST(a_bad_head_ends_the_reading),
	    TEST(a_bad_block_loses_its_frame),
	    TEST(short_messages_are_told),
	    TEST(a_flood_is_told_once),
	    TEST(a_gap_ends_a_direction),
	    TEST(records_tell_what_was_asked),
	    cmocka_unit_test(rules_match_messages),
	    cmocka_unit_test(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
