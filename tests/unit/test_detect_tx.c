/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules on transactions: when they are asked, and how often they tell. */
#include "tests/unit/detect_help.h"

#include "agent/app/app.h"

/* An engine, and an HTTP flow that it looks at. */
struct talk {
	struct engine e;
	struct app *app;
	struct flow f;
};

static void
talk_open(struct talk *t, const char *rules)
{
	memset(t, 0, sizeof(*t));
	engine_open_all(&t->e, rules);
	assert_non_null(t->app = app_new(&(struct app_config){.inspected = true}));
	t->f.key.proto = IPPROTO_TCP;
}

static void
talk_close(struct talk *t)
{
	app_slot_free(t->f.slot[FLOW_SLOT_APP]);
	detect_slot_free(t->f.slot[FLOW_SLOT_DETECT]);
	app_free(t->app);
	engine_close(&t->e);
}

static void
say(struct talk *t, bool to_server, const char *text)
{
	struct stream_news n = {.kind = STREAM_DATA,
	    .to_server = to_server,
	    .data = {(const uint8_t *)text, strlen(text)}};

	app_read(t->app, &t->f, &n);
}

/* Alerts of a sid on a packet without payload, this way; of any sid if it is 0. */
static size_t
packet(struct talk *t, bool to_server, uint32_t sid)
{
	struct packet p = packet_of(IPPROTO_TCP, NULL, 0);
	size_t n = 0;

	p.flags =
	    PACKET_ESTABLISHED | (to_server ? PACKET_TO_SERVER : PACKET_TO_CLIENT);
	p.flow = &t->f;
	detect_packet(t->e.d, &p, &t->e.result);
	for (size_t i = 0; i < t->e.result.n; i++)
		n += sid == 0 || rule_meta(t->e.result.alert[i].rule)->sid == sid;
	app_clean(&t->f);
	return n;
}

#define HEAD "alert http any any -> any any ("

static void
one_alert_a_transaction_and_direction(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD "http.uri; content:\"/a\"; sid:1;)\n" HEAD
		 "http.protocol; content:\"HTTP\"; sid:2;)\n");
	say(&t, true, "GET /a HTTP/1.1\r\nHost: a\r\n");
	assert_int_equal(packet(&t, false, 1), 0);
	assert_int_equal(packet(&t, true, 1), 1);
	assert_true(t.e.result.alert[0].has_tx);
	assert_int_equal(packet(&t, true, 0), 0);
	say(&t, true, "\r\nGET /a HTTP/1.1\r\n\r\n");
	assert_int_equal(packet(&t, true, 1), 1);
	assert_int_equal(t.e.result.alert[0].tx_id, 1);
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(packet(&t, false, 2), 1);
	assert_int_equal(packet(&t, false, 0), 0);
	talk_close(&t);
}

static void
what_was_found_is_kept(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD "http.uri; content:\"/find/me\"; http.request_body; "
		 "content:\"x\"; sid:1;)\n" HEAD
		 "http.uri; content:\"/find/me\"; http.user_agent; "
		 "content:\"no\"; sid:2;)\n");
	say(&t, true, "POST /find/me HTTP/1.1\r\nContent-Length: 3\r\n");
	assert_int_equal(packet(&t, true, 0), 0);
	say(&t, true, "User-Agent: n\r\n\r\na");
	assert_int_equal(packet(&t, true, 0), 0);
	say(&t, true, "xy");
	assert_int_equal(packet(&t, true, 0), 1);
	talk_close(&t);
}

static void
old_modifiers_are_the_same(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD
	    "content:\"/a\"; http_uri; nocase; content:\"b\"; distance:1; "
	    "within:1; http_uri; content:\"GET\"; http_method; sid:1;)\n" HEAD
	    "content:\"/a\"; http_uri; content:\"b\"; http_uri; distance:0; "
	    "within:1; sid:2;)\n" HEAD
	    "pcre:\"/^\\/a.b$/UR\"; content:\"GET\"; http_method; sid:3;)\n" HEAD
	    "urilen:4; uricontent:\"/A\"; nocase; sid:4;)\n" HEAD
	    "urilen:<4; uricontent:\"/A\"; nocase; sid:5;)\n");
	say(&t, true, "GET /axb HTTP/1.1\r\n\r\n");
	assert_int_equal(packet(&t, true, 0), 3);
	talk_close(&t);
}

