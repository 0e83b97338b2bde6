/* SPDX-License-Identifier: EUPL-1.2 */
/* MQTT: exchanges, versions, events, caps; and the rules on them. */
#include "tests/unit/lines_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/mqtt.h"

static struct talk t;

#define CONNECT                                                                    \
	"\x10\x29\0\4MQTT\5\xc6\0\x3c\0\0\2me\0\0\5topic\0\4will\0\4user\0\4pass"
#define CONNACK	    "\x20\6\0\0\3\x22\0\x0a"
#define SUBSCRIBE   "\x82\x10\0\1\0\0\4home\0\0\3/+x\1"
#define SUBACK	    "\x90\5\0\1\0\0\1"
#define PUBLISH	    "\x3d\x0b\0\1t\0\7\0hello"
#define PUBREC	    "\x50\2\0\7"
#define PUBREL	    "\x62\2\0\7"
#define PUBCOMP	    "\x70\3\0\7\x10"
#define UNSUBSCRIBE "\xa2\x09\0\2\0\0\4home"
#define UNSUBACK    "\xb0\4\0\2\0\x11"
#define DISCONNECT  "\xe0\1\4"

#define LINE(dir, text)                                                            \
	{                                                                          \
		dir, text, sizeof(text) - 1                                        \
	}
static const struct line lines[] = {
    LINE(APP_TS, CONNECT),
    LINE(APP_TC, CONNACK),
    LINE(APP_TS, SUBSCRIBE),
    LINE(APP_TC, SUBACK),
    LINE(APP_TS, PUBLISH),
    LINE(APP_TC, PUBREC),
    LINE(APP_TS, PUBREL),
    LINE(APP_TC, PUBCOMP),
    LINE(APP_TS, UNSUBSCRIBE),
    LINE(APP_TC, UNSUBACK),
    LINE(APP_TS, DISCONNECT),
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &mqtt_parser, IPPROTO_TCP, 1883);
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

static void
say(enum app_dir d, const char *bytes, size_t len)
{
	talk_say(&t, d, bytes, len, SIZE_MAX);
}
#define SAY(d, text) say(d, text, sizeof(text) - 1)

#define IS(tx, b, i, text)                                                         \
	assert_string_equal(talk_buffer(&t, tx, b, APP_TS, i), text)
#define NUMBER(tx, b, i, v) assert_int_equal(talk_number(&t, tx, b, APP_TS, i), v)

static void
check_all(void)
{
	IS(0, APP_MQTT_PROTOCOL, 0, "MQTT");
	IS(0, APP_MQTT_CLIENT_ID, 0, "me");
	IS(0, APP_MQTT_WILL_TOPIC, 0, "topic");
	IS(0, APP_MQTT_WILL_MESSAGE, 0, "will");
	IS(0, APP_MQTT_USERNAME, 0, "user");
	IS(0, APP_MQTT_PASSWORD, 0, "pass");
	NUMBER(0, APP_MQTT_CONNECT_FLAGS, 0, 0xc6);
	NUMBER(0, APP_MQTT_TYPE, 1, MQTT_CONNACK);
	NUMBER(0, APP_MQTT_SESSION_PRESENT, 0, 0);
	NUMBER(0, APP_MQTT_REASON, 0, 0);
	IS(1, APP_MQTT_SUBSCRIBE_TOPIC, 0, "home");
	IS(1, APP_MQTT_SUBSCRIBE_TOPIC, 1, "/+x");
	IS(1, APP_MQTT_SUBSCRIBE_TOPIC, 2, "-");
	NUMBER(1, APP_MQTT_REASON, 0, -1);
	IS(2, APP_MQTT_PUBLISH_TOPIC, 0, "t");
	IS(2, APP_MQTT_PUBLISH_MESSAGE, 0, "hello");
	NUMBER(2, APP_MQTT_FLAGS, 0, MQTT_BIT_DUP | MQTT_BIT_RETAIN);
	NUMBER(2, APP_MQTT_QOS, 0, 2);
	NUMBER(2, APP_MQTT_TYPE, 3, MQTT_PUBCOMP);
	NUMBER(2, APP_MQTT_REASON, 2, 16);
	IS(3, APP_MQTT_UNSUBSCRIBE_TOPIC, 0, "home");
	NUMBER(3, APP_MQTT_REASON, 0, 17);
	NUMBER(4, APP_MQTT_VERSION, 0, 5);
	NUMBER(4, APP_MQTT_REASON, 0, 4);
	for (uint64_t i = 0; i <= 4; i++) {
		assert_true(app_tx_done(&t.flow, talk_tx(&t, i), APP_TS));
		assert_true(talk_tx(&t, i)->inspected[APP_TC]);
		assert_int_equal(talk_tx(&t, i)->events, 0);
	}
	assert_null(talk_tx(&t, 5));
}

