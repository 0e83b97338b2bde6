/* SPDX-License-Identifier: EUPL-1.2 */
/* Times as text and back. */
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
test_there_and_back(void **state)
{
	static const int64_t TIMES[] = {0, 1,
	    951782400000000 /* 29 February 2000 */, 1795435200123456, -1,
	    4102444799999999};
	char text[CLOCK_TEXT_SIZE];
	int64_t back;

	(void)state;
	for (size_t i = 0; i < sizeof(TIMES) / sizeof(TIMES[0]); i++) {
		assert_int_equal(clock_parse(clock_text(TIMES[i], text), &back), 0);
		assert_true(back == TIMES[i]);
	}
	assert_string_equal(
	    clock_text(1795435200123456, text), "2026-11-23T12:00:00.123456+0000");
}

static void
test_forms_of_rfc3339(void **state)
{
	static const char *const SAME[] = {"2026-11-23T12:00:00Z",
	    "2026-11-23T13:00:00+01:00", "2026-11-23T13:00:00.000+0100",
	    "2026-11-23 07:00:00-05:00"};
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(SAME) / sizeof(SAME[0]); i++) {
		assert_int_equal(clock_parse(SAME[i], &t), 0);
		assert_true(t == 1795435200000000);
	}
}

static void
test_refuses_the_rest(void **state)
{
	static const char *const BAD[] = {"", "2026-11-23", "2026-11-23T12:00:00",
	    "2026-13-23T12:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T12:00:00Zx",
	    "2026-11-23T12:00:00.Z", "2026-11-23T12:00:00+1",
	    "x026-11-23T12:00:00Z"};
	int64_t t;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_equal(clock_parse(BAD[i], &t), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_forms_of_rfc3339),
	    cmocka_unit_test(test_refuses_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
