/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SMB out of a stream: records of NetBIOS sessions (RFC 1002, section 4.3; MS-SMB2,
 * section 2.1) on any port.  After a gap the next record is looked for.
 */
#include "agent/app/smb.h"

#include "common/jw.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_SIZE  4
#define MAGIC_SIZE 4

enum {
	SESSION_MESSAGE = 0x00,
	SESSION_REQUEST = 0x81,
	SESSION_KEEP_ALIVE = 0x85,
};

static const char *const EVENTS[] = {
    [SMB_MALFORMED_DATA] = "malformed_data",
    [SMB_MALFORMED_NTLMSSP] = "malformed_ntlmssp_request",
    [SMB_MALFORMED_DIALECTS] = "negotiate_malformed_dialects",
    [SMB_REQUEST_TO_CLIENT] = "request_to_client",
    [SMB_RESPONSE_TO_SERVER] = "response_to_server",
    [SMB_FILE_OVERLAP] = "file_overlap",
    [SMB_READ_REQUEST_SIZE] = "read_request_too_large",
    [SMB_READ_RESPONSE_SIZE] = "read_response_too_large",
    [SMB_WRITE_REQUEST_SIZE] = "write_request_too_large",
    [SMB_MAX_READ_SIZE] = "negotiate_max_read_size_too_large",
    [SMB_MAX_WRITE_SIZE] = "negotiate_max_write_size_too_large",
    [SMB_READ_QUEUE_SIZE] = "read_queue_size_exceeded",
    [SMB_READ_QUEUE_COUNT] = "read_queue_cnt_exceeded",
    [SMB_WRITE_QUEUE_SIZE] = "write_queue_size_exceeded",
    [SMB_WRITE_QUEUE_COUNT] = "write_queue_cnt_exceeded",
    NULL,
};

/* "\xffSMB", "\xfeSMB", "\xfdSMB", as far as they are there. */
static bool
is_magic(struct span s)
{
	static const char rest[] = "SMB";

	if (s.len == 0)
		return true;
	if (s.p[0] < 0xfd)
		return false;
	return memcmp(s.p + 1, rest,
		   s.len - 1 < MAGIC_SIZE - 1 ? s.len - 1 : MAGIC_SIZE - 1) == 0;
}

/* --- records --------------------------------------------------------------------------- */

static bool
hold(struct app_flow *a, struct smb_side *s, const uint8_t *p, size_t n)
{
	if (!app_hold(a, n))
		return false;
	if (buf_add(&s->held, p, n) == 0)
		return true;
	app_drop(a, n);
	return false;
}

static void
let_go(struct app_flow *a, struct smb_side *s)
{
	app_drop(a, s->held.len);
	buf_reset(&s->held);
}

static void
on_message(struct app_flow *a, enum app_dir d, struct span bytes, size_t missing)
{
	bool cut = missing > 0, ok;
	struct smb_message m = {.a = a,
	    .st = a->state,
	    .d = d,
	    .cut = cut,
	    .missing = missing,
	    .bytes = bytes};

	if (bytes.len < MAGIC_SIZE || !is_magic(bytes))
		ok = cut && bytes.len < MAGIC_SIZE;
	else if (bytes.p[0] == 0xff)
		ok = smb1_read(&m);
	else if (bytes.p[0] == 0xfe)
		ok = smb2_read(&m);
	else
		ok = true; /* encrypted */
	if (!ok)
		smb_tx_event(&m, SMB_MALFORMED_DATA);
}

/* The record is whole, or as much of it as is kept. */
static void
on_record(struct app_flow *a, enum app_dir d, struct smb_side *s)
{
	struct span all = {s->held.data, s->held.len};

	if (all.p[0] == SESSION_MESSAGE && all.len > HEAD_SIZE)
		on_message(a, d,
		    (struct span){all.p + HEAD_SIZE, all.len - HEAD_SIZE}, s->left);
	let_go(a, s);
}

static size_t
read_head(struct app_flow *a, enum app_dir d, struct smb_side *s, struct span in)
{
	size_t need = HEAD_SIZE - s->held.len, take = in.len < need ? in.len : need;
	struct cursor c;
	uint8_t type;

	if (!hold(a, s, in.p, take)) {
		app_stop(a, d);
		return in.len;
	}
	if (take < need)
		return take;
	c = cur_of(s->held.data, HEAD_SIZE);
	type = cur_u8(&c);
	s->left = cur_be24(&c);
	if (type != SESSION_MESSAGE &&
	    (type < SESSION_REQUEST || type > SESSION_KEEP_ALIVE)) {
		s->left = 0;
		s->lost = true;
	}
	if (s->left == 0)
		let_go(a, s);
	return take;
}

