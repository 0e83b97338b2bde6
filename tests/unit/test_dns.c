/* SPDX-License-Identifier: EUPL-1.2 */
/* DNS: messages, transactions, what rules and records get to see of them. */
#include "tests/unit/app_help.h"

#include "agent/app/dns.h"

#include <stdio.h>

#define Q_HEAD "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define R_HEAD "\x12\x34\x81\x80\x00\x01\x00\x03\x00\x01\x00\x00"
#define QUESTION                                                                   \
	"\x03WwW\x07"                                                              \
	"example\x02nl\x00\x00\x01\x00\x01"
#define TO_NAME "\xc0\x0c"

static const char query[] = Q_HEAD QUESTION;
static const char answer[] = R_HEAD QUESTION TO_NAME
    "\x00\x05\x00\x01\x00\x00\x0e\x10\x00\x06\x03"
    "alt\xc0\x10" TO_NAME
    "\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x01\x02\x03" TO_NAME
    "\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10"
    "\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"
    "\xc0\x10\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x20\x02ns\xc0\x10\x04"
    "host\xc0\x10"
    "\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x03\x00\x00\x00\x04\x00\x00\x00"
    "\x05";

#define LEN(m) (sizeof(m) - 1)

static void
ask(struct talk *t, enum app_dir d, const void *p, size_t len)
{
	talk_tell(t, STREAM_DATAGRAM, d, p, len);
}

static void
a_query_and_its_answer(void **state)
{
	struct talk t;

	(void)state;
	talk_begin(&t, &dns_parser, IPPROTO_UDP, 53);
	ask(&t, APP_TS, query, LEN(query));
	ask(&t, APP_TC, answer, LEN(answer));
	assert_string_equal(
	    talk_buffer(&t, 0, APP_DNS_QUERY, APP_TS, 0), "WwW.example.nl");
	assert_string_equal(talk_buffer(&t, 0, APP_DNS_QUERY, APP_TS, 1), "-");
	assert_string_equal(talk_buffer(&t, 1, APP_DNS_QUERY, APP_TS, 0), "-");
	assert_int_equal(talk_number(&t, 0, APP_DNS_OPCODE, APP_TS, 0), 0);
	assert_int_equal(talk_number(&t, 1, APP_DNS_RCODE, APP_TC, 0), 0);
	assert_int_equal(talk_number(&t, 0, APP_DNS_RRTYPE, APP_TS, 0), 1);
	assert_int_equal(talk_number(&t, 1, APP_DNS_RRTYPE, APP_TC, 2), 28);
	assert_int_equal(talk_number(&t, 1, APP_DNS_RRTYPE, APP_TC, 3), -1);
	assert_true(talk_tx(&t, 0)->inspected[APP_TC]);
	assert_true(talk_tx(&t, 1)->inspected[APP_TS]);
	assert_null(talk_tx(&t, 2));
	talk_end(&t);
}

/* What Suricata 7 writes of this answer. */
static void
records_tell_what_was_said(void **state)
{
	struct talk t;
	struct buf b;

	(void)state;
	buf_init(&b, 8192);
	talk_begin(&t, &dns_parser, IPPROTO_UDP, 53);
	ask(&t, APP_TS, query, LEN(query));
	ask(&t, APP_TC, answer, LEN(answer));
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"dns\":{\"version\":2,\"query\":[{\"type\":\"query\",\"id\":4660,"
	    "\"rrname\":\"WwW.example.nl\",\"rrtype\":\"A\",\"tx_id\":0,"
	    "\"opcode\":0}]}}");
	assert_string_equal(talk_json(&t, 1, &b),
	    "{\"dns\":{\"version\":2,\"answer\":{\"version\":2,\"type\":\"answer\","
	    "\"id\":4660,\"flags\":\"8180\",\"qr\":true,\"rd\":true,\"ra\":true,"
	    "\"opcode\":0,\"rrname\":\"WwW.example.nl\",\"rrtype\":\"A\","
	    "\"rcode\":\"NOERROR\",\"answers\":["
	    "{\"rrname\":\"WwW.example.nl\",\"rrtype\":\"CNAME\",\"ttl\":3600,"
	    "\"rdata\":\"alt.example.nl\"},"
	    "{\"rrname\":\"WwW.example.nl\",\"rrtype\":\"A\",\"ttl\":60,"
	    "\"rdata\":\"10.1.2.3\"},"
	    "{\"rrname\":\"WwW.example.nl\",\"rrtype\":\"AAAA\",\"ttl\":60,"
	    "\"rdata\":\"2001:db8:000:000:000:000:000:001\"}],"
	    "\"grouped\":{\"A\":[\"10.1.2.3\"],"
	    "\"AAAA\":[\"2001:db8:000:000:000:000:000:001\"],"
	    "\"CNAME\":[\"alt.example.nl\"]},"
	    "\"authorities\":[{\"rrname\":\"example.nl\",\"rrtype\":\"SOA\","
	    "\"ttl\":60,\"soa\":{\"mname\":\"ns.example.nl\","
	    "\"rname\":\"host.example.nl\",\"serial\":1,\"refresh\":2,\"retry\":3,"
	    "\"expire\":4,\"minimum\":5}}]}}}");
	talk_end(&t);
	buf_release(&b);
}

