/* SPDX-License-Identifier: EUPL-1.2 */
/* Fragments come back as the datagram they were, whatever their order. */
#include "agent/decode/checksum.h"
#include "agent/decode/decode.h"
#include "agent/decode/events.h"
#include "agent/limits.h"
#include "tests/unit/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RAW    12
#define PIECES 6
#define PAYLOAD                                                                    \
	(PIECES * 8 - 8 - 3) /* UDP header in front, last piece not full   \
				      */

static uint8_t rebuilt[65536];
static size_t rebuilt_len, rebuilt_n, packets_n;
static struct packet rebuilt_packet;
static uint64_t events[PACKET_EVENT_WORDS];

static void
keep(void *arg, struct packet *p)
{
	(void)arg;
	packets_n++;
	for (int i = 0; i < PACKET_EVENT_WORDS; i++)
		events[i] |= p->events[i];
	if ((p->flags & PACKET_REBUILT) == 0)
		return;
	assert_int_equal(p->source, PACKET_SRC_DEFRAG);
	rebuilt_n++;
	rebuilt_packet = *p;
	rebuilt_len = p->payload.len;
	assert_true(rebuilt_len <= sizeof(rebuilt));
	if (rebuilt_len > 0)
		memcpy(rebuilt, p->payload.p, rebuilt_len);
	/* The header was mended, its checksum too. */
	assert_int_not_equal(checksum_ip(p), CHECKSUM_BAD);
}

static struct decoder *
new_decoder(enum defrag_policy policy, size_t max_bytes)
{
	struct decoder_config c = {.defrag_policy = policy,
	    .defrag_max_bytes = max_bytes,
	    .vlan_in_key = true};
	struct decoder *d = decoder_new(&c, keep, NULL);

	rebuilt_n = packets_n = 0;
	memset(events, 0, sizeof(events));
	assert_non_null(d);
	return d;
}

static bool
has_event(unsigned e)
{
	return ((events[e / 64] >> (e % 64)) & 1) != 0;
}

static int64_t now_us;

static void
send4(struct decoder *d, uint16_t id, size_t offset, bool more, const void *p,
    size_t n)
{
	struct frame f;
	uint8_t *ip;

	frame_payload(&f, p, n);
	ip = frame_ipv4(&f, IPPROTO_UDP, 1, 2);
	frame_put16(ip + 4, id);
	frame_put16(ip + 6, offset / 8 | (more ? 0x2000u : 0));
	decoder_frame(d, RAW, frame_span(&f), (uint32_t)f.len, now_us, 1);
}

static void
send6(struct decoder *d, uint32_t id, size_t offset, bool more, const void *p,
    size_t n)
{
	struct frame f;
	uint8_t h[8] = {IPPROTO_UDP};

	frame_put16(h + 2, offset | more);
	frame_put32(h + 4, id);
	frame_payload(&f, p, n);
	frame_push(&f, h, sizeof(h));
	frame_push(&f, "\x2c\x00\x05\x02\x00\x00\x01\x00", 8); /* hop by hop */
	frame_ipv6(&f, IPPROTO_HOPOPTS, 1, 2);
	decoder_frame(d, RAW, frame_span(&f), (uint32_t)f.len, now_us, 1);
}

typedef void send_fn(
    struct decoder *, uint32_t, size_t, bool, const void *, size_t);

static void
send4_wide(struct decoder *d, uint32_t id, size_t offset, bool more, const void *p,
    size_t n)
{
	send4(d, (uint16_t)id, offset, more, p, n);
}

/* A UDP message of PAYLOAD bytes. */
static size_t
make_message(uint8_t *to)
{
	size_t n = 8 + PAYLOAD;

	memset(to, 0, 8);
	frame_put16(to, 1000);
	frame_put16(to + 2, 2000);
	frame_put16(to + 4, n);
	for (size_t i = 8; i < n; i++)
		to[i] = (uint8_t)(i * 7);
	return n;
}

static void
send_piece(struct decoder *d, send_fn *send, uint32_t id, const uint8_t *m,
    size_t n, size_t i)
{
	size_t at = i * 8, len = n - at < 8 ? n - at : 8;

	send(d, id, at, i + 1 < PIECES, m + at, len);
}

