/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A transfer that FTP's control connection announced.  A connection is one file,
 * of one direction, and one transaction.
 */
#include "agent/app/expect.h"
#include "agent/app/file.h"
#include "agent/app/ftp.h"
#include "common/jw.h"

#include <stdlib.h>

enum {
	PROGRESS_BEGUN,
	PROGRESS_DONE,
};

struct state {
	bool begun;
	enum ftp_transfer transfer;
	enum app_dir dir; /* in which the file goes */
	struct expect_row row;
	struct file file;
};

/* Whoever is called is the server of this connection. */
static enum app_dir
direction(unsigned command)
{
	bool from_ftp_server = (command & FTP_TRANSFER) == FTP_RETR;
	bool ftp_server_calls = (command & FTP_SERVER_CALLS) != 0;

	return from_ftp_server == ftp_server_calls ? APP_TS : APP_TC;
}

static void
begin(struct app_flow *a, struct state *s)
{
	struct app_tx *tx;

	s->begun = true;
	if (!expect_take(a, APP_FTP_DATA, &s->row)) {
		app_stop(a, APP_TS);
		app_stop(a, APP_TC);
		return;
	}
	s->transfer = (enum ftp_transfer)(s->row.command & FTP_TRANSFER);
	s->dir = direction(s->row.command);
	file_begin(a, &s->file,
	    (struct span){(const uint8_t *)s->row.name, s->row.name_len}, 0);
	if ((tx = app_tx_new(a, sizeof(*tx))) == NULL)
		file_sum_no_copy(&s->file.sum);
	else
		tx->progress[s->dir == APP_TS ? APP_TC : APP_TS] = PROGRESS_DONE;
}

static size_t
ftp_data_read(struct app_flow *a, const struct stream_news *n)
{
	struct state *s = a->state;

	if (!s->begun)
		begin(a, s);
	if ((n->to_server ? APP_TS : APP_TC) != s->dir || s->transfer == 0)
		return n->data.len;
	if (n->kind == STREAM_GAP)
		file_gap(a, &s->file, n->missing);
	else if (n->kind == STREAM_END) {
		if (n->truncated)
			file_sum_break(&s->file.sum);
		file_end(&s->file);
	} else
		file_add(a, &s->file, n->data);
	return n->data.len;
}

static enum app_have
ftp_data_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct state *s = a->state;

	(void)tx;
	if (b == APP_FTPDATA_COMMAND) {
		out->number = s->transfer;
		return APP_HAVE;
	}
	return d == s->dir && instance == 0 ? file_buffer(&s->file, b, out)
					    : APP_ABSENT;
}

static void
ftp_data_inspected(struct app_flow *a, struct app_tx *tx, enum app_dir d)
{
	struct state *s = a->state;

	(void)tx;
	if (d == s->dir)
		file_inspected(a, &s->file);
}

static void
ftp_data_release(struct app_flow *a, struct app_tx *tx)
{
	struct state *s = a->state;

	(void)tx;
	file_release(a, &s->file);
	s->file.closed = true;
}

static bool
ftp_data_file(const struct app_flow *a, const struct app_tx *tx, enum app_dir d,
    unsigned i, struct app_file *out)
{
	const struct state *s = a->state;

	(void)tx;
	return d == s->dir && i == 0 && file_tell(&s->file, out);
}

static void
ftp_data_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct state *s = a->state;

	(void)tx;
	jw_strn(w, "filename", s->row.name, s->row.name_len);
	jw_str(w, "command", s->transfer == FTP_RETR ? "RETR" : "STOR");
}

static void *
ftp_data_state_new(void)
{
	return calloc(1, sizeof(struct state));
}

static void
ftp_data_state_free(void *state)
{
	struct state *s = state;

	/* What it held is counted off with the flow. */
	buf_release(&s->file.data);
	free(s->file.sum.digests);
	file_magic_free(NULL, s->file.magic);
	free(s);
}

static enum app_guess
ftp_data_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	(void)d;
	(void)bytes;
	return app_flow_id(f) == APP_FTP_DATA ||
		expect_find(f, APP_FTP_DATA) != NULL
	    ? APP_YES
	    : APP_NO;
}

static const struct app_use USE[] = {
    {APP_FTPDATA_COMMAND, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_DATA, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_NAME, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_MD5, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_SHA1, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_SHA256, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_SIZE, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_FILE_MAGIC, {PROGRESS_BEGUN, PROGRESS_BEGUN}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser ftp_data_parser = {
    .id = APP_FTP_DATA,
    .name = "ftp-data",
    .word = "ftp-data",
    .object = "ftp_data",
    .over = APP_OVER_TCP,
    .takes_gaps = true,
    .done = {PROGRESS_DONE, PROGRESS_DONE},
    .use = USE,
    .probe = ftp_data_probe,
    .state_new = ftp_data_state_new,
    .state_free = ftp_data_state_free,
    .read = ftp_data_read,
    .tx_release = ftp_data_release,
    .buffer = ftp_data_buffer,
    .inspected = ftp_data_inspected,
    .file = ftp_data_file,
    .write = ftp_data_write,
};
