/* SPDX-License-Identifier: EUPL-1.2 */
/* What the writer writes, a strict reader reads back; whatever bytes came in. */
#include "common/json.h"
#include "common/jw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void
test_structure(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 1024);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_int(&w, "a", -3);
	jw_array(&w, "list");
	jw_str(&w, NULL, "x");
	jw_object(&w, NULL);
	jw_end_object(&w);
	jw_bool(&w, NULL, true);
	jw_end_array(&w);
	jw_key(&w, "q\"k", 3);
	jw_null(&w, NULL);
	jw_hex(&w, "h", "\x0a\xff", 2);
	jw_base64(&w, "b0", "", 0);
	jw_base64(&w, "b1", "f", 1);
	jw_base64(&w, "b2", "fo", 2);
	jw_base64(&w, "b3", "foo", 3);
	jw_end_object(&w);
	assert_string_equal(buf_str(&b),
	    "{\"a\":-3,\"list\":[\"x\",{},true],\"q\\\"k\":null,\"h\":\"0aff\","
	    "\"b0\":\"\",\"b1\":\"Zg==\",\"b2\":\"Zm8=\",\"b3\":\"Zm9v\"}");
	buf_release(&b);
}

/* Every byte, alone and between others, gives JSON that a strict reader takes. */
static void
test_any_bytes_give_json(void **state)
{
	static const char *const TAILS[] = {
	    "", "a", "\x80", "\x80\x80", "\xbf\xbf\xbf", "\xff"};

	(void)state;
	for (int c = 0; c < 256; c++) {
		for (size_t t = 0; t < sizeof(TAILS) / sizeof(TAILS[0]); t++) {
			char in[8] = {(char)c};
			struct json_doc *d;
			struct buf b;
			struct jw w;

			memcpy(in + 1, TAILS[t], strlen(TAILS[t]));
			buf_init(&b, 256);
			jw_init(&w, &b);
			jw_strn(&w, NULL, in, 1 + strlen(TAILS[t]));
			d = json_read((char *)b.data, b.len, NULL, 0);
			if (c == 0) /* jansson keeps zero bytes out of strings by
				       default */
				assert_non_null(
				    memmem(b.data, b.len, "\\u0000", 6));
			else
				assert_non_null(d);
			json_free(d);
			buf_release(&b);
		}
	}
}

static void
test_numbers_to_their_ends(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 256);
	jw_init(&w, &b);
	jw_array(&w, NULL);
	jw_int(&w, NULL, INT64_MIN);
	jw_int(&w, NULL, INT64_MAX);
	jw_int(&w, NULL, 0);
	jw_uint(&w, NULL, UINT64_MAX);
	jw_end_array(&w);
	assert_string_equal(buf_str(&b),
	    "[-9223372036854775808,9223372036854775807,0,18446744073709551615]");
	buf_release(&b);
}

static void
test_valid_utf8_stays(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 256);
	jw_init(&w, &b);
	jw_str(&w, NULL, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8f\x9b");
	assert_string_equal(
	    buf_str(&b), "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8f\x9b\"");
	buf_release(&b);
}

static void
test_members_of_another_object(void **state)
{
	struct buf b;
	struct jw w;

	(void)state;
	buf_init(&b, 256);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_members(&w, "{}", 2);
	jw_members(&w, NULL, 0);
	jw_members(&w, "{\"a\":1}", 7);
	jw_int(&w, "b", 2);
	jw_members(&w, "{\"c\":{\"d\":3}}", 13);
	jw_end_object(&w);
	assert_string_equal(buf_str(&b), "{\"a\":1,\"b\":2,\"c\":{\"d\":3}}");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_structure),
	    cmocka_unit_test(test_any_bytes_give_json),
	    cmocka_unit_test(test_numbers_to_their_ends),
	    cmocka_unit_test(test_valid_utf8_stays),
	    cmocka_unit_test(test_members_of_another_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
