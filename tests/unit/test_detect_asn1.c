/* SPDX-License-Identifier: EUPL-1.2 */
/* What of BER the asn1 keyword finds; the answers are those of Suricata 7. */
#include "agent/limits.h"
#include "tests/unit/detect_help.h"

enum {
	BITS = 1,
	REAL = 2,
	SIZE = 4,
};

static unsigned
look(const uint8_t *p, size_t len)
{
	static const struct asn1_test tests[] = {{.bitstring_overflow = true},
	    {.double_overflow = true}, {.oversize = true, .max = 100}};
	uint8_t *copy = malloc(len + 1);
	unsigned found = 0;

	assert_non_null(copy);
	memcpy(copy, p, len);
	for (unsigned i = 0; i < 3; i++)
		found |= (unsigned)asn1_find(&tests[i], (struct span){copy, len})
		    << i;
	free(copy);
	return found;
}

static void
elements_are_judged(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		unsigned found;
	} cases[] = {
	    {"\x03\x01\x08", 3, 0},
	    {"\x03\x01\x09", 3, BITS},
	    {"\x03\x02\x10x", 4, 0},
	    {"\x03\x02\x11x", 4, BITS},
	    {"\x23\x01\xff", 3, 0},			    /* constructed */
	    {"\x83\x01\xff", 3, 0},			    /* another class */
	    {"\x1f\x03\x01\xff", 4, BITS},		    /* a long tag */
	    {"\x03\x82\0\1\xff", 5, BITS},		    /* a long length */
	    {"\x30\x03\x03\x01\xff", 5, BITS},		    /* in a SEQUENCE */
	    {"\x31\x03\x03\x01\xff", 5, BITS},		    /* in a SET */
	    {"\xa0\x03\x03\x01\xff", 5, 0},		    /* not entered */
	    {"\x30\x80\x03\x01\xff\0\0", 7, BITS},	    /* up to its end */
	    {"\x30\x80\x03\x01\xff", 5, 0},		    /* no end */
	    {"\x02\1\1\x03\x01\xff", 6, BITS},		    /* the second */
	    {"\x03\x01\xff\x04\x09x", 6, BITS},		    /* before a cut one */
	    {"\x30\x06\x03\x01\xff\x04\x09x", 8, 0},	    /* in a broken one */
	    {"\x01\2\1\1\x03\x01\xff", 7, 0},		    /* no BOOLEAN */
	    {"\x0c\2\xff\xfe\x03\x01\xff", 7, 0},	    /* no UTF8String */
	    {"\x0c\2\xc3\xa9\x03\x01\xff", 7, BITS},	    /* one */
	    {"\x04\x84\xff\xff\xff\xff", 6, 0},		    /* not there */
	    {"\x04\x89\1\1\1\1\1\1\1\1\1", 11, 0},	    /* no size */
	    {"\x1f\xff\xff\xff\xff\xff\xff\x7f\1x", 10, 0}, /* no tag */
	    {"", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (look((const uint8_t *)cases[i].bytes, cases[i].len) !=
		    cases[i].found)
			fail_msg("case %zu", i);
}

static void
long_contents_are_found(void **state)
{
	uint8_t real[4 + 257] = {9, 0x82, 1, 1, '1'}, octets[2 + 101] = {4, 101};

	(void)state;
	assert_int_equal(look(octets, sizeof(octets)), SIZE);
	octets[1] = 100;
	assert_int_equal(look(octets, sizeof(octets) - 1), 0);
	assert_int_equal(look(real, sizeof(real)), REAL | SIZE);
	real[4] = 0x80; /* binary */
	assert_int_equal(look(real, sizeof(real)), SIZE);
	real[4] = '1' & 0x3f;
	real[3] = 0;
	assert_int_equal(look(real, sizeof(real) - 1), SIZE);
}

static void
too_many_elements_are_no_match(void **state)
{
	uint8_t many[3 * (ASN1_ELEMENTS_MAX + 1)], deep[4 * 400];

	(void)state;
	for (size_t i = 0; i < sizeof(many); i += 3)
		memcpy(many + i, "\2\1\1", 3);
	memcpy(many, "\3\1\xff", 3);
	assert_int_equal(look(many, 3 * ASN1_ELEMENTS_MAX), BITS);
	assert_int_equal(look(many, sizeof(many)), 0);
	for (size_t i = 0; i < sizeof(deep); i += 2)
		memcpy(deep + i, "\x30\x80", 2);
	assert_int_equal(look(deep, sizeof(deep)), 0);
}

static void
every_truncation_ends(void **state)
{
	static const uint8_t whole[] = "\x30\x80\x31\x06\x02\1\1\x03\1\xff\x09\2"
				       "\0\1\x17\x0a\x32\x36\x30\x31\x30\x31\x30"
				       "\x30\x30\x30\0\0\x04\1x";

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++)
		look(whole, len);
	assert_int_equal(look(whole, sizeof(whole) - 1), BITS);
}

static void
rules_say_where_to_begin(void **state)
{
	static const uint8_t bytes[] = "..ZZ.\x03\x01\xff";
	struct packet p = packet_of(IPPROTO_UDP, bytes, sizeof(bytes) - 1);
	struct engine e;

	(void)state;
	engine_open_all(&e,
	    "alert udp any any -> any any (asn1:bitstring_overflow; sid:1;)\n"
	    "alert udp any any -> any any (asn1:bitstring_overflow, "
	    "absolute_offset 5; sid:2;)\n"
	    "alert udp any any -> any any (content:\"ZZ\"; "
	    "asn1:bitstring_overflow, relative_offset 1; sid:3;)\n"
	    "alert udp any any -> any any (content:\"ZZ\"; "
	    "asn1:bitstring_overflow, relative_offset 99; sid:4;)\n"
	    "alert udp any any -> any any (content:\"ZZ\"; "
	    "asn1:double_overflow oversize_length 0,relative_offset 1; sid:5;)\n");
	assert_false(alerts(&e, &p, 1));
	assert_true(alerts(&e, &p, 2));
	assert_true(alerts(&e, &p, 3));
	assert_false(alerts(&e, &p, 4));
	assert_true(alerts(&e, &p, 5));
	engine_close(&e);
	engine_open(&e,
	    "alert udp any any -> any any (asn1:oversize_length; sid:1;)\n"
	    "alert udp any any -> any any (asn1:other; sid:2;)\n"
	    "alert udp any any -> any any (asn1:absolute_offset -1; sid:3;)\n",
	    NULL);
	assert_int_equal(ruleset_refusals(e.rs, NULL), 3);
	engine_close(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elements_are_judged),
	    cmocka_unit_test(long_contents_are_found),
	    cmocka_unit_test(too_many_elements_are_no_match),
	    cmocka_unit_test(every_truncation_ends),
	    cmocka_unit_test(rules_say_where_to_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
