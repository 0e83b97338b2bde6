/* SPDX-License-Identifier: EUPL-1.2 */
/* What messages of SMB belong to: commands and their answers, trees, pipes. */
#include "agent/app/ntlmssp.h"
#include "agent/app/smb.h"

#include "common/jw.h"

#include <stdio.h>
#include <string.h>

struct smb_tx *
smb_tx_new(struct smb_message *m)
{
	struct smb_tx *tx = (struct smb_tx *)app_tx_new(m->a, sizeof(*tx));

	if (tx == NULL)
		return NULL;
	tx->version = m->version;
	tx->command = m->command;
	tx->session = m->session;
	tx->tree = m->tree;
	tx->message = m->id;
	buf_init(&tx->name, SMB_NAME_MAX);
	buf_init(&tx->domain, SMB_NAME_MAX);
	buf_init(&tx->user, SMB_NAME_MAX);
	buf_init(&tx->host, SMB_NAME_MAX);
	buf_init(&tx->share, SMB_NAME_MAX);
	return tx;
}

static struct smb_tx *
find_request(const struct smb_message *m)
{
	for (struct app_tx *t = m->a->first; t != NULL; t = t->next) {
		struct smb_tx *tx = (struct smb_tx *)t;

		if (tx->kind != SMB_CALL && tx->kind != SMB_DATA &&
		    tx->tx.progress[APP_TC] < SMB_DONE &&
		    tx->version == m->version && tx->command == m->command &&
		    tx->message == m->id)
			return tx;
	}
	return NULL;
}

struct smb_tx *
smb_tx_get(struct smb_message *m)
{
	struct smb_tx *tx = m->response ? find_request(m) : NULL;

	if (tx == NULL && (tx = smb_tx_new(m)) != NULL && m->response)
		tx->tx.progress[APP_TS] = SMB_DONE;
	if (tx == NULL || !m->response)
		return tx;
	tx->status = m->status;
	tx->has_status = true;
	if (m->session != 0)
		tx->session = m->session;
	if (m->tree == 0) /* an answer that came later does not say it */
		m->tree = tx->tree;
	tx->tree = m->tree;
	return tx;
}

void
smb_tx_finish(struct smb_message *m, struct smb_tx *tx)
{
	tx->tx.progress[m->response ? APP_TC : APP_TS] = SMB_DONE;
}

void
smb_tx_event(struct smb_message *m, enum smb_event event)
{
	struct smb_tx *tx = smb_tx_new(m);

	if (tx == NULL)
		return;
	app_tx_event(&tx->tx, event);
	tx->tx.progress[APP_TS] = tx->tx.progress[APP_TC] = SMB_DONE;
}

void
smb_event(struct smb_message *m, enum smb_event event)
{
	if (m->a->last != NULL)
		app_tx_event(m->a->last, event);
}

void
smb_files_lost(struct app_flow *a, enum app_dir d)
{
	for (struct app_tx *t = a->first; t != NULL; t = t->next) {
		struct smb_tx *tx = (struct smb_tx *)t;

		if (tx->kind == SMB_DATA && tx->data.dir == d)
			tx->data.lost = true;
	}
}

static void
text_release(struct app_flow *a, struct buf *b)
{
	app_drop(a, b->len);
	buf_release(b);
}

void
smb_tx_release(struct app_flow *a, struct app_tx *t)
{
	struct smb_tx *tx = (struct smb_tx *)t;

	text_release(a, &tx->name);
	text_release(a, &tx->domain);
	text_release(a, &tx->user);
	text_release(a, &tx->host);
	text_release(a, &tx->share);
	smb_file_release(a, tx);
	dcerpc_call_release(a, &tx->call);
}

/* Zeros go, as Suricata's do: rules on names of ASCII then hold of UTF-16 too. */
void
smb_set_text(struct app_flow *a, struct buf *b, struct span text)
{
	app_drop(a, b->len);
	buf_reset(b);
	for (size_t i = 0; i < text.len; i++)
		if (text.p[i] != 0 && buf_addc(b, (char)text.p[i]) == -1)
			break;
	if (!app_hold(a, b->len))
		buf_reset(b);
}

struct span
smb_at(const struct smb_message *m, size_t offset, size_t len)
{
	if (offset >= m->bytes.len)
		return (struct span){NULL, 0};
	if (len > m->bytes.len - offset)
		len = m->bytes.len - offset;
	return (struct span){m->bytes.p + offset, len};
}

void
smb_logon(struct smb_message *m, struct smb_tx *tx, struct span token)
{
	struct ntlmssp names;

	tx->kind = SMB_SESSION;
	switch (ntlmssp_read(token, &names)) {
	case NTLMSSP_AUTHENTICATE:
		tx->has_logon = true;
		smb_set_text(m->a, &tx->domain, names.domain);
		smb_set_text(m->a, &tx->user, names.user);
		smb_set_text(m->a, &tx->host, names.host);
		break;
	case NTLMSSP_BAD:
		if (!m->cut && !m->response)
			app_tx_event(&tx->tx, SMB_MALFORMED_NTLMSSP);
		break;
	case NTLMSSP_NONE:
	case NTLMSSP_NEGOTIATE:
	case NTLMSSP_CHALLENGE:
		break;
	}
}

/* --- trees and pipes --------------------------------------------------------------- */

/* The oldest gives way. */
void
smb_tree_set(struct smb_message *m, enum smb_tree_kind kind)
{
	size_t at = m->st->trees++ % SMB_TREES_MAX;

	m->st->tree[at].id = m->tree;
	m->st->tree[at].kind = kind;
}

