/* SPDX-License-Identifier: EUPL-1.2 */
/* Address and port lists: what they hold, against a set of bits; what is refused. */
#include "agent/detect/lists.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct lists *lists;
static char error[200];

static int
setup(void **state)
{
	(void)state;
	lists = lists_new();
	assert_int_equal(
	    lists_set(lists, "HOME", "[10.0.0.0/8,fd00::/8]", error, sizeof(error)),
	    0);
	assert_int_equal(
	    lists_set(lists, "EXT", "!$HOME", error, sizeof(error)), 0);
	assert_int_equal(
	    lists_set(lists, "WEB", "[80,8000:8080]", error, sizeof(error)), 0);
	assert_int_equal(
	    lists_set(lists, "LOOP", "[$LOOP2]", error, sizeof(error)), 0);
	assert_int_equal(
	    lists_set(lists, "LOOP2", "$LOOP", error, sizeof(error)), 0);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lists_free(lists);
	return 0;
}

static bool
has(const char *list, const char *address)
{
	const struct addr_set *s = lists_addr(lists, list, error, sizeof(error));
	struct addr a;

	if (s == NULL)
		fail_msg("%s", error);
	assert_int_equal(addr_parse(address, &a), 0);
	return lists_has_addr(s, &a);
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_true(has("any", "1.2.3.4"));
	assert_true(has("any", "2001:db8::1"));
	assert_true(has("1.2.3.4", "1.2.3.4"));
	assert_false(has("1.2.3.4", "1.2.3.5"));
	assert_true(has("1.2.3.0/255.255.255.0", "1.2.3.255"));
	assert_true(has("1.2.3.4-1.2.3.9", "1.2.3.9"));
	assert_false(has("1.2.3.4-1.2.3.9", "1.2.3.10"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has(
	    "[10.0.0.0/8, !10.1.0.0/16, ![10.2.0.0/16,10.3.0.0/16]]", "10.4.0.1"));
	assert_false(has(
	    "[10.0.0.0/8, !10.1.0.0/16, ![10.2.0.0/16,10.3.0.0/16]]", "10.3.0.1"));
	assert_true(has("$HOME", "fd12::1"));
	assert_true(has("$EXT", "8.8.8.8"));
	assert_true(has("$EXT", "2001:db8::1"));
	assert_false(has("$EXT", "10.0.0.1"));
	assert_true(has("!$EXT", "10.0.0.1"));
	assert_true(has("[$EXT,10.9.9.9]", "10.9.9.9"));
	assert_false(has("[!1.1.1.1,!2.2.2.2]", "2.2.2.2"));
	assert_true(has("[!1.1.1.1,!2.2.2.2]", "3.3.3.3"));
	assert_true(has("0.0.0.0/0", "255.255.255.255"));
	assert_false(has("0.0.0.0/0", "::1"));
	assert_true(has("::/0", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
}

static void
test_negation_is_noted(void **state)
{
	(void)state;
	assert_true(lists_addr(lists, "$EXT", error, sizeof(error))->negated);
	assert_false(lists_addr(lists, "$HOME", error, sizeof(error))->negated);
	assert_true(lists_addr(lists, "any", error, sizeof(error))->any);
	assert_true(lists_port(lists, "0:65535", error, sizeof(error))->any);
}

static void
test_what_is_refused(void **state)
{
	static const char *const ADDRS[] = {"", "!any", "[1.2.3.4", "1.2.3.4]",
	    "1.2.3", "1.2.3.4/33", "1.2.3.4/255.0.255.0", "[1.2.3.4,]", "[]",
	    "$NONE", "$", "[1.2.3.4,!1.2.3.4]", "2.2.2.2-1.1.1.1", "1.1.1.1-::1",
	    "fd00::/129", "$LOOP",
	    "[[[[[[[[[[[[[[[[[[[[1.2.3.4]]]]]]]]]]]]]]]]]]]]", "80", "a b",
	    "[1.1.1.1]x"};
	static const char *const PORTS[] = {"", "!any", "65536", "2:1", ":",
	    "80-90", "x", "[80,!80]", "[80", "-1", "$NONE", "1.2.3.4", "!0:65535"};

	(void)state;
	for (size_t i = 0; i < sizeof(ADDRS) / sizeof(ADDRS[0]); i++) {
		error[0] = '\0';
		if (lists_addr(lists, ADDRS[i], error, sizeof(error)) != NULL)
			fail_msg("taken: %s", ADDRS[i]);
		assert_string_not_equal(error, "");
	}
	for (size_t i = 0; i < sizeof(PORTS) / sizeof(PORTS[0]); i++)
		if (lists_port(lists, PORTS[i], error, sizeof(error)) != NULL)
			fail_msg("taken: %s", PORTS[i]);
	assert_null(lists_port(lists, "$NONE", error, sizeof(error)));
	assert_non_null(strstr(error, "--set NONE="));
}

static void
test_every_truncation_is_safe(void **state)
{
	static const char GOOD[] =
	    "[10.0.0.0/8,![10.1.0.0/16,$HOME],fd00::1-fd00::2]";
	char cut[sizeof(GOOD)];

	(void)state;
	for (size_t n = 0; n < sizeof(GOOD) - 1; n++) {
		memcpy(cut, GOOD, n);
		cut[n] = '\0';
		assert_null(lists_addr(lists, cut, error, sizeof(error)));
	}
}

/* --- against a model: one bool a port --------------------------------------- */

static unsigned seed = 20261123;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* Write a random list and compute its set at once. */
static void
random_list(char *out, size_t size, bool set[65536], int depth)
{
	bool plus[1024] = {false}, minus[1024] = {false}, has_plus = false;
	unsigned n = 1 + chance(4);
	size_t len = 0;

	len += (size_t)snprintf(out + len, size - len, "[");
	for (unsigned i = 0; i < n; i++) {
		bool negated = chance(3) == 0;
		bool *to = negated ? minus : plus;

		len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "," : "",
		    negated ? "!" : "");
		has_plus |= !negated;
		if (depth > 0 && chance(4) == 0) {
			static bool inner[3][65536];

			random_list(out + len, size - len, inner[depth], depth - 1);
			len += strlen(out + len);
			for (unsigned p = 0; p < 1024; p++)
				to[p] |= inner[depth][p];
		} else {
			unsigned a = chance(1024), b = a + chance(64);

			if (b > 1023)
				b = 1023;
			len +=
			    (size_t)snprintf(out + len, size - len, "%u:%u", a, b);
			for (unsigned p = a; p <= b; p++)
				to[p] = true;
		}
	}
	snprintf(out + len, size - len, "]");
	for (unsigned p = 0; p < 1024; p++)
		set[p] = (plus[p] || !has_plus) && !minus[p];
}

static void
test_ports_against_a_model(void **state)
{
	static bool set[65536];
	char text[4096];
	unsigned compared = 0;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const struct port_set *s;

		random_list(text, sizeof(text), set, 2);
		if ((s = lists_port(lists, text, error, sizeof(error))) == NULL) {
			/* The only reason may be that nothing is left. */
			if (strstr(error, "nothing is left") == NULL)
				fail_msg("%s", error);
			continue;
		}
		compared++;
		for (unsigned p = 0; p < 1024; p++)
			if (lists_has_port(s, (uint16_t)p) != set[p])
				fail_msg("%s: port %u", text, p);
	}
	assert_true(compared > 1000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_negation_is_noted),
	    cmocka_unit_test(test_what_is_refused),
	    cmocka_unit_test(test_every_truncation_is_safe),
	    cmocka_unit_test(test_ports_against_a_model),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
