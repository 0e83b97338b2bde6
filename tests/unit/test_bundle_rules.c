/* SPDX-License-Identifier: EUPL-1.2 */
/* Databases in bundles: the same set finds its own, another set or level does not. */
#include "agent/bundle_rules.h"

#include "tests/unit/detect_help.h"

#include "agent/detect/mpm.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define SETS_MAX 64

/* What a ruleset gave away. */
static struct kept {
	char name[200];
	uint8_t *bytes;
	size_t len;
	bool placed;
} kept[SETS_MAX];
static size_t kept_n;
static uint64_t compiled;

/* A few patterns have no database. */
#define OTHERS                                                                     \
	"alert tcp any any -> any any (content:\"other 1\"; sid:11;)\n"            \
	"alert tcp any any -> any any (content:\"other 2\"; sid:12;)\n"            \
	"alert tcp any any -> any any (content:\"other 3\"; sid:13;)\n"            \
	"alert tcp any any -> any any (content:\"other 4\"; sid:14;)\n"

static const char RULES[] =
    OTHERS "alert tcp any any -> any any (content:\"first\"; sid:1;)\n"
	   "alert tcp any any -> any any (content:\"second\"; nocase; sid:2;)\n"
	   "alert http any any -> any any (http.uri; content:\"third\"; sid:3;)\n";

static int
on_keep(void *arg, const char *name, bool placed, struct span bytes)
{
	struct kept *k = &kept[kept_n++];

	(void)arg;
	assert_in_range(kept_n, 1, SETS_MAX);
	snprintf(k->name, sizeof(k->name), "%s", name);
	k->bytes = aligned_alloc(64, (bytes.len + 63) / 64 * 64);
	memcpy(k->bytes, bytes.p, bytes.len);
	k->len = bytes.len;
	k->placed = placed;
	return 0;
}

static bool
on_find(void *arg, const char *name, struct ruleset_database *db)
{
	(void)arg;
	for (size_t i = 0; i < kept_n; i++) {
		if (strcmp(kept[i].name, name) != 0)
			continue;
		db->placed = kept[i].placed;
		db->bytes = (struct span){kept[i].bytes, kept[i].len};
		if (!db->placed) {
			uint8_t *copy = malloc(kept[i].len);

			memcpy(copy, kept[i].bytes, kept[i].len);
			db->bytes.p = copy;
		}
		return true;
	}
	return false;
}

static void
drop_kept(void)
{
	for (size_t i = 0; i < kept_n; i++)
		free(kept[i].bytes);
	kept_n = 0;
}

static struct ruleset *
load(const struct ruleset_source *s, const char *rules)
{
	const struct ruleset_config c = {.source = s};
	char error[300], *text = strdup(rules);
	struct ruleset *rs = ruleset_new(&c, error, sizeof(error));

	assert_non_null(rs);
	assert_int_equal(ruleset_load_named(rs, text, "x.rules"), 0);
	free(text);
	assert_int_equal(ruleset_loaded(rs), ruleset_total(rs));
	assert_int_equal(ruleset_finish(rs, error, sizeof(error)), 0);
	return rs;
}

static void
count(void *arg, const uint32_t *rule, size_t n)
{
	(void)rule;
	*(size_t *)arg += n;
}

static size_t
found_in(const struct ruleset_source *s, const char *text)
{
	static const char *const WORDS[] = {
	    "needle", "cotton", "thread", "button", "thimble"};
	struct mpm *m = mpm_new();
	struct mpm_scratch *scratch = mpm_scratch_new();
	char error[200];
	size_t n = 0;

	for (uint32_t i = 0; i < 5; i++) {
		const struct mpm_pattern p = {(const uint8_t *)WORDS[i],
		    strlen(WORDS[i]), false, 0, 0, false};

		assert_int_equal(mpm_add(m, &p, i), 0);
	}
	assert_int_equal(mpm_build(m, s, error, sizeof(error)), 0);
	assert_int_equal(mpm_scratch_fit(scratch, m), 0);
	mpm_scan(m, scratch, (struct span){(const uint8_t *)text, strlen(text)},
	    count, &n);
	mpm_scratch_free(scratch);
	mpm_free(m);
	return n;
}

