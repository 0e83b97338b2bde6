/* SPDX-License-Identifier: EUPL-1.2 */
/* NFS: calls and replies over UDP and in records over TCP; and the rules on them. */
#include "tests/unit/lines_help.h"

#include "tests/unit/detect_help.h"

#include "agent/app/nfs.h"
#include "agent/limits.h"

static struct talk t;

enum {
	CALL = 0,
	REPLY = 1,
};

static int
setup(void **state)
{
	(void)state;
	talk_begin(&t, &nfs_parser, IPPROTO_TCP, 2049);
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

/* --- messages by hand --------------------------------------------------------------- */

static uint8_t bytes[100000];
static size_t len;

static void
word(uint32_t v)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes[len++] = (uint8_t)(v >> shift);
}

static void
text(const char *s)
{
	size_t n = strlen(s);

	word((uint32_t)n);
	memcpy(bytes + len, s, n);
	len += n;
	while (len % 4 != 0)
		bytes[len++] = 0;
}

/* A mark stands before it, which datagrams leave out. */
static void
begin(uint32_t id, uint32_t type)
{
	memset(bytes, 0, sizeof(bytes));
	len = 4;
	word(id);
	word(type);
}

static void
call(uint32_t id, uint32_t version, uint32_t procedure)
{
	begin(id, CALL);
	word(2);
	word(100003);
	word(version);
	word(procedure);
	word(1);
	text("who and where");
	word(0);
	word(0);
}

static void
reply(uint32_t id, uint32_t status)
{
	begin(id, REPLY);
	for (int i = 0; i < 4; i++)
		word(0);
	word(status);
}

static void
mark(uint32_t last)
{
	size_t n = len;

	len = 0;
	word(last | (uint32_t)(n - 4));
	len = n;
}

static void
say(enum app_dir d, size_t piece)
{
	mark(0x80000000);
	talk_say(&t, d, bytes, len, piece);
}

static void
lookup(uint32_t id, const char *name)
{
	call(id, 3, 3);
	text("handle");
	text(name);
}

static void
has(uint64_t id, const char *wanted)
{
	struct buf b;

	buf_init(&b, 4000);
	if (strstr(talk_json(&t, id, &b), wanted) == NULL)
		fail_msg("not %s but %s", wanted, buf_str(&b));
	buf_release(&b);
}

/* --- conversations ------------------------------------------------------------------- */

static void
records_may_come_in_any_pieces(void **state)
{
	for (size_t piece = 1; piece < 100; piece++) {
		lookup(7, "motd");
		say(APP_TS, piece);
		assert_string_equal(app_name(&t.flow), "nfs");
		assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
		reply(7, 2);
		say(APP_TC, piece);
		assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
		has(0,
		    "\"nfs\":{\"version\":3,\"procedure\":\"LOOKUP\","
		    "\"filename\":\"motd\",\"id\":1,\"file_tx\":false,"
		    "\"type\":\"response\",\"status\":\"ERR_NOENT\"}");
		assert_int_equal(
		    talk_number(&t, 0, APP_NFS_PROCEDURE, APP_TS, 0), 3);
		assert_int_equal(talk_number(&t, 0, APP_NFS_VERSION, APP_TS, 0), 3);
		assert_null(talk_tx(&t, 1));
		teardown(state);
		setup(state);
	}
}

/* A record that ends at every byte of its call. */
static void
a_call_may_end_anywhere(void **state)
{
	size_t whole;

	lookup(7, "motd");
	whole = len;
	for (size_t n = 4; n <= whole; n++) {
		lookup(6, "first");
		say(APP_TS, SIZE_MAX);
		lookup(7, "motd");
		len = n;
		say(APP_TS, SIZE_MAX);
		assert_int_equal(talk_tx(&t, 1) != NULL, n >= 4 + 24);
		assert_int_equal(talk_event(&t, 0, "malformed_data"), n < 4 + 24);
		teardown(state);
		setup(state);
	}
}

static void
replies_find_their_calls(void **state)
{
	(void)state;
	lookup(1, "a");
	say(APP_TS, SIZE_MAX);
	call(2, 3, 1);
	say(APP_TS, SIZE_MAX);
	reply(2, 0);
	say(APP_TC, SIZE_MAX);
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 1), APP_TC));
	reply(3, 0);
	say(APP_TC, SIZE_MAX);
	assert_null(talk_tx(&t, 2));
}

