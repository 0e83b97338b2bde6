/* SPDX-License-Identifier: EUPL-1.2 */
/* Files of SMB: both ways, chunks in any order, compounds, holes, bounds. */
#include "tests/unit/lines_help.h"

#include "agent/app/smb.h"

enum {
	CREATE = 5,
	CLOSE = 6,
	READ = 8,
	WRITE = 9,
	HEAD = 4 + 64, /* NetBIOS' and SMB's */
};

static const char A[] = "aaaaaaaaAAAAAAAA",
		  ANY[] = "\xff\xff\xff\xff\xff\xff\xff\xff"
			  "\xff\xff\xff\xff\xff\xff\xff\xff";
static struct talk t;
static struct buf out;
static uint8_t next_id;
static size_t pieces = SIZE_MAX;

static void
zeros(size_t n)
{
	while (n-- > 0)
		buf_addc(&out, 0);
}

static void
head(enum app_dir d, uint16_t command, uint8_t id, uint32_t next)
{
	buf_add(&out, "\xfeSMB\x40\0\0\0\0\0\0\0", 12);
	buf_add_le16(&out, command);
	zeros(2);
	buf_add_le32(&out, d == APP_TC);
	buf_add_le32(&out, next);
	buf_add_le64(&out, id);
	zeros(4);
	buf_add_le32(&out, 6);
	zeros(24);
}

static void
begin(void)
{
	buf_reset(&out);
	zeros(4);
}

/* Say the record, but for the last so many bytes. */
static void
say(enum app_dir d, size_t without)
{
	size_t len = out.len - 4;

	out.data[1] = (uint8_t)(len >> 16);
	out.data[2] = (uint8_t)(len >> 8);
	out.data[3] = (uint8_t)len;
	talk_say(&t, d, out.data, out.len - without, pieces);
}

static void
create_request(const char *name)
{
	zeros(44);
	buf_add_le16(&out, 64 + 56);
	buf_add_le16(&out, (uint16_t)(2 * strlen(name)));
	zeros(8);
	for (; *name != '\0'; name++) {
		buf_addc(&out, *name);
		buf_addc(&out, 0);
	}
}

static void
create_answer(const char *file)
{
	zeros(64);
	buf_add(&out, file, 16);
	zeros(8);
}

static void
open_file(const char *name, const char *file)
{
	begin();
	head(APP_TS, CREATE, next_id, 0);
	create_request(name);
	say(APP_TS, 0);
	begin();
	head(APP_TC, CREATE, next_id++, 0);
	create_answer(file);
	say(APP_TC, 0);
}

static void
close_request(const char *file)
{
	zeros(8);
	buf_add(&out, file, 16);
}

static void
close_file(const char *file)
{
	begin();
	head(APP_TS, CLOSE, next_id++, 0);
	close_request(file);
	say(APP_TS, 0);
}

static void
write_request(const char *file, uint64_t at, const char *data, size_t len)
{
	buf_add(&out, "\x31\0\x70\0", 4);
	buf_add_le32(&out, (uint32_t)len);
	buf_add_le64(&out, at);
	buf_add(&out, file, 16);
	zeros(16);
	buf_add(&out, data, len);
}

static void
write_file(const char *file, uint64_t at, const char *data, size_t len)
{
	begin();
	head(APP_TS, WRITE, next_id++, 0);
	write_request(file, at, data, len);
	say(APP_TS, 0);
}

static void
write_text(const char *file, uint64_t at, const char *text)
{
	write_file(file, at, text, strlen(text));
}

static void
read_request(const char *file, uint64_t at)
{
	buf_add(&out, "\x31\0\0\0\0\1\0\0", 8);
	buf_add_le64(&out, at);
	buf_add(&out, file, 16);
	zeros(17);
}

static uint8_t
ask(const char *file, uint64_t at)
{
	begin();
	head(APP_TS, READ, next_id, 0);
	read_request(file, at);
	say(APP_TS, 0);
	return next_id++;
}

static void
read_answer(const char *text)
{
	buf_add(&out, "\x11\0\x50\0", 4);
	buf_add_le32(&out, (uint32_t)strlen(text));
	zeros(8);
	buf_adds(&out, text);
}

static void
answer(uint8_t id, const char *text)
{
	begin();
	head(APP_TC, READ, id, 0);
	read_answer(text);
	say(APP_TC, 0);
}

