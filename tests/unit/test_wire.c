/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages come out as they went in; no truncation of one passes for whole. */
#include "common/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t EPOCHS[2 * WIRE_EPOCH_BYTES] = {1, 2, 3, [16] = 9};

/* Decode a whole message of any type, as the ends do.  0 or -1. */
static int
decode(const uint8_t *p, size_t len)
{
	struct cursor c = cur_of(p, len);
	struct wire_hello h;
	struct wire_batch b;
	struct wire_mark m;
	struct wire_ack a;
	struct wire_ping ping;
	struct wire_text text;
	enum wire_refusal reason;
	uint64_t number;
	uint32_t beat;
	size_t n;

	switch (wire_type(&c)) {
	case WIRE_HELLO:
		return wire_get_hello(&c, &h);
	case WIRE_BATCH:
		return wire_get_batch(&c, &b);
	case WIRE_REFUSED:
		return wire_get_refused(&c, &reason, &text);
	case WIRE_PING:
	case WIRE_PONG:
		return wire_get_ping(&c, &ping);
	case WIRE_MARKS:
		if (wire_get_marks(&c, &beat, &n) == -1)
			return -1;
		for (; n > 0; n--)
			if (wire_get_mark(&c, &m) == -1)
				return -1;
		return 0;
	case WIRE_ACK:
		if (wire_get_acks(&c, &number, &n) == -1)
			return -1;
		for (; n > 0; n--)
			if (wire_get_ack(&c, &a) == -1)
				return -1;
		return 0;
	}
	return -1;
}

static void
refuse_truncations(const struct buf *b)
{
	uint8_t copy[512];

	assert_true(b->len < sizeof(copy));
	assert_int_equal(decode(b->data, b->len), 0);
	for (size_t n = 0; n < b->len; n++) {
		/* A copy of that size, so that a sanitizer sees the first byte too many. */
		uint8_t *exact = test_malloc(n + 1);

		memcpy(exact, b->data, n);
		assert_int_equal(decode(exact, n), -1);
		test_free(exact);
	}
}

static void
test_hello(void **state)
{
	struct wire_hello h = {.agent = {"sw-a"},
			      .host = {"web01"},
			      .epochs_n = 2,
			      .epochs = EPOCHS},
			  g;
	struct cursor c;
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_MESSAGE_MAX);
	assert_int_equal(wire_put_hello(&b, &h), 0);
	c = cur_of(b.data, b.len);
	assert_int_equal(wire_type(&c), WIRE_HELLO);
	assert_int_equal(wire_get_hello(&c, &g), 0);
	assert_string_equal(g.agent.s, "sw-a");
	assert_string_equal(g.tenant.s, "");
	assert_string_equal(g.host.s, "web01");
	assert_int_equal(g.epochs_n, 2);
	assert_memory_equal(g.epochs, EPOCHS, sizeof(EPOCHS));
	refuse_truncations(&b);
	/* A name with a line end would forge a log line. */
	b.data[5] = '\n';
	assert_int_equal(decode(b.data, b.len), -1);
	buf_release(&b);
}

static void
test_marks_and_acks(void **state)
{
	struct wire_mark m[2] = {{.epoch = {1}, .seq = {1, 2, 3, 4}},
	    {.epoch = {2}, .seq = {WIRE_SEQ_MAX, 0, 0, 0}}},
			 g;
	struct wire_ack a = {.epoch = {7}, .cls = RECORD_FINDING, .seq = 99}, ga;
	struct cursor c;
	struct buf b;
	uint64_t number;
	uint32_t beat;
	size_t n;

	(void)state;
	buf_init(&b, WIRE_MESSAGE_MAX);
	assert_int_equal(wire_put_marks(&b, 10, m, 2), 0);
	refuse_truncations(&b);
	c = cur_of(b.data, b.len);
	wire_type(&c);
	assert_int_equal(wire_get_marks(&c, &beat, &n), 0);
	assert_int_equal(beat, 10);
	assert_int_equal(n, 2);
	wire_get_mark(&c, &g);
	assert_int_equal(wire_get_mark(&c, &g), 0);
	assert_true(g.seq[0] == WIRE_SEQ_MAX);
	b.data[b.len - 1] = 0x80; /* beyond what the store can hold */
	assert_int_equal(decode(b.data, b.len), -1);
	buf_reset(&b);
	assert_int_equal(wire_put_ack(&b, 5, &a, 1), 0);
	refuse_truncations(&b);
	c = cur_of(b.data, b.len);
	wire_type(&c);
	assert_int_equal(wire_get_acks(&c, &number, &n), 0);
	assert_int_equal(number, 5);
	assert_int_equal(wire_get_ack(&c, &ga), 0);
	assert_int_equal(ga.cls, RECORD_FINDING);
	assert_int_equal(ga.seq, 99);
	buf_release(&b);
}

