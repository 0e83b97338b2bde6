/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages of SMB 2 and 3, compounds too (MS-SMB2, section 2.2). */
#include "agent/app/smb.h"

#define HEADER_SIZE    64
#define STATUS_PENDING 0x00000103u
#define STATUS_MORE    0x80000005u /* the rest of a message follows */

enum {
	FLAG_RESPONSE = 0x01,
	FLAG_ASYNC = 0x02,
	FLAG_RELATED = 0x04,
};

enum {
	NEGOTIATE = 0,
	SESSION_SETUP = 1,
	TREE_CONNECT = 3,
	CREATE = 5,
	CLOSE = 6,
	READ = 8,
	WRITE = 9,
	IOCTL = 11,
	CANCEL = 12,
	COMMANDS = 19,
};

static const char *const NAMES[COMMANDS] = {
    "SMB2_COMMAND_NEGOTIATE_PROTOCOL",
    "SMB2_COMMAND_SESSION_SETUP",
    "SMB2_COMMAND_SESSION_LOGOFF",
    "SMB2_COMMAND_TREE_CONNECT",
    "SMB2_COMMAND_TREE_DISCONNECT",
    "SMB2_COMMAND_CREATE",
    "SMB2_COMMAND_CLOSE",
    "SMB2_COMMAND_FLUSH",
    "SMB2_COMMAND_READ",
    "SMB2_COMMAND_WRITE",
    "SMB2_COMMAND_LOCK",
    "SMB2_COMMAND_IOCTL",
    "SMB2_COMMAND_CANCEL",
    "SMB2_COMMAND_KEEPALIVE",
    "SMB2_COMMAND_FIND",
    "SMB2_COMMAND_CHANGE_NOTIFY",
    "SMB2_COMMAND_GET_INFO",
    "SMB2_COMMAND_SET_INFO",
    "SMB2_COMMAND_OPLOCK_BREAK",
};

const char *
smb2_command(uint16_t command)
{
	return command < COMMANDS ? NAMES[command] : NULL;
}

/* c is behind the header in all of these; false: malformed. */
typedef bool body_fn(struct smb_message *m, struct smb_tx *tx, struct cursor *c);

static bool
on_limits(struct smb_message *m, struct cursor *c)
{
	m->st->max_read = cur_le32(c);
	m->st->max_write = cur_le32(c);
	if (m->st->max_read > SMB_DATA_MAX)
		smb_event(m, SMB_MAX_READ_SIZE);
	if (m->st->max_write > SMB_DATA_MAX)
		smb_event(m, SMB_MAX_WRITE_SIZE);
	return cur_ok(c);
}

static bool
on_negotiate(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	const size_t fixed = 36, each = 2;
	uint16_t dialects;

	cur_take(c, 2);
	if (m->response) {
		cur_take(c, 2);
		m->st->dialect = cur_le16(c);
		cur_take(c, 26);
		return on_limits(m, c);
	}
	dialects = cur_le16(c);
	cur_take(c, fixed - 4);
	if (cur_take(c, dialects * each) == NULL && dialects > 0)
		app_tx_event(&tx->tx, SMB_MALFORMED_DIALECTS);
	return true;
}

static bool
on_session_setup(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	uint16_t offset, len;

	if (m->response) /* a challenge; nobody's name */
		return true;
	cur_take(c, 12);
	offset = cur_le16(c);
	len = cur_le16(c);
	smb_logon(m, tx, smb_at(m, offset, len));
	return cur_ok(c);
}

static bool
on_tree_connect(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	const uint8_t pipe = 2;
	uint16_t offset, len;

	tx->kind = SMB_TREE;
	if (m->response && m->status != 0)
		return true;
	if (m->response) {
		cur_take(c, 2);
		tx->is_pipe = cur_u8(c) == pipe;
		smb_tree_set(m, tx->is_pipe ? SMB_TREE_PIPE : SMB_TREE_OTHER);
		smb_share_connected(m, tx);
		return cur_ok(c);
	}
	cur_take(c, 4);
	offset = cur_le16(c);
	len = cur_le16(c);
	smb_set_text(m->a, &tx->name, smb_at(m, offset, len));
	return cur_ok(c);
}

/* Both halves of a file's id, mixed; in a compound, all ones are what it opened. */
static uint64_t
get_file(struct smb_message *m, struct cursor *c)
{
	const uint64_t spread = 0x9e3779b97f4a7c15u;
	uint64_t persistent = cur_le64(c), other = cur_le64(c);

	if (persistent == UINT64_MAX && other == UINT64_MAX && m->chain != 0)
		return m->chain;
	return (persistent * spread ^ other) + 1;
}

static bool
on_create_answer(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	uint64_t file;

	if (m->status != 0)
		return true;
	cur_take(c, 64);
	file = get_file(m, c);
	if (cur_ok(c))
		smb_file_opened(m, tx, file);
	return cur_ok(c);
}

static bool
on_create(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	uint16_t offset, len;

	tx->kind = SMB_FILE;
	if (m->response)
		return on_create_answer(m, tx, c);
	cur_take(c, 44);
	offset = cur_le16(c);
	len = cur_le16(c);
	smb_set_text(m->a, &tx->name, smb_at(m, offset, len));
	if (m->compound && cur_ok(c)) {
		m->chain = ~m->id;
		smb_file_opened(m, tx, m->chain);
	}
	return cur_ok(c);
}

static bool
on_close(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	uint64_t file;

	(void)tx;
	if (m->response)
		return true;
	cur_take(c, 8);
	file = get_file(m, c);
	if (cur_ok(c))
		smb_file_close(m, file);
	return cur_ok(c);
}

