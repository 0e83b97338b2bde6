/* SPDX-License-Identifier: EUPL-1.2 */
/* What TCP carried, however it was cut, and what does not belong to it. */
#include "agent/limits.h"
#include "agent/stream/events.h"
#include "agent/stream/stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#define SAID_MAX (3u << 20)

/* What the reader was told of each direction; gaps as one '#' a byte. */
static struct told {
	uint8_t *bytes;
	size_t len;
	uint64_t gaps;
	unsigned ends, after_end;
	bool truncated;
} told[2];

/* What detection was given. */
static struct {
	uint8_t *bytes;
	size_t len, chunks;
	uint64_t last_offset;
} chunks[2];

static struct stream_engine *engine;
static struct flow flow;
static uint32_t isn[2];
static struct packet last; /* as it came out */
static unsigned pseudo;

static void
on_news(void *arg, struct flow *f, const struct stream_news *n)
{
	struct told *t = &told[n->to_server ? 0 : 1];

	(void)arg;
	assert_ptr_equal(f, &flow);
	t->after_end += t->ends > 0;
	t->ends += n->kind == STREAM_END;
	t->truncated |= n->truncated;
	if (n->kind == STREAM_END)
		return;
	assert_int_equal(n->offset, t->len);
	assert_true(t->len + n->missing + n->data.len <= SAID_MAX);
	if (n->kind == STREAM_GAP) {
		t->gaps++;
		memset(t->bytes + t->len, '#', n->missing);
		t->len += n->missing;
		return;
	}
	assert_int_equal(n->kind, STREAM_DATA);
	memcpy(t->bytes + t->len, n->data.p, n->data.len);
	t->len += n->data.len;
}

static void
take_chunks(struct packet *p)
{
	int side = p->flags & PACKET_TO_CLIENT ? 1 : 0;
	const struct stream_chunk *c;
	size_t n = stream_chunks(p, &c);

	for (size_t i = 0; i < n; i++) {
		assert_true(chunks[side].len + c[i].data.len <= SAID_MAX);
		memcpy(chunks[side].bytes + chunks[side].len, c[i].data.p,
		    c[i].data.len);
		chunks[side].len += c[i].data.len;
		chunks[side].last_offset = c[i].offset;
		/* Its window ends with it. */
		assert_memory_equal(stream_chunk_whole(p, &c[i]).p + c[i].before,
		    c[i].data.p, c[i].data.len);
	}
	chunks[side].chunks += n;
}

static void
on_pseudo(void *arg, struct packet *p)
{
	(void)arg;
	assert_true((p->flags & PACKET_PSEUDO) != 0);
	pseudo++;
	take_chunks(p);
}

static void
begin_with(struct stream_config c)
{
	for (int i = 0; i < 2; i++) {
		uint8_t *t = told[i].bytes, *k = chunks[i].bytes;

		memset(&told[i], 0, sizeof(told[i]));
		memset(&chunks[i], 0, sizeof(chunks[i]));
		told[i].bytes = t != NULL ? t : malloc(SAID_MAX);
		chunks[i].bytes = k != NULL ? k : malloc(SAID_MAX);
		assert_non_null(told[i].bytes);
		assert_non_null(chunks[i].bytes);
	}
	memset(&flow, 0, sizeof(flow));
	flow.key.proto = IPPROTO_TCP;
	pseudo = 0;
	isn[0] = 1000;
	isn[1] = 5000;
	c.reader = on_news;
	c.inspected = true;
	engine = stream_engine_new(&c);
	assert_non_null(engine);
}

static void
begin(void)
{
	begin_with((struct stream_config){.sessions_max = 4});
}

static void
finish(void)
{
	stream_flow_end(engine, &flow, on_pseudo, NULL);
	stream_slot_free(flow.slot[FLOW_SLOT_STREAM]);
	flow.slot[FLOW_SLOT_STREAM] = NULL;
	/* Whatever happened: all memory came back, each end was told once. */
	assert_int_equal(stream_stats(engine)->pool_active, 0);
	assert_int_equal(stream_stats(engine)->sessions_active, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(told[i].ends, 1);
		assert_int_equal(told[i].after_end, 0);
	}
	stream_engine_free(engine);
	engine = NULL;
}

static struct packet
packet_of(int from, uint8_t flags, uint32_t seq, uint32_t ack, const void *data,
    size_t len)
{
	return (struct packet){.proto = IPPROTO_TCP,
	    .flags = (from == 0 ? PACKET_TO_SERVER : PACKET_TO_CLIENT),
	    .tcp_flags = flags,
	    .tcp_seq = seq,
	    .tcp_ack = ack,
	    .tcp_window = 65535,
	    .tcp_wscale = 0xff,
	    .payload = {.p = data, .len = len},
	    .flow = &flow};
}

