/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What rules remember and the order of things: flowbits, flowints, xbits, tags,
 * thresholds against a model, pass, suppression, the maximum of alerts.
 */
#include "agent/detect/state.h"
#include "agent/detect/threshold.h"
#include "common/buf.h"
#include "common/jw.h"
#include "tests/unit/detect_help.h"

#include <unistd.h>

#define SECOND 1000000

static struct packet
udp(struct flow *f, const char *payload)
{
	struct packet p = packet_of(IPPROTO_UDP, payload, strlen(payload));

	p.flow = f;
	return p;
}

static void
test_flowbits(void **state)
{
	struct flow one = {0}, two = {0};
	struct packet p;
	struct engine e;
	struct buf out;
	struct jw w;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"read\"; flowbits:isset,a; "
	    "sid:1;)\n"
	    "alert udp any any -> any any (content:\"set\"; flowbits:set,a; "
	    "flowbits:noalert; "
	    "sid:2;)\n"
	    "alert udp any any -> any any (content:\"unset\"; flowbits:unset,a; "
	    "sid:3;)\n"
	    "alert udp any any -> any any (content:\"flip\"; flowbits:toggle,b; "
	    "sid:4;)\n"
	    "alert udp any any -> any any (content:\"read\"; flowbits:isset,a|b; "
	    "sid:5;)\n"
	    "alert udp any any -> any any (content:\"read\"; flowbits:isnotset,a; "
	    "sid:6;)\n"
	    "alert udp any any -> any any (content:\"set read\"; flowbits:isset,a; "
	    "sid:7;)\n"
	    "alert udp any any -> any any (content:\"count\"; flowint:n,+,1; "
	    "sid:8;)\n"
	    "alert udp any any -> any any (content:\"count\"; flowint:n,==,2; "
	    "sid:9;)\n");
	p = udp(&one, "read");
	assert_false(alerts(&e, &p, 1));
	assert_true(alerts(&e, &p, 6));
	assert_false(alerts(&e, &p, 5));
	assert_null(one.slot[FLOW_SLOT_DETECT]);
	/* The setter comes first whatever its place, and says nothing itself. */
	p = udp(&one, "set read");
	assert_true(alerts(&e, &p, 7));
	assert_false(alerts(&e, &p, 2));
	p = udp(&one, "read");
	assert_true(alerts(&e, &p, 1));
	assert_true(alerts(&e, &p, 5));
	assert_false(alerts(&e, &p, 6));
	p = udp(&two, "read");
	assert_false(alerts(&e, &p, 1));
	p = udp(&two, "flip");
	alerts(&e, &p, 4);
	p = udp(&two, "read");
	assert_true(alerts(&e, &p, 5));
	p = udp(&two, "flip");
	alerts(&e, &p, 4);
	p = udp(&two, "read");
	assert_false(alerts(&e, &p, 5));
	p = udp(&two, "count");
	assert_false(alerts(&e, &p, 9));
	assert_true(alerts(&e, &p, 9));
	assert_true(alerts(&e, &p, 8));
	assert_false(alerts(&e, &p, 9));
	p = udp(NULL, "read");
	assert_false(alerts(&e, &p, 6));

	buf_init(&out, 1000);
	jw_init(&w, &out);
	jw_object(&w, NULL);
	assert_true(detect_flow_metadata(e.d, &one, &w) > 0);
	jw_end_object(&w);
	assert_string_equal(buf_str(&out), "{\"flowbits\":[\"a\"]}");
	buf_release(&out);
	detect_slot_free(one.slot[FLOW_SLOT_DETECT]);
	detect_slot_free(two.slot[FLOW_SLOT_DETECT]);
	engine_close(&e);
}

