/* SPDX-License-Identifier: EUPL-1.2 */
/* Kerberos: who asks for what, how it is encrypted, what is refused. */
#include "tests/unit/app_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/krb5.h"
#include "agent/limits.h"
#include "common/str.h"

static const char as_req[] =
    "6a8194308191a103020105a20302010aa31530133011a10402020080a209040730"
    "05a0030101ffa46e306ca00703050040810010a110300ea003020101a10730051b"
    "036a616ea20a1b085245414c4d2e4e4ca31d301ba003020102a11430121b066b72"
    "627467741b085245414c4d2e4e4ca511180f32303234303130313030303030305a"
    "a70402023039a80b3009020112020111020117";
static const char as_rep[] =
    "6b8198308195a003020105a10302010ba20f300d300ba103020113a20404027878"
    "a30a1b085245414c4d2e4e4ca410300ea003020101a10730051b036a616ea54761"
    "453043a003020105a10a1b085245414c4d2e4e4ca21d301ba003020102a1143012"
    "1b066b72627467741b085245414c4d2e4e4ca311300fa003020117a20804066369"
    "70686572a611300fa003020112a2080406636970686572";
static const char tgs_req[] =
    "6c8185308182a103020105a20302010ca31530133011a10402020080a209040730"
    "05a0030101ffa45f305da00703050040810010a20a1b085245414c4d2e4e4ca320"
    "301ea003020102a11730151b04636966731b0d66732e6578616d706c652e6e6ca5"
    "11180f32303234303130313030303030305aa70402023039a80b30090201120201"
    "11020117";
static const char tgs_rep[] =
    "6d819b308198a003020105a10302010da20f300d300ba103020113a20404027878"
    "a30a1b085245414c4d2e4e4ca410300ea003020101a10730051b036a616ea54a61"
    "483046a003020105a10a1b085245414c4d2e4e4ca220301ea003020102a1173015"
    "1b04636966731b0d66732e6578616d706c652e6e6ca311300fa003020112a20804"
    "06636970686572a611300fa003020117a2080406636970686572";
static const char refusal[] =
    "7e543052a003020105a10302011ea411180f32303234303130313030303030305a"
    "a503020101a603020119a90a1b085245414c4d2e4e4caa1d301ba003020102a114"
    "30121b066b72627467741b085245414c4d2e4e4c";

static struct talk t;
static struct buf json;

static int
setup_over(uint8_t proto)
{
	buf_init(&json, 65536);
	talk_begin(&t, &krb5_parser, proto, 88);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	return setup_over(IPPROTO_UDP);
}

static int
setup_tcp(void **state)
{
	(void)state;
	return setup_over(IPPROTO_TCP);
}

static int
teardown(void **state)
{
	(void)state;
	talk_end(&t);
	buf_release(&json);
	return 0;
}

static size_t
unhex(const char *text, uint8_t out[1024])
{
	int n = str_unhex(text, strlen(text), out, 1024);

	assert_true(n > 0);
	return (size_t)n;
}

static void
say(enum app_dir d, const char *text)
{
	uint8_t m[1024];

	talk_tell(&t, STREAM_DATAGRAM, d, m, unhex(text, m));
}

/* With its length before it. */
static void
send_message(enum app_dir d, const char *text, size_t piece)
{
	uint8_t m[1028];
	size_t len = unhex(text, m + 4);

	m[0] = m[1] = 0;
	m[2] = (uint8_t)(len >> 8);
	m[3] = (uint8_t)len;
	talk_say(&t, d, m, 4 + len, piece);
}

static const char *
name(uint64_t tx, enum app_buffer_id b, unsigned instance)
{
	return talk_buffer(&t, tx, b, APP_TC, instance);
}

static int64_t
number(uint64_t tx, enum app_buffer_id b)
{
	return talk_number(&t, tx, b, APP_TC, 0);
}