static struct packet *
send_packet(struct packet p)
{
	last = p;
	stream_packet(engine, &last);
	take_chunks(&last);
	stream_clean(last.flow);
	return &last;
}

/* Numbers as offsets in the streams. */
static struct packet *
say(int from, uint8_t flags, uint32_t at, uint32_t acked, const void *data,
    size_t len)
{
	return send_packet(packet_of(
	    from, flags, isn[from] + 1 + at, isn[1 - from] + 1 + acked, data, len));
}

static struct packet *
text(int from, uint32_t at, uint32_t acked, const char *data)
{
	return say(from, TCP_ACK, at, acked, data, strlen(data));
}

static struct packet *
ack(int from, uint32_t at, uint32_t acked)
{
	return say(from, TCP_ACK, at, acked, NULL, 0);
}

static void
shake_hands(void)
{
	send_packet(packet_of(0, TCP_SYN, isn[0], 0, NULL, 0));
	send_packet(packet_of(1, TCP_SYN | TCP_ACK, isn[1], isn[0] + 1, NULL, 0));
	assert_int_equal(flow.life, FLOW_NEW);
	ack(0, 0, 0);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
}

static bool
has_event(enum stream_event e)
{
	return packet_has_event(&last, e);
}

static void
expect_told(int side, const char *s)
{
	assert_int_equal(told[side].len, strlen(s));
	assert_memory_equal(told[side].bytes, s, strlen(s));
}

/* --- in order ---------------------------------------------------------------- */

static void
test_told_when_acknowledged(void **state)
{
	(void)state;
	begin();
	shake_hands();
	assert_true((text(0, 0, 0, "GET ")->flags & PACKET_IN_STREAM) != 0);
	text(0, 4, 0, "/");
	assert_int_equal(told[0].len, 0);
	ack(1, 0, 3);
	expect_told(0, "GET");
	text(1, 0, 5, "200");
	expect_told(0, "GET /");
	assert_int_equal(told[1].len, 0);
	finish();
	/* Nobody acknowledged it: the end of the flow brings it. */
	expect_told(1, "200");
	assert_int_equal(pseudo, 2);
	assert_int_equal(chunks[0].len, 5);
	assert_int_equal(chunks[1].len, 3);
}

static void
test_close(void **state)
{
	(void)state;
	begin();
	shake_hands();
	say(0, TCP_ACK | TCP_FIN, 0, 0, "bye", 3);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	say(1, TCP_ACK | TCP_FIN, 0, 4, "yes", 3);
	expect_told(0, "bye");
	assert_int_equal(told[0].gaps, 0);
	assert_true(flow.tcp_over);
	/* Its own FIN is acknowledged by the other side only. */
	ack(1, 4, 4);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	ack(0, 4, 4);
	assert_int_equal(flow.life, FLOW_CLOSED);
	expect_told(1, "yes");
	assert_int_equal(told[1].gaps, 0);
	assert_int_equal(told[0].ends + told[1].ends, 2);
	finish();
}

static void
test_close_by_the_server(void **state)
{
	(void)state;
	begin();
	shake_hands();
	text(0, 0, 0, "hi");
	say(1, TCP_ACK | TCP_FIN, 0, 2, "bye", 3);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	expect_told(0, "hi");
	text(0, 2, 4, " you"); /* half open: the client may go on */
	ack(1, 4, 6);
	expect_told(0, "hi you");
	expect_told(1, "bye");
	say(0, TCP_ACK | TCP_FIN, 6, 4, NULL, 0);
	assert_int_equal(flow.life, FLOW_CLOSED);
	assert_true(flow.tcp_over);
	ack(1, 4, 7);
	assert_int_equal(told[0].gaps + told[1].gaps, 0);
	finish();
}

static void
test_sequence_numbers_wrap(void **state)
{
	char data[8192];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)('a' + i % 26);
	for (uint32_t before = 0; before < 3000; before += 7) {
		begin();
		isn[0] = UINT32_MAX - before;
		isn[1] = UINT32_MAX;
		shake_hands();
		for (uint32_t at = 0; at < sizeof(data); at += 1024)
			say(0, TCP_ACK, at, 0, data + at, 1024);
		ack(1, 0, sizeof(data));
		assert_int_equal(told[0].len, sizeof(data));
		assert_memory_equal(told[0].bytes, data, sizeof(data));
		finish();
	}
}

/* --- the same bytes, however they come -------------------------------------------- */

static uint32_t seed;