static void
test_xbits(void **state)
{
	struct packet p;
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"s\"; xbits:set,x,track "
	    "ip_pair,expire 10; "
	    "sid:1;)\n"
	    "alert udp any any -> any any (content:\"r\"; xbits:isset,x,track "
	    "ip_pair; sid:2;)\n"
	    "alert udp any any -> any any (content:\"s\"; hostbits:set,h,dst; "
	    "sid:3;)\n"
	    "alert udp any any -> any any (content:\"r\"; hostbits:isset,h,src; "
	    "sid:4;)\n");
	p = udp(NULL, "r");
	assert_false(alerts(&e, &p, 2));
	p = udp(NULL, "s");
	assert_true(alerts(&e, &p, 1));
	p = udp(NULL, "r");
	assert_true(alerts(&e, &p, 2));
	assert_false(alerts(&e, &p, 4));
	/* The pair is the same the other way round; the host is now the source. */
	p.src = p.dst;
	addr_parse("192.168.1.2", &p.dst);
	assert_true(alerts(&e, &p, 2));
	assert_true(alerts(&e, &p, 4));
	p.time_us += 10 * SECOND;
	assert_true(alerts(&e, &p, 2));
	p.time_us += 1;
	assert_false(alerts(&e, &p, 2));
	addr_parse("9.9.9.9", &p.dst);
	p.time_us -= 5 * SECOND;
	assert_false(alerts(&e, &p, 2));
	engine_close(&e);
}

/* --- thresholds ------------------------------------------------------------- */

static unsigned seed = 42;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* The guide's words on each kind, for one tracked thing. */
static bool
model(const char *kind, int64_t *start, unsigned *hits, int64_t now, unsigned count,
    int64_t seconds)
{
	if (*hits == 0 || now - *start > seconds) {
		*start = now;
		*hits = 0;
	}
	++*hits;
	if (strcmp(kind, "limit") == 0)
		return *hits <= count;
	if (strcmp(kind, "both") == 0)
		return *hits == count;
	if (strcmp(kind, "filter") == 0)
		return *hits > count;
	return *hits % count == 0;
}

static void
test_thresholds_against_a_model(void **state)
{
	static const char *const KINDS[] = {"limit", "threshold", "both", "filter"};
	unsigned told = 0, silent = 0;

	(void)state;
	for (int round = 0; round < 200; round++) {
		const char *kind = KINDS[round % 4];
		unsigned count = 1 + chance(4), seconds = 1 + chance(5),
			 hits[2] = {0, 0};
		int64_t start[2] = {0, 0}, now = 1000;
		struct engine e;
		char rule[200];

		snprintf(rule, sizeof(rule),
		    "alert udp any any -> any any (content:\"x\"; %s%s%strack "
		    "by_src, count %u, "
		    "seconds %u; sid:1;)",
		    kind[0] == 'f' ? "detection_filter:" : "threshold:type ",
		    kind[0] == 'f' ? "" : kind, kind[0] == 'f' ? "" : ", ", count,
		    seconds);
		engine_open_all(&e, rule);
		for (int i = 0; i < 60; i++) {
			struct packet p = udp(NULL, "x");
			unsigned who = chance(2);
			bool want;

			now += chance(3);
			p.time_us = now * SECOND;
			p.src.b[3] = (uint8_t)(10 + who);
			want = model(
			    kind, &start[who], &hits[who], now, count, seconds);
			if (alerts(&e, &p, 1) != want)
				fail_msg("%s: hit %d", rule, i);
			told += want;
			silent += !want;
		}
		engine_close(&e);
	}
	assert_true(told > 1000 && silent > 1000);
}

