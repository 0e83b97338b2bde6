/* SPDX-License-Identifier: EUPL-1.2 */
/* A risk between two hosts is told once an hour, and nothing else is held back. */
#include "agent/event/calm.h"
#include "agent/limits.h"
#include "common/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START 1000000000000000ll

static struct addr
host(uint8_t last)
{
	return (struct addr){.family = 4, .b = {10, 0, 0, last}};
}

static void
once_an_hour(void **state)
{
	struct event_calm *c = event_calm_new();
	struct addr a = host(1), b = host(2), other = host(3);
	uint64_t repeats;

	(void)state;
	assert_true(event_calm_ask(c, &a, &b, 7, START, &repeats));
	assert_false(event_calm_ask(c, &a, &b, 7, START + 1, &repeats));
	/* either may be the client */
	assert_false(
	    event_calm_ask(c, &b, &a, 7, START + EVENT_CALM_US - 1, &repeats));
	assert_true(event_calm_ask(c, &a, &b, 8, START, &repeats));
	assert_true(event_calm_ask(c, &a, &other, 7, START, &repeats));
	assert_true(event_calm_ask(c, &a, &b, 7, START + EVENT_CALM_US, &repeats));
	assert_int_equal(repeats, 2);
	event_calm_free(c);
}

static void
a_clock_set_back_does_not_silence(void **state)
{
	struct event_calm *c = event_calm_new();
	struct addr a = host(1), b = host(2);
	uint64_t repeats;

	(void)state;
	assert_true(event_calm_ask(c, &a, &b, 7, START, &repeats));
	assert_true(event_calm_ask(c, &a, &b, 7, START - 86400000000ll, &repeats));
	event_calm_free(c);
}

/* A flood of pairs makes it forget old ones; a new one is always told. */
static void
a_flood_only_causes_repeats(void **state)
{
	struct event_calm *c = event_calm_new();
	struct addr b = host(2);
	uint64_t repeats;

	(void)state;
	for (uint32_t i = 0; i < 2 * EVENT_CALM_PAIRS; i++) {
		struct addr a = {.family = 4,
		    .b = {11, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

		assert_true(event_calm_ask(c, &a, &b, 7, START + i, &repeats));
	}
	event_calm_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(once_an_hour),
	    cmocka_unit_test(a_clock_set_back_does_not_silence),
	    cmocka_unit_test(a_flood_only_causes_repeats),
	};

	table_fixed_key();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
