/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages of SMB 1 and their chains of commands (MS-CIFS and MS-SMB, section 2.2). */
#include "agent/app/smb.h"

#include <string.h>

enum {
	CLOSE = 0x04,
	WRITE = 0x0b,
	TRANSACTION = 0x25,
	WRITE_AND_CLOSE = 0x2c,
	READ_ANDX = 0x2e,
	WRITE_ANDX = 0x2f,
	NEGOTIATE = 0x72,
	SESSION_SETUP_ANDX = 0x73,
	TREE_CONNECT_ANDX = 0x75,
	NT_CREATE_ANDX = 0xa2,
	NT_CANCEL = 0xa4,
	NO_ANDX = 0xff,
};

enum {
	FLAG_RESPONSE = 0x80,
	FLAG2_UNICODE = 0x8000,
};

/* A path behind the cursor: UTF-16 begins at an even offset of the message. */
static void
set_path(struct smb_message *m, struct smb_tx *tx, struct cursor *c, size_t at,
    size_t len)
{
	struct span text;

	if (m->unicode && at % 2 != 0)
		cur_take(c, 1);
	text = cur_rest(c);
	if (text.len > len)
		text.len = len;
	smb_set_text(m->a, &tx->name, text);
}

/* How long a text is, its end included if it has one. */
static size_t
text_length(struct span s, bool unicode)
{
	size_t i = 0;

	if (!unicode)
		return strnlen((const char *)s.p, s.len);
	while (i + 1 < s.len && (s.p[i] != 0 || s.p[i + 1] != 0))
		i += 2;
	return i;
}

static bool
on_negotiate(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	struct cursor c = cur_of_span(b->bytes);

	/* Each dialect is a byte 2 and a text. */
	while (!m->response && c.left > 0) {
		const uint8_t *end;

		if (cur_u8(&c) != 2 ||
		    (end = memchr(c.pos, '\0', c.left)) == NULL) {
			app_tx_event(&tx->tx, SMB_MALFORMED_DIALECTS);
			break;
		}
		cur_take(&c, (size_t)(end - c.pos) + 1);
	}
	return true;
}

static bool
on_session_setup(
    struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	const size_t extended = 24;
	struct cursor c = cur_of_span(b->words), bytes = cur_of_span(b->bytes);
	uint16_t len;

	tx->kind = SMB_SESSION;
	if (m->response || b->words.len != extended)
		return true;
	cur_take(&c, 14);
	len = cur_le16(&c);
	c = cur_sub(&bytes, len);
	smb_logon(m, tx, cur_rest(&c));
	return cur_ok(&c);
}

static bool
on_tree_connect(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	static const char pipe[] = "IPC";
	struct cursor c = cur_of_span(b->words);
	uint16_t password;

	tx->kind = SMB_TREE;
	if (m->response && m->status != 0)
		return true;
	if (m->response) {
		tx->is_pipe = b->bytes.len >= sizeof(pipe) &&
		    memcmp(b->bytes.p, pipe, sizeof(pipe)) == 0;
		smb_tree_set(m, tx->is_pipe ? SMB_TREE_PIPE : SMB_TREE_OTHER);
		smb_share_connected(m, tx);
		return true;
	}
	cur_take(&c, 6);
	password = cur_le16(&c);
	if (!cur_ok(&c))
		return false;
	c = cur_of_span(b->bytes);
	cur_take(&c, password);
	if (!cur_ok(&c))
		return false;
	if (m->unicode && (b->bytes_at + password) % 2 != 0)
		cur_take(&c, 1);
	set_path(m, tx, &c, 0,
	    c.left == 0 ? 0
			: text_length((struct span){c.pos, c.left}, m->unicode));
	return true;
}

static bool
on_create(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	struct cursor c = cur_of_span(b->words), bytes = cur_of_span(b->bytes);
	uint16_t len;

	tx->kind = SMB_FILE;
	if (m->response && m->status != 0)
		return true;
	cur_take(&c, 5);
	if (m->response) {
		len = cur_le16(&c);
		if (cur_ok(&c))
			smb_file_opened(m, tx, smb1_file_of(m, len));
		return cur_ok(&c);
	}
	len = cur_le16(&c);
	set_path(m, tx, &bytes, b->bytes_at, len);
	return cur_ok(&c);
}

/* Only that which writes to a pipe and reads its answer. */
static bool
on_transaction(struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b)
{
	const uint16_t transact = 0x26;
	struct cursor c = cur_of_span(b->words);
	size_t len, offset;
	uint8_t setups;

	cur_take(&c, m->response ? 12 : 22);
	len = cur_le16(&c);
	offset = cur_le16(&c);
	if (m->response) {
		if (cur_ok(&c) && tx->pipe != 0)
			smb_pipe_data(m, tx->pipe, smb_at(m, offset, len));
		return true;
	}
	setups = cur_u8(&c);
	cur_take(&c, 1);
	if (setups != 2)
		return cur_ok(&c);
	if (cur_le16(&c) == transact) {
		tx->pipe = smb1_file_of(m, cur_le16(&c));
		if (cur_ok(&c))
			smb_pipe_data(m, tx->pipe, smb_at(m, offset, len));
	}
	return cur_ok(&c);
}

