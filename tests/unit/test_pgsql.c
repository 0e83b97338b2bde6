/* SPDX-License-Identifier: EUPL-1.2 */
/* PostgreSQL: exchanges, TLS, what is not kept, caps. */
#include "tests/unit/lines_help.h"

#include "agent/app/pgsql.h"
#include "agent/limits.h"

static struct talk t;

#define LINE(dir, text)                                                            \
	{                                                                          \
		dir, text, sizeof(text) - 1                                        \
	}
#define STARTUP	 "\0\0\0\x24\0\3\0\0user\0anna\0database\0permits\0\0"
#define ASK_SSL	 "\0\0\0\x08\x04\xd2\x16\x2f"
#define READY	 "Z\0\0\0\5I"
#define ZEROS_18 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ANSWER                                                                     \
	"T\0\0\0\x1d\0\1name\0" ZEROS_18 "D\0\0\0\x0d\0\1\0\0\0\3abc"              \
	"D\0\0\0\x0a\0\1\xff\xff\xff\xff"                                          \
	"C\0\0\0\x0dSELECT 2\0" READY
#define FAILURE                                                                    \
	"E\0\0\0\x30SERROR\0C22012\0Mdivision by zero\0RintDiv\0Zx\0\0" READY

static const struct line lines[] = {
    LINE(APP_TS, ASK_SSL),
    LINE(APP_TC, "N"),
    LINE(APP_TS, STARTUP),
    LINE(APP_TC, "R\0\0\0\x0c\0\0\0\5salt"),
    LINE(APP_TS, "p\0\0\0\x0bsecret\0"),
    LINE(APP_TC, "R\0\0\0\x08\0\0\0\0S\0\0\0\x09k\0\x76\x31\0" READY),
    LINE(APP_TS, "Q\0\0\0\x0dselect 1\0"),
    LINE(APP_TC, ANSWER),
    LINE(APP_TS, "P\0\0\0\x07\0s\0B\0\0\0\4D\0\0\0\4E\0\0\0\4S\0\0\0\4"),
    LINE(APP_TC, "1\0\0\0\0042\0\0\0\4" FAILURE),
    LINE(APP_TS, "X\0\0\0\4"),
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &pgsql_parser, IPPROTO_TCP, 5432);
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

#define SAY(d, text) talk_say(&t, d, text, sizeof(text) - 1, SIZE_MAX)

static void
has(uint64_t id, const char *text)
{
	struct buf b;

	buf_init(&b, 20000);
	if (strstr(talk_json(&t, id, &b), text) == NULL)
		fail_msg("not %s but %s", text, buf_str(&b));
	buf_release(&b);
}

static void
check_all(void)
{
	has(0,
	    "{\"tx_id\":1,\"request\":{\"message\":\"SSL Request\"},"
	    "\"response\":{\"ssl_accepted\":false}}");
	has(1,
	    "\"request\":{\"protocol_version\":\"3.0\",\"startup_parameters\":{"
	    "\"user\":\"anna\",\"optional_parameters\":[{\"database\":"
	    "\"permits\"}]}},\"response\":{\"message\":"
	    "\"authentication_md5_password\"}");
	has(2, "\"request\":{},\"response\":{\"message\":\"authentication_ok\"}");
	has(3,
	    "\"request\":{\"simple_query\":\"select 1\"},\"response\":{"
	    "\"field_count\":1,\"data_rows\":2,\"data_size\":3,"
	    "\"command_completed\":\"SELECT 2\"}");
	has(4,
	    "\"request\":{},\"response\":{\"severity_localizable\":\"ERROR\","
	    "\"code\":\"22012\",\"message\":\"division by zero\","
	    "\"routine\":\"intDiv\"}");
	has(5, "\"request\":{\"message\":\"termination_message\"}}");
	for (uint64_t i = 0; i < 6; i++)
		for (int d = 0; d < APP_DIRS; d++)
			assert_true(
			    app_tx_done(&t.flow, talk_tx(&t, i), (enum app_dir)d));
	assert_null(talk_tx(&t, 6));
}

static void
an_exchange_is_a_transaction(void **state)
{
	(void)state;
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	assert_string_equal(app_name(&t.flow), "pgsql");
	check_all();
}

static void
pieces_may_have_any_size(void **state)
{
	for (size_t size = 1; size < 60; size++) {
		lines_say(&t, lines, LINES, SIZE_MAX, size);
		check_all();
		teardown(state);
		setup(state);
	}
}

