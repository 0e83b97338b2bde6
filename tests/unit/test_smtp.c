/* SPDX-License-Identifier: EUPL-1.2 */
/* SMTP: mails as transactions, their parts and their attachments. */
#include "tests/unit/lines_help.h"

#include "agent/app/mime_decode.h"
#include "agent/app/smtp.h"
#include "agent/limits.h"

#include <stdio.h>

static struct talk t;

static const struct line mail[] = {
    {APP_TC, "220 mail.example ESMTP\r\n", 0},
    {APP_TS, "EHLO me\r\n", 0},
    {APP_TC, "250-mail.example\r\n250 PIPELINING\r\n", 0},
    {APP_TS, "MAIL FROM:<a@b> SIZE=10\r\nRCPT TO:<c@d>\r\nRCPT TO:<e@f>\r\n", 0},
    {APP_TC, "250 ok\r\n250 ok\r\n250 ok\r\n", 0},
    {APP_TS, "DATA\r\n", 0},
    {APP_TC, "354 go\r\n", 0},
    {APP_TS,
	"From: Jan <a@b>\r\nTo: c@d,\r\n e@f\r\nSubject: x\r\n"
	"Content-Type: multipart/mixed;\r\n boundary=\"out\"\r\n\r\npreamble\r\n"
	"--out\r\nContent-Type: multipart/alternative; boundary=in\r\n\r\n"
	"--in\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
	"begin 644 uu.txt\r\n#0V%T\r\n`\r\nend\r\n--in--\r\n"
	"--out\r\nContent-Disposition: attachment; filename=\"b64.bin\"\r\n"
	"Content-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8=\r\n"
	"--out\r\nContent-Type: text/html; name=qp.html\r\n"
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
	"a=3Db=\r\nc\r\n..d\r\n--out--\r\n.\r\n",
	0},
    {APP_TC, "250 queued\r\n", 0},
    {APP_TS, "QUIT\r\n", 0},
    {APP_TC, "221 bye\r\n", 0},
};
#define LINES (sizeof(mail) / sizeof(mail[0]))

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &smtp_parser, IPPROTO_TCP, 25);
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
check_file(unsigned i, const char *name, const char *data)
{
	assert_string_equal(talk_buffer(&t, 0, APP_FILE_NAME, APP_TS, i), name);
	assert_string_equal(talk_buffer(&t, 0, APP_FILE_DATA, APP_TS, i), data);
}

static void
check_mail(void)
{
	struct app_tx *tx = talk_tx(&t, 0);
	struct buf b;

	assert_non_null(tx);
	assert_int_equal(tx->events, 0);
	assert_true(app_tx_done(&t.flow, tx, APP_TS));
	assert_true(app_tx_done(&t.flow, tx, APP_TC));
	check_file(0, "uu.txt", "Cat");
	check_file(1, "b64.bin", "hello");
	check_file(2, "qp.html", "a=bc\r\n.d");
	assert_string_equal(talk_buffer(&t, 0, APP_FILE_DATA, APP_TS, 3), "-");
	buf_init(&b, 4096);
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"smtp\":{\"helo\":\"me\",\"mail_from\":\"<a@b>\",\"rcpt_to\":"
	    "[\"<c@d>\",\"<e@f>\"]},\"email\":{\"status\":\"PARSE_DONE\","
	    "\"from\":\"Jan <a@b>\",\"to\":[\"c@d\",\"e@f\"],\"attachment\":"
	    "[\"uu.txt\",\"b64.bin\",\"qp.html\"]}}");
	buf_release(&b);
	assert_null(talk_tx(&t, 1));
}

static void
a_mail_is_a_transaction(void **state)
{
	(void)state;
	lines_say(&t, mail, LINES, SIZE_MAX, SIZE_MAX);
	check_mail();
}

static void
a_mail_may_come_byte_by_byte(void **state)
{
	(void)state;
	lines_say(&t, mail, LINES, SIZE_MAX, 1);
	check_mail();
}

static void
a_mail_may_end_anywhere(void **state)
{
	size_t total = lines_total(mail, LINES);

	for (size_t n = 0; n < total; n++) {
		lines_say(&t, mail, LINES, n, SIZE_MAX);
		talk_hang_up(&t);
		for (struct app_tx *x = app_tx_first(&t.flow); x != NULL;
		     x = x->next)
			assert_int_equal(x->events, 0);
		teardown(state);
		setup(state);
	}
}

static void
chunks_are_a_mail_too(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS,
	    "EHLO x\r\nBDAT 57\r\nContent-Disposition: attachment; "
	    "filename=f\r\n\r\n"
	    "line one\r\nBDAT 3 LAST\r\ntwoMAIL FROM:<x>\r\n");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_FILE_DATA, APP_TS, 0), "line one\r\ntwo");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	assert_true(talk_event(&t, 0, "bdat_chunk_len_exceeded"));
	assert_non_null(talk_tx(&t, 1));
}

static void
each_mail_is_its_own(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(
	    &t, APP_TS, "EHLO x\r\nMAIL FROM:<a>\r\nRSET\r\nMAIL FROM:<b>\r\n");
	assert_false(talk_event(&t, 0, "duplicate_fields"));
	assert_false(talk_event(&t, 1, "duplicate_fields"));
	line_say(&t, APP_TS, "MAIL FROM:<c>\r\nQUIT\r\n");
	assert_true(talk_event(&t, 1, "duplicate_fields"));
	assert_null(talk_tx(&t, 2));
}