/* The next permutation in lexical order; false after the last. */
static bool
permute(size_t *v)
{
	size_t i = PIECES - 1, j = PIECES - 1, t;

	while (i > 0 && v[i - 1] >= v[i])
		i--;
	if (i == 0)
		return false;
	while (v[j] <= v[i - 1])
		j--;
	t = v[i - 1], v[i - 1] = v[j], v[j] = t;
	for (j = PIECES - 1; i < j; i++, j--)
		t = v[i], v[i] = v[j], v[j] = t;
	return true;
}

static void
check_all_orders(send_fn *send)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	size_t order[PIECES] = {0, 1, 2, 3, 4, 5}, n, runs = 0;
	uint8_t m[64];

	n = make_message(m);
	do {
		for (size_t i = 0; i < PIECES; i++) {
			assert_int_equal(rebuilt_n, runs);
			send_piece(d, send, (uint32_t)runs, m, n, order[i]);
		}
		runs++;
		assert_int_equal(rebuilt_n, runs);
		assert_int_equal(rebuilt_len, PAYLOAD);
		assert_memory_equal(rebuilt, m + 8, PAYLOAD);
		assert_int_equal(rebuilt_packet.dport, 2000);
		assert_int_equal(rebuilt_packet.tunnel_depth, 0);
	} while (permute(order));
	assert_int_equal(runs, 720);
	assert_int_equal(decoder_stats(d)->rebuilt, 720);
	assert_int_equal(decoder_stats(d)->fragments, 720 * PIECES);
	decoder_free(d);
}

static void
test_any_order_v4(void **state)
{
	(void)state;
	check_all_orders(send4_wide);
	assert_false(has_event(DECODE_IPV4_FRAG_OVERLAP));
}

static void
test_any_order_v6(void **state)
{
	(void)state;
	check_all_orders(send6);
	assert_false(has_event(DECODE_IPV6_FRAG_OVERLAP));
	assert_int_equal(rebuilt_packet.ip_hdr.len, 48);
}

/* While pieces lack, nothing comes out and no ports are seen. */
static void
test_fragments_have_no_layer_4(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	uint8_t m[64];
	size_t n = make_message(m);

	(void)state;
	for (size_t i = 0; i < PIECES - 1; i++)
		send_piece(d, send4_wide, 9, m, n, i);
	assert_int_equal(packets_n, PIECES - 1);
	assert_int_equal(rebuilt_n, 0);
	decoder_free(d);
}

/* Other ids, addresses, VLANs are other datagrams. */
static void
test_datagrams_do_not_mix(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	uint8_t m[64];
	size_t n = make_message(m);

	(void)state;
	for (size_t i = 0; i < PIECES; i++)
		send_piece(d, send4_wide, (uint32_t)i % 2, m, n, i);
	assert_int_equal(rebuilt_n, 0);
	for (size_t i = 0; i < PIECES; i++)
		send_piece(d, send4_wide, (uint32_t)(i + 1) % 2, m, n, i);
	assert_int_equal(rebuilt_n, 2);
	decoder_free(d);
}

/*
 * Novak's arrangement, in units of eight bytes after the UDP header; each letter
 * is a fragment's content, sent in order of the letters.
 */
