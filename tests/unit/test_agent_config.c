/* SPDX-License-Identifier: EUPL-1.2 */
/* agent.yaml: what is wrong is said with its line, and defaults are safe. */
#include "agent/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_agent_config.XXXXXX";
static char error[1200];

static int
load(const char *text, struct agent_config *c)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	error[0] = '\0';
	return config_agent_load(path, c, error, sizeof(error));
}

static void
test_empty_file_is_a_good_one(void **state)
{
	struct agent_config c;
	char host[256];

	(void)state;
	gethostname(host, sizeof(host));
	assert_int_equal(load("", &c), 0);
	assert_string_equal(c.id, host);
	assert_string_equal(c.host, host);
	assert_string_equal(c.collectors.v[0], "tcp://127.0.0.1:7710");
	assert_string_equal(c.key, "/var/lib/stadswacht/agent/agent.key");
	assert_int_equal(c.interfaces.n, 0);
	assert_int_equal(c.sensors, 1);
	assert_int_equal(c.libexec[0], '/');
	assert_int_equal(c.streams, CONFIG_STREAMS_COMPAT);
	assert_false(c.midstream || c.async || c.file_records);
	assert_int_equal(c.os_policies.n, 1);
	assert_string_equal(c.os_policies.v[0], "windows=0.0.0.0/0");
	config_agent_release(&c);
}

static void
test_values_arrive(void **state)
{
	struct agent_config c;

	(void)state;
	assert_int_equal(
	    load("agent: {id: sw-1, tenant: zwolle, zone: dmz}\n"
		 "state: /srv/sw\n"
		 "collector:\n"
		 "  address: [\"tcp://10.0.0.5:7710\", \"tcp://c2:7710\"]\n"
		 "capture: {interfaces: [eth0, eth1], sensors: 4}\n"
		 "streams:\n"
		 "  mode: strict\n"
		 "  midstream: true\n"
		 "  async: yes\n"
		 "  os_policy: {linux: [10.0.0.0/8, 192.0.2.7], irix: [], "
		 "bsd: \"::/0\"}\n"
		 "reputation: {categories: /c.txt, lists: [/a.list, /b.list]}\n"
		 "rules:\n"
		 "  variables: {HOME_NET: \"[10.0.0.0/8]\"}\n"
		 "files: {watch: /srv/share, scan_every: 6h, records: true}\n"
		 "memory: {sensor: 256M}\n",
		&c),
	    0);
	assert_string_equal(c.id, "sw-1");
	assert_string_equal(c.key, "/srv/sw/agent.key");
	assert_int_equal(c.collectors.n, 2);
	assert_string_equal(c.interfaces.v[1], "eth1");
	assert_int_equal(c.sensors, 4);
	assert_string_equal(c.iprep_categories, "/c.txt");
	assert_int_equal(c.iprep.n, 2);
	assert_int_equal(c.streams, CONFIG_STREAMS_STRICT);
	assert_true(c.midstream && c.async && c.file_records);
	assert_int_equal(c.os_policies.n, 3);
	assert_string_equal(c.os_policies.v[1], "linux=192.0.2.7");
	assert_string_equal(c.os_policies.v[2], "bsd=::/0");
	assert_string_equal(c.variables.v[0], "HOME_NET=[10.0.0.0/8]");
	assert_true(c.scan_every_us == 6ull * 3600 * 1000000);
	assert_true(c.memory_sensor == 256ull << 20);
	config_agent_release(&c);
}

/* The error names file and line, and holds text. */
static void
expect(const char *yaml, unsigned line, const char *text)
{
	struct agent_config c;
	char where[100];

	assert_int_equal(load(yaml, &c), -1);
	snprintf(where, sizeof(where), "%s:%u: ", path, line);
	if (strncmp(error, where, strlen(where)) != 0 ||
	    strstr(error, text) == NULL)
		fail_msg("expected %s...%s, got %s", where, text, error);
	config_agent_release(&c);
}

