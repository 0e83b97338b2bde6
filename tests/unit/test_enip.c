/* SPDX-License-Identifier: EUPL-1.2 */
/* EtherNet/IP: commands, over TCP in pieces and over UDP; services of CIP. */
#include "tests/unit/lines_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/enip.h"
#include "agent/limits.h"

static struct talk t;

/* Register a session; list identities, with an answer's data. */
#define REST "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
static const char both[] =
    "\x65\x00\x04\x00" REST "\x00\x00\x00\x00\x01\x00\x00\x00"
    "\x63\x00\x02\x00" REST "\x00\x00\x00\x00\x63\x00";
#define FIRST 28
#define LEN   (sizeof(both) - 1)

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &enip_parser, IPPROTO_TCP, 44818);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_tell(&t, STREAM_END, APP_TS, NULL, 0);
	talk_tell(&t, STREAM_END, APP_TC, NULL, 0);
	talk_end(&t);
	return 0;
}

static int64_t
command(uint64_t id)
{
	return talk_number(&t, id, APP_ENIP_COMMAND, APP_TS, 0);
}

static void
messages_may_come_in_any_pieces(void **state)
{
	for (size_t piece = 1; piece <= LEN; piece++) {
		talk_say(&t, APP_TS, both, LEN, piece);
		assert_string_equal(app_name(&t.flow), "enip");
		assert_int_equal(command(0), 0x65);
		assert_int_equal(command(1), 0x63);
		assert_true(talk_tx(&t, 1)->inspected[APP_TC]);
		assert_null(talk_tx(&t, 2));
		talk_say(&t, APP_TC, both, LEN, piece);
		assert_true(talk_tx(&t, 3)->inspected[APP_TS]);
		assert_null(talk_tx(&t, 4));
		teardown(state);
		setup(state);
	}
}

static void
every_truncation_tells_what_is_whole(void **state)
{
	for (size_t len = 1; len < LEN; len++) {
		talk_say(&t, APP_TS, both, len, SIZE_MAX);
		assert_int_equal(talk_tx(&t, 0) != NULL, len >= FIRST);
		assert_null(talk_tx(&t, 1));
		teardown(state);
		setup(state);
	}
}

static void
a_datagram_is_a_message(void **state)
{
	teardown(state);
	talk_begin(&t, &enip_parser, IPPROTO_UDP, 44818);
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, both + FIRST, LEN - FIRST);
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, both, FIRST - 1);
	assert_int_equal(command(0), 0x63);
	assert_null(talk_tx(&t, 1));
}

