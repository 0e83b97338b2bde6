/* SPDX-License-Identifier: EUPL-1.2 */
/* Packets find their flow, flows know how far they are, and end in time. */
#include "agent/flow/flow.h"
#include "agent/stream/stream.h"
#include "common/clock.h"
#include "common/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#define SECOND CLOCK_US

static uint64_t ended;
static char reason[32];
static enum flow_life last_life;
static uint64_t freed;

static void
on_end(void *arg, struct flow *f, const char *why)
{
	(void)arg;
	ended++;
	last_life = f->life;
	strncpy(reason, why, sizeof(reason) - 1);
}

static void
on_free(void *slot)
{
	(void)slot;
	freed++;
}

static struct flow_table *
new_table(size_t max)
{
	struct flow_config c = {
	    .max_flows = max, .vlan_in_key = true, .fixed_ids = true};
	struct flow_hooks h = {.end = on_end,
	    .slot_free = {
		[FLOW_SLOT_APP] = on_free, [FLOW_SLOT_STREAM] = stream_slot_free}};
	struct flow_table *t;

	table_fixed_key();
	ended = freed = 0;
	t = flow_table_new(&c, &h);
	assert_non_null(t);
	return t;
}

static uint8_t wire[60];

static struct packet
packet_of(uint8_t proto, uint8_t from, uint16_t sport, uint8_t to, uint16_t dport)
{
	struct packet p = {.proto = proto,
	    .src = {.family = 4, .b = {10, 0, 0, from}},
	    .dst = {.family = 4, .b = {10, 0, 0, to}},
	    .sport = sport,
	    .dport = dport,
	    .tcp_wscale = 0xff,
	    .tcp_window = 8192,
	    .frame = {.p = wire, .len = sizeof(wire)},
	    .l4_hdr = {.p = wire, .len = 8}};

	return p;
}

static int64_t now_us;
static struct stream_engine *stream; /* says how far a TCP flow is */

static void
read_nothing(void *arg, struct flow *f, const struct stream_news *n)
{
	(void)arg;
	(void)f;
	(void)n;
}

static int
make_stream(void **state)
{
	const struct stream_config c = {.reader = read_nothing};

	(void)state;
	return (stream = stream_engine_new(&c)) == NULL ? -1 : 0;
}

static int
drop_stream(void **state)
{
	(void)state;
	stream_engine_free(stream);
	return 0;
}

static struct packet
send_packet(struct flow_table *t, struct packet p)
{
	p.time_us = now_us;
	flow_table_packet(t, &p);
	if (p.flow == NULL)
		return p;
	stream_packet(stream, &p);
	flow_table_settle(t, p.flow);
	return p;
}

static struct packet
udp(struct flow_table *t, uint8_t from, uint16_t sport, uint8_t to, uint16_t dport)
{
	return send_packet(t, packet_of(IPPROTO_UDP, from, sport, to, dport));
}

/* Between client 1:1000 and server 2:80. */
static struct packet
tcp(struct flow_table *t, bool to_server, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct packet p = to_server ? packet_of(IPPROTO_TCP, 1, 1000, 2, 80)
				    : packet_of(IPPROTO_TCP, 2, 80, 1, 1000);

	p.tcp_flags = flags;
	p.tcp_seq = seq;
	p.tcp_ack = ack;
	return send_packet(t, p);
}

static struct flow *
handshake(struct flow_table *t)
{
	tcp(t, true, TCP_SYN, 100, 0);
	tcp(t, false, TCP_SYN | TCP_ACK, 500, 101);
	return tcp(t, true, TCP_ACK, 101, 501).flow;
}

static void
test_both_directions_are_one_flow(void **state)
{
	struct flow_table *t = new_table(0);
	struct packet p = udp(t, 1, 1000, 2, 53), q;

	(void)state;
	assert_non_null(p.flow);
	assert_int_equal(p.flags, PACKET_TO_SERVER);
	q = udp(t, 2, 53, 1, 1000);
	assert_ptr_equal(p.flow, q.flow);
	assert_int_equal(q.flags, PACKET_TO_CLIENT | PACKET_ESTABLISHED);
	assert_int_equal(p.flow->life, FLOW_ESTABLISHED);
	q = udp(t, 1, 1000, 2, 53);
	assert_int_equal(q.flags, PACKET_TO_SERVER | PACKET_ESTABLISHED);
	assert_int_equal(q.flow->pkts_to_server, 2);
	assert_int_equal(q.flow->bytes_to_client, sizeof(wire));
	assert_int_equal(flow_table_stats(t)->made, 1);
	flow_table_free(t);
	assert_int_equal(ended, 1);
	assert_string_equal(reason, "shutdown");
}

