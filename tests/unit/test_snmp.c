/* SPDX-License-Identifier: EUPL-1.2 */
/* SNMP: who asks what, and what is wrong with it. */
#include "tests/unit/app_help.h"

#include "agent/app/snmp.h"

static struct talk t;

static const char get[] = "\x30\x25\x02\x01\x01\x04\x06public\xa0\x18"
			  "\x02\x04\x2b\x13\x3f\x85\x02\x01\x00\x02\x01\x00"
			  "\x30\x0a\x30\x08\x06\x04\x2b\x06\x01\x02\x05\x00";
static const char v3[] =
    "\x30\x39\x02\x01\x03"
    "\x30\x0d\x02\x01\x07\x02\x02\x05\xdc\x04\x01\x00\x02\x01\x03"
    "\x04\x15\x30\x13\x04\x02\x80\x01\x02\x01\x01\x02\x01\x02"
    "\x04\x03jan\x04\x00\x04\x00"
    "\x30\x0e\x04\x02\x80\x01\x04\x00\xa2\x06"
    "\x02\x01\x00\x02\x01\x00";
/* Made with a model of its own, and encrypted. */
static const char hidden[] = "\x30\x1a\x02\x01\x03"
			     "\x30\x0d\x02\x01\x07\x02\x02\x05\xdc\x04\x01\x03"
			     "\x02\x01\x04"
			     "\x04\x02xx"
			     "\x04\x02yy";

#define LEN(m) (sizeof(m) - 1)

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &snmp_parser, IPPROTO_UDP, 161);
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
say(enum app_dir d, const char *p, size_t len)
{
	talk_tell(&t, STREAM_DATAGRAM, d, p, len);
}

static void
a_community_asks(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	say(APP_TS, get, LEN(get));
	assert_string_equal(
	    talk_buffer(&t, 0, APP_SNMP_COMMUNITY, APP_TS, 0), "public");
	assert_string_equal(talk_buffer(&t, 0, APP_SNMP_USM, APP_TS, 0), "-");
	assert_int_equal(talk_number(&t, 0, APP_SNMP_VERSION, APP_TS, 0), 2);
	assert_int_equal(talk_number(&t, 0, APP_SNMP_PDU_TYPE, APP_TS, 0), 0);
	assert_true(talk_tx(&t, 0)->inspected[APP_TC]);
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"snmp\":{\"version\":2,\"pdu_type\":\"get_request\","
	    "\"community\":\"public\"}}");
	buf_release(&b);
}

static void
version_3_has_a_user(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	say(APP_TC, v3, LEN(v3));
	assert_string_equal(talk_buffer(&t, 0, APP_SNMP_USM, APP_TC, 0), "jan");
	assert_string_equal(talk_buffer(&t, 0, APP_SNMP_COMMUNITY, APP_TC, 0), "-");
	assert_int_equal(talk_number(&t, 0, APP_SNMP_VERSION, APP_TC, 0), 3);
	assert_int_equal(talk_number(&t, 0, APP_SNMP_PDU_TYPE, APP_TC, 0), 2);
	assert_int_equal(talk_tx(&t, 0)->events, 0);
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"snmp\":{\"version\":3,\"pdu_type\":\"response\","
	    "\"usm\":\"jan\"}}");
	buf_release(&b);
}

static void
what_is_encrypted_has_no_type(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	say(APP_TS, hidden, LEN(hidden));
	assert_int_equal(talk_number(&t, 0, APP_SNMP_PDU_TYPE, APP_TS, 0), -1);
	assert_true(talk_event(&t, 0, "unknown_security_model"));
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"snmp\":{\"version\":3,\"pdu_type\":\"encrypted\"}}");
	buf_release(&b);
}

static void
another_version_in_a_flow_is_an_event(void **state)
{
	(void)state;
	say(APP_TS, get, LEN(get));
	say(APP_TS, v3, LEN(v3));
	assert_false(talk_event(&t, 0, "version_mismatch"));
	assert_true(talk_event(&t, 1, "version_mismatch"));
}

static void
check_cut(const char *message, size_t len, void **state)
{
	for (size_t n = 1; n < len; n++) {
		say(APP_TS, message, len);
		say(APP_TS, message, n);
		assert_null(talk_tx(&t, 1));
		assert_true(talk_event(&t, 0, "malformed_data"));
		teardown(state);
		setup(state);
	}
}

static void
every_truncation_is_malformed(void **state)
{
	check_cut(get, LEN(get), state);
	check_cut(v3, LEN(v3), state);
	check_cut(hidden, LEN(hidden), state);
}

/* Lengths that end inside: the outer one made shorter, and its bytes with it. */
static void
every_inner_truncation_is_malformed(void **state)
{
	char cut[LEN(v3)];

	for (size_t n = 2; n < LEN(v3); n++) {
		memcpy(cut, v3, n);
		cut[1] = (char)(n - 2);
		say(APP_TS, get, LEN(get));
		say(APP_TS, cut, n);
		assert_null(talk_tx(&t, 1));
		assert_true(talk_event(&t, 0, "malformed_data"));
		teardown(state);
		setup(state);
	}
}

static void
odd_elements_are_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} CASES[] = {
	    {"\x30\x0a\x02\x01\x02\x04\x01x\xa0\x02\x05\x00", 12}, /* version */
	    {"\x30\x09\x02\x00\x04\x01x\xa0\x02\x05\x00", 11},	   /* no number */
	    {"\x30\x0a\x02\x01\x00\x04\x01x\xa9\x02\x05\x00", 12}, /* no such PDU */
	    {"\x31\x0a\x02\x01\x00\x04\x01x\xa0\x02\x05\x00", 12},
	};

	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		say(APP_TS, get, LEN(get));
		say(APP_TS, CASES[i].bytes, CASES[i].len);
		assert_null(talk_tx(&t, 1));
		assert_true(talk_event(&t, 0, "malformed_data"));
		teardown(state);
		setup(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_community_asks),
	    TEST(version_3_has_a_user),
	    TEST(what_is_encrypted_has_no_type),
	    TEST(another_version_in_a_flow_is_an_event),
	    TEST(every_truncation_is_malformed),
	    TEST(every_inner_truncation_is_malformed),
	    TEST(odd_elements_are_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
