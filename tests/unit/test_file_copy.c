/* SPDX-License-Identifier: EUPL-1.2 */
/* Files for the scanner: what is kept of them until they are over, and how much. */
#include "tests/unit/lines_help.h"

#include "agent/app/http.h"
#include "agent/limits.h"

#include <stdio.h>

static struct talk t;
static struct {
	unsigned files, cut;
	size_t bytes;
	char name[100], begin[100];
} over;

static void
on_over(void *arg, const struct flow *f, const struct app_tx *tx)
{
	struct app_file file;

	assert_ptr_equal(arg, &over);
	for (int d = 0; d < APP_DIRS; d++)
		for (unsigned i = 0; app_file(f, tx, (enum app_dir)d, i, &file);
		     i++) {
			size_t n = file.content.len < sizeof(over.begin) - 1
			    ? file.content.len
			    : sizeof(over.begin) - 1;

			over.files++;
			over.cut += file.content_cut;
			over.bytes += file.content.len;
			snprintf(over.name, sizeof(over.name), "%.*s",
			    (int)file.name.len, (const char *)file.name.p);
			if (n > 0)
				memcpy(over.begin, file.content.p, n);
			over.begin[n] = '\0';
		}
}

static int
setup(void **state)
{
	(void)state;
	memset(&over, 0, sizeof(over));
	talk_begin(&t, &http_parser, IPPROTO_TCP, 80);
	app_free(t.app);
	t.app = app_new(&(struct app_config){.parsers = t.parsers,
	    .copies = true,
	    .over = on_over,
	    .over_arg = &over});
	assert_non_null(t.app);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_hang_up(&t);
	talk_end(&t);
	return 0;
}

static void
answer(size_t announced, size_t said)
{
	static char body[100000];
	char head[100];

	memset(body, 'x', sizeof(body));
	line_say(&t, APP_TS, "GET /dir/name?q HTTP/1.1\r\n\r\n");
	snprintf(head, sizeof(head),
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", announced);
	line_say(&t, APP_TC, head);
	for (size_t n; said > 0; said -= n) {
		n = said < sizeof(body) ? said : sizeof(body);
		talk_say(&t, APP_TC, body, n, SIZE_MAX);
	}
}

static void
a_file_is_handed_on_once_with_its_name(void **state)
{
	(void)state;
	answer(3, 3);
	assert_int_equal(over.files, 0);
	app_clean(&t.flow);
	app_clean(&t.flow);
	assert_int_equal(over.files, 1);
	assert_string_equal(over.name, "/dir/name");
	assert_string_equal(over.begin, "xxx");
	assert_int_equal(over.cut, 0);
}

static void
parts_of_a_form_are_handed_on_and_not_the_form(void **state)
{
	(void)state;
	line_say(&t, APP_TS,
	    "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\n"
	    "Content-Length: 74\r\n\r\n"
	    "--B\r\nContent-Disposition: form-data; name=f; filename=n\r\n\r\n"
	    "data\r\n--B--");
	line_say(&t, APP_TC, "HTTP/1.1 204 No\r\n\r\n");
	talk_hang_up(&t);
	app_clean(&t.flow);
	assert_int_equal(over.files, 1);
	assert_string_equal(over.name, "n");
	assert_string_equal(over.begin, "data");
}

static void
bytes_beyond_what_rules_see_are_kept(void **state)
{
	(void)state;
	answer(1000000, 1000000);
	app_clean(&t.flow);
	assert_int_equal(over.bytes, 1000000);
	assert_int_equal(over.cut, 0);
}

static void
of_a_large_file_the_first_bytes_are_kept(void **state)
{
	(void)state;
	answer(FILE_COPY_MAX + 1, FILE_COPY_MAX + 1);
	app_clean(&t.flow);
	assert_int_equal(over.bytes, FILE_COPY_MAX);
	assert_int_equal(over.cut, 1);
}

static void
a_file_that_ends_early_is_told_as_cut(void **state)
{
	(void)state;
	answer(10, 3);
	talk_hang_up(&t);
	app_clean(&t.flow);
	assert_string_equal(over.begin, "xxx");
	assert_int_equal(over.cut, 1);
}

static void
behind_a_gap_nothing_is_kept(void **state)
{
	(void)state;
	answer(200, 3);
	talk_tell(&t, STREAM_GAP, APP_TC, NULL, 0); /* 100 bytes */
	line_say(&t, APP_TC, "behind");
	talk_hang_up(&t);
	app_clean(&t.flow);
	assert_string_equal(over.begin, "xxx");
	assert_int_equal(over.cut, 1);
}

/* Pipelined, so that none is over. */
static void
all_of_them_are_bounded(void **state)
{
	const unsigned files = FILE_COPIES_MAX / FILE_COPY_MAX + 2;

	(void)state;
	for (unsigned i = 0; i < files; i++)
		answer(FILE_COPY_MAX, FILE_COPY_MAX);
	assert_int_equal(app_stats(t.app)->copies_cut, 2);
	app_clean(&t.flow);
	assert_int_equal(over.files, files);
	assert_int_equal(over.bytes, FILE_COPIES_MAX);
	assert_int_equal(app_stats(t.app)->bytes, 0);
	answer(3, 3);
	app_clean(&t.flow);
	assert_string_equal(over.begin, "xxx");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_file_is_handed_on_once_with_its_name),
	    TEST(parts_of_a_form_are_handed_on_and_not_the_form),
	    TEST(bytes_beyond_what_rules_see_are_kept),
	    TEST(of_a_large_file_the_first_bytes_are_kept),
	    TEST(a_file_that_ends_early_is_told_as_cut),
	    TEST(behind_a_gap_nothing_is_kept),
	    TEST(all_of_them_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
