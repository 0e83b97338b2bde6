/* SPDX-License-Identifier: EUPL-1.2 */
/* A buffer never grows past its maximum, and says so once. */
#include "common/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void
test_keeps_to_its_maximum(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 8);
	assert_int_equal(buf_add(&b, "12345678", 8), 0);
	assert_int_equal(buf_addc(&b, 'x'), -1);
	assert_true(b.overflow);
	assert_int_equal(b.len, 8);
	buf_reset(&b);
	assert_false(b.overflow);
	assert_int_equal(buf_add(&b, "123456789", 9), -1);
	assert_int_equal(b.len, 0);
	assert_null(buf_str(&b));
	buf_release(&b);
}

static void
test_huge_request_does_not_wrap(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, SIZE_MAX);
	assert_int_equal(buf_adds(&b, "abc"), 0);
	assert_int_equal(buf_reserve(&b, SIZE_MAX - 1), -1);
	assert_int_equal(b.len, 3);
	buf_release(&b);
}

static void
test_format_and_consume(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 1024);
	for (int i = 0; i < 60; i++)
		assert_int_equal(buf_addf(&b, "%04d", i), 0);
	buf_consume(&b, 4 * 58);
	assert_string_equal(buf_str(&b), "00580059");
	buf_consume(&b, 1000);
	assert_int_equal(b.len, 0);
	buf_add_le32(&b, 0x01020304);
	assert_memory_equal(b.data, "\x04\x03\x02\x01", 4);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keeps_to_its_maximum),
	    cmocka_unit_test(test_huge_request_does_not_wrap),
	    cmocka_unit_test(test_format_and_consume),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
