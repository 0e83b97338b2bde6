/* SPDX-License-Identifier: EUPL-1.2 */
/* SSH: banners, key exchanges and their fingerprints. */
#include "tests/unit/lines_help.h"

#include "agent/app/ssh.h"
#include "agent/limits.h"

static struct talk t;

#define CLIENT_LISTS "kex1,kex2;c-enc;c-mac;none"
#define SERVER_LISTS "kex1,kex2;s-enc;s-mac;zlib"

static uint8_t kex_record[512],
    new_keys[] = {0, 0, 0, 12, 10, 21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
static size_t kex_record_len;
static struct line lines[6];
#define LINES (sizeof(lines) / sizeof(lines[0]))

static void
add_list(struct buf *b, const char *names)
{
	size_t len = strlen(names);

	buf_addc(b, 0);
	buf_addc(b, 0);
	buf_addc(b, (char)(len >> 8));
	buf_addc(b, (char)len);
	buf_adds(b, names);
}

static void
make_kex(void)
{
	static const char *const lists[] = {"kex1,kex2", "rsa", "c-enc", "s-enc",
	    "c-mac", "s-mac", "none", "zlib", "", ""};
	struct buf b;

	buf_init(&b, sizeof(kex_record));
	buf_add(&b, "\0\0\0\0\4\24", 6);
	buf_adds(&b, "0123456789abcdef");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		add_list(&b, lists[i]);
	buf_add(&b, "\0\0\0\0\0pppp", 9);
	b.data[3] = (uint8_t)(b.len - 4);
	assert_false(b.overflow);
	memcpy(kex_record, b.data, kex_record_len = b.len);
	buf_release(&b);
}

static int
setup(void **state)
{
	(void)state;
	make_kex();
	lines[0] = (struct line){APP_TC, "SSH-2.0-OpenSSH_9.2 Debian-2\r\n", 0};
	lines[1] = (struct line){APP_TS, "SSH-2.0-libssh\n", 0};
	lines[2] = (struct line){APP_TS, (const char *)kex_record, kex_record_len};
	lines[3] = (struct line){APP_TC, (const char *)kex_record, kex_record_len};
	lines[4] = (struct line){APP_TS, (const char *)new_keys, sizeof(new_keys)};
	lines[5] = (struct line){APP_TC, (const char *)new_keys, sizeof(new_keys)};
	talk_begin(&t, &ssh_parser, IPPROTO_TCP, 22);
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
check_all(void)
{
	struct app_tx *tx = talk_tx(&t, 0);
	struct app_bytes got;

	assert_string_equal(talk_buffer(&t, 0, APP_SSH_PROTO, APP_TS, 0), "2.0");
	assert_string_equal(talk_buffer(&t, 0, APP_SSH_PROTO, APP_TC, 0), "2.0");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_SSH_SOFTWARE, APP_TS, 0), "libssh");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_SSH_SOFTWARE, APP_TC, 0), "OpenSSH_9.2");
	assert_string_equal(
	    talk_buffer(&t, 0, APP_SSH_HASSH_STRING, APP_TS, 0), CLIENT_LISTS);
	assert_string_equal(
	    talk_buffer(&t, 0, APP_SSH_HASSH_SERVER_STRING, APP_TC, 0),
	    SERVER_LISTS);
	assert_int_equal(
	    app_buffer(&t.flow, tx, APP_SSH_HASSH, APP_TS, 0, &got), APP_HAVE);
	assert_int_equal(got.bytes.len, 32);
	assert_true(app_tx_done(&t.flow, tx, APP_TS));
	assert_true(app_tx_done(&t.flow, tx, APP_TC));
	assert_int_equal(tx->events, 0);
}

static void
a_connection_is_one_transaction(void **state)
{
	(void)state;
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	check_all();
	assert_null(talk_tx(&t, 1));
	/* What follows is encrypted, and nobody's. */
	line_say(&t, APP_TS, "\1\2\3\4\5\6\7\10");
	check_all();
}

static void
a_connection_may_come_byte_by_byte(void **state)
{
	(void)state;
	lines_say(&t, lines, LINES, SIZE_MAX, 1);
	check_all();
}

static void
a_connection_may_end_anywhere(void **state)
{
	size_t total = lines_total(lines, LINES);

	(void)state;
	for (size_t n = 0; n < total; n++) {
		lines_say(&t, lines, LINES, n, SIZE_MAX);
		if (talk_tx(&t, 0) != NULL)
			assert_int_equal(talk_tx(&t, 0)->events, 0);
		teardown(NULL);
		talk_begin(&t, &ssh_parser, IPPROTO_TCP, 22);
	}
}

