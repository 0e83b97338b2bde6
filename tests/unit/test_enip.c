/* SPDX-License-Identifier: EUPL-1.2 */
/* EtherNet/IP: commands, over TCP in pieces and over UDP. */
#include "tests/unit/app_help.h"

#include "agent/app/enip.h"

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