static int
setup(void **state)
{
	(void)state;
	pieces = SIZE_MAX;
	next_id = 1;
	buf_init(&out, 32u << 20);
	talk_begin(&t, &smb_parser, IPPROTO_TCP, 445);
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
	talk_begin(&t, &smb_parser, IPPROTO_TCP, 445);
}

static const char *
data(uint64_t tx, enum app_dir d)
{
	return talk_buffer(&t, tx, APP_FILE_DATA, d, 0);
}

static struct app_file
file(uint64_t tx, enum app_dir d)
{
	struct app_file f;

	assert_true(app_file(&t.flow, talk_tx(&t, tx), d, 0, &f));
	return f;
}

/* Transactions: create, write, read, close. */
static void
both_ways(void)
{
	uint8_t id;

	open_file("dir\\x.txt", A);
	write_text(A, 0, "what ");
	write_text(A, 5, "goes up");
	id = ask(A, 0);
	answer(id, "what comes down");
	close_file(A);
}

static void
check_both_ways(void)
{
	for (uint64_t tx = 1; tx <= 2; tx++) {
		enum app_dir d = tx == 1 ? APP_TS : APP_TC, other = 1 - d;

		assert_string_equal(
		    data(tx, d), tx == 1 ? "what goes up" : "what comes down");
		assert_string_equal(data(tx, other), "-");
		assert_string_equal(
		    talk_buffer(&t, tx, APP_FILE_NAME, d, 0), "dir\\x.txt");
		assert_true(file(tx, d).closed);
		assert_false(file(tx, d).truncated);
		assert_int_equal(talk_number(&t, tx, APP_FILE_SIZE, d, 0),
		    (int64_t)strlen(data(tx, d)));
		assert_true(app_tx_done(&t.flow, talk_tx(&t, tx), APP_TS));
	}
	assert_null(talk_tx(&t, 4));
}

static void
reads_and_writes_are_files_with_names(void **state)
{
	(void)state;
	both_ways();
	check_both_ways();
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (pieces = 1; pieces < 150; pieces++) {
		both_ways();
		check_both_ways();
		again();
	}
}

static void
a_file_is_looked_at_when_it_is_closed(void **state)
{
	(void)state;
	open_file("x", A);
	write_text(A, 0, "short");
	assert_string_equal(data(1, APP_TS), "?");
	assert_string_equal(talk_buffer(&t, 1, APP_FILE_NAME, APP_TS, 0), "x");
	close_file(A);
	assert_string_equal(data(1, APP_TS), "short");
}

static void
chunks_may_come_in_any_order(void **state)
{
	(void)state;
	open_file("x", A);
	write_text(A, 5, "de");
	write_text(A, 7, "fg");
	write_text(A, 3, "bc");
	write_text(A, 0, "xya");
	close_file(A);
	assert_string_equal(data(1, APP_TS), "xyabcdefg");
	assert_int_equal(talk_tx(&t, 1)->events, 0);
}

static void
answers_may_come_in_any_order_and_after_the_close(void **state)
{
	uint8_t one, two;

	(void)state;
	open_file("x", A);
	one = ask(A, 0);
	two = ask(A, 3);
	close_file(A);
	answer(two, "def");
	assert_false(file(2, APP_TC).closed);
	answer(one, "abc");
	assert_string_equal(data(2, APP_TC), "abcdef");
}

static void
a_chunk_that_overlaps_is_told_and_left_out(void **state)
{
	(void)state;
	open_file("x", A);
	write_text(A, 0, "first");
	write_text(A, 2, "second");
	write_text(A, 5, "last");
	close_file(A);
	assert_true(talk_event(&t, 1, "file_overlap"));
	assert_string_equal(data(1, APP_TS), "firstlast");
}

static void
a_hole_ends_what_is_seen(void **state)
{
	(void)state;
	open_file("x", A);
	write_text(A, 0, "begin");
	write_text(A, 100, "far");
	close_file(A);
	assert_string_equal(data(1, APP_TS), "begin");
}

static void
a_file_that_was_opened_before_has_no_name(void **state)
{
	(void)state;
	write_text(A, 0, "w");
	answer(ask(A, 0), "r");
	assert_string_equal(talk_buffer(&t, 0, APP_FILE_NAME, APP_TS, 0), "");
	assert_string_equal(
	    talk_buffer(&t, 1, APP_FILE_NAME, APP_TC, 0), "<unknown>");
}

