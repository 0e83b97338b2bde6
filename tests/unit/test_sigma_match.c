/* SPDX-License-Identifier: EUPL-1.2 */
/* Sigma's modifiers, values and conditions against records: one row, one claim. */
#include "collector/correlate/event.h"
#include "collector/correlate/sigma.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

#define HEAD "title: t\nlogsource:\n  product: stadswacht\ndetection:\n"

static const char record[] =
    "{\"timestamp\":\"2026-11-23T12:00:00.000000+0000\",\"event_type\":\"alert\","
    "\"src_ip\":\"203.0.113.9\",\"src_port\":40000,\"dest_ip\":\"10.1.2.3\","
    "\"dest_port\":22,\"proto\":\"TCP\","
    "\"alert\":{\"signature\":\"Scan by Nmap\",\"signature_id\":9000001,"
    "\"category\":\"\",\"rule\":null,\"metadata\":{\"mitre_technique_id\":["
    "\"T1046\","
    "\"T1595\"]}},"
    "\"http\":{\"hostname\":\"www.zwolle.nl\",\"url\":\"/a/b*c?d\\\\e\","
    "\"http_user_agent\":\"cmd.exe /c \\u2013enc ABC\",\"status\":404,"
    "\"http_refer\":\"10.1.2.3\",\"length\":12.5},"
    "\"dns\":{\"query\":[{\"type\":\"query\",\"rrname\":\"een.example\"},"
    "{\"type\":\"query\",\"rrname\":\"twee.example\"}]},"
    "\"tls\":{\"subject\":\"CN=\\u00c9\\u00e9n\",\"sni\":\"xZWNobyBoaQ\"},"
    "\"stadswacht\":{\"engine\":\"rules\"}}";

static char complaint[400];
static unsigned complaint_line;

static void
complain(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	(void)file;
	complaint_line = line;
	snprintf(complaint, sizeof(complaint), "%s", text);
}

/* 1 matches, 0 not, -1 refused. */
static int
try(const char *detection)
{
	char text[4096];
	struct sigma_set *s = sigma_new();
	struct json_doc *d = json_read(record, strlen(record), NULL, 0);
	struct event e = {.event_type = "alert",
	    .engine = "rules",
	    .tenant = "",
	    .host = "",
	    .agent = "",
	    .body = d};
	uint64_t limits = 0;
	int result = -1;

	assert_non_null(s);
	assert_non_null(d);
	complaint[0] = '\0';
	snprintf(text, sizeof(text), "%s%s", HEAD, detection);
	if (sigma_load_text(s, "test.yml", text, strlen(text), complain, NULL) == 0)
		result = sigma_match(sigma_at(s, 0), &e, &limits);
	json_free(d);
	sigma_free(s);
	return result;
}

/* One field line under "sel". */
static int
field(const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text), "  sel:\n    %s\n  condition: sel\n", line);
	return try(text);
}

