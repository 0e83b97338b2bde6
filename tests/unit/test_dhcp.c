/* SPDX-License-Identifier: EUPL-1.2 */
/* DHCP: times that servers give. */
#include "tests/unit/app_help.h"

#include "agent/app/dhcp.h"

#define FIXED  236
#define COOKIE "\x63\x82\x53\x63"

static struct talk t;

static const char options[] = COOKIE "\x35\x01\x05\x00\x33\x04\x00\x00\x0e\x10"
				     "\x3a\x04\x00\x00\x06\x91"
				     "\x3b\x04\x00\x00\x0b\xd7"
				     "\x33\x04\x00\x00\x00\x01"
				     "\xff\x00\x33\x09";

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &dhcp_parser, IPPROTO_UDP, 67);
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
make(uint8_t *out, const char *text, size_t len)
{
	memset(out, 0, FIXED);
	out[0] = 2;
	memcpy(out + FIXED, text, len);
	return FIXED + len;
}

static void
say(const char *text, size_t len)
{
	uint8_t message[512];

	talk_tell(&t, STREAM_DATAGRAM, APP_TC, message, make(message, text, len));
}

static int64_t
number(enum app_buffer_id b)
{
	return talk_number(&t, 0, b, APP_TC, 0);
}

static void
options_give_times(void **state)
{
	(void)state;
	say(options, sizeof(options) - 1);
	assert_string_equal(app_name(&t.flow), "dhcp");
	assert_int_equal(number(APP_DHCP_LEASETIME), 3600);
	assert_int_equal(number(APP_DHCP_RENEWAL_TIME), 1681);
	assert_int_equal(number(APP_DHCP_REBINDING_TIME), 3031);
	assert_int_equal(talk_tx(&t, 0)->events, 0);
	assert_true(talk_tx(&t, 0)->inspected[APP_TS]);
}

/* Options that are whole are there, whatever comes after them. */
static void
every_truncation_keeps_what_is_whole(void **state)
{
	uint8_t message[512];
	size_t whole = make(message, options, sizeof(options) - 1);

	for (size_t len = 1; len < whole; len++) {
		size_t at = len < FIXED ? 0 : len - FIXED;

		talk_tell(&t, STREAM_DATAGRAM, APP_TC, message, len);
		if (at < 4) {
			assert_null(talk_tx(&t, 0));
		} else {
			bool edge = at == 4 || at == 7 || at == 8 || at == 14 ||
			    at == 20 || at == 26 || at >= 32;

			assert_int_equal(
			    number(APP_DHCP_LEASETIME), at >= 14 ? 3600 : -1);
			assert_int_equal(
			    number(APP_DHCP_REBINDING_TIME), at >= 26 ? 3031 : -1);
			assert_int_equal(
			    talk_event(&t, 0, "truncated_options"), edge ? 0 : 1);
		}
		teardown(state);
		setup(state);
	}
}

static void
a_time_has_four_bytes(void **state)
{
	static const char odd[] = COOKIE "\x33\x02\x0e\x10\xff";

	(void)state;
	say(odd, sizeof(odd) - 1);
	assert_int_equal(number(APP_DHCP_LEASETIME), -1);
	assert_true(talk_event(&t, 0, "malformed_options"));
}

static void
other_ports_and_cookies_are_not_it(void **state)
{
	(void)state;
	say("\x63\x82\x53\x64\xff", 5);
	assert_int_equal(app_id(&t.flow, APP_TC), APP_FAILED);
	teardown(state);
	talk_begin(&t, &dhcp_parser, IPPROTO_UDP, 53);
	say(options, sizeof(options) - 1);
	assert_int_equal(app_id(&t.flow, APP_TC), APP_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(options_give_times),
	    TEST(every_truncation_keeps_what_is_whole),
	    TEST(a_time_has_four_bytes),
	    TEST(other_ports_and_cookies_are_not_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
