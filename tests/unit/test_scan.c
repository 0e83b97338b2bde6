/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files against YARA rules: what matches, inside archives too, what is refused,
 * and what is told when something could not be looked at.
 */
#include "agent/scan/archive.h"
#include "agent/scan/file.h"
#include "agent/scan/offline.h"
#include "agent/scan/yara.h"
#include "common/json.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>

/* Harmless, and in no real file. */
#define MARKER "STADSWACHT-TEST-MARKER-7f3a"

static char folder[] = "/tmp/test_scan.XXXXXX";

static const char RULES[] =
    "rule marker : demo { meta: author = \"A. Author\" description = \"own\" score "
    "= 85\n"
    "  hash1 = \"00\" strings: $m = \"" MARKER "\" condition: $m }\n"
    "rule named { condition: filename == \"evil.txt\" and extension == \".txt\" "
    "}\n";

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
put(const char *name, const void *p, size_t len)
{
	FILE *f = fopen(path_of(name), "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	fclose(f);
}

/* --- loading ------------------------------------------------------------------ */

static char refused[4096];

static void
on_refused(void *arg, const char *file, unsigned line, const char *reason)
{
	size_t n = strlen(refused);

	(void)arg;
	snprintf(refused + n, sizeof(refused) - n, "%s:%u:%s\n",
	    strrchr(file, '/') + 1, line, reason);
}

static struct yara *
load(const char *name, struct yara_totals *t)
{
	const char *paths[1];
	char path[256];

	snprintf(path, sizeof(path), "%s", path_of(name));
	paths[0] = path;
	refused[0] = '\0';
	return yara_load(paths, 1, on_refused, NULL, t);
}

static void
test_bad_file_is_named_and_the_rest_loads(void **state)
{
	struct yara_totals t;
	struct yara *y;

	(void)state;
	mkdir(path_of("rules"), 0700);
	put("rules/good.yar", RULES, sizeof(RULES) - 1);
	put("rules/bad.yar",
	    "rule a { condition: true }\nrule b {\n condition: nope }\n", 53);
	put("rules/nul.yara", "rule c { condition: true }\0x", 28);
	put("rules/note.txt", "not a rule", 10);
	assert_non_null(y = load("rules", &t));
	assert_int_equal(t.files, 3);
	assert_int_equal(t.files_refused, 2);
	assert_int_equal(t.rules, 2);
	assert_non_null(strstr(refused, "bad.yar:3:"));
	assert_non_null(strstr(refused, "nul.yara:0:"));
	yara_free(y);
	assert_non_null(y = load("absent.yar", &t));
	assert_int_equal(t.files_refused, 1);
	assert_int_equal(t.rules, 0);
	yara_free(y);
}

static void
test_version_follows_the_rules(void **state)
{
	struct yara_totals t;
	struct yara *a, *b;

	(void)state;
	put("v.yar", "rule a { condition: true }", 26);
	assert_non_null(a = load("v.yar", &t));
	put("v.yar", "rule a { condition: false }", 27);
	assert_non_null(b = load("v.yar", &t));
	assert_string_not_equal(yara_version(a), yara_version(b));
	yara_free(a);
	yara_free(b);
}

/* --- scanning ----------------------------------------------------------------- */

static struct {
	char lines[64][4096];
	size_t n;
} told;

static void
on_record(
    void *arg, enum record_class cls, int64_t time_us, const char *json, size_t len)
{
	(void)arg;
	(void)cls;
	(void)time_us;
	assert_true(told.n < 64 && len < sizeof(told.lines[0]));
	memcpy(told.lines[told.n], json, len);
	told.lines[told.n++][len] = '\0';
}

/* How many records have value at path. */
static unsigned
count(const char *path, const char *value)
{
	unsigned n = 0;

	for (size_t i = 0; i < told.n; i++) {
		struct json_doc *d =
		    json_read(told.lines[i], strlen(told.lines[i]), NULL, 0);
		const char *is;

		assert_non_null(d);
		n += (is = json_str(d, path)) != NULL && strcmp(is, value) == 0;
		json_free(d);
	}
	return n;
}

static void
scan_as(const char *name, struct scan_file f)
{
	struct yara_totals t;
	struct yara *y;
	struct scan *s;
	char path[256];

	put("r.yar", RULES, sizeof(RULES) - 1);
	assert_non_null(y = load("r.yar", &t));
	assert_non_null(s = scan_new(y, 20, on_record, NULL));
	snprintf(path, sizeof(path), "%s", path_of(name));
	if (f.path == NULL)
		f.path = path;
	assert_int_not_equal(f.fd = open(path, O_RDONLY), -1);
	told.n = 0;
	assert_int_equal(scan_file(s, &f), 0);
	close(f.fd);
	scan_free(s);
	yara_free(y);
}

static void
scan_named(const char *name)
{
	scan_as(name, (struct scan_file){.time_us = 1000000, .zone = "dmz"});
}

static void
test_a_file_of_traffic_has_its_flow(void **state)
{
	static const char before[] = "{\"flow_id\":7,\"src_ip\":\"192.0.2.1\"}",
			  after[] = "{\"http\":{\"url\":\"/x\"}}";
	struct json_doc *d;

	(void)state;
	put("copy", MARKER, sizeof(MARKER) - 1);
	scan_as("copy",
	    (struct scan_file){.path = "share\\evil.txt",
		.before = before,
		.before_len = sizeof(before) - 1,
		.after = after,
		.after_len = sizeof(after) - 1,
		.cut = true});
	assert_int_equal(told.n, 2);
	assert_int_equal(count("alert.signature", "named"), 1);
	assert_non_null(
	    d = json_read(told.lines[0], strlen(told.lines[0]), NULL, 0));
	assert_int_equal(json_int(d, "flow_id", 0), 7);
	assert_string_equal(json_str(d, "http.url"), "/x");
	assert_string_equal(json_str(d, "fileinfo.filename"), "share\\evil.txt");
	assert_string_equal(json_str(d, "fileinfo.state"), "TRUNCATED");
	json_free(d);
}

static void
test_match_is_an_eve_alert(void **state)
{
	struct json_doc *d;

	(void)state;
	put("evil.txt", "xx" MARKER, 2 + sizeof(MARKER) - 1);
	scan_named("evil.txt");
	assert_int_equal(told.n, 2);
	assert_non_null(
	    d = json_read(told.lines[0], strlen(told.lines[0]), NULL, 0));
	assert_string_equal(json_str(d, "event_type"), "alert");
	assert_int_equal(json_int(d, "alert.gid", 0), 300);
	assert_string_equal(json_str(d, "alert.signature"), "marker");
	assert_int_equal(json_int(d, "alert.severity", 0), 1);
	assert_string_equal(json_str(d, "alert.metadata.author.0"), "A. Author");
	assert_null(json_at(d, "alert.metadata.hash1"));
	assert_int_equal(json_int(d, "fileinfo.size", 0), 29);
	assert_int_equal(strlen(json_str(d, "fileinfo.sha256")), 64);
	assert_int_equal(json_int(d, "fileinfo.matches.0.offsets.0", -1), 2);
	assert_string_equal(json_str(d, "stadswacht.engine"), "yara");
	assert_string_equal(json_str(d, "stadswacht.zone"), "dmz");
	assert_null(strstr(told.lines[0], MARKER));
	json_free(d);
	assert_int_equal(count("alert.signature", "named"), 1);
}

static void
test_empty_file(void **state)
{
	(void)state;
	put("empty", "", 0);
	scan_named("empty");
	assert_int_equal(told.n, 0);
}

/* An archive with the marker in "sub/evil.txt"; returns its length. */
static size_t
make_archive(int (*format)(struct archive *), int (*filter)(struct archive *),
    void *out, size_t size, const char *name, const void *p, size_t len)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	size_t used = 0;

	assert_int_equal(format(a), ARCHIVE_OK);
	assert_int_equal(filter(a), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(a, 1);
	assert_int_equal(
	    archive_write_open_memory(a, out, size, &used), ARCHIVE_OK);
	archive_entry_set_pathname(e, name);
	archive_entry_set_size(e, (la_int64_t)len);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, p, len), len);
	archive_entry_free(e);
	archive_write_close(a);
	archive_write_free(a);
	return used;
}

