/* SPDX-License-Identifier: EUPL-1.2 */
/* Data sets: their files, what rules ask of them and put into them. */
#include "agent/detect/dataset.h"
#include "tests/unit/detect_help.h"

#include <unistd.h>

static char path[64];

static void
write_file(const char *text)
{
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/test_dataset.%d", (int)getpid());
	assert_non_null(f = fopen(path, "w"));
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static struct span
text(const char *s)
{
	return (struct span){(const uint8_t *)s, strlen(s)};
}

static struct dataset *
get(struct datasets *s, const char *name, enum dataset_type type, const char *file,
    uint64_t memcap, char error[200])
{
	struct dataset_config c = {
	    .name = name, .type = type, .load = file, .memcap = memcap};

	return datasets_get(s, &c, error, 200);
}

static void
test_files(void **state)
{
	static const struct {
		enum dataset_type type;
		const char *file, *error; /* NULL: it loads */
	} ROWS[] = {
	    {DATASET_STRING, "YWJj\n\n# a remark\nZGVm,7\n", NULL},
	    {DATASET_STRING, "YWJj\r\n", NULL},
	    {DATASET_STRING, "YWJjZA==", NULL},
	    {DATASET_STRING, "YWJj\na*b\n", ":2 is not a value"},
	    {DATASET_STRING, "YWJj,65536\n", ":1 its reputation"},
	    {DATASET_MD5, "900150983cd24fb0d6963f7d28e17f72", NULL},
	    {DATASET_MD5, "900150983cd24fb0d6963f7d28e17f", ":1 is not a value"},
	    {DATASET_SHA256, "900150983cd24fb0d6963f7d28e17f72", "not a value"},
	    {DATASET_IPV4, "192.0.2.1\n198.51.100.7,3", NULL},
	    {DATASET_IPV4, "2001:db8::1", "not a value"},
	    {DATASET_IP, "2001:db8::1\n192.0.2.1\n::ffff:192.0.2.2", NULL},
	    {DATASET_IP, "nobody", "not a value"},
	};
	char error[200];

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct datasets *all = datasets_new(NULL);
		struct dataset *s;

		write_file(ROWS[i].file);
		s = get(all, "a", ROWS[i].type, path, 0, error);
		if (ROWS[i].error == NULL && s == NULL)
			fail_msg("%s: %s", ROWS[i].file, error);
		if (ROWS[i].error != NULL &&
		    (s != NULL || strstr(error, ROWS[i].error) == NULL))
			fail_msg("%s: %s", ROWS[i].file, error);
		datasets_free(all);
	}
	unlink(path);
}

static void
test_values(void **state)
{
	static const uint8_t V4[4] = {192, 0, 2, 2}, V4_OTHER[4] = {192, 0, 2, 9};
	struct datasets *all = datasets_new(NULL);
	struct dataset *s, *ip;
	char error[200];
	uint16_t rep;

	(void)state;
	write_file("YWJj,7\n");
	assert_non_null(s = get(all, "s", DATASET_STRING, path, 0, error));
	assert_true(dataset_has(s, text("abc"), &rep));
	assert_int_equal(rep, 7);
	assert_false(dataset_has(s, text("ab"), NULL));
	assert_false(dataset_add(s, text("abc")));
	assert_true(dataset_add(s, text("x")));
	assert_true(dataset_remove(s, text("x")));
	assert_false(dataset_remove(s, text("x")));
	/* The same set under its name; another type or file is an error. */
	assert_ptr_equal(get(all, "s", DATASET_ANY, NULL, 0, error), s);
	assert_null(get(all, "s", DATASET_MD5, NULL, 0, error));
	assert_non_null(strstr(error, "another type"));
	assert_null(get(all, "s", DATASET_STRING, "/other", 0, error));
	assert_non_null(strstr(error, "another file"));
	assert_null(get(all, "t", DATASET_ANY, NULL, 0, error));
	assert_non_null(strstr(error, "no type"));
	assert_null(get(all, "t", DATASET_MD5, "/no/such", 0, error));
	assert_non_null(strstr(error, "/no/such"));
	/* IPv4 is in a set of either family; other lengths are in none. */
	write_file("::ffff:192.0.2.2\n");
	assert_non_null(ip = get(all, "ip", DATASET_IP, path, 0, error));
	assert_true(dataset_has(ip, (struct span){V4, 4}, NULL));
	assert_false(dataset_has(ip, (struct span){V4_OTHER, 4}, NULL));
	assert_false(dataset_add(ip, text("abc")));
	unlink(path);
	datasets_free(all);
}

