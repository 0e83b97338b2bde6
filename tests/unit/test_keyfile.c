/* SPDX-License-Identifier: EUPL-1.2 */
/* Key files: for their owner alone, never overwritten, told apart from other files. */
#include "common/keyfile.h"

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

static const struct keyfile KEY = {"0123456789abcdefghijABCDEFGHIJ.-:+=^!/*?",
    "abcdefghij0123456789ABCDEFGHIJ&<>()[]{}@"};
static char folder[] = "/tmp/test_keyfile.XXXXXX", secret[64], public[64],
	    error[200];

static void
put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
}

static void
test_there_and_back(void **state)
{
	char key[KEYFILE_Z85];
	struct keyfile k;
	struct stat st;

	(void)state;
	assert_int_equal(keyfile_write(secret, &KEY, error, sizeof(error)), 0);
	assert_int_equal(stat(secret, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(keyfile_read(secret, &k, error, sizeof(error)), 0);
	assert_string_equal(k.public, KEY.public);
	assert_string_equal(k.secret, KEY.secret);
	assert_int_equal(keyfile_read_public(secret, key, error, sizeof(error)), 0);
	assert_string_equal(key, KEY.public);
	assert_int_equal(
	    keyfile_write_public(public, KEY.public, error, sizeof(error)), 0);
	assert_int_equal(keyfile_read_public(public, key, error, sizeof(error)), 0);
	assert_string_equal(key, KEY.public);
	assert_int_equal(keyfile_write(secret, &KEY, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "already"));
	unlink(public);
}

static void
test_readable_by_others(void **state)
{
	struct keyfile k;

	(void)state;
	keyfile_write(secret, &KEY, error, sizeof(error));
	chmod(secret, 0640);
	assert_int_equal(keyfile_read(secret, &k, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "chmod 600"));
}

static void
test_every_truncation(void **state)
{
	char text[200], key[KEYFILE_Z85];
	struct keyfile k;
	int len;

	(void)state;
	len = snprintf(text, sizeof(text), "stadswacht-key 1\npublic %s\nsecret %s",
	    KEY.public, KEY.secret);
	put_text(secret, text);
	assert_int_equal(keyfile_read(secret, &k, error, sizeof(error)), 0);
	while (--len >= 0) {
		text[len] = '\0';
		put_text(secret, text);
		assert_int_equal(
		    keyfile_read(secret, &k, error, sizeof(error)), -1);
		assert_int_equal(
		    keyfile_read_public(secret, key, error, sizeof(error)), -1);
	}
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(secret, sizeof(secret), "%s/key", folder);
	snprintf(public, sizeof(public), "%s/key.pub", folder);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	unlink(secret);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_there_and_back, clear),
	    cmocka_unit_test_teardown(test_readable_by_others, clear),
	    cmocka_unit_test_teardown(test_every_truncation, clear),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