static void
test_tracks(void **state)
{
	static const struct {
		const char *track;
		bool other_src, other_dst, swapped; /* alerts again? */
	} ROWS[] = {
	    {"by_src", true, false, true},
	    {"by_dst", false, true, true},
	    {"by_both", true, true, false},
	    {"by_rule", false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct packet p = udp(NULL, "x"), q;
		struct engine e;
		char rule[200];

		snprintf(rule, sizeof(rule),
		    "alert udp any any -> any any (content:\"x\"; threshold:type "
		    "limit, track "
		    "%s, count 1, seconds 9; sid:1;)",
		    ROWS[i].track);
		engine_open_all(&e, rule);
		assert_true(alerts(&e, &p, 1));
		assert_false(alerts(&e, &p, 1));
		q = p;
		q.src = p.dst;
		q.dst = p.src;
		assert_int_equal(alerts(&e, &q, 1), ROWS[i].swapped);
		q = p;
		q.src.b[3] = 99;
		assert_int_equal(alerts(&e, &q, 1), ROWS[i].other_src);
		q = p;
		q.dst.b[3] = 99;
		assert_int_equal(alerts(&e, &q, 1), ROWS[i].other_dst);
		engine_close(&e);
	}
}

static void
test_threshold_file(void **state)
{
	static const char TEXT[] =
	    "suppress gen_id 1, sig_id 1, track by_src, ip "
	    "[192.168.1.0/24,!192.168.1.9]\n"
	    "suppress gen_id 1, sig_id 2\n"
	    "threshold gen_id 1, sig_id 3, type limit, track by_src, count 2, "
	    "seconds 60\n"
	    "event_filter gen_id 0, sig_id 0, type limit, track by_src, \\\n"
	    "    count 3, seconds 60\n"
	    "rate_filter gen_id 1, sig_id 5, track by_rule, count 2, seconds 60, "
	    "new_action drop, timeout 10\n";
	char path[] = "/tmp/test_detect.XXXXXX";
	int fd = mkstemp(path);
	struct packet p = udp(NULL, "x");
	struct engine e;

	(void)state;
	assert_int_equal(write(fd, TEXT, sizeof(TEXT) - 1), sizeof(TEXT) - 1);
	close(fd);
	engine_open(&e,
	    "alert udp any any -> any any (content:\"x\"; sid:1;)\n"
	    "alert udp any any -> any any (content:\"x\"; sid:2;)\n"
	    "alert udp any any -> any any (content:\"x\"; threshold:type limit, "
	    "track by_src, "
	    "count 1, seconds 60; sid:3;)\n"
	    "alert udp any any -> any any (content:\"x\"; threshold:type limit, "
	    "track by_src, "
	    "count 1, seconds 60; sid:4;)\n"
	    "alert udp any any -> any any (content:\"x\"; sid:5;)\n",
	    path);
	unlink(path);
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 3); /* 3, 4 and 5 */
	assert_int_equal(e.result.alert[2].flags & DETECT_DROPPED, 0);
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 2); /* 3 and 5: 4 keeps its own limit */
	assert_int_not_equal(e.result.alert[1].flags & DETECT_DROPPED, 0);
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 1);
	p.src.b[3] = 9;
	assert_true(alerts(&e, &p, 1));
	assert_false(alerts(&e, &p, 2));
	engine_close(&e);
}

/* --- order ------------------------------------------------------------------- */

static void
test_pass_and_priority(void **state)
{
	struct flow f = {0};
	struct packet p = udp(&f, "abc");
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"a\"; priority:3; sid:1;)\n"
	    "alert udp any any -> any any (content:\"b\"; priority:1; sid:2;)\n"
	    "drop udp any any -> any any (content:\"c\"; priority:9; sid:3;)\n"
	    "pass udp any any -> any any (content:\"secret\"; sid:4;)\n"
	    "pass ip any any -> 9.9.9.9 any (sid:5;)\n");
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 3);
	assert_int_equal(rule_meta(e.result.alert[0].rule)->sid, 3);
	assert_int_equal(e.result.alert[0].flags, DETECT_DROPPED);
	assert_int_equal(rule_meta(e.result.alert[1].rule)->sid, 2);
	assert_int_equal(rule_meta(e.result.alert[2].rule)->sid, 1);
	/* A pass on the payload is for this packet, one on the address for the flow. */
	p = udp(&f, "abc secret");
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 0);
	p = udp(&f, "abc");
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 3);
	memset(&f, 0, sizeof(f));
	addr_parse("9.9.9.9", &p.dst);
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, 0);
	assert_true(f.flags & FLOW_NO_PACKET_INSPECT);
	engine_close(&e);
}

