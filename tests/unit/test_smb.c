/* SPDX-License-Identifier: EUPL-1.2 */
/* SMB 1 and 2: logons, shares, pipes, compounds, gaps. */
#include "tests/unit/lines_help.h"

#include "agent/app/smb.h"

static struct talk t;

enum {
	LINES_MAX = 16,
};
static struct line lines[LINES_MAX];
static struct buf text[LINES_MAX];
static size_t lines_n;

static void
add_zeros(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_addc(b, 0);
}

/* A text as UTF-16. */
static void
add_wide(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		buf_addc(b, *s);
		buf_addc(b, 0);
	}
}

static struct buf *
begin_line(enum app_dir d)
{
	struct buf *b = &text[lines_n];

	buf_init(b, 1 << 20);
	add_zeros(b, 4);
	lines[lines_n].d = d;
	return b;
}

static void
end_line(void)
{
	struct buf *b = &text[lines_n];

	b->data[2] = (uint8_t)((b->len - 4) >> 8);
	b->data[3] = (uint8_t)(b->len - 4);
	lines[lines_n].text = (const char *)b->data;
	lines[lines_n++].len = b->len;
}

static void
smb2_header(struct buf *b, enum app_dir d, uint16_t command, uint8_t id,
    uint8_t tree, uint32_t next)
{
	buf_add(b, "\xfeSMB\x40\0\0\0\0\0\0\0", 12);
	buf_add_le16(b, command);
	add_zeros(b, 2);
	buf_add_le32(b, d == APP_TC);
	buf_add_le32(b, next);
	buf_add_le64(b, id);
	add_zeros(b, 4);
	buf_add_le32(b, tree);
	buf_add_le64(b, 77);
	add_zeros(b, 16);
}

static void
add_logon(void)
{
	struct buf *b = begin_line(APP_TS);

	smb2_header(b, APP_TS, 1, 1, 0, 0);
	add_zeros(b, 12);
	buf_add_le16(b, 64 + 24);
	buf_add_le16(b, 4 + 36 + 12 + 6);
	add_zeros(b, 8);
	buf_add(b, "wrapNTLMSSP\0\3\0\0\0", 16);
	add_zeros(b, 16);
	buf_add(b, "\6\0\6\0\x24\0\0\0\6\0\6\0\x2a\0\0\0\6\0\6\0\x30\0\0\0", 24);
	b->data[4 + 64 + 14] = 4 + 12 + 16 + 24 + 18;
	b->data[4 + 64 + 24 + 4 + 12 + 16 + 4] = 52;
	b->data[4 + 64 + 24 + 4 + 12 + 16 + 12] = 58;
	b->data[4 + 64 + 24 + 4 + 12 + 16 + 20] = 64;
	add_wide(b, "DOM");
	add_wide(b, "eva");
	add_wide(b, "pc1");
	end_line();
	b = begin_line(APP_TC);
	smb2_header(b, APP_TC, 1, 1, 0, 0);
	add_zeros(b, 8);
	end_line();
}

static void
add_tree(uint8_t id, uint8_t tree, uint8_t kind, const char *share)
{
	struct buf *b = begin_line(APP_TS);

	smb2_header(b, APP_TS, 3, id, 0, 0);
	buf_add(b, "\x09\0\0\0\x48\0", 6);
	buf_add_le16(b, (uint16_t)(2 * strlen(share)));
	add_wide(b, share);
	end_line();
	b = begin_line(APP_TC);
	smb2_header(b, APP_TC, 3, id, tree, 0);
	buf_add(b, "\x10\0", 2);
	buf_addc(b, (char)kind);
	add_zeros(b, 13);
	end_line();
}

#define CALL                                                                       \
	"\5\0\0\3\x10\0\0\0\x1c\0\0\0\2\0\0\0\4\0\0\0\5\0\x0f\0"                   \
	"ABCD"
#define ANSWER                                                                     \
	"\5\0\2\3\x10\0\0\0\x1b\0\0\0\2\0\0\0\3\0\0\0\5\0\0\0"                     \
	"xyz"

