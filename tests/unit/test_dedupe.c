/* SPDX-License-Identifier: EUPL-1.2 */
/* Dedupe against a plain set, under any order, doubling and restart. */
#include "collector/limits.h"
#include "collector/receive/dedupe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEQ_MAX 300
#define AGENT	"sw-a"
#define EPOCH	"0102"

static struct store *store;

static int
set_up(void **state)
{
	char error[200];

	(void)state;
	store = store_open("sqlite::memory:", STORE_WRITE, error, sizeof(error));
	assert_non_null(store);
	assert_int_equal(store_begin(store), 0);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	store_close(store);
	return 0;
}

static void
put_row(uint64_t seq)
{
	struct store_row r = {.agent = AGENT,
	    .epoch = EPOCH,
	    .cls = RECORD_ALERT,
	    .seq = seq,
	    .body = "{}",
	    .body_len = 2};
	int64_t id;

	assert_int_equal(store_append(store, &r, &id), 0);
}

static enum dedupe_verdict
check(struct dedupe *d, uint64_t first, uint64_t last)
{
	return dedupe_check(d, AGENT, EPOCH, RECORD_ALERT, first, last);
}

static void
add(struct dedupe *d, uint64_t first, uint64_t last)
{
	assert_int_equal(dedupe_add(d, AGENT, EPOCH, RECORD_ALERT, first, last), 0);
}

static uint64_t
mark(struct dedupe *d)
{
	return dedupe_mark(d, AGENT, EPOCH, RECORD_ALERT);
}

static void
test_any_order_is_a_set(void **state)
{
	(void)state;
	srandom(1);
	for (int run = 0; run < 50; run++) {
		struct dedupe *d = dedupe_new(store);
		static bool have[SEQ_MAX + 2];
		uint64_t contiguous = 0;

		memset(have, 0, sizeof(have));
		for (int i = 0; i < 2000; i++) {
			/* Near the front, as batches that overtook each other are. */
			uint64_t seq = contiguous + (uint64_t)random() % 40;

			if (seq == 0 || seq > SEQ_MAX)
				continue;
			assert_int_equal(check(d, seq, seq),
			    have[seq] ? DEDUPE_SEEN : DEDUPE_NEW);
			if (!have[seq])
				add(d, seq, seq);
			have[seq] = true;
			while (have[contiguous + 1])
				contiguous++;
			assert_int_equal(mark(d), contiguous);
		}
		dedupe_forget(d);
		dedupe_free(d);
	}
}

static void
test_restart_learns_from_the_store(void **state)
{
	struct dedupe *d = dedupe_new(store);

	(void)state;
	for (uint64_t s = 1; s <= 10; s++) {
		put_row(s);
		add(d, s, s);
	}
	put_row(12);
	add(d, 12, 12);
	assert_int_equal(
	    store_add_gap(store, AGENT, EPOCH, RECORD_ALERT, 14, 20, 0), 0);
	add(d, 14, 20);
	assert_int_equal(dedupe_save(d), 0);
	dedupe_free(d);
	d = dedupe_new(store);
	assert_int_equal(mark(d), 10);
	assert_int_equal(check(d, 3, 3), DEDUPE_SEEN);
	assert_int_equal(check(d, 11, 11), DEDUPE_NEW);
	assert_int_equal(check(d, 12, 12), DEDUPE_SEEN);
	assert_int_equal(check(d, 15, 18), DEDUPE_SEEN);
	add(d, 11, 11);
	assert_int_equal(mark(d), 12);
	add(d, 13, 13);
	assert_int_equal(mark(d), 20);
	dedupe_free(d);
}

static void
test_gap_over_stored_rows(void **state)
{
	struct dedupe *d = dedupe_new(store);

	(void)state;
	add(d, 1, 1);
	add(d, 5, 5);
	add(d, 8, 9);
	assert_int_equal(check(d, 2, 8), DEDUPE_NEW);
	add(d, 2, 8);
	assert_int_equal(mark(d), 9);
	assert_int_equal(check(d, 1, 9), DEDUPE_SEEN);
	assert_int_equal(check(d, 9, 10), DEDUPE_NEW);
	dedupe_free(d);
}

static void
test_too_many_holes_is_not_now(void **state)
{
	struct dedupe *d = dedupe_new(store);

	(void)state;
	for (uint64_t i = 1; i <= DEDUPE_RANGES_MAX; i++)
		add(d, 2 * i + 1, 2 * i + 1);
	assert_int_equal(check(d, 1000, 1000), DEDUPE_FULL);
	/* What closes a hole is always taken. */
	assert_int_equal(check(d, 1, 2), DEDUPE_NEW);
	add(d, 1, 2);
	assert_int_equal(mark(d), 3);
	assert_int_equal(check(d, 1000, 1000), DEDUPE_NEW);
	dedupe_free(d);
}

static void
test_lines_are_apart(void **state)
{
	struct dedupe *d = dedupe_new(store);

	(void)state;
	add(d, 1, 5);
	assert_int_equal(
	    dedupe_check(d, "sw-b", EPOCH, RECORD_ALERT, 1, 1), DEDUPE_NEW);
	assert_int_equal(
	    dedupe_check(d, AGENT, "03", RECORD_ALERT, 1, 1), DEDUPE_NEW);
	assert_int_equal(
	    dedupe_check(d, AGENT, EPOCH, RECORD_HEALTH, 1, 1), DEDUPE_NEW);
	dedupe_free(d);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    T(test_any_order_is_a_set),
	    T(test_restart_learns_from_the_store),
	    T(test_gap_over_stored_rows),
	    T(test_too_many_holes_is_not_now),
	    T(test_lines_are_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
