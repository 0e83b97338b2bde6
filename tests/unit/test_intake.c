/* SPDX-License-Identifier: EUPL-1.2 */
/* What an agent that means harm can do to ingest: little, and it is counted. */
#include "collector/receive/inside.h"
#include "common/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

struct bench {
	char folder[64];
	struct store *s;
	struct intake *i;
	struct server *server;
	struct buf items, message;
	uint64_t number;
};

static void
start(struct bench *b)
{
	struct keyfile key = {.public = ""};
	struct store_agent a = {.name = "sw-1",
	    .key = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN",
	    .tenant = "zwolle",
	    .state = STORE_AGENT_ACTIVE};
	char error[256], uri[128];

	memset(b, 0, sizeof(*b));
	strcpy(b->folder, "/tmp/stadswacht-intake-XXXXXX");
	assert_non_null(mkdtemp(b->folder));
	snprintf(uri, sizeof(uri), "sqlite:%s/store.db", b->folder);
	b->s = store_open(uri, STORE_WRITE, error, sizeof(error));
	assert_non_null(b->s);
	b->i = intake_new(b->s, INT64_MAX / 2);
	assert_non_null(b->i);
	assert_int_equal(server_make_key(&key), 0);
	b->server = server_open(
	    "inproc://intake", &key, intake_allow, b->i, error, sizeof(error));
	assert_non_null(b->server);
	b->i->server = b->server;
	assert_int_equal(intake_put_agent(b->i, &a), 0);
	buf_init(&b->items, WIRE_BATCH_MAX);
	buf_init(&b->message, WIRE_MESSAGE_MAX);
}

static void
stop(struct bench *b)
{
	char command[160];

	intake_free(b->i);
	server_close(b->server);
	store_close(b->s);
	buf_release(&b->items);
	buf_release(&b->message);
	snprintf(command, sizeof(command), "rm -r %s", b->folder);
	assert_int_equal(system(command), 0);
}

static void
send(struct bench *b)
{
	struct server_message m = {.peer = {.p = (const uint8_t *)"peer", .len = 4},
	    .body = {.p = b->message.data, .len = b->message.len},
	    .agent = "sw-1"};

	messages_take(b->i, &m);
}

static void
greet(struct bench *b, size_t epochs)
{
	static uint8_t list[WIRE_EPOCHS_MAX * WIRE_EPOCH_BYTES];
	struct wire_hello h = {
	    .agent.s = "sw-1", .epochs_n = epochs, .epochs = list};

	buf_reset(&b->message);
	assert_int_equal(wire_put_hello(&b->message, &h), 0);
	send(b);
}

static void
put(struct bench *b, struct wire_item item)
{
	if (!item.gap) {
		item.json = "{\"timestamp\":\"2026-11-23T12:00:00Z\","
			    "\"event_type\":\"alert\",\"stadswacht\":{\"v\":1}}";
		item.json_len = strlen(item.json);
		item.last = item.first;
	}
	assert_int_equal(wire_put_item(&b->items, &item), 0);
}

static void
send_batch(struct bench *b, unsigned epoch)
{
	uint8_t id[WIRE_EPOCH_BYTES] = {(uint8_t)epoch, (uint8_t)(epoch >> 8), 1};
	struct wire_batch w = {.number = ++b->number,
	    .epoch = id,
	    .cls = RECORD_ALERT,
	    .packing = WIRE_PLAIN,
	    .items_len = b->items.len,
	    .items_crc = crc32c(0, b->items.data, b->items.len),
	    .packed = {.p = b->items.data, .len = b->items.len}};

	buf_reset(&b->message);
	assert_int_equal(wire_put_batch(&b->message, &w), 0);
	send(b);
	buf_reset(&b->items);
}

