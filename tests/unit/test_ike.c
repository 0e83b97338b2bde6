/* SPDX-License-Identifier: EUPL-1.2 */
/* IKE 1 and 2: what is offered and chosen, and what is weak in it. */
#include "tests/unit/app_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/ike.h"
#include "common/str.h"

static const char offer_1[] =
    "494e495453504931000000000000000001100200000000000000006a0d00003c00"
    "000001000000010000003001010001000000280101000080010007800e00808002"
    "00028004000280030001800b0001000c0004000151800d00000c76656e646f7231"
    "78000000067632";
static const char answer_1[] =
    "494e49545350493152455350535049310110020000000000000000580000003c00"
    "000001000000010000003001010001000000280101000080010007800e00808002"
    "00028004000280030001800b0001000c000400015180";
static const char keys_1[] =
    "494e49545350493152455350535049310410020000000000000000500a00001c4b"
    "4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b4b000000184e4e4e4e4e4e"
    "4e4e4e4e4e4e4e4e4e4e4e4e4e4e";
static const char hidden_1[] =
    "494e49545350493152455350535049310510020100000000000000340000001878"
    "78787878787878787878787878787878787878";
static const char offer_2[] =
    "494e49545350493100000000000000002120220800000000000000982200005802"
    "000028010100040300000801000003030000080200000203000008030000020000"
    "0008040000020000002c020100040300000c01000014800e010003000008020000"
    "05030000080300000c000000080400001328000010001300006b6b6b6b6b6b6b6b"
    "000000144e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e";
static const char answer_2[] =
    "494e495453504931524553505350493121202220000000000000004c0000003000"
    "00002c010100040300000c01000014800e01000300000802000005030000080300"
    "000c0000000804000013";

static struct talk t;
static struct buf json;

static int
setup(void **state)
{
	(void)state;
	buf_init(&json, 65536);
	talk_begin(&t, &ike_parser, IPPROTO_UDP, 500);
	return 0;
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

static const char *
text(uint64_t tx, enum app_buffer_id b, unsigned instance)
{
	return talk_buffer(&t, tx, b, APP_TS, instance);
}

static int64_t
number(uint64_t tx, enum app_buffer_id b, unsigned instance)
{
	return talk_number(&t, tx, b, APP_TS, instance);
}

#define CHOSEN(attribute, value) ((int64_t)(attribute) << 32 | (value))

static void
version_1_names_its_vendors_and_choice(void **state)
{
	(void)state;
	say(APP_TS, offer_1);
	say(APP_TC, answer_1);
	assert_string_equal(text(0, APP_IKE_INIT_SPI, 0), "494e495453504931");
	assert_string_equal(text(1, APP_IKE_RESP_SPI, 0), "5245535053504931");
	assert_string_equal(text(0, APP_IKE_VENDOR, 0), "76656e646f723178");
	assert_string_equal(text(0, APP_IKE_VENDOR, 1), "7632");
	assert_string_equal(text(0, APP_IKE_VENDOR, 2), "-");
	assert_int_equal(number(0, APP_IKE_EXCHTYPE, 0), 2);
	assert_int_equal(
	    number(1, APP_IKE_SA_ATTRIBUTE, 0), CHOSEN(IKE_ALG_ENC, 7));
	assert_int_equal(number(1, APP_IKE_SA_ATTRIBUTE, 3), CHOSEN(IKE_ALG_DH, 2));
	assert_int_equal(number(1, APP_IKE_SA_ATTRIBUTE, 7), -1);
	assert_string_equal(talk_json(&t, 1, &json),
	    "{\"ike\":{\"version_major\":1,\"version_minor\":0,"
	    "\"init_spi\":\"494e495453504931\","
	    "\"resp_spi\":\"5245535053504931\",\"message_id\":0,"
	    "\"exchange_type\":2,\"alg_enc_raw\":7,\"alg_hash_raw\":2,"
	    "\"alg_auth_raw\":1,\"alg_dh_raw\":2,\"sa_life_type_raw\":1,"
	    "\"sa_life_duration_raw\":86400,\"sa_key_length_raw\":128,"
	    "\"ikev1\":{\"encrypted_payloads\":false}}}");
}

static void
version_1_has_keys_until_it_is_encrypted(void **state)
{
	(void)state;
	say(APP_TS, keys_1);
	say(APP_TS, hidden_1);
	assert_string_equal(
	    text(0, APP_IKE_KEY_EXCHANGE, 0), "KKKKKKKKKKKKKKKKKKKKKKKK");
	assert_int_equal(number(0, APP_IKE_KEY_EXCHANGE_LENGTH, 0), 24);
	assert_int_equal(number(0, APP_IKE_NONCE_LENGTH, 0), 20);
	assert_string_equal(text(1, APP_IKE_NONCE, 0), "-");
	assert_int_equal(number(1, APP_IKE_NONCE_LENGTH, 0), -1);
	assert_non_null(
	    strstr(talk_json(&t, 1, &json), "\"encrypted_payloads\":true"));
}

static void
weak_offers_are_events(void **state)
{
	static const char *const names[] = {"weak_crypto_enc", "weak_crypto_prf",
	    "weak_crypto_auth", "weak_crypto_dh"};

	(void)state;
	say(APP_TS, offer_2);
	say(APP_TC, answer_2);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(talk_event(&t, 0, names[i]));
	assert_int_equal(talk_tx(&t, 1)->events, 0);
	assert_int_equal(
	    number(1, APP_IKE_SA_ATTRIBUTE, 0), CHOSEN(IKE_ALG_ENC, 20));
	assert_string_equal(text(0, APP_IKE_NONCE, 0), "-");
}

/* One proposal of version 2: up to four transforms of a type and an id. */
static void
offer(const uint8_t transforms[][2], uint8_t n, uint8_t protocol)
{
	uint8_t m[200] = "INITSPI1\0\0\0\0\0\0\0\0\x21\x20\x22\x08";
	size_t at = 28;

	m[at + 3] = (uint8_t)(12 + 8 * n);
	m[at + 7] = (uint8_t)(8 + 8 * n);
	m[at + 8] = 1;
	m[at + 9] = protocol;
	m[at + 11] = n;
	at += 12;
	for (unsigned i = 0; i < n; i++, at += 8) {
		m[at] = i + 1u < n ? 3 : 0;
		m[at + 3] = 8;
		m[at + 4] = transforms[i][0];
		m[at + 7] = transforms[i][1];
	}
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, m, at);
}