static const struct {
	uint8_t command;
	bool chains, is_data; /* what is data makes no transaction of its own */
	smb1_body_fn *read;
	const char *name;
} COMMANDS[] = {
    {CLOSE, false, false, smb1_on_close, "SMB1_COMMAND_CLOSE"},
    {WRITE, false, true, smb1_on_old_write, "SMB1_COMMAND_WRITE"},
    {TRANSACTION, false, false, on_transaction, "SMB1_COMMAND_TRANS"},
    {WRITE_AND_CLOSE, false, true, smb1_on_old_write_and_close,
	"SMB1_COMMAND_WRITE_AND_CLOSE"},
    {READ_ANDX, true, true, smb1_on_read, "SMB1_COMMAND_READ_ANDX"},
    {WRITE_ANDX, true, true, smb1_on_write, "SMB1_COMMAND_WRITE_ANDX"},
    {NEGOTIATE, false, false, on_negotiate, "SMB1_COMMAND_NEGOTIATE_PROTOCOL"},
    {SESSION_SETUP_ANDX, true, false, on_session_setup,
	"SMB1_COMMAND_SESSION_SETUP_ANDX"},
    {TREE_CONNECT_ANDX, true, false, on_tree_connect,
	"SMB1_COMMAND_TREE_CONNECT_ANDX"},
    {NT_CREATE_ANDX, true, false, on_create, "SMB1_COMMAND_NT_CREATE_ANDX"},
    {NT_CANCEL, false, false, NULL, "SMB1_COMMAND_NT_CANCEL"},
};
#define COMMANDS_N (sizeof(COMMANDS) / sizeof(COMMANDS[0]))

static size_t
row_of(uint16_t command)
{
	size_t i = 0;

	while (i < COMMANDS_N && COMMANDS[i].command != command)
		i++;
	return i;
}

bool
smb1_is_data(struct span bytes)
{
	size_t row = row_of(bytes.p[4]);

	return row < COMMANDS_N && COMMANDS[row].is_data;
}

const char *
smb1_command(uint16_t command)
{
	size_t i = row_of(command);

	return i == COMMANDS_N ? NULL : COMMANDS[i].name;
}

static bool
read_body(const struct smb_message *m, size_t at, struct smb1_body *b)
{
	struct cursor c = cur_of_span(m->bytes), part;
	size_t words, bytes;

	cur_take(&c, at);
	words = (size_t)cur_u8(&c) * 2;
	part = cur_sub(&c, words);
	b->words = cur_rest(&part);
	bytes = cur_le16(&c);
	b->bytes_at = at + 1 + words + 2;
	if (!cur_ok(&c))
		return false;
	b->bytes = cur_rest(&c);
	if (b->bytes.len > bytes)
		b->bytes.len = bytes;
	return true;
}

static void
on_data(struct smb_message *m, const struct smb1_body *b, size_t row)
{
	if (!COMMANDS[row].read(m, NULL, b) && !m->cut)
		smb_tx_event(m, SMB_MALFORMED_DATA);
}

static void
on_command(struct smb_message *m, const struct smb1_body *b, size_t row)
{
	struct smb_tx *tx;

	if (row < COMMANDS_N && COMMANDS[row].is_data) {
		on_data(m, b, row);
		return;
	}
	if ((tx = smb_tx_get(m)) == NULL)
		return;
	if (row < COMMANDS_N && COMMANDS[row].read != NULL &&
	    !(m->response && b->words.len == 0) && !COMMANDS[row].read(m, tx, b) &&
	    !m->cut)
		app_tx_event(&tx->tx, SMB_MALFORMED_DATA);
	smb_tx_finish(m, tx);
	if (m->command == NT_CANCEL)
		tx->tx.progress[APP_TC] = SMB_DONE;
}

static size_t
read_header(struct smb_message *m)
{
	struct cursor c = cur_of_span(m->bytes);
	uint16_t high, flags2, pid;
	size_t size = m->bytes.len;

	cur_take(&c, 4);
	m->command = cur_u8(&c);
	m->status = cur_le32(&c);
	m->response = cur_u8(&c) & FLAG_RESPONSE;
	flags2 = cur_le16(&c);
	m->unicode = flags2 & FLAG2_UNICODE;
	high = cur_le16(&c);
	cur_take(&c, 8 + 2);
	m->tree = cur_le16(&c);
	pid = cur_le16(&c);
	m->session = cur_le16(&c);
	m->id = (uint64_t)high << 32 | (uint64_t)pid << 16 | cur_le16(&c);
	return cur_ok(&c) ? size - c.left : 0;
}

bool
smb1_read(struct smb_message *m)
{
	size_t at = read_header(m), row;
	struct smb1_body b;

	m->version = 1;
	if (at == 0)
		return m->cut;
	if (m->response != (m->d == APP_TC)) {
		smb_tx_event(m,
		    m->response ? SMB_RESPONSE_TO_SERVER : SMB_REQUEST_TO_CLIENT);
		return true;
	}
	for (;;) {
		struct cursor c;
		uint8_t next;
		size_t next_at;

		if (!read_body(m, at, &b))
			return m->cut;
		row = row_of(m->command);
		on_command(m, &b, row);
		if (row == COMMANDS_N || !COMMANDS[row].chains)
			return true;
		c = cur_of_span(b.words);
		next = cur_u8(&c);
		cur_take(&c, 1);
		next_at = cur_le16(&c);
		if (!cur_ok(&c) || next == NO_ANDX)
			return true;
		if (next_at <= at)
			return false;
		m->command = next;
		at = next_at;
	}
}
