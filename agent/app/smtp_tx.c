/* SPDX-License-Identifier: EUPL-1.2 */
/* Mails as transactions, and what rules and records ask of them. */
#include "agent/app/smtp.h"

#include "common/jw.h"

#include <string.h>

const char *const smtp_events[SMTP_EVENTS_ALL + 1] = {
    [SMTP_EVENT_INVALID_REPLY] = "invalid_reply",
    [SMTP_EVENT_REPLY_UNMATCHED] = "unable_to_match_reply_with_request",
    [SMTP_EVENT_COMMAND_LONG] = "max_command_line_len_exceeded",
    [SMTP_EVENT_REPLY_LONG] = "max_reply_line_len_exceeded",
    [SMTP_EVENT_BDAT_EXCEEDED] = "bdat_chunk_len_exceeded",
    [SMTP_EVENT_NO_WELCOME] = "no_server_welcome_message",
    [SMTP_EVENT_TLS_REJECTED] = "tls_rejected",
    [SMTP_EVENT_CHANGE_FAILED] = "failed_protocol_change",
    [SMTP_EVENT_DATA_REJECTED] = "data_command_rejected",
    [SMTP_EVENT_DUPLICATE] = "duplicate_fields",
    [SMTP_EVENT_MIME + MIME_LONG_BOUNDARY] = "mime_long_boundary",
    [SMTP_EVENT_MIME + MIME_BAD_BASE64] = "mime_invalid_base64",
    [SMTP_EVENT_MIME + MIME_BAD_QUOTED] = "mime_invalid_qp",
};

/* --- transactions ---------------------------------------------------------------- */

bool
smtp_keep(struct app_flow *a, struct buf *b, struct span s)
{
	if (s.len == 0 || b->len + s.len > b->max || !app_hold(a, s.len))
		return false;
	if (buf_add(b, s.p, s.len) == 0)
		return true;
	app_drop(a, s.len);
	return false;
}

struct smtp_tx *
smtp_current(struct app_flow *a, struct smtp_state *s, bool may_begin)
{
	struct smtp_tx *tx = s->tx;

	if (tx != NULL && (!tx->is_over || !may_begin))
		return tx;
	if ((tx = (struct smtp_tx *)app_tx_new(a, sizeof(*tx))) == NULL)
		return NULL;
	buf_init(&tx->from, SMTP_COMMAND_MAX);
	buf_init(&tx->to, SMTP_RECIPIENTS_MAX);
	return s->tx = tx;
}

void
smtp_set_event(const struct smtp_state *s, unsigned event)
{
	if (s->tx != NULL)
		app_tx_event(&s->tx->tx, event);
}

void
smtp_end_mail(struct app_flow *a, struct smtp_state *s)
{
	struct smtp_tx *tx = s->tx;

	if (tx == NULL || tx->is_over)
		return;
	if (tx->has_mail && !tx->mime.is_done) {
		mime_end(a, &tx->mime);
		tx->tx.events |= (uint64_t)tx->mime.events << SMTP_EVENT_MIME;
	}
	tx->is_over = true;
	tx->tx.progress[APP_TS] = 1;
}

void
smtp_tx_release(struct app_flow *a, struct app_tx *t)
{
	struct smtp_tx *tx = (struct smtp_tx *)t;
	struct smtp_state *s = a->state;

	if (s->tx == tx)
		s->tx = NULL;
	app_drop(a, tx->from.len + tx->to.len);
	buf_release(&tx->from);
	buf_release(&tx->to);
	if (tx->has_mail)
		mime_release(a, &tx->mime);
}

/* --- what others ask -------------------------------------------------------------------- */

enum app_have
smtp_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct smtp_tx *t = (const struct smtp_tx *)tx;
	const struct mime_file *f = t->has_mail ? t->mime.first : NULL;
	bool more = !t->is_over;

	(void)a;
	for (; d == APP_TS && f != NULL; f = f->next)
		/* A file that was empty has nothing to look at. */
		if ((b != APP_FILE_DATA || !f->file.closed ||
			f->file.start + f->file.data.len > 0) &&
		    instance-- == 0)
			return file_buffer(&f->file, b, out);
	return more && d == APP_TS ? APP_NOT_YET : APP_ABSENT;
}

void
smtp_inspected(struct app_flow *a, struct app_tx *tx, enum app_dir d)
{
	struct smtp_tx *t = (struct smtp_tx *)tx;

	if (d != APP_TS || !t->has_mail)
		return;
	for (struct mime_file *f = t->mime.first; f != NULL; f = f->next)
		file_inspected(a, &f->file);
}

bool
smtp_file(const struct app_flow *a, const struct app_tx *tx, enum app_dir d,
    unsigned i, struct app_file *out)
{
	const struct smtp_tx *t = (const struct smtp_tx *)tx;
	const struct mime_file *f = t->has_mail ? t->mime.first : NULL;

	(void)a;
	for (; f != NULL && i > 0; i--)
		f = f->next;
	return d == APP_TS && f != NULL && file_tell(&f->file, out);
}

void
smtp_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct smtp_state *s = a->state;
	const struct smtp_tx *t = (const struct smtp_tx *)tx;
	struct cursor c = cur_of(t->to.data, t->to.len);

	if (s->helo.len > 0)
		jw_strn(w, "helo", s->helo.data, s->helo.len);
	if (t->from.len > 0)
		jw_strn(w, "mail_from", t->from.data, t->from.len);
	if (t->to.len == 0)
		return;
	jw_array(w, "rcpt_to");
	while (c.left > 0) {
		const uint8_t *end = memchr(c.pos, '\n', c.left);
		size_t n = end == NULL ? c.left : (size_t)(end - c.pos);

		jw_strn(w, NULL, cur_take(&c, n), n);
		cur_take(&c, end != NULL);
	}
	jw_end_array(w);
}

void
smtp_write_beside(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct smtp_tx *t = (const struct smtp_tx *)tx;

	(void)a;
	if (!t->has_mail)
		return;
	jw_object(w, "email");
	mime_write(&t->mime, w);
	jw_end_object(w);
}
