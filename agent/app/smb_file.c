/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files that are read and written through SMB: what goes one way through an open
 * file is a file and a transaction, until it is closed.  Chunks come in any order;
 * those ahead of their turn wait, those behind it are told and left out.
 */
#include "agent/app/smb.h"

#include "common/cursor.h"

#include <stdlib.h>

/* Before a file is closed so much of it must be there; Suricata's
 * content-inspect-min-size. */
#define AT_LEAST 32768

/* --- open files ------------------------------------------------------------------------- */

static struct smb_tx *
find_file(const struct app_flow *a, uint64_t id, enum app_dir d)
{
	for (struct app_tx *t = a->first; t != NULL; t = t->next) {
		struct smb_tx *tx = (struct smb_tx *)t;

		if (tx->kind == SMB_DATA && tx->data.id == id &&
		    tx->data.dir == d && !tx->data.file.closed)
			return tx;
	}
	return NULL;
}

static struct smb_tx *
new_file(struct smb_message *m, uint64_t id)
{
	static const struct span unknown = {(const uint8_t *)"<unknown>", 9};
	struct span name = smb_name_get(m->st->files, id);
	struct smb_tx *tx = smb_tx_new(m);

	if (tx == NULL)
		return NULL;
	if (name.len == 0 && m->d == APP_TC)
		name = unknown;
	tx->kind = SMB_DATA;
	tx->data.id = id;
	tx->data.dir = m->d;
	smb_set_text(m->a, &tx->name, name);
	smb_set_text(m->a, &tx->share, smb_name_get(m->st->shares, m->tree));
	file_begin(m->a, &tx->data.file, (struct span){tx->name.data, tx->name.len},
	    AT_LEAST);
	return tx;
}

/* What a compound did to the file that it opened was kept by a number of ours. */
static void
rename_file(struct smb_message *m, uint64_t from, uint64_t to)
{
	struct smb_state *st = m->st;

	for (int d = 0; d < APP_DIRS; d++) {
		struct smb_tx *tx = find_file(m->a, from, (enum app_dir)d);

		if (tx != NULL)
			tx->data.id = to;
	}
	for (size_t i = 0; st->read != NULL && i < SMB_READS_MAX; i++)
		if (st->read[i].file == from)
			st->read[i].file = to;
}

void
smb_file_opened(struct smb_message *m, struct smb_tx *tx, uint64_t id)
{
	if (m->response && tx->pipe != 0)
		rename_file(m, tx->pipe, id);
	tx->pipe = id;
	smb_name_set(m->a, &m->st->files, id, &tx->name);
}

/* --- chunks ----------------------------------------------------------------------------- */

static void
chunk_free(struct app_flow *a, struct smb_file *f, struct smb_chunk **at)
{
	struct smb_chunk *c = *at;

	*at = c->next;
	f->waiting--;
	f->waiting_bytes -= c->data.len;
	app_drop(a, sizeof(*c) + c->data.len);
	buf_release(&c->data);
	free(c);
}

static struct smb_chunk *
chunk_new(struct app_flow *a, struct smb_file *f, uint64_t offset)
{
	struct smb_chunk *c;

	for (c = f->wait; c != NULL; c = c->next)
		if (c->offset == offset)
			return NULL;
	if (!app_hold(a, sizeof(*c)))
		return NULL;
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		app_drop(a, sizeof(*c));
		return NULL;
	}
	buf_init(&c->data, SMB_QUEUE_MAX);
	c->offset = offset;
	c->next = f->wait;
	f->wait = c;
	f->waiting++;
	return c;
}

static void
chunk_forget(struct app_flow *a, struct smb_file *f, const struct smb_chunk *c)
{
	struct smb_chunk **at = &f->wait;

	while (*at != c)
		at = &(*at)->next;
	chunk_free(a, f, at);
}

static bool
chunk_add(
    struct app_flow *a, struct smb_file *f, struct smb_chunk *c, struct span bytes)
{
	if (!app_hold(a, bytes.len))
		return false;
	if (buf_add(&c->data, bytes.p, bytes.len) == -1) {
		app_drop(a, bytes.len);
		return false;
	}
	f->waiting_bytes += bytes.len;
	return true;
}