static void
an_exchange_is_one_transaction(void **state)
{
	(void)state;
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	check_all();
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (size_t size = 1; size < 50; size++) {
		lines_say(&t, lines, LINES, SIZE_MAX, size);
		check_all();
		teardown(NULL);
		setup(NULL);
	}
}

static void
a_conversation_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < lines_total(lines, LINES); n++) {
		lines_say(&t, lines, LINES, n, SIZE_MAX);
		teardown(NULL);
		setup(NULL);
	}
}

/* A message that says it is shorter than its fields are. */
static void
short_messages_are_malformed(void **state)
{
	char cut[sizeof(CONNECT)] = CONNECT;

	(void)state;
	for (char len = 6; len < 0x29; len++) {
		cut[1] = len;
		say(APP_TS, cut, (size_t)len + 2);
		assert_true(talk_event(&t, 0, "malformed_traffic"));
		SAY(APP_TC, CONNACK);
		assert_null(talk_tx(&t, 1));
		teardown(NULL);
		setup(NULL);
	}
}

static void
records_have_every_message_and_no_password(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	assert_non_null(strstr(talk_json(&t, 0, &b), "\"username\":\"user\""));
	assert_null(strstr(talk_json(&t, 0, &b), "\"pass\""));
	assert_non_null(strstr(talk_json(&t, 1, &b),
	    "\"topics\":[{\"topic\":\"home\",\"qos\":0},{\"topic\":\"/+x\",\"qos\":"
	    "1}]},\"suback\":{\"qos\":0,\"retain\":false,\"dup\":false,"
	    "\"message_id\":1,\"qos_granted\":[0,1]}"));
	assert_non_null(strstr(talk_json(&t, 2, &b),
	    "\"topic\":\"t\",\"message_id\":7,\"message\":\"hello\"},\"pubrec\""));
	assert_non_null(strstr(talk_json(&t, 3, &b),
	    "\"topics\":[\"home\"]},\"unsuback\":{\"qos\":0,\"retain\":false,"
	    "\"dup\":false,\"message_id\":2,\"reason_codes\":[17]}"));
	buf_release(&b);
}

static void
events_are_told(void **state)
{
	(void)state;
	SAY(APP_TS, "\x30\3\0\1t");
	assert_true(talk_event(&t, 0, "unintroduced_message"));
	SAY(APP_TC, "\x20\2\0\0");
	assert_true(talk_event(&t, 1, "missing_connect"));
	SAY(APP_TC,
	    "\x40\2\0\1"
	    "\x90\3\0\1\0"
	    "\xb0\2\0\1");
	assert_true(talk_event(&t, 2, "missing_publish"));
	assert_true(talk_event(&t, 3, "missing_subscribe"));
	assert_true(talk_event(&t, 4, "missing_unsubscribe"));
	SAY(APP_TS, CONNECT);
	assert_true(talk_event(&t, 5, "double_connect"));
}