/* A part of a compound; next_at: where its header stands. */
static size_t
part(enum app_dir d, uint16_t command, uint8_t id, size_t before)
{
	if (before > 0) {
		while (out.len % 8 != 4)
			buf_addc(&out, 0);
		out.data[before + 20] = (uint8_t)(out.len - before);
	}
	head(d, command, id, 0);
	return out.len - 64;
}

static void
a_compound_writes_what_it_opened(void **state)
{
	size_t at;

	(void)state;
	begin();
	at = part(APP_TS, CREATE, 1, 0);
	create_request("c");
	at = part(APP_TS, WRITE, 2, at);
	write_request(ANY, 0, "compound", 8);
	part(APP_TS, CLOSE, 3, at);
	close_request(ANY);
	say(APP_TS, 0);
	assert_string_equal(data(1, APP_TS), "compound");
	assert_string_equal(talk_buffer(&t, 1, APP_FILE_NAME, APP_TS, 0), "c");
	assert_true(file(1, APP_TS).closed);
}

/* As Apple's clients do; twice, and each is a file of its own. */
static void
a_compound_reads_what_it_opened(void **state)
{
	size_t at;

	(void)state;
	for (uint8_t id = 1; id < 7; id += 3) {
		begin();
		at = part(APP_TS, CREATE, id, 0);
		create_request("c");
		at = part(APP_TS, READ, id + 1, at);
		read_request(ANY, 0);
		part(APP_TS, CLOSE, id + 2, at);
		close_request(ANY);
		say(APP_TS, 0);
		begin();
		at = part(APP_TC, CREATE, id, 0);
		create_answer(A);
		at = part(APP_TC, READ, id + 1, at);
		read_answer("read at once");
		part(APP_TC, CLOSE, id + 2, at);
		say(APP_TC, 0);
		assert_string_equal(data(id + 1, APP_TC), "read at once");
		assert_string_equal(
		    talk_buffer(&t, id + 1, APP_FILE_NAME, APP_TC, 0), "c");
		assert_true(file(id + 1, APP_TC).closed);
	}
}

static void
a_large_write_is_seen_as_it_comes(void **state)
{
	static char big[200000];
	struct app_bytes got;

	(void)state;
	memset(big, 'b', sizeof(big));
	pieces = 1400;
	open_file("big", A);
	begin();
	head(APP_TS, WRITE, next_id++, 0);
	write_request(A, 0, big, sizeof(big));
	say(APP_TS, 1000);
	assert_int_equal(
	    app_buffer(&t.flow, talk_tx(&t, 1), APP_FILE_DATA, APP_TS, 0, &got),
	    APP_HAVE);
	assert_int_equal(got.bytes.len, sizeof(big) - 1000);
	app_tx_inspected(&t.flow, talk_tx(&t, 1), APP_TS);
	talk_say(&t, APP_TS, big, 1000, pieces);
	write_text(A, sizeof(big), "end");
	close_file(A);
	assert_int_equal(file(1, APP_TS).size, sizeof(big) + 3);
	app_buffer(&t.flow, talk_tx(&t, 1), APP_FILE_DATA, APP_TS, 0, &got);
	assert_int_equal(got.bytes.len, FILE_WINDOW_AGAIN + 1000 + 3);
	assert_memory_equal(got.bytes.p + got.bytes.len - 3, "end", 3);
}

static void
a_gap_in_a_write_is_zeros_and_no_digest(void **state)
{
	static char big[3000];

	(void)state;
	memset(big, 'b', sizeof(big));
	open_file("big", A);
	begin();
	head(APP_TS, WRITE, next_id++, 0);
	write_request(A, 0, big, sizeof(big));
	say(APP_TS, 500);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0); /* 100 bytes */
	talk_say(&t, APP_TS, big, 400, SIZE_MAX);
	write_text(A, sizeof(big), "end");
	close_file(A);
	assert_true(file(1, APP_TS).gaps);
	assert_true(file(1, APP_TS).truncated);
	assert_int_equal(file(1, APP_TS).size, sizeof(big) + 3);
	assert_int_equal(strlen(data(1, APP_TS)), sizeof(big) - 500);
}