static void
instances_are_looked_at_one_by_one(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD
	    "http.request_header; content:\"A: 1\"; bsize:4; sid:1;)\n" HEAD
	    "http.request_header; content:\"A: \"; content:\"B: \"; sid:2;)\n" HEAD
	    "http.request_header; content:\"A: \"; http.request_header; "
	    "content:\"B: \"; sid:3;)\n");
	say(&t, true, "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n");
	assert_int_equal(packet(&t, true, 2), 0);
	talk_close(&t);
	talk_open(&t,
	    HEAD "http.request_header; content:\"A: \"; http.request_header; "
		 "content:\"B: \"; sid:3;)\n");
	say(&t, true, "GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n");
	assert_int_equal(packet(&t, true, 3), 1);
	talk_close(&t);
}

static void
flowbits_pass_from_one_to_the_next(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD "http.stat_code; content:\"200\"; flowbits:isset,b; sid:1;)\n" HEAD
		 "http.uri; content:\"/a\"; flowbits:set,b; noalert; sid:2;)\n");
	say(&t, true, "GET /a HTTP/1.1\r\n\r\n");
	assert_int_equal(packet(&t, true, 0), 0);
	say(&t, false, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(packet(&t, false, 1), 1);
	talk_close(&t);
}

static void
a_pass_takes_the_flow(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    "pass http any any -> any any (http.uri; content:\"/a\"; sid:1;)\n" HEAD
	    "http.stat_code; content:\"200\"; sid:2;)\n");
	say(&t, true, "GET /a HTTP/1.1\r\n\r\n");
	assert_int_equal(packet(&t, true, 0), 0);
	say(&t, false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(packet(&t, false, 0), 0);
	assert_null(app_tx_first(&t.f));
	talk_close(&t);
}

static void
protocols_and_events(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    "alert tcp any any -> any any (app-layer-protocol:http; sid:1;)\n"
	    "alert tcp any any -> any any (app-layer-protocol:!http; sid:2;)\n" HEAD
	    "app-layer-event:http.missing_host_header; sid:3;)\n"
	    "alert tls any any -> any any (sid:4;)\n" HEAD "sid:5;)\n");
	assert_int_equal(packet(&t, true, 0), 0);
	say(&t, true, "GET /a HTTP/1.1\r\n\r\n");
	assert_int_equal(packet(&t, true, 1), 1);
	assert_int_equal(packet(&t, true, 2), 0);
	assert_int_equal(packet(&t, true, 4), 0);
	assert_int_equal(packet(&t, true, 5), 1);
	assert_int_equal(packet(&t, false, 3), 1);
	talk_close(&t);
}

static void
transforms_have_their_own_patterns(void **state)
{
	struct talk t;

	(void)state;
	talk_open(&t,
	    HEAD
	    "http.host; dotprefix; content:\".b.org\"; endswith; sid:1;)\n" HEAD
	    "http.host; content:\".b.org\"; sid:2;)\n" HEAD
	    "http.host; to_uppercase; content:\"B.ORG\"; bsize:5; sid:3;)\n");
	say(&t, true, "GET / HTTP/1.1\r\nHost: b.org\r\n\r\n");
	assert_int_equal(packet(&t, true, 0), 2);
	assert_int_equal(rule_meta(t.e.result.alert[0].rule)->sid, 1);
	assert_int_equal(rule_meta(t.e.result.alert[1].rule)->sid, 3);
	talk_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_alert_a_transaction_and_direction),
	    cmocka_unit_test(what_was_found_is_kept),
	    cmocka_unit_test(old_modifiers_are_the_same),
	    cmocka_unit_test(instances_are_looked_at_one_by_one),
	    cmocka_unit_test(flowbits_pass_from_one_to_the_next),
	    cmocka_unit_test(a_pass_takes_the_flow),
	    cmocka_unit_test(protocols_and_events),
	    cmocka_unit_test(transforms_have_their_own_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
