/* SPDX-License-Identifier: EUPL-1.2 */
/* collector.yaml: defaults that fit together, and errors that name the line. */
#include "collector/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_collector_config.XXXXXX";
static char error[300];

static int
load(const char *text, struct collector_config *c)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return config_load(path, c, error, sizeof(error));
}

static void
test_defaults_follow_the_state_folder(void **state)
{
	struct collector_config c;

	(void)state;
	assert_int_equal(load("state: /srv/sw\n", &c), 0);
	assert_string_equal(c.store_uri, "sqlite:/srv/sw/store.db");
	assert_string_equal(c.key_path, "/srv/sw/collector.key");
	assert_string_equal(c.web_socket, "/srv/sw/web.sock");
	assert_string_equal(c.listen, "tcp://127.0.0.1:7710");
	assert_string_equal(c.web_listen, "127.0.0.1:7780");
	assert_true(c.web && c.correlate);
	assert_int_equal(c.tenants.n, 0);
	config_release(&c);
}

static void
test_tenants(void **state)
{
	struct collector_config c;

	(void)state;
	assert_int_equal(
	    load("tenants:\n  zwolle: Gemeente Zwolle\n  kampen: \"\"\n", &c), 0);
	assert_string_equal(config_tenant_title(&c, "zwolle"), "Gemeente Zwolle");
	assert_string_equal(config_tenant_title(&c, "kampen"), "kampen");
	assert_true(config_tenant_known(&c, "kampen"));
	/* A name's beginning is not the name. */
	assert_false(config_tenant_known(&c, "zwol"));
	assert_false(config_tenant_known(&c, "zwolle2"));
	config_release(&c);
}

static void
test_errors_name_the_line(void **state)
{
	static const struct {
		const char *text, *line, *what;
	} BAD[] = {
	    {"state: /srv\nlisten: x\nretention_days: 0\n",
		":3:", "retention_days"},
	    {"state: here\n", ":1:", "full path"},
	    {"web:\n  enabled: maybe\n", ":2:", "web.enabled"},
	    {"web:\n  listn: x\n", ":2:", "unknown key"},
	};
	struct collector_config c;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		assert_int_equal(load(BAD[i].text, &c), -1);
		assert_non_null(strstr(error, BAD[i].line));
		assert_non_null(strstr(error, BAD[i].what));
		config_release(&c);
	}
}

static int
set_up(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd == -1 ? -1 : close(fd);
}

static int
tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults_follow_the_state_folder),
	    cmocka_unit_test(test_tenants),
	    cmocka_unit_test(test_errors_name_the_line),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
