/* SPDX-License-Identifier: EUPL-1.2 */
/* Bundles: there and back, cut anywhere, any byte changed, signed by another. */
#include "agent/bundle/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/test_bundle.XXXXXX";
static char secret[64], public[64], other[64], other_public[64];
static char error[600];

static struct span
span_of(const char *text)
{
	return (struct span){(const uint8_t *)text, strlen(text)};
}

static int
memory(const void *p, size_t n)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	assert_true(fd != -1);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	return fd;
}

/* A small bundle with a part of length 0 and one of a cache line. */
static int
small(void)
{
	const struct bundle_head h = {.serial = 7,
	    .supersedes = 9,
	    .made = 1000,
	    .expires = 2000,
	    .oldest = 1};
	struct bundle_writer *w = bundle_writer_new();
	char line[65];
	int fd = memory("", 0);

	assert_non_null(w);
	memset(line, 'x', 64);
	line[64] = '\0';
	assert_int_equal(
	    bundle_writer_add(w, BUNDLE_RULES, "a.rules", span_of("one\n")), 0);
	assert_int_equal(
	    bundle_writer_add(w, BUNDLE_RULES, "a.rules", span_of("")), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(
	    bundle_writer_add(w, BUNDLE_FILE, "exactly8", span_of("")), 0);
	assert_int_equal(
	    bundle_writer_add(w, BUNDLE_VARIABLES, "", span_of(line)), 0);
	assert_int_equal(bundle_writer_write(w, &h, fd), 0);
	bundle_writer_free(w);
	return fd;
}

static size_t
bytes_of(int fd, uint8_t out[4096])
{
	ssize_t n = pread(fd, out, 4096, 0);

	assert_in_range(n, 1, 4095);
	return (size_t)n;
}

static void
test_there_and_back(void **state)
{
	const struct bundle_part *part;
	const struct bundle_head *h;
	int fd = small();
	struct bundle *b = bundle_open(fd, error, sizeof(error));
	char *text;

	(void)state;
	assert_non_null(b);
	h = bundle_head(b);
	assert_int_equal(h->serial, 7);
	assert_int_equal(h->supersedes, 9);
	assert_int_equal(h->made, 1000);
	assert_int_equal(h->expires, 2000);
	assert_false(h->signature);
	assert_int_equal(bundle_parts(b, &part), 3);
	assert_string_equal(part[1].name, "exactly8");
	assert_int_equal(part[1].len, 0);
	assert_int_equal(part[2].offset % BUNDLE_ALIGN, 0);
	assert_null(bundle_find(b, BUNDLE_RULES, "b.rules"));
	assert_ptr_equal(bundle_find(b, BUNDLE_VARIABLES, NULL), &part[2]);
	text = bundle_read(b, bundle_find(b, BUNDLE_RULES, "a.rules"));
	assert_string_equal(text, "one\n");
	free(text);
	assert_int_equal(bundle_check(b, error, sizeof(error)), 0);
	bundle_free(b);
	close(fd);
}

static void
test_every_truncation(void **state)
{
	uint8_t all[4096];
	int fd = small();
	size_t n = bytes_of(fd, all);

	(void)state;
	for (size_t len = 0; len < n; len++) {
		int cut = memory(all, len);

		assert_null(bundle_open(cut, error, sizeof(error)));
		close(cut);
	}
	all[n] = 0;
	close(fd);
	fd = memory(all, n + 1);
	assert_null(bundle_open(fd, error, sizeof(error)));
	close(fd);
}

/* Opened, signed by the key and with all parts as they were made? */
static bool
good(int fd, const struct bundle_keys *k)
{
	struct bundle *b = bundle_open(fd, error, sizeof(error));
	bool is = b != NULL && bundle_verify(b, k, error, sizeof(error)) == 0 &&
	    bundle_check(b, error, sizeof(error)) == 0;

	bundle_free(b);
	return is;
}

static void
test_every_flipped_bit(void **state)
{
	struct bundle_keys k = {.n = 0};
	uint8_t all[4096];
	int fd = small();
	size_t n;

	(void)state;
	assert_int_equal(bundle_keys_read(&k, public, error, sizeof(error)), 0);
	assert_false(good(fd, &k));
	assert_non_null(strstr(error, "not signed"));
	assert_int_equal(bundle_sign(fd, secret, error, sizeof(error)), 0);
	assert_true(good(fd, &k));
	n = bytes_of(fd, all);
	for (size_t bit = 0; bit < 8 * n; bit++) {
		int changed;

		all[bit / 8] ^= (uint8_t)(1u << bit % 8);
		changed = memory(all, n);
		assert_false(good(changed, &k));
		close(changed);
		all[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	close(fd);
}

static void
test_other_key(void **state)
{
	struct bundle_keys k = {.n = 0};
	int fd = small();

	(void)state;
	assert_int_equal(bundle_sign(fd, secret, error, sizeof(error)), 0);
	assert_int_equal(
	    bundle_keys_read(&k, other_public, error, sizeof(error)), 0);
	assert_false(good(fd, &k));
	assert_non_null(strstr(error, "none of the 1 given"));
	/* Two are pinned while one replaces the other. */
	assert_int_equal(bundle_keys_read(&k, public, error, sizeof(error)), 0);
	assert_true(good(fd, &k));
	/* Signing again replaces the signature. */
	assert_int_equal(bundle_sign(fd, other, error, sizeof(error)), 0);
	assert_true(good(fd, &k));
	k.n = 1;
	assert_true(good(fd, &k));
	close(fd);
}

static void
test_keys(void **state)
{
	struct bundle_keys k = {.n = 0};
	char path[64];
	FILE *f;

	(void)state;
	assert_int_equal(bundle_key_make(secret, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "already"));
	assert_int_equal(bundle_keys_read(&k, secret, error, sizeof(error)), -1);
	snprintf(path, sizeof(path), "%s/keys", folder);
	f = fopen(path, "w");
	fputs("# nobody yet\n\n", f);
	fclose(f);
	assert_int_equal(bundle_keys_read(&k, path, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "holds no key"));
	f = fopen(path, "a");
	fputs("00ff # too short\n", f);
	fclose(f);
	assert_int_equal(bundle_keys_read(&k, path, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "line 3"));
	chmod(secret, 0644);
	assert_int_equal(bundle_sign(small(), secret, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "chmod 600"));
	chmod(secret, 0600);
	assert_int_equal(bundle_sign(small(), path, error, sizeof(error)), -1);
	unlink(path);
}

static void
test_may_follow(void **state)
{
	struct bundle_head h = {.serial = 10};

	(void)state;
	assert_true(bundle_may_follow(&h, 0));
	assert_true(bundle_may_follow(&h, 10));
	assert_false(bundle_may_follow(&h, 11));
	h.supersedes = 12;
	assert_true(bundle_may_follow(&h, 12));
	assert_false(bundle_may_follow(&h, 13));
	assert_int_equal(bundle_version("0.1.0"), 0x0100);
	assert_int_equal(bundle_version("1.2.3"), 0x10203);
	assert_int_equal(bundle_version("x"), 0);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(secret, sizeof(secret), "%s/a", folder);
	snprintf(public, sizeof(public), "%s/a.pub", folder);
	snprintf(other, sizeof(other), "%s/b", folder);
	snprintf(other_public, sizeof(other_public), "%s/b.pub", folder);
	return bundle_key_make(secret, error, sizeof(error)) == -1 ||
		bundle_key_make(other, error, sizeof(error)) == -1
	    ? -1
	    : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	unlink(secret);
	unlink(public);
	unlink(other);
	unlink(other_public);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_there_and_back),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_every_flipped_bit),
	    cmocka_unit_test(test_other_key),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_may_follow),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
