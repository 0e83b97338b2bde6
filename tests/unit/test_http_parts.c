/* SPDX-License-Identifier: EUPL-1.2 */
/* Multipart bodies: parts as files, in any pieces, cut short, out of shape. */
#include "tests/unit/lines_help.h"

#include "agent/app/http.h"
#include "agent/limits.h"

#include <stdio.h>

static struct talk t;
static struct buf out;

#define FIELD "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno file\r\n"
#define FILE_OF(name, data)                                                        \
	"--B\r\nContent-Disposition: form-data; name=f; filename=" name            \
	"\r\nContent-Type: a/b\r\n\r\n" data "\r\n"

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &http_parser, IPPROTO_TCP, 80);
	buf_init(&out, 1u << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_hang_up(&t);
	talk_end(&t);
	buf_release(&out);
	return 0;
}

static void
again(void)
{
	talk_hang_up(&t);
	talk_end(&t);
	talk_begin(&t, &http_parser, IPPROTO_TCP, 80);
}

/* A request with what is in out behind the headers. */
static void
post(const char *type, size_t piece)
{
	struct buf all;

	buf_init(&all, 1u << 20);
	buf_addf(&all,
	    "POST /p HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    type, out.len);
	buf_add(&all, out.data, out.len);
	talk_say(&t, APP_TS, all.data, all.len, piece);
	buf_release(&all);
}

static void
post_text(const char *body, size_t piece)
{
	buf_reset(&out);
	buf_adds(&out, body);
	post("multipart/form-data; boundary=B", piece);
}

static const char *
data(unsigned i)
{
	return talk_buffer(&t, 0, APP_FILE_DATA, APP_TS, i);
}

static const char *
name(unsigned i)
{
	return talk_buffer(&t, 0, APP_FILE_NAME, APP_TS, i);
}

static const char two[] = "before " FIELD FILE_OF("\"x.txt\"", "one\r\n-\r\n--A")
    FILE_OF("y; size=3", "two") "--B--\r\nbehind" FILE_OF("z", "none");

static void
check_two(void)
{
	assert_string_equal(name(0), "x.txt");
	assert_string_equal(data(0), "one\r\n-\r\n--A");
	assert_string_equal(name(1), "y");
	assert_string_equal(data(1), "two");
	assert_string_equal(data(2), "-");
	assert_int_equal(talk_number(&t, 0, APP_FILE_SIZE, APP_TS, 1), 3);
	assert_string_equal(
	    talk_buffer(&t, 0, APP_HTTP_REQUEST_BODY, APP_TS, 0), two);
	assert_int_equal(talk_tx(&t, 0)->events, 0);
}

static void
parts_with_a_name_are_files(void **state)
{
	struct app_file f;

	(void)state;
	post_text(two, SIZE_MAX);
	check_two();
	assert_true(app_file(&t.flow, talk_tx(&t, 0), APP_TS, 1, &f));
	assert_int_equal(f.size, 3);
	assert_true(f.closed);
	assert_false(app_file(&t.flow, talk_tx(&t, 0), APP_TS, 2, &f));
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (size_t size = 1; size < 120; size++) {
		post_text(two, size);
		check_two();
		again();
	}
}

static void
a_body_may_end_anywhere(void **state)
{
	char body[sizeof(two)];

	(void)state;
	for (size_t n = 0; n < sizeof(two); n++) {
		snprintf(body, sizeof(body), "%.*s", (int)n, two);
		post_text(body, 7);
		again();
	}
}

static void
a_file_may_end_with_the_body(void **state)
{
	(void)state;
	post_text(
	    "--B\r\nContent-Disposition: x; filename=x\r\n\r\nall of it", SIZE_MAX);
	assert_string_equal(data(0), "all of it");
	assert_int_equal(talk_number(&t, 0, APP_FILE_SIZE, APP_TS, 0), 9);
}

static void
a_file_that_is_cut_short_is_looked_at(void **state)
{
	static const char half[] =
	    "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\n"
	    "Content-Length: 5000\r\n\r\n" FILE_OF("x", "half");
	struct app_file f;

	(void)state;
	line_say(&t, APP_TS, half);
	assert_string_equal(data(0), "?");
	talk_tell(&t, STREAM_END, APP_TS, NULL, 0);
	assert_string_equal(data(0), "half");
	assert_true(app_file(&t.flow, talk_tx(&t, 0), APP_TS, 0, &f));
	assert_true(f.truncated);
}

static void
a_file_may_be_empty_or_without_a_name(void **state)
{
	(void)state;
	post_text(FILE_OF("x", "") FILE_OF("\"\"", "data") "--B--\r\n", SIZE_MAX);
	assert_string_equal(name(0), "x");
	assert_string_equal(name(1), "");
	assert_string_equal(data(0), "data");
	assert_int_equal(talk_number(&t, 0, APP_FILE_SIZE, APP_TS, 0), 0);
}

static void
without_a_boundary_the_body_is_the_file(void **state)
{
	static const char *const types[] = {
	    "multipart/form-data", "multipart/form-data; boundary=", "a/b"};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		buf_reset(&out);
		buf_adds(&out, FILE_OF("x", "data") "--B--\r\n");
		post(types[i], SIZE_MAX);
		assert_string_equal(name(0), "/p");
		assert_memory_equal(data(0), "--B\r\n", 5);
		again();
	}
}