static void
a_request_and_its_reply(void **state)
{
	(void)state;
	say(APP_TS, as_req);
	say(APP_TC, as_rep);
	assert_int_equal(number(0, APP_KRB5_MSG_TYPE), KRB5_AS_REQ);
	assert_int_equal(number(0, APP_KRB5_TICKET_ETYPE), -1);
	assert_int_equal(number(0, APP_KRB5_ERR_CODE), -1);
	assert_int_equal(number(1, APP_KRB5_TICKET_ETYPE), 23);
	assert_string_equal(name(1, APP_KRB5_CNAME, 0), "jan");
	assert_string_equal(name(1, APP_KRB5_SNAME, 0), "krbtgt");
	assert_string_equal(name(1, APP_KRB5_SNAME, 1), "REALM.NL");
	assert_string_equal(name(1, APP_KRB5_SNAME, 2), "-");
	assert_true(talk_tx(&t, 1)->inspected[APP_TS]);
	assert_string_equal(talk_json(&t, 1, &json),
	    "{\"krb5\":{\"msg_type\":\"KRB_AS_REP\",\"cname\":\"jan\","
	    "\"realm\":\"REALM.NL\",\"sname\":\"krbtgt/REALM.NL\","
	    "\"encryption\":\"aes256-cts-hmac-sha1-96\","
	    "\"weak_encryption\":false,\"ticket_encryption\":\"rc4-hmac\","
	    "\"ticket_weak_encryption\":true}}");
}

static void
weak_encryption_is_an_event(void **state)
{
	(void)state;
	say(APP_TS, tgs_req);
	say(APP_TC, tgs_rep);
	say(APP_TC, as_rep);
	assert_false(talk_event(&t, 0, "weak_encryption"));
	assert_true(talk_event(&t, 1, "weak_encryption"));
	assert_false(talk_event(&t, 2, "weak_encryption"));
	assert_non_null(strstr(talk_json(&t, 0, &json), "\"cname\":\"<empty>\""));
}

static void
a_refusal_has_a_code(void **state)
{
	(void)state;
	say(APP_TS, as_req);
	say(APP_TC, refusal);
	assert_int_equal(number(1, APP_KRB5_ERR_CODE), 25);
	assert_string_equal(name(1, APP_KRB5_CNAME, 0), "-");
	assert_string_equal(talk_json(&t, 1, &json),
	    "{\"krb5\":{\"msg_type\":\"KRB_ERROR\","
	    "\"failed_request\":\"KRB_AS_REQ\","
	    "\"error_code\":\"KDC_ERR_PREAUTH_REQUIRED\",\"cname\":\"<empty>\","
	    "\"realm\":\"<empty>\",\"sname\":\"krbtgt/REALM.NL\","
	    "\"encryption\":\"<none>\",\"weak_encryption\":false}}");
}

static void
every_truncation_is_no_transaction(void **state)
{
	static const char *const messages[] = {
	    as_req, as_rep, tgs_req, tgs_rep, refusal};
	uint8_t m[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		size_t len = unhex(messages[i], m);

		say(APP_TS, as_req);
		for (size_t n = 1; n < len; n++) {
			talk_tell(&t, STREAM_DATAGRAM, APP_TC, m, n);
			assert_null(talk_tx(&t, 1));
		}
		teardown(state);
		setup(state);
	}
}

/* A byte of a length or tag that lies: nothing is read outside. */
static void
changed_bytes_do_no_harm(void **state)
{
	uint8_t m[1024];
	size_t len = unhex(tgs_rep, m);

	(void)state;
	for (size_t i = 0; i < len; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			m[i] ^= (uint8_t)(1u << bit);
			talk_tell(&t, STREAM_DATAGRAM, APP_TC, m, len);
			app_clean(&t.flow);
			m[i] ^= (uint8_t)(1u << bit);
		}
	talk_tell(&t, STREAM_DATAGRAM, APP_TC, m, len);
}

