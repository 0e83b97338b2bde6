/* SPDX-License-Identifier: EUPL-1.2 */
/* The hash table against a plain array, through many puts and takes. */
#include "common/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#define KEYS 5000

static void
test_against_a_model(void **state)
{
	struct table *t = table_new(KEYS, NULL);
	static char present[KEYS];
	unsigned seed = 7;
	size_t count = 0;

	(void)state;
	assert_non_null(t);
	for (int i = 0; i < 60000; i++) {
		int k = rand_r(&seed) % KEYS;
		void *v = (void *)(uintptr_t)(k + 1);

		if (present[k]) {
			assert_ptr_equal(table_get(t, &k, sizeof(k)), v);
			if (rand_r(&seed) % 2 == 0) {
				assert_ptr_equal(table_take(t, &k, sizeof(k)), v);
				present[k] = 0;
				count--;
			}
			continue;
		}
		assert_null(table_get(t, &k, sizeof(k)));
		assert_null(table_take(t, &k, sizeof(k)));
		assert_int_equal(table_put(t, &k, sizeof(k), v), 0);
		present[k] = 1;
		count++;
		assert_int_equal(table_count(t), count);
	}
	table_free(t);
}

static void
test_maximum_and_repeats(void **state)
{
	struct table *t = table_new(2, free);
	char *v = malloc(1);

	(void)state;
	assert_int_equal(table_put(t, "a", 1, malloc(1)), 0);
	assert_int_equal(table_put(t, "a", 1, v), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(table_put(t, "", 0, malloc(1)), 0);
	assert_int_equal(table_put(t, "c", 1, v), -1);
	assert_int_equal(errno, ENOSPC);
	free(v);
	table_free(t);
}

static void
test_walk_in_order_while_taking(void **state)
{
	struct table *t = table_new(100, NULL);
	size_t pos = 0, len;
	const void *key;
	uintptr_t seen = 0;
	void *v;

	(void)state;
	for (uintptr_t i = 1; i <= 50; i++)
		assert_int_equal(table_put(t, &i, sizeof(i), (void *)i), 0);
	while ((v = table_next(t, &pos, &key, &len)) != NULL) {
		assert_int_equal((uintptr_t)v, ++seen);
		assert_memory_equal(key, &seen, sizeof(seen));
		assert_ptr_equal(table_take(t, &seen, sizeof(seen)), v);
	}
	assert_int_equal(seen, 50);
	assert_int_equal(table_count(t), 0);
	table_free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_against_a_model),
	    cmocka_unit_test(test_maximum_and_repeats),
	    cmocka_unit_test(test_walk_in_order_while_taking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
