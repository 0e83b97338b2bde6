/* SPDX-License-Identifier: EUPL-1.2 */
/* Modbus: requests and responses, what is wrong with them; and the rules on them. */
#include "tests/unit/lines_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/modbus.h"
#include "agent/limits.h"

static struct talk t;

/* Of a public capture: a register that is read. */
static const char request[] = "\x00\xd2\0\0\0\6\1\3\0\0\0\1",
		  response[] = "\x00\xd2\0\0\0\5\1\3\2\x41\xc8";
#define LEN (sizeof(request) - 1)

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &modbus_parser, IPPROTO_TCP, 502);
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

/* Function and what follows, of unit 10. */
static void
say(enum app_dir d, uint16_t id, const char *pdu, size_t len)
{
	uint8_t out[600] = {(uint8_t)(id >> 8), (uint8_t)id, 0, 0,
	    (uint8_t)((len + 1) >> 8), (uint8_t)(len + 1), 10};

	memcpy(out + 7, pdu, len);
	talk_say(&t, d, out, 7 + len, SIZE_MAX);
}
#define ASK(text)	    say(APP_TS, 1, text, sizeof(text) - 1)
#define ANSWER(text)	    say(APP_TC, 1, text, sizeof(text) - 1)

#define NUMBER(tx, b, i, v) assert_int_equal(talk_number(&t, tx, b, APP_TS, i), v)

/* --- conversations ------------------------------------------------------------------ */

static void
messages_may_come_in_any_pieces(void **state)
{
	for (size_t piece = 1; piece <= LEN; piece++) {
		talk_say(&t, APP_TS, request, LEN, piece);
		assert_string_equal(app_name(&t.flow), "modbus");
		assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
		assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
		talk_say(&t, APP_TC, response, sizeof(response) - 1, piece);
		assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
		NUMBER(0, APP_MODBUS_UNIT, 0, 1);
		NUMBER(0, APP_MODBUS_FUNCTION, 0, 3);
		NUMBER(0, APP_MODBUS_FIRST, 0, 1);
		NUMBER(0, APP_MODBUS_LAST, 0, 1);
		NUMBER(0, APP_MODBUS_VALUE, 0, -1);
		assert_int_equal(talk_tx(&t, 0)->events, 0);
		assert_null(talk_tx(&t, 1));
		teardown(state);
		setup(state);
	}
}

static void
a_conversation_may_end_anywhere(void **state)
{
	static const char write[] = "\x10\0\x63\0\2\4\1\2\3\4";

	for (size_t len = 1; len < LEN; len++) {
		talk_say(&t, APP_TS, request, len, SIZE_MAX);
		assert_null(talk_tx(&t, 0));
		teardown(state);
		setup(state);
	}
	/* Whole, but with fields cut short. */
	for (size_t len = 1; len < sizeof(write) - 1; len++) {
		say(APP_TS, 1, write, len);
		assert_true(talk_event(&t, 0, "invalid_length"));
		teardown(state);
		setup(state);
	}
}

static void
what_is_written_is_told_by_address(void **state)
{
	(void)state;
	ASK("\x10\0\x63\0\2\4\1\2\3\4");
	NUMBER(0, APP_MODBUS_FIRST, 0, 100);
	NUMBER(0, APP_MODBUS_LAST, 0, 101);
	NUMBER(0, APP_MODBUS_VALUE, 0, 100 << 16 | 0x0102);
	NUMBER(0, APP_MODBUS_VALUE, 1, 101 << 16 | 0x0304);
	NUMBER(0, APP_MODBUS_VALUE, 2, -1);
	ASK("\x0f\0\x63\0\x0a\2\x02\x02");
	NUMBER(1, APP_MODBUS_VALUE, 0, 100 << 16);
	NUMBER(1, APP_MODBUS_VALUE, 1, 101 << 16 | 1);
	NUMBER(1, APP_MODBUS_VALUE, 9, 109 << 16 | 1);
	NUMBER(1, APP_MODBUS_VALUE, 10, -1);
	ASK("\5\0\x63\xff\0");
	NUMBER(2, APP_MODBUS_VALUE, 0, 100 << 16 | 1);
	ASK("\x16\0\x63\0\xf2\0\x25");
	NUMBER(3, APP_MODBUS_FIRST, 0, 100);
	NUMBER(3, APP_MODBUS_VALUE, 0, -1);
	ASK("\x17\0\x09\0\1\0\x63\0\1\2\1\2");
	NUMBER(4, APP_MODBUS_FIRST, 0, 100);
	NUMBER(4, APP_MODBUS_VALUE, 0, 100 << 16 | 0x0102);
	for (uint64_t i = 0; i < 5; i++)
		assert_int_equal(talk_tx(&t, i)->events, 0);
}

