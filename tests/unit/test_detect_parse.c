/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules as text: what loads, what is refused and in which words. */
#include "agent/detect/classes.h"
#include "agent/detect/parser.h"
#include "common/str.h"
#include "tests/unit/detect_help.h"

#include <unistd.h>

static void
test_good_rules(void **state)
{
	static const char *const GOOD[] = {
	    "alert ip any any -> any any (sid:1;)",
	    "alert tcp [1.2.3.4, 5.6.7.8] [80,443] -> $HOME_NET any ( msg : \"a "
	    "b\" ; sid : 1 ; )",
	    "pass icmp any any <> any any (sid:1;)",
	    "drop tcp-pkt any any -> any !80 (flags:S,CE; sid:1;)",
	    "rejectboth udp any :1024 -> any 1024: (dsize:>10; sid:1;)",
	    "alert tcp any any -> any any (msg:\"x\\; y\"; content:\"a|3b|b\"; "
	    "sid:1; rev:2; "
	    "gid:3; classtype:trojan-activity; priority:1; "
	    "reference:url,a.b/c\\;d; "
	    "metadata:k v, k w, l x; target:src_ip;)",
	    "alert tcp any any -> any any (content:\"abc\"; fast_pattern:1,2; "
	    "sid:1;)",
	    "alert tcp any any -> any any (content:\"abc\"; fast_pattern:only; "
	    "sid:1;)",
	    "alert tcp any any -> any any (content:\"abc\"; rawbytes; "
	    "pcre:\"/a\"b/\"; sid:1;)",
	    "alert tcp any any -> any any (flow:to_server,established; "
	    "flowbits:isset,a|b; "
	    "flowbits:set,c; flowbits:noalert; sid:1;)",
	    "alert tcp any any -> any any (flowint:n,+,1; flowint:n,>,3; "
	    "flowint:m,notset; "
	    "flowint:m,=,n; sid:1;)",
	    "alert ip any any -> any any (xbits:set,x,track ip_pair,expire 10; "
	    "hostbits:isset,y,dst; sid:1;)",
	    "alert tcp any any -> any any (threshold:type both, track by_rule, "
	    "count 2, "
	    "seconds 60; sid:1;)",
	    "alert tcp any any -> any any (detection_filter:track by_src, count 2, "
	    "seconds 60; "
	    "sid:1;)",
	    "alert tcp any any -> any any (tag:session,10,packets; "
	    "tag:host,1,seconds,dst; sid:1;)",
	    "alert ip any any -> any any (ttl:<5; tos:!x10; id:7; ipopts:lsrr; "
	    "fragbits:M+; "
	    "fragoffset:!0; ip_proto:!tcp; sameip; sid:1;)",
	    "alert icmp any any -> any any (itype:3<>9; icode:0; icmp_id:\"7\"; "
	    "icmp_seq:8; sid:1;)",
	    "alert tcp any any -> any any (seq:1; ack:2; window:!3; "
	    "tcp.mss:500-600; sid:1;)",
	    "alert tcp any any -> any any (tcp.hdr; content:\"a\"; bsize:>20; "
	    "pkt_data; "
	    "content:\"b\"; sid:1;)",
	    "alert pkthdr any any -> any any (decode-event:ipv4.pkt_too_small; "
	    "sid:1;)",
	    "alert udp any any -> any any (udpv4-csum:invalid; sid:1;)",
	    "alert tcp any any -> any any (requires: version >= 7.0.0 < 8 | >= 9; "
	    "sid:1;)",
	    "alert tcp any any -> any any (noalert; prefilter; sid:1;)",
	    /* the old letter of the buffer that is open */
	    "alert http any any -> any any (http.uri; content:\"a\"; "
	    "pcre:\"/b/URi\"; sid:1;)",
	    "alert http any any -> any any (file.data; pcre:\"/b/Q\"; sid:1;)",
	    "alert tcp any any -> any any (content:\"b\"; base64_decode; "
	    "base64_data; content:\"a\"; fast_pattern; sid:1;)",
	    "alert http any any -> any any (http.uri; compress_whitespace; "
	    "content:\"a b\"; http.uri; dotprefix; to_md5; content:\"a\"; sid:1;)",
	    "alert tcp any any -> any any (threshold:type threshold, track by_src, "
	    "count 1, seconds 60; threshold:type limit, track by_src, count 1, "
	    "seconds 600; sid:1;)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(GOOD) / sizeof(GOOD[0]); i++) {
		const struct ruleset_refusal *r;
		struct engine e;

		engine_open(&e, GOOD[i], NULL);
		if (ruleset_refusals(e.rs, &r) > 0)
			fail_msg("%s: %s", GOOD[i], r->reason);
		assert_int_equal(ruleset_loaded(e.rs), 1);
		engine_close(&e);
	}
}