static void
test_archives_within_archives(void **state)
{
	static char zip[8192], tgz[8192], seven[8192], deep[8192];
	size_t n;

	(void)state;
	n = make_archive(archive_write_set_format_zip,
	    archive_write_add_filter_none, zip, sizeof(zip), "sub/evil.txt", MARKER,
	    sizeof(MARKER) - 1);
	put("a.zip", zip, n);
	scan_named("a.zip");
	assert_int_equal(told.n, 2);
	assert_non_null(strstr(told.lines[0], "a.zip!/sub/evil.txt\""));

	n = make_archive(archive_write_set_format_ustar,
	    archive_write_add_filter_gzip, tgz, sizeof(tgz), "in.zip", zip, n);
	put("a.tgz", tgz, n);
	scan_named("a.tgz");
	assert_int_equal(count("alert.signature", "marker"), 1);
	assert_non_null(strstr(told.lines[0], "a.tgz!/in.zip!/sub/evil.txt\""));

	n = make_archive(archive_write_set_format_7zip,
	    archive_write_add_filter_none, seven, sizeof(seven), "in.tgz", tgz, n);
	put("a.7z", seven, n);
	scan_named("a.7z");
	/* One level too many: told, not silently left out. */
	assert_int_equal(count("alert.signature", "marker"), 0);
	assert_int_equal(count("anomaly.event", "archive_too_deep"), 1);

	n = make_archive(archive_write_set_format_raw, archive_write_add_filter_xz,
	    deep, sizeof(deep), "x", MARKER, sizeof(MARKER) - 1);
	put("note.xz", deep, n);
	scan_named("note.xz");
	/* Too short to be packed: it shows in the file and in what it holds. */
	assert_int_equal(count("alert.signature", "marker"), 2);
}