static void
test_overlaps_by_policy(void **state)
{
	static const struct {
		size_t at, units;
	} sent[] = {
	    {1, 3},  /* a: 1 2 3 */
	    {5, 2},  /* b: 5 6 */
	    {7, 3},  /* c: 7 8 9 */
	    {2, 4},  /* d: 2 3 4 5: after a's begin, before b's */
	    {7, 3},  /* e: just where c is */
	    {10, 2}, /* f */
	    {9, 4},  /* g: over f on both sides, and c's end */
	};
	static const struct {
		enum defrag_policy policy;
		const char *expect; /* units 1.. */
	} cases[] = {
	    {DEFRAG_FIRST, "aaadbbcccffg"},
	    {DEFRAG_LAST,
		"adddd"
		"b"
		"ee"
		"gggg"},
	    {DEFRAG_BSD,
		"aaad"
		"d"
		"b"
		"ccc"
		"gg"
		"g"},
	    {DEFRAG_BSD_RIGHT,
		"addd"
		"b"
		"b"
		"ee"
		"g"
		"ff"
		"g"},
	    {DEFRAG_LINUX,
		"aaad"
		"d"
		"b"
		"eee"
		"gg"
		"g"},
	    {DEFRAG_WINDOWS,
		"aaad"
		"b"
		"b"
		"ccc"
		"gg"
		"g"},
	    {DEFRAG_SOLARIS,
		"aaad"
		"b"
		"b"
		"ccc"
		"gg"
		"g"},
	};
	uint8_t head[8] = {0x03, 0xe8, 0x07, 0xd0}, unit[64];

	(void)state;
	frame_put16(head + 4, 8 * 14);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct decoder *d = new_decoder(cases[i].policy, 0);

		send4(d, 1, 0, true, head, 8);
		for (size_t k = 0; k < sizeof(sent) / sizeof(sent[0]); k++) {
			memset(unit, 'a' + (int)k, sizeof(unit));
			send4(d, 1, sent[k].at * 8, true, unit, sent[k].units * 8);
		}
		assert_int_equal(rebuilt_n, 0);
		memset(unit, 'z', sizeof(unit));
		send4(d, 1, 13 * 8, false, unit, 8);
		assert_int_equal(rebuilt_n, 1);
		assert_true(has_event(DECODE_IPV4_FRAG_OVERLAP));
		assert_int_equal(strlen(cases[i].expect), 12);
		for (size_t u = 0; u < 12; u++)
			if (rebuilt[u * 8] != cases[i].expect[u])
				fail_msg("policy %d, unit %zu: %c, not %c",
				    (int)cases[i].policy, u, rebuilt[u * 8],
				    cases[i].expect[u]);
		decoder_free(d);
	}
}

/* By the datagram's receiver, of IPv4 and of IPv6. */
static void
test_policy_of_the_receiver(void **state)
{
	struct os_networks hosts = {.n = 0};
	struct decoder_config c = {.hosts = &hosts};
	send_fn *const send[] = {send4_wide, send6};
	uint8_t head[8] = {0x03, 0xe8, 0x07, 0xd0}, old[16], new[16];
	struct packet to[2];
	char error[300], text[80], address[ADDR_TEXT_SIZE];

	(void)state;
	frame_put16(head + 4, 8 * 4);
	memset(old, 'o', sizeof(old));
	memset(new, 'N', sizeof(new));
	for (size_t policy = 0; policy < 2; policy++)
		for (size_t i = 0; i < 2; i++) {
			struct decoder *d = decoder_new(&c, keep, NULL);

			assert_non_null(d);
			rebuilt_n = 0;
			send[i](d, 1, 0, true, head, 8);
			send[i](d, 1, 16, true, old, 16);
			send[i](d, 1, 8, true, new, 16);
			send[i](d, 1, 24, false, new, 8);
			assert_int_equal(rebuilt_n, 1);
			assert_memory_equal(rebuilt, "NNNNNNNN", 8);
			assert_int_equal(rebuilt[8], policy == 0 ? 'N' : 'o');
			to[i] = rebuilt_packet;
			decoder_free(d);
			if (policy == 1 || i == 0)
				continue;
			/* In none it was bsd; now each has its own. */
			for (size_t k = 0; k < 2; k++) {
				snprintf(text, sizeof(text), "first=%s",
				    addr_text_short(&to[k].dst, address));
				assert_int_equal(os_networks_add(&hosts, text,
						     error, sizeof(error)),
				    0);
			}
		}
}