static void
addresses_end_at_65535(void **state)
{
	(void)state;
	ASK("\3\xff\xfe\0\1");
	NUMBER(0, APP_MODBUS_LAST, 0, 65535);
	ASK("\3\xff\xfe\0\2");
	NUMBER(1, APP_MODBUS_FIRST, 0, -1);
}

static void
a_response_finds_its_request(void **state)
{
	(void)state;
	say(APP_TS, 1, "\3\0\0\0\2", 5);
	say(APP_TS, 2, "\6\0\0\0\5", 5);
	say(APP_TC, 2, "\6\0\0\0\5", 5);
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
	say(APP_TC, 1, "\x83\2", 2);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_int_equal(talk_tx(&t, 0)->events, 0);
	say(APP_TC, 1, "\3\4\0\0\0\0", 6);
	assert_true(talk_event(&t, 2, "unsolicited_response"));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 2), APP_TS));
}

static void
a_flood_is_told_and_not_kept(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= MODBUS_TX_FLOOD + 5; i++)
		ASK("\3\0\0\0\2");
	assert_false(talk_event(&t, MODBUS_TX_FLOOD - 1, "flooded"));
	assert_true(talk_event(&t, MODBUS_TX_FLOOD, "flooded"));
	assert_null(talk_tx(&t, MODBUS_TX_FLOOD + 1));
}

static void
a_length_that_cannot_be_loses_the_rest(void **state)
{
	(void)state;
	ASK("\3\0\0\0\2");
	line_say(&t, APP_TS, "GET / HTTP/1.0 and more");
	assert_true(talk_event(&t, 1, "invalid_length"));
	assert_true(talk_event(&t, 1, "invalid_protocol_id"));
	assert_null(talk_tx(&t, 2));
	ASK("\6\0\0\0\2");
	NUMBER(2, APP_MODBUS_FUNCTION, 0, 6);
}