static void
each_fault_of_a_proposal_is_an_event(void **state)
{
	static const struct {
		const char *event;
		uint8_t n, protocol;
		uint8_t transforms[4][2];
	} rows[] = {
	    {"weak_crypto_no_dh", 3, 1, {{1, 20}, {2, 5}, {3, 12}}},
	    {"weak_crypto_no_auth", 3, 1, {{1, 12}, {2, 5}, {4, 19}}},
	    {"no_encryption", 4, 2, {{1, 20}, {2, 5}, {3, 12}, {4, 19}}},
	    {"invalid_proposal", 4, 1, {{1, 20}, {2, 0}, {3, 12}, {4, 19}}},
	    {"invalid_proposal", 4, 1, {{1, 20}, {2, 5}, {3, 12}, {4, 0}}},
	    {"unknown_proposal", 4, 1, {{1, 20}, {2, 5}, {6, 1}, {4, 19}}},
	    {"weak_crypto_dh", 4, 1, {{1, 20}, {2, 5}, {3, 12}, {4, 22}}},
	    {"weak_crypto_enc", 4, 1, {{1, 11}, {2, 5}, {3, 12}, {4, 19}}},
	    {NULL, 3, 1, {{1, 20}, {2, 5}, {4, 19}}},
	    {NULL, 4, 1, {{1, 12}, {2, 5}, {3, 12}, {4, 19}}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		offer(rows[i].transforms, rows[i].n, rows[i].protocol);
		if (rows[i].event != NULL)
			assert_true(talk_event(&t, i, rows[i].event));
		else
			assert_int_equal(talk_tx(&t, i)->events, 0);
	}
}

static void
every_truncation_is_read_as_far_as_it_goes(void **state)
{
	static const char *const messages[] = {
	    offer_1, answer_1, keys_1, offer_2, answer_2};
	uint8_t m[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		size_t len = unhex(messages[i], m);

		for (size_t n = 1; n < len; n++) {
			talk_tell(&t, STREAM_DATAGRAM, APP_TS, m, n);
			if (n < 28)
				assert_null(app_tx_first(&t.flow));
			teardown(state);
			setup(state);
		}
	}
}

static void
vendors_have_a_cap(void **state)
{
	uint8_t m[28 + 6 * (IKE_VENDORS_MAX + 2)] =
	    "INITSPI1\0\0\0\0\0\0\0\0\x0d\x10\x02";

	(void)state;
	for (size_t at = 28; at < sizeof(m); at += 6)
		memcpy(m + at, "\x0d\0\0\6vv", 6);
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, m, sizeof(m));
	assert_string_equal(text(0, APP_IKE_VENDOR, IKE_VENDORS_MAX - 1), "7676");
	assert_string_equal(text(0, APP_IKE_VENDOR, IKE_VENDORS_MAX), "-");
	assert_int_equal(app_stats(t.app)->part_cap, 1);
}

static void
it_is_looked_for_on_its_port(void **state)
{
	(void)state;
	t.flow.key.bport = 501;
	say(APP_TS, offer_1);
	assert_null(app_tx_first(&t.flow));
}

static void
rules_on_the_choice_match(void **state)
{
	static const struct {
		bool expected;
		const char *options;
	} rows[] = {
	    {true, "ike.chosen_sa_attribute:alg_enc=7;"},
	    {true, "ike.chosen_sa_attribute:sa_life_duration=86400;"},
	    {false, "ike.chosen_sa_attribute:alg_enc=2;"},
	    {false, "ike.chosen_sa_attribute:alg_prf=7;"},
	    {true, "ike.exchtype:2; ike.resp_spi; content:\"5245\"; startswith;"},
	    {false, "ike.exchtype:>2;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct packet p = packet_of(IPPROTO_UDP, "", 0);
		struct engine e;
		char rule[300];

		snprintf(rule, sizeof(rule),
		    "alert ike any any -> any any (%s sid:1;)\n", rows[i].options);
		say(APP_TS, offer_1);
		app_clean(&t.flow);
		say(APP_TC, answer_1);
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
	    "ike.chosen_sa_attribute:alg_enc>7;",
	    "ike.chosen_sa_attribute:alg_esn=0;",
	    "ike.chosen_sa_attribute:alg_enc=x;",
	    "ike.vendor; content:\"76\"; flow:to_client;",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct ruleset_refusal *why;
		struct engine e;
		char rule[300];

		snprintf(rule, sizeof(rule),
		    "alert ike any any -> any any (%s sid:1;)\n", rows[i]);
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
	    TEST(version_1_names_its_vendors_and_choice),
	    TEST(version_1_has_keys_until_it_is_encrypted),
	    TEST(weak_offers_are_events),
	    TEST(each_fault_of_a_proposal_is_an_event),
	    TEST(every_truncation_is_read_as_far_as_it_goes),
	    TEST(vendors_have_a_cap),
	    TEST(it_is_looked_for_on_its_port),
	    TEST(rules_on_the_choice_match),
	    TEST(wrong_rules_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
