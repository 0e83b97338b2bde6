/* SPDX-License-Identifier: EUPL-1.2 */
/* Contents, isdataat, byte_* and pcre on payloads, as engine.md 1.3 has them. */
#include "tests/unit/detect_help.h"

struct row {
	const char *options;
	const char *payload;
	size_t len; /* 0: strlen */
	bool matches;
};

static const struct row ROWS[] = {
    /* plain, negated, case, hex and escapes */
    {"content:\"bcd\";", "abcde", 0, true},
    {"content:\"BCD\";", "abcde", 0, false},
    {"content:\"BCD\"; nocase;", "abcde", 0, true},
    {"content:!\"x\";", "abcde", 0, true},
    {"content:!\"c\";", "abcde", 0, false},
    {"content:\"|61 62 63|de\";", "abcde", 0, true},
    {"content:\"a\\;b\\\"c\\\\d\\:\";", "a;b\"c\\d:", 0, true},
    {"content:\"|00|\";", "a\0b", 3, true},
    {"Content:\"bcd\"; NoCase;", "abcde", 0, true},
    /* offset and depth */
    {"content:\"cd\"; offset:2;", "abcde", 0, true},
    {"content:\"cd\"; offset:3;", "abcde", 0, false},
    {"content:\"cd\"; depth:4;", "abcde", 0, true},
    {"content:\"cd\"; depth:3;", "abcde", 0, false},
    {"content:\"cd\"; offset:2; depth:2;", "abcde", 0, true},
    {"content:\"de\"; offset:2; depth:2;", "abcde", 0, false},
    {"content:\"de\"; offset:9;", "abcde", 0, false},
    {"content:!\"de\"; offset:9;", "abcde", 0, true},
    /* startswith and endswith */
    {"content:\"ab\"; startswith;", "abab", 0, true},
    {"content:\"ba\"; startswith;", "abab", 0, false},
    {"content:\"ab\"; endswith;", "abab", 0, true},
    {"content:\"ba\"; endswith;", "abab", 0, false},
    {"content:\"abab\"; startswith; endswith;", "abab", 0, true},
    {"content:!\"ab\"; endswith;", "abba", 0, true},
    /* distance and within */
    {"content:\"a\"; content:\"c\"; distance:1;", "abc", 0, true},
    {"content:\"a\"; content:\"c\"; distance:2;", "abc", 0, false},
    {"content:\"a\"; content:\"c\"; distance:0; within:2;", "abc", 0, true},
    {"content:\"a\"; content:\"c\"; within:1;", "abc", 0, false},
    {"content:\"c\"; content:\"b\"; distance:-2; within:2;", "abc", 0, true},
    {"content:\"b\"; content:\"a\"; distance:-20;", "abc", 0, true},
    /* the first a does not lead to a b; backtracking finds the second */
    {"content:\"a\"; content:\"b\"; within:1;", "a1ab", 0, true},
    {"content:\"a\"; content:\"b\"; within:1; content:\"c\"; within:1;", "abxabc",
	0, true},
    {"content:\"a\"; content:!\"b\"; within:1;", "abac", 0, true},
    {"content:\"a\"; content:!\"b\"; within:1;", "abab", 0, false},
    {"content:\"a\"; content:!\"b\"; within:1;", "xa", 0, true},
    /* isdataat: absolute counts bytes behind, relative from the cursor */
    {"isdataat:4;", "abcde", 0, true},
    {"isdataat:5;", "abcde", 0, false},
    {"isdataat:!5;", "abcde", 0, true},
    {"content:\"c\"; isdataat:2,relative;", "abcde", 0, true},
    {"content:\"c\"; isdataat:3,relative;", "abcde", 0, false},
    {"content:\"e\"; isdataat:!1,relative;", "abcde", 0, true},
    {"content:\"a\"; isdataat:!1,relative;", "aba", 0, true},
    /* byte_test */
    {"byte_test:1,=,0x61,0;", "abc", 0, true},
    {"byte_test:2,=,0x6261,0,little;", "abc", 0, true},
    {"byte_test:2,>,0x6161,0;", "abc", 0, true},
    {"byte_test:2,<,0x6161,0;", "abc", 0, false},
    {"byte_test:1,!=,0x61,1;", "abc", 0, true},
    {"byte_test:1,!&,1,1;", "abc", 0, true},
    {"byte_test:1,&,1,0;", "abc", 0, true},
    {"byte_test:1,>=,0x63,2;", "abc", 0, true},
    {"byte_test:1,<=,0x62,2;", "abc", 0, false},
    {"byte_test:1,=,1,3;", "abc", 0, false},
    {"byte_test:1,!=,1,3;", "abc", 0, false},
    {"content:\"a\"; byte_test:1,=,0x62,0,relative;", "abc", 0, true},
    {"content:\"c\"; byte_test:1,=,0x62,-2,relative;", "abc", 0, true},
    {"byte_test:3,=,123,0,string,dec;", "123", 0, true},
    {"byte_test:3,=,0x123,0,string,hex;", "123", 0, true},
    {"byte_test:3,=,83,0,string,oct;", "123", 0, true},
    {"byte_test:3,=,0,0,string,dec;", "xyz", 0, false},
    {"byte_test:0,=,123,0,string,dec;", "123", 0, true},
    {"byte_test:0,=,123,1,string,dec;", "x123 4", 0, true},
    {"byte_test:0,=,0,0,string,dec;", "xyz", 0, false},
    {"byte_test:0,=,0,3,string,dec;", "xyz", 0, false},
    {"byte_jump:1,0,little,string; content:\"c\"; within:1;", "1bc", 0, true},
    {"byte_test:1,=,6,0,bitmask 0xf0;", "abc", 0, true},
    {"byte_test:8,=,18446744073709551615,0;", "\377\377\377\377\377\377\377\377", 8,
	true},
    /* byte_jump */
    {"byte_jump:1,0; content:\"c\"; within:1;", "\1bc", 0, true},
    {"byte_jump:1,0; content:\"b\"; within:1;", "\1bc", 0, false},
    {"byte_jump:1,0; byte_test:1,=,0x63,0,relative;", "\1bc", 0, true},
    {"byte_jump:1,0,from_beginning; content:\"b\"; within:1;", "\1bc", 0, true},
    {"byte_jump:1,0,post_offset -1; content:\"b\"; within:1;", "\1bc", 0, true},
    {"byte_jump:1,0,multiplier 2; content:\"d\"; within:1;", "\1bcd", 0, true},
    {"byte_jump:1,0,align,from_beginning; content:\"e\"; within:1;", "\1bcde", 0,
	true},
    {"byte_jump:1,0,from_end,post_offset -3; content:\"c\"; within:1;", "\1bcd", 0,
	true},
    {"byte_jump:1,0;", "\3abc", 0, false},
    {"byte_jump:1,0;", "\2abc", 0, true},
    /* byte_extract and byte_math */
    {"byte_extract:1,0,n; content:\"c\"; offset:n; depth:1;", "\2bc", 0, true},
    {"byte_extract:1,0,n; content:\"c\"; offset:n; depth:1;", "\1bc", 0, false},
    {"byte_extract:1,0,n; content:\"b\"; content:\"d\"; distance:n; within:1;",
	"\1bcd", 0, true},
    {"byte_extract:1,0,n; isdataat:n;", "\2bc", 0, true},
    {"byte_extract:1,0,n; isdataat:n;", "\3bc", 0, false},
    {"byte_extract:1,0,n; byte_test:1,=,n,1;", "\2\2", 0, true},
    {"byte_extract:1,0,n,multiplier 3; byte_test:1,=,n,1;", "\2\6", 0, true},
    {"byte_math:bytes 1, offset 0, oper +, rvalue 3, result r; byte_test:1,=,r,1;",
	"\2\5", 0, true},
    {"byte_math:bytes 1, offset 0, oper *, rvalue 3, result r; byte_test:1,=,r,1;",
	"\2\6", 0, true},
    {"byte_math:bytes 1, offset 0, oper <<, rvalue 2, result r; byte_test:1,=,r,1;",
	"\2\10", 0, true},
    {"byte_extract:1,1,z; byte_math:bytes 1, offset 0, oper /, rvalue z, result r;",
	"\2\0", 2, false},
    /* pcre */
    {"pcre:\"/b.d/\";", "abcde", 0, true},
    {"pcre:\"/B.D/i\";", "abcde", 0, true},
    {"pcre:\"/^b/\";", "abcde", 0, false},
    {"pcre:!\"/^b/\";", "abcde", 0, true},
    {"content:\"a\"; pcre:\"/^b/R\";", "abcde", 0, true},
    {"content:\"a\"; pcre:\"/^c/R\";", "abcde", 0, false},
    {"content:\"a\"; pcre:\"/^c/R\";", "abac", 0, true},
    {"pcre:\"/a\\d/\"; content:\"b\"; within:1;", "a1xa2b", 0, true},
    {"pcre:\"/a.c/\";", "a\nc", 0, false},
    {"pcre:\"/a.c/s\";", "a\nc", 0, true},
    {"pcre:\"/a\\x2fb/\";", "a/b", 0, true},
    /* base64_decode and base64_data */
    {"base64_decode; base64_data; content:\"abc\";", "YWJj", 0, true},
    {"base64_decode; base64_data; content:\"abcd\";", "YWJjZA==", 0, true},
    {"base64_decode; base64_data; content:\"abcd\"; endswith;", "YWJjZA", 0, true},
    {"base64_decode; base64_data; content:\"abcde\"; endswith;", "YWJjZGU=", 0,
	true},
    {"base64_decode; base64_data; content:\"abc\"; endswith;", "YWJj*ZGVm", 0,
	true},
    {"base64_decode; base64_data; content:\"def\";", "YWJj*ZGVm", 0, false},
    {"base64_decode:bytes 4; base64_data; content:\"abc\"; endswith;", "YWJjZGVm",
	0, true},
    {"base64_decode:bytes 4, offset 4; base64_data; content:\"def\"; depth:3;",
	"YWJjZGVm", 0, true},
    {"content:\"x=\"; base64_decode:offset 1, relative; base64_data; "
     "content:\"b\"; content:\"c\"; distance:0;",
	"x=:YWJj", 0, true},
    {"content:\"x=\"; base64_decode:relative; base64_data; content:!\"b\";",
	"x=YWJj", 0, false},
    {"base64_decode:offset 4; base64_data; content:!\"b\";", "YWJj", 0, false},
    {"base64_decode; base64_data; content:!\"b\";", "*", 0, false},
    {"base64_decode;", "YWJj", 0, false},
    /* a chain in the decoded bytes that goes back, after one that did */
    {"content:\"a\"; content:\":\"; distance:0; base64_decode:relative; "
     "base64_data; content:\"a\"; content:\"b\"; within:1;",
	"aa:YWNhYg==", 0, true},
    /* a payload is asked for, even by what must be absent */
    {"content:!\"x\";", "", 0, false},
};

