/* SPDX-License-Identifier: EUPL-1.2 */
/* Digests against the examples of RFC 1321 and FIPS 180-4. */
#include "common/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void
sums_of_abc_and_of_nothing(void **state)
{
	char text[DIGEST_TEXT_SIZE];

	(void)state;
	assert_string_equal(digest_text_of(DIGEST_MD5, "abc", 3, text),
	    "900150983cd24fb0d6963f7d28e17f72");
	assert_string_equal(digest_text_of(DIGEST_SHA1, "abc", 3, text),
	    "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_string_equal(digest_text_of(DIGEST_SHA256, "abc", 3, text),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_string_equal(digest_text_of(DIGEST_MD5, "", 0, text),
	    "d41d8cd98f00b204e9800998ecf8427e");
	assert_string_equal(digest_text_of(DIGEST_SHA1, "", 0, text),
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709");
	assert_string_equal(digest_text_of(DIGEST_SHA256, "", 0, text),
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* FIPS 180-4's example of two blocks; 56 bytes leave no room for the length. */
static void
sum_of_two_blocks(void **state)
{
	static const char m[] =
	    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	char text[DIGEST_TEXT_SIZE];

	(void)state;
	assert_string_equal(digest_text_of(DIGEST_SHA1, m, strlen(m), text),
	    "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
	assert_string_equal(digest_text_of(DIGEST_SHA256, m, strlen(m), text),
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_string_equal(digest_text_of(DIGEST_MD5, m, strlen(m), text),
	    "8215ef0796a20bcaaae116d3876c664a");
}

static void
pieces_make_the_same_sum(void **state)
{
	uint8_t m[300], whole[DIGEST_SIZE_MAX], pieces[DIGEST_SIZE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(m); i++)
		m[i] = (uint8_t)(i * 7);
	for (int k = DIGEST_MD5; k <= DIGEST_SHA256; k++)
		for (size_t size = 1; size < 130; size++) {
			size_t len =
			    digest_of((enum digest_kind)k, m, sizeof(m), whole);
			struct digest d;

			digest_init(&d, (enum digest_kind)k);
			for (size_t at = 0; at < sizeof(m); at += size)
				digest_add(&d, m + at,
				    size < sizeof(m) - at ? size : sizeof(m) - at);
			assert_int_equal(digest_end(&d, pieces), len);
			assert_memory_equal(whole, pieces, len);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_of_abc_and_of_nothing),
	    cmocka_unit_test(sum_of_two_blocks),
	    cmocka_unit_test(pieces_make_the_same_sum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
