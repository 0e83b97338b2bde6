/* SPDX-License-Identifier: EUPL-1.2 */
/* ISO weeks in Dutch time: years with 53 weeks, turns of the year, summer time. */
#include "collector/report/week.h"
#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

static const struct {
	const char *week, *from, *to; /* UTC */
	int hours;
} weeks[] = {
    {"2026-W47", "2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z", 168},
    {"2026-W01", "2025-12-28T23:00:00Z", "2026-01-04T23:00:00Z", 168},
    {"2026-W53", "2026-12-27T23:00:00Z", "2027-01-03T23:00:00Z", 168},
    {"2027-W01", "2027-01-03T23:00:00Z", "2027-01-10T23:00:00Z", 168},
    {"2020-W53", "2020-12-27T23:00:00Z", "2021-01-03T23:00:00Z", 168},
    {"2024-W01", "2023-12-31T23:00:00Z", "2024-01-07T23:00:00Z", 168},
    /* the clock goes forward on 29 March and back on 25 October 2026 */
    {"2026-W13", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z", 167},
    {"2026-W14", "2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z", 168},
    {"2026-W43", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z", 169},
    {"2026-W44", "2026-10-25T23:00:00Z", "2026-11-01T23:00:00Z", 168},
};

static int64_t
at(const char *text)
{
	int64_t t;

	assert_int_equal(clock_parse(text, &t), 0);
	return t;
}

static void
test_bounds(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(weeks) / sizeof(weeks[0]); i++) {
		struct week w;

		assert_int_equal(week_parse(weeks[i].week, &w), 0);
		assert_int_equal(w.from_us, at(weeks[i].from));
		assert_int_equal(w.to_us, at(weeks[i].to));
		assert_int_equal(
		    (w.to_us - w.from_us) / INT64_C(3600000000), weeks[i].hours);
		assert_int_equal(week_day(&w, w.from_us), 0);
		assert_int_equal(week_day(&w, w.from_us - 1), -1);
		assert_int_equal(week_day(&w, w.to_us - 1), 6);
		assert_int_equal(week_day(&w, w.to_us), -1);
	}
}

static void
test_weeks_touch(void **state)
{
	struct week w, before;
	int n = 0;

	(void)state;
	assert_int_equal(week_parse("2033-W10", &w), 0);
	for (; w.year > 2015; w = before, n++) {
		week_before(&w, &before);
		assert_int_equal(before.to_us, w.from_us);
		assert_true(before.number >= 1 && before.number <= 53);
		assert_true(before.number == w.number - 1 ||
		    (w.number == 1 && before.year == w.year - 1));
	}
	/* 17 years of 52, and a 53rd in 2020, 2026 and 2032 */
	assert_int_equal(n, 10 + 17 * 52 + 3);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "2026", "2026-W", "2026-W00",
	    "2026-W54", "2025-W53", "2026-47", "2026-W4", "2026-W471", "2026-w47",
	    " 2026-W47", "2026-W47 ", "26-W47", "2026-W+4", "-026-W47", "2026-W-1"};
	struct week w;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (week_parse(bad[i], &w) != -1)
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

static void
test_local_time(void **state)
{
	struct week_clock c;

	(void)state;
	week_local(at("2026-11-23T14:05:59Z"), &c);
	assert_int_equal(c.year * 10000 + c.month * 100 + c.day, 20261123);
	assert_int_equal(c.hour * 100 + c.minute, 1505);
	week_local(at("2026-03-29T00:59:00Z"), &c);
	assert_int_equal(c.hour * 100 + c.minute, 159);
	week_local(at("2026-03-29T01:00:00Z"), &c);
	assert_int_equal(c.hour * 100 + c.minute, 300);
	week_local(at("2026-10-25T00:30:00Z"), &c);
	assert_int_equal(c.hour * 100 + c.minute, 230);
	assert_int_equal(c.offset_minutes, 120);
	week_local(at("2026-10-25T01:30:00Z"), &c);
	assert_int_equal(c.hour * 100 + c.minute, 230);
	assert_int_equal(c.offset_minutes, 60);
	week_local(at("2026-12-31T23:30:00Z"), &c);
	assert_int_equal(c.year * 10000 + c.month * 100 + c.day, 20270101);
	week_local(at("2024-02-29T12:00:00Z"), &c);
	assert_int_equal(c.month * 100 + c.day, 229);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_weeks_touch),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_local_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