static void
another_boundary_has_no_files(void **state)
{
	char type[400];

	(void)state;
	buf_adds(&out, FILE_OF("x", "data") "--B--\r\n");
	post("multipart/form-data; boundary=C", SIZE_MAX);
	assert_string_equal(data(0), "-");
	again();
	snprintf(type, sizeof(type), "multipart/form-data; boundary=%0300d", 0);
	post(type, SIZE_MAX);
	assert_string_equal(data(0), "-");
}

static void
a_boundary_may_be_quoted(void **state)
{
	(void)state;
	buf_adds(&out, FILE_OF("x", "data") "--B--\r\n");
	post("Multipart/Mixed; charset=u; Boundary=\"B\"", SIZE_MAX);
	assert_string_equal(data(0), "data");
}

static void
a_header_out_of_shape_is_an_event(void **state)
{
	(void)state;
	post_text("--B\r\nno colon\r\nContent-Disposition: x; filename=x\r\n\r\n"
		  "data\r\n--B--",
	    SIZE_MAX);
	assert_true(talk_event(&t, 0, "multipart_invalid_header"));
	assert_string_equal(data(0), "data");
}

static void
a_boundary_in_place_of_data_is_an_event(void **state)
{
	(void)state;
	post_text("--B\r\nContent-Disposition: x; filename=x\r\n\r\n--B--", 1);
	assert_true(talk_event(&t, 0, "multipart_generic_error"));
	assert_string_equal(name(0), "-");
}

static void
parts_are_bounded(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HTTP_PARTS_MAX + 10; i++)
		buf_adds(&out, FILE_OF("x", "d"));
	post("multipart/form-data; boundary=B", 1000);
	assert_string_equal(data(HTTP_PARTS_MAX - 1), "d");
	assert_string_equal(data(HTTP_PARTS_MAX), "-");
	assert_int_equal(app_stats(t.app)->part_cap, 10);
}

/* Nothing in it is looked for again and again. */
static void
the_header_of_a_part_is_bounded(void **state)
{
	(void)state;
	buf_adds(&out, "--B\r\nContent-Disposition: x; filename=x\r\nX: ");
	for (unsigned i = 0; i < 2 * HTTP_PART_HEADER_MAX; i++)
		buf_addc(&out, 'x');
	buf_adds(&out, "\r\n\r\ndata\r\n" FILE_OF("y", "next") "--B--");
	post("multipart/form-data; boundary=B", 1);
	assert_string_equal(name(0), "y");
	assert_string_equal(data(0), "next");
	assert_int_equal(app_stats(t.app)->part_cap, 1);
}

static void
a_file_ends_where_bodies_are_kept_to(void **state)
{
	struct app_file f;

	(void)state;
	buf_adds(&out, "--B\r\nContent-Disposition: x; filename=x\r\n\r\n");
	while (out.len < HTTP_BODY_MAX + 5000)
		buf_adds(&out, "data data data data data data ");
	buf_adds(&out, FILE_OF("y", "next") "--B--");
	post("multipart/form-data; boundary=B", 1400);
	assert_true(app_file(&t.flow, talk_tx(&t, 0), APP_TS, 0, &f));
	assert_true(f.truncated);
	assert_true(f.size < HTTP_BODY_MAX);
	assert_string_equal(name(1), "-");
}

static void
behind_a_gap_parts_go_on(void **state)
{
	static const char head[] =
	    "POST / HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\n"
	    "Content-Length: 5000\r\n\r\n"
	    "--B\r\nContent-Disposition: x; filename=x\r\n\r\nbegin";
	struct app_file f;

	(void)state;
	line_say(&t, APP_TS, head);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	line_say(&t, APP_TS, "end\r\n" FILE_OF("y", "next") "--B--");
	assert_true(app_file(&t.flow, talk_tx(&t, 0), APP_TS, 0, &f));
	assert_true(f.gaps && f.truncated);
	assert_int_equal(f.size, 108);
	assert_string_equal(data(1), "next");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(parts_with_a_name_are_files),
	    TEST(pieces_may_have_any_size),
	    TEST(a_body_may_end_anywhere),
	    TEST(a_file_may_end_with_the_body),
	    TEST(a_file_that_is_cut_short_is_looked_at),
	    TEST(a_file_may_be_empty_or_without_a_name),
	    TEST(without_a_boundary_the_body_is_the_file),
	    TEST(another_boundary_has_no_files),
	    TEST(a_boundary_may_be_quoted),
	    TEST(a_header_out_of_shape_is_an_event),
	    TEST(a_boundary_in_place_of_data_is_an_event),
	    TEST(parts_are_bounded),
	    TEST(the_header_of_a_part_is_bounded),
	    TEST(a_file_ends_where_bodies_are_kept_to),
	    TEST(behind_a_gap_parts_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