static void
a_fingerprint_is_the_md5_of_the_lists(void **state)
{
	/* md5 of CLIENT_LISTS and SERVER_LISTS, made with md5sum. */
	(void)state;
	lines_say(&t, lines, LINES, SIZE_MAX, SIZE_MAX);
	assert_string_equal(talk_buffer(&t, 0, APP_SSH_HASSH, APP_TS, 0),
	    "1d250afbad639f4e8dd3fb944dd51de2");
	assert_string_equal(talk_buffer(&t, 0, APP_SSH_HASSH_SERVER, APP_TC, 0),
	    "7661d88411f4f1d6dbeb9d82654127c0");
}

static void
a_fingerprint_is_awaited_and_then_absent(void **state)
{
	struct app_bytes got;
	struct app_tx *tx;

	(void)state;
	line_say(&t, APP_TS, "SSH-2.0-x\r\n");
	assert_non_null(tx = talk_tx(&t, 0));
	assert_int_equal(
	    app_buffer(&t.flow, tx, APP_SSH_HASSH, APP_TS, 0, &got), APP_NOT_YET);
	talk_tell(&t, STREAM_END, APP_TS, NULL, 0);
	assert_int_equal(
	    app_buffer(&t.flow, tx, APP_SSH_HASSH, APP_TS, 0, &got), APP_ABSENT);
	assert_string_equal(talk_buffer(&t, 0, APP_SSH_SOFTWARE, APP_TS, 0), "x");
}

static void
a_bad_banner_is_an_event(void **state)
{
	(void)state;
	line_say(&t, APP_TS, "SSH-nothing\r\n");
	assert_true(talk_event(&t, 0, "invalid_banner"));
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
}

static void
a_long_banner_is_read_as_far_as_it_may_be(void **state)
{
	char line[2 * SSH_BANNER_MAX];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "SSH-2.0-long ", 13);
	talk_say(&t, APP_TC, line, sizeof(line), SIZE_MAX);
	assert_true(talk_event(&t, 0, "long_banner"));
	assert_int_equal(talk_tx(&t, 0)->progress[APP_TC], 1);
	line_say(&t, APP_TC, "\r\n");
	assert_int_equal(talk_tx(&t, 0)->progress[APP_TC], 2);
	assert_string_equal(
	    talk_buffer(&t, 0, APP_SSH_SOFTWARE, APP_TC, 0), "long");
	assert_false(talk_event(&t, 0, "invalid_banner"));
}

static void
a_bad_record_is_an_event(void **state)
{
	(void)state;
	line_say(&t, APP_TS, "SSH-2.0-x\r\n");
	talk_say(&t, APP_TS, "\0\0\0\1\0\24", 6, SIZE_MAX);
	assert_true(talk_event(&t, 0, "invalid_record"));
}

static void
lists_that_lie_are_an_event(void **state)
{
	(void)state;
	kex_record[6 + 16] = 1;
	line_say(&t, APP_TS, "SSH-2.0-x\r\n");
	talk_say(&t, APP_TS, kex_record, kex_record_len, SIZE_MAX);
	assert_true(talk_event(&t, 0, "invalid_record"));
}

static void
a_huge_key_exchange_is_stepped_over(void **state)
{
	static char body[1 << 20];

	(void)state;
	line_say(&t, APP_TS, "SSH-2.0-x\r\n");
	talk_say(&t, APP_TS, "\0\20\0\2\0\24", 6, SIZE_MAX);
	assert_true(talk_event(&t, 0, "long_kex_record"));
	talk_say(&t, APP_TS, body, sizeof(body), SIZE_MAX);
	assert_int_equal(app_stats(t.app)->bytes, 0);
	talk_say(&t, APP_TS, new_keys, sizeof(new_keys), SIZE_MAX);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TS));
	assert_false(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
}

static void
an_event_tells_both_sides(void **state)
{
	struct buf b;

	(void)state;
	lines_say(&t, lines, 2, SIZE_MAX, SIZE_MAX);
	buf_init(&b, 4096);
	assert_string_equal(talk_json(&t, 0, &b),
	    "{\"ssh\":{\"client\":{\"proto_version\":\"2.0\","
	    "\"software_version\":\"libssh\"},\"server\":{\"proto_version\":"
	    "\"2.0\",\"software_version\":\"OpenSSH_9.2\"}}}");
	buf_release(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_connection_is_one_transaction),
	    TEST(a_connection_may_come_byte_by_byte),
	    TEST(a_connection_may_end_anywhere),
	    TEST(a_fingerprint_is_the_md5_of_the_lists),
	    TEST(a_fingerprint_is_awaited_and_then_absent),
	    TEST(a_bad_banner_is_an_event),
	    TEST(a_long_banner_is_read_as_far_as_it_may_be),
	    TEST(a_bad_record_is_an_event),
	    TEST(lists_that_lie_are_an_event),
	    TEST(a_huge_key_exchange_is_stepped_over),
	    TEST(an_event_tells_both_sides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