/* What a gap swallowed may have been what is answered. */
static void
a_gap_is_not_told_as_missing(void **state)
{
	(void)state;
	lines_say(&t, lines, 2, SIZE_MAX, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	SAY(APP_TC, SUBACK);
	assert_int_equal(talk_tx(&t, 1)->events, 0);
}

static void
qos_three_and_type_zero_are_told(void **state)
{
	(void)state;
	SAY(APP_TS, "\x10\x0e\0\4MQTT\4\0\0\0\0\2me");
	SAY(APP_TC, "\x20\2\0\0");
	SAY(APP_TS,
	    "\x36\6\0\1t\0\1x"
	    "\0\0"
	    "\xf0\0");
	assert_true(talk_event(&t, 1, "invalid_qos_level"));
	assert_true(talk_event(&t, 2, "unassigned_msg_type"));
	assert_true(talk_event(&t, 3, "unassigned_msg_type"));
}

static void
a_long_message_is_skipped(void **state)
{
	static char zeros[MQTT_MESSAGE_MAX + 128];

	(void)state;
	lines_say(&t, lines, 2, SIZE_MAX, SIZE_MAX);
	SAY(APP_TS, "\x30\x80\x81\x40");
	say(APP_TS, zeros, MQTT_MESSAGE_MAX + 128);
	SAY(APP_TS, DISCONNECT);
	NUMBER(1, APP_MQTT_TYPE, 0, MQTT_PUBLISH);
	IS(1, APP_MQTT_PUBLISH_TOPIC, 0, "-");
	NUMBER(2, APP_MQTT_TYPE, 0, MQTT_DISCONNECT);
	assert_int_equal(app_stats(t.app)->part_cap, 1);
}

static void
open_exchanges_are_capped(void **state)
{
	(void)state;
	lines_say(&t, lines, 2, SIZE_MAX, SIZE_MAX);
	for (unsigned i = 0; i < MQTT_TX_MAX; i++)
		SAY(APP_TS, PUBLISH);
	assert_true(talk_event(&t, MQTT_TX_MAX, "too_many_transactions"));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TS));
}

/* --- rules -------------------------------------------------------------------------- */

static bool
alerts_on_talk(const char *options)
{
	struct engine e;
	struct packet p = packet_of(IPPROTO_TCP, "", 0);
	char rule[400];
	bool told;

	snprintf(rule, sizeof(rule), "alert mqtt any any -> any any (%s sid:1;)\n",
	    options);
	setup(NULL);
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	p.flow = &t.flow;
	p.flags |= PACKET_ESTABLISHED;
	engine_open_all(&e, rule);
	told = alerts(&e, &p, 1);
	engine_close(&e);
	teardown(NULL);
	return told;
}

static void
rules_match_exchanges(void **state)
{
	static const struct {
		bool expected;
		const char *options;
	} rows[] = {
	    {true, "mqtt.type:CONNACK; mqtt.reason_code:0;"},
	    {true, "mqtt.type:UNSUBACK; mqtt.connack.return_code:17;"},
	    {false, "mqtt.type:CONNACK; mqtt.reason_code:17;"},
	    {false, "mqtt.type:PINGREQ;"},
	    {true, "mqtt.type:14; mqtt.reason_code:4;"},
	    {true, "mqtt.flags:dup,retain;"},
	    {false, "mqtt.flags:dup,!retain;"},
	    {true, "mqtt.qos:2; mqtt.publish.topic; content:\"t\";"},
	    {true, "mqtt.protocol_version:5;"},
	    {false, "mqtt.protocol_version:<5;"},
	    {true, "mqtt.connect.flags:username,password,will,!will_retain;"},
	    {false, "mqtt.connect.flags:!clean_session;"},
	    {true, "mqtt.connack.session_present:no;"},
	    {false, "mqtt.connack.session_present:true;"},
	    {true,
		"mqtt.subscribe.topic; content:\"home\"; "
		"mqtt.subscribe.topic; content:\"/+x\"; bsize:3;"},
	    {true, "mqtt.publish.message; content:\"hello\"; bsize:5;"},
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
	    "mqtt.type:NOTHING;",
	    "mqtt.type:16;",
	    "mqtt.qos:3;",
	    "mqtt.flags:wrong;",
	    "mqtt.flags:dup,!dup;",
	    "mqtt.connect.flags:dup;",
	    "mqtt.connack.session_present:maybe;",
	    "app-layer-event:mqtt.nothing;",
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
	    TEST(an_exchange_is_one_transaction),
	    TEST(pieces_may_have_any_size),
	    TEST(a_conversation_may_end_anywhere),
	    TEST(short_messages_are_malformed),
	    TEST(records_have_every_message_and_no_password),
	    TEST(events_are_told),
	    TEST(a_gap_is_not_told_as_missing),
	    TEST(qos_three_and_type_zero_are_told),
	    TEST(a_long_message_is_skipped),
	    TEST(open_exchanges_are_capped),
	    cmocka_unit_test(rules_match_exchanges),
	    cmocka_unit_test(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