/* Cut anywhere, the message is no transaction, and the one before it says so. */
static void
every_truncation_is_malformed(void **state)
{
	(void)state;
	for (size_t len = 0; len < LEN(answer); len++) {
		struct talk t;

		talk_begin(&t, &dns_parser, IPPROTO_UDP, 53);
		ask(&t, APP_TS, query, LEN(query));
		ask(&t, APP_TC, answer, LEN(answer));
		ask(&t, APP_TC, answer, len);
		assert_null(talk_tx(&t, 2));
		assert_int_equal(
		    talk_event(&t, 1, "malformed_data"), len > 0 ? 1 : 0);
		talk_end(&t);
	}
}

static size_t
framed(uint8_t *out, const char *m, size_t len)
{
	out[0] = (uint8_t)(len >> 8);
	out[1] = (uint8_t)len;
	memcpy(out + 2, m, len);
	return len + 2;
}

/* Pipelined, in pieces of any size: the same transactions. */
static void
tcp_in_pieces(void **state)
{
	uint8_t ts[512], tc[512];
	size_t ts_len = framed(ts, query, LEN(query)), tc_len;

	(void)state;
	ts_len += framed(ts + ts_len, query, 0); /* nothing, said with care */
	ts_len += framed(ts + ts_len, query, LEN(query));
	tc_len = framed(tc, answer, LEN(answer));
	for (size_t size = 1; size <= ts_len; size++) {
		struct talk t;

		talk_begin(&t, &dns_parser, IPPROTO_TCP, 53);
		talk_say(&t, APP_TS, ts, ts_len, size);
		talk_say(&t, APP_TC, tc, tc_len, size);
		assert_string_equal(
		    talk_buffer(&t, 1, APP_DNS_QUERY, APP_TS, 0), "WwW.example.nl");
		assert_int_equal(talk_number(&t, 2, APP_DNS_RRTYPE, APP_TC, 0), 5);
		assert_null(talk_tx(&t, 3));
		talk_end(&t);
	}
}

/* Behind a gap the next piece that begins with a message is read again. */
static void
tcp_goes_on_after_a_gap(void **state)
{
	uint8_t m[512];
	size_t len = framed(m, query, LEN(query));
	struct talk t;

	(void)state;
	talk_begin(&t, &dns_parser, IPPROTO_TCP, 53);
	talk_say(&t, APP_TS, m, len, len);
	talk_say(&t, APP_TS, m, len / 2, len);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	talk_say(&t, APP_TS,
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff",
	    16, 16);
	talk_say(&t, APP_TS, m, len, len);
	assert_non_null(talk_tx(&t, 1));
	assert_null(talk_tx(&t, 2));
	talk_end(&t);
}

/* Over TCP nothing behind a broken message can be trusted. */
static void
tcp_stops_at_a_broken_message(void **state)
{
	uint8_t m[512];
	size_t len = framed(m, query, LEN(query)), bad;
	struct talk t;

	(void)state;
	bad = framed(m + len, query, LEN(query) - 1);
	talk_begin(&t, &dns_parser, IPPROTO_TCP, 53);
	talk_say(&t, APP_TS, m, len + bad, len + bad);
	talk_say(&t, APP_TS, m, len, len);
	assert_true(talk_event(&t, 0, "malformed_data"));
	assert_null(talk_tx(&t, 1));
	talk_end(&t);
}