static uint32_t
chance(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

/* Segments of data in some order, overlapping and repeated, acknowledged now and
 * then; everything comes at least once. */
static void
send_somehow(const uint8_t *data, uint32_t len, uint32_t most)
{
	uint32_t in_order = 0, acked = 0;
	uint8_t *came = calloc(len, 1);

	assert_non_null(came);
	while (in_order < len) {
		uint32_t ahead = in_order + chance(4) * chance(most),
			 at = chance(3) == 0 ? in_order : ahead,
			 n = 1 + chance(most);

		/* Sometimes from before, but not what was acknowledged. */
		if (chance(4) == 0)
			at = acked + chance(in_order - acked + 1);
		if (at >= len)
			continue;
		if (n > len - at)
			n = len - at;
		say(0, TCP_ACK, at, 0, data + at, n);
		memset(came + at, 1, n);
		while (in_order < len && came[in_order])
			in_order++;
		if (chance(3) == 0) {
			acked += chance(in_order - acked + 1);
			ack(1, 0, acked);
		}
	}
	free(came);
}

static void
test_any_cutting_says_the_same(void **state)
{
	static uint8_t data[20000];

	(void)state;
	seed = 1;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)chance(256);
	for (unsigned round = 0; round < 150; round++) {
		uint32_t len = 1 + chance(sizeof(data)),
			 most = round % 3 == 0 ? 3 : 1 + chance(3000);

		if (most == 3)
			len = 1 + len % 1500;
		begin_with((struct stream_config){
		    .policy = (enum stream_policy)(round % STREAM_POLICIES),
		    .sessions_max = 4});
		isn[0] = chance(UINT32_MAX);
		shake_hands();
		send_somehow(data, len, most);
		ack(1, 0, len);
		assert_int_equal(told[0].len, len);
		assert_memory_equal(told[0].bytes, data, len);
		assert_int_equal(told[0].gaps, 0);
		assert_int_equal(stream_stats(engine)->differing, 0);
		finish();
		/* Inspected: all of it, once, in order. */
		assert_int_equal(chunks[0].len, len);
		assert_memory_equal(chunks[0].bytes, data, len);
	}
}

static void
test_one_byte_at_a_time_backwards(void **state)
{
	uint8_t data[1000];

	(void)state;
	begin();
	shake_hands();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	for (uint32_t i = sizeof(data); i-- > 0;)
		say(0, TCP_ACK, i, 0, data + i, 1);
	ack(1, 0, sizeof(data));
	assert_int_equal(told[0].len, sizeof(data));
	assert_memory_equal(told[0].bytes, data, sizeof(data));
	finish();
}

/* --- overlaps that differ ------------------------------------------------------------ */

/*
 * Against a plain model: who owns a byte is decided for each byte by itself, by
 * where the owner's segment began and ended.
 */
struct owned {
	uint8_t byte;
	bool there;
	uint32_t began;
};

static bool
model_new_wins(enum stream_policy p, uint32_t began, uint32_t old)
{
	return p == STREAM_POLICY_LAST || (p == STREAM_POLICY_BSD && began < old);
}

static void
test_overlaps_against_a_model(void **state)
{
	static const enum stream_policy policies[] = {
	    STREAM_POLICY_BSD, STREAM_POLICY_FIRST, STREAM_POLICY_LAST};
	struct owned model[600];
	uint8_t data[80];

	(void)state;
	seed = 7;
	for (unsigned round = 0; round < 400; round++) {
		enum stream_policy policy = policies[round % 3];

		memset(model, 0, sizeof(model));
		begin_with(
		    (struct stream_config){.policy = policy, .sessions_max = 4});
		shake_hands();
		for (unsigned k = 0; k < 60; k++) {
			uint32_t at = chance(500), n = 1 + chance(sizeof(data));

			for (uint32_t i = 0; i < n; i++) {
				struct owned *o = &model[at + i];

				data[i] = (uint8_t)('a' + chance(26));
				if (o->there && data[i] != o->byte &&
				    !model_new_wins(policy, at, o->began))
					continue;
				if (!o->there)
					o->began = at;
				o->there = true;
				o->byte = data[i];
			}
			say(0, TCP_ACK, at, 0, data, n);
		}
		ack(1, 0, 600);
		for (uint32_t i = 0; i < 600; i++) {
			uint8_t want = model[i].there ? model[i].byte : '#';

			if (i < told[0].len && told[0].bytes[i] != want)
				fail_msg("round %u, policy %d, byte %u: %c, not %c",
				    round, policy, i, told[0].bytes[i], want);
		}
		finish();
	}
}