/* A transaction ends, whatever keeps coming: else nobody is ever answered. */
static void
test_what_is_not_stored_is_work_too(void **state)
{
	struct bench b;
	size_t before;

	(void)state;
	start(&b);
	greet(&b, 0);
	assert_true(b.i->work >= RECEIVE_WORK);
	put(&b, (struct wire_item){.first = 1, .time_us = 1});
	send_batch(&b, 0);
	before = b.i->work;
	for (int k = 0; k < 50; k++)
		put(&b, (struct wire_item){.first = 1, .time_us = 1});
	send_batch(&b, 0); /* seen before */
	assert_true(b.i->work >= before + 50);
	before = b.i->work;
	for (uint64_t k = 0; k < 50; k++)
		put(&b,
		    (struct wire_item){.gap = true, .first = 2 + k, .last = 2 + k});
	send_batch(&b, 0);
	assert_true(b.i->work >= before + 50);
	greet(&b, WIRE_EPOCHS_MAX); /* commits by itself, so it is a turn's work */
	assert_true(b.i->work >= RECEIVE_WORK);
	assert_int_equal(intake_commit(b.i), 0);
	assert_int_equal(b.i->work, 0);
	buf_reset(&b.message);
	buf_adds(&b.message, "nonsense");
	send(&b);
	assert_int_equal(b.i->work, 1);
	assert_int_equal(intake_stats(b.i)->rows, 1);
	stop(&b);
}

static int
count(void *arg, const struct store_row *r)
{
	(void)r;
	++*(size_t *)arg;
	return 0;
}

static void
test_epochs_have_a_limit(void **state)
{
	struct store_query told = {.event_type = "agent_state", .limit = 1000};
	struct bench b;
	size_t notes = 0;

	(void)state;
	start(&b);
	greet(&b, 0);
	for (unsigned e = 0; e < RECEIVE_EPOCHS_DAY + 20; e++) {
		put(&b, (struct wire_item){.first = 1, .time_us = 1});
		send_batch(&b, e);
	}
	put(&b, (struct wire_item){.first = 2, .time_us = 1});
	send_batch(&b, 7); /* one that is known goes on */
	assert_int_equal(intake_commit(b.i), 0);
	assert_int_equal(intake_stats(b.i)->rows, RECEIVE_EPOCHS_DAY + 1);
	assert_int_equal(intake_stats(b.i)->epochs_refused, 20);
	assert_int_equal(store_select(b.s, &told, count, &notes), 1);
	stop(&b);
}

static int
take_time(void *arg, const struct store_row *r)
{
	*(int64_t *)arg = r->time_us - r->received_us;
	return 1;
}

static void
test_impossible_times_are_not_believed(void **state)
{
	static const int64_t bad[] = {INT64_MIN, -1, 0, INT64_MAX};
	struct bench b;

	(void)state;
	start(&b);
	greet(&b, 0);
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		struct store_query q = {.newest_first = true, .limit = 1};
		int64_t off = -1;

		put(&b, (struct wire_item){.first = k + 1, .time_us = bad[k]});
		send_batch(&b, 0);
		assert_int_equal(intake_commit(b.i), 0);
		assert_int_equal(store_select(b.s, &q, take_time, &off), 1);
		assert_int_equal(off, 0);
	}
	stop(&b);
}

static int
take_lost(void *arg, size_t n, const char *const *cells)
{
	assert_true(n >= 3);
	snprintf(arg, 32, "%s", cells[2]);
	return 0;
}

/* The greatest gaps there can be: the reports' sum does not overflow. */
static void
test_greatest_gaps_can_be_added_up(void **state)
{
	struct store_query q = {.limit = 0};
	struct bench b;
	char lost[32] = "";

	(void)state;
	start(&b);
	greet(&b, 0);
	put(&b, (struct wire_item){.gap = true, .first = 1, .last = INT64_MAX});
	send_batch(&b, 0);
	assert_int_equal(intake_stats(b.i)->gaps, 0);
	assert_int_equal(intake_stats(b.i)->messages_bad, 1);
	for (unsigned e = 0; e < 50; e++) {
		put(&b,
		    (struct wire_item){
			.gap = true, .first = 1, .last = WIRE_SEQ_MAX});
		send_batch(&b, e);
	}
	assert_int_equal(intake_commit(b.i), 0);
	assert_int_equal(
	    store_aggregate(b.s, "lost_by_agent", &q, take_lost, lost), 1);
	assert_string_equal(lost, "14073748835532750"); /* 50 times 2^48 - 1 */
	stop(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_is_not_stored_is_work_too),
	    cmocka_unit_test(test_epochs_have_a_limit),
	    cmocka_unit_test(test_impossible_times_are_not_believed),
	    cmocka_unit_test(test_greatest_gaps_can_be_added_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
