/* SPDX-License-Identifier: EUPL-1.2 */
/* stadswachtctl: event streams cut anywhere, and terminals that nothing can take over. */
#include "collector/ctl/show.h"
#include "collector/ctl/sse.h"
#include "collector/ctl/term.h"
#include "collector/limits.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char STREAM[] = "retry: 2000\nid: 3\nevent: hello\ndata: {}\n\n"
			     ": still here\n\n"
			     "id: 4\nevent: alert\ndata: one\n\n"
			     "id: 9\n\n"
			     "id: 10\nevent: incident\ndata:two\ndata: lines\n\n";

static void
note(struct buf *b, const char *event, int64_t id, const char *data, size_t len)
{
	(void)buf_addf(b, "%s/%d/%.*s;", event, (int)id, (int)len, data);
}

static bool
on_event(void *arg, const char *event, int64_t id, const char *data, size_t len)
{
	note(arg, event, id, data, len);
	return strcmp(data, "stop") != 0;
}

static void
test_events_cut_anywhere(void **state)
{
	struct buf b;
	struct sse s;
	size_t cut;

	(void)state;
	buf_init(&b, 4096);
	for (cut = 0; cut <= sizeof(STREAM) - 1; cut++) {
		buf_reset(&b);
		sse_init(&s, on_event, &b);
		assert_true(sse_feed(&s, STREAM, cut));
		assert_true(sse_feed(&s, STREAM + cut, sizeof(STREAM) - 1 - cut));
		assert_string_equal(
		    buf_str(&b), "hello/3/{};alert/4/one;incident/10/two\nlines;");
		assert_int_equal(s.last_id, 10);
		sse_release(&s);
	}
	buf_release(&b);
}

static void
test_restart_keeps_the_bookmark_only(void **state)
{
	static const char half[] =
	    "id: 4\nevent: alert\ndata: one\n\nid: 5\ndata: ha";
	struct buf b;
	struct sse s;

	(void)state;
	buf_init(&b, 4096);
	sse_init(&s, on_event, &b);
	assert_true(sse_feed(&s, half, sizeof(half) - 1));
	assert_int_equal(s.last_id, 4);
	sse_restart(&s);
	assert_true(sse_feed(&s, "data: x\n\n", 9));
	assert_string_equal(buf_str(&b), "alert/4/one;message/4/x;");
	sse_release(&s);
	buf_release(&b);
}

static void
test_a_line_without_end_costs_no_memory(void **state)
{
	static char flood[1024];
	struct buf b;
	struct sse s;
	int i;

	(void)state;
	memset(flood, 'x', sizeof(flood));
	buf_init(&b, 4096);
	sse_init(&s, on_event, &b);
	for (i = 0; i < 4 * CTL_EVENT_MAX / (int)sizeof(flood); i++)
		assert_true(sse_feed(&s, flood, sizeof(flood)));
	assert_true(s.line.cap <= 2 * CTL_EVENT_MAX);
	assert_true(sse_feed(&s, "\ndata: ok\n\n", 11));
	assert_int_equal(s.too_long, 1);
	assert_string_equal(buf_str(&b), "message/-1/ok;");
	sse_release(&s);
	buf_release(&b);
}

static const char *
shown(struct buf *b, const char *text, size_t width)
{
	buf_reset(b);
	term_text(b, text, width);
	return buf_str(b);
}

#define FFFD "\xef\xbf\xbd"

