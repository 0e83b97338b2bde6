/* SPDX-License-Identifier: EUPL-1.2 */
/* SIP: first lines of messages, and what is wrong with them. */
#include "tests/unit/app_help.h"

#include "agent/app/sip.h"

static struct talk t;

static const char request[] = "REGISTER sip:sip.example.nl SIP/2.0\r\n"
			      "Via: SIP/2.0/UDP 10.0.0.1\r\n"
			      "Subject : long\r\n  and longer\r\n"
			      "\r\n";
static const char response[] = "SIP/2.0 403 Wrong password\r\n"
			       "Content-Length: 4\r\n"
			       "\r\nbody";

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &sip_parser, IPPROTO_UDP, 5060);
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
say(enum app_dir d, const char *text, size_t len)
{
	talk_tell(&t, STREAM_DATAGRAM, d, text, len);
}

static const char *
buffer(uint64_t id, enum app_buffer_id b, enum app_dir d)
{
	return talk_buffer(&t, id, b, d, 0);
}

static void
a_message_is_a_transaction(void **state)
{
	(void)state;
	say(APP_TS, request, strlen(request));
	say(APP_TC, response, strlen(response));
	assert_string_equal(app_name(&t.flow), "sip");
	assert_string_equal(buffer(0, APP_SIP_METHOD, APP_TS), "REGISTER");
	assert_string_equal(buffer(0, APP_SIP_URI, APP_TS), "sip:sip.example.nl");
	assert_string_equal(buffer(0, APP_SIP_PROTOCOL, APP_TS), "SIP/2.0");
	assert_string_equal(buffer(0, APP_SIP_REQUEST_LINE, APP_TS),
	    "REGISTER sip:sip.example.nl SIP/2.0");
	assert_string_equal(buffer(0, APP_SIP_PROTOCOL, APP_TC), "-");
	assert_string_equal(buffer(1, APP_SIP_PROTOCOL, APP_TC), "SIP/2.0");
	assert_string_equal(buffer(1, APP_SIP_STAT_CODE, APP_TC), "403");
	assert_string_equal(buffer(1, APP_SIP_STAT_MSG, APP_TC), "Wrong password");
	assert_string_equal(
	    buffer(1, APP_SIP_RESPONSE_LINE, APP_TC), "SIP/2.0 403 Wrong password");
	assert_string_equal(buffer(1, APP_SIP_METHOD, APP_TS), "-");
	assert_true(talk_tx(&t, 0)->inspected[APP_TC]);
	assert_false(talk_tx(&t, 0)->inspected[APP_TS]);
	assert_null(talk_tx(&t, 2));
}

static void
records_tell_the_first_line(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	say(APP_TS, request, strlen(request));
	say(APP_TC, response, strlen(response));
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"sip\":{\"method\":\"REGISTER\",\"uri\":\"sip:sip.example.nl\","
	    "\"version\":\"SIP/2.0\","
	    "\"request_line\":\"REGISTER sip:sip.example.nl SIP/2.0\"}}");
	assert_string_equal(talk_json(&t, 1, &b),
	    "{\"sip\":{\"version\":\"SIP/2.0\",\"code\":\"403\","
	    "\"reason\":\"Wrong password\","
	    "\"response_line\":\"SIP/2.0 403 Wrong password\"}}");
	buf_release(&b);
}

/* Cut anywhere before its empty line ends, a message is no transaction. */
static void
every_truncation_is_incomplete(void **state)
{
	(void)state;
	for (size_t len = 1; len < strlen(request); len++) {
		say(APP_TS, request, strlen(request));
		say(APP_TS, request, len);
		assert_null(talk_tx(&t, 1));
		assert_true(talk_event(&t, 0, "incomplete_data"));
		teardown(state);
		setup(state);
	}
}

static void
what_is_no_message_is_invalid(void **state)
{
	static const char *const CASES[] = {
	    "REGISTER sip:x HTTP/1.1\r\n\r\n",
	    "REGISTER sip:x SIP/2\r\n\r\n",
	    "REGISTER  SIP/2.0\r\n\r\n",
	    "REG<STER sip:x SIP/2.0\r\n\r\n",
	    "REGISTER\r\n\r\n",
	    "REGISTER sip:x SIP/2.0\r\nno colon\r\n\r\n",
	    "REGISTER sip:x SIP/2.0\r\n: no name\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		say(APP_TS, request, strlen(request));
		say(APP_TS, CASES[i], strlen(CASES[i]));
		assert_null(talk_tx(&t, 1));
		assert_true(talk_event(&t, 0, "invalid_data"));
		teardown(state);
		setup(state);
	}
}

static void
a_code_has_three_digits(void **state)
{
	static const char bad[] = "SIP/2.0 40x Hm\r\n\r\n";

	(void)state;
	say(APP_TC, response, strlen(response));
	say(APP_TC, bad, strlen(bad));
	assert_true(talk_event(&t, 0, "invalid_data"));
}

static void
other_protocols_with_such_lines_are_not_it(void **state)
{
	static const char other[] = "NOTIFY * HTTP/1.1\r\n\r\n",
			  unknown[] = "HELLO sip:x SIP/2.0\r\n\r\n";

	(void)state;
	say(APP_TS, other, strlen(other));
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	setup(state);
	say(APP_TS, unknown, strlen(unknown));
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_message_is_a_transaction),
	    TEST(records_tell_the_first_line),
	    TEST(every_truncation_is_incomplete),
	    TEST(what_is_no_message_is_invalid),
	    TEST(a_code_has_three_digits),
	    TEST(other_protocols_with_such_lines_are_not_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
