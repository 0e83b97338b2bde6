/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The prefilter never leaves out a rule that matches: every rule tried on every
 * packet gives what the candidates give.
 */
#include "agent/detect/buffers.h"
#include "tests/unit/detect_help.h"

static unsigned seed = 99;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static const char *
one_of(const char *const *list, unsigned n)
{
	return list[chance(n)];
}

#define ONE_OF(list) one_of(list, sizeof(list) / sizeof((list)[0]))

/* A rule's options at random; some come out wrong and are refused, which is fine. */
static void
random_rule(char *out, size_t size, unsigned sid)
{
	static const char *const PROTOS[] = {"tcp", "udp", "icmp", "icmpv6", "ip",
	    "ip6", "sctp", "tcp-pkt", "pkthdr"};
	static const char *const ADDRS[] = {"any", "any", "10.0.0.1", "!10.0.0.1",
	    "[10.0.0.0/30,fd00::/64]", "$HOME_NET", "$EXTERNAL_NET"};
	static const char *const PORTS[] = {
	    "any", "any", "80", "!80", "[1:100]", "[5,6,80]"};
	static const char *const DIRS[] = {"->", "->", "<>"};
	static const char *const TEXTS[] = {"a", "b", "ab", "aB", "|00|", "|ff 00|",
	    "b|00|", "abab", "A", "|00 00|a"};
	static const char *const AFTER[] = {"", "", "nocase;", "offset:1;",
	    "depth:4;", "offset:2; depth:5;", "startswith;", "endswith;",
	    "startswith; endswith;", "distance:0;", "within:5;",
	    "distance:-3; within:6;", "fast_pattern;", "fast_pattern:only;",
	    "fast_pattern:0,1;", "fast_pattern:1,1;",
	    "offset:3; fast_pattern:1,1; depth:9;"};
	static const char *const OTHER[] = {"", "", "itype:8;", "itype:>5;",
	    "flags:S;", "flags:*SA;", "flags:!R;", "dsize:<6;", "dsize:0;",
	    "ttl:>10;", "decode-event:ipv4.trunc_pkt;", "ip_proto:6;",
	    "flow:to_server;", "flow:to_client;", "flow:established;",
	    "flow:not_established,to_server;", "flow:no_frag;", "flow:only_frag;",
	    "pcre:\"/a.b/s\";", "isdataat:4;"};
	static const char *const BUFFERS_OF[] = {"", "", "", "ipv4.hdr;",
	    "tcp.hdr;", "udp.hdr;", "icmpv4.hdr;", "ipv6.hdr;"};
	static const char *const ACTIONS[] = {"alert", "alert", "drop", "pass"};
	unsigned contents = chance(4);
	int n = snprintf(out, size, "%s %s %s %s %s %s %s (%s %s ", ONE_OF(ACTIONS),
	    ONE_OF(PROTOS), ONE_OF(ADDRS), ONE_OF(PORTS), ONE_OF(DIRS),
	    ONE_OF(ADDRS), ONE_OF(PORTS), ONE_OF(OTHER),
	    contents ? ONE_OF(BUFFERS_OF) : "");

	for (unsigned i = 0; i < contents; i++)
		n += snprintf(out + n, size - (size_t)n, "content:%s\"%s\"; %s ",
		    chance(5) ? "" : "!", ONE_OF(TEXTS), ONE_OF(AFTER));
	snprintf(out + n, size - (size_t)n, "%s sid:%u;)\n", ONE_OF(OTHER), sid);
}

static void
random_packet(struct packet *p, struct flow *f, uint8_t bytes[64])
{
	static const char *const ADDRS[] = {
	    "10.0.0.1", "10.0.0.2", "8.8.8.8", "192.168.0.1"};
	static const char *const ADDRS6[] = {"fd00::1", "2001:db8::1"};
	static const uint8_t PROTOS[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
	    IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_GRE};
	static const uint8_t LETTERS[] = {'a', 'b', 'A', 'B', 0, 0xff};
	static const uint32_t DIRS[] = {0, PACKET_TO_SERVER, PACKET_TO_CLIENT,
	    PACKET_TO_CLIENT | PACKET_ESTABLISHED};
	bool v6 = chance(5) == 0;

	for (int i = 0; i < 64; i++)
		bytes[i] = LETTERS[chance(sizeof(LETTERS))];
	*p = packet_of(PROTOS[chance(sizeof(PROTOS))], bytes, chance(24));
	addr_parse(v6 ? ONE_OF(ADDRS6) : ONE_OF(ADDRS), &p->src);
	addr_parse(v6 ? ONE_OF(ADDRS6) : ONE_OF(ADDRS), &p->dst);
	p->sport = (uint16_t)(chance(2) ? 80 : chance(120));
	p->dport = (uint16_t)(chance(2) ? 80 : chance(120));
	p->icmp_type = (uint8_t)chance(16);
	p->tcp_flags = (uint8_t)chance(256);
	p->ttl = (uint8_t)chance(40);
	p->flags = DIRS[chance(4)];
	p->ip_hdr = (struct span){bytes + 24, v6 ? 40u : 20u};
	p->l4_hdr = (struct span){bytes + 44, 20};
	if (chance(8) == 0)
		p->flags |= PACKET_FRAGMENT;
	if (chance(20) == 0)
		p->flags |= PACKET_INVALID;
	if (chance(20) == 0)
		p->src.family = p->dst.family = 0;
	if (chance(6) == 0)
		packet_set_event(p, chance(64));
	if (p->flags & PACKET_FRAGMENT)
		p->payload.len = p->l4_hdr.len = 0;
	p->flow = p->flags & (PACKET_TO_SERVER | PACKET_TO_CLIENT) ? f : NULL;
}

