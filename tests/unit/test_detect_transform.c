/* SPDX-License-Identifier: EUPL-1.2 */
/* Transforms of buffers, alone and in chains. */
#include "tests/unit/detect_help.h"

#include "agent/detect/regex.h"
#include "agent/detect/transform.h"

static const struct {
	const char *keyword, *value, *in, *out;
} CASES[] = {
    {"strip_whitespace", NULL, " a\tb \r\n c", "abc"},
    {"compress_whitespace", NULL, "a  b\t \nc ", "a b\tc "},
    {"dotprefix", NULL, "example.org", ".example.org"},
    {"dotprefix", NULL, "", "."},
    {"to_lowercase", NULL, "Ab-C", "ab-c"},
    {"to_uppercase", NULL, "Ab-c", "AB-C"},
    {"header_lowercase", NULL, "Host: A:B\r\nX-Y: Z\r\n",
	"host: A:B\r\nx-y: Z\r\n"},
    {"strip_pseudo_headers", NULL, ":path: /\r\nhost: a\r\n:x: y", "host: a\r\n"},
    {"url_decode", NULL, "a%41+%zz%4", "aA %zz%4"},
    {"xor", "0102", "`b`", "a`a"},
    {"pcrexform", "[a-z]+\\s+(.*)\\s+HTTP", "get /x HTTP/1.1", "/x"},
    {"pcrexform", "no(t)", "here", "here"},
};

static void
test_each(void **state)
{
	struct pcre_scratch *pcre = regex_scratch_new();
	struct transform_scratch s;
	char why[100];

	(void)state;
	transform_scratch_init(&s);
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		struct transform_chain *c = transform_chain_add(
		    NULL, CASES[i].keyword, CASES[i].value, why, sizeof(why));
		struct span in = {(const uint8_t *)CASES[i].in,
				strlen(CASES[i].in)},
			    out;

		assert_non_null(c);
		out = transform_run(c, &s, pcre, in);
		assert_int_equal(out.len, strlen(CASES[i].out));
		assert_memory_equal(out.p, CASES[i].out, out.len);
		transform_chain_free(c);
	}
	transform_scratch_release(&s);
	regex_scratch_free(pcre);
}

static void
test_chains(void **state)
{
	static const uint8_t md5_of_a_b[] = {0x18, 0x7e, 0xf4, 0x43, 0x61, 0x22,
	    0xd1, 0xcc, 0x2f, 0x40, 0xdc, 0x2b, 0x92, 0xf0, 0xeb, 0xa0};
	struct pcre_scratch *pcre = regex_scratch_new();
	struct transform_chain *one, *two, *same;
	struct transform_scratch s;
	struct span out;
	char why[100];

	(void)state;
	transform_scratch_init(&s);
	one = transform_chain_add(NULL, "strip_whitespace", NULL, why, sizeof(why));
	two = transform_chain_add(one, "to_md5", NULL, why, sizeof(why));
	same = transform_chain_add(one, "to_md5", NULL, why, sizeof(why));
	assert_true(transform_chain_same(two, same));
	assert_false(transform_chain_same(one, two));
	assert_false(transform_chain_same(NULL, one));
	out =
	    transform_run(two, &s, pcre, (struct span){(const uint8_t *)"a b", 3});
	assert_int_equal(out.len, sizeof(md5_of_a_b));
	assert_memory_equal(out.p, md5_of_a_b, out.len);
	transform_chain_free(one);
	transform_chain_free(two);
	transform_chain_free(same);
	transform_scratch_release(&s);
	regex_scratch_free(pcre);
}

static void
test_refusals(void **state)
{
	char why[100];

	(void)state;
	assert_null(transform_chain_add(NULL, "xor", "0", why, sizeof(why)));
	assert_null(transform_chain_add(NULL, "xor", "zz", why, sizeof(why)));
	assert_null(transform_chain_add(NULL, "pcrexform", "(", why, sizeof(why)));
	assert_null(transform_chain_add(NULL, "pcrexform", "a", why, sizeof(why)));
	assert_non_null(strstr(why, "0 groups"));
	assert_null(
	    transform_chain_add(NULL, "pcrexform", "(a)(b)", why, sizeof(why)));
	assert_null(transform_chain_add(NULL, "nonsense", NULL, why, sizeof(why)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_chains),
	    cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