static void
test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		const struct row *r = &ROWS[i];
		size_t len = r->len > 0 ? r->len : strlen(r->payload);
		/* Of its exact size, so that a sanitizer sees a read beyond it. */
		uint8_t *payload = malloc(len + (len == 0));
		struct packet p;
		struct engine e;
		char rule[400];

		memcpy(payload, r->payload, len);
		p = packet_of(IPPROTO_UDP, payload, len);
		snprintf(rule, sizeof(rule),
		    "alert udp any any -> any any (%s sid:1;)", r->options);
		engine_open_all(&e, rule);
		if (alerts(&e, &p, 1) != r->matches)
			fail_msg("%s on \"%s\"", r->options, r->payload);
		engine_close(&e);
		free(payload);
	}
}

/* --- chains of contents against plain recursion over all places ------------- */

struct link {
	char text[4];
	bool relative, has_within, nocase;
	int distance, within, offset, depth;
};

static unsigned seed = 7;

static unsigned
chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

static bool
model(const struct link *l, size_t n, const char *s, int len, int cursor)
{
	int k, from, to;

	if (n == 0)
		return true;
	k = (int)strlen(l->text);
	from = l->relative ? cursor + l->distance : l->offset;
	to = l->relative ? (l->has_within ? from + l->within : len)
	    : l->depth	 ? l->offset + l->depth
			 : len;
	if (from < 0)
		from = 0;
	if (to > len)
		to = len;
	for (int at = from; at + k <= to; at++)
		if (strncmp(s + at, l->text, (size_t)k) == 0 &&
		    model(l + 1, n - 1, s, len, at + k))
			return true;
	return false;
}