static const struct {
	const char *line;
	int want;
} values[] = {
    /* whole value, any case */
    {"alert.signature: scan by nmap", 1},
    {"alert.signature: scan by", 0},
    {"alert.signature|cased: scan by nmap", 0},
    {"alert.signature|cased: Scan by Nmap", 1},
    {"tls.subject: cn=ÉÉN", 1},
    {"tls.subject|cased: cn=Één", 0},
    /* wildcards and escapes */
    {"alert.signature: 'scan*'", 1},
    {"alert.signature: '*by*'", 1},
    {"alert.signature: 's*n*p'", 1},
    {"alert.signature: 'scan?by?nmap'", 1},
    {"alert.signature: 'scan??by nmap'", 0},
    {"alert.signature: '*'", 1},
    {"alert.category: '*'", 1},
    {"alert.category: '?'", 0},
    {"tls.subject: 'CN=??n'", 1},
    {"http.url: '/a/b\\*c\\?d\\e'", 1},
    {"http.url: '/a/b\\*c\\?d\\\\e'", 1},
    {"http.url: '/a/b\\*c\\?d\\\\*'", 1},
    {"http.url: '/a/b\\*c\\?d\\*'", 0},
    {"http.url: '/a/b\\?c*'", 0},
    {"http.url|contains: 'b\\*c'", 1},
    {"http.hostname: 'www\\*'", 0},
    /* contains, startswith, endswith, all, lists */
    {"alert.signature|contains: BY", 1},
    {"alert.signature|startswith: scan", 1},
    {"alert.signature|startswith: nmap", 0},
    {"alert.signature|endswith: nmap", 1},
    {"alert.signature|endswith: scan", 0},
    {"alert.signature|contains: ['x', 'nmap']", 1},
    {"alert.signature|contains|all: ['scan', 'nmap']", 1},
    {"alert.signature|contains|all: ['scan', 'x']", 0},
    {"alert.signature|contains|cased: nmap", 0},
    /* numbers and texts */
    {"dest_port: 22", 1},
    {"dest_port: '22'", 1},
    {"dest_port: 22.0", 1},
    {"dest_port: 2", 0},
    {"dest_port: [80, 443, 22]", 1},
    {"dest_port|contains: 2", 1},
    {"dest_port|gt: 21", 1},
    {"dest_port|gt: 22", 0},
    {"dest_port|gte: 22", 1},
    {"dest_port|lt: 22", 0},
    {"dest_port|lte: 22", 1},
    {"http.length|gt: 12.4", 1},
    {"http.length|lt: 12.4", 0},
    {"alert.signature|gt: 1", 0},
    /* nothing there */
    {"alert.category: ''", 1},
    {"alert.signature: ''", 0},
    {"alert.rule: null", 1},
    {"alert.xff: null", 1},
    {"alert.signature: null", 0},
    {"alert.signature|neq: null", 1},
    {"alert.xff: ''", 0},
    {"alert.rule|exists: true", 1},
    {"alert.category|exists: true", 1},
    {"alert.xff|exists: true", 0},
    {"alert.xff|exists: false", 1},
    /* neq */
    {"dest_port|neq: 22", 0},
    {"dest_port|neq: 23", 1},
    {"alert.signature|contains|neq: nmap", 0},
    {"dest_port|neq: [22, 23]", 0},
    {"dest_port|neq: [23, 24]", 1},
    {"alert.xff|neq: x", 1},
    /* regular expressions: anywhere, with case */
    {"alert.signature|re: 'by Nm.p$'", 1},
    {"alert.signature|re: 'by nm.p$'", 0},
    {"alert.signature|re|i: 'by nm.p$'", 1},
    {"alert.signature|re: '^Nmap'", 0},
    {"alert.signature|re|neq: '^Nmap'", 1},
    /* addresses */
    {"src_ip|cidr: 203.0.113.0/24", 1},
    {"src_ip|cidr: 203.0.112.0/24", 0},
    {"src_ip|cidr: ['10.0.0.0/8', '203.0.113.9']", 1},
    {"src_ip|cidr: 2001:db8::/32", 0},
    {"src_ip|cidr|neq: 10.0.0.0/8", 1},
    {"alert.signature|cidr: 10.0.0.0/8", 0},
    /* other fields */
    {"dest_ip|fieldref: http.http_refer", 1},
    {"src_ip|fieldref: http.http_refer", 0},
    {"src_ip|fieldref|neq: dest_ip", 1},
    /* dashes */
    {"http.http_user_agent|windash|contains: ' -enc'", 1},
    {"http.http_user_agent|contains: ' -enc'", 0},
    {"http.http_user_agent|contains|windash: ' -c '", 1},
    {"http.hostname|windash: 'www.zwolle.nl'", 1},
    /* encodings: "echo hi" is ZWNobyBoaQ== */
    {"tls.sni|base64|contains: 'echo h'", 1},
    {"tls.sni|base64offset|contains: 'cho h'", 1},
    {"tls.sni|base64offset|contains: 'ho h'", 1},
    {"tls.sni|base64offset|contains: 'o hi'", 1},
    {"tls.sni|base64offset|contains: 'goodbye'", 0},
    {"tls.sni|wide|base64offset|contains: 'echo'", 0},
    /* arrays: any element */
    {"dns.query.rrname: twee.example", 1},
    {"dns.query.rrname: drie.example", 0},
    {"alert.metadata.mitre_technique_id: T1595", 1},
    {"alert.metadata.mitre_technique_id|all: [T1046, T1595]", 1},
    /* names of Sigma's taxonomy */
    {"dst_port: 22", 1},
    {"DestinationIp: 10.1.2.3", 1},
    {"query: een.example", 1},
    {"cs-method: GET", 0},
};