/* IOCTL of a pipe: what goes in and what comes out. */
static void
add_ioctl(uint8_t id, uint8_t tree)
{
	struct buf *b = begin_line(APP_TS);

	smb2_header(b, APP_TS, 11, id, tree, 0);
	buf_add(b, "\x39\0\0\0\x17\xc0\x11\0", 8);
	buf_add(b, "0123456789abcdef", 16);
	buf_add_le32(b, 64 + 56);
	buf_add_le32(b, sizeof(CALL) - 1);
	add_zeros(b, 24);
	buf_add(b, CALL, sizeof(CALL) - 1);
	end_line();
	b = begin_line(APP_TC);
	smb2_header(b, APP_TC, 11, id, tree, 0);
	buf_add(b, "\x31\0\0\0\x17\xc0\x11\0", 8);
	buf_add(b, "0123456789abcdef", 16);
	add_zeros(b, 8);
	buf_add_le32(b, 64 + 48);
	buf_add_le32(b, sizeof(ANSWER) - 1);
	add_zeros(b, 8);
	buf_add(b, ANSWER, sizeof(ANSWER) - 1);
	end_line();
}

static int
setup(void **state)
{
	(void)state;
	lines_n = 0;
	add_logon();
	add_tree(2, 5, 2, "\\\\s\\IPC$");
	add_tree(3, 6, 1, "\\\\s\\C$");
	add_ioctl(4, 5);
	talk_begin(&t, &smb_parser, IPPROTO_TCP, 445);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	talk_hang_up(&t);
	talk_end(&t);
	for (size_t i = 0; i < LINES_MAX; i++)
		buf_release(&text[i]);
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
got(uint64_t tx, enum app_buffer_id b)
{
	return talk_buffer(&t, tx, b, APP_TS, 0);
}

static void
check_all(void)
{
	assert_string_equal(got(0, APP_SMB_NTLMSSP_USER), "eva");
	assert_string_equal(got(0, APP_SMB_NTLMSSP_DOMAIN), "DOM");
	assert_string_equal(got(0, APP_SMB_SHARE), "-");
	assert_string_equal(got(1, APP_SMB_NAMED_PIPE), "\\\\s\\IPC$");
	assert_string_equal(got(1, APP_SMB_SHARE), "-");
	assert_string_equal(got(2, APP_SMB_SHARE), "\\\\s\\C$");
	assert_string_equal(got(2, APP_SMB_NAMED_PIPE), "-");
	assert_string_equal(got(3, APP_DCERPC_STUB), "-");
	assert_string_equal(got(4, APP_DCERPC_STUB), "ABCD");
	assert_string_equal(got(4, APP_FILE_DATA), "-");
	assert_string_equal(talk_buffer(&t, 4, APP_DCERPC_STUB, APP_TC, 0), "xyz");
	assert_int_equal(talk_number(&t, 4, APP_DCERPC_OPNUM, APP_TS, 0), 15);
	assert_int_equal(talk_number(&t, 4, APP_SMB_VERSION, APP_TC, 0), 2);
	assert_null(talk_tx(&t, 5));
	for (uint64_t i = 0; i < 5; i++) {
		assert_int_equal(talk_tx(&t, i)->events, 0);
		for (int d = 0; d < APP_DIRS; d++)
			assert_true(
			    app_tx_done(&t.flow, talk_tx(&t, i), (enum app_dir)d));
	}
}

static void
commands_are_transactions(void **state)
{
	(void)state;
	lines_say(&t, lines, lines_n, SIZE_MAX, SIZE_MAX);
	check_all();
}

static void
pieces_may_have_any_size(void **state)
{
	(void)state;
	for (size_t size = 1; size < 80; size++) {
		lines_say(&t, lines, lines_n, SIZE_MAX, size);
		check_all();
		again();
	}
}

static void
a_conversation_may_end_anywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < lines_total(lines, lines_n); n++) {
		lines_say(&t, lines, lines_n, n, SIZE_MAX);
		again();
	}
}

