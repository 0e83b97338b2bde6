/* SPDX-License-Identifier: EUPL-1.2 */
/* DCE/RPC over TCP: binds, calls, fragments; and the rules on them. */
#include "tests/unit/lines_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/dcerpc.h"

static struct talk t;

#define UUID "12345678-1234-abcd-ef00-01234567cffb"

/* Head: type, flags, length, call; all little-endian. */
#define HEAD(type, flags, len, call)                                               \
	"\5\0" type flags "\x10\0\0\0" len "\0\0\0" call "\0\0\0"
#define SYNTAX                                                                     \
	"\x04\x5d\x88\x8a\xeb\x1c\xc9\x11\x9f\xe8\x08\x00\x2b\x10\x48\x60\2\0\0\0"
#define IFACE                                                                      \
	"\x78\x56\x34\x12\x34\x12\xcd\xab\xef\x00\x01\x23\x45\x67\xcf\xfb\1\0\0\0"

#define BIND                                                                       \
	HEAD("\x0b", "\3", "\x48", "\1")                                           \
	"\xb8\x10\xb8\x10\0\0\0\0\1\0\0\0\5\0\1\0" IFACE SYNTAX
#define BIND_ACK                                                                   \
	HEAD("\x0c", "\3", "\x3c", "\1")                                           \
	"\xb8\x10\xb8\x10\x01\0\0\0\4\0ABC\0\0\0\1\0\0\0\0\0\0\0" SYNTAX
#define REQUEST_1 HEAD("\0", "\1", "\x1c", "\2") "\4\0\0\0\5\0\x0f\0ABCD"
#define REQUEST_2 HEAD("\0", "\2", "\x1a", "\2") "\2\0\0\0\5\0\x0f\0EF"
#define RESPONSE  HEAD("\2", "\3", "\x1b", "\2") "\3\0\0\0\5\0\0\0xyz"

#define LINE(dir, text)                                                            \
	{                                                                          \
		dir, text, sizeof(text) - 1                                        \
	}
static const struct line lines[] = {
    LINE(APP_TS, BIND),
    LINE(APP_TC, BIND_ACK),
    LINE(APP_TS, REQUEST_1),
    LINE(APP_TS, REQUEST_2),
    LINE(APP_TC, RESPONSE),
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &dcerpc_parser, IPPROTO_TCP, 49152);
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

static void
check_all(void)
{
	struct app_bytes got;

	assert_string_equal(talk_buffer(&t, 0, APP_DCERPC_STUB, APP_TS, 0), "-");
	assert_string_equal(talk_buffer(&t, 0, APP_DCERPC_IFACE, APP_TS, 0), "-");
	assert_string_equal(
	    talk_buffer(&t, 1, APP_DCERPC_STUB, APP_TS, 0), "ABCDEF");
	assert_int_equal(talk_number(&t, 1, APP_DCERPC_OPNUM, APP_TC, 0), 15);
	assert_int_equal(
	    app_buffer(&t.flow, talk_tx(&t, 1), APP_DCERPC_IFACE, APP_TC, 0, &got),
	    APP_HAVE);
	assert_int_equal(got.bytes.len, DCERPC_IFACE_SIZE);
	assert_memory_equal(got.bytes.p,
	    "\x12\x34\x56\x78\x12\x34\xab\xcd\xef\0\1\x23\x45\x67\xcf\xfb\1\0\1",
	    DCERPC_IFACE_SIZE);
	app_buffer(&t.flow, talk_tx(&t, 1), APP_DCERPC_STUB, APP_TC, 0, &got);
	assert_int_equal(got.bytes.len, 8 + 3);
	assert_memory_equal(got.bytes.p + 8, "xyz", 3);
	assert_true(got.little);
	for (uint64_t i = 0; i < 2; i++)
		for (int d = 0; d < APP_DIRS; d++)
			assert_true(
			    app_tx_done(&t.flow, talk_tx(&t, i), (enum app_dir)d));
	assert_null(talk_tx(&t, 2));
}

