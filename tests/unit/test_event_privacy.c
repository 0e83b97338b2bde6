/* SPDX-License-Identifier: EUPL-1.2 */
/* Personal data must not leave in a record, and what leaves must be JSON. */
#include "agent/event/privacy.h"
#include "common/json.h"
#include "common/jw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct buf out;

static const char *
clean(const char *json)
{
	assert_true(event_privacy(json, strlen(json), &out) >= 0);
	return buf_str(&out);
}

static void
drops_mail_addresses(void **state)
{
	(void)state;
	assert_string_equal(clean("{\"a\":\"mail jan.de.vries@zwolle.nl now\"}"),
	    "{\"a\":\"mail <mail> now\"}");
	assert_string_equal(clean("{\"a\":\"<jan@x.nl>,<piet@x.nl>\"}"),
	    "{\"a\":\"<<mail>>,<<mail>>\"}");
	assert_string_equal(
	    clean("{\"a\":\"/q?u=jan%40x.nl&b=1\"}"), "{\"a\":\"/q?<mail>&b=1\"}");
	assert_string_equal(clean("{\"a\":[\"ftp://jan:geheim@x.nl/f\"]}"),
	    "{\"a\":[\"ftp://<mail>/f\"]}");
	/* an escape before the name is not part of it */
	assert_string_equal(
	    clean("{\"a\":\"\\njan@x.nl\"}"), "{\"a\":\"\\n<mail>\"}");
	assert_string_equal(
	    clean("{\"a\":\"ren\\u00e9@x.nl\"}"), "{\"a\":\"<mail>\"}");
	assert_string_equal(
	    clean("{\"a\":\"ren\xc3\xa9@x.nl\"}"), "{\"a\":\"<mail>\"}");
}

static void
drops_names_in_paths(void **state)
{
	(void)state;
	assert_string_equal(
	    clean("{\"f\":\"/home/jan/x.doc\"}"), "{\"f\":\"/home/<user>/x.doc\"}");
	assert_string_equal(
	    clean("{\"f\":\"/srv/home/jan\"}"), "{\"f\":\"/srv/home/<user>\"}");
	assert_string_equal(
	    clean("{\"f\":\"C:\\\\Users\\\\Jan de Vries\\\\x.doc\"}"),
	    "{\"f\":\"C:\\\\Users\\\\<user>\\\\x.doc\"}");
	assert_string_equal(clean("{\"f\":\"/~jan/index.html\"}"),
	    "{\"f\":\"/~<user>/index.html\"}");
}

static void
drops_user_names(void **state)
{
	(void)state;
	assert_string_equal(
	    clean("{\"ntlmssp\":{\"user\":\"jvries\",\"host\":\"pc1\"}}"),
	    "{\"ntlmssp\":{\"user\":\"<user>\",\"host\":\"pc1\"}}");
}

static void
drops_queries(void **state)
{
	(void)state;
	assert_string_equal(
	    clean("{\"pgsql\":{\"request\":{\"simple_query\":\"select "
		  "\\\"bsn\\\"\"},\"response\":{\"detail\":\"Key (bsn)\","
		  "\"code\":\"23505\"}}}"),
	    "{\"pgsql\":{\"request\":{\"simple_query\":\"<query>\"},"
	    "\"response\":{\"detail\":\"<query>\",\"code\":\"23505\"}}}");
}

static void
drops_published_messages(void **state)
{
	(void)state;
	assert_string_equal(
	    clean("{\"mqtt\":{\"connect\":{\"will\":{\"topic\":\"t\",\"message\":"
		  "\"gone\"}},\"publish\":{\"topic\":\"t\",\"message\":\"12 dB\"}},"
		  "\"pgsql\":{\"request\":{\"message\":\"sync\"}}}"),
	    "{\"mqtt\":{\"connect\":{\"will\":{\"topic\":\"t\",\"message\":"
	    "\"<message>\"}},\"publish\":{\"topic\":\"t\",\"message\":\"<message>"
	    "\"}},"
	    "\"pgsql\":{\"request\":{\"message\":\"sync\"}}}");
}

static void
leaves_the_rest(void **state)
{
	static const char json[] =
	    "{\"timestamp\":\"2026-11-23T12:00:00.123456+0000\",\"flow_id\":1,"
	    "\"src_ip\":\"fe80:0000:0000:0000:0000:0000:0000:0001\",\"alert\":"
	    "{\"signature\":\"ET INFO a \\\"quoted\\\" @ sign\",\"metadata\":"
	    "{\"created_at\":[\"2020_01_01\"]}},\"stadswacht\":{\"v\":1}}";

	(void)state;
	assert_int_equal(event_privacy(json, strlen(json), &out), 0);
	assert_string_equal(buf_str(&out), json);
}

/* Whatever the wire put into a text, the record stays JSON. */
static void
any_bytes_stay_json(void **state)
{
	static const char parts[][10] = {"@", "%40", "\\", "\"", "/home/",
	    "\\Users\\", "\n", "\xff", "a", ".", "/", "\xc3\xa9", "\x01", "/~"};
	uint32_t random = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char text[128] = "";
		struct buf json;
		struct json_doc *doc;
		struct jw w;

		for (int i = 0; i < 12; i++) {
			random = random * 1664525u + 1013904223u;
			strcat(text,
			    parts[(random >> 16) %
				(sizeof(parts) / sizeof(parts[0]))]);
		}
		buf_init(&json, 4096);
		jw_init(&w, &json);
		jw_object(&w, NULL);
		jw_str(&w, "text", text);
		jw_end_object(&w);
		assert_true(event_privacy((char *)json.data, json.len, &out) >= 0);
		doc = json_read((char *)out.data, out.len, NULL, 0);
		assert_non_null(doc);
		json_free(doc);
		buf_release(&json);
	}
}

static void
survives_every_truncation(void **state)
{
	static const char json[] =
	    "{\"user\":\"j\",\"a\":\"x@y.nl /home/jan\\u00e9\\\\\"}";

	(void)state;
	for (size_t n = 0; n < sizeof(json); n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, json, n);
		assert_true(event_privacy(copy, n, &out) >= 0);
		free(copy);
	}
}

static void
a_record_that_does_not_fit_must_not_leave(void **state)
{
	struct buf small;

	(void)state;
	buf_init(&small, 16);
	assert_int_equal(
	    event_privacy("{\"a\":\"0123456789abcdef\"}", 24, &small), -1);
	buf_release(&small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(drops_mail_addresses),
	    cmocka_unit_test(drops_names_in_paths),
	    cmocka_unit_test(drops_user_names),
	    cmocka_unit_test(drops_queries),
	    cmocka_unit_test(drops_published_messages),
	    cmocka_unit_test(leaves_the_rest),
	    cmocka_unit_test(any_bytes_stay_json),
	    cmocka_unit_test(survives_every_truncation),
	    cmocka_unit_test(a_record_that_does_not_fit_must_not_leave),
	};
	int failed;

	buf_init(&out, 8192);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	buf_release(&out);
	return failed;
}
