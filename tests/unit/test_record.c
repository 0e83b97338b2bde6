/* SPDX-License-Identifier: EUPL-1.2 */
/* Records: the envelope, what is put in at the end, and a writer whose queue is
 * full. */
#include "common/ipc.h"
#include "common/json.h"
#include "common/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char JSON[] =
    "{\"event_type\":\"alert\",\"stadswacht\":{\"v\":1,\"class\":\"alert\"}}";

static void
test_every_truncation_is_refused(void **state)
{
	struct record r = {.cls = RECORD_ALERT,
	    .writer = 9,
	    .number = 3,
	    .time_us = -5,
	    .json = JSON,
	    .json_len = strlen(JSON)};
	struct record back;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(record_encode(&r, &b), 0);
	for (size_t n = 0; n < b.len; n++)
		assert_int_equal(record_decode(b.data, n, &back), -1);
	assert_int_equal(record_decode(b.data, b.len, &back), 0);
	assert_true(back.writer == 9 && back.number == 3 && back.time_us == -5);
	assert_int_equal(back.cls, RECORD_ALERT);
	assert_int_equal(back.json_len, strlen(JSON));
	assert_memory_equal(back.json, JSON, strlen(JSON));
	buf_addc(&b, 'x');
	assert_int_equal(record_decode(b.data, b.len, &back), -1);
	buf_release(&b);
}

static void
test_origin_goes_into_the_last_object(void **state)
{
	struct record_origin o = {.tenant = "zwolle", .agent = "sw-\"1", .seq = 42};
	struct json_doc *d;
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	assert_int_equal(record_finish(JSON, strlen(JSON), &o, &b), 0);
	d = json_read((char *)b.data, b.len, NULL, 0);
	assert_non_null(d);
	assert_string_equal(json_str(d, "stadswacht.tenant"), "zwolle");
	assert_string_equal(json_str(d, "stadswacht.agent"), "sw-\"1");
	assert_int_equal(json_int(d, "stadswacht.seq", 0), 42);
	assert_int_equal(json_int(d, "stadswacht.v", 0), 1);
	assert_null(json_str(d, "stadswacht.host"));
	json_free(d);
	buf_reset(&b);
	assert_int_equal(record_finish("{\"stadswacht\":{}}", 17, &o, &b), 0);
	d = json_read((char *)b.data, b.len, NULL, 0);
	assert_non_null(d);
	json_free(d);
	buf_release(&b);
}

static void
test_finish_refuses_what_is_no_record(void **state)
{
	static const char *const BAD[] = {"", "{}", "{\"a\":{}}",
	    "[{\"stadswacht\":{}}", "{\"stadswacht\":{}} ", "{\"stadswacht\":{}"};
	struct record_origin o = {.seq = 1};
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		assert_int_equal(record_finish(BAD[i], strlen(BAD[i]), &o, &b), -1);
	buf_release(&b);
}

/* Read all there is; asserts that numbers rise by one; counts by class. */
static void
drain(int sock, uint64_t *last, size_t got[RECORD_CLASSES])
{
	static uint8_t bytes[IPC_MESSAGE_MAX];
	struct record r;
	ssize_t n;

	while ((n = recv(sock, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		assert_int_equal(record_decode(bytes, (size_t)n, &r), 0);
		assert_true(r.number == ++*last);
		got[r.cls]++;
	}
}

static void
test_full_queue_keeps_alerts_and_counts_the_rest(void **state)
{
	size_t got[RECORD_CLASSES] = {0}, sent = 0;
	uint64_t last = 0;
	struct record_writer *w;
	int fds[2];

	(void)state;
	assert_int_equal(ipc_pair(fds, 64 * 1024), 0);
	w = record_writer_new(fds[0], 64 * 1024);
	assert_non_null(w);
	for (int i = 0; i < 5000; i++)
		sent += record_write(w, RECORD_ALERT, i, JSON, strlen(JSON)) == 0;
	assert_true(sent < 5000);
	assert_true(record_writer_dropped(w, RECORD_ALERT) == 5000 - sent);
	assert_int_equal(
	    record_write(w, RECORD_TELEMETRY, 0, JSON, strlen(JSON)), 1);
	while (record_writer_flush(w) > 0)
		drain(fds[1], &last, got);
	record_writer_flush(w);
	drain(fds[1], &last, got);
	assert_int_equal(got[RECORD_ALERT], sent);
	assert_int_equal(got[RECORD_TELEMETRY], 0);
	assert_int_equal(got[RECORD_HEALTH], 1); /* the gap, told once */
	record_writer_free(w);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_truncation_is_refused),
	    cmocka_unit_test(test_origin_goes_into_the_last_object),
	    cmocka_unit_test(test_finish_refuses_what_is_no_record),
	    cmocka_unit_test(test_full_queue_keeps_alerts_and_counts_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