static void
test_terminal_text(void **state)
{
	struct buf b;
	int c;

	(void)state;
	buf_init(&b, 4096);
	assert_string_equal(
	    shown(&b, "caf\xc3\xa9 \xe2\x82\xac", 0), "caf\xc3\xa9 \xe2\x82\xac");
	assert_string_equal(shown(&b, NULL, 0), "-");
	assert_string_equal(shown(&b, "ab", 4), "ab  ");
	assert_string_equal(shown(&b, "abcdef", 4), "abc\xe2\x80\xa6");
	assert_string_equal(shown(&b, "abcd", 4), "abcd");
	assert_string_equal(shown(&b, "a\x1b[2Jb", 0), "a" FFFD "[2Jb");
	assert_string_equal(shown(&b, "\xc2\x9b", 0), FFFD);	 /* CSI in C1 */
	assert_string_equal(shown(&b, "\xe2\x80\xae", 0), FFFD); /* right-to-left */
	assert_string_equal(shown(&b, "\xe2\x80", 0), FFFD FFFD); /* cut short */
	assert_string_equal(shown(&b, "\xc0\x9b", 0), FFFD FFFD); /* overlong */
	assert_string_equal(
	    shown(&b, "\xed\xa0\x80", 0), FFFD FFFD FFFD); /* surrogate */
	for (c = 1; c < 256; c++) {
		const char one[] = {(char)c, '\0'};
		const char *s = shown(&b, one, 0);

		if (c < 0x20 || c >= 0x7f)
			assert_string_equal(s, FFFD);
		else
			assert_string_equal(s, one);
	}
	buf_release(&b);
}

static void
test_raw_records(void **state)
{
	/* A host name that looks like the key, C1 and DEL inside a string. */
	static const char row[] = "{\"id\":1,\"host\":\"a\\\",\\\"record\\\":x\","
				  "\"record\":{\"a\":\"\xc2\x9b\x7f\","
				  "\"b\":[{}]}}";
	static const char first[] = "{\"a\":\"]}\\\"\"}";
	static const char second[] = "{\"b\":{\"c\":[1]}}";
	struct buf b, list;
	const char *p;
	size_t pos = 0, len;

	(void)state;
	buf_init(&b, 4096);
	buf_init(&list, 4096);
	show_raw(&b, row, sizeof(row) - 1);
	assert_string_equal(buf_str(&b), "{\"a\":\"\\u009b\\u007f\",\"b\":[{}]}\n");
	(void)buf_addf(&list, "{\"alerts\":[%s,%s],\"next\":null}", first, second);
	p = buf_str(&list);
	assert_true(show_next(p, list.len, "alerts", &pos, &p, &len));
	assert_int_equal(len, strlen(first));
	assert_memory_equal(p, first, len);
	p = buf_str(&list);
	assert_true(show_next(p, list.len, "alerts", &pos, &p, &len));
	assert_int_equal(len, strlen(second));
	assert_memory_equal(p, second, len);
	p = buf_str(&list);
	assert_false(show_next(p, list.len, "alerts", &pos, &p, &len));
	pos = 0;
	assert_false(show_next(p, list.len, "events", &pos, &p, &len));
	buf_release(&list);
	buf_release(&b);
}

static void
test_lines(void **state)
{
	static const char row[] =
	    "{\"id\":1,\"tenant\":\"zwolle\",\"agent\":\"sw-1\",\"engine\":"
	    "\"rules\",\"record\":{"
	    "\"timestamp\":\"2026-11-23T12:00:00.000000+0000\",\"src_ip\":\"10.0.0."
	    "1\","
	    "\"src_port\":1,\"dest_ip\":\"10.0.0.2\",\"dest_port\":22,\"alert\":{"
	    "\"gid\":1,"
	    "\"signature_id\":7,\"severity\":1,\"signature\":\"Scan\\u001b[0m\"}}}";
	struct json_doc *d = json_read(row, sizeof(row) - 1, NULL, 0);
	struct buf b;

	(void)state;
	assert_non_null(d);
	buf_init(&b, 4096);
	show_row(&b, "alert", d, false);
	assert_null(strchr(buf_str(&b), '\x1b'));
	assert_non_null(strstr(buf_str(&b), "high"));
	assert_non_null(strstr(buf_str(&b), "10.0.0.1:1 -> 10.0.0.2:22  [1:7]\n"));
	buf_reset(&b);
	show_row(&b, "alert", d, true);
	assert_non_null(strstr(buf_str(&b), "\x1b[1;31mhigh"));
	assert_string_equal(show_severity(d, "record.alert.severity"), "high");
	json_free(d);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_events_cut_anywhere),
	    cmocka_unit_test(test_restart_keeps_the_bookmark_only),
	    cmocka_unit_test(test_a_line_without_end_costs_no_memory),
	    cmocka_unit_test(test_terminal_text),
	    cmocka_unit_test(test_raw_records),
	    cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