static void
test_what_differs_is_another_flow(void **state)
{
	struct flow_table *t = new_table(0);
	struct packet p;

	(void)state;
	udp(t, 1, 1000, 2, 53);
	udp(t, 1, 1001, 2, 53);
	udp(t, 1, 53, 2, 1000);
	udp(t, 3, 1000, 2, 53);
	p = packet_of(IPPROTO_UDP, 1, 1000, 2, 53);
	p.vlan[0] = 7;
	send_packet(t, p);
	p.vlan[0] = 0;
	p.tunnel_depth = 1;
	send_packet(t, p);
	p.tunnel_depth = 0;
	p.proto = IPPROTO_TCP;
	send_packet(t, p);
	assert_int_equal(flow_table_stats(t)->made, 7);
	flow_table_free(t);
}

static void
test_no_flow_for(void **state)
{
	struct flow_table *t = new_table(0);
	struct packet p = packet_of(IPPROTO_UDP, 1, 1, 2, 2);

	(void)state;
	p.flags = PACKET_FRAGMENT;
	assert_null(send_packet(t, p).flow);
	p.flags = PACKET_INVALID;
	assert_null(send_packet(t, p).flow);
	p.flags = 0;
	p.src.family = p.dst.family = 0;
	assert_null(send_packet(t, p).flow);
	p = packet_of(IPPROTO_IGMP, 1, 0, 2, 0);
	assert_null(send_packet(t, p).flow);
	assert_int_equal(flow_table_stats(t)->made, 0);
	flow_table_free(t);
}

static void
test_handshake_establishes(void **state)
{
	struct flow_table *t = new_table(0);
	struct packet p = tcp(t, true, TCP_SYN, 100, 0);
	struct flow *f = p.flow;

	(void)state;
	assert_int_equal(p.flags, PACKET_TO_SERVER);
	p = tcp(t, false, TCP_SYN | TCP_ACK, 500, 101);
	assert_ptr_equal(p.flow, f);
	assert_int_equal(p.flags, PACKET_TO_CLIENT);
	assert_int_equal(f->life, FLOW_NEW);
	p = tcp(t, true, TCP_ACK, 101, 501);
	assert_int_equal(p.flags & PACKET_ESTABLISHED, 0);
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	p = tcp(t, true, TCP_ACK | TCP_PSH, 101, 501);
	assert_int_equal(p.flags, PACKET_TO_SERVER | PACKET_ESTABLISHED);
	assert_int_equal(f->tcp_flags_to_server, TCP_SYN | TCP_ACK | TCP_PSH);
	flow_table_free(t);
}

static void
test_no_handshake_no_establishment(void **state)
{
	struct flow_table *t = new_table(0);
	struct flow *f;

	(void)state;
	f = tcp(t, true, TCP_ACK, 100, 500).flow;
	tcp(t, false, TCP_ACK, 500, 101);
	assert_int_equal(tcp(t, true, TCP_ACK, 101, 501).flags, PACKET_TO_SERVER);
	assert_int_equal(f->life, FLOW_NEW);
	assert_true((f->flags & FLOW_MIDSTREAM) != 0);
	flow_table_free(t);

	/* A SYN-ACK that answers nothing that was asked. */
	t = new_table(0);
	f = tcp(t, true, TCP_SYN, 100, 0).flow;
	tcp(t, false, TCP_SYN | TCP_ACK, 500, 90);
	tcp(t, true, TCP_ACK, 101, 501);
	assert_int_equal(f->life, FLOW_NEW);
	flow_table_free(t);
}