static void
it_is_looked_for_on_its_port(void **state)
{
	(void)state;
	t.flow.key.bport = 8888;
	say(APP_TS, as_req);
	assert_null(app_tx_first(&t.flow));
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 200; piece++) {
		send_message(APP_TS, as_req, piece);
		send_message(APP_TC, refusal, piece);
		send_message(APP_TS, tgs_req, piece);
		send_message(APP_TC, tgs_rep, piece);
		assert_int_equal(number(1, APP_KRB5_ERR_CODE), 25);
		assert_string_equal(name(3, APP_KRB5_SNAME, 0), "cifs");
		teardown(state);
		setup_tcp(state);
	}
}

static void
a_long_message_is_not_held(void **state)
{
	uint8_t begin[64] = {0x7f, 0xff, 0xff, 0xff};

	(void)state;
	send_message(APP_TS, as_req, SIZE_MAX);
	for (unsigned i = 0; i < 4000; i++)
		talk_say(&t, APP_TS, begin, sizeof(begin), SIZE_MAX);
	assert_int_equal(app_stats(t.app)->part_cap, 1);
	assert_true(app_stats(t.app)->bytes < KRB5_RECORD_MAX);
}

static void
rules_on_tickets_match(void **state)
{
	static const struct {
		bool expected;
		const char *options;
	} rows[] = {
	    {true, "krb5.ticket_encryption:weak;"},
	    {false, "krb5.ticket_encryption:!weak;"},
	    {true, "krb5.ticket_encryption:rc4-hmac;"},
	    {true, "krb5.ticket_encryption:17, 23;"},
	    {false, "krb5.ticket_encryption:17,aes256-cts-hmac-sha1-96,-128;"},
	    {true, "krb5_msg_type:11; krb5_cname; content:\"jan\"; bsize:3;"},
	    {false, "krb5_msg_type:13;"},
	    {false, "krb5_err_code:25;"},
	    {true,
		"krb5.sname; content:\"krbtgt\"; krb5.sname; content:\"REALM\";"},
	    {false, "krb5.sname; content:\"krbtgt\"; content:\"REALM\";"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p = packet_of(IPPROTO_UDP, "", 0);
		struct engine e;
		char rule[300];

		snprintf(rule, sizeof(rule),
		    "alert krb5 any any -> any any (%s sid:1;)\n", rows[i].options);
		say(APP_TS, as_req);
		app_clean(&t.flow);
		say(APP_TC, as_rep);
		p.flow = &t.flow;
		p.flags = PACKET_TO_CLIENT | PACKET_ESTABLISHED;
		engine_open_all(&e, rule);
		if (alerts(&e, &p, 1) != rows[i].expected)
			fail_msg("%s", rows[i].options);
		engine_close(&e);
		teardown(state);
		setup(state);
	}
}

static void
wrong_rules_are_refused(void **state)
{
	static const char *const rows[] = {
	    "krb5.ticket_encryption:none;",
	    "krb5.ticket_encryption:!17;",
	    "krb5.ticket_encryption:weak,17;",
	    "krb5_msg_type:256;",
	    "krb5_err_code:-1;",
	    "krb5_cname; content:\"x\"; flow:to_server;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ruleset_refusal *why;
		struct engine e;
		char rule[300];

		snprintf(rule, sizeof(rule),
		    "alert krb5 any any -> any any (%s sid:1;)\n", rows[i]);
		engine_open(&e, rule, NULL);
		if (ruleset_refusals(e.rs, &why) != 1)
			fail_msg("%s", rows[i]);
		engine_close(&e);
	}
}

#define TEST(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_TCP(name) cmocka_unit_test_setup_teardown(name, setup_tcp, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_request_and_its_reply),
	    TEST(weak_encryption_is_an_event),
	    TEST(a_refusal_has_a_code),
	    TEST(every_truncation_is_no_transaction),
	    TEST(changed_bytes_do_no_harm),
	    TEST(it_is_looked_for_on_its_port),
	    TEST_TCP(pieces_may_have_any_size),
	    TEST_TCP(a_long_message_is_not_held),
	    TEST(rules_on_tickets_match),
	    TEST(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