static const struct {
	const char *rule, *reason; /* a part of the reason */
} BAD[] = {
    {"alert", "the protocol is missing"},
    {"warn tcp any any -> any any (sid:7;)", "unknown action \"warn\""},
    {"alert foo any any -> any any (sid:7;)", "unknown protocol \"foo\""},
    {"alert msn any any -> any any (sid:7;)",
	"protocol \"msn\": needs an application-layer parser"},
    {"alert tcp any any => any any (sid:7;)", "direction \"=>\""},
    {"alert tcp any any -> any (sid:7;)", "the destination port is missing"},
    {"alert tcp any any -> any any sid:7;", "a \"(\" must follow"},
    {"alert tcp $NOPE any -> any any (sid:7;)", "the variable is not defined"},
    {"alert tcp any any -> any any (sid:7;", "does not end with \")\""},
    {"alert tcp any any -> any any (sid:7)", "no \";\" behind"},
    {"alert tcp any any -> any any (msg:\"x\";)", "\"sid\" is missing"},
    {"alert tcp any any -> any any (foo:1; sid:7;)", "unknown keyword \"foo\""},
    {"alert tcp any any -> any any (ssh.protoversion:1; sid:7;)",
	"keyword \"ssh.protoversion\": needs an application-layer parser, which "
	"this "
	"version does "
	"not have"},
    {"alert tcp any any -> any any (stream_size:server,~,1; sid:7;)",
	"write it as client"},
    {"alert tcp any any -> any any (stream_size:server,>; sid:7;)",
	"write it as client"},
    {"alert tcp any any -> any any (stream-event:no_such; sid:7;)",
	"unknown stream event \"no_such\""},
    {"alert tcp any any -> any any (filestore; sid:7;)", "needs files"},
    {"alert tcp any any -> any any (lua:x.lua; sid:7;)", "needs a Lua"},
    {"alert tcp any any -> any any (sameip:1; sid:7;)", "takes no value"},
    {"alert tcp any any -> any any (ttl; sid:7;)", "needs a value"},
    {"alert tcp any any -> any any (content:abc; sid:7;)", "double quotes"},
    {"alert tcp any any -> any any (content:\"abc; sid:7;)", "closing quote"},
    {"alert tcp any any -> any any (content:\"\"; sid:7;)", "is empty"},
    {"alert tcp any any -> any any (content:\"|4\"; sid:7;)",
	"closing | is missing"},
    {"alert tcp any any -> any any (content:\"|4|\"; sid:7;)", "in pairs"},
    {"alert tcp any any -> any any (content:\"|4g|\"; sid:7;)", "no hex digit"},
    {"alert tcp any any -> any any (content:\"a\\qb\"; sid:7;)", "after \\ only"},
    {"alert tcp any any -> any any (nocase; sid:7;)", "needs a content before it"},
    {"alert tcp any any -> any any (content:\"a\"; nocase; nocase; sid:7;)",
	"twice"},
    {"alert tcp any any -> any any (content:\"abc\"; depth:2; sid:7;)",
	"less than"},
    {"alert tcp any any -> any any (content:\"abc\"; within:2; sid:7;)",
	"less than"},
    {"alert tcp any any -> any any (content:\"a\"; depth:70000; sid:7;)",
	"no number"},
    {"alert tcp any any -> any any (content:\"a\"; depth:5; distance:1; sid:7;)",
	"cannot be joined"},
    {"alert tcp any any -> any any (content:\"a\"; startswith; offset:1; sid:7;)",
	"cannot be joined"},
    {"alert tcp any any -> any any (content:\"a\"; offset:n; sid:7;)",
	"neither a number"},
    {"alert tcp any any -> any any (content:\"abc\"; fast_pattern:2,2; sid:7;)",
	"beyond"},
    {"alert tcp any any -> any any (content:\"a\"; offset:1; fast_pattern:only; "
     "sid:7;)",
	"not for a content"},
    {"alert tcp any any -> any any (content:!\"a\"; offset:1; fast_pattern; "
     "sid:7;)",
	"cannot be the fast pattern"},
    {"alert tcp any any -> any any (content:\"a\"; fast_pattern; content:\"b\"; "
     "fast_pattern; sid:7;)",
	"once in a rule"},
    {"alert tcp any any -> any any (tcp.hdr; sid:7;)", "nothing to look for"},
    {"alert udp any any -> any any (tcp.hdr; content:\"a\"; sid:7;)",
	"another protocol"},
    {"alert tcp any any -> any any (bsize:3; sid:7;)", "needs a sticky buffer"},
    {"alert tcp-stream any any -> any any (dsize:3; content:\"a\"; sid:7;)",
	"tcp-stream"},
    {"alert tcp any any -> any any (pcre:\"/a(/\"; sid:7;)", "at character"},
    {"alert tcp any any -> any any (pcre:\"abc\"; sid:7;)", "/expression/flags"},
    {"alert tcp any any -> any any (pcre:\"/a/k\"; sid:7;)", "unknown flag \"k\""},
    {"alert http any any -> any any (http.uri; pcre:\"/a/H\"; sid:7;)",
	"flag H is not of the sticky buffer"},
    {"alert tcp any any -> any any (threshold:type limit, track by_src, count 1, "
     "seconds 60; threshold:type both, track by_src, count 2, seconds 600; sid:7;)",
	"must not both hold"},
    {"alert tcp any any -> any any (base64_data; content:\"a\"; sid:7;)",
	"needs a base64_decode"},
    {"alert tcp any any -> any any (base64_decode; base64_data; sid:7;)",
	"nothing to look for"},
    {"alert tcp any any -> any any (base64_decode:bytes 0; sid:7;)",
	"from 1 to 65535"},
    {"alert tcp any any -> any any (base64_decode:size 1; sid:7;)",
	"unknown word \"size\""},
    {"alert tcp any any -> any any (base64_decode; base64_data; content:\"a\"; "
     "fast_pattern; sid:7;)",
	"not in base64_data"},
    {"alert http any any -> any any (http.uri; strip_whitespace; "
     "content:\"a b\"; sid:7;)",
	"cannot be there after strip_whitespace"},
    {"alert http any any -> any any (http.uri; compress_whitespace; to_lowercase; "
     "content:\"a  b\"; sid:7;)",
	"cannot be there after compress_whitespace"},
    {"alert tcp any any -> any any (pcre:\"/a/UH\"; sid:7;)",
	"flags U and H are two buffers"},
    {"alert tcp any any -> any any (http.uri; content:\"a\"; "
     "http.stat_code; content:\"b\"; sid:7;)",
	"its buffers are of different directions"},
    {"alert tcp any any -> any any (flow:to_client; http.uri; "
     "content:\"a\"; sid:7;)",
	"flow says to_client"},
    {"alert dns any any -> any any (http.uri; content:\"a\"; sid:7;)",
	"a buffer is of another protocol"},
    {"alert tcp any any -> any any (dsize:3; http.uri; content:\"a\"; sid:7;)",
	"cannot be joined with buffers"},
    {"alert tcp any any -> any any (http_uri; sid:7;)",
	"needs a content before it"},
    {"alert tcp any any -> any any (byte_test:9,=,1,0; sid:7;)", "not 1 to 8"},
    {"alert tcp any any -> any any (byte_test:1,~,1,0; sid:7;)",
	"unknown operator"},
    {"alert tcp any any -> any any (byte_test:1,=,1; sid:7;)", "bytes, operator"},
    {"alert tcp any any -> any any (byte_jump:1,0,wrong; sid:7;)", "unknown word"},
    {"alert tcp any any -> any any (byte_extract:1,0,a; byte_extract:1,0,a; "
     "sid:7;)",
	"is taken"},
    {"alert tcp any any -> any any (byte_math:bytes 1, offset 0, oper +; sid:7;)",
	"needs bytes, offset"},
    {"alert tcp any any -> any any (flow:to_server,to_client; sid:7;)",
	"contradicts"},
    {"alert tcp any any -> any any (flow:sideways; sid:7;)", "unknown word"},
    {"alert tcp any any -> any any (flags:X; sid:7;)", "flags are of"},
    {"alert icmp any any -> any any (itype:300; sid:7;)", "no number up to 255"},
    {"alert icmp any any -> any any (itype:5<>6; sid:7;)", "range is empty"},
    {"alert tcp any any -> any any (flowbits:set; sid:7;)", "needs a name"},
    {"alert tcp any any -> any any (flowbits:set,a|b; sid:7;)",
	"isset and isnotset only"},
    {"alert tcp any any -> any any (xbits:set,a; sid:7;)", "is missing"},
    {"alert tcp any any -> any any (threshold:type limit, count 1, seconds 1; "
     "sid:7;)",
	"needs type, track"},
    {"alert tcp any any -> any any (threshold:type limit, track by_src, count 1, "
     "seconds "
     "1; detection_filter:track by_src, count 1, seconds 1; sid:7;)",
	"cannot be joined with threshold"},
    {"alert tcp any any -> any any (tag:host,1,packets; sid:7;)", "src or dst"},
    {"alert tcp any any -> any any (decode-event:no.such; sid:7;)",
	"unknown decoder event"},
    {"alert tcp any any -> any any (priority:0; sid:7;)", "1 to 255"},
    {"alert tcp any any -> any any (sid:0;)", "is not a signature id"},
    {"alert tcp any any -> any any (sid:x;)", "no number"},
    {"alert tcp any any -> any any (requires: version ~ 7; sid:7;)",
	"version test"},
    {"config ip any any -> any any (sid:7;)", "action \"config\""},
};