static void
test_odd_sizes(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	uint8_t b[64] = {0};

	(void)state;
	send4(d, 1, 65528, false, b, 8);
	assert_true(has_event(DECODE_IPV4_FRAG_PKT_TOO_LARGE));
	send6(d, 1, 65528, false, b, 7);
	assert_false(has_event(DECODE_IPV6_FRAG_PKT_TOO_LARGE));
	send6(d, 1, 65528, false, b, 8);
	assert_true(has_event(DECODE_IPV6_FRAG_PKT_TOO_LARGE));
	assert_false(has_event(DECODE_IPV6_FRAG_INVALID_LENGTH));
	send6(d, 2, 0, true, b, 9);
	assert_true(has_event(DECODE_IPV6_FRAG_INVALID_LENGTH));
	send4(d, 3, 0, true, b, 3);
	send4(d, 3, 8, false, b, 0);
	assert_int_equal(rebuilt_n, 0);
	decoder_free(d);
}

/* A datagram that waits too long is forgotten; its late end begins another. */
static void
test_timeout(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	uint8_t m[64];
	size_t n = make_message(m);

	(void)state;
	now_us = 0;
	for (size_t i = 0; i < PIECES - 1; i++)
		send_piece(d, send4_wide, 1, m, n, i);
	now_us = DEFRAG_TIMEOUT_US;
	send_piece(d, send4_wide, 1, m, n, PIECES - 1);
	assert_int_equal(rebuilt_n, 0);
	assert_int_equal(decoder_stats(d)->defrag_timeouts, 1);
	now_us = 0;
	decoder_free(d);
}

/* Under its cap, the defragmenter gives up the oldest and serves the newest. */
static void
test_memory_cap(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 16 * 1024);
	uint8_t m[64], b[1024] = {0};
	size_t n = make_message(m);

	(void)state;
	for (uint16_t id = 100; id < 400; id++)
		send4(d, id, 0, true, b, sizeof(b));
	assert_true(decoder_stats(d)->defrag_full > 0);
	for (size_t i = 0; i < PIECES; i++)
		send_piece(d, send4_wide, 1, m, n, i);
	assert_int_equal(rebuilt_n, 1);
	decoder_free(d);

	/* One datagram alone may not outgrow it either. */
	d = new_decoder(DEFRAG_WINDOWS, 4 * 1024);
	for (size_t at = 0; at < 16 * 1024; at += 1024)
		send4(d, 7, at, true, b, sizeof(b));
	assert_true(has_event(DECODE_IPV4_FRAG_IGNORED));
	decoder_free(d);
}

/* The same piece again and again costs no more than the cap on their number. */
static void
test_number_cap(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	uint8_t b[8] = {0};

	(void)state;
	for (size_t i = 0; i < DEFRAG_FRAGMENTS_MAX; i++)
		send4(d, 1, 8, true, b, 8);
	assert_false(has_event(DECODE_IPV4_FRAG_IGNORED));
	send4(d, 1, 8, true, b, 8);
	assert_true(has_event(DECODE_IPV4_FRAG_IGNORED));
	decoder_free(d);
}

/* The largest datagram there is comes out whole. */
static void
test_largest(void **state)
{
	struct decoder *d = new_decoder(DEFRAG_WINDOWS, 0);
	uint8_t b[1480] = {0x03, 0xe8, 0x07, 0xd0};
	size_t total = DEFRAG_DATAGRAM_MAX - 20;

	(void)state;
	frame_put16(b + 4, total);
	for (size_t at = 0; at < total; at += sizeof(b)) {
		size_t left = total - at;

		assert_int_equal(rebuilt_n, 0);
		send4(d, 1, at, left > sizeof(b), b,
		    left > sizeof(b) ? sizeof(b) : left);
	}
	assert_int_equal(rebuilt_n, 1);
	assert_int_equal(rebuilt_packet.l3.len, DEFRAG_DATAGRAM_MAX);
	assert_int_equal(rebuilt_packet.sport, 1000);
	decoder_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_order_v4),
	    cmocka_unit_test(test_any_order_v6),
	    cmocka_unit_test(test_fragments_have_no_layer_4),
	    cmocka_unit_test(test_datagrams_do_not_mix),
	    cmocka_unit_test(test_overlaps_by_policy),
	    cmocka_unit_test(test_policy_of_the_receiver),
	    cmocka_unit_test(test_odd_sizes),
	    cmocka_unit_test(test_timeout),
	    cmocka_unit_test(test_memory_cap),
	    cmocka_unit_test(test_number_cap),
	    cmocka_unit_test(test_largest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
