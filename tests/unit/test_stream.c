/* SPDX-License-Identifier: EUPL-1.2 */
/* The live stream: each row once and in order, whatever the reader's pace. */
#include "collector/limits.h"
#include "collector/stream/stream.h"
#include "common/buf.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
	char folder[64];
	struct loop *loop;
	struct store *write, *read;
	struct stream *stream;
	uint64_t seq;
	unsigned woken;
};

static void
append(struct fixture *f, const char *type, const char *tenant, int64_t severity)
{
	char body[200];
	struct store_row r = {.agent = "sw-1",
	    .epoch = "e",
	    .cls = RECORD_ALERT,
	    .seq = ++f->seq,
	    .tenant = tenant,
	    .event_type = type,
	    .severity = severity,
	    .engine = "rules",
	    .signature = "Brute Force",
	    .src_ip = "10.0.0.7",
	    .body = body};
	int64_t id;

	r.body_len = (size_t)snprintf(body, sizeof(body),
	    "{\"event_type\":\"%s\",\n\"n\":%" PRIu64 ",\"stadswacht\":{}}", type,
	    r.seq);
	assert_int_equal(store_begin(f->write), 0);
	assert_int_equal(store_append(f->write, &r, &id), 0);
	assert_int_equal(store_commit(f->write), 0);
	assert_int_equal(id, f->seq);
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char uri[128], error[200];

	assert_non_null(f);
	strcpy(f->folder, "/tmp/stadswacht-stream-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(uri, sizeof(uri), "sqlite:%s/store.db", f->folder);
	assert_non_null(f->loop = loop_new());
	assert_non_null(
	    f->write = store_open(uri, STORE_WRITE, error, sizeof(error)));
	assert_non_null(
	    f->read = store_open(uri, STORE_READ, error, sizeof(error)));
	assert_non_null(f->stream = stream_new(f->loop, f->read));
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {
	    "store.db", "store.db-wal", "store.db-shm"};
	char path[128];
	size_t i;

	stream_free(f->stream);
	store_close(f->read);
	store_close(f->write);
	loop_free(f->loop);
	for (i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->folder);
	free(f);
	return 0;
}

static void
wake(void *arg)
{
	struct fixture *f = arg;

	f->woken++;
}

/* All that there is now, in pieces of at most size bytes. */
static const char *
drain(struct stream_reader *r, struct buf *b, size_t size)
{
	char piece[4096];
	ssize_t n;

	buf_reset(b);
	while ((n = stream_read(r, piece, size)) > 0)
		assert_int_equal(buf_add(b, piece, (size_t)n), 0);
	assert_int_equal(n, 0);
	return buf_str(b);
}

static size_t
count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static void
test_frames(void **state)
{
	struct fixture *f = *state;
	struct filter all;
	struct stream_reader *r;
	struct buf b;
	const char *s;

	buf_init(&b, 1 << 20);
	filter_init(&all, FILTER_ALL);
	append(f, "alert", "zwolle", 1);
	stream_new_rows(f->stream, 1);
	assert_non_null(r = stream_join(f->stream, &all, -1, wake, f));
	s = drain(r, &b, 4096);
	assert_non_null(strstr(s, "event: hello\ndata: {\"last_id\":1}\n\n"));
	assert_null(strstr(s, "event: alert")); /* from now on only */
	append(f, "alert", "zwolle", 1);
	stream_new_rows(f->stream, 2);
	assert_int_equal(f->woken, 1);
	s = drain(r, &b, 7); /* the pieces do not matter */
	assert_int_equal(
	    strncmp(s, "id: 2\nevent: alert\ndata: {\"id\":2,", 32), 0);
	/* A record with a line end in it stays one frame. */
	assert_non_null(
	    strstr(s, "\"record\":{\"event_type\":\"alert\", \"n\":2,"));
	assert_int_equal(count(s, "\n\n"), 1);
	assert_string_equal(drain(r, &b, 4096), "");
	stream_idle(f->stream);
	assert_string_equal(drain(r, &b, 4096), ": still here\n\n");
	stream_leave(r);
	assert_int_equal(stream_readers(f->stream), 0);
	buf_release(&b);
}

static void
test_bookmark_loses_and_repeats_nothing(void **state)
{
	struct fixture *f = *state;
	struct filter all;
	struct stream_reader *r;
	struct buf b;
	char want[40];
	const char *s;
	int i;

	buf_init(&b, 8 << 20);
	filter_init(&all, FILTER_ALL);
	for (i = 0; i < 3 * STREAM_BATCH_ROWS; i++)
		append(f, "alert", "zwolle", 1);
	stream_new_rows(f->stream, 3 * STREAM_BATCH_ROWS);
	assert_non_null(r = stream_join(f->stream, &all, 5, wake, f));
	s = drain(r, &b, 1000);
	assert_null(strstr(s, "\"id\":5,"));
	for (i = 6; i <= 3 * STREAM_BATCH_ROWS; i++) {
		(void)snprintf(want, sizeof(want), "{\"id\":%d,", i);
		assert_non_null(s = strstr(s, want)); /* in order */
	}
	assert_int_equal(
	    count((const char *)b.data, "event: alert"), 3 * STREAM_BATCH_ROWS - 5);
	stream_leave(r);
	/* A bookmark of another store: from the end of this one. */
	assert_non_null(r = stream_join(f->stream, &all, 1 << 30, wake, f));
	assert_int_equal(count(drain(r, &b, 1000), "event: alert"), 0);
	stream_leave(r);
	buf_release(&b);
}

static void
test_filter_moves_the_bookmark(void **state)
{
	struct fixture *f = *state;
	struct filter high;
	struct stream_reader *r;
	struct buf b;
	const char *s;

	buf_init(&b, 1 << 20);
	filter_init(&high, FILTER_ALERT);
	high.max_severity = 1;
	strcpy(high.tenant, "zwolle");
	append(f, "alert", "zwolle", 2);
	append(f, "alert", "kampen", 1);
	append(f, "incident", "zwolle", 0);
	append(f, "flow", "zwolle", 0);
	stream_new_rows(f->stream, 4);
	assert_non_null(r = stream_join(f->stream, &high, 0, wake, f));
	s = drain(r, &b, 4096);
	assert_int_equal(count(s, "event: alert"), 0);
	assert_int_equal(count(s, "event: incident"), 0);
	assert_null(strstr(s, "kampen"));
	assert_non_null(strstr(s, "id: 4\n\n"));
	append(f, "alert", "zwolle", 1);
	stream_new_rows(f->stream, 5);
	assert_int_equal(count(drain(r, &b, 4096), "event: alert"), 1);
	stream_leave(r);
	buf_release(&b);
}

static void
test_readers_are_capped(void **state)
{
	struct fixture *f = *state;
	struct stream_reader *r[STREAM_READERS_MAX];
	struct filter all;
	int i;

	filter_init(&all, FILTER_ALL);
	for (i = 0; i < STREAM_READERS_MAX; i++)
		assert_non_null(r[i] = stream_join(f->stream, &all, -1, wake, f));
	assert_null(stream_join(f->stream, &all, -1, wake, f));
	assert_int_equal(errno, ENOSPC);
	for (i = 0; i < STREAM_READERS_MAX; i++)
		stream_leave(r[i]);
	assert_int_equal(stream_readers(f->stream), 0);
}

static void
test_who_is_far_behind_is_told(void **state)
{
	struct fixture *f = *state;
	struct stream_reader *r;
	struct filter all;
	struct buf b;

	buf_init(&b, 1 << 20);
	filter_init(&all, FILTER_ALL);
	append(f, "alert", "zwolle", 1);
	assert_non_null(r = stream_join(f->stream, &all, 0, wake, f));
	stream_new_rows(f->stream, STREAM_BEHIND_ROWS + 1);
	assert_int_equal(
	    count(drain(r, &b, 4096), "event: behind\ndata: {\"rows\":10001}"), 1);
	stream_leave(r);
	buf_release(&b);
}

static void
test_filter_fields(void **state)
{
	struct store_row r = {.event_type = "alert",
	    .cls = RECORD_ALERT,
	    .tenant = "zwolle",
	    .severity = 2,
	    .sid = 7,
	    .engine = "rules",
	    .agent = "sw-1",
	    .host = "web01",
	    .signature = "Brute Force",
	    .src_ip = "10.0.0.7"};
	struct filter f;

	(void)state;
	filter_init(&f, FILTER_ALL);
	assert_true(filter_row(&f, &r));
	strcpy(f.text, "brute force");
	assert_true(filter_row(&f, &r));
	strcpy(f.text, "0.0.7");
	assert_true(filter_row(&f, &r));
	strcpy(f.text, "absent");
	assert_false(filter_row(&f, &r));
	filter_init(&f, FILTER_ALL);
	f.sid = 8;
	assert_false(filter_row(&f, &r));
	filter_init(&f, FILTER_ALL);
	f.max_severity = 2;
	assert_true(filter_row(&f, &r));
	r.severity = 0; /* unknown is not "high" */
	assert_false(filter_row(&f, &r));
	filter_init(&f, FILTER_INCIDENT);
	assert_false(filter_row(&f, &r));
	r.event_type = "audit";
	f.kinds = FILTER_ALL;
	assert_false(filter_row(&f, &r));
	r.event_type = NULL;
	assert_false(filter_row(&f, &r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_frames, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_bookmark_loses_and_repeats_nothing, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_filter_moves_the_bookmark, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_readers_are_capped, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		test_who_is_far_behind_is_told, set_up, tear_down),
	    cmocka_unit_test(test_filter_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