static void
test_refusals_say_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		const struct ruleset_refusal *r;
		struct engine e;

		engine_open(&e, BAD[i].rule, NULL);
		if (ruleset_refusals(e.rs, &r) != 1)
			fail_msg("taken: %s", BAD[i].rule);
		if (strstr(r->reason, BAD[i].reason) == NULL)
			fail_msg("%s: %s", BAD[i].rule, r->reason);
		assert_string_equal(r->file, "test.rules");
		assert_int_equal(r->line, 1);
		engine_close(&e);
	}
}

static void
test_lines_and_sids(void **state)
{
	const struct ruleset_refusal *r;
	struct engine e;

	(void)state;
	engine_open(&e,
	    "# a comment\n"
	    "\n"
	    "alert tcp any any -> any any \\\n"
	    "  (msg:\"over \\\r\n"
	    "  lines\"; sid:1;)\n"
	    "alert tcp any any -> any any (foo; sid:22;)\n"
	    "alert msn any any -> any any (sid:23;)\n"
	    "alert tcp any any -> any any (sid:1;)\n"
	    "alert tcp any any -> any any (sid:1; rev:3;)\n"
	    "alert tcp any any -> any any (requires: feature no-such; sid:24; "
	    "foo:1;)\n",
	    NULL);
	assert_int_equal(ruleset_total(e.rs), 6);
	assert_int_equal(ruleset_loaded(e.rs), 1);
	assert_int_equal(ruleset_refusals(e.rs, &r), 4);
	assert_int_equal(r[0].line, 6);
	assert_int_equal(r[0].sid, 22);
	assert_int_equal(r[1].line, 7);
	assert_int_equal(r[1].sid, 23);
	assert_int_equal(r[2].line, 8);
	assert_non_null(strstr(r[2].reason, "is there already"));
	assert_int_equal(r[3].line, 3);
	assert_non_null(strstr(r[3].reason, "replaced by rev 3"));
	engine_close(&e);
}