/* Is enough held of the record?  Data of files are read as they come. */
static bool
is_enough(const struct smb_side *s)
{
	struct span message = {s->held.data + HEAD_SIZE, s->held.len - HEAD_SIZE};

	if (s->left == 0 || s->held.len == s->held.max)
		return true;
	if (message.len < SMB_DATA_HEAD)
		return false;
	return message.p[0] == 0xff ? smb1_is_data(message) : smb2_is_data(message);
}

/* Bytes of a record: those that are held, then those that go on to a file. */
static size_t
read_rest(struct app_flow *a, enum app_dir d, struct smb_side *s, struct span in)
{
	size_t take = in.len < s->left ? in.len : s->left,
	       room = s->held.max - s->held.len;

	if (s->held.len == 0) {
		s->left -= take;
		smb_tail_add(a, d, (struct span){in.p, take});
		if (s->left == 0)
			smb_tail_end(a, d);
		return take;
	}
	if (take > room)
		take = room;
	s->left -= take;
	if (!hold(a, s, in.p, take))
		let_go(a, s);
	else if (is_enough(s))
		on_record(a, d, s);
	return take;
}

/* A head, and a message of SMB behind it: there a record begins. */
static bool
is_record(struct span s)
{
	return s.len >= HEAD_SIZE + MAGIC_SIZE && s.p[0] == SESSION_MESSAGE &&
	    is_magic((struct span){s.p + HEAD_SIZE, MAGIC_SIZE});
}

static size_t
read_lost(struct smb_side *s, struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (is_record((struct span){in.p + i, in.len - i})) {
			s->lost = false;
			return i;
		}
	return in.len;
}

static void
on_data(struct app_flow *a, enum app_dir d, struct smb_side *s, struct span in)
{
	while (in.len > 0 && !a->stopped[d]) {
		size_t used;

		if (s->lost)
			used = read_lost(s, in);
		else if (s->left > 0)
			used = read_rest(a, d, s, in);
		else
			used = read_head(a, d, s, in);
		in.p += used;
		in.len -= used;
	}
}

/* A hole within a record costs that record, another the next ones too. */
static void
on_gap(struct app_flow *a, enum app_dir d, struct smb_side *s, uint64_t missing)
{
	if (s->held.len > HEAD_SIZE)
		on_record(a, d, s);
	let_go(a, s);
	smb_tail_gap(a, d, missing < s->left ? (size_t)missing : s->left);
	smb_files_lost(a, d);
	s->lost = missing > s->left;
	if (s->lost)
		smb_tail_end(a, d);
	s->left = s->lost ? 0 : s->left - (size_t)missing;
}

static size_t
smb_read(struct app_flow *a, const struct stream_news *n)
{
	struct smb_state *st = a->state;
	enum app_dir d = n->to_server ? APP_TS : APP_TC;

	if (!st->begun)
		stream_set_depth(a->flow, 0);
	st->begun = true;
	if (n->kind == STREAM_GAP)
		on_gap(a, d, &st->side[d], n->missing);
	else if (n->kind == STREAM_END)
		smb_files_end(a, d);
	else
		on_data(a, d, &st->side[d], n->data);
	return n->data.len;
}

/* --- what others ask -------------------------------------------------------------------- */

static enum app_have
text_buffer(const struct buf *b, bool wanted, struct app_bytes *out)
{
	if (!wanted || b->len == 0)
		return APP_ABSENT;
	out->bytes = (struct span){b->data, b->len};
	return APP_HAVE;
}

static bool
smb_file(const struct app_flow *a, const struct app_tx *t, enum app_dir d,
    unsigned i, struct app_file *out)
{
	const struct smb_tx *tx = (const struct smb_tx *)t;

	(void)a;
	return tx->kind == SMB_DATA && tx->data.dir == d && i == 0 &&
	    file_tell(&tx->data.file, out);
}

static void
smb_inspected(struct app_flow *a, struct app_tx *t, enum app_dir d)
{
	struct smb_tx *tx = (struct smb_tx *)t;

	if (tx->kind == SMB_DATA && tx->data.dir == d)
		file_inspected(a, &tx->data.file);
}