/* Kept in one of both forms, found again, and then it finds what it should. */
static void
there_and_back(bool place)
{
	struct ruleset_source make = {.keep = on_keep, .place = place},
			      use = {.find = on_find, .compiled = &compiled};
	struct ruleset *rs = load(&make, RULES);
	struct detect *d;

	ruleset_free(rs);
	assert_true(kept_n > 0);
	assert_int_equal(found_in(&make, "a needle"), 1);
	compiled = 0;
	assert_int_equal(found_in(&use, "hay, a needle, hay"), 1);
	assert_int_equal(found_in(&use, "hay, a Needle, hay"), 0);
	rs = load(&use, RULES);
	assert_int_equal(compiled, 0);
	d = detect_new(rs, &(struct detect_config){0});
	assert_non_null(d);
	detect_free(d);
	ruleset_free(rs);
	/* Another set is not mistaken for it. */
	rs = load(&use,
	    OTHERS "alert tcp any any -> any any (content:\"firsT\"; sid:1;)\n");
	assert_true(compiled > 0);
	ruleset_free(rs);
	drop_kept();
}

static void
test_as_they_travel(void **state)
{
	(void)state;
	there_and_back(false);
}

static void
test_in_place(void **state)
{
	(void)state;
	there_and_back(true);
}

/* One that is damaged is compiled again instead. */
static void
test_damaged(void **state)
{
	struct ruleset_source make = {.keep = on_keep},
			      use = {.find = on_find, .compiled = &compiled};

	(void)state;
	ruleset_free(load(&make, RULES));
	for (size_t i = 0; i < kept_n; i++)
		kept[i].bytes[kept[i].len / 2] ^= 0x55;
	compiled = 0;
	ruleset_free(load(&use, RULES));
	assert_true(compiled > 0);
	drop_kept();
}

static void
test_levels(void **state)
{
	struct ruleset_source make = {.keep = on_keep,
				  .levels = 1u << detect_level("generic")},
			      use = {.find = on_find, .compiled = &compiled};

	(void)state;
	assert_int_equal(detect_level("avx2"), 1);
	assert_int_equal(detect_level("mmx"), -1);
	assert_string_equal(detect_level_name(0), "generic");
	assert_null(detect_level_name(4));
	/* What every processor runs, this one does. */
	ruleset_free(load(&make, RULES));
	compiled = 0;
	ruleset_free(load(&use, RULES));
	assert_int_equal(compiled, 0);
	drop_kept();
}

/* --- a whole bundle ---------------------------------------------------------------- */

static int
bundle_of(const char *rules, const char *variables, const char *set)
{
	const struct bundle_head h = {.serial = 1};
	struct bundle_writer *w = bundle_writer_new();
	int fd = memfd_create("bundle", MFD_CLOEXEC);
	struct span s = {(const uint8_t *)rules, strlen(rules)};

	assert_int_equal(bundle_writer_add(w, BUNDLE_RULES, "/r/a.rules", s), 0);
	s = (struct span){(const uint8_t *)variables, strlen(variables)};
	assert_int_equal(bundle_writer_add(w, BUNDLE_VARIABLES, "", s), 0);
	if (set != NULL) {
		s = (struct span){(const uint8_t *)set, strlen(set)};
		assert_int_equal(
		    bundle_writer_add(w, BUNDLE_FILE, "/r/set.lst", s), 0);
	}
	assert_int_equal(bundle_writer_write(w, &h, fd), 0);
	bundle_writer_free(w);
	return fd;
}

static void
test_texts(void **state)
{
	static const char TEXT[] =
	    "alert tcp any any -> $OURS any (content:\"first\"; sid:1;)\n"
	    "alert dns any any -> any any (dns.query; dataset:isset,s,type string,"
	    "load set.lst; sid:2;)\n" OTHERS;
	const char *sets[] = {"OURS=[10.9.9.9]"};
	struct bundle_rules_config c = {.sets = sets, .sets_n = 1};
	struct bundle_rules *r;
	char error[300];

	(void)state;
	c.fd = bundle_of(TEXT, "OURS=[10.0.0.1]\n", "eA==\n");
	assert_non_null(r = bundle_rules_new(&c, error, sizeof(error)));
	assert_int_equal(bundle_rules_load(r, error, sizeof(error)), 0);
	assert_int_equal(ruleset_loaded(bundle_rules_set(r)), 6);
	assert_true(bundle_rules_compiled(r) > 0);
	bundle_rules_free(r);
	close(c.fd);
	/* A file that the bundle has not is not looked for on this host. */
	c.fd = bundle_of(TEXT, "", NULL);
	assert_non_null(r = bundle_rules_new(&c, error, sizeof(error)));
	assert_int_equal(bundle_rules_load(r, error, sizeof(error)), 0);
	assert_int_equal(ruleset_loaded(bundle_rules_set(r)), 5);
	bundle_rules_free(r);
	close(c.fd);
	c.fd = bundle_of(TEXT, "nonsense\n", NULL);
	assert_null(bundle_rules_new(&c, error, sizeof(error)));
	assert_non_null(strstr(error, "NAME=VALUE"));
	close(c.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_as_they_travel),
	    cmocka_unit_test(test_in_place),
	    cmocka_unit_test(test_damaged),
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
