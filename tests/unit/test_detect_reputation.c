/* SPDX-License-Identifier: EUPL-1.2 */
/* Lists of reputations: their files, which line counts, and iprep. */
#include "agent/detect/reputation.h"
#include "tests/unit/detect_help.h"

#include <errno.h>

static const char CATEGORIES[] =
    "# remark\n1,CnC,Command and "
    "control\n2,Bad,\n\n7,Old,x\n7,New,y\n9,CnC,again\r\n";
static const char LIST[] = "# remark\n"
			   "10.0.0.0/8,1,10\n"
			   "10.1.0.0/16,1,20\n"
			   "10.1.2.3,1,30\n"
			   "10.1.2.4,2,127\n"
			   "10.1.2.5,1,7\n"
			   "10.1.2.5,1,8\r\n"
			   "10.1.2.5/32,1,9\n"
			   "11.9.9.9/8,1,11\n"
			   "11.0.0.0/8,1,12\n"
			   "12.0.0.0/8,1,0\n"
			   "2001:db8::/32,1,21\n"
			   "2001:db8:1::/48,1,22\n"
			   "2001:db8::1,1,31\n";

/* What is "read": two names stand for two texts. */
struct texts {
	const char *categories, *list;
};

static char *
on_read(void *arg, const char *path, size_t max, size_t *len)
{
	const struct texts *t = arg;
	const char *text = strcmp(path, "categories") == 0 ? t->categories
	    : strcmp(path, "list") == 0			   ? t->list
							   : NULL;

	if (text == NULL) {
		errno = ENOENT;
		return NULL;
	}
	assert_true(strlen(text) <= max);
	*len = strlen(text);
	return strdup(text);
}

static struct reputation *
read_texts(const char *categories, const char *list, char error[300])
{
	static const char *const LISTS[] = {"list"};
	struct texts t = {categories, list};
	const struct ruleset_source source = {.arg = &t, .read = on_read};
	const struct ruleset_config c = {.iprep_categories = "categories",
	    .iprep = LISTS,
	    .iprep_n = list == NULL ? 0 : 1,
	    .source = &source};

	return reputation_new(&c, error, 300);
}

static void
test_scores(void **state)
{
	static const struct {
		const char *address;
		uint8_t category;
		int score;
	} ROWS[] = {
	    {"10.1.2.3", 1, 30},
	    {"10.1.9.9", 1, 20},
	    {"10.9.9.9", 1, 10},
	    {"10.9.9.9", 2, -1},
	    {"10.1.2.4", 2, 127},
	    {"10.1.2.4", 1, 0},	 /* listed itself, for something else */
	    {"10.1.2.5", 1, 8},	 /* the last line, and not the net */
	    {"11.0.0.1", 1, 11}, /* the first line */
	    {"12.1.1.1", 1, 0},
	    {"9.255.255.255", 1, -1},
	    {"13.0.0.0", 1, -1},
	    {"2001:db8::1", 1, 31},
	    {"2001:db8::2", 1, 21},
	    {"2001:db8:1::2", 1, 22},
	    {"2001:db9::", 1, -1},
	    {"::ffff:10.1.2.3", 1, -1},
	};
	char error[300] = "";
	struct reputation *r = read_texts(CATEGORIES, LIST, error);
	struct addr none = {0}, a;

	(void)state;
	if (r == NULL)
		fail_msg("%s", error);
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		assert_int_equal(addr_parse(ROWS[i].address, &a), 0);
		if (reputation_score(r, ROWS[i].category, &a) != ROWS[i].score)
			fail_msg("%s: %d", ROWS[i].address,
			    reputation_score(r, ROWS[i].category, &a));
	}
	assert_int_equal(reputation_score(r, 1, &none), -1);
	assert_int_equal(reputation_category(r, "CnC"), 1);
	assert_int_equal(reputation_category(r, "New"), 7);
	assert_int_equal(reputation_category(r, "Old"), -1);
	assert_int_equal(reputation_category(r, "cnc"), -1);
	assert_int_equal(reputation_category(r, ""), -1);
	reputation_free(r);
}

static void
test_bad_lines(void **state)
{
	static const struct {
		const char *categories, *list, *error;
	} ROWS[] = {
	    {"1\n", "", "categories:1: a line is"},
	    {"#\n60,x,y\n", "", "categories:2: a line is"},
	    {"0,x,y\n", "", "categories:1: a line is"},
	    {"1,,y\n", "", "categories:1: a line is"},
	    {"0x1,x,y\n", "", "categories:1: a line is"},
	    {"1,12345678901234567890123456789012,y\n", "", "more than 31 letters"},
	    {"1,x,y", "\n192.0.2.1,1\n", "list:2: a line is"},
	    {"1,x,y", "192.0.2.1,1,1,1\n", "list:1: a line is"},
	    {"1,x,y", "192.0.2.1,0,1\n", "list:1: a line is"},
	    {"1,x,y", "192.0.2.1,60,1\n", "list:1: a line is"},
	    {"1,x,y", "192.0.2.1,1,128\n", "a score is"},
	    {"1,x,y", "192.0.2.1,1,-1\n", "a score is"},
	    {"1,x,y", "nobody,1,1\n", "not an address"},
	    {"1,x,y", "192.0.2/24,1,1\n", "not an address"},
	    {"1,x,y", "192.0.2.0/33,1,1\n", "the length of a net"},
	    {"1,x,y", "192.0.2.0/,1,1\n", "the length of a net"},
	    {"1,x,y", "2001:db8::/129,1,1\n", "the length of a net"},
	    {NULL, "", "categories: No such file"},
	};
	char error[300];

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		assert_null(read_texts(ROWS[i].categories, ROWS[i].list, error));
		if (strstr(error, ROWS[i].error) == NULL)
			fail_msg("%zu: %s", i, error);
	}
}