/* A whole write was lost: the next is taken where it is. */
static void
after_a_gap_a_file_goes_on(void **state)
{
	(void)state;
	open_file("x", A);
	write_text(A, 0, "one");
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	write_text(A, 100, "two");
	close_file(A);
	assert_int_equal(file(1, APP_TS).size, 103);
	assert_true(file(1, APP_TS).truncated);
}

static void
a_file_that_is_never_closed_is_cut_short(void **state)
{
	(void)state;
	open_file("x", A);
	write_text(A, 0, "all there is");
	talk_tell(&t, STREAM_END, APP_TS, NULL, 0);
	assert_string_equal(data(1, APP_TS), "all there is");
	assert_true(file(1, APP_TS).truncated);
}

static void
what_waits_is_bounded_in_number(void **state)
{
	(void)state;
	open_file("x", A);
	for (uint64_t i = 0; i < SMB_CHUNKS_MAX; i++)
		write_text(A, 100 + i, "c");
	assert_int_equal(talk_tx(&t, 1)->events, 0);
	write_text(A, 1000, "c");
	assert_true(talk_event(&t, 1, "write_queue_cnt_exceeded"));
}

static void
what_waits_is_bounded_in_bytes(void **state)
{
	size_t len = 3u << 20;
	char *big = calloc(1, len);

	(void)state;
	assert_non_null(big);
	open_file("x", A);
	write_file(A, 100, big, len);
	write_file(A, 100 + len, big, len);
	assert_int_equal(talk_tx(&t, 1)->events, 0);
	write_file(A, 100 + 2 * len, big, len);
	assert_true(talk_event(&t, 1, "write_queue_size_exceeded"));
	assert_true(app_stats(t.app)->bytes < SMB_QUEUE_MAX + len);
	free(big);
}

static void
a_conversation_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < 400; n++) {
		open_file("x", A);
		write_text(A, 6, "ahead");
		begin();
		head(APP_TS, WRITE, next_id++, 0);
		write_request(A, 0, "of its turn", 6);
		say(APP_TS, n < out.len ? n : 0);
		again();
	}
}

/* Every message cut short, with a length that says so. */
static void
a_message_may_be_too_short(void **state)
{
	(void)state;
	for (size_t n = 0; n < 120; n++) {
		open_file("x", A);
		begin();
		head(APP_TS, WRITE, next_id++, 0);
		write_request(A, 0, "data", 4);
		out.len -= n < out.len - HEAD ? n : 0;
		say(APP_TS, 0);
		ask(A, 0);
		begin();
		head(APP_TC, READ, (uint8_t)(next_id - 1), 0);
		read_answer("data");
		out.len -= n < out.len - HEAD ? n : 0;
		say(APP_TC, 0);
		again();
	}
}

static void
more_than_the_server_takes_is_an_event(void **state)
{
	(void)state;
	begin();
	head(APP_TC, 0, 0, 0);
	buf_add(&out, "\x41\0\1\0\x10\2\0\0", 8);
	zeros(16 + 4 + 4);
	buf_add_le32(&out, 2);
	buf_add_le32(&out, 2);
	zeros(24);
	say(APP_TC, 0);
	write_text(A, 0, "more than two");
	assert_true(talk_event(&t, 0, "write_request_too_large"));
	assert_null(talk_tx(&t, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(reads_and_writes_are_files_with_names),
	    TEST(pieces_may_have_any_size),
	    TEST(a_file_is_looked_at_when_it_is_closed),
	    TEST(chunks_may_come_in_any_order),
	    TEST(answers_may_come_in_any_order_and_after_the_close),
	    TEST(a_chunk_that_overlaps_is_told_and_left_out),
	    TEST(a_hole_ends_what_is_seen),
	    TEST(a_file_that_was_opened_before_has_no_name),
	    TEST(a_compound_writes_what_it_opened),
	    TEST(a_compound_reads_what_it_opened),
	    TEST(a_large_write_is_seen_as_it_comes),
	    TEST(a_gap_in_a_write_is_zeros_and_no_digest),
	    TEST(after_a_gap_a_file_goes_on),
	    TEST(a_file_that_is_never_closed_is_cut_short),
	    TEST(what_waits_is_bounded_in_number),
	    TEST(what_waits_is_bounded_in_bytes),
	    TEST(a_conversation_may_end_anywhere),
	    TEST(a_message_may_be_too_short),
	    TEST(more_than_the_server_takes_is_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