static void
a_gap_ends_a_direction(void **state)
{
	(void)state;
	talk_say(&t, APP_TS, both, FIRST + 3, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	talk_say(&t, APP_TS, both, LEN, SIZE_MAX);
	assert_null(talk_tx(&t, 1));
}

static void
other_ports_commands_and_options_are_not_it(void **state)
{
	static const char odd[] = "\x62\x00\x00\x00" REST "\x00\x00\x00\x00",
			  options[] = "\x63\x00\x00\x00" REST "\x00\x00\x00\x01";

	talk_say(&t, APP_TS, odd, sizeof(odd) - 1, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	setup(state);
	talk_say(&t, APP_TS, options, sizeof(options) - 1, 1);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	talk_begin(&t, &enip_parser, IPPROTO_TCP, 80);
	talk_say(&t, APP_TS, both, LEN, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

/* --- CIP ------------------------------------------------------------------------ */

/* A message of CIP as an unconnected item (or type), in SendRRData. */
static void
say_cip(enum app_dir d, char type, const char *cip, size_t len)
{
	uint8_t out[6000] = {
	    0x6f, 0, (uint8_t)(16 + len), (uint8_t)((16 + len) >> 8)};

	out[24 + 6] = 2;
	out[24 + 12] = (uint8_t)type;
	out[24 + 14] = (uint8_t)len;
	out[24 + 15] = (uint8_t)(len >> 8);
	memcpy(out + 40, cip, len);
	talk_say(&t, d, out, 40 + len, SIZE_MAX);
}
#define UNCONNECTED	       ((char)0xb2)
#define CONNECTED	       ((char)0xb1)
#define ASK(type, cip)	       say_cip(APP_TS, type, cip, sizeof(cip) - 1)
#define FACT(tx, i)	       talk_number(&t, tx, APP_CIP_SERVICE, APP_TS, i)
#define IS_FACT(tx, i, wanted) assert_int_equal(FACT(tx, i), (int64_t)(wanted))
#define NO_FACT(tx, i)	       assert_int_equal(FACT(tx, i), -1)

static void
services_are_told_with_class_and_attributes(void **state)
{
	(void)state;
	ASK(UNCONNECTED, "\x4b\2\x20\1\x24\1");
	IS_FACT(0, 0, CIP_SERVICE(0x4b));
	NO_FACT(0, 1);
	ASK(UNCONNECTED, "\x0e\5\x21\0\1\2\x24\1\x31\0\7\0");
	IS_FACT(1, 0, CIP_SERVICE(14));
	IS_FACT(1, 1, CIP_CLASS(14, 513));
	IS_FACT(1, 2, CIP_ATTRIBUTE(14, 513, 7));
	NO_FACT(1, 3);
	ASK(CONNECTED, "\1\0\3\2\x20\1\x24\1\2\0\7\0\x08\0");
	IS_FACT(2, 1, CIP_CLASS(3, 1));
	IS_FACT(2, 2, CIP_ATTRIBUTE(3, 1, 7));
	IS_FACT(2, 3, CIP_ATTRIBUTE(3, 1, 8));
	NO_FACT(2, 4);
	ASK(UNCONNECTED, "\x0e\4\x91\3TAG\0\x20\5");
	IS_FACT(3, 1, CIP_CLASS(14, 5));
}

static void
services_in_one_packet_are_told_each(void **state)
{
	(void)state;
	ASK(UNCONNECTED,
	    "\x0a\2\x20\2\x24\1\2\0\6\0\x0c\0"
	    "\x4c\2\x20\x6b\x24\1"
	    "\x0e\1\x20\1");
	IS_FACT(0, 0, CIP_SERVICE(10));
	IS_FACT(0, 1, CIP_SERVICE(0x4c));
	IS_FACT(0, 2, CIP_SERVICE(14));
	IS_FACT(0, 3, CIP_CLASS(14, 1));
	NO_FACT(0, 4);
}

static void
responses_and_other_items_ask_for_nothing(void **state)
{
	(void)state;
	ASK(UNCONNECTED, "\xcb\0\0\0");
	NO_FACT(0, 0);
	ASK((char)0, "\x4b\2\x20\1\x24\1");
	NO_FACT(1, 0);
	say_cip(APP_TC, UNCONNECTED, "\x4b\2\x20\1\x24\1", 6);
	NO_FACT(2, 0);
}

static void
cip_may_end_anywhere(void **state)
{
	static const char cip[] = "\x0a\2\x20\2\x24\1\2\0\6\0\x0e\0"
				  "\x0e\3\x20\1\x25\0\1\0"
				  "\4\1\x20\1\2\0\7\0\0\0\x08\0\0\0";

	for (size_t len = 0; len < sizeof(cip); len++) {
		say_cip(APP_TS, UNCONNECTED, cip, len);
		assert_int_equal(
		    FACT(0, 0), len < 2 ? -1 : (int64_t)CIP_SERVICE(10));
		teardown(state);
		setup(state);
	}
}

static void
services_are_capped(void **state)
{
	static char cip[2 + 2 + 2 * 1000 + 2] = {0x0a, 0, (char)0xe8, 3};

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		cip[4 + 2 * i] = (char)0xd2;
		cip[5 + 2 * i] = 7;
	}
	memcpy(cip + sizeof(cip) - 2, "\x4b", 2);
	say_cip(APP_TS, UNCONNECTED, cip, sizeof(cip));
	assert_int_equal(FACT(0, CIP_FACTS_MAX - 1), (int64_t)CIP_SERVICE(0x4b));
	NO_FACT(0, CIP_FACTS_MAX);
	assert_int_equal(app_stats(t.app)->part_cap, 1);
}

static bool
alerts_on_cip(const char *options)
{
	struct engine e;
	struct packet p = packet_of(IPPROTO_TCP, "", 0);
	char rule[200];
	bool told;

	snprintf(rule, sizeof(rule), "alert enip any any -> any any (%s sid:1;)\n",
	    options);
	setup(NULL);
	ASK(UNCONNECTED, "\x0e\3\x20\x64\x24\1\x30\7");
	p.flow = &t.flow;
	p.flags |= PACKET_ESTABLISHED;
	engine_open_all(&e, rule);
	told = alerts(&e, &p, 1);
	engine_close(&e);
	teardown(NULL);
	return told;
}

static void
rules_match_services(void **state)
{
	(void)state;
	assert_true(alerts_on_cip("enip_command:111; cip_service:14;"));
	assert_true(alerts_on_cip("cip_service:14,100;"));
	assert_true(alerts_on_cip("cip_service: 14, 100, 7;"));
	assert_false(alerts_on_cip("cip_service:14,100,8;"));
	assert_false(alerts_on_cip("cip_service:14,10;"));
	assert_false(alerts_on_cip("cip_service:3;"));
	assert_false(alerts_on_cip("enip_command:112; cip_service:14;"));
}

static void
wrong_rules_are_refused(void **state)
{
	static const char *const rows[] = {"cip_service:128;", "cip_service:a;",
	    "cip_service:1,65536;", "cip_service:1,2,3,4;", "cip_service:1,;",
	    "enip_command:65536;", "enip_command:<9;"};
	char rule[200];

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
	    TEST(every_truncation_tells_what_is_whole),
	    TEST(a_datagram_is_a_message),
	    TEST(a_gap_ends_a_direction),
	    TEST(other_ports_commands_and_options_are_not_it),
	    TEST(services_are_told_with_class_and_attributes),
	    TEST(services_in_one_packet_are_told_each),
	    TEST(responses_and_other_items_ask_for_nothing),
	    TEST(cip_may_end_anywhere),
	    TEST(services_are_capped),
	    cmocka_unit_test(rules_match_services),
	    cmocka_unit_test(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