static void
test_overlap_policies(void **state)
{
	/* First "bbbb" at 4, then over it from before, from the same place and
	 * from behind; what is told of bytes 0 to 11. */
	static const struct {
		enum stream_policy policy;
		const char *before, *same, *same_longer, *behind, *same_shorter;
	} cases[] = {
	    {STREAM_POLICY_BSD, "NNNNNNbb", "bbbb", "bbbbNN", "bbbbNN", "bbbb"},
	    {STREAM_POLICY_FIRST, "NNNNbbbb", "bbbb", "bbbbNN", "bbbbNN", "bbbb"},
	    {STREAM_POLICY_LAST, "NNNNNNbb", "NNNN", "NNNNNN", "bbNNNN", "NNbb"},
	    {STREAM_POLICY_LINUX, "NNNNNNbb", "bbbb", "NNNNNN", "bbbbNN", "bbbb"},
	    {STREAM_POLICY_OLD_LINUX, "NNNNNNbb", "NNNN", "NNNNNN", "bbbbNN",
		"bbbb"},
	    {STREAM_POLICY_SOLARIS, "NNNNbbbb", "NNNN", "NNNNNN", "bbNNNN", "bbbb"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct {
			uint32_t at, n;
			const char *want;
		} news[] = {
		    {0, 6, cases[i].before},
		    {4, 4, cases[i].same},
		    {4, 6, cases[i].same_longer},
		    {6, 4, cases[i].behind},
		    {4, 2, cases[i].same_shorter},
		};

		for (size_t k = 0; k < 5; k++) {
			uint32_t first = k == 0 ? 0 : 4;

			begin_with((struct stream_config){
			    .policy = cases[i].policy, .sessions_max = 4});
			shake_hands();
			text(0, 4, 0, "bbbb");
			say(0, TCP_ACK, news[k].at, 0, "NNNNNN", news[k].n);
			assert_true(has_event(
			    STREAM_EVENT_REASSEMBLY_OVERLAP_DIFFERENT_DATA));
			if (k > 0)
				say(0, TCP_ACK, 0, 0, "----", 4);
			ack(1, 0, 12);
			assert_memory_equal(told[0].bytes + first, news[k].want,
			    strlen(news[k].want));
			finish();
		}
	}
}

/* Each way by its receiver: the narrowest network that names it. */
static void
test_policy_of_the_receiver(void **state)
{
	struct os_networks hosts = {.n = 0};
	char error[300];

	(void)state;
	assert_int_equal(
	    os_networks_add(&hosts, "last=10.0.0.0/8,first=10.1.0.0/16,192.0.2.7",
		error, sizeof(error)),
	    0);
	begin_with((struct stream_config){.hosts = &hosts, .sessions_max = 4});
	assert_int_equal(addr_parse("10.1.2.3", &flow.key.a), 0);
	assert_int_equal(addr_parse("10.2.2.3", &flow.key.b), 0);
	shake_hands();
	for (int side = 0; side < 2; side++) {
		uint32_t acked = side == 0 ? 0 : 8;

		text(side, 4, acked, "oooo");
		text(side, 0, acked, "NNNNNN");
		ack(1 - side, acked, 8);
	}
	expect_told(0, "NNNNNNoo");
	expect_told(1, "NNNNoooo");
	finish();
}

/* --- holes, depth, caps ---------------------------------------------------------------- */

static void
test_gap(void **state)
{
	(void)state;
	begin();
	shake_hands();
	text(0, 0, 0, "abc");
	text(0, 6, 0, "ghi");
	ack(1, 0, 3);
	expect_told(0, "abc");
	ack(1, 0, 9);
	expect_told(0, "abc###ghi");
	assert_true(has_event(STREAM_EVENT_REASSEMBLY_SEQ_GAP));
	/* And without anything behind it. */
	ack(1, 0, 12);
	expect_told(0, "abc###ghi###");
	assert_int_equal(stream_stats(engine)->gap_bytes, 6);
	finish();
	assert_int_equal(chunks[0].chunks, 2);
	assert_int_equal(chunks[0].last_offset, 6);
}

static void
test_hole_at_the_end_is_not_guessed(void **state)
{
	uint8_t out[64];

	(void)state;
	begin();
	shake_hands();
	text(0, 0, 0, "abc");
	text(0, 6, 0, "ghi");
	assert_int_equal(stream_dump(&flow, true, out, sizeof(out)), 23);
	assert_memory_equal(out, "abc[3 bytes missing]ghi", 23);
	assert_int_equal(stream_dump(&flow, true, out, 5), 5);
	finish();
	expect_told(0, "abc");
	assert_int_equal(told[0].gaps, 0);
	assert_int_equal(chunks[0].len, 6); /* detection sees both sides of it */
}

static void
test_depth(void **state)
{
	static uint8_t data[65536];

	(void)state;
	begin();
	shake_hands();
	memset(data, 'x', sizeof(data));
	for (uint32_t at = 0; at < STREAM_DEPTH + 4 * sizeof(data);
	     at += sizeof(data) / 2) {
		say(0, TCP_ACK, at, 0, data, sizeof(data) / 2);
		ack(1, 0, at + sizeof(data) / 2);
	}
	say(0, TCP_ACK, STREAM_DEPTH + 4 * sizeof(data), 0, data, 10);
	assert_true(has_event(STREAM_EVENT_REASSEMBLY_DEPTH_REACHED));
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	assert_int_equal(told[0].len, STREAM_DEPTH);
	assert_int_equal(told[0].gaps, 0);
	assert_int_equal(told[0].ends, 1);
	assert_true(told[0].truncated);
	assert_int_equal(stream_stats(engine)->depth, 1);
	finish();
	assert_int_equal(chunks[0].len, STREAM_DEPTH);
}

static void
test_list_is_bounded(void **state)
{
	(void)state;
	begin();
	shake_hands();
	/* Every second byte: each is a piece of its own. */
	for (uint32_t i = 0; i < STREAM_PIECES_MAX + 10; i++)
		say(0, TCP_ACK, 1 + 2 * i, 0, "x", 1);
	assert_true(has_event(STREAM_EVENT_REASSEMBLY_INSERT_LIMIT));
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	assert_int_equal(stream_stats(engine)->no_memory, 10);
	finish();
}

/* A full pool: first chunks are due at once, then segments are not kept. */
static void
test_pool_is_bounded(void **state)
{
	static struct flow many[400];
	static uint8_t data[STREAM_DEPTH / 8];
	const struct stream_chunk *c;
	unsigned kept = 0;

	(void)state;
	begin_with((struct stream_config){.sessions_max = 401});
	memset(many, 0, sizeof(many));
	for (int i = 0; i < 400; i++) {
		struct packet p = packet_of(0, TCP_SYN, isn[0], 0, NULL, 0);

		p.flow = &many[i];
		p.tcp_wscale = 14;
		stream_packet(engine, &p);
		p = packet_of(1, TCP_SYN | TCP_ACK, isn[1], isn[0] + 1, NULL, 0);
		p.flow = &many[i];
		p.tcp_wscale = 14;
		stream_packet(engine, &p);
		p = packet_of(0, TCP_ACK, isn[0] + 1, isn[1] + 1, data, 60000);
		p.flow = &many[i];
		stream_packet(engine, &p);
		/* The window is scaled from now on. */
		p = packet_of(1, TCP_ACK, isn[1] + 1, isn[0] + 1, NULL, 0);
		p.flow = &many[i];
		stream_packet(engine, &p);
		p = packet_of(0, TCP_ACK, isn[0] + 60001, isn[1] + 1, data, 60000);
		p.flow = &many[i];
		stream_packet(engine, &p);
		kept += (p.flags & PACKET_IN_STREAM) != 0;
		assert_int_equal(stream_chunks(&p, &c), 0);
	}
	assert_in_range(kept, 300, 399);
	assert_true(stream_stats(engine)->no_memory > 0);
	assert_true(stream_stats(engine)->pool_active <= STREAM_POOL_BYTES);
	for (int i = 0; i < 400; i++)
		stream_slot_free(many[i].slot[FLOW_SLOT_STREAM]);
	finish();
}

static void
test_sessions_are_bounded(void **state)
{
	struct flow other[5];

	(void)state;
	begin();
	memset(other, 0, sizeof(other));
	for (int i = 0; i < 5; i++) {
		struct packet p = packet_of(0, TCP_SYN, 1, 0, NULL, 0);

		p.flow = &other[i];
		stream_packet(engine, &p);
	}
	assert_int_equal(stream_stats(engine)->sessions_refused, 1);
	for (int i = 0; i < 5; i++)
		stream_slot_free(other[i].slot[FLOW_SLOT_STREAM]);
	finish();
}

/* --- chunks --------------------------------------------------------------------------- */

static void
test_chunks_are_due_at_2560_bytes(void **state)
{
	static uint8_t data[8192];

	(void)state;
	begin();
	shake_hands();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	say(0, TCP_ACK, 0, 0, data, 2559);
	ack(1, 0, 2559);
	ack(0, 2559, 0);
	assert_int_equal(chunks[0].chunks, 0);
	say(0, TCP_ACK, 2559, 0, data + 2559, 1);
	assert_int_equal(chunks[0].chunks, 0);
	ack(1, 0, 2560);
	/* Due, and given with the next packet of its own direction. */
	assert_int_equal(chunks[0].chunks, 0);
	ack(0, 2560, 0);
	assert_int_equal(chunks[0].chunks, 1);
	assert_int_equal(chunks[0].len, 2560);
	assert_memory_equal(chunks[0].bytes, data, 2560);
	/* Asked for. */
	say(0, TCP_ACK, 2560, 0, data + 2560, 10);
	ack(1, 0, 2565);
	stream_flush(&flow, true);
	ack(0, 2570, 0);
	assert_int_equal(chunks[0].len, 2565);
	ack(0, 2570, 0);
	assert_int_equal(chunks[0].chunks, 2);
	finish();
	assert_int_equal(chunks[0].len, 2570);
}

static void
test_strict_chunks_overlap(void **state)
{
	(void)state;
	begin_with((struct stream_config){.overlap = 4, .sessions_max = 4});
	shake_hands();
	text(0, 0, 0, "abcdefgh");
	ack(1, 0, 8);
	stream_flush(&flow, true);
	ack(0, 8, 0);
	text(0, 8, 0, "ijkl");
	ack(1, 0, 12);
	stream_flush(&flow, true);
	ack(0, 12, 0);
	/* Behind a hole nothing goes on from before it. */
	text(0, 14, 0, "op");
	ack(1, 0, 16);
	stream_flush(&flow, true);
	ack(0, 16, 0);
	assert_int_equal(chunks[0].len, 8 + 8 + 2);
	assert_memory_equal(chunks[0].bytes, "abcdefghefghijklop", 18);
	finish();
}

static void
test_window(void **state)
{
	const struct stream_chunk *c;
	struct packet p;

	(void)state;
	begin();
	shake_hands();
	stream_set_window(&flow, true, 6);
	text(0, 0, 0, "abcdefgh");
	ack(1, 0, 8);
	stream_flush(&flow, true);
	ack(0, 8, 0);
	assert_memory_equal(chunks[0].bytes, "abcdefgh", 8);
	text(0, 8, 0, "ij");
	ack(1, 0, 10);
	stream_flush(&flow, true);
	p = packet_of(0, TCP_ACK, isn[0] + 11, isn[1] + 1, NULL, 0);
	stream_packet(engine, &p);
	assert_int_equal(stream_chunks(&p, &c), 1);
	assert_int_equal(c->before, 4);
	assert_int_equal(c->offset, 8);
	assert_int_equal(c->data.len, 2);
	assert_memory_equal(c->data.p, "ij", 2);
	assert_int_equal(stream_chunk_whole(&p, c).len, 6);
	assert_memory_equal(stream_chunk_whole(&p, c).p, "efghij", 6);
	finish();
	assert_int_equal(chunks[0].chunks, 1);
}

static void
test_not_inspected_is_not_kept(void **state)
{
	(void)state;
	begin();
	shake_hands();
	stream_stop_inspecting(&flow, true);
	for (uint32_t i = 0; i < 100; i++) {
		text(0, i * 4, 0, "abcd");
		ack(1, 0, i * 4 + 4);
	}
	assert_true(stream_stats(engine)->pool_active <= STREAM_PIECE_BYTES);
	assert_int_equal(told[0].len, 400);
	finish();
	assert_int_equal(chunks[0].len, 0);
}

static void
test_a_reader_that_stops_is_told_the_end(void **state)
{
	(void)state;
	begin();
	shake_hands();
	text(0, 0, 0, "abc");
	ack(1, 0, 3);
	stream_stop_reading(&flow);
	text(0, 3, 0, "def");
	ack(1, 0, 6);
	expect_told(0, "abc");
	finish();
	assert_int_equal(chunks[0].len, 6);
}

/* --- what does not belong ---------------------------------------------------------------- */

static void
test_no_handshake_no_stream(void **state)
{
	(void)state;
	begin();
	text(0, 0, 0, "abc");
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	assert_true((flow.flags & FLOW_MIDSTREAM) != 0);
	say(0, TCP_RST, 0, 0, NULL, 0);
	assert_true(has_event(STREAM_EVENT_RST_BUT_NO_SESSION));
	say(0, TCP_FIN | TCP_ACK, 0, 0, NULL, 0);
	assert_true(has_event(STREAM_EVENT_FIN_BUT_NO_SESSION));
	finish();
	assert_int_equal(told[0].len, 0);
	assert_int_equal(pseudo, 0);

	begin_with((struct stream_config){.midstream = true, .sessions_max = 4});
	text(0, 0, 0, "abc");
	assert_true((last.flags & PACKET_IN_STREAM) != 0);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	text(1, 0, 3, "def");
	ack(0, 3, 3);
	expect_told(0, "abc");
	expect_told(1, "def");
	assert_int_equal(stream_stats(engine)->midstream, 1);
	finish();
}

static void
test_one_side_only(void **state)
{
	(void)state;
	begin_with((struct stream_config){.async = true, .sessions_max = 4});
	send_packet(packet_of(0, TCP_SYN, isn[0], 0, NULL, 0));
	text(0, 0, 0, "abc");
	text(0, 3, 100, "def");
	assert_true((last.flags & PACKET_IN_STREAM) != 0);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	finish();
	expect_told(0, "abcdef");
}

static void
test_out_of_window(void **state)
{
	(void)state;
	begin();
	shake_hands();
	text(0, 70000, 0, "abc");
	assert_true(has_event(STREAM_EVENT_EST_PACKET_OUT_OF_WINDOW));
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	text(0, 0, 0, "abcdef");
	ack(1, 0, 6);
	text(0, 0, 0, "abc");
	assert_true(has_event(STREAM_EVENT_EST_PKT_BEFORE_LAST_ACK));
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	/* An ACK of what was never sent. */
	ack(1, 0, 200000);
	assert_true(has_event(STREAM_EVENT_EST_INVALID_ACK));
	expect_told(0, "abcdef");
	assert_int_equal(stream_stats(engine)->invalid, 3);
	finish();
}

static void
test_only_a_fitting_reset_ends_it(void **state)
{
	(void)state;
	begin();
	shake_hands();
	text(0, 0, 0, "abc");
	say(0, TCP_RST, 2, 0, NULL, 0);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	say(0, TCP_RST, 3, 0, "not said", 8);
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	assert_int_equal(flow.life, FLOW_CLOSED);
	text(1, 0, 3, "too late");
	assert_int_equal(last.flags & PACKET_IN_STREAM, 0);
	finish();
	expect_told(0, "abc");
}

/* A reset by a third party is believed until its pretended sender goes on. */
static void
test_injected_reset(void **state)
{
	(void)state;
	begin();
	shake_hands();
	say(0, TCP_RST | TCP_ACK, 0, 0, NULL, 0);
	assert_int_equal(flow.life, FLOW_CLOSED);
	text(0, 0, 0, "GET /");
	assert_true(has_event(STREAM_EVENT_SUSPECTED_RST_INJECT));
	assert_true((last.flags & PACKET_IN_STREAM) != 0);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	text(1, 0, 5, "200");
	expect_told(0, "GET /");
	text(0, 5, 3, "more");
	assert_false(has_event(STREAM_EVENT_SUSPECTED_RST_INJECT));
	expect_told(1, "200");
	finish();

	/* One that answers a SYN with a timestamp nobody sent. */
	begin();
	send_packet(packet_of(0, TCP_SYN, isn[0], 0, NULL, 0));
	for (int i = 0; i < 2; i++) {
		struct packet p =
		    packet_of(1, (uint8_t)(TCP_ACK | (i == 0 ? TCP_RST : TCP_FIN)),
			isn[1], isn[0] + 1, NULL, 0);

		p.tcp_has_ts = true;
		p.tcp_ts_val = p.tcp_ts_ecr = 100;
		send_packet(p);
		assert_true(has_event(STREAM_EVENT_PKT_INVALID_TIMESTAMP));
		assert_int_equal(flow.life, FLOW_NEW);
	}
	finish();
}

static void
test_refused_connection(void **state)
{
	(void)state;
	begin();
	send_packet(packet_of(0, TCP_SYN, isn[0], 0, NULL, 0));
	send_packet(packet_of(1, TCP_RST | TCP_ACK, 0, isn[0] + 9, NULL, 0));
	assert_int_equal(flow.life, FLOW_NEW);
	send_packet(packet_of(1, TCP_RST | TCP_ACK, 0, isn[0] + 1, NULL, 0));
	assert_int_equal(flow.life, FLOW_CLOSED);
	finish();
}

static void
test_old_timestamp_is_left_out(void **state)
{
	struct packet p;

	(void)state;
	begin();
	for (int i = 0; i < 2; i++) {
		p = packet_of(i, i == 0 ? TCP_SYN : TCP_SYN | TCP_ACK, isn[i],
		    i == 0 ? 0 : isn[0] + 1, NULL, 0);
		p.tcp_has_ts = true;
		p.tcp_ts_val = 100;
		send_packet(p);
	}
	for (uint32_t ts = 100; ts > 97; ts -= 2) {
		p = packet_of(
		    0, TCP_ACK, isn[0] + 1 + (100 - ts), isn[1] + 1, "ab", 2);
		p.tcp_has_ts = true;
		p.tcp_ts_val = ts;
		send_packet(p);
		assert_int_equal(
		    has_event(STREAM_EVENT_PKT_INVALID_TIMESTAMP), ts < 100);
	}
	finish();
	expect_told(0, "ab");
}

static void
test_several_syn_acks(void **state)
{
	(void)state;
	begin();
	send_packet(packet_of(0, TCP_SYN, isn[0], 0, NULL, 0));
	for (uint32_t i = 0; i < STREAM_SYNACKS_MAX + 1; i++) {
		send_packet(packet_of(
		    1, TCP_SYN | TCP_ACK, isn[1] + i * 100, isn[0] + 1, NULL, 0));
		assert_false(has_event(STREAM_EVENT_3WHS_SYNACK_FLOOD));
	}
	send_packet(packet_of(1, TCP_SYN | TCP_ACK, 1, isn[0] + 1, NULL, 0));
	assert_true(has_event(STREAM_EVENT_3WHS_SYNACK_FLOOD));
	/* The client's ACK says which one it was. */
	isn[1] += 300;
	text(0, 0, 0, "abc");
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	text(1, 0, 3, "def");
	ack(0, 3, 3);
	expect_told(0, "abc");
	expect_told(1, "def");
	finish();
}

static void
test_both_begin(void **state)
{
	(void)state;
	begin();
	send_packet(packet_of(0, TCP_SYN, isn[0], 0, NULL, 0));
	send_packet(packet_of(1, TCP_SYN, isn[1], 0, NULL, 0));
	send_packet(packet_of(0, TCP_SYN | TCP_ACK, isn[0], isn[1] + 1, NULL, 0));
	ack(1, 0, 0);
	assert_int_equal(flow.life, FLOW_ESTABLISHED);
	text(0, 0, 0, "EVIL");
	ack(1, 0, 4);
	expect_told(0, "EVIL");
	finish();
}

static void
test_early_data(void **state)
{
	struct packet p;

	(void)state;
	begin();
	p = packet_of(0, TCP_SYN, isn[0], 0, "early", 5);
	p.tcp_has_tfo = true;
	send_packet(p);
	assert_true((last.flags & PACKET_IN_STREAM) != 0);
	send_packet(packet_of(1, TCP_SYN | TCP_ACK, isn[1], isn[0] + 6, NULL, 0));
	text(0, 5, 0, " late");
	ack(1, 0, 10);
	expect_told(0, "early late");
	finish();
}

/* Any packets at all: nothing is lost, told twice or out of place (on_news checks
 * the offsets, finish the memory). */
static void
test_any_packets(void **state)
{
	static const uint8_t flags[] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK,
	    TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN,
	    TCP_RST, TCP_RST | TCP_ACK, 0, TCP_SYN | TCP_FIN, TCP_ACK | TCP_URG};
	static uint8_t data[3000];

	(void)state;
	seed = 99;
	for (unsigned round = 0; round < 300; round++) {
		begin_with((struct stream_config){
		    .policy = (enum stream_policy)(round % STREAM_POLICIES),
		    .midstream = round % 5 == 0,
		    .async = round % 7 == 0,
		    .overlap = round % 3 == 0 ? 50 : 0,
		    .sessions_max = 4});
		isn[0] = chance(UINT32_MAX);
		isn[1] = UINT32_MAX - chance(2000);
		if (round % 4 != 0)
			shake_hands();
		for (unsigned k = 0; k < 120; k++) {
			int from = (int)chance(2);
			struct packet p = packet_of(from,
			    flags[chance(sizeof(flags))], isn[from] + chance(4000),
			    isn[1 - from] + chance(4000), data,
			    chance(3) == 0 ? 0 : chance(sizeof(data)));

			p.tcp_window = (uint16_t)chance(65536);
			p.tcp_wscale = (uint8_t)chance(256);
			p.tcp_has_ts = chance(2) == 0;
			p.tcp_ts_val = chance(20);
			p.tcp_has_tfo = chance(8) == 0;
			send_packet(p);
			if (chance(20) == 0)
				stream_flush(&flow, from == 0);
			if (chance(50) == 0)
				stream_set_window(&flow, from == 0, chance(3000));
		}
		finish();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_told_when_acknowledged),
	    cmocka_unit_test(test_close),
	    cmocka_unit_test(test_close_by_the_server),
	    cmocka_unit_test(test_sequence_numbers_wrap),
	    cmocka_unit_test(test_any_cutting_says_the_same),
	    cmocka_unit_test(test_one_byte_at_a_time_backwards),
	    cmocka_unit_test(test_overlaps_against_a_model),
	    cmocka_unit_test(test_overlap_policies),
	    cmocka_unit_test(test_policy_of_the_receiver),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_hole_at_the_end_is_not_guessed),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_list_is_bounded),
	    cmocka_unit_test(test_pool_is_bounded),
	    cmocka_unit_test(test_sessions_are_bounded),
	    cmocka_unit_test(test_chunks_are_due_at_2560_bytes),
	    cmocka_unit_test(test_strict_chunks_overlap),
	    cmocka_unit_test(test_window),
	    cmocka_unit_test(test_not_inspected_is_not_kept),
	    cmocka_unit_test(test_a_reader_that_stops_is_told_the_end),
	    cmocka_unit_test(test_no_handshake_no_stream),
	    cmocka_unit_test(test_one_side_only),
	    cmocka_unit_test(test_out_of_window),
	    cmocka_unit_test(test_only_a_fitting_reset_ends_it),
	    cmocka_unit_test(test_injected_reset),
	    cmocka_unit_test(test_refused_connection),
	    cmocka_unit_test(test_old_timestamp_is_left_out),
	    cmocka_unit_test(test_several_syn_acks),
	    cmocka_unit_test(test_both_begin),
	    cmocka_unit_test(test_early_data),
	    cmocka_unit_test(test_any_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