/* Each message cut short, with a length that says so. */
static void
a_message_may_be_too_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < lines_n; i++)
		for (size_t n = 8; n < lines[i].len; n++) {
			text[i].data[2] = (uint8_t)((n - 4) >> 8);
			text[i].data[3] = (uint8_t)(n - 4);
			talk_say(&t, lines[i].d, text[i].data, n, SIZE_MAX);
			again();
		}
}

static void
a_header_that_is_cut_is_an_event(void **state)
{
	(void)state;
	talk_say(&t, APP_TS, "\0\0\0\x0a\xfeSMB\x40\0\0\0\0\0", 14, SIZE_MAX);
	assert_true(talk_event(&t, 0, "malformed_data"));
}

static void
a_direction_that_is_wrong_is_an_event(void **state)
{
	(void)state;
	talk_say(&t, APP_TC, lines[0].text, lines[0].len, SIZE_MAX);
	assert_true(talk_event(&t, 0, "request_to_client"));
	talk_say(&t, APP_TS, lines[1].text, lines[1].len, SIZE_MAX);
	assert_true(talk_event(&t, 1, "response_to_server"));
}

static void
a_logon_that_is_cut_is_an_event(void **state)
{
	(void)state;
	/* The user's name would end behind the message. */
	text[0].data[4 + 64 + 24 + 4 + 12 + 16 + 8] = 0xf0;
	talk_say(&t, APP_TS, lines[0].text, lines[0].len, SIZE_MAX);
	assert_true(talk_event(&t, 0, "malformed_ntlmssp_request"));
	assert_string_equal(got(0, APP_SMB_NTLMSSP_USER), "-");
}

static void
a_compound_is_several_commands(void **state)
{
	struct buf *b = begin_line(APP_TS);

	(void)state;
	smb2_header(b, APP_TS, 13, 8, 1, 72);
	add_zeros(b, 8);
	smb2_header(b, APP_TS, 13, 9, 1, 0);
	add_zeros(b, 4);
	end_line();
	talk_say(&t, APP_TS, lines[lines_n - 1].text, lines[lines_n - 1].len, 7);
	assert_non_null(talk_tx(&t, 1));
	assert_null(talk_tx(&t, 2));
}

static void
after_a_gap_the_next_record_is_found(void **state)
{
	(void)state;
	/* Within the message: what is left of it is stepped over. */
	talk_say(&t, APP_TS, lines[0].text, 30, SIZE_MAX);
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	talk_say(&t, APP_TS, lines[0].text + 130, lines[0].len - 130, SIZE_MAX);
	talk_say(&t, APP_TS, lines[2].text, lines[2].len, SIZE_MAX);
	/* Behind it: the next message is looked for. */
	talk_tell(&t, STREAM_GAP, APP_TS, NULL, 0);
	talk_say(&t, APP_TS, "rest of what was lost", 21, SIZE_MAX);
	talk_say(&t, APP_TS, lines[4].text, lines[4].len, SIZE_MAX);
	assert_string_equal(got(0, APP_SMB_SHARE), "\\\\s\\IPC$");
	assert_string_equal(got(1, APP_SMB_SHARE), "\\\\s\\C$");
	assert_null(talk_tx(&t, 2));
}

static void
the_rest_of_a_large_message_is_stepped_over(void **state)
{
	static char data[2 * SMB_RECORD_MAX];
	struct buf *b = begin_line(APP_TS);

	(void)state;
	smb2_header(b, APP_TS, 9, 8, 1, 0);
	add_zeros(b, 48);
	end_line();
	text[lines_n - 1].data[1] = 2;
	text[lines_n - 1].data[2] = text[lines_n - 1].data[3] = 112;
	talk_say(&t, APP_TS, lines[lines_n - 1].text, lines[lines_n - 1].len, 50);
	for (size_t left = (2 << 16) + (112 << 8) + 112 - 112; left > 0;) {
		size_t n = left < 1000 ? left : 1000;

		talk_tell(&t, STREAM_DATA, APP_TS, data, n);
		left -= n;
	}
	talk_say(&t, APP_TS, lines[4].text, lines[4].len, SIZE_MAX);
	assert_string_equal(got(1, APP_SMB_SHARE), "\\\\s\\C$");
	assert_int_equal(talk_tx(&t, 0)->events, 0);
}

