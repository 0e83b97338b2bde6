/* SPDX-License-Identifier: EUPL-1.2 */
/* The cursor never gives a byte that is not there, and stays bad once it is. */
#include "common/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const uint8_t BYTES[] = {1, 2, 3, 4, 5, 6, 7, 8};

static void
test_reads_in_both_orders(void **state)
{
	struct cursor c = cur_of(BYTES, sizeof(BYTES));

	(void)state;
	assert_int_equal(cur_be16(&c), 0x0102);
	assert_int_equal(cur_le16(&c), 0x0403);
	assert_int_equal(cur_be32(&c), 0x05060708);
	assert_true(cur_ok(&c));
	assert_int_equal(c.left, 0);
	c = cur_of(BYTES, sizeof(BYTES));
	assert_int_equal(cur_be24(&c), 0x010203);
	c = cur_of(BYTES, sizeof(BYTES));
	assert_true(cur_le64(&c) == 0x0807060504030201ull);
}

static void
test_short_read_spoils_for_good(void **state)
{
	struct cursor c = cur_of(BYTES, 3);

	(void)state;
	assert_int_equal(cur_be32(&c), 0);
	assert_false(cur_ok(&c));
	assert_int_equal(cur_u8(&c), 0);
	assert_null(cur_take(&c, 0));
	assert_int_equal(cur_rest(&c).len, 0);
}

static void
test_every_truncation(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(BYTES); n++) {
		struct cursor c = cur_of(BYTES, n);

		assert_true(cur_be64(&c) == 0);
		assert_false(cur_ok(&c));
		c = cur_of(BYTES, n);
		assert_true(cur_le64(&c) == 0);
		c = cur_of(BYTES, n < 4 ? n : 3);
		assert_true(cur_be32(&c) == 0);
		c = cur_of(BYTES, n < 4 ? n : 3);
		assert_true(cur_le32(&c) == 0);
	}
}

static void
test_sub_keeps_to_its_part(void **state)
{
	struct cursor c = cur_of(BYTES, sizeof(BYTES)), s = cur_sub(&c, 3);

	(void)state;
	assert_int_equal(cur_rest(&s).len, 3);
	assert_int_equal(cur_u8(&c), 4);
	s = cur_sub(&c, 5);
	assert_false(cur_ok(&s));
	assert_false(cur_ok(&c));
}

static void
test_huge_length_does_not_wrap(void **state)
{
	struct cursor c = cur_of(BYTES, sizeof(BYTES));

	(void)state;
	cur_u8(&c);
	assert_null(cur_take(&c, SIZE_MAX));
	assert_false(cur_ok(&c));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads_in_both_orders),
	    cmocka_unit_test(test_short_read_spoils_for_good),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_sub_keeps_to_its_part),
	    cmocka_unit_test(test_huge_length_does_not_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