static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		int got = field(values[i].line);

		if (got != values[i].want)
			fail_msg("%s: %d, wanted %d (%s)", values[i].line, got,
			    values[i].want, complaint);
	}
}

#define SELECTIONS                                                                 \
	"  a:\n    dest_port: 22\n  b:\n    dest_port: 23\n  _c:\n    proto: "     \
	"TCP\n"                                                                    \
	"  sel_1:\n    proto: TCP\n  sel_2:\n    proto: UDP\n  condition: "

static const struct {
	const char *condition;
	int want;
} conditions[] = {
    {"a", 1},
    {"b", 0},
    {"not a", 0},
    {"not b", 1},
    {"not not a", 1},
    {"a and b", 0},
    {"a or b", 1},
    {"b or a and a", 1},
    {"a or a and b", 1},
    {"(a or a) and b", 0},
    {"not b and a", 1},
    {"not (b and a)", 1},
    {"not b or b", 1},
    {"a and not b", 1},
    {"((a))", 1},
    {"(a)and(not b)", 1},
    {"1 of them", 1},
    {"all of them", 0},
    {"1 of sel_*", 1},
    {"all of sel_*", 0},
    {"any of sel_*", 1},
    {"all of _*", 1},
    {"not 1 of sel_*", 0},
    {"1 of sel_* and a", 1},
    {"1 of b*", 0},
    {"a AND NOT b", 1},
    {"[b, a]", 1},
    {"[b, 'a and b']", 0},
};

static void
test_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
		char text[1024];
		int got;

		snprintf(text, sizeof(text), "%s%s\n", SELECTIONS,
		    conditions[i].condition);
		got = try(text);
		if (got != conditions[i].want)
			fail_msg("%s: %d, wanted %d (%s)", conditions[i].condition,
			    got, conditions[i].want, complaint);
	}
}

static void
test_lists_and_keywords(void **state)
{
	(void)state;
	/* a list of maps: any; a map: all */
	assert_int_equal(try("  s:\n    - dest_port: 23\n    - dest_port: 22\n"
			     "  condition: s\n"),
	    1);
	assert_int_equal(try("  s:\n    dest_port: 22\n    proto: UDP\n"
			     "  condition: s\n"),
	    0);
	/* keywords: anywhere in the record, within a value */
	assert_int_equal(
	    try("  k:\n    - nmap\n    - masscan\n  condition: k\n"), 1);
	assert_int_equal(try("  k:\n    - masscan\n  condition: k\n"), 0);
	assert_int_equal(try("  k:\n    '|all':\n      - nmap\n      - zwolle\n"
			     "  condition: k\n"),
	    1);
	assert_int_equal(try("  k:\n    '|all':\n      - nmap\n      - masscan\n"
			     "  condition: k\n"),
	    0);
	assert_int_equal(try("  k:\n    - 203.0.113.9\n    - dest_port: 23\n"
			     "  condition: k\n"),
	    1);
	/* a name is no value */
	assert_int_equal(
	    try("  k:\n    - mitre_technique_id\n  condition: k\n"), 0);
}