static enum smb_tree_kind
tree_kind(const struct smb_message *m)
{
	for (size_t n = m->st->trees; n > 0 && m->st->trees - n < SMB_TREES_MAX;
	     n--)
		if (m->st->tree[(n - 1) % SMB_TREES_MAX].id == m->tree)
			return m->st->tree[(n - 1) % SMB_TREES_MAX].kind;
	return SMB_TREE_UNKNOWN;
}

static struct smb_pipe *
pipe_find(struct smb_state *st, uint64_t id)
{
	for (size_t i = 0; i < SMB_PIPES_MAX; i++)
		if (st->pipe[i].used && st->pipe[i].id == id)
			return &st->pipe[i];
	return NULL;
}

/* The oldest gives way. */
static struct smb_pipe *
pipe_new(struct smb_message *m, uint64_t id)
{
	struct smb_pipe *p = &m->st->pipe[m->st->pipes++ % SMB_PIPES_MAX];

	dcerpc_stream_reset(m->a, &p->stream[APP_TS]);
	dcerpc_stream_reset(m->a, &p->stream[APP_TC]);
	p->used = true;
	p->id = id;
	return p;
}

struct piped {
	struct smb_message *m;
	uint64_t pipe;
};

static struct smb_tx *
find_call(const struct piped *at, const struct dcerpc_pdu *pdu)
{
	struct smb_tx *found = NULL;

	for (struct app_tx *t = at->m->a->first; t != NULL; t = t->next) {
		struct smb_tx *tx = (struct smb_tx *)t;

		if (tx->kind == SMB_CALL && tx->call.pipe == at->pipe &&
		    dcerpc_call_wants(&tx->call, pdu))
			found = tx;
	}
	return found;
}

static void
on_pdu(void *arg, const struct dcerpc_pdu *pdu)
{
	struct piped *at = arg;
	struct smb_tx *tx;

	dcerpc_ifaces_pdu(&at->m->st->ifaces, at->pipe, pdu);
	if (!dcerpc_is_call(pdu->type))
		return;
	if ((tx = find_call(at, pdu)) == NULL) {
		if ((tx = smb_tx_new(at->m)) == NULL)
			return;
		tx->kind = SMB_CALL;
		dcerpc_call_begin(&tx->call, at->pipe, pdu->call_id);
		tx->call.done[APP_TS] = dcerpc_way(pdu->type) == APP_TC;
	}
	dcerpc_call_add(at->m->a, &tx->call, pdu);
	for (int d = 0; d < APP_DIRS; d++)
		if (tx->call.done[d])
			tx->tx.progress[d] = SMB_DONE;
}

/* Where the tree is not known, what it carries says whether it is a pipe. */
bool
smb_is_pipe(const struct smb_message *m, uint64_t id, struct span data)
{
	enum smb_tree_kind kind = tree_kind(m);

	if (kind != SMB_TREE_UNKNOWN)
		return kind == SMB_TREE_PIPE;
	return pipe_find(m->st, id) != NULL ||
	    (data.len > 0 && dcerpc_begins(data) == APP_YES);
}

void
smb_pipe_data(struct smb_message *m, uint64_t id, struct span data)
{
	struct smb_pipe *p = pipe_find(m->st, id);
	struct piped at = {m, id};

	if (data.len == 0 || tree_kind(m) == SMB_TREE_OTHER)
		return;
	if (p == NULL && dcerpc_begins(data) != APP_YES)
		return;
	if (p == NULL)
		p = pipe_new(m, id);
	dcerpc_feed(m->a, &p->stream[m->d], data, on_pdu, &at);
}

/* --- EVE ------------------------------------------------------------------------------ */

static void
write_text(struct jw *w, const char *key, const struct buf *b)
{
	if (b->len > 0)
		jw_strn(w, key, b->data, b->len);
}

static void
write_head(const struct smb_state *st, const struct smb_tx *tx, struct jw *w)
{
	const char *name = tx->version == 1 ? smb1_command(tx->command)
					    : smb2_command(tx->command);
	char text[24];

	jw_uint(w, "id", tx->tx.id + 1);
	if (tx->version == 1)
		jw_str(w, "dialect", "NT LM 0.12");
	else if (st->dialect != 0) {
		snprintf(text, sizeof(text), "%x.%02x", st->dialect >> 8,
		    st->dialect & 0xff);
		jw_str(w, "dialect", text);
	}
	if (name != NULL)
		jw_str(w, "command", name);
	if (tx->has_status) {
		snprintf(text, sizeof(text), "0x%x", tx->status);
		jw_str(w, "status_code", text);
	}
	jw_uint(w, "session_id", tx->session);
	jw_uint(w, "tree_id", tx->tree);
}

void
smb_write(const struct app_flow *a, const struct app_tx *t, struct jw *w)
{
	const struct smb_state *st = a->state;
	const struct smb_tx *tx = (const struct smb_tx *)t;

	write_head(st, tx, w);
	if (tx->kind == SMB_FILE || tx->kind == SMB_DATA)
		write_text(w, "filename", &tx->name);
	if (tx->kind == SMB_DATA)
		write_text(w, "share", &tx->share);
	if (tx->kind == SMB_TREE)
		write_text(w, tx->is_pipe ? "named_pipe" : "share", &tx->name);
	if (tx->has_logon) {
		jw_object(w, "ntlmssp");
		write_text(w, "domain", &tx->domain);
		write_text(w, "user", &tx->user);
		write_text(w, "host", &tx->host);
		jw_end_object(w);
	}
	if (tx->kind == SMB_CALL) {
		jw_object(w, "dcerpc");
		dcerpc_call_write(&st->ifaces, &tx->call, w);
		jw_end_object(w);
	}
}