static void
test_meta(void **state)
{
	struct packet p = packet_of(IPPROTO_UDP, "x", 1);
	const struct rule_meta *m;
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (msg:\"a \\\"b\\\" c\\;\"; "
	    "content:\"x\"; sid:5; "
	    "gid:2; rev:9; classtype:Trojan-Activity; metadata:k v, l w, k x; "
	    "target:dest_ip;)");
	assert_true(alerts(&e, &p, 5));
	m = rule_meta(e.result.alert[0].rule);
	assert_string_equal(m->msg, "a \"b\" c;");
	assert_int_equal(m->gid, 2);
	assert_int_equal(m->rev, 9);
	assert_int_equal(m->priority, 1);
	assert_string_equal(m->category, "A Network Trojan was detected");
	assert_string_equal(
	    m->metadata_json, "{\"k\":[\"v\",\"x\"],\"l\":[\"w\"]}");
	assert_string_equal(m->target, "dest_ip");
	assert_non_null(strstr(m->text, "alert udp any any"));
	engine_close(&e);
}

static void
test_too_long(void **state)
{
	const struct ruleset_refusal *r;
	char *rule = malloc(RULE_TEXT_MAX + 200);
	struct engine e;
	int n = sprintf(rule, "alert tcp any any -> any any (msg:\"");

	(void)state;
	memset(rule + n, 'x', RULE_TEXT_MAX);
	strcpy(rule + n + RULE_TEXT_MAX, "\"; sid:1;)");
	engine_open(&e, rule, NULL);
	assert_int_equal(ruleset_refusals(e.rs, &r), 1);
	assert_non_null(strstr(r->reason, "longer than 8192"));
	engine_close(&e);
	free(rule);
}