static const struct {
	const char *text;
	unsigned line;
	const char *say;
} refusals[] = {
    {"  s:\n    dest_port|hour: 3\n  condition: s\n", 6,
	"\"hour\" is not supported"},
    {"  s:\n    src_ip|expand: '%x%'\n  condition: s\n", 6,
	"\"expand\" is not supported"},
    {"  s:\n    proto|fuzzy: 3\n  condition: s\n", 6, "unknown modifier \"fuzzy\""},
    {"  s:\n    proto|contains|startswith: x\n  condition: s\n", 6,
	"cannot go together"},
    {"  s:\n    proto|contains|contains: x\n  condition: s\n", 6, "twice"},
    {"  s:\n    proto|all: x\n  condition: s\n", 6, "more than one value"},
    {"  s:\n    proto|i: x\n  condition: s\n", 6, "belong to \"re\""},
    {"  s:\n    proto|re: '('\n  condition: s\n", 6, "regular expression"},
    {"  s:\n    proto|wide: x\n  condition: s\n", 6, "needs base64"},
    {"  s:\n    proto|contains|base64: x\n  condition: s\n", 6, "must come before"},
    {"  s:\n    proto|base64: 'x*'\n  condition: s\n", 6, "wildcard"},
    {"  s:\n    proto|cidr: 10.0.0.0/33\n  condition: s\n", 6, "prefix length"},
    {"  s:\n    proto|cidr: home\n  condition: s\n", 6, "no network"},
    {"  s:\n    dest_port|gt: many\n  condition: s\n", 6, "no number"},
    {"  s:\n    proto|exists: maybe\n  condition: s\n", 6, "true or false"},
    {"  s:\n    CommandLine: x\n  condition: s\n", 6, "no record has a field"},
    {"  s:\n    proto:\n      - x\n      - null\n  condition: s\n", 8,
	"null stands alone"},
    {"  s:\n    proto: []\n  condition: s\n", 6, "1 to"},
    {"  s:\n    proto: {a: b}\n  condition: s\n", 6, "one text or number"},
    {"  s: x\n  condition: s\n", 5, "must be a map or a list"},
    {"  s: {}\n  condition: s\n", 5, "would match everything"},
    {"  s:\n    proto: x\n", 5, "no \"condition\""},
    {"  condition: s\n", 5, "no search identifier"},
    {"  s:\n    proto: x\n  condition: t\n", 7, "\"t\""},
    {"  s:\n    proto: x\n  condition: 1 of t*\n", 7, "\"t*\""},
    {"  s:\n    proto: x\n  condition: 2 of s\n", 7, "\"1 of\""},
    {"  s:\n    proto: x\n  condition: s*\n", 7, "pattern"},
    {"  s:\n    proto: x\n  condition: s s\n", 7, "missing before \"s\""},
    {"  s:\n    proto: x\n  condition: s and\n", 7, "too early"},
    {"  s:\n    proto: x\n  condition: (s\n", 7, "without its \")\""},
    {"  s:\n    proto: x\n  condition: s)\n", 7, "without its \"(\""},
    {"  s:\n    proto: x\n  condition: not\n", 7, "too early"},
    {"  s:\n    proto: x\n  condition: s | count() > 3\n", 7, "aggregation"},
    {"  s:\n    proto: x\n  timeframe: 5m\n  condition: s\n", 7, "timeframe"},
};

static void
test_refusals_name_line_and_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		int got = try(refusals[i].text);

		if (got != -1 || strstr(complaint, refusals[i].say) == NULL ||
		    complaint_line != refusals[i].line)
			fail_msg("%s: %d, line %u: %s", refusals[i].text, got,
			    complaint_line, complaint);
	}
}

static void
load(const char *text, int refused)
{
	struct sigma_set *s = sigma_new();

	complaint[0] = '\0';
	assert_int_equal(
	    sigma_load_text(s, "d.yml", text, strlen(text), complain, NULL) +
		sigma_link(s, complain, NULL),
	    refused);
	sigma_free(s);
}

#define DETECTION                                                                  \
	"title: d\nname: d\nlogsource:\n  product: stadswacht\ndetection:\n"       \
	"  s:\n    proto: TCP\n  condition: s\n---\n"