/* Data with the SYN may be acknowledged at once; what was never sent may not. */
static void
test_data_with_the_syn(void **state)
{
	(void)state;
	for (uint32_t ack = 100; ack < 110; ack++) {
		struct flow_table *t = new_table(0);
		struct packet p = packet_of(IPPROTO_TCP, 1, 1000, 2, 80);
		struct flow *f;

		p.tcp_flags = TCP_SYN;
		p.tcp_seq = 100;
		p.tcp_has_tfo = true;
		p.payload = (struct span){.p = wire, .len = 5};
		f = send_packet(t, p).flow;
		tcp(t, false, TCP_SYN | TCP_ACK, 500, ack);
		tcp(t, true, TCP_ACK, 106, 501);
		assert_int_equal(
		    f->life == FLOW_ESTABLISHED, ack >= 101 && ack <= 106);
		flow_table_free(t);
	}
}

static void
test_split_handshake(void **state)
{
	struct flow_table *t = new_table(0);
	struct flow *f = tcp(t, true, TCP_SYN, 100, 0).flow;

	(void)state;
	tcp(t, false, TCP_ACK, 500, 101);
	tcp(t, false, TCP_SYN, 500, 0);
	tcp(t, true, TCP_SYN | TCP_ACK, 100, 501);
	assert_int_equal(f->life, FLOW_NEW);
	tcp(t, false, TCP_ACK, 501, 101);
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	assert_int_equal(flow_table_stats(t)->made, 1);
	flow_table_free(t);
}

static void
test_syn_ack_first_is_from_the_server(void **state)
{
	struct flow_table *t = new_table(0);
	struct packet p = tcp(t, false, TCP_SYN | TCP_ACK, 500, 101);

	(void)state;
	assert_int_equal(p.flags, PACKET_TO_CLIENT);
	assert_int_equal(p.flow->key.aport, 1000);
	assert_int_equal(p.flow->key.a.b[3], 1);
	assert_int_equal(tcp(t, true, TCP_ACK, 101, 501).flags, PACKET_TO_SERVER);
	flow_table_free(t);
}

static void
test_fins_close_and_a_syn_begins_anew(void **state)
{
	struct flow_table *t = new_table(0);
	struct flow *f = handshake(t);
	uint64_t id = f->id;
	struct packet p;

	(void)state;
	tcp(t, true, TCP_FIN | TCP_ACK, 101, 501);
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	tcp(t, false, TCP_FIN | TCP_ACK, 501, 102);
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	tcp(t, true, TCP_ACK, 102, 502);
	assert_int_equal(f->life, FLOW_CLOSED);
	assert_int_equal(flow_table_stats(t)->closed, 1);
	/* The old SYN once more is no new connection. */
	assert_int_equal(tcp(t, true, TCP_SYN, 100, 0).flow->id, id);
	assert_int_equal(ended, 0);
	p = tcp(t, true, TCP_SYN, 9000, 0);
	assert_int_equal(ended, 1);
	assert_string_equal(reason, "tcp_reuse");
	assert_int_not_equal(p.flow->id, id);
	assert_int_equal(p.flow->life, FLOW_NEW);
	flow_table_free(t);
}

static void
test_only_a_fitting_rst_closes(void **state)
{
	struct flow_table *t = new_table(0);
	struct flow *f = handshake(t);

	(void)state;
	tcp(t, false, TCP_RST, 77, 0);
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	tcp(t, true, TCP_RST, 101 + 100000, 0);
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	tcp(t, true, TCP_RST, 101, 0);
	assert_int_equal(f->life, FLOW_CLOSED);
	flow_table_free(t);

	t = new_table(0);
	f = tcp(t, true, TCP_SYN, 100, 0).flow;
	tcp(t, false, TCP_RST | TCP_ACK, 0, 55);
	assert_int_equal(f->life, FLOW_NEW);
	tcp(t, false, TCP_RST | TCP_ACK, 0, 101);
	assert_int_equal(f->life, FLOW_CLOSED);
	flow_table_free(t);
}

