/* SPDX-License-Identifier: EUPL-1.2 */
/* YAML and configuration files: what is right is read, what is wrong has a line. */
#include "common/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct settings {
	char *name, *path;
	bool on;
	uint64_t count, size, wait_us;
	int colour;
	struct conf_list list, vars;
};

static const struct conf_key KEYS[] = {
    {"name", CONF_TEXT, offsetof(struct settings, name), NULL, 0, 0, NULL, "who"},
    {"store.path", CONF_PATH, offsetof(struct settings, path), "/var/x", 0, 0, NULL,
	"where"},
    {"store.on", CONF_BOOL, offsetof(struct settings, on), "yes", 0, 0, NULL,
	"whether"},
    {"store.count", CONF_UINT, offsetof(struct settings, count), "3", 1, 10, NULL,
	"n"},
    {"store.size", CONF_SIZE, offsetof(struct settings, size), "64K", 0, 0, NULL,
	"size"},
    {"store.wait", CONF_DURATION, offsetof(struct settings, wait_us), "5s", 0, 0,
	NULL, "t"},
    {"colour", CONF_CHOICE, offsetof(struct settings, colour), "red", 0, 0,
	"red|green", "c"},
    {"list", CONF_LIST, offsetof(struct settings, list), "", 0, 0, NULL, "l"},
    {"vars", CONF_MAP, offsetof(struct settings, vars), "", 0, 0, NULL, "v"},
    {0},
};

static char error[300];

static int
load(const char *text, struct settings *s)
{
	char path[] = "/tmp/test_yaml.XXXXXX";
	int fd = mkstemp(path), rc;

	memset(s, 0, sizeof(*s));
	memset(error, 0, sizeof(error));
	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	rc = conf_load(path, KEYS, s, error, sizeof(error));
	unlink(path);
	return rc;
}

static void
test_values_and_defaults(void **state)
{
	struct settings s;

	(void)state;
	assert_int_equal(
	    load("name: a b\nstore:\n  size: 2G\n  wait: 200ms\ncolour: green\n"
		 "list: [x, 'y z']\nvars:\n  HOME_NET: '[10.0.0.0/8]'\n",
		&s),
	    0);
	assert_string_equal(s.name, "a b");
	assert_string_equal(s.path, "/var/x");
	assert_true(
	    s.on && s.count == 3 && s.size == 2ull << 30 && s.wait_us == 200000);
	assert_int_equal(s.colour, 1);
	assert_int_equal(s.list.n, 2);
	assert_string_equal(s.list.v[1], "y z");
	assert_string_equal(s.vars.v[0], "HOME_NET=[10.0.0.0/8]");
	conf_release(KEYS, &s);
}

static void
test_each_mistake_names_its_line(void **state)
{
	static const struct {
		const char *text, *says;
	} BAD[] = {
	    {"name: x\nnmae: y\n", ":2: unknown key \"nmae\""},
	    {"name: x\nstore:\n  siez: 3\n",
		":3: unknown key \"store.siez\"; did you mean \"store.size\"?"},
	    {"name: x\nname: y\n", ":2: key \"name\" is there twice"},
	    {"name: x\nstore:\n  count: 11\n",
		":3: store.count: 11 is out of range; from 1 to 10"},
	    {"name: x\nstore: {count: -1}\n",
		":2: store.count: \"-1\" is not a whole number"},
	    {"name: x\nstore:\n  path: var/x\n",
		":3: store.path: \"var/x\" is no full path"},
	    {"name: x\nstore:\n  on: maybe\n",
		":3: store.on: \"maybe\" is neither yes nor no"},
	    {"name: x\nstore:\n  wait: 5\n",
		":3: store.wait: \"5\" is not a duration"},
	    {"name: x\ncolour: blue\n",
		":2: colour: \"blue\" is not one of red|green"},
	    {"name: [x]\n", ":1: name: one value, not a list"},
	    {"name: x\nlist: {a: b}\n", ":2: list: one plain value"},
	    {"colour: red\n", ": key \"name\" is missing"},
	    {"name: x\n---\nname: y\n", ":3: one document a file"},
	    {"- x\n", ":1: keys with values"},
	    {"name: &a x\n", ":1: anchors, aliases and tags"},
	    {"name: 'x\n", ":2: "},
	};
	struct settings s;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		assert_int_equal(load(BAD[i].text, &s), -1);
		if (strstr(error, BAD[i].says) == NULL)
			fail_msg("%s: \"%s\" lacks \"%s\"", BAD[i].text, error,
			    BAD[i].says);
		conf_release(KEYS, &s);
	}
}

static void
test_missing_file(void **state)
{
	struct settings s = {0};

	(void)state;
	assert_int_equal(
	    conf_load("/nonexistent/x.yaml", KEYS, &s, error, sizeof(error)), -1);
	assert_string_equal(
	    error, "/nonexistent/x.yaml: No such file or directory");
	conf_release(KEYS, &s);
}

static void
test_depth_and_every_truncation(void **state)
{
	static const char GOOD[] = "a: [1, {b: 'c', d: [e, f]}]\n--- \nx: |\n  t\n";
	static char deep[100000];
	struct yaml_error e;
	struct yaml_doc *d;

	(void)state;
	memset(deep, '[', sizeof(deep));
	assert_null(yaml_parse(deep, sizeof(deep), &e));
	assert_string_equal(e.text, "nested too deep");
	assert_null(yaml_parse(deep, YAML_DEPTH_MAX + 1, &e));
	for (size_t n = 0; n < strlen(GOOD); n++)
		yaml_free(yaml_parse(GOOD, n, &e));
	d = yaml_parse(GOOD, strlen(GOOD), &e);
	assert_non_null(d);
	assert_int_equal(yaml_count(d), 2);
	assert_string_equal(yaml_text(yaml_root(d, 1), "x", ""), "t\n");
	yaml_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values_and_defaults),
	    cmocka_unit_test(test_each_mistake_names_its_line),
	    cmocka_unit_test(test_missing_file),
	    cmocka_unit_test(test_depth_and_every_truncation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