static void
test_documents(void **state)
{
	(void)state;
	load("title: x\n", 1);
	assert_non_null(strstr(complaint, "neither"));
	load("title: x\nfilter:\n  rules: [a]\n", 1);
	assert_non_null(strstr(complaint, "filter documents are not supported"));
	load("title: x\nlogsource:\n  product: windows\ndetection:\n  condition: "
	     "s\n",
	    1);
	assert_non_null(strstr(complaint, "product \"windows\""));
	load(
	    "title: x\nlevel: huge\nlogsource:\n  product: stadswacht\ndetection:\n"
	    "  s:\n    proto: a\n  condition: s\n",
	    1);
	assert_non_null(strstr(complaint, "level \"huge\""));
	load(DETECTION "title: x\nstadswacht:\n  titel_nl: y\nlogsource:\n"
		       "  product: stadswacht\ndetection:\n  s:\n    proto: TCP\n"
		       "  condition: s\n",
	    1);
	assert_non_null(strstr(complaint, "holds title_nl, not \"titel_nl\""));
	/* one bad document does not take the others along */
	load(DETECTION "title: bad\n", 1);
	load(DETECTION
	    "title: d\nname: d\nlogsource:\n  product: stadswacht\ndetection:\n"
	    "  s:\n    proto: TCP\n  condition: s\n",
	    1);
	assert_non_null(strstr(complaint, "also the id or name of d.yml:1"));
	load("a: [", 1);
}

static void
test_correlations(void **state)
{
#define C(body) DETECTION "title: c\ncorrelation:\n" body
	(void)state;
	load(C("  type: event_count\n  rules: [d]\n  group-by: [src_ip]\n  "
	       "timespan: 5m\n"
	       "  condition:\n    gte: 10\n"),
	    0);
	load(C("  type: value_count\n  rules: d\n  group-by: src_ip\n  timespan: "
	       "1d\n"
	       "  condition:\n    gt: 3\n    field: dest_ip\n"),
	    0);
	load(C("  type: temporal\n  rules: [d]\n  timespan: 5m\n"), 1);
	assert_non_null(strstr(complaint, "\"temporal\" is not supported yet"));
	load(C("  type: event_count\n  rules: [e]\n  timespan: 5m\n  condition:\n"
	       "    gte: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "\"e\" is not loaded"));
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5w\n  condition:\n"
	       "    gte: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "timespan \"5w\""));
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5m\n  condition:\n"
	       "    lt: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "\"lt\" is not supported yet"));
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5m\n  condition:\n"
	       "    gte: 5000\n"),
	    1);
	assert_non_null(strstr(complaint, "up to 4095"));
	load(C("  type: value_count\n  rules: [d]\n  timespan: 5m\n  condition:\n"
	       "    gte: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "condition.field"));
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5m\n  group-by: "
	       "[User]\n"
	       "  condition:\n    gte: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "field \"User\""));
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5m\n  window: 3\n"
	       "  condition:\n    gte: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "unknown key \"window\""));
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5m\n  group-by: "
	       "[who]\n"
	       "  aliases:\n    who:\n      d: src_ip\n  condition:\n    gte: 2\n"),
	    0);
	load(C("  type: event_count\n  rules: [d]\n  timespan: 5m\n  group-by: "
	       "[who]\n"
	       "  aliases:\n    who:\n      x: src_ip\n  condition:\n    gte: 2\n"),
	    1);
	assert_non_null(strstr(complaint, "alias \"who\""));
}

/* A text pattern's work is bounded, whatever the rule and the record. */
static void
test_many_stars_end(void **state)
{
	char line[600];
	size_t n =
	    (size_t)snprintf(line, sizeof(line), "alert.signature|contains: '");

	(void)state;
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "*a");
	snprintf(line + n, sizeof(line) - n, "'");
	assert_int_equal(field(line), 0);
}

static void
test_every_truncation_is_survived(void **state)
{
	static const char whole[] =
	    C("  type: value_count\n  rules: d\n  group-by: [who]\n"
	      "  aliases:\n    who:\n      d: src_ip\n  timespan: 1d\n  "
	      "condition:\n    gt: 3\n"
	      "    field: dest_ip\n  generate: true\n");

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		struct sigma_set *s = sigma_new();

		sigma_load_text(s, "cut.yml", whole, n, complain, NULL);
		sigma_link(s, complain, NULL);
		assert_true(sigma_count(s) <= 2);
		sigma_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_conditions),
	    cmocka_unit_test(test_lists_and_keywords),
	    cmocka_unit_test(test_refusals_name_line_and_reason),
	    cmocka_unit_test(test_documents),
	    cmocka_unit_test(test_correlations),
	    cmocka_unit_test(test_many_stars_end),
	    cmocka_unit_test(test_every_truncation_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