static void
test_every_truncation_is_refused(void **state)
{
	static const char GOOD[] =
	    "alert tcp $HOME_NET [80,!81] -> any any (msg:\"m\"; "
	    "content:\"a|41|\"; depth:9; "
	    "pcre:\"/x/R\"; byte_test:1,=,1,0; flowbits:set,a; sid:1;)";
	char cut[sizeof(GOOD)];

	(void)state;
	for (size_t n = 1; n < sizeof(GOOD) - 1; n++) {
		struct engine e;

		memcpy(cut, GOOD, n);
		cut[n] = '\0';
		engine_open(&e, cut, NULL);
		assert_int_equal(ruleset_loaded(e.rs), 0);
		engine_close(&e);
	}
}

static void
test_table_is_sorted(void **state)
{
	const struct keyword *k;
	size_t ready = 0;

	(void)state;
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++) {
		assert_ptr_equal(keyword_find(k->name), k);
		assert_true((k->needs == KW_READY) == (k->parse != NULL));
		ready += k->needs == KW_READY;
	}
	assert_true(ready > 70);
	assert_null(keyword_find("no-such"));
	assert_non_null(keyword_find("HTTP.URI"));
}

static void
test_document_has_every_keyword(void **state)
{
	const struct keyword *k;
	char *text, quoted[64];
	size_t len;

	(void)state;
	text = str_read_file("docs/rules.md", 1 << 20, &len);
	assert_non_null(text);
	for (size_t i = 0; (k = keyword_at(i)) != NULL; i++) {
		const char *at,
		    *refused =
			strstr(text, "## Keywords that are known and refused");

		snprintf(quoted, sizeof(quoted), "`%s`", k->name);
		at = strstr(k->needs == KW_READY ? text : refused, quoted);
		if (at == NULL || (k->needs == KW_READY && at > refused))
			fail_msg("docs/rules.md does not say what is true of %s",
			    k->name);
	}
	free(text);
}