static void
events_of_headers_and_directions(void **state)
{
	char z[] = Q_HEAD QUESTION, opcode[] = Q_HEAD QUESTION;
	struct talk t;

	(void)state;
	z[3] |= 0x40;
	opcode[2] |= 7 << 3;
	talk_begin(&t, &dns_parser, IPPROTO_UDP, 53);
	ask(&t, APP_TS, query, LEN(query));
	ask(&t, APP_TS, z, LEN(z));
	ask(&t, APP_TS, opcode, LEN(opcode));
	assert_false(talk_event(&t, 0, "z_flag_set"));
	assert_true(talk_event(&t, 1, "z_flag_set"));
	assert_true(talk_event(&t, 2, "invalid_opcode"));
	ask(&t, APP_TS, answer, LEN(answer));
	assert_true(talk_event(&t, 2, "not_request"));
	ask(&t, APP_TC, query, LEN(query));
	assert_true(talk_event(&t, 2, "not_response"));
	assert_null(talk_tx(&t, 3));
	talk_end(&t);
}

/* A name of pointers only, of too many labels, and one that is too long. */
static void
names_are_bounded(void **state)
{
	static const char loop[] = Q_HEAD "\xc0\x0c\x00\x01\x00\x01";
	static const char circle[] = Q_HEAD "\x01"
					    "a\xc0\x0c\x00\x01\x00\x01";
	uint8_t big[12 + 22 * 64 + 5];
	struct talk t;

	(void)state;
	talk_begin(&t, &dns_parser, IPPROTO_UDP, 53);
	ask(&t, APP_TS, loop, LEN(loop));
	assert_true(talk_event(&t, 0, "infinite_loop"));
	ask(&t, APP_TS, circle, LEN(circle));
	assert_true(talk_event(&t, 1, "too_many_labels"));
	assert_int_equal(strlen(talk_buffer(&t, 1, APP_DNS_QUERY, APP_TS, 0)), 255);
	memset(big, 'a', sizeof(big));
	memcpy(big, Q_HEAD, 12);
	for (int i = 0; i < 22; i++)
		big[12 + 64 * i] = 63;
	memcpy(big + sizeof(big) - 5, "\x00\x00\x01\x00\x01", 5);
	ask(&t, APP_TS, big, sizeof(big));
	assert_true(talk_event(&t, 2, "name_too_long"));
	assert_int_equal(
	    strlen(talk_buffer(&t, 2, APP_DNS_QUERY, APP_TS, 0)), DNS_NAME_MAX);
	talk_end(&t);
}

/* Of more questions than any server answers, rules see the first. */
static void
many_questions_are_cut_and_counted(void **state)
{
	uint8_t many[DNS_HEADER_SIZE + 5 * (DNS_QUESTIONS_MAX + 1)] = {0};
	struct talk t;

	(void)state;
	many[5] = DNS_QUESTIONS_MAX + 1;
	talk_begin(&t, &dns_parser, IPPROTO_UDP, 53);
	ask(&t, APP_TS, many, sizeof(many));
	assert_string_equal(
	    talk_buffer(&t, 0, APP_DNS_QUERY, APP_TS, DNS_QUESTIONS_MAX - 1), "");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_DNS_QUERY, APP_TS, DNS_QUESTIONS_MAX), "-");
	assert_int_equal(app_stats(t.app)->part_cap, 1);
	talk_end(&t);
}

/* Found on any port when all of it is a message; its cousins are not DNS. */
static void
other_ports(void **state)
{
	static const struct {
		uint16_t port;
		bool is;
	} rows[] = {{53, true}, {5300, true}, {443, true}, {137, false},
	    {5353, false}, {5355, false}};
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		talk_begin(&t, &dns_parser, IPPROTO_UDP, rows[i].port);
		ask(&t, APP_TS, query, LEN(query));
		assert_int_equal(app_flow_id(&t.flow) == APP_DNS, rows[i].is);
		talk_end(&t);
	}
	talk_begin(&t, &dns_parser, IPPROTO_UDP, 5300);
	ask(&t, APP_TS, query, LEN(query) - 1);
	assert_int_equal(app_flow_id(&t.flow), APP_UNKNOWN);
	talk_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_query_and_its_answer),
	    cmocka_unit_test(records_tell_what_was_said),
	    cmocka_unit_test(every_truncation_is_malformed),
	    cmocka_unit_test(tcp_in_pieces),
	    cmocka_unit_test(tcp_goes_on_after_a_gap),
	    cmocka_unit_test(tcp_stops_at_a_broken_message),
	    cmocka_unit_test(events_of_headers_and_directions),
	    cmocka_unit_test(names_are_bounded),
	    cmocka_unit_test(many_questions_are_cut_and_counted),
	    cmocka_unit_test(other_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
