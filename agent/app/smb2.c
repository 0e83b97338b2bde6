/* SPDX-License-Identifier: EUPL-1.2 */
/* Messages of SMB 2 and 3, compounds too (MS-SMB2, section 2.2). */
#include "agent/app/smb.h"

#define HEADER_SIZE    64
#define STATUS_PENDING 0x00000103u

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
on_negotiate(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	const size_t fixed = 36, each = 2;
	uint16_t dialects;

	cur_take(c, 2);
	if (m->response) {
		cur_take(c, 2);
		m->st->dialect = cur_le16(c);
		return cur_ok(c);
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
		return cur_ok(c);
	}
	cur_take(c, 4);
	offset = cur_le16(c);
	len = cur_le16(c);
	smb_set_text(m->a, &tx->name, smb_at(m, offset, len));
	return cur_ok(c);
}

static bool
on_create(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	uint16_t offset, len;

	tx->kind = SMB_FILE;
	if (m->response)
		return true;
	cur_take(c, 44);
	offset = cur_le16(c);
	len = cur_le16(c);
	smb_set_text(m->a, &tx->name, smb_at(m, offset, len));
	return cur_ok(c);
}

/* Both halves of a file's id, mixed. */
static uint64_t
get_file(struct cursor *c)
{
	uint64_t persistent = cur_le64(c), other = cur_le64(c);

	return persistent * 31 + other + 1;
}

static bool
on_read(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	size_t offset, len;

	cur_take(c, 2);
	if (!m->response) {
		cur_take(c, 14);
		tx->pipe = get_file(c);
		return cur_ok(c);
	}
	offset = cur_u8(c);
	cur_take(c, 1);
	len = cur_le32(c);
	if (cur_ok(c) && tx->pipe != 0)
		smb_pipe_data(m, tx->pipe, smb_at(m, offset, len));
	return true;
}

static bool
on_write(struct smb_message *m, struct smb_tx *tx, struct cursor *c)
{
	size_t offset, len;

	if (m->response)
		return true;
	cur_take(c, 2);
	offset = cur_le16(c);
	len = cur_le32(c);
	cur_take(c, 8);
	tx->pipe = get_file(c);
	if (cur_ok(c))
		smb_pipe_data(m, tx->pipe, smb_at(m, offset, len));
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
	file = get_file(c);
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
    [READ] = on_read,
    [WRITE] = on_write,
    [IOCTL] = on_ioctl,
};

static bool
on_command(struct smb_message *m, struct cursor *body)
{
	struct smb_tx *tx = smb_tx_get(m);
	bool ok = true;

	if (tx == NULL)
		return true;
	if (m->command < COMMANDS && BODIES[m->command] != NULL)
		ok = BODIES[m->command](m, tx, body);
	if (!ok && !m->cut)
		app_tx_event(&tx->tx, SMB_MALFORMED_DATA);
	if (!m->response || m->status != STATUS_PENDING)
		smb_tx_finish(m, tx);
	if (m->command == CANCEL)
		tx->tx.progress[APP_TC] = SMB_DONE;
	return true;
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

	m->version = 2;
	for (;;) {
		struct cursor c = cur_of_span(all);
		size_t next = read_header(m, &c);

		if (!cur_ok(&c))
			return m->cut;
		if (next != 0 && (next < HEADER_SIZE || next > all.len))
			return m->cut;
		m->bytes = all;
		if (next != 0)
			m->bytes.len = next;
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