static void
test_sequence_numbers_wrap(void **state)
{
	struct flow_table *t = new_table(0);
	struct flow *f;

	(void)state;
	tcp(t, true, TCP_SYN, UINT32_MAX, 0);
	tcp(t, false, TCP_SYN | TCP_ACK, UINT32_MAX, 0);
	f = tcp(t, true, TCP_ACK, 0, 0).flow;
	assert_int_equal(f->life, FLOW_ESTABLISHED);
	flow_table_free(t);
}

/* --- ends ------------------------------------------------------------------------
 */

/* The flow lives as long as its time-out is not over in whole seconds. */
static void
check_timeout(struct flow_table *t, int64_t seconds)
{
	uint64_t before = ended;

	flow_table_expire(t, now_us + (seconds + 1) * SECOND - 1);
	assert_int_equal(ended, before);
	flow_table_expire(t, now_us + (seconds + 1) * SECOND);
	assert_int_equal(ended, before + 1);
	assert_string_equal(reason, "timeout");
	assert_int_equal(flow_table_stats(t)->active, 0);
}

static void
test_timeouts(void **state)
{
	struct flow_table *t = new_table(0);
	uint64_t id;

	(void)state;
	now_us = 1000 * SECOND;
	udp(t, 1, 1, 2, 2);
	check_timeout(t, 30);
	udp(t, 1, 1, 2, 2);
	udp(t, 2, 2, 1, 1);
	check_timeout(t, 300);
	tcp(t, true, TCP_SYN, 1, 0);
	check_timeout(t, 60);
	handshake(t);
	check_timeout(t, 600);
	handshake(t);
	tcp(t, true, TCP_RST, 101, 0);
	check_timeout(t, 60);
	/* Without a sweep too, a packet after the time-out begins a new flow. */
	id = udp(t, 1, 1, 2, 2).flow->id;
	now_us += 31 * SECOND;
	assert_int_not_equal(id, udp(t, 1, 1, 2, 2).flow->id);
	now_us = 0;
	flow_table_free(t);
}

static void
test_time_going_back_ends_nothing(void **state)
{
	struct flow_table *t = new_table(0);

	(void)state;
	now_us = 1000 * SECOND;
	udp(t, 1, 1, 2, 2);
	now_us = 0;
	udp(t, 1, 1, 2, 2);
	flow_table_expire(t, 0);
	assert_int_equal(ended, 0);
	assert_int_equal(flow_table_stats(t)->made, 1);
	flow_table_free(t);
}

static void
test_full_table_gives_up_the_least(void **state)
{
	struct flow_table *t = new_table(3);
	struct flow *f;

	(void)state;
	f = handshake(t);
	f->slot[FLOW_SLOT_APP] = f;
	now_us++;
	udp(t, 1, 1, 2, 2);
	udp(t, 2, 2, 1, 1);
	udp(t, 3, 3, 4, 4);
	assert_int_equal(ended, 0);
	/* The one that nobody answered goes, though it is the youngest. */
	udp(t, 5, 5, 6, 6);
	assert_int_equal(ended, 1);
	assert_string_equal(reason, "forced");
	assert_int_equal(last_life, FLOW_NEW);
	udp(t, 6, 6, 5, 5);
	assert_int_equal(freed, 0);
	/* All answered: the longest idle goes, and what hung on it is freed. */
	udp(t, 7, 7, 8, 8);
	assert_int_equal(ended, 2);
	assert_int_equal(last_life, FLOW_ESTABLISHED);
	assert_int_equal(freed, 1);
	assert_int_equal(flow_table_stats(t)->evicted, 2);
	assert_int_equal(flow_table_stats(t)->peak, 3);
	now_us = 0;
	flow_table_free(t);
	assert_int_equal(ended, 5);
}

/* Many flows at the cap: each packet still finds or makes exactly its flow. */
static void
test_churn(void **state)
{
	struct flow_table *t = new_table(64);

	(void)state;
	for (uint16_t i = 0; i < 5000; i++) {
		struct packet p = udp(t, 1, i, 2, 53), q = udp(t, 2, 53, 1, i);

		assert_non_null(p.flow);
		assert_ptr_equal(p.flow, q.flow);
	}
	assert_int_equal(flow_table_stats(t)->active, 64);
	assert_int_equal(flow_table_stats(t)->made, 5000);
	assert_int_equal(ended, 5000 - 64);
	flow_table_free(t);
}