static bool
among(const uint32_t *list, size_t n, uint32_t v)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

static void
check_packet(struct engine *e, struct packet *p, bool ip_only, unsigned *matches)
{
	const struct prefilter *f = ruleset_prefilter(e->rs);
	const uint32_t *found;
	size_t rules, n;
	struct rule *const *rule = ruleset_rules(e->rs, &rules);

	n = ip_only ? prefilter_ip_only(f, e->d->prefilter, p, &found)
		    : prefilter_packet(f, e->d->prefilter, p, NULL, 0, &found);
	for (size_t i = 1; i < n; i++)
		assert_true(found[i - 1] < found[i]);
	for (size_t i = 0; i < rules; i++) {
		if ((rule[i]->class == RULE_CLASS_IP_ONLY) != ip_only ||
		    !match_rule(e->d, rule[i], p))
			continue;
		++*matches;
		if (!among(found, n, (uint32_t)i))
			fail_msg("left out: %s", rule[i]->meta.text);
	}
}

static void
test_nothing_is_left_out(void **state)
{
	unsigned matches = 0, ip_matches = 0, loaded = 0;

	(void)state;
	for (int round = 0; round < 12; round++) {
		static char rules[256 * 1024];
		struct engine e;
		size_t n = 0;

		for (unsigned sid = 1; sid <= 300; sid++) {
			random_rule(rules + n, sizeof(rules) - n, sid);
			n += strlen(rules + n);
		}
		engine_open(&e, rules, NULL);
		loaded += (unsigned)ruleset_loaded(e.rs);
		for (int i = 0; i < 300; i++) {
			uint8_t bytes[64];
			struct flow f = {0};
			struct packet p;

			random_packet(&p, &f, bytes);
			check_packet(&e, &p, false, &matches);
			if (p.src.family != 0 && !(p.flags & PACKET_INVALID))
				check_packet(&e, &p, true, &ip_matches);
		}
		engine_close(&e);
	}
	assert_true(loaded > 1000);
	assert_true(matches > 2000);
	assert_true(ip_matches > 100);
}

static void
test_long_content(void **state)
{
	static char payload[1000], rule[2000];
	struct packet p;
	struct engine e;

	(void)state;
	memset(payload, 'x', sizeof(payload));
	snprintf(rule, sizeof(rule),
	    "alert udp any any -> any any (content:\"%.400s\"; offset:5; "
	    "depth:401; sid:1;)",
	    payload);
	engine_open_all(&e, rule);
	p = packet_of(IPPROTO_UDP, payload, 405);
	assert_true(alerts(&e, &p, 1));
	p = packet_of(IPPROTO_UDP, payload, 404);
	assert_false(alerts(&e, &p, 1));
	engine_close(&e);
}

static void
test_few_candidates(void **state)
{
	static char rules[64 * 1024];
	struct packet p = packet_of(IPPROTO_UDP, "needle 77.", 10);
	struct engine e;
	size_t n = 0;

	(void)state;
	for (int i = 1; i <= 500; i++)
		n += (size_t)snprintf(rules + n, sizeof(rules) - n,
		    "alert udp any any -> any any (content:\"needle %d.\"; "
		    "sid:%d;)\n",
		    i, i);
	engine_open_all(&e, rules);
	assert_true(alerts(&e, &p, 77));
	assert_int_equal(detect_stats(e.d)->candidates, 1);
	engine_close(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_is_left_out),
	    cmocka_unit_test(test_long_content),
	    cmocka_unit_test(test_few_candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