static void
a_call_is_one_transaction(void **state)
{
	(void)state;
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	check_all();
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (size_t size = 1; size < 40; size++) {
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

/* As Suricata counts it. */
static void
the_object_of_a_request_is_of_its_stub(void **state)
{
	static const char request[] =
	    HEAD("\0", "\x83", "\x2a", "\2") "\2\0\0\0\5\0\x0f\0object's sixteenEF";

	(void)state;
	talk_say(&t, APP_TS, request, sizeof(request) - 1, SIZE_MAX);
	assert_string_equal(
	    talk_buffer(&t, 0, APP_DCERPC_STUB, APP_TS, 0), "object's sixteenEF");
}

static void
a_growing_stub_is_not_complete(void **state)
{
	struct app_bytes got;

	(void)state;
	SAY(APP_TS, REQUEST_1);
	assert_int_equal(
	    app_buffer(&t.flow, talk_tx(&t, 0), APP_DCERPC_STUB, APP_TS, 0, &got),
	    APP_HAVE);
	assert_false(got.complete);
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	SAY(APP_TS, REQUEST_2);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
}

static void
a_refused_interface_is_none(void **state)
{
	char ack[] = BIND_ACK;

	(void)state;
	ack[16 + 8 + 2 + 4 + 2 + 4] = 2;
	SAY(APP_TS, BIND);
	say(APP_TC, ack, sizeof(ack) - 1);
	SAY(APP_TS, REQUEST_1);
	SAY(APP_TS, REQUEST_2);
	assert_string_equal(talk_buffer(&t, 1, APP_DCERPC_IFACE, APP_TS, 0), "-");
}

static void
bytes_that_are_no_pdu_end_the_direction(void **state)
{
	(void)state;
	SAY(APP_TS, REQUEST_1 "GET / HTTP/1.1\r\n\r\n");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	SAY(APP_TC, RESPONSE);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_null(talk_tx(&t, 1));
}

static void
interfaces_are_capped(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3 * DCERPC_IFACES_MAX; i++) {
		SAY(APP_TS, BIND);
		SAY(APP_TC, BIND_ACK);
		app_clean(&t.flow);
	}
	SAY(APP_TS, REQUEST_1);
	assert_int_equal(
	    talk_number(&t, 3 * DCERPC_IFACES_MAX, APP_DCERPC_OPNUM, APP_TS, 0),
	    15);
}

/* --- rules -------------------------------------------------------------------------- */

static bool
alerts_on_call(const char *options)
{
	struct engine e;
	struct packet p = packet_of(IPPROTO_TCP, "", 0);
	char rule[400];
	bool told;

	snprintf(rule, sizeof(rule),
	    "alert dcerpc any any -> any any (%s sid:1;)\n", options);
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
rules_match_calls(void **state)
{
	static const struct {
		bool expected;
		const char *options;
	} rows[] = {
	    {true, "dcerpc.iface:" UUID ";"},
	    {false, "dcerpc.iface:00000000-1234-abcd-ef00-01234567cffb;"},
	    {true, "dce_iface:" UUID ",=1;"},
	    {false, "dce_iface:" UUID ",=2;"},
	    {true, "dce_iface:" UUID ",<2,any_frag;"},
	    {false, "dce_iface:" UUID ",>1;"},
	    {true, "dce_iface:" UUID ",!2;"},
	    {false, "dce_iface:" UUID ",!1;"},
	    {true, "dcerpc.opnum:15;"},
	    {false, "dcerpc.opnum:14;"},
	    {true, "dce_opnum:3,12-20,77;"},
	    {false, "dce_opnum:3,16-20,77;"},
	    {true, "dcerpc.stub_data; content:\"CDEF\"; bsize:6;"},
	    {true,
		"dce_iface:" UUID "; dce_opnum:15; dce_stub_data; "
		"content:\"AB\"; startswith;"},
	    {true, "dce_stub_data; byte_test:2,=,16961,0,dce;"},
	    {true, "dce_stub_data; byte_test:2,=,16706,0;"},
	    {true,
		"dce_stub_data; content:\"AB\"; "
		"byte_test:2,=,17475,0,dce,relative;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (alerts_on_call(rows[i].options) != rows[i].expected)
			fail_msg("%s", rows[i].options);
}

static void
wrong_rules_are_refused(void **state)
{
	static const char *const rows[] = {
	    "dcerpc.iface:nothing;",
	    "dcerpc.iface:" UUID ",1;",
	    "dcerpc.iface:" UUID ",=70000;",
	    "dcerpc.opnum:70000;",
	    "dcerpc.opnum:9-3;",
	    "dcerpc.opnum:a;",
	    "content:\"a\"; byte_test:2,=,1,0,dce;",
	    "dce_stub_data; byte_test:2,=,1,0,dce,little;",
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
	    TEST(a_call_is_one_transaction),
	    TEST(pieces_may_have_any_size),
	    TEST(a_conversation_may_end_anywhere),
	    TEST(the_object_of_a_request_is_of_its_stub),
	    TEST(a_growing_stub_is_not_complete),
	    TEST(a_refused_interface_is_none),
	    TEST(bytes_that_are_no_pdu_end_the_direction),
	    TEST(interfaces_are_capped),
	    cmocka_unit_test(rules_match_calls),
	    cmocka_unit_test(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