static void
test_ip_only_once_a_direction(void **state)
{
	struct flow f = {0};
	struct packet p = udp(&f, "abc"), back = p;
	struct engine e;

	(void)state;
	back.flags = PACKET_TO_CLIENT;
	back.src = p.dst;
	back.dst = p.src;
	engine_open_all(&e,
	    "alert ip any any -> any any (sid:1;)\n"
	    "alert ip !1.1.1.1 any -> any any (sid:2;)\n"
	    "alert ip 8.8.0.0/16 any -> any any (sid:3;)\n"
	    "alert udp any any <> any 80 (sid:4;)\n");
	assert_true(alerts(&e, &p, 1));
	assert_false(alerts(&e, &p, 1));
	assert_true(alerts(&e, &p, 2));
	assert_false(alerts(&e, &p, 3));
	assert_true(alerts(&e, &back, 3));
	assert_false(alerts(&e, &back, 3));
	p.flow = NULL;
	assert_true(alerts(&e, &p, 4));
	assert_true(alerts(&e, &p, 4));
	p.sport = 80;
	p.dport = 4;
	assert_true(alerts(&e, &p, 4));
	engine_close(&e);
}

static void
test_alerts_max(void **state)
{
	struct packet p = udp(NULL, "x");
	char rules[4000];
	struct engine e;
	size_t n = 0;

	(void)state;
	for (int i = 1; i <= 40; i++)
		n += (size_t)snprintf(rules + n, sizeof(rules) - n,
		    "alert udp any any -> any any (content:\"x\"; %s sid:%d;)\n",
		    i <= 20 ? "noalert;" : "", i);
	engine_open_all(&e, rules);
	detect_packet(e.d, &p, &e.result);
	assert_int_equal(e.result.n, DETECT_ALERTS_MAX);
	assert_int_equal(e.result.discarded, 20 - DETECT_ALERTS_MAX);
	assert_int_equal(rule_meta(e.result.alert[0].rule)->sid, 21);
	engine_close(&e);
}

static void
test_tags(void **state)
{
	struct flow f = {0};
	struct packet p = udp(&f, "x"), q = udp(&f, "y");
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"x\"; tag:session,2,packets; "
	    "sid:1;)\n"
	    "alert udp any any -> any any (content:\"z\"; tag:host,5,seconds,src; "
	    "sid:2;)\n");
	assert_true(alerts(&e, &p, 1));
	assert_false(e.result.tagged); /* the alert's own packet is told anyway */
	detect_packet(e.d, &q, &e.result);
	assert_true(e.result.tagged);
	detect_packet(e.d, &q, &e.result);
	assert_true(e.result.tagged);
	detect_packet(e.d, &q, &e.result);
	assert_false(e.result.tagged);
	p = udp(NULL, "z");
	assert_true(alerts(&e, &p, 2));
	q = udp(NULL, "y");
	q.time_us += 5 * SECOND;
	detect_packet(e.d, &q, &e.result);
	assert_true(e.result.tagged);
	q.time_us += 1;
	detect_packet(e.d, &q, &e.result);
	assert_false(e.result.tagged);
	detect_slot_free(f.slot[FLOW_SLOT_DETECT]);
	engine_close(&e);
}

static void
test_full_tables_are_counted(void **state)
{
	struct thresholds *t = thresholds_new(4);
	struct rule r = {.meta.sid = 1,
	    .threshold = {.kind = THRESHOLD_LIMIT, .count = 1, .seconds = 60}};
	enum rule_action action = RULE_ALERT;

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		struct packet p = udp(NULL, "x");

		p.src.b[3] = (uint8_t)i;
		assert_int_equal(
		    thresholds_hit(t, &r, &p, &action), THRESHOLD_ALERT);
	}
	assert_int_equal(thresholds_full(t), 6);
	thresholds_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_flowbits),
	    cmocka_unit_test(test_xbits),
	    cmocka_unit_test(test_thresholds_against_a_model),
	    cmocka_unit_test(test_tracks),
	    cmocka_unit_test(test_threshold_file),
	    cmocka_unit_test(test_pass_and_priority),
	    cmocka_unit_test(test_ip_only_once_a_direction),
	    cmocka_unit_test(test_alerts_max),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_full_tables_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