static void
file_grow(struct app_flow *a, struct smb_file *f, struct span bytes)
{
	file_add(a, &f->file, bytes);
	f->end += bytes.len;
}

/* What waits and has its turn by now; what has missed it. */
static void
chunks_drain(struct app_flow *a, struct smb_file *f)
{
	struct smb_chunk **at = &f->wait;

	while (*at != NULL) {
		struct smb_chunk *c = *at;

		if (c->offset > f->end) {
			at = &c->next;
			continue;
		}
		if (c->offset == f->end)
			file_grow(a, f, (struct span){c->data.data, c->data.len});
		chunk_free(a, f, at);
		at = &f->wait;
	}
}

static void
close_file(struct app_flow *a, struct smb_tx *tx)
{
	while (tx->data.wait != NULL)
		chunk_free(a, &tx->data, &tx->data.wait);
	file_end(&tx->data.file);
	tx->tx.progress[APP_TS] = tx->tx.progress[APP_TC] = SMB_DONE;
}

void
smb_file_release(struct app_flow *a, struct smb_tx *tx)
{
	struct smb_state *st = a->state;

	for (int d = 0; d < APP_DIRS; d++)
		if (st->side[d].tail.tx == tx)
			st->side[d].tail = (struct smb_tail){.left = 0};
	while (tx->data.wait != NULL)
		chunk_free(a, &tx->data, &tx->data.wait);
	file_release(a, &tx->data.file);
}

void
smb_file_close(struct smb_message *m, uint64_t id)
{
	struct smb_state *st = m->st;
	bool asked = smb_read_waits(st, id);
	struct smb_tx *tx;

	for (size_t i = 0; asked && i < SMB_READS_MAX; i++)
		if (st->read[i].file == id)
			st->read[i].closed = true;
	if ((tx = find_file(m->a, id, APP_TS)) != NULL)
		close_file(m->a, tx);
	if (!asked && (tx = find_file(m->a, id, APP_TC)) != NULL)
		close_file(m->a, tx);
}

void
smb_read_failed(struct smb_message *m, const struct smb_read *r)
{
	struct smb_tx *tx = find_file(m->a, r->file, APP_TC);

	if (tx != NULL && r->closed && !smb_read_waits(m->st, r->file))
		close_file(m->a, tx);
}

/* --- data ------------------------------------------------------------------------------- */

/* May a chunk ahead of its turn wait? */
static bool
has_room(struct smb_message *m, const struct smb_file *f, size_t len)
{
	bool reads = m->d == APP_TC;

	if (f->waiting_bytes + len > SMB_QUEUE_MAX) {
		smb_event(m, reads ? SMB_READ_QUEUE_SIZE : SMB_WRITE_QUEUE_SIZE);
		return false;
	}
	if (f->waiting >= SMB_CHUNKS_MAX) {
		smb_event(m, reads ? SMB_READ_QUEUE_COUNT : SMB_WRITE_QUEUE_COUNT);
		return false;
	}
	return true;
}

/* Where a chunk goes, in tail->tx; false: nowhere. */
static bool
place_chunk(
    struct smb_message *m, uint64_t offset, size_t len, struct smb_tail *tail)
{
	struct smb_file *f = &tail->tx->data;
	bool room = true;

	if (offset < f->end) {
		smb_event(m, SMB_FILE_OVERLAP);
		return false;
	}
	if (f->lost && offset > f->end) {
		file_gap(m->a, &f->file, offset - f->end);
		f->end = offset;
	}
	f->lost = false;
	if (f->wait != NULL || offset != f->end)
		room = has_room(m, f, len);
	if (offset != f->end &&
	    (!room || (tail->chunk = chunk_new(m->a, f, offset)) == NULL))
		return false;
	return true;
}

static bool
is_too_large(struct smb_message *m, size_t len, size_t there)
{
	bool reads = m->d == APP_TC;
	uint32_t max = reads ? m->st->max_read : m->st->max_write;

	if (len - there > m->missing) {
		smb_event(m, reads ? SMB_MAX_READ_SIZE : SMB_MAX_WRITE_SIZE);
		return true;
	}
	if (len > SMB_DATA_MAX || (max != 0 && len > max)) {
		smb_event(
		    m, reads ? SMB_READ_RESPONSE_SIZE : SMB_WRITE_REQUEST_SIZE);
		return true;
	}
	return false;
}

