/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords on a packet and its flow: rpc, l3_proto, flow.age, bypass, alert. */
#include "tests/unit/detect_help.h"

#define CALL                                                                       \
	"\0\0\0\7\0\0\0\0\0\0\0\2\0\1\x86\xa0\0\0\0\2\0\0\0\3"                     \
	"arguments"
#define MARK "\x80\0\0\x21"

static void
calls_are_known_by_their_numbers(void **state)
{
	static const char rules[] =
	    "alert udp any any -> any any (rpc:100000,*,*; sid:1;)\n"
	    "alert udp any any -> any any (rpc:100000,2,3; sid:2;)\n"
	    "alert udp any any -> any any (rpc:100000,3; sid:3;)\n"
	    "alert tcp any any -> any any (rpc:100000; sid:4;)\n";
	struct packet p = packet_of(IPPROTO_UDP, CALL, sizeof(CALL) - 1);
	struct packet t = packet_of(IPPROTO_TCP, MARK CALL, sizeof(MARK CALL) - 1);
	struct engine e;

	(void)state;
	engine_open_all(&e, rules);
	assert_true(alerts(&e, &p, 1));
	assert_true(alerts(&e, &p, 2));
	assert_false(alerts(&e, &p, 3));
	assert_true(alerts(&e, &t, 4));
	for (p.payload.len = 0; p.payload.len < 24; p.payload.len++)
		assert_false(alerts(&e, &p, 1));
	engine_close(&e);
	engine_open(&e,
	    "alert udp any any -> any any (rpc:*,2,3; sid:1;)\n"
	    "alert udp any any -> any any (rpc:portmapper; sid:2;)\n"
	    "alert udp any any -> any any (rpc:1,2,3,4; sid:3;)\n"
	    "alert udp any any -> any any (l3_proto:tcp; sid:4;)\n"
	    "alert udp any any -> any any (nfq_set_mark:1/1; sid:5;)\n",
	    NULL);
	assert_int_equal(ruleset_refusals(e.rs, NULL), 5);
	engine_close(&e);
}

static void
a_flow_has_an_age_in_seconds_of_the_clock(void **state)
{
	struct packet p = packet_of(IPPROTO_UDP, "a", 1);
	struct flow f;
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (flow.age:>1; sid:1;)\n"
	    "alert ip any any -> any any (l3_proto:ipv4; dsize:1; sid:2;)\n"
	    "alert ip any any -> any any (l3_proto:ip6; dsize:1; sid:3;)\n");
	assert_false(alerts(&e, &p, 1));
	assert_true(alerts(&e, &p, 2));
	assert_false(alerts(&e, &p, 3));
	memset(&f, 0, sizeof(f));
	f.key.proto = IPPROTO_UDP;
	f.first_us = p.time_us - 1999999;
	p.flow = &f;
	assert_true(alerts(&e, &p, 1));
	f.first_us = p.time_us - 1000000;
	assert_false(alerts(&e, &p, 1));
	engine_close(&e);
	detect_slot_free(f.slot[FLOW_SLOT_DETECT]);
}

static void
behind_a_bypass_nothing_is_looked_at(void **state)
{
	struct packet p = packet_of(IPPROTO_UDP, "ab", 2);
	struct flow f;
	struct engine e;

	(void)state;
	memset(&f, 0, sizeof(f));
	f.key.proto = IPPROTO_UDP;
	p.flow = &f;
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"a\"; bypass; sid:1;)\n"
	    "alert udp any any -> any any (content:\"b\"; sid:2;)\n");
	assert_true(alerts(&e, &p, 2)); /* of the same packet */
	assert_false(alerts(&e, &p, 2));
	engine_close(&e);
	detect_slot_free(f.slot[FLOW_SLOT_DETECT]);
}

static void
the_last_of_alert_and_noalert_counts(void **state)
{
	struct packet p = packet_of(IPPROTO_UDP, "a", 1);
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"a\"; noalert; alert; "
	    "sid:1;)\n"
	    "alert udp any any -> any any (content:\"a\"; alert; noalert; "
	    "sid:2;)\n");
	assert_true(alerts(&e, &p, 1));
	assert_false(alerts(&e, &p, 2));
	engine_close(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(calls_are_known_by_their_numbers),
	    cmocka_unit_test(a_flow_has_an_age_in_seconds_of_the_clock),
	    cmocka_unit_test(behind_a_bypass_nothing_is_looked_at),
	    cmocka_unit_test(the_last_of_alert_and_noalert_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