static enum app_have
smb_buffer(const struct app_flow *a, const struct app_tx *t, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct smb_state *st = a->state;
	const struct smb_tx *tx = (const struct smb_tx *)t;
	bool tree = tx->kind == SMB_TREE;

	if (tx->kind == SMB_DATA && b != APP_SMB_VERSION)
		return d == tx->data.dir && instance == 0
		    ? file_buffer(&tx->data.file, b, out)
		    : APP_ABSENT;
	switch (b) {
	case APP_SMB_NAMED_PIPE:
		return text_buffer(&tx->name, tree && tx->is_pipe, out);
	case APP_SMB_SHARE:
		return text_buffer(&tx->name, tree && !tx->is_pipe, out);
	case APP_SMB_NTLMSSP_USER:
		return text_buffer(&tx->user, tx->has_logon, out);
	case APP_SMB_NTLMSSP_DOMAIN:
		return text_buffer(&tx->domain, tx->has_logon, out);
	case APP_SMB_VERSION:
		out->number = tx->version;
		return tx->version != 0 ? APP_HAVE : APP_ABSENT;
	default:
		break;
	}
	return tx->kind == SMB_CALL
	    ? dcerpc_call_buffer(&st->ifaces, &tx->call, b, d, out)
	    : APP_ABSENT;
}

static void *
smb_state_new(void)
{
	struct smb_state *st = calloc(1, sizeof(*st));

	for (int d = 0; st != NULL && d < APP_DIRS; d++)
		buf_init(&st->side[d].held, SMB_RECORD_MAX);
	return st;
}

static void
smb_state_free(void *state)
{
	struct smb_state *st = state;

	for (int d = 0; d < APP_DIRS; d++) {
		buf_release(&st->side[d].held);
		for (size_t i = 0; i < SMB_PIPES_MAX; i++)
			buf_release(&st->pipe[i].stream[d].held);
	}
	smb_names_free(st);
	free(st->read);
	free(st);
}

/* A message of SMB, or the request of a session, whose names have 34 bytes each. */
static enum app_guess
smb_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	static const uint8_t request[] = {SESSION_REQUEST, 0, 0, 68, 32};
	struct cursor c = cur_of_span(bytes);

	(void)f;
	(void)d;
	if (memcmp(bytes.p, request,
		bytes.len < sizeof(request) ? bytes.len : sizeof(request)) == 0)
		return bytes.len < sizeof(request) ? APP_MORE : APP_YES;
	if (cur_u8(&c) != SESSION_MESSAGE)
		return APP_NO;
	if (bytes.len <= HEAD_SIZE)
		return APP_MORE;
	if (!is_magic((struct span){bytes.p + HEAD_SIZE, bytes.len - HEAD_SIZE}))
		return APP_NO;
	return bytes.len < HEAD_SIZE + MAGIC_SIZE ? APP_MORE : APP_YES;
}

static const struct app_use USE[] = {
    {APP_SMB_NAMED_PIPE, {SMB_BEGUN, APP_NEVER}},
    {APP_SMB_SHARE, {SMB_BEGUN, APP_NEVER}},
    {APP_SMB_NTLMSSP_USER, {SMB_BEGUN, APP_NEVER}},
    {APP_SMB_NTLMSSP_DOMAIN, {SMB_BEGUN, APP_NEVER}},
    {APP_SMB_VERSION, {SMB_BEGUN, SMB_BEGUN}},
    {APP_DCERPC_IFACE, {SMB_BEGUN, SMB_BEGUN}},
    {APP_DCERPC_OPNUM, {SMB_BEGUN, SMB_BEGUN}},
    {APP_DCERPC_STUB, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_DATA, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_NAME, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_MD5, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_SHA1, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_SHA256, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_SIZE, {SMB_BEGUN, SMB_BEGUN}},
    {APP_FILE_MAGIC, {SMB_BEGUN, SMB_BEGUN}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser smb_parser = {
    .id = APP_SMB,
    .name = "smb",
    .word = "smb",
    .over = APP_OVER_TCP,
    .takes_gaps = true,
    .done = {SMB_DONE, SMB_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = smb_probe,
    .state_new = smb_state_new,
    .state_free = smb_state_free,
    .read = smb_read,
    .tx_release = smb_tx_release,
    .buffer = smb_buffer,
    .inspected = smb_inspected,
    .file = smb_file,
    .write = smb_write,
};