void
smb_file_data(
    struct smb_message *m, const struct smb_read *where, size_t offset, size_t len)
{
	struct smb_tail *tail = &m->st->side[m->d].tail;
	struct span data = smb_at(m, offset, len);

	if (is_too_large(m, len, data.len))
		return;
	smb_tail_end(m->a, m->d);
	*tail = (struct smb_tail){.id = where->file,
	    .left = len,
	    .is_pipe = smb_is_pipe(m, where->file, data),
	    .close = where->closed && !smb_read_waits(m->st, where->file)};
	if (offset > m->bytes.len)
		tail->skip = offset - m->bytes.len;
	if (!tail->is_pipe) {
		tail->tx = find_file(m->a, where->file, m->d);
		if (tail->tx == NULL)
			tail->tx = new_file(m, where->file);
		if (tail->tx == NULL || !place_chunk(m, where->offset, len, tail)) {
			tail->left = 0;
			smb_tail_end(m->a, m->d);
			return;
		}
	}
	smb_tail_add(m->a, m->d, data);
}

/* false: it is not to be had. */
static bool
tail_take(struct app_flow *a, enum app_dir d, struct smb_tail *t, struct span bytes)
{
	struct smb_message m = {.a = a, .st = a->state, .d = d};

	if (t->is_pipe)
		smb_pipe_data(&m, t->id, bytes);
	else if (t->chunk != NULL)
		return chunk_add(a, &t->tx->data, t->chunk, bytes);
	else
		file_grow(a, &t->tx->data, bytes);
	return true;
}

void
smb_tail_add(struct app_flow *a, enum app_dir d, struct span bytes)
{
	struct smb_state *st = a->state;
	struct smb_tail *t = &st->side[d].tail;
	struct cursor c = cur_of_span(bytes);
	size_t skip = bytes.len < t->skip ? bytes.len : t->skip;

	t->skip -= skip;
	cur_take(&c, skip);
	bytes = cur_rest(&c);
	if (bytes.len > t->left)
		bytes.len = t->left;
	t->left -= bytes.len;
	if (bytes.len > 0 && !tail_take(a, d, t, bytes))
		t->left += bytes.len;
	else if (t->left > 0)
		return;
	smb_tail_end(a, d);
}

void
smb_tail_gap(struct app_flow *a, enum app_dir d, size_t missing)
{
	struct smb_state *st = a->state;
	struct smb_tail *t = &st->side[d].tail;
	size_t skip = missing < t->skip ? missing : t->skip;

	t->skip -= skip;
	missing -= skip;
	if (missing > t->left)
		missing = t->left;
	if (missing == 0)
		return;
	if (t->tx == NULL || t->chunk != NULL) {
		smb_tail_end(a, d);
		return;
	}
	t->left -= missing;
	file_gap(a, &t->tx->data.file, missing);
	t->tx->data.end += missing;
	if (t->left == 0)
		smb_tail_end(a, d);
}

void
smb_tail_end(struct app_flow *a, enum app_dir d)
{
	struct smb_state *st = a->state;
	struct smb_tail t = st->side[d].tail;

	st->side[d].tail = (struct smb_tail){.left = 0};
	if (t.tx == NULL)
		return;
	if (t.chunk != NULL && t.left > 0)
		chunk_forget(a, &t.tx->data, t.chunk);
	chunks_drain(a, &t.tx->data);
	if (t.close)
		close_file(a, t.tx);
}

void
smb_files_end(struct app_flow *a, enum app_dir d)
{
	smb_tail_end(a, d);
	for (struct app_tx *t = a->first; t != NULL; t = t->next) {
		struct smb_tx *tx = (struct smb_tx *)t;

		if (tx->kind == SMB_DATA && tx->data.dir == d &&
		    !tx->data.file.closed) {
			file_sum_break(&tx->data.file.sum);
			file_end(&tx->data.file);
		}
	}
}