static void
test_memcap(void **state)
{
	static const uint8_t MAPPED[16] = {
	    [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 1};
	struct datasets *all = datasets_new(NULL);
	struct dataset *s;
	char error[200];

	(void)state;
	assert_non_null(
	    s = get(all, "s", DATASET_STRING, NULL, 2 * (64 + 1), error));
	assert_true(dataset_add(s, text("a")));
	assert_true(dataset_add(s, text("b")));
	assert_false(dataset_add(s, text("c")));
	assert_true(dataset_remove(s, text("a")));
	assert_true(dataset_add(s, text("c")));
	/* An address costs the same, however it came and goes. */
	assert_non_null(s = get(all, "ip", DATASET_IP, NULL, 64 + 16, error));
	assert_true(dataset_add(s, (struct span){MAPPED + 12, 4}));
	assert_true(dataset_remove(s, (struct span){MAPPED, 16}));
	assert_true(dataset_add(s, (struct span){MAPPED, 16}));
	datasets_free(all);
}

/* One rule, the packets' destinations, and which of them alert. */
static void
test_rules(void **state)
{
	static const struct {
		const char *options, *alerts;
	} ROWS[] = {
	    {"ip.dst; dataset:set,seen,type ipv4;", "1011"},
	    {"ip.dst; dataset:isset,seen,type ipv4;", "0000"},
	    {"ip.dst; dataset:isnotset,seen,type ipv4,memcap 1kb,hashsize 4;",
		"1111"},
	    {"ip.dst; dataset:isset,l,type ip,load FILE;", "1100"},
	    {"ip.dst; datarep:l,>,5,type ipv4,load FILE;", "1100"},
	    {"ip.dst; datarep:l,<,5,type ipv4,load FILE;", "0010"},
	    {"ip.dst; datarep:l,==,9,type ipv4,load FILE;", "1100"},
	    {"ip.dst; content:\"|c0 00 02|\"; depth:3;", "1111"},
	    {"ip.dst; xor:\"ff\"; content:\"|3f ff fd|\"; fast_pattern; depth:3;",
		"1111"},
	    {"ip.dst; xor:\"ff\"; content:\"|c0 00 02|\"; depth:3;", "0000"},
	    {"ip.dst; xor:\"ff\"; content:\"|fe|\"; ip.dst; content:\"|01|\"; "
	     "endswith;",
		"1100"},
	    {"ip.src; content:\"|c0 00 02|\"; depth:3;", "0000"},
	};
	static const uint8_t LAST[] = {1, 1, 2, 3};

	(void)state;
	write_file("192.0.2.1,9\n192.0.2.2,3\n");
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const char *file = strstr(ROWS[i].options, "FILE");
		char rule[300], got[5] = "";
		struct engine e;

		if (file != NULL)
			snprintf(rule, sizeof(rule),
			    "alert udp any any -> any any (%.*s%s; sid:1;)",
			    (int)(file - ROWS[i].options), ROWS[i].options, path);
		else
			snprintf(rule, sizeof(rule),
			    "alert udp any any -> any any (%s sid:1;)",
			    ROWS[i].options);
		/* Both addresses of the set, for the row of either family. */
		if (strstr(rule, "type ip,") != NULL)
			write_file("192.0.2.1\n");
		engine_open_all(&e, rule);
		for (size_t k = 0; k < sizeof(LAST); k++) {
			struct packet p =
			    packet_of(IPPROTO_UDP, (const uint8_t *)"x", 1);

			p.dst = (struct addr){4, {192, 0, 2, LAST[k]}};
			got[k] = alerts(&e, &p, 1) ? '1' : '0';
		}
		if (strcmp(got, ROWS[i].alerts) != 0)
			fail_msg("%s: %s", rule, got);
		engine_close(&e);
		write_file("192.0.2.1,9\n192.0.2.2,3\n");
	}
	unlink(path);
}

static void
test_refused(void **state)
{
	static const struct {
		const char *options, *reason;
	} ROWS[] = {
	    {"dataset:isset,a,type md5;", "sticky buffer"},
	    {"ip.src; dataset:has,a,type md5;", "unknown command"},
	    {"ip.src; dataset:isset;", "command, name"},
	    {"ip.src; dataset:isset,a;", "no type"},
	    {"ip.src; dataset:isset,a,type float;", "unknown type"},
	    {"ip.src; dataset:isset,a,type md5,state f;", "state writes a file"},
	    {"ip.src; dataset:isset,a,type md5,save f;", "save writes a file"},
	    {"ip.src; dataset:isset,a,type md5,memcap x;", "memcap"},
	    {"ip.src; dataset:isset,a,type md5,load no-such;", "no-such"},
	    {"ip.src; datarep:a,>;", "name, operator"},
	    {"ip.src; datarep:a,!,1,type md5;", "operator \"!\""},
	    {"ip.src; datarep:a,>,70000,type md5;", "0 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const struct ruleset_refusal *r;
		struct engine e;
		char rule[300];

		snprintf(rule, sizeof(rule),
		    "alert udp any any -> any any (%s sid:1;)", ROWS[i].options);
		engine_open(&e, rule, NULL);
		assert_int_equal(ruleset_refusals(e.rs, &r), 1);
		if (strstr(r->reason, ROWS[i].reason) == NULL)
			fail_msg("%s: %s", rule, r->reason);
		engine_close(&e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_files),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_memcap),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
