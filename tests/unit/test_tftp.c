/* SPDX-License-Identifier: EUPL-1.2 */
/* TFTP: requests. */
#include "tests/unit/app_help.h"

#include "agent/app/tftp.h"

static struct talk t;

static const char request[] = "\x00\x01rfc1350.txt\x00OCTET";

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &tftp_parser, IPPROTO_UDP, 69);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_end(&t);
	return 0;
}

static void
say(const char *p, size_t len)
{
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, p, len);
}

static void
a_request_is_a_transaction(void **state)
{
	(void)state;
	say(request, sizeof(request));
	assert_string_equal(app_name(&t.flow), "tftp");
	assert_non_null(talk_tx(&t, 0));
	assert_true(talk_tx(&t, 0)->inspected[APP_TC]);
	assert_null(talk_tx(&t, 1));
}

static void
every_truncation_is_no_request(void **state)
{
	for (size_t len = 1; len < sizeof(request); len++) {
		say(request, len);
		assert_int_equal(
		    app_id(&t.flow, APP_TS), len < 4 ? APP_FAILED : APP_TFTP);
		assert_null(talk_tx(&t, 0));
		teardown(state);
		setup(state);
	}
}

static void
odd_requests_are_none(void **state)
{
	static const char no_name[] = "\x00\x02\x00octet",
			  no_mode[] = "\x00\x02name\x00octets",
			  data[] = "\x00\x03\x00\x01";

	(void)state;
	say(no_name, sizeof(no_name));
	say(no_mode, sizeof(no_mode));
	say(data, sizeof(data));
	assert_string_equal(app_name(&t.flow), "tftp");
	assert_null(talk_tx(&t, 0));
}

static void
other_ports_and_codes_are_not_it(void **state)
{
	(void)state;
	say("\x00\x06name", 7);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	talk_begin(&t, &tftp_parser, IPPROTO_UDP, 70);
	say(request, sizeof(request));
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_request_is_a_transaction),
	    TEST(every_truncation_is_no_request),
	    TEST(odd_requests_are_none),
	    TEST(other_ports_and_codes_are_not_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
