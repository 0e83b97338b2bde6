/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Every pattern that is in the bytes is told, wherever it stands: small sets,
 * alike ones, any length and alignment.  Vectorscan alone does not do that.
 */
#include "agent/detect/mpm.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATTERNS 80

static unsigned seed = 5;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static uint8_t
random_byte(bool rich)
{
	static const uint8_t LETTERS[] = {'a', 'b', 'c', 'A', 'B', 0, 0xff, 'd'};

	return rich ? (uint8_t)chance(256) : LETTERS[chance(sizeof(LETTERS))];
}

static bool
is_in(const struct mpm_pattern *p, const uint8_t *s, size_t len)
{
	for (size_t i = 0; i + p->len <= len; i++) {
		size_t k = 0, end = i + p->len;

		while (k < p->len &&
		    (p->nocase ? tolower(s[i + k]) == p->bytes[k]
			       : s[i + k] == p->bytes[k]))
			k++;
		if (k == p->len && end >= p->min_end &&
		    (p->max_end == 0 || end <= p->max_end) &&
		    (!p->at_end || end == len))
			return true;
	}
	return false;
}

static void
on_rules(void *arg, const uint32_t *rule, size_t n)
{
	unsigned *told = arg;

	for (size_t i = 0; i < n; i++)
		told[rule[i]]++;
}

static void
random_pattern(struct mpm_pattern *p, uint8_t *bytes, int first)
{
	bool rich = chance(2);

	memset(p, 0, sizeof(*p));
	p->len = 1 + chance(8);
	p->nocase = chance(3) == 0;
	for (size_t i = 0; i < p->len; i++)
		bytes[i] = random_byte(rich);
	if (first != -1)
		bytes[0] = (uint8_t)first;
	for (size_t i = 0; p->nocase && i < p->len; i++)
		bytes[i] = (uint8_t)tolower(bytes[i]);
	p->bytes = bytes;
	p->min_end = chance(5) ? 0 : p->len + chance(60);
	p->max_end = chance(5) ? 0 : p->len + chance(100);
	p->at_end = chance(6) == 0;
}

static void
test_nothing_is_missed(void **state)
{
	size_t found = 0;

	(void)state;
	for (int round = 0; round < 150; round++) {
		struct mpm_pattern p[PATTERNS];
		uint8_t bytes[PATTERNS][8], buffer[700];
		unsigned n = 1 + (chance(4) ? chance(8) : chance(PATTERNS - 1));
		int first = chance(3) ? -1 : (int)chance(256);
		struct mpm_scratch *s = mpm_scratch_new();
		struct mpm *m = mpm_new();
		char error[200];

		for (unsigned i = 0; i < n; i++) {
			random_pattern(&p[i], bytes[i], first);
			assert_int_equal(mpm_add(m, &p[i], i), 0);
		}
		assert_int_equal(mpm_build(m, NULL, error, sizeof(error)), 0);
		assert_int_equal(mpm_scratch_fit(s, m), 0);
		for (int t = 0; t < 60; t++) {
			unsigned told[PATTERNS] = {0}, at = chance(64),
				 len = 1 + (chance(3) ? chance(140) : chance(600)),
				 w = chance(n);
			uint8_t fill = (uint8_t)chance(256);
			bool rich = chance(2);

			for (unsigned i = 0; i < len; i++)
				buffer[at + i] = t % 2 ? fill : random_byte(rich);
			if (p[w].len <= len)
				memcpy(buffer + at +
					chance(len - (unsigned)p[w].len + 1),
				    p[w].bytes, p[w].len);
			mpm_scan(
			    m, s, (struct span){buffer + at, len}, on_rules, told);
			for (unsigned i = 0; i < n; i++) {
				bool want = is_in(&p[i], buffer + at, len);

				assert_int_equal(told[i], want);
				found += want;
			}
		}
		mpm_scratch_free(s);
		mpm_free(m);
	}
	assert_true(found > 5000);
}

static void
test_alike_patterns_share(void **state)
{
	struct mpm_pattern p = {(const uint8_t *)"ab", 2, false, 0, 0, false};
	struct mpm_scratch *s = mpm_scratch_new();
	struct mpm *m = mpm_new();
	unsigned told[3] = {0};
	char error[200];

	(void)state;
	assert_int_equal(mpm_add(m, &p, 0), 0);
	assert_int_equal(mpm_add(m, &p, 1), 0);
	p.nocase = true;
	assert_int_equal(mpm_add(m, &p, 2), 0);
	p.len = 0;
	assert_int_equal(mpm_add(m, &p, 2), -1);
	assert_int_equal(mpm_build(m, NULL, error, sizeof(error)), 0);
	assert_int_equal(mpm_patterns(m), 2);
	assert_int_equal(mpm_scratch_fit(s, m), 0);
	mpm_scan(m, s, (struct span){(const uint8_t *)"ABABab", 6}, on_rules, told);
	assert_int_equal(told[0], 1);
	assert_int_equal(told[1], 1);
	assert_int_equal(told[2], 1);
	mpm_scratch_free(s);
	mpm_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_is_missed),
	    cmocka_unit_test(test_alike_patterns_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