static void
encryption_may_take_over(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS, "EHLO x\r\nSTARTTLS\r\n");
	line_say(&t, APP_TC, "250 x\r\n220 go\r\n");
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	line_say(&t, APP_TS, "EHLO again\r\n");
	assert_int_equal(app_flow_events(&t.flow), 1u << APP_EVENT_NO_TLS);
}

static void
refusals_are_events(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS, "EHLO x\r\nSTARTTLS\r\n");
	line_say(&t, APP_TC, "250 x\r\n454 no\r\n");
	assert_true(talk_event(&t, 0, "tls_rejected"));
	line_say(&t, APP_TS, "DATA\r\n");
	line_say(&t, APP_TC, "503 no\r\n");
	assert_true(talk_event(&t, 0, "data_command_rejected"));
	line_say(&t, APP_TS, "QUIT\r\n");
	line_say(&t, APP_TC, "221 bye\r\nwhat\r\n250 more\r\n");
	assert_true(talk_event(&t, 0, "invalid_reply"));
	assert_true(talk_event(&t, 0, "unable_to_match_reply_with_request"));
	assert_false(talk_event(&t, 0, "no_server_welcome_message"));
}

static void
a_server_that_does_not_greet_is_an_event(void **state)
{
	(void)state;
	line_say(&t, APP_TS, "EHLO x\r\n");
	line_say(&t, APP_TC, "554 no\r\n");
	assert_true(talk_event(&t, 0, "no_server_welcome_message"));
}

static void
long_lines_are_read_to_their_end(void **state)
{
	static char line[3 * MIME_LINE_MAX];

	(void)state;
	memset(line, 'x', sizeof(line));
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS, "EHLO x\r\n");
	talk_say(&t, APP_TS, line, sizeof(line), 700);
	line_say(&t, APP_TS, "\r\nDATA\r\nContent-Type: a/b; name=f\r\n\r\n");
	assert_true(talk_event(&t, 0, "max_command_line_len_exceeded"));
	talk_say(&t, APP_TS, line, sizeof(line), 700);
	line_say(&t, APP_TS, "\r\n.\r\n");
	assert_int_equal(app_stats(t.app)->bytes > sizeof(line), 1);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
}

static void
a_long_boundary_is_an_event(void **state)
{
	static char line[MIME_BOUNDARY_MAX + 2];

	(void)state;
	memset(line, 'A', sizeof(line) - 1);
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS,
	    "EHLO x\r\nDATA\r\nContent-Type: multipart/mixed; boundary=");
	line_say(&t, APP_TS, line);
	line_say(&t, APP_TS, "\r\n\r\n");
	assert_true(talk_event(&t, 0, "mime_long_boundary"));
}

static void
parts_and_files_are_capped(void **state)
{
	char text[200];
	struct app_bytes got;
	unsigned n = 0;

	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS, "EHLO x\r\nDATA\r\n");
	for (int i = 0; i < 3 * MIME_DEPTH_MAX; i++) {
		snprintf(text, sizeof(text),
		    "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n",
		    i, i);
		line_say(&t, APP_TS, text);
	}
	for (int i = 0; i < 2 * MIME_FILES_MAX; i++)
		line_say(&t, APP_TS,
		    "--b1\r\nContent-Type: a/b; name=n\r\n\r\ndata\r\n");
	while (app_buffer(&t.flow, talk_tx(&t, 0), APP_FILE_DATA, APP_TS, n,
		   &got) == APP_HAVE)
		n++;
	assert_true(n > 0 && n <= MIME_FILES_MAX);
	line_say(&t, APP_TS, "\r\n.\r\n");
	assert_int_equal(app_stats(t.app)->mime_cap, 1);
}

static void
a_large_file_is_a_window(void **state)
{
	static char line[1000];
	struct app_bytes got;
	struct app_tx *tx;

	(void)state;
	memset(line, 'x', sizeof(line) - 2);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(
	    &t, APP_TS, "EHLO x\r\nDATA\r\nContent-Type: a/b; name=f\r\n\r\nxx");
	tx = talk_tx(&t, 0);
	assert_int_equal(
	    app_buffer(&t.flow, tx, APP_FILE_DATA, APP_TS, 0, &got), APP_NOT_YET);
	for (int i = 0; i < 40; i++)
		talk_say(&t, APP_TS, line, sizeof(line), SIZE_MAX);
	assert_int_equal(
	    app_buffer(&t.flow, tx, APP_FILE_DATA, APP_TS, 0, &got), APP_HAVE);
	assert_int_equal(got.bytes.len, 40 * sizeof(line));
	app_tx_inspected(&t.flow, tx, APP_TS);
	for (int i = 0; i < 400; i++)
		talk_say(&t, APP_TS, line, sizeof(line), SIZE_MAX);
	app_buffer(&t.flow, tx, APP_FILE_DATA, APP_TS, 0, &got);
	assert_int_equal(got.bytes.len, FILE_WINDOW_KEPT);
	assert_int_equal(got.offset + got.bytes.len, 440 * sizeof(line));
	assert_true(app_stats(t.app)->bytes <= FILE_WINDOW_KEPT + 100);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_mail_is_a_transaction),
	    TEST(a_mail_may_come_byte_by_byte),
	    TEST(a_mail_may_end_anywhere),
	    TEST(chunks_are_a_mail_too),
	    TEST(each_mail_is_its_own),
	    TEST(encryption_may_take_over),
	    TEST(refusals_are_events),
	    TEST(a_server_that_does_not_greet_is_an_event),
	    TEST(long_lines_are_read_to_their_end),
	    TEST(a_long_boundary_is_an_event),
	    TEST(parts_and_files_are_capped),
	    TEST(a_large_file_is_a_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