static void
many_trees_and_pipes_are_held_in_bounds(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3 * SMB_TREES_MAX; i++) {
		text[7].data[4 + 64 + 8] = text[6].data[4 + 64 + 8] = (uint8_t)i;
		text[3].data[4 + 36] = (uint8_t)i;
		lines_say(&t, lines + 2, 2, SIZE_MAX, SIZE_MAX);
		lines_say(&t, lines + 6, 2, SIZE_MAX, SIZE_MAX);
		app_clean(&t.flow);
		assert_null(app_tx_first(&t.flow));
	}
}

/* --- SMB 1 ------------------------------------------------------------------------------ */

#define SMB1(command, flags)                                                       \
	"\xffSMB" command "\0\0\0\0" flags                                         \
	"\1\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\3\0\4\0\5\0"

static const char tree_connect[] =
    "\0\0\0\x39" SMB1("\x75", "\0") "\4\xff\0\0\0\0\0\1\0"
				    "\x0e\0\0\\\\s\\IPC$\0IPC\0";
static const char connected[] =
    "\0\0\0\x2d" SMB1("\x75", "\x80") "\2\xff\0\0\0\6\0IPC\0\0\0";

static void
a_share_of_smb1(void **state)
{
	(void)state;
	talk_say(&t, APP_TS, tree_connect, sizeof(tree_connect) - 1, 1);
	assert_string_equal(got(0, APP_SMB_SHARE), "\\\\s\\IPC$");
	talk_say(&t, APP_TC, connected, sizeof(connected) - 1, 3);
	assert_string_equal(got(0, APP_SMB_NAMED_PIPE), "\\\\s\\IPC$");
	assert_int_equal(talk_number(&t, 0, APP_SMB_VERSION, APP_TS, 0), 1);
	assert_true(app_tx_done(&t.flow, talk_tx(&t, 0), APP_TC));
}

static void
dialects_that_are_none_are_an_event(void **state)
{
	static const char negotiate[] =
	    "\0\0\0\x2b" SMB1("\x72", "\0") "\0\x08\0\2NT LM\0\1";

	(void)state;
	talk_say(&t, APP_TS, negotiate, sizeof(negotiate) - 1, SIZE_MAX);
	assert_true(talk_event(&t, 0, "negotiate_malformed_dialects"));
}

static void
an_event_tells_of_logons_and_calls(void **state)
{
	struct buf b;

	(void)state;
	lines_say(&t, lines, lines_n, SIZE_MAX, SIZE_MAX);
	buf_init(&b, 4096);
	assert_non_null(strstr(talk_json(&t, 0, &b),
	    "\"ntlmssp\":{\"domain\":\"DOM\",\"user\":\"eva\",\"host\":\"pc1\"}"));
	assert_non_null(
	    strstr(talk_json(&t, 1, &b), "\"named_pipe\":\"\\\\\\\\s\\\\IPC$\""));
	assert_non_null(strstr(talk_json(&t, 4, &b), "\"opnum\":15"));
	buf_release(&b);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(commands_are_transactions),
	    TEST(pieces_may_have_any_size),
	    TEST(a_conversation_may_end_anywhere),
	    TEST(a_message_may_be_too_short),
	    TEST(a_header_that_is_cut_is_an_event),
	    TEST(a_direction_that_is_wrong_is_an_event),
	    TEST(a_logon_that_is_cut_is_an_event),
	    TEST(a_compound_is_several_commands),
	    TEST(after_a_gap_the_next_record_is_found),
	    TEST(the_rest_of_a_large_message_is_stepped_over),
	    TEST(many_trees_and_pipes_are_held_in_bounds),
	    TEST(a_share_of_smb1),
	    TEST(dialects_that_are_none_are_an_event),
	    TEST(an_event_tells_of_logons_and_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