static void
test_ids_are_stable_and_fit(void **state)
{
	uint64_t first[50];

	(void)state;
	for (int run = 0; run < 2; run++) {
		struct flow_table *t = new_table(0);

		for (uint16_t i = 0; i < 50; i++) {
			uint64_t id = udp(t, 1, i, 2, 53).flow->id;

			assert_true(id > 0 && id < UINT64_C(1) << 51);
			for (uint16_t k = 0; k < i && run == 0; k++)
				assert_true(first[k] != id);
			if (run == 0)
				first[i] = id;
			assert_true(first[i] == id);
		}
		flow_table_free(t);
	}
}

static void
test_icmp(void **state)
{
	struct flow_table *t = new_table(0);
	struct packet p = packet_of(IPPROTO_ICMP, 1, 0, 2, 0), q;

	(void)state;
	p.icmp_type = 8;
	p = send_packet(t, p);
	q = packet_of(IPPROTO_ICMP, 2, 0, 1, 0);
	q.icmp_type = 0;
	q = send_packet(t, q);
	assert_ptr_equal(p.flow, q.flow);
	assert_int_equal(q.flags, PACKET_TO_CLIENT | PACKET_ESTABLISHED);
	/* An error is no conversation. */
	q.flow = NULL;
	q.flags = 0;
	q.icmp_type = 3;
	q.icmp_code = 1;
	q = send_packet(t, q);
	assert_null(q.flow);
	flow_table_free(t);
}

/* --- names
 * ------------------------------------------------------------------------- */

/* The specification's own examples (corelight/community-id-spec, baseline). */
static void
test_community_ids(void **state)
{
	static const struct {
		uint8_t proto;
		const char *a, *b;
		uint16_t aport, bport;
		const char *id;
	} cases[] = {
	    {IPPROTO_TCP, "128.232.110.120", "66.35.250.204", 34855, 80,
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	    {IPPROTO_TCP, "66.35.250.204", "128.232.110.120", 80, 34855,
		"1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
	    {IPPROTO_TCP, "1.2.3.4", "5.6.7.8", 1122, 3344,
		"1:wCb3OG7yAFWelaUydu0D+125CLM="},
	    {IPPROTO_UDP, "1.2.3.4", "5.6.7.8", 1122, 3344,
		"1:0Mu9InQx6z4ZiCZM/7HXi2WMhOg="},
	    {IPPROTO_UDP, "192.168.1.52", "8.8.8.8", 54585, 53,
		"1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
	    {IPPROTO_ICMP, "192.168.0.89", "192.168.0.1", 8, 0,
		"1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
	};
	char out[FLOW_COMMUNITY_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct flow_key k = {.proto = cases[i].proto,
		    .aport = cases[i].aport,
		    .bport = cases[i].bport};

		assert_int_equal(addr_parse(cases[i].a, &k.a), 0);
		assert_int_equal(addr_parse(cases[i].b, &k.b), 0);
		assert_string_equal(flow_community_id(&k, out), cases[i].id);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_both_directions_are_one_flow),
	    cmocka_unit_test(test_what_differs_is_another_flow),
	    cmocka_unit_test(test_no_flow_for),
	    cmocka_unit_test(test_handshake_establishes),
	    cmocka_unit_test(test_no_handshake_no_establishment),
	    cmocka_unit_test(test_data_with_the_syn),
	    cmocka_unit_test(test_split_handshake),
	    cmocka_unit_test(test_syn_ack_first_is_from_the_server),
	    cmocka_unit_test(test_fins_close_and_a_syn_begins_anew),
	    cmocka_unit_test(test_only_a_fitting_rst_closes),
	    cmocka_unit_test(test_sequence_numbers_wrap),
	    cmocka_unit_test(test_timeouts),
	    cmocka_unit_test(test_time_going_back_ends_nothing),
	    cmocka_unit_test(test_full_table_gives_up_the_least),
	    cmocka_unit_test(test_churn),
	    cmocka_unit_test(test_ids_are_stable_and_fit),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_community_ids),
	};

	return cmocka_run_group_tests(tests, make_stream, drop_stream);
}
