/* SPDX-License-Identifier: EUPL-1.2 */
/* Memory of streams: sizes that fit, all of it usable, slabs that change size. */
#include "agent/stream/pieces.h"

#include "agent/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MANY (STREAM_POOL_BYTES / 128)

static void **taken;
static size_t n;

/* Take until nothing is left; every byte must be ours alone. */
static size_t
take_all(struct pieces *m, size_t want)
{
	size_t bytes = 0, size;
	void *p;

	for (n = 0; (p = pieces_take(m, want, &size)) != NULL; n++) {
		assert_in_range(n, 0, MANY - 1);
		memset(p, (int)(n & 0xff), size);
		taken[n] = p;
		bytes += size;
	}
	for (size_t i = 0; i < n; i++)
		assert_int_equal(*(uint8_t *)taken[i], i & 0xff);
	return bytes;
}

static void
give_all(struct pieces *m)
{
	for (size_t i = 0; i < n; i++)
		pieces_give(m, taken[i]);
}

static void
piece_fits_what_is_wanted(void **state)
{
	struct pieces *m = pieces_new();
	size_t size;
	void *p;

	(void)state;
	assert_non_null(m);
	for (size_t want = 1; want <= STREAM_PIECE_BYTES; want += 13) {
		p = pieces_take(m, want, &size);
		assert_non_null(p);
		assert_in_range(size, want, 2 * want < 128 ? 128 : 2 * want);
		assert_int_equal(pieces_active(m), size);
		pieces_give(m, p);
	}
	p = pieces_take(m, 60000, &size);
	assert_int_equal(size, STREAM_PIECE_BYTES);
	pieces_give(m, p);
	assert_int_equal(pieces_active(m), 0);
	assert_int_equal(pieces_bound(m), 0);
	pieces_free(m);
}

static void
empty_slabs_serve_another_size(void **state)
{
	struct pieces *m = pieces_new();

	(void)state;
	assert_non_null(m);
	for (int round = 0; round < 2; round++) {
		assert_true(
		    take_all(m, STREAM_PIECE_BYTES) > STREAM_POOL_BYTES / 10 * 9);
		assert_int_equal(pieces_bound(m), STREAM_POOL_BYTES);
		give_all(m);
		assert_int_equal(take_all(m, 100), STREAM_POOL_BYTES);
		give_all(m);
		assert_int_equal(pieces_bound(m), 0);
	}
	pieces_free(m);
}

static void
other_sizes_help_out(void **state)
{
	struct pieces *m = pieces_new();
	size_t size;
	void *p;

	(void)state;
	assert_non_null(m);
	take_all(m, 100);
	assert_null(pieces_take(m, 1000, &size));
	pieces_give(m, taken[--n]);
	p = pieces_take(m, 1000, &size);
	assert_ptr_equal(p, taken[n]);
	assert_int_equal(size, 128);
	pieces_give(m, p);
	give_all(m);
	pieces_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(piece_fits_what_is_wanted),
	    cmocka_unit_test(empty_slabs_serve_another_size),
	    cmocka_unit_test(other_sizes_help_out),
	};
	int failed;

	if ((taken = calloc(MANY, sizeof(*taken))) == NULL)
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(taken);
	return failed;
}