/* A file that is cut anywhere is read or refused. */
static void
test_truncated(void **state)
{
	char list[sizeof(LIST)], error[300];

	(void)state;
	for (size_t n = 0; n < sizeof(LIST); n++) {
		memcpy(list, LIST, n);
		list[n] = '\0';
		reputation_free(read_texts(CATEGORIES, list, error));
	}
}

static struct ruleset *
ruleset_of(const char *options)
{
	static const char *const LISTS[] = {"list"};
	static struct texts t = {CATEGORIES, LIST};
	static const struct ruleset_source source = {.arg = &t, .read = on_read};
	const struct ruleset_config c = {.iprep_categories = "categories",
	    .iprep = LISTS,
	    .iprep_n = 1,
	    .source = &source};
	char error[300], rule[200];
	struct ruleset *rs = ruleset_new(&c, error, sizeof(error));

	assert_non_null(rs);
	snprintf(rule, sizeof(rule), "alert ip any any -> any any (%s; sid:1;)",
	    options);
	assert_int_equal(ruleset_load_text(rs, rule, "test.rules"), 0);
	assert_int_equal(ruleset_finish(rs, error, sizeof(error)), 0);
	return rs;
}

static void
test_rules(void **state)
{
	static const struct {
		const char *options, *src, *dst;
		bool alert;
	} ROWS[] = {
	    {"iprep:src,CnC,>,29", "10.1.2.3", "192.0.2.1", true},
	    {"iprep:src,CnC,>,30", "10.1.2.3", "192.0.2.1", false},
	    {"iprep: src , CnC , >= , 30", "10.1.2.3", "192.0.2.1", true},
	    {"iprep:dst,CnC,>,29", "10.1.2.3", "192.0.2.1", false},
	    {"iprep:dst,CnC,=,30", "192.0.2.1", "10.1.2.3", true},
	    {"iprep:any,CnC,<=,30", "192.0.2.1", "10.1.2.3", true},
	    {"iprep:any,CnC,<,127", "192.0.2.1", "192.0.2.2", false},
	    {"iprep:both,CnC,>,9", "10.1.2.3", "192.0.2.1", false},
	    {"iprep:both,CnC,>,9", "10.1.2.3", "10.9.9.9", true},
	    {"iprep:src,CnC,!=,3", "10.1.2.3", "10.9.9.9", true},
	    {"iprep:src,CnC,isset", "10.1.2.4", "192.0.2.1", true},
	    {"iprep:src,CnC,isset", "192.0.2.1", "10.1.2.4", false},
	    {"iprep:src,CnC,isnotset", "10.1.2.4", "192.0.2.1", true},
	    {"iprep:src,CnC,isnotset", "10.1.2.3", "192.0.2.1", false},
	    {"iprep:any,CnC,isnotset", "10.1.2.3", "10.1.2.4", false},
	    {"iprep:any,CnC,isnotset", "10.1.2.3", "192.0.2.1", true},
	    {"iprep:both,CnC,isnotset", "10.1.2.4", "192.0.2.1", false},
	    {"iprep:both,CnC,isnotset", "192.0.2.2", "192.0.2.1", true},
	};
	struct detect_config dc = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct engine e = {.rs = ruleset_of(ROWS[i].options)};
		struct packet p = packet_of(IPPROTO_UDP, "x", 1);

		assert_int_equal(ruleset_loaded(e.rs), 1);
		assert_non_null(e.d = detect_new(e.rs, &dc));
		addr_parse(ROWS[i].src, &p.src);
		addr_parse(ROWS[i].dst, &p.dst);
		if (alerts(&e, &p, 1) != ROWS[i].alert)
			fail_msg("%zu: %s", i, ROWS[i].options);
		engine_close(&e);
	}
}

static void
test_refused(void **state)
{
	static const char *const BAD[] = {"iprep:src,Nope,>,1", "iprep:src,cnc,>,1",
	    "iprep:SRC,CnC,>,1", "iprep:src,CnC,>", "iprep:src,CnC",
	    "iprep:src,CnC,>,256", "iprep:src,CnC,>,-1", "iprep:src,CnC,>,0x10",
	    "iprep:src,CnC,>,1,2", "iprep:src,CnC,>,", "iprep:src,,>,1",
	    "iprep:src,CnC,isset,1", "iprep:src,CnC,ISSET", "iprep:src,CnC,>1"};
	const struct ruleset_refusal *r;
	struct engine e;

	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct ruleset *rs = ruleset_of(BAD[i]);

		if (ruleset_refusals(rs, NULL) != 1)
			fail_msg("%s loads", BAD[i]);
		ruleset_free(rs);
	}
	engine_open(
	    &e, "alert ip any any -> any any (iprep:src,CnC,>,1; sid:1;)", NULL);
	assert_int_equal(ruleset_refusals(e.rs, &r), 1);
	assert_non_null(strstr(r->reason, "iprep"));
	assert_non_null(strstr(r->reason, "give --iprep-categories"));
	engine_close(&e);
}

static void
test_list_alone(void **state)
{
	static const char *const LISTS[] = {"list"};
	const struct ruleset_config c = {.iprep = LISTS, .iprep_n = 1};
	char error[300];

	(void)state;
	assert_null(ruleset_new(&c, error, sizeof(error)));
	assert_non_null(strstr(error, "list: a list of reputations needs"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scores),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_list_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