static void
write_file(char path[32], const char *text)
{
	FILE *f;
	int fd;

	strcpy(path, "/tmp/test_detect.XXXXXX");
	fd = mkstemp(path);
	f = fdopen(fd, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_classification_file(void **state)
{
	char path[32], error[200];
	struct classes *c;

	(void)state;
	write_file(path, "# x\nconfig classification: mine , My, own class ,7\n");
	c = classes_new(path, NULL, error, sizeof(error));
	assert_non_null(c);
	assert_int_equal(classes_find(c, "MINE")->priority, 7);
	assert_string_equal(classes_find(c, "mine")->description, "My, own class");
	assert_null(classes_find(c, "trojan-activity"));
	classes_free(c);
	unlink(path);
	write_file(path, "\nconfig classification: mine,text,0\n");
	assert_null(classes_new(path, NULL, error, sizeof(error)));
	assert_non_null(strstr(error, ":2:"));
	unlink(path);
	assert_null(classes_new("/no/such/file", NULL, error, sizeof(error)));
}

static void
test_threshold_file_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} ROWS[] = {
	    {"limit gen_id 1", ":1: a line begins with"},
	    {"\nsuppress gen_id 1", ":2: a setting is missing"},
	    {"suppress gen_id 1, sig_id 1, track by_src",
		"track and ip go together"},
	    {"suppress gen_id 1, sig_id 1, track by_src, ip 1.2.3",
		"not an address"},
	    {"threshold gen_id 1, sig_id 1, type x, track by_src, count 1, seconds "
	     "1",
		"type is"},
	    {"threshold gen_id 1, sig_id 1, type both, track by_src, count 0, "
	     "seconds 1",
		"no fitting number"},
	    {"threshold gen_id 0, sig_id 1, type both, track by_src, count 1, "
	     "seconds 1",
		"gen_id 0"},
	    {"rate_filter gen_id 1, sig_id 1, track by_src, count 1, seconds 1, "
	     "new_action "
	     "x, timeout 1",
		"new_action is"},
	    {"suppress gen_id 1, gen_id 1, sig_id 1", "stands twice"},
	    {"suppress gen_id 1, \\\nsig_id 1, foo 2", ":1: unknown word"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		struct ruleset_config c = {0};
		char path[32], error[400] = "";
		struct ruleset *rs;

		write_file(path, ROWS[i].text);
		c.threshold = path;
		rs = ruleset_new(&c, error, sizeof(error));
		assert_non_null(rs);
		assert_int_equal(ruleset_finish(rs, error, sizeof(error)), -1);
		if (strstr(error, ROWS[i].error) == NULL)
			fail_msg("%s: %s", ROWS[i].text, error);
		ruleset_free(rs);
		unlink(path);
	}
}

static void
test_variables(void **state)
{
	static const char *const BAD_SETS[] = {
	    "HOME_NET", "=x", "HOME_NET=[1.2.3", "A B=any"};
	static const char *const SETS[] = {
	    "HOME_NET=[$MINE]", "MY_PORTS=[80:90]", "MINE=8.8.8.8"};
	struct ruleset_config c = {.sets = SETS, .sets_n = 3};
	char error[400],
	    rule[] = "alert tcp $HOME_NET $MY_PORTS -> any any (sid:1;)";
	struct ruleset *rs = ruleset_new(&c, error, sizeof(error));

	(void)state;
	assert_non_null(rs);
	assert_int_equal(ruleset_load_text(rs, rule, "r"), 0);
	assert_int_equal(ruleset_loaded(rs), 1);
	ruleset_free(rs);
	c.sets_n = 1;
	for (size_t i = 0; i < sizeof(BAD_SETS) / sizeof(BAD_SETS[0]); i++) {
		c.sets = &BAD_SETS[i];
		if (ruleset_new(&c, error, sizeof(error)) != NULL)
			fail_msg("taken: %s", BAD_SETS[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good_rules),
	    cmocka_unit_test(test_refusals_say_why),
	    cmocka_unit_test(test_lines_and_sids),
	    cmocka_unit_test(test_meta),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(test_table_is_sorted),
	    cmocka_unit_test(test_document_has_every_keyword),
	    cmocka_unit_test(test_classification_file),
	    cmocka_unit_test(test_threshold_file_errors),
	    cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