static void
names_stand_behind_handles(void **state)
{
	static const struct {
		uint32_t version, procedure;
		const char *name;
	} rows[] = {
	    {3, 8, "one"}, {3, 14, "one"}, {3, 15, "two"}, {3, 6, ""}, {3, 22, ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char wanted[40];

		call((uint32_t)i, rows[i].version, rows[i].procedure);
		text("handle");
		text("one");
		text("two");
		say(APP_TS, SIZE_MAX);
		snprintf(
		    wanted, sizeof(wanted), "\"filename\":\"%s\"", rows[i].name);
		has(i, wanted);
	}
	call(9, 2, 4);
	len += 32;
	text("motd");
	say(APP_TS, SIZE_MAX);
	has(5, "\"procedure\":\"LOOKUP\",\"filename\":\"motd\"");
}

static void
what_is_written_is_not_kept(void **state)
{
	(void)state;
	call(1, 3, 7);
	len = sizeof(bytes);
	say(APP_TS, 1400);
	assert_true(app_stats(t.app)->bytes <= NFS_KEEP + 100);
	lookup(2, "next");
	say(APP_TS, SIZE_MAX);
	has(0, "\"procedure\":\"WRITE\"");
	has(1, "\"filename\":\"next\"");
}

static void
fragments_that_go_on_are_passed_over(void **state)
{
	(void)state;
	lookup(1, "a");
	mark(0);
	talk_say(&t, APP_TS, bytes, len, SIZE_MAX);
	lookup(2, "of the first record");
	say(APP_TS, SIZE_MAX);
	lookup(3, "b");
	say(APP_TS, SIZE_MAX);
	has(1, "\"filename\":\"b\"");
	assert_null(talk_tx(&t, 2));
}

static void
calls_of_version_4_are_no_transactions(void **state)
{
	(void)state;
	call(1, 4, 1);
	say(APP_TS, SIZE_MAX);
	assert_string_equal(app_name(&t.flow), "nfs");
	assert_null(talk_tx(&t, 0));
}

static void
a_datagram_is_a_message(void **state)
{
	teardown(state);
	talk_begin(&t, &nfs_parser, IPPROTO_UDP, 2049);
	lookup(1, "a");
	talk_tell(&t, STREAM_DATAGRAM, APP_TS, bytes + 4, len - 4);
	reply(1, 0);
	talk_tell(&t, STREAM_DATAGRAM, APP_TC, bytes + 4, len - 4);
	has(0,
	    "\"filename\":\"a\",\"id\":1,\"file_tx\":false,"
	    "\"type\":\"response\",\"status\":\"OK\"");
}

static void
a_gap_ends_a_direction(void **state)
{
	(void)state;
	lookup(1, "a");
	say(APP_TS, SIZE_MAX);
	talk_say(&t, APP_TS, bytes, 9, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	say(APP_TS, SIZE_MAX);
	assert_null(talk_tx(&t, 1));
}

static void
other_ports_and_programs_are_not_it(void **state)
{
	lookup(1, "a");
	bytes[19] = 1;
	say(APP_TS, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
	teardown(state);
	talk_begin(&t, &nfs_parser, IPPROTO_TCP, 111);
	lookup(1, "a");
	say(APP_TS, SIZE_MAX);
	assert_int_equal(app_id(&t.flow, APP_TS), APP_FAILED);
}

/* --- rules ------------------------------------------------------------------------------ */

static bool
alerts_on_lookup(const char *options)
{
	struct engine e;
	struct packet p = packet_of(IPPROTO_TCP, "", 0);
	char rule[200];
	bool told;

	snprintf(rule, sizeof(rule), "alert nfs any any -> any any (%s sid:1;)\n",
	    options);
	setup(NULL);
	lookup(1, "a");
	say(APP_TS, SIZE_MAX);
	p.flow = &t.flow;
	p.flags |= PACKET_ESTABLISHED;
	engine_open_all(&e, rule);
	told = alerts(&e, &p, 1);
	engine_close(&e);
	teardown(NULL);
	return told;
}

static void
rules_match_calls(void **state)
{
	(void)state;
	assert_true(alerts_on_lookup("nfs_procedure:3; nfs.version:3;"));
	assert_true(alerts_on_lookup("nfs_procedure:3-6;"));
	assert_true(alerts_on_lookup("nfs_procedure:1<>3;"));
	assert_true(alerts_on_lookup("nfs_version:>2;"));
	assert_false(alerts_on_lookup("nfs_procedure:4-6;"));
	assert_false(alerts_on_lookup("nfs_procedure:!3;"));
	assert_false(alerts_on_lookup("nfs_procedure:3; nfs.version:2;"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(records_may_come_in_any_pieces),
	    TEST(a_call_may_end_anywhere),
	    TEST(replies_find_their_calls),
	    TEST(names_stand_behind_handles),
	    TEST(what_is_written_is_not_kept),
	    TEST(fragments_that_go_on_are_passed_over),
	    TEST(calls_of_version_4_are_no_transactions),
	    TEST(a_datagram_is_a_message),
	    TEST(a_gap_ends_a_direction),
	    TEST(other_ports_and_programs_are_not_it),
	    cmocka_unit_test(rules_match_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