static void
a_gap_ends_a_direction(void **state)
{
	(void)state;
	talk_say(&t, APP_TS, request, LEN, SIZE_MAX);
	talk_say(&t, APP_TS, request, 3, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	talk_say(&t, APP_TS, request, LEN, SIZE_MAX);
	assert_null(talk_tx(&t, 1));
}

static void
other_ports_and_bytes_are_not_it(void **state)
{
	static const char odd[] = "\0\1\0\1\0\6\1\3\0\0\0\1",
			  unknown[] = "\0\1\0\0\0\2\1\x19";

	talk_say(&t, APP_TS, odd, LEN, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	setup(state);
	talk_say(&t, APP_TS, unknown, 8, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	talk_begin(&t, &modbus_parser, IPPROTO_TCP, 80);
	talk_say(&t, APP_TS, request, LEN, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

/* --- what is wrong ---------------------------------------------------------------------- */

struct wrong {
	const char *event; /* NULL: none */
	const char *ask;
	size_t ask_len;
	const char *answer;
	size_t answer_len;
};

#define ROW(event, ask, answer)                                                    \
	{                                                                          \
		event, ask, sizeof(ask) - 1, answer, sizeof(answer) - 1            \
	}

static const struct wrong WRONG[] = {
    ROW("invalid_value", "\1\0\0\0\0", ""),
    ROW("invalid_value", "\1\0\0\x07\xd1", ""),
    ROW(NULL, "\1\0\0\x07\xd0", ""),
    ROW("invalid_value", "\3\0\0\0\x7e", ""),
    ROW("invalid_value", "\5\0\0\0\1", ""),
    ROW("invalid_value", "\5\0\0\x7f\0", ""),
    ROW("invalid_value", "\x10\0\0\0\2\3\1\2\3", ""),
    ROW("invalid_length", "\x10\0\0\0\2\4\1\2\3", ""),
    ROW("invalid_length", "\x10\0\0\0\0\0", ""),
    ROW("invalid_length", "\3\0\0\0\1\0", ""),
    ROW("invalid_length", "\7\0", ""),
    ROW("invalid_length", "\x08\0", ""),
    ROW("invalid_length", "\x08\0\0", ""),
    ROW("invalid_value", "\x08\0\2\0\1", ""),
    ROW(NULL, "\x08\0\1\xff\0", ""),
    ROW(NULL, "\x08\0\3\x0a\0", ""),
    ROW("invalid_value", "\x08\0\3\0\x0a", ""),
    ROW("invalid_length", "\x14", ""),
    ROW("invalid_length", "\x18\0", ""),
    ROW("invalid_function_code", "\0", ""),
    ROW("invalid_function_code", "\x83\0\0\0\1", ""),
    ROW("invalid_exception_code", "\3\0\0\0\1", "\x83\x0c"),
    ROW("value_mismatch", "\3\0\0\0\1", "\x83"),
    ROW("value_mismatch", "\3\0\0\0\1", "\3\1\0"),
    ROW("value_mismatch", "\1\0\0\0\x09", "\1\1\0"),
    ROW(NULL, "\1\0\0\0\x09", "\1\2\0\0"),
    ROW("value_mismatch", "\6\0\0\0\1", "\6\0\0\0\2"),
    ROW("value_mismatch", "\6\0\0\0\1", "\6\0\1\0\1"),
    ROW(NULL, "\x10\0\0\0\1\2\1\2", "\x10\0\0\0\1"),
    ROW("value_mismatch", "\x10\0\0\0\1\2\1\2", "\x10\0\0\0\2"),
    ROW("value_mismatch", "\x16\0\0\0\1\0\2", "\x16\0\0\0\1\0\3"),
    ROW("invalid_length", "\7", "\7\0\0"),
    ROW(NULL, "\x2b\x0e\1\0", "\x2b\x0e\1\1\0\0\0"),
};

static void
what_is_wrong_is_told(void **state)
{
	for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
		const struct wrong *w = &WRONG[i];

		ASK("\3\0\0\0\1"); /* so that the protocol is known */
		say(APP_TS, 2, w->ask, w->ask_len);
		if (w->answer_len > 0)
			say(APP_TC, 2, w->answer, w->answer_len);
		if (w->event == NULL ? talk_tx(&t, 1)->events != 0
				     : !talk_event(&t, 1, w->event))
			fail_msg("row %zu", i);
		teardown(state);
		setup(state);
	}
}

static void
records_tell_what_was_asked(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10000);
	ASK("\x10\0\x63\0\1\2\1\2");
	ANSWER("\x90\2");
	assert_non_null(strstr(talk_json(&t, 0, &b),
	    "\"modbus\":{\"id\":1,\"request\":{\"transaction_id\":1,"
	    "\"protocol_id\":0,\"unit_id\":10,\"function_raw\":16,"
	    "\"function_code\":\"WrMultRegs\",\"access_type\":\"WRITE | HOLDING\","
	    "\"category\":\"PUBLIC_ASSIGNED\",\"error_flags\":\"NONE\","
	    "\"write\":{\"address\":99,\"quantity\":1}},\"response\":{"));
	buf_release(&b);
}

/* --- rules ------------------------------------------------------------------------------ */

static bool
alerts_on(const char *pdu, size_t len, const char *options)
{
	struct engine e;
	struct packet p = packet_of(IPPROTO_TCP, "", 0);
	char rule[400];
	bool told;

	snprintf(rule, sizeof(rule),
	    "alert modbus any any -> any any (modbus:%s; sid:1;)\n", options);
	setup(NULL);
	say(APP_TS, 1, pdu, len);
	p.flow = &t.flow;
	p.flags |= PACKET_ESTABLISHED;
	engine_open_all(&e, rule);
	told = alerts(&e, &p, 1);
	engine_close(&e);
	teardown(NULL);
	return told;
}

static void
rules_match_requests(void **state)
{
#define READ  "\3\0\x63\0\2"
#define WRITE "\x10\0\x63\0\2\4\0\5\0\0"
#define DIAG  "\x08\0\4\0\0"
	static const struct {
		bool expected;
		const char *pdu;
		size_t len;
		const char *options;
	} rows[] = {
#define RULE(expected, pdu, options) {expected, pdu, sizeof(pdu) - 1, options}
	    RULE(true, READ, "function 3"),
	    RULE(false, READ, "function 4"),
	    RULE(true, READ, "function public"),
	    RULE(true, READ, "function !user"),
	    RULE(false, READ, "function !public"),
	    RULE(false, READ, "function !all"),
	    RULE(true, DIAG, "function 8, subfunction 4"),
	    RULE(false, DIAG, "function 8, subfunction 5"),
	    RULE(true, READ, "unit 10"),
	    RULE(true, READ, "unit 9<>11"),
	    RULE(false, READ, "unit 10<>12"),
	    RULE(true, READ, "unit <11, function 3"),
	    RULE(false, READ, "unit >10, function 3"),
	    RULE(true, READ, "access read"),
	    RULE(true, READ, "access  read holding"),
	    RULE(false, READ, "access read coils"),
	    RULE(false, READ, "access write"),
	    RULE(true, READ, "access read holding, address 100"),
	    RULE(true, READ, "access read holding, address 101"),
	    RULE(false, READ, "access read holding, address 102"),
	    RULE(false, READ, "access read holding, address <100"),
	    RULE(true, READ, "access read holding, address <101"),
	    RULE(true, READ, "access read holding, address >100"),
	    RULE(false, READ, "access read holding, address >101"),
	    RULE(true, READ, "access read holding, address 100<>102"),
	    RULE(false, READ, "access read holding, address 101<>105"),
	    RULE(true, WRITE, "access write holding, address 100, value 5"),
	    RULE(false, WRITE, "access write holding, address 101, value 5"),
	    RULE(true, WRITE, "access write, address 100, value 4<>6"),
	    RULE(true, WRITE, "access write, address 100, value >4"),
	    RULE(false, WRITE, "access write, address 100, value >5"),
	    RULE(true, WRITE, "access write, address 100, value <6"),
	    RULE(true, WRITE, "unit 10, access write, address 101, value <1"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (alerts_on(rows[i].pdu, rows[i].len, rows[i].options) !=
		    rows[i].expected)
			fail_msg("%s", rows[i].options);
}

static void
wrong_rules_are_refused(void **state)
{
	static const char *const rows[] = {
	    "modbus:function 256;",
	    "modbus:function 0;",
	    "modbus:function !1;",
	    "modbus:function some;",
	    "modbus:function 8, subfunction 65536;",
	    "modbus:function 1, access read;",
	    "modbus:subfunction 4;",
	    "modbus:address 1;",
	    "modbus:access write input;",
	    "modbus:access write coils, address 10-20;",
	    "modbus:access write coils, address 65536;",
	    "modbus:access write holding, value 1;",
	    "modbus:access write, address <10, value 1;",
	    "modbus:unit !10;",
	    "modbus:unit 10, unit 11;",
	    "modbus:function 1, unit 10;",
	    "modbus:unit;",
	    "modbus:unit <>2;",
	    "modbus:unit 1, function 8, subfunction 4, value 2;",
	    "modbus:unit 1, access write, address 1, value 2, value 3;",
	    "app-layer-event:modbus.nothing;",
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
	    TEST(a_conversation_may_end_anywhere),
	    TEST(what_is_written_is_told_by_address),
	    TEST(addresses_end_at_65535),
	    TEST(a_response_finds_its_request),
	    TEST(a_flood_is_told_and_not_kept),
	    TEST(a_length_that_cannot_be_loses_the_rest),
	    TEST(a_gap_ends_a_direction),
	    TEST(other_ports_and_bytes_are_not_it),
	    TEST(what_is_wrong_is_told),
	    TEST(records_tell_what_was_asked),
	    cmocka_unit_test(rules_match_requests),
	    cmocka_unit_test(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
