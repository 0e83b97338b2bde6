/* SPDX-License-Identifier: EUPL-1.2 */
/* BitTorrent's DHT: messages, and each way in which one is malformed. */
#include "tests/unit/app_help.h"

#include "agent/app/bittorrent.h"

#define ID    "2:id20:abcdefghij0123456789"
#define QUERY "d1:ad" ID "e1:q4:ping1:t2:aa1:y1:qe"

static struct talk t;
static struct buf json;

static int
setup(void **state)
{
	(void)state;
	buf_init(&json, 4096);
	talk_begin(&t, &bittorrent_dht_parser, IPPROTO_UDP, 6881);
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

static void
say(enum app_dir d, const char *text)
{
	talk_tell(&t, STREAM_DATAGRAM, d, text, strlen(text));
}

static void
a_query_and_an_error_are_told(void **state)
{
	(void)state;
	say(APP_TS, QUERY);
	say(APP_TC, "d1:eli201e5:helloe1:t2:aa1:y1:ee");
	assert_string_equal(talk_json(&t, 0, &json),
	    "{\"bittorrent_dht\":{\"transaction_id\":\"6161\","
	    "\"request_type\":\"ping\"}}");
	assert_string_equal(talk_json(&t, 1, &json),
	    "{\"bittorrent_dht\":{\"transaction_id\":\"6161\","
	    "\"error\":{\"num\":201,\"msg\":\"hello\"}}}");
	assert_true(talk_tx(&t, 0)->inspected[APP_TC]);
}

static void
good_messages_are_no_events(void **state)
{
	static const char *const rows[] = {
	    QUERY "behind it",
	    "d1:ad" ID "1:wli1eee1:q4:ping1:t2:aa1:y1:qe",
	    "d1:ad" ID "9:info_hash2:xx4:porti6881e5:token1:xe1:q1:a1:t0:1:y1:qe",
	    "d1:rd" ID "5:nodes3:xyz5:token1:x6:valuesl6:123456ee1:t1:a1:y1:re",
	    "d2:ip6:abcdef1:rd" ID "e1:t2:aa1:y1:re",
	    "d1:el1:xi5ee1:t1:a1:y1:ee",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(APP_TS, QUERY);
		say(APP_TC, rows[i]);
		if (talk_tx(&t, 1) == NULL || talk_tx(&t, 1)->events != 0)
			fail_msg("%s", rows[i]);
		teardown(state);
		setup(state);
	}
}

static void
each_fault_is_an_event(void **state)
{
	static const char *const rows[] = {
	    "d1:ade1:q4:ping1:t2:aa1:y1:qe",
	    "d1:ad" ID "e1:t2:aa1:y1:qe",
	    "d1:ad" ID "e1:q4:ping1:y1:qe",
	    "d1:ad" ID "e1:q4:ping1:t2:aae",
	    "d1:ad" ID "e1:q4:ping1:t2:aa1:y1:xe",
	    "d1:ad" ID "e1:q4:ping1:t2:aa1:y1:re",
	    "d1:ad" ID "e1:q4:ping1:t02:aa1:y1:qe",
	    "d1:ad" ID "e1:q4:ping1:ti5e1:y1:qe",
	    "d1:ad" ID "e1:t2:aa1:q4:ping1:y1:qe",
	    "d1:ad" ID "e1:ad" ID "e1:q4:ping1:t2:aa1:y1:qe",
	    "d1:ad" ID "4:porti70000ee1:q4:ping1:t2:aa1:y1:qe",
	    "d1:ad" ID "4:porti-5ee1:q4:ping1:t2:aa1:y1:qe",
	    "d1:ad" ID "e1:q4:ping1:t2:aa1:y1:q1:zi-0ee",
	    "d1:ad" ID "1:wlli1eeee1:q4:ping1:t2:aa1:y1:qe",
	    "d1:ad" ID "e1:q99999999999999999999:ping1:t2:aa1:y1:qe",
	    "d1:rd" ID "6:valuesl5:12345ee1:t1:a1:y1:re",
	    "d1:eli201ee1:t2:aa1:y1:ee",
	    "d1:ele1:t2:aa1:y1:ee",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		say(APP_TS, QUERY);
		say(APP_TS, rows[i]);
		if (talk_tx(&t, 1) == NULL ||
		    !talk_event(&t, 1, "malformed_packet"))
			fail_msg("%s", rows[i]);
		teardown(state);
		setup(state);
	}
}

static void
every_truncation_is_malformed(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof(QUERY) - 1; n++) {
		say(APP_TS, QUERY);
		talk_tell(&t, STREAM_DATAGRAM, APP_TS, QUERY, n);
		if (n < 6)
			assert_null(talk_tx(&t, 1));
		else
			assert_true(talk_event(&t, 1, "malformed_packet"));
		teardown(state);
		setup(state);
	}
}

static void
a_flow_begins_with_a_query(void **state)
{
	(void)state;
	say(APP_TS, "d1:rd" ID "e1:t2:aa1:y1:re");
	assert_null(app_tx_first(&t.flow));
	say(APP_TC, QUERY);
	say(APP_TC, "something else");
	assert_non_null(talk_tx(&t, 0));
	assert_null(talk_tx(&t, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_query_and_an_error_are_told),
	    TEST(good_messages_are_no_events),
	    TEST(each_fault_is_an_event),
	    TEST(every_truncation_is_malformed),
	    TEST(a_flow_begins_with_a_query),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