static int
write_link(const struct link *l, char *out, size_t size)
{
	int n = snprintf(out, size, "content:\"%s\";", l->text);

	if (l->relative)
		n += snprintf(
		    out + n, size - (size_t)n, "distance:%d;", l->distance);
	if (l->has_within)
		n += snprintf(out + n, size - (size_t)n, "within:%d;", l->within);
	if (!l->relative && l->offset > 0)
		n += snprintf(out + n, size - (size_t)n, "offset:%d;", l->offset);
	if (!l->relative && l->depth > 0)
		n += snprintf(out + n, size - (size_t)n, "depth:%d;", l->depth);
	return n;
}

static void
random_link(struct link *l, bool first)
{
	size_t k = 1 + chance(2);

	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < k; i++)
		l->text[i] = (char)('a' + chance(2));
	l->relative = !first && chance(4) != 0;
	l->distance = (int)chance(6) - 2;
	l->has_within = l->relative && chance(2) == 0;
	l->within = (int)k + (int)chance(4);
	l->offset = (int)chance(4);
	l->depth = chance(2) ? (int)k + (int)chance(8) : 0;
}

static void
test_chains_against_a_model(void **state)
{
	unsigned yes = 0, no = 0;

	(void)state;
	for (int round = 0; round < 1500; round++) {
		struct link chain[4];
		size_t n = 1 + chance(4);
		char rule[500], payload[17];
		struct engine e;
		int len =
		    snprintf(rule, sizeof(rule), "alert udp any any -> any any (");

		for (size_t i = 0; i < n; i++) {
			random_link(&chain[i], i == 0);
			len += write_link(
			    &chain[i], rule + len, sizeof(rule) - (size_t)len);
		}
		snprintf(rule + len, sizeof(rule) - (size_t)len, "sid:1;)");
		engine_open_all(&e, rule);
		for (int k = 0; k < 8; k++) {
			int size = 1 + (int)chance(16);
			struct packet p;
			bool want;

			for (int i = 0; i < size; i++)
				payload[i] = (char)('a' + chance(3));
			payload[size] = '\0';
			p = packet_of(IPPROTO_UDP, payload, (size_t)size);
			want = model(chain, n, payload, size, 0);
			if (alerts(&e, &p, 1) != want)
				fail_msg("%s on %s: not %d", rule, payload, want);
			yes += want;
			no += !want;
		}
		engine_close(&e);
	}
	assert_true(yes > 500 && no > 500);
}

static void
test_limits_end_a_search(void **state)
{
	static char payload[4000];
	struct packet p = packet_of(IPPROTO_UDP, payload, sizeof(payload));
	struct engine e;

	(void)state;
	memset(payload, 'a', sizeof(payload));
	engine_open_all(&e,
	    "alert udp any any -> any any (content:\"a\"; content:\"a\"; "
	    "distance:0; "
	    "content:\"a\"; distance:0; content:\"b\"; within:1; sid:1;)\n"
	    "alert udp any any -> any any (pcre:\"/(a+a+)+[yz]/\"; sid:2;)");
	assert_false(alerts(&e, &p, 1));
	assert_true(detect_stats(e.d)->pcre_limits > 0);
	assert_true(detect_stats(e.d)->recursion_limits > 0);
	engine_close(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_chains_against_a_model),
	    cmocka_unit_test(test_limits_end_a_search),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