struct seen {
	size_t members, bytes;
};

static void
on_member(void *arg, const struct archive_member *m)
{
	struct seen *s = arg;

	s->members++;
	s->bytes += m->len;
}

static void
truncate_everywhere(const char *bytes, size_t n)
{
	for (size_t len = 0; len < n; len++) {
		struct archive_budget b = {.packed = len, .deadline_us = INT64_MAX};
		struct archive_source from = {-1, bytes, len};
		struct seen seen = {0};
		enum archive_flaw flaw;

		flaw = archive_members(&from, &b, on_member, &seen);
		assert_true(seen.bytes < sizeof(MARKER));
		/* A cut archive that gave nothing must not look clean; a head
		   alone hides nothing. */
		if (archive_looks(bytes, len) && len > 20 && seen.bytes == 0)
			assert_int_not_equal(flaw, ARCHIVE_NONE);
	}
}

static void
test_every_truncation(void **state)
{
	static char bytes[8192];
	size_t n;

	(void)state;
	n = make_archive(archive_write_set_format_zip,
	    archive_write_add_filter_none, bytes, sizeof(bytes), "evil.txt", MARKER,
	    sizeof(MARKER) - 1);
	truncate_everywhere(bytes, n);
	n = make_archive(archive_write_set_format_ustar,
	    archive_write_add_filter_gzip, bytes, sizeof(bytes), "evil.txt", MARKER,
	    sizeof(MARKER) - 1);
	truncate_everywhere(bytes, n);
	n = make_archive(archive_write_set_format_7zip,
	    archive_write_add_filter_none, bytes, sizeof(bytes), "evil.txt", MARKER,
	    sizeof(MARKER) - 1);
	truncate_everywhere(bytes, n);
}

static void
test_bomb_ends(void **state)
{
	const size_t size = 64u << 20;
	char *zeros = calloc(1, size), *packed = malloc(size);
	struct archive_budget b = {.deadline_us = INT64_MAX};
	struct archive_source from = {-1, packed, 0};
	struct seen seen = {0};

	(void)state;
	assert_true(zeros != NULL && packed != NULL);
	from.len = make_archive(archive_write_set_format_ustar,
	    archive_write_add_filter_gzip, packed, size, "zeros", zeros, size);
	b.packed = from.len;
	assert_int_equal(
	    archive_members(&from, &b, on_member, &seen), ARCHIVE_BOMB);
	assert_true(seen.bytes < size);
	free(zeros);
	free(packed);
}

static void
test_damaged_archive_is_told(void **state)
{
	static char bytes[8192];
	size_t n = make_archive(archive_write_set_format_ustar,
	    archive_write_add_filter_gzip, bytes, sizeof(bytes), "evil.txt", MARKER,
	    sizeof(MARKER) - 1);

	(void)state;
	put("cut.tgz", bytes, n / 2);
	scan_named("cut.tgz");
	assert_int_equal(count("anomaly.event", "archive_damaged"), 1);
	assert_int_equal(count("stadswacht.class", "finding"), 1);
}

/*
 * A loop over every offset, squared.  It stays inside the file: libyara 4.5 ends
 * "for all" at the first value that is undefined.
 */
