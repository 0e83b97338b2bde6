/* SPDX-License-Identifier: EUPL-1.2 */
/* Query strings and Host headers: what is wrong is refused, tenants stay apart. */
#include "collector/limits.h"
#include "collector/web/query.h"
#include "collector/web/web.h"
#include "common/clock.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct given {
	const char *name, *value;
};

static const char *
get(const void *from, const char *name)
{
	const struct given *g;

	for (g = from; g->name != NULL; g++)
		if (strcmp(g->name, name) == 0)
			return g->value;
	return NULL;
}

#define NOW (1000 * INT64_C(3600) * CLOCK_US)

static enum query_result
parse(struct query *q, const char *tenant, const char *name, const char *value)
{
	const struct given g[] = {{name, value}, {NULL, NULL}};
	char error[160] = "";
	enum query_result r =
	    query_parse(q, FILTER_ALL, tenant, get, g, NOW, error, sizeof(error));

	if (r == QUERY_WRONG) /* the message names the parameter */
		assert_int_equal(strncmp(error, name, strlen(name)), 0);
	return r;
}

static void
test_values(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, "", "x", "y"), QUERY_OK);
	assert_int_equal(q.after_id, -1);
	assert_int_equal(q.limit, 100);
	assert_int_equal(q.filter.cls, -1);
	assert_int_equal(parse(&q, "", "limit", "1000"), QUERY_OK);
	assert_int_equal(q.limit, 1000);
	assert_int_equal(parse(&q, "", "after", "0"), QUERY_OK);
	assert_int_equal(q.after_id, 0);
	assert_int_equal(parse(&q, "", "class", "finding"), QUERY_OK);
	assert_int_equal(q.filter.cls, RECORD_FINDING);
	assert_int_equal(parse(&q, "", "since", "2h"), QUERY_OK);
	assert_true(q.since_us == NOW - 7200 * (int64_t)CLOCK_US);
	assert_int_equal(parse(&q, "", "since", "1970-01-02T00:00:00Z"), QUERY_OK);
	assert_true(q.since_us == 86400 * (int64_t)CLOCK_US);
	assert_int_equal(parse(&q, "", "severity", ""), QUERY_OK);
	assert_int_equal(q.filter.max_severity, 0);
}

static void
test_wrong_values(void **state)
{
	static const struct given wrong[] = {{"limit", "0"}, {"limit", "1001"},
	    {"limit", "-1"}, {"limit", "ten"}, {"after", "-2"}, {"before", "0"},
	    {"severity", "0"}, {"severity", "high"}, {"sid", "x"},
	    {"class", "loud"}, {"since", "h"}, {"since", "2x"},
	    {"since", "yesterday"}, {"engine", "a name that is far too long"}};
	struct query q;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(
		    parse(&q, "", wrong[i].name, wrong[i].value), QUERY_WRONG);
}

static void
test_tenant_cannot_be_left(void **state)
{
	struct query q;

	(void)state;
	assert_int_equal(parse(&q, "", "tenant", "kampen"), QUERY_OK);
	assert_string_equal(q.filter.tenant, "kampen");
	assert_int_equal(parse(&q, "zwolle", "tenant", "kampen"), QUERY_FORBIDDEN);
	assert_int_equal(parse(&q, "zwolle", "x", "y"), QUERY_OK);
	assert_string_equal(q.filter.tenant, "zwolle");
	assert_int_equal(parse(&q, "zwolle", "tenant", "zwolle"), QUERY_OK);
	assert_string_equal(q.filter.tenant, "zwolle");
}

static void
test_host_header(void **state)
{
	static const char *const good[] = {
	    "127.0.0.1:7780", "localhost:7780", "LOCALHOST:7780", "[::1]:7780"};
	static const char *const bad[] = {"evil.example", "evil.example:7780",
	    "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:7780",
	    "127.0.0.1:7780.evil.example", ""};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(routes_host_ok(good[i], "127.0.0.1:7780"));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(routes_host_ok(bad[i], "127.0.0.1:7780"));
	assert_false(routes_host_ok(NULL, "127.0.0.1:7780"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_wrong_values),
	    cmocka_unit_test(test_tenant_cannot_be_left),
	    cmocka_unit_test(test_host_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
