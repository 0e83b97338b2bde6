/* SPDX-License-Identifier: EUPL-1.2 */
/* FTP: commands and replies, and the transfers that they announce. */
#include "tests/unit/lines_help.h"

#include "agent/app/ftp.h"
#include "agent/app/ftp_address.h"
#include "agent/limits.h"

static struct talk t, data;

static const struct line passive[] = {
    {APP_TC, "220-Welcome\r\n220 to this server\r\n", 0},
    {APP_TS, "USER jan\r\n", 0},
    {APP_TC, "331 Password?\r\n", 0},
    {APP_TS, "PASV\r\n", 0},
    {APP_TC, "227 Entering Passive Mode (10,0,0,2,82,8).\r\n", 0},
    {APP_TS, "stor a file.txt\r\n", 0},
    {APP_TC, "150 Go ahead\r\n226 Done\r\n", 0},
    {APP_TS, "QUIT\r\n", 0},
    {APP_TC, "221 Bye\r\n", 0},
};
#define LINES (sizeof(passive) / sizeof(passive[0]))

static void
set_hosts(struct flow *f, const char *client, const char *server, uint16_t port)
{
	assert_int_equal(addr_parse(client, &f->key.a), 0);
	assert_int_equal(addr_parse(server, &f->key.b), 0);
	f->key.bport = port;
}

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, NULL, IPPROTO_TCP, 21);
	app_free(t.app);
	assert_non_null(t.app = app_new(&(struct app_config){.inspected = true}));
	t.parsers[0] = &ftp_parser;
	set_hosts(&t.flow, "10.0.0.1", "10.0.0.2", 21);
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

/* Another connection that the same sensor sees. */
static void
call(const char *client, const char *server, uint16_t port)
{
	data = t;
	data.parsers[0] = &ftp_data_parser;
	memset(&data.flow, 0, sizeof(data.flow));
	data.flow.key.proto = IPPROTO_TCP;
	set_hosts(&data.flow, client, server, port);
	data.flow.last_us = t.flow.last_us;
}

static void
hang_up(void)
{
	talk_hang_up(&data);
	app_slot_free(data.flow.slot[FLOW_SLOT_APP]);
}

static uint64_t
count_txs(bool done)
{
	uint64_t n = 0;

	for (struct app_tx *tx = app_tx_first(&t.flow); tx != NULL; tx = tx->next)
		n += !done ||
		    (app_tx_done(&t.flow, tx, APP_TS) &&
			app_tx_done(&t.flow, tx, APP_TC));
	return n;
}

static void
check_passive(void)
{
	assert_string_equal(app_name(&t.flow), "ftp");
	assert_int_equal(count_txs(false), 5);
	assert_int_equal(count_txs(true), 5);
	call("10.0.0.1", "10.0.0.2", 82 * 256 + 8);
	line_say(&data, APP_TS, "hello");
	assert_string_equal(app_name(&data.flow), "ftp-data");
	assert_string_equal(
	    talk_buffer(&data, 0, APP_FILE_DATA, APP_TS, 0), "hello");
	assert_string_equal(
	    talk_buffer(&data, 0, APP_FILE_NAME, APP_TS, 0), "a file.txt");
	assert_string_equal(talk_buffer(&data, 0, APP_FILE_DATA, APP_TC, 0), "-");
	assert_int_equal(
	    talk_number(&data, 0, APP_FTPDATA_COMMAND, APP_TC, 0), FTP_STOR);
	hang_up();
}

static void
a_command_and_its_reply_are_a_transaction(void **state)
{
	(void)state;
	lines_say(&t, passive, LINES, SIZE_MAX, SIZE_MAX);
	check_passive();
}

static void
commands_may_come_byte_by_byte(void **state)
{
	(void)state;
	lines_say(&t, passive, LINES, SIZE_MAX, 1);
	check_passive();
}

static void
a_session_may_end_anywhere(void **state)
{
	size_t total = lines_total(passive, LINES);

	for (size_t n = 0; n < total; n++) {
		lines_say(&t, passive, LINES, n, SIZE_MAX);
		for (struct app_tx *x = app_tx_first(&t.flow); x != NULL;
		     x = x->next)
			assert_int_equal(x->events, 0);
		teardown(state);
		setup(state);
	}
}

static void
a_server_that_calls_sends_to_the_one_called(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 4096);
	line_say(&t, APP_TS, "USER x\r\nPORT 10,0,0,1,1,2\r\nRETR y.exe\r\n");
	call("10.0.0.2", "10.0.0.1", 258);
	line_say(&data, APP_TS, "MZ");
	assert_string_equal(talk_buffer(&data, 0, APP_FILE_DATA, APP_TS, 0), "MZ");
	assert_string_equal(talk_json(&data, 0, &b),
	    "{\"ftp_data\":{\"filename\":\"y.exe\",\"command\":\"RETR\"}}");
	hang_up();
	buf_release(&b);
}