static const char SLOW[] =
    "rule slow { condition: for all i in (0..filesize - 1) : "
    "( for all j in (0..filesize - 1) : ( uint8(i) + uint8(j) >= 0 ) ) }";

static void
test_slow_rule_leaves_the_others(void **state)
{
	static char big[1 << 20];
	const char *paths[1];
	char path[256];
	struct yara_totals t;
	struct yara *y;
	struct scan *s;
	struct scan_file f = {.path = "big"};

	(void)state;
	mkdir(path_of("slow"), 0700);
	put("slow/a.yar", RULES, sizeof(RULES) - 1);
	put("slow/b.yar", SLOW, sizeof(SLOW) - 1);
	snprintf(path, sizeof(path), "%s", path_of("slow"));
	paths[0] = path;
	refused[0] = '\0';
	assert_non_null(y = yara_load(paths, 1, on_refused, NULL, &t));
	assert_string_equal(refused, "");
	memcpy(big + 100, MARKER, sizeof(MARKER));
	put("big", big, sizeof(big));
	assert_non_null(s = scan_new(y, 1, on_record, NULL));
	assert_int_not_equal(f.fd = open(path_of("big"), O_RDONLY), -1);
	told.n = 0;
	assert_int_equal(scan_file(s, &f), 0);
	assert_int_equal(count("alert.signature", "marker"), 1);
	assert_int_equal(count("anomaly.event", "yara_incomplete"), 1);
	assert_int_equal(count("anomaly.reason", "time-out"), 1);
	close(f.fd);
	scan_free(s);
	yara_free(y);
}

/* --- by hand -------------------------------------------------------------------
 */

static char *
run_offline(unsigned jobs, const char *cache, struct offline_totals *totals)
{
	static char path[256];
	const char *paths[1] = {path};
	struct yara_totals t;
	struct yara *y;
	struct offline o = {
	    .paths = paths, .paths_n = 1, .jobs = jobs, .cache = cache};
	char error[300], *text = NULL;
	size_t len;

	assert_non_null(y = load("r.yar", &t));
	snprintf(path, sizeof(path), "%s", path_of("tree"));
	o.rules = y;
	assert_non_null(o.out = open_memstream(&text, &len));
	assert_int_equal(offline_run(&o, totals, error, sizeof(error)), 0);
	fclose(o.out);
	yara_free(y);
	return text;
}

static void
test_offline_is_the_same_each_time(void **state)
{
	const struct timespec old[2] = {{1700000000, 0}, {1700000000, 0}};
	struct offline_totals totals;
	char name[64], cache[256], *one, *four, *again;

	(void)state;
	put("r.yar", RULES, sizeof(RULES) - 1);
	mkdir(path_of("tree"), 0700);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "tree/f%d", i);
		put(name, MARKER, i % 2 != 0 ? sizeof(MARKER) - 1 : 5);
		utimensat(AT_FDCWD, path_of(name), old, 0);
	}
	assert_int_equal(mkfifo(path_of("tree/fifo"), 0600), 0);
	assert_int_equal(symlink("/etc/passwd", path_of("tree/link")), 0);
	one = run_offline(1, NULL, &totals);
	assert_int_equal(totals.scanned.files, 40);
	assert_int_equal(totals.scanned.matches, 20);
	assert_int_equal(totals.skipped, 2);
	snprintf(cache, sizeof(cache), "%s/cache", folder);
	four = run_offline(4, cache, &totals);
	assert_string_equal(one, four);
	/* Changed a moment ago: not yet trusted to the cache, and still right. */
	again = run_offline(2, cache, &totals);
	assert_string_equal(one, again);
	assert_int_equal(totals.cached + totals.scanned.files, 40);
	free(one);
	free(four);
	free(again);
}

static int
clean_up(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bad_file_is_named_and_the_rest_loads),
	    cmocka_unit_test(test_version_follows_the_rules),
	    cmocka_unit_test(test_match_is_an_eve_alert),
	    cmocka_unit_test(test_a_file_of_traffic_has_its_flow),
	    cmocka_unit_test(test_empty_file),
	    cmocka_unit_test(test_archives_within_archives),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_bomb_ends),
	    cmocka_unit_test(test_damaged_archive_is_told),
	    cmocka_unit_test(test_slow_rule_leaves_the_others),
	    cmocka_unit_test(test_offline_is_the_same_each_time),
	};

	if (mkdtemp(folder) == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, clean_up);
}
