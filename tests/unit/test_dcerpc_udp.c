/* SPDX-License-Identifier: EUPL-1.2 */
/* DCE/RPC over UDP: calls, fragments, what is none of it. */
#include "tests/unit/lines_help.h"

#include "agent/app/dcerpc.h"

static struct talk t;

enum {
	REQUEST = 0,
	PING = 1,
	RESPONSE = 2,
	LAST = 2,
	FRAGMENT = 4,
};

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &dcerpc_udp_parser, IPPROTO_UDP, 1026);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_end(&t);
	return 0;
}

static size_t
make(uint8_t *out, uint8_t type, uint8_t flags, uint8_t sequence, uint8_t fragment,
    const char *stub)
{
	size_t len = strlen(stub);

	memset(out, 0, 80);
	out[0] = 4;
	out[1] = type;
	out[2] = flags;
	out[4] = 0x10;
	memset(out + 40, 'a', 16);
	out[64] = sequence;
	out[74] = (uint8_t)len;
	out[76] = fragment;
	memcpy(out + 80, stub, len);
	return 80 + len;
}

static void
say(enum app_dir d, uint8_t type, uint8_t flags, uint8_t sequence, uint8_t fragment,
    const char *stub)
{
	uint8_t out[200];

	talk_tell(&t, STREAM_DATAGRAM, d, out,
	    make(out, type, flags, sequence, fragment, stub));
}

#define STUB(tx, d, text)                                                          \
	assert_string_equal(talk_buffer(&t, tx, APP_DCERPC_STUB, d, 0), text)

static void
calls_have_stubs_both_ways(void **state)
{
	struct buf b;

	(void)state;
	say(APP_TS, REQUEST, 0, 1, 0, "ask");
	assert_string_equal(app_name(&t.flow), "dcerpc");
	say(APP_TS, REQUEST, 0, 2, 0, "more");
	say(APP_TC, RESPONSE, 0, 1, 0, "answer");
	STUB(0, APP_TS, "ask");
	STUB(0, APP_TC, "answer");
	STUB(1, APP_TS, "more");
	STUB(1, APP_TC, "?");
	assert_int_equal(talk_number(&t, 0, APP_DCERPC_OPNUM, APP_TS, 0), -1);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
	buf_init(&b, 2000);
	assert_non_null(strstr(talk_json(&t, 0, &b),
	    "\"request\":\"REQUEST\",\"req\":{\"stub_data_size\":3},"
	    "\"response\":\"RESPONSE\",\"res\":{\"stub_data_size\":6},"
	    "\"activityuuid\":\"61616161-6161-6161-6161-616161616161\","
	    "\"seqnum\":1,\"rpc_version\":\"4.0\""));
	buf_release(&b);
}

static void
fragments_are_put_together(void **state)
{
	(void)state;
	say(APP_TS, REQUEST, FRAGMENT, 1, 0, "one");
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	say(APP_TS, REQUEST, FRAGMENT | LAST, 1, 1, "two");
	STUB(0, APP_TS, "onetwo");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	say(APP_TC, RESPONSE, 0, 7, 0, "unasked");
	STUB(1, APP_TC, "unasked");
}

static void
short_and_other_datagrams_say_nothing(void **state)
{
	uint8_t out[200];
	size_t len = make(out, REQUEST, 0, 1, 0, "ask");

	(void)state;
	say(APP_TS, REQUEST, 0, 1, 0, "first");
	for (size_t n = 1; n < len; n++)
		talk_tell(&t, STREAM_DATAGRAM, APP_TS, out, n);
	say(APP_TS, PING, 0, 2, 0, "");
	assert_null(talk_tx(&t, 1));
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, out, len);
	STUB(1, APP_TS, "ask");
}

static void
only_a_request_begins_it(void **state)
{
	uint8_t out[200];

	say(APP_TS, RESPONSE, 0, 1, 0, "x");
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	setup(state);
	make(out, REQUEST, 0, 1, 0, "x");
	out[0] = 5;
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, out, 81);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(calls_have_stubs_both_ways),
	    TEST(fragments_are_put_together),
	    TEST(short_and_other_datagrams_say_nothing),
	    TEST(only_a_request_begins_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