static void
test_mistakes_are_named(void **state)
{
	(void)state;
	expect("agent:\n  idd: x\n", 2, "unknown key");
	expect("state: /a\nstate: /b\n", 2, "state");
	expect("agent: {id: a}\nstate: relative\n", 2, "state");
	expect("capture:\n  interfaces: eth0\n  sensors: 99\n", 3, "sensors");
	expect("capture: {sensors: many}\n", 1, "sensors");
	expect("memory:\n  sensor: 1X\n", 2, "memory.sensor");
	expect("reputation:\n  lists: [/a.list]\n", 2,
	    "categories is not a full path");
	expect("reputation:\n  lists: [a.list]\n", 2, "reputation.lists: a.list");
	expect("reputation:\n  categories: /c.txt\nbundle: {file: /b.swb}\n", 2,
	    "a bundle brings its own");
	expect("streams:\n  mode: loose\n", 2, "not one of compat|strict");
	expect("streams:\n  midstream: perhaps\n", 2, "streams.midstream");
	expect("streams: {async: 2}\n", 1, "neither yes nor no");
	expect("streams:\n  os_policy: linux\n", 2, "NAME: [VALUE]");
	expect(
	    "streams:\n  os_policy:\n    beos: []\n", 3, "\"beos\" is not one of");
	expect("streams:\n  os_policy:\n    bsd: [{a: b}]\n", 3, "plain values");
	expect("streams:\n  os_policy:\n    bsd: [10.0.0.0/33]\n", 3,
	    "\"10.0.0.0/33\" is no network");
	expect("streams:\n  os_policy:\n    bsd: 10.1.2.3/8\n    linux:\n"
	       "      - 10.0.0.0/8\n",
	    5, "10.0.0.0/8 is there already, with bsd");
	expect("files:\n  records: all\n", 2, "files.records");
	expect("files:\n  scan_every: often\n", 2, "scan_every");
	expect("rules:\n  files:\n    - /ok\n    - not/full\n", 4, "full path");
	expect("files:\n  yara: [y.yar]\n", 2, "full path");
	expect("agent:\n\n  tenant: \"a b\"\n", 3, "agent.tenant");
	expect("collector:\n  address: 10.0.0.5\n", 2, "tcp://HOST:PORT");
	expect("collector:\n  address: []\n", 2, "collector.address");
	expect("rules:\n  variables: 3\n", 2, "variables");
	expect("agent: [\n", 2, "");
}

static void
test_every_truncation_ends_well(void **state)
{
	static const char whole[] = "agent: {id: sw-1}\nfiles:\n  watch: [/a, /b]\n"
				    "rules:\n  variables:\n    X: \"[1]\"\n";
	char part[sizeof(whole)];
	struct agent_config c;

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		memcpy(part, whole, n);
		part[n] = '\0';
		if (load(part, &c) == -1)
			assert_non_null(strstr(error, path));
		config_agent_release(&c);
	}
}

static void
test_only_root_may_say_what_root_starts(void **state)
{
	struct agent_config c;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(load("", &c), 0);
	config_agent_release(&c);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(config_agent_load(path, &c, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "chmod go-w"));
	config_agent_release(&c);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(config_agent_load(path, &c, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "chown root"));
	config_agent_release(&c);
	assert_int_equal(chown(path, 0, 0), 0);
}

static void
test_users(void **state)
{
	uid_t uid;
	gid_t gid;

	(void)state;
	assert_int_equal(
	    config_agent_user("61201", &uid, &gid, error, sizeof(error)), 0);
	assert_int_equal(uid, 61201);
	assert_int_equal(gid, 61201);
	assert_int_equal(
	    config_agent_user("nobody", &uid, &gid, error, sizeof(error)), 0);
	assert_int_equal(
	    config_agent_user("root", &uid, &gid, error, sizeof(error)), -1);
	assert_int_equal(
	    config_agent_user("0", &uid, &gid, error, sizeof(error)), -1);
	assert_int_equal(
	    config_agent_user("no-such-user-x", &uid, &gid, error, sizeof(error)),
	    -1);
	assert_non_null(strstr(error, "useradd"));
}

static void
test_bundle_or_files(void **state)
{
	struct agent_config c;

	(void)state;
	assert_int_equal(load("bundle: {file: /b.swb}\n", &c), 0);
	assert_string_equal(c.bundle, "/b.swb");
	assert_string_equal(c.bundle_keys, "/etc/stadswacht/bundle.pub");
	config_agent_release(&c);
	assert_int_equal(
	    load("rules: {files: /r}\nbundle: {file: /b.swb}\n", &c), -1);
	assert_non_null(strstr(error, ":2: bundle.file: rules.files is there too"));
	config_agent_release(&c);
	assert_int_equal(load("bundle: {file: b.swb}\n", &c), -1);
	assert_non_null(strstr(error, "begin it with /"));
	config_agent_release(&c);
}

static int
remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty_file_is_a_good_one),
	    cmocka_unit_test(test_values_arrive),
	    cmocka_unit_test(test_mistakes_are_named),
	    cmocka_unit_test(test_every_truncation_ends_well),
	    cmocka_unit_test(test_only_root_may_say_what_root_starts),
	    cmocka_unit_test(test_users),
	    cmocka_unit_test(test_bundle_or_files),
	};
	int fd = mkstemp(path);

	if (fd == -1)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, remove_file);
}