static void
a_conversation_may_end_anywhere(void **state)
{
	for (size_t n = 0; n < lines_total(lines, LINES); n++) {
		lines_say(&t, lines, LINES, n, SIZE_MAX);
		teardown(state);
		setup(state);
	}
}

static void
fields_may_be_cut_anywhere(void **state)
{
	static const char error[] = "SERROR\0C22012\0Mdivision\0\0";
	char message[40] = "E\0\0";

	for (size_t len = 0; len < sizeof(error); len++) {
		lines_say(&t, lines, 3, SIZE_MAX, SIZE_MAX);
		message[4] = (char)(len + 4);
		memcpy(message + 5, error, len);
		talk_say(&t, APP_TC, message, 5 + len, SIZE_MAX);
		assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
		has(1, "\"tx_id\":2");
		teardown(state);
		setup(state);
	}
}

static void
tls_follows_where_it_is_accepted(void **state)
{
	struct app_flow *a;

	(void)state;
	SAY(APP_TS, ASK_SSL);
	SAY(APP_TC, "S");
	has(0, "\"ssl_accepted\":true");
	a = t.flow.slot[FLOW_SLOT_APP];
	assert_true(a->changed);
	assert_int_equal(a->expected, APP_TLS);
}

static void
requests_may_come_before_their_answers(void **state)
{
	(void)state;
	SAY(APP_TS,
	    "Q\0\0\0\x0dselect 1\0"
	    "Q\0\0\0\x0dselect 2\0");
	SAY(APP_TC, ANSWER);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
	SAY(APP_TC, FAILURE);
	has(1, "\"code\":\"22012\"");
}

static void
long_rows_are_counted_and_not_kept(void **state)
{
	static char row[300000] = "D\0\4\x93\xdb\0\1\0\4\x93\xd1";

	(void)state;
	SAY(APP_TS, "Q\0\0\0\x0dselect 1\0");
	talk_say(&t, APP_TC, row, sizeof(row) - 4, 1400);
	assert_true(app_stats(t.app)->bytes <= PGSQL_MESSAGE_KEEP + 100);
	SAY(APP_TC, READY);
	has(0, "\"data_rows\":1,\"data_size\":299985");
}

static void
texts_are_capped(void **state)
{
	static char query[2 * PGSQL_MESSAGE_KEEP] = "Q\0\0\x3f\xff";

	(void)state;
	memset(query + 5, 'x', sizeof(query) - 5);
	talk_say(&t, APP_TS, query, sizeof(query), SIZE_MAX);
	assert_int_equal(
	    ((struct pgsql_tx *)talk_tx(&t, 0))->said.len, PGSQL_TOLD_MAX);
	SAY(APP_TS, "X\0\0\0\4");
	assert_non_null(talk_tx(&t, 1));
}

static void
what_cannot_be_a_message_ends_a_direction(void **state)
{
	static const char *const bad[] = {
	    "Q\0\0\0\3", "Q\x7f\xff\xff\xff", "?\0\0\0\4"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		SAY(APP_TS, "Q\0\0\0\x0dselect 1\0");
		talk_say(&t, APP_TS, bad[i], 5, SIZE_MAX);
		SAY(APP_TS, "Q\0\0\0\x0dselect 2\0");
		assert_null(talk_tx(&t, 1));
		teardown(state);
		setup(state);
	}
}

static void
a_gap_ends_a_direction(void **state)
{
	(void)state;
	lines_say(&t, lines, 4, SIZE_MAX, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	SAY(APP_TS, "Q\0\0\0\x0dselect 2\0");
	assert_null(talk_tx(&t, 2));
}

static void
other_ports_and_bytes_are_not_it(void **state)
{
	SAY(APP_TS, "GET / HTTP/1.0\r\n\r\n");
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	talk_begin(&t, &pgsql_parser, IPPROTO_TCP, 80);
	SAY(APP_TS, STARTUP);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_exchange_is_a_transaction),
	    TEST(pieces_may_have_any_size),
	    TEST(a_conversation_may_end_anywhere),
	    TEST(fields_may_be_cut_anywhere),
	    TEST(tls_follows_where_it_is_accepted),
	    TEST(requests_may_come_before_their_answers),
	    TEST(long_rows_are_counted_and_not_kept),
	    TEST(texts_are_capped),
	    TEST(what_cannot_be_a_message_ends_a_direction),
	    TEST(a_gap_ends_a_direction),
	    TEST(other_ports_and_bytes_are_not_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