static void
an_expected_connection_is_met_once(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS, "USER x\r\nEPSV\r\n");
	line_say(&t, APP_TC, "331 x\r\n229 Extended passive (|||700|)\r\n");
	line_say(&t, APP_TS, "RETR z\r\n");
	call("10.0.0.3", "10.0.0.2", 700);
	line_say(&data, APP_TC, "other host");
	assert_null(app_name(&data.flow));
	hang_up();
	call("10.0.0.1", "10.0.0.2", 700);
	line_say(&data, APP_TC, "it");
	assert_string_equal(app_name(&data.flow), "ftp-data");
	assert_string_equal(talk_buffer(&data, 0, APP_FILE_DATA, APP_TC, 0), "it");
	hang_up();
	call("10.0.0.1", "10.0.0.2", 700);
	line_say(&data, APP_TC, "again");
	assert_null(app_name(&data.flow));
	hang_up();
}

static void
an_expected_connection_is_awaited_so_long(void **state)
{
	(void)state;
	line_say(&t, APP_TS, "USER x\r\nEPRT |1|10.0.0.1|900|\r\nRETR z\r\n");
	call("10.0.0.2", "10.0.0.1", 900);
	data.flow.last_us = 31 * 1000000ll;
	line_say(&data, APP_TS, "late");
	assert_null(app_name(&data.flow));
	hang_up();
}

static void
what_is_expected_is_capped(void **state)
{
	(void)state;
	line_say(&t, APP_TS, "USER x\r\n");
	for (int i = 0; i < EXPECT_MAX; i++)
		line_say(&t, APP_TS, "PORT 10,0,0,1,1,2\r\nRETR y\r\n");
	assert_int_equal(app_stats(t.app)->expect_lost, 0);
	line_say(&t, APP_TS, "PORT 10,0,0,1,1,2\r\nRETR y\r\n");
	assert_int_equal(app_stats(t.app)->expect_lost, 1);
}

static void
a_port_of_another_host_is_a_bounce(void **state)
{
	(void)state;
	line_say(
	    &t, APP_TS, "USER x\r\nPORT 10,0,0,1,0,80\r\nport 9,9,9,9,0,80\r\n");
	assert_int_equal(talk_number(&t, 0, APP_FTP_BOUNCE, APP_TS, 0), 0);
	assert_int_equal(talk_number(&t, 1, APP_FTP_BOUNCE, APP_TS, 0), 0);
	assert_int_equal(talk_number(&t, 2, APP_FTP_BOUNCE, APP_TS, 0), 1);
}

static void
long_lines_are_events_at_once(void **state)
{
	static char line[FTP_LINE_MAX];

	(void)state;
	memset(line, 'A', sizeof(line));
	line_say(&t, APP_TS, "USER ");
	talk_say(&t, APP_TS, line, sizeof(line), 100);
	assert_true(talk_event(&t, 0, "request_command_too_long"));
	line_say(&t, APP_TS, "\r\n");
	line_say(&t, APP_TC, "220 ");
	talk_say(&t, APP_TC, line, sizeof(line), SIZE_MAX);
	assert_true(talk_event(&t, 0, "response_command_too_long"));
	assert_null(talk_tx(&t, 1));
	line_say(&t, APP_TS, "PASS x\r\n");
	assert_false(talk_event(&t, 1, "request_command_too_long"));
	assert_true(app_stats(t.app)->bytes <= FTP_LINE_MAX);
}

static void
another_protocol_may_take_over(void **state)
{
	(void)state;
	line_say(&t, APP_TC, "220 x\r\n");
	line_say(&t, APP_TS, "FEAT\r\nAUTH TLS\r\n");
	line_say(&t, APP_TC, "211 none\r\n234 go\r\nSSH-2.0-no\r\n");
	assert_string_equal(app_name(&t.flow), "ssh");
	assert_int_equal(app_flow_events(&t.flow) & 1u << APP_EVENT_NO_TLS,
	    1u << APP_EVENT_NO_TLS);
}

static void
addresses_are_six_small_numbers(void **state)
{
	static const struct {
		const char *text;
		uint16_t port;
	} CASES[] = {
	    {"1,2,3,4,5,6", 5 * 256 + 6},
	    {" (1,2,3,4,255,255)", 65535},
	    {"=1,2,3,4,0,21", 21},
	    {"1,2,3,4,5", 0},
	    {"1,2,3,4,5,", 0},
	    {"1,2,3,256,5,6", 0},
	    {"1,2,,4,5,6", 0},
	    {"", 0},
	};
	struct addr a;

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++)
		assert_int_equal(
		    ftp_address_port((struct span){(const uint8_t *)CASES[i].text,
					 strlen(CASES[i].text)},
			&a),
		    CASES[i].port);
	assert_int_equal(ftp_address_extended(
			     (struct span){(const uint8_t *)"|2|::1|65536|", 13}),
	    0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_command_and_its_reply_are_a_transaction),
	    TEST(commands_may_come_byte_by_byte),
	    TEST(a_session_may_end_anywhere),
	    TEST(a_server_that_calls_sends_to_the_one_called),
	    TEST(an_expected_connection_is_met_once),
	    TEST(an_expected_connection_is_awaited_so_long),
	    TEST(what_is_expected_is_capped),
	    TEST(a_port_of_another_host_is_a_bounce),
	    TEST(long_lines_are_events_at_once),
	    TEST(another_protocol_may_take_over),
	    TEST(addresses_are_six_small_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
