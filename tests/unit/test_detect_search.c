/* SPDX-License-Identifier: EUPL-1.2 */
/* What stands in for a database: literals searched one by one, ports to numbers. */
#include "agent/detect/literal.h"
#include "agent/detect/ports.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned seed = 7;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static const uint8_t *
find_plainly(const struct literal *l, const uint8_t *hay, size_t len)
{
	for (size_t i = 0; i + l->len <= len; i++) {
		size_t k = 0;

		while (k < l->len &&
		    (l->nocase ? tolower(hay[i + k]) : hay[i + k]) == l->bytes[k])
			k++;
		if (k == l->len)
			return hay + i;
	}
	return NULL;
}

/* Every length of literal and of bytes; each in memory that ends where it ends. */
static void
test_literal(void **state)
{
	static const uint8_t LETTERS[] = {
	    'a', 'A', 'b', '@', '`', '[', '{', 0xc1, 0};
	unsigned found = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t n = 1 + chance(6), len = chance(80);
		uint8_t *hay = malloc(len + 1), bytes[6];
		struct literal l = {
		    bytes, n, chance(2), 0, (uint16_t)chance((unsigned)n)};
		const uint8_t *at;

		for (size_t i = 0; i < n; i++)
			bytes[i] = LETTERS[chance(sizeof(LETTERS))];
		for (size_t i = 0; l.nocase && i < n; i++)
			bytes[i] = (uint8_t)tolower(bytes[i]);
		for (size_t i = 0; i < len; i++)
			hay[i + 1] = LETTERS[chance(sizeof(LETTERS))];
		if (chance(2))
			literal_choose(&l);
		at = find_plainly(&l, hay + 1, len);
		assert_ptr_equal(literal_find(&l, hay + 1, len), at);
		found += at != NULL;
		free(hay);
	}
	assert_true(found > 2000);
}

static void
test_ports(void **state)
{
	static uint16_t value[PORTS_PAGES * PORTS_PAGE];
	struct ports p;

	(void)state;
	memset(&p, 0, sizeof(p));
	assert_int_equal(ports_get(&p, 80), 0);
	value[0] = 1;
	value[80] = 2;
	value[65535] = 3;
	for (unsigned i = 1024; i < 2048; i++)
		value[i] = 4;
	assert_int_equal(ports_init(&p, value), 0);
	for (unsigned i = 0; i < PORTS_PAGES * PORTS_PAGE; i++)
		assert_int_equal(ports_get(&p, (uint16_t)i), value[i]);
	assert_int_equal(p.pages, 4);
	ports_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_literal),
	    cmocka_unit_test(test_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