static bool
on_read_answer(struct smb_message *m, struct cursor *c)
{
	struct smb_read r;
	size_t offset, len;

	if (m->status == STATUS_PENDING || !smb_read_take(m, &r))
		return true;
	if (m->tree == 0) /* an answer that came later does not say it */
		m->tree = r.tree;
	cur_take(c, 2);
	offset = cur_u8(c);
	cur_take(c, 1);
	len = cur_le32(c);
	if (!cur_ok(c) || (m->status != 0 && m->status != STATUS_MORE))
		smb_read_failed(m, &r);
	else
		smb_file_data(m, &r, offset, len);
	return true;
}

static bool
on_read(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	uint32_t len;
	uint64_t at, file;

	(void)tx;
	if (m->response)
		return on_read_answer(m, c);
	cur_take(c, 4);
	len = cur_le32(c);
	at = cur_le64(c);
	file = get_file(m, c);
	if (!cur_ok(c))
		return false;
	if (len > SMB_DATA_MAX || (m->st->max_read != 0 && len > m->st->max_read))
		smb_event(m, SMB_READ_REQUEST_SIZE);
	else
		smb_read_asked(m, file, at);
	return true;
}

static bool
on_write(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	struct smb_read where = {.version = m->version};
	size_t offset, len;

	(void)tx;
	if (m->response)
		return true;
	cur_take(c, 2);
	offset = cur_le16(c);
	len = cur_le32(c);
	where.offset = cur_le64(c);
	where.file = get_file(m, c);
	if (cur_ok(c))
		smb_file_data(m, &where, offset, len);
	return cur_ok(c);
}

static bool
on_ioctl(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	const uint32_t pipe_transceive = 0x0011c017;
	uint32_t code;
	size_t offset, len;
	uint64_t file;

	cur_take(c, 4);
	code = cur_le32(c);
	file = get_file(m, c);
	if (m->response)
		cur_take(c, 8);
	offset = cur_le32(c);
	len = cur_le32(c);
	if (!cur_ok(c))
		return m->response;
	tx->pipe = file;
	if (code == pipe_transceive)
		smb_pipe_data(m, file, smb_at(m, offset, len));
	return true;
}

static body_fn *const BODIES[COMMANDS] = {
    [NEGOTIATE] = on_negotiate,
    [SESSION_SETUP] = on_session_setup,
    [TREE_CONNECT] = on_tree_connect,
    [CREATE] = on_create,
    [CLOSE] = on_close,
    [READ] = on_read,
    [WRITE] = on_write,
    [IOCTL] = on_ioctl,
};

/* What reads and writes makes no transaction of its own. */
static bool
is_data(uint16_t command)
{
	return command == READ || command == WRITE;
}

bool
smb2_is_data(struct span bytes)
{
	struct cursor c = cur_of_span(bytes);

	cur_take(&c, 12);
	if (!is_data(cur_le16(&c)))
		return false;
	cur_take(&c, 6);
	return cur_le32(&c) == 0 && cur_ok(&c); /* no compound */
}

static void
on_command(struct smb_message *m, struct cursor *body)
{
	struct smb_tx *tx;
	bool ok = true;

	if (is_data(m->command)) {
		if (!BODIES[m->command](m, NULL, body) && !m->cut)
			smb_tx_event(m, SMB_MALFORMED_DATA);
		return;
	}
	if ((tx = smb_tx_get(m)) == NULL)
		return;
	if (m->command < COMMANDS && BODIES[m->command] != NULL)
		ok = BODIES[m->command](m, tx, body);
	if (!ok && !m->cut)
		app_tx_event(&tx->tx, SMB_MALFORMED_DATA);
	if (!m->response || m->status != STATUS_PENDING)
		smb_tx_finish(m, tx);
	if (m->command == CANCEL)
		tx->tx.progress[APP_TC] = SMB_DONE;
}

/* The fields of the header; how far off the next of a compound is, 0: none. */
static size_t
read_header(struct smb_message *m, struct cursor *c)
{
	uint32_t flags, next, tree;
	uint64_t session;

	cur_take(c, 8);
	m->status = cur_le32(c);
	m->command = cur_le16(c);
	cur_take(c, 2);
	flags = cur_le32(c);
	next = cur_le32(c);
	m->id = cur_le64(c);
	cur_take(c, 4);
	tree = cur_le32(c);
	session = cur_le64(c);
	cur_take(c, 16);
	m->response = flags & FLAG_RESPONSE;
	/* What is related to the one before is of its session and tree. */
	if (!(flags & FLAG_RELATED) || m->response) {
		m->session = session;
		m->tree = flags & FLAG_ASYNC ? 0 : tree;
	}
	return next;
}

bool
smb2_read(struct smb_message *m)
{
	struct span all = m->bytes;
	size_t missing = m->missing;

	m->version = 2;
	for (;;) {
		struct cursor c = cur_of_span(all);
		size_t next = read_header(m, &c);

		if (!cur_ok(&c))
			return m->cut;
		if (next != 0 && (next < HEADER_SIZE || next > all.len))
			return m->cut;
		m->bytes = all;
		m->compound = m->compound || next != 0;
		if (next != 0)
			m->bytes.len = next;
		m->missing = next != 0 ? 0 : missing;
		c.left = m->bytes.len - HEADER_SIZE;
		if (m->response != (m->d == APP_TC)) {
			smb_tx_event(m,
			    m->response ? SMB_RESPONSE_TO_SERVER
					: SMB_REQUEST_TO_CLIENT);
			return true;
		}
		on_command(m, &c);
		if (next == 0)
			return true;
		all.p += next;
		all.len -= next;
		if (all.len == 0)
			return true;
	}
}
