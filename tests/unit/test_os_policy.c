/* SPDX-License-Identifier: EUPL-1.2 */
/* Which policy a host has, and what is no list of networks. */
#include "agent/os_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct os_networks hosts;
static char error[300];

static int
add(const char *text)
{
	error[0] = '\0';
	return os_networks_add(&hosts, text, error, sizeof(error));
}

static enum os_policy
policy_of(const char *host)
{
	struct addr a;

	assert_int_equal(addr_parse(host, &a), 0);
	return os_networks_policy(&hosts, &a);
}

static void
test_narrowest_counts(void **state)
{
	(void)state;
	memset(&hosts, 0, sizeof(hosts));
	assert_int_equal(policy_of("10.0.0.1"), OS_BSD);
	assert_int_equal(
	    add("windows=0.0.0.0/0,Linux=10.0.0.0/8,2001:db8::/32"), 0);
	assert_int_equal(add("solaris=10.1.2.3,vista=10.1.0.0/16"), 0);
	assert_int_equal(policy_of("192.0.2.1"), OS_WINDOWS);
	assert_int_equal(policy_of("10.0.0.1"), OS_LINUX);
	assert_int_equal(policy_of("10.1.2.2"), OS_VISTA);
	assert_int_equal(policy_of("10.1.2.3"), OS_SOLARIS);
	assert_int_equal(policy_of("2001:db8::1"), OS_LINUX);
	assert_int_equal(policy_of("2001:db9::1"), OS_BSD);
}

static void
test_name_alone_is_all(void **state)
{
	(void)state;
	memset(&hosts, 0, sizeof(hosts));
	assert_int_equal(add("hpux11,irix=10.0.0.0/8"), 0);
	assert_int_equal(policy_of("192.0.2.1"), OS_HPUX11);
	assert_int_equal(policy_of("::1"), OS_HPUX11);
	assert_int_equal(policy_of("10.255.0.1"), OS_IRIX);
}

static void
test_every_name(void **state)
{
	char names[] = OS_POLICY_NAMES, *save = NULL;
	int n = 0;

	(void)state;
	for (char *p = strtok_r(names, "|", &save); p != NULL;
	     p = strtok_r(NULL, "|", &save)) {
		memset(&hosts, 0, sizeof(hosts));
		assert_int_equal(add(p), 0);
		assert_int_equal(policy_of("192.0.2.1"), n++);
	}
	assert_int_equal(n, OS_POLICIES);
}

static void
test_mistakes(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
	    {"", "no policy \"\""},
	    {"beos=10.0.0.0/8", "no policy \"beos\""},
	    {"linux=", "no network"},
	    {"linux=10.0.0.0/33", "\"10.0.0.0/33\" is no network"},
	    {"linux=10.0.0.0/", "no network"},
	    {"linux=::/129", "no network"},
	    {"linux=10.0.0", "no network"},
	    {"linux=!10.0.0.0/8", "no network"},
	    {"linux=10.0.0.0/8,", "no network"},
	    {"linux=10.0.0.0/8,bsd", "no network"},
	    {"linux=10.1.0.0/8,bsd=10.2.0.0/8", "10.0.0.0/8 is there already"},
	};
	char text[400];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&hosts, 0, sizeof(hosts));
		assert_int_equal(add(cases[i].text), -1);
		if (strstr(error, cases[i].error) == NULL)
			fail_msg("%s: %s", cases[i].text, error);
	}
	memset(text, '1', sizeof(text));
	memcpy(text, "linux=", 6);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(add(text), -1);
	assert_non_null(strstr(error, "too long"));
}

static void
test_no_more_than_fit(void **state)
{
	char text[40];

	(void)state;
	memset(&hosts, 0, sizeof(hosts));
	for (unsigned i = 0; i < OS_NETWORKS_MAX; i++) {
		snprintf(text, sizeof(text), "linux=10.0.%u.%u", i / 256, i % 256);
		assert_int_equal(add(text), 0);
	}
	assert_int_equal(add("linux=10.9.9.9"), -1);
	assert_non_null(strstr(error, "more than 256"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_narrowest_counts),
	    cmocka_unit_test(test_name_alone_is_all),
	    cmocka_unit_test(test_every_name),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_no_more_than_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