static void
test_refused_and_ping(void **state)
{
	struct wire_ping p = {.ticket = 3, .time_us = -4};
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_MESSAGE_MAX);
	assert_int_equal(wire_put_refused(&b, WIRE_REFUSED_AGENT, "not active"), 0);
	refuse_truncations(&b);
	buf_reset(&b);
	assert_int_equal(wire_put_ping(&b, WIRE_PONG, &p), 0);
	refuse_truncations(&b);
	b.data[2]++; /* version */
	assert_int_equal(decode(b.data, b.len), -1);
	buf_release(&b);
}

static void
test_batch_head(void **state)
{
	struct wire_batch h = {.number = 8,
			      .epoch = EPOCHS,
			      .cls = RECORD_ALERT,
			      .packing = WIRE_ZSTD,
			      .items_len = 100,
			      .items_crc = 5,
			      .packed = {(const uint8_t *)"xyz", 3}},
			  g;
	struct cursor c;
	struct buf b;

	(void)state;
	buf_init(&b, WIRE_MESSAGE_MAX);
	assert_int_equal(wire_put_batch(&b, &h), 0);
	c = cur_of(b.data, b.len);
	wire_type(&c);
	assert_int_equal(wire_get_batch(&c, &g), 0);
	assert_int_equal(g.number, 8);
	assert_int_equal(g.packed.len, 3);
	/* The packed part has no length of its own; the head is what must be whole. */
	for (size_t n = 0; n < b.len - 3; n++)
		assert_int_equal(decode(b.data, n), -1);
	h.items_len = WIRE_BATCH_MAX + 1;
	assert_int_equal(wire_put_batch(&b, &h), -1);
	buf_release(&b);
}

static void
test_items(void **state)
{
	struct wire_item r = {.first = 4,
			     .last = 4,
			     .time_us = 9,
			     .json = "{}",
			     .json_len = 2},
			 gap = {.gap = true, .first = 5, .last = 50}, g;
	struct cursor c;
	struct buf b;
	size_t whole;

	(void)state;
	buf_init(&b, WIRE_BATCH_MAX);
	wire_put_item(&b, &r);
	whole = b.len;
	wire_put_item(&b, &gap);
	c = cur_of(b.data, b.len);
	assert_int_equal(wire_get_item(&c, &g), 1);
	assert_int_equal(g.first, 4);
	assert_memory_equal(g.json, "{}", 2);
	assert_int_equal(wire_get_item(&c, &g), 1);
	assert_true(g.gap);
	assert_int_equal(g.last, 50);
	assert_int_equal(wire_get_item(&c, &g), 0);
	for (size_t n = 1; n < b.len; n++) {
		int got, items = 0;

		c = cur_of(b.data, n);
		while ((got = wire_get_item(&c, &g)) == 1)
			items++;
		assert_int_equal(got, n == whole ? 0 : -1);
		assert_int_equal(items, n < whole ? 0 : 1);
	}
	buf_reset(&b);
	gap.last = 4; /* before its first */
	wire_put_item(&b, &gap);
	c = cur_of(b.data, b.len);
	assert_int_equal(wire_get_item(&c, &g), -1);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hello),
	    cmocka_unit_test(test_marks_and_acks),
	    cmocka_unit_test(test_refused_and_ping),
	    cmocka_unit_test(test_batch_head),
	    cmocka_unit_test(test_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
