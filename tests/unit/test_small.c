/* SPDX-License-Identifier: EUPL-1.2 */
/* The small things of common/: addresses, checksums, numbers from text. */
#include "common/addr.h"
#include "common/crc32c.h"
#include "common/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void
test_addresses(void **state)
{
	char text[ADDR_TEXT_SIZE];
	struct addr a, net;

	(void)state;
	assert_int_equal(addr_parse("fe80::1", &a), 0);
	assert_string_equal(
	    addr_text(&a, text), "fe80:0000:0000:0000:0000:0000:0000:0001");
	assert_string_equal(addr_text_short(&a, text), "fe80::1");
	assert_int_equal(addr_parse("fe80::", &net), 0);
	assert_true(addr_in(&a, &net, 10));
	assert_true(addr_in(&a, &net, 127));
	assert_false(addr_in(&a, &net, 128));
	assert_false(addr_in(&a, &net, 129));
	assert_int_equal(addr_parse("10.1.2.3", &a), 0);
	assert_false(addr_in(&a, &net, 0));
	assert_int_equal(addr_parse("10.0.0.0", &net), 0);
	assert_true(addr_in(&a, &net, 8));
	assert_true(addr_in(&a, &net, 0));
	assert_true(addr_in(&a, &net, 15));
	assert_false(addr_in(&a, &net, 16));
	assert_int_equal(addr_parse("10.1.2", &a), -1);
	assert_int_equal(addr_parse("1.2.3.4/8", &a), -1);
}

/* RFC 3720, appendix B.4, and pieces that give what the whole gives. */
static void
test_crc32c(void **state)
{
	uint8_t zeros[32] = {0}, rising[32];

	(void)state;
	for (uint8_t i = 0; i < 32; i++)
		rising[i] = i;
	assert_true(crc32c(0, zeros, 32) == 0x8a9136aa);
	assert_true(crc32c(0, rising, 32) == 0x46dd794e);
	assert_true(crc32c(0, "123456789", 9) == 0xe3069283);
	for (size_t cut = 0; cut <= 32; cut++)
		assert_true(crc32c(crc32c(0, rising, cut), rising + cut,
				32 - cut) == 0x46dd794e);
}

static void
test_numbers(void **state)
{
	static const char *const BAD[] = {
	    "", "-1", "+1", " 1", "1 ", "1x", "0x", "99999999999999999999"};
	uint64_t u;
	int64_t i;

	(void)state;
	for (size_t k = 0; k < sizeof(BAD) / sizeof(BAD[0]); k++)
		assert_int_equal(str_u64(BAD[k], UINT64_MAX, &u), -1);
	assert_int_equal(str_u64("0x1F", 31, &u), 0);
	assert_int_equal(u, 31);
	assert_int_equal(str_u64("32", 31, &u), -1);
	assert_int_equal(str_i64("-12", -12, 0, &i), 0);
	assert_int_equal(i, -12);
	assert_int_equal(str_i64("-13", -12, 0, &i), -1);
}

static void
test_hex(void **state)
{
	uint8_t out[4];
	char text[9];

	(void)state;
	assert_int_equal(str_unhex("00fFa5", 6, out, 4), 3);
	assert_memory_equal(out, "\x00\xff\xa5", 3);
	assert_int_equal(str_unhex("0", 1, out, 4), -1);
	assert_int_equal(str_unhex("0g", 2, out, 4), -1);
	assert_int_equal(str_unhex("0011223344", 10, out, 4), -1);
	str_hex("\x00\xff\xa5", 3, text);
	assert_string_equal(text, "00ffa5");
}

static void
test_copy_and_trim(void **state)
{
	char small[4], blank[] = " \t a b \n";

	(void)state;
	assert_int_equal(str_copy(small, sizeof(small), "abcd"), -1);
	assert_string_equal(small, "abc");
	assert_int_equal(str_copy(small, sizeof(small), "abc"), 0);
	assert_string_equal(str_trim(blank), "a b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_crc32c),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_hex),
	    cmocka_unit_test(test_copy_and_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
