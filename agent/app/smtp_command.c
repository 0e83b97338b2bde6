/* SPDX-License-Identifier: EUPL-1.2 */
/* What SMTP's clients say: commands, and mails after DATA and BDAT (RFC 5321, section
 * 4.1; 3030). */
#include "agent/app/smtp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	enum smtp_command command;
} COMMANDS[] = {
    {"HELO", SMTP_COMMAND_HELO},
    {"EHLO", SMTP_COMMAND_HELO},
    {"MAIL FROM:", SMTP_COMMAND_MAIL},
    {"RCPT TO:", SMTP_COMMAND_RCPT},
    {"DATA", SMTP_COMMAND_DATA},
    {"BDAT", SMTP_COMMAND_BDAT},
    {"STARTTLS", SMTP_COMMAND_STARTTLS},
    {"RSET", SMTP_COMMAND_RSET},
    {"QUIT", SMTP_COMMAND_QUIT},
};

/* --- commands --------------------------------------------------------------------- */

static enum smtp_command
command_of(struct span line, struct span *argument)
{
	for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
		size_t len = strlen(COMMANDS[i].name);

		if (line.len < len ||
		    strncasecmp(COMMANDS[i].name, (const char *)line.p, len) != 0)
			continue;
		*argument = (struct span){line.p + len, line.len - len};
		while (argument->len > 0 && argument->p[0] == ' ') {
			argument->p++;
			argument->len--;
		}
		return COMMANDS[i].command;
	}
	return SMTP_COMMAND_OTHER;
}

/* Of "<jan@example.org> SIZE=1" the address with its brackets. */
static struct span
address(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != ' ')
		n++;
	s.len = n;
	return s;
}

static void
on_once(struct app_flow *a, struct smtp_state *s, struct buf *b, struct span value)
{
	if (b->len > 0)
		smtp_set_event(s, SMTP_EVENT_DUPLICATE);
	else
		smtp_keep(a, b, value);
}

static void
begin_mail(struct smtp_tx *tx)
{
	if (tx == NULL || tx->has_mail)
		return;
	mime_begin(&tx->mime);
	tx->has_mail = true;
}

/* "BDAT 1000 LAST" */
static void
on_bdat(struct smtp_state *s, struct span argument)
{
	struct cursor c = cur_of_span(argument);
	const uint8_t *p;

	s->chunk = 0;
	while ((p = cur_peek(&c, 1)) != NULL && *p >= '0' && *p <= '9' &&
	    s->chunk < UINT32_MAX)
		s->chunk = s->chunk * 10 + (uint64_t)(cur_u8(&c) - '0');
	while ((p = cur_peek(&c, 1)) != NULL && *p == ' ')
		cur_take(&c, 1);
	s->last_chunk =
	    c.left >= 4 && strncasecmp((const char *)c.pos, "LAST", 4) == 0;
}

static void
await(struct smtp_state *s, enum smtp_command command)
{
	if (s->waiting == SMTP_PIPELINE_MAX) {
		s->lost = true;
		return;
	}
	s->pipeline[(s->oldest + s->waiting++) % SMTP_PIPELINE_MAX] =
	    (uint8_t)command;
}

static void
on_recipient(struct app_flow *a, struct smtp_tx *tx, struct span value)
{
	if (tx != NULL && value.len > 0 && smtp_keep(a, &tx->to, value))
		smtp_keep(a, &tx->to, (struct span){(const uint8_t *)"\n", 1});
}

static void
on_command(struct app_flow *a, struct smtp_state *s, struct span line)
{
	struct span argument = {NULL, 0};
	enum smtp_command command =
	    line.len == 0 ? SMTP_COMMAND_OTHER : command_of(line, &argument);
	struct smtp_tx *tx = smtp_current(
	    a, s, command != SMTP_COMMAND_RSET && command != SMTP_COMMAND_QUIT);

	if (line.len > SMTP_COMMAND_MAX)
		smtp_set_event(s, SMTP_EVENT_COMMAND_LONG);
	await(s, command);
	switch (command) {
	case SMTP_COMMAND_HELO:
		on_once(a, s, &s->helo, address(argument));
		break;
	case SMTP_COMMAND_MAIL:
		if (tx != NULL)
			on_once(a, s, &tx->from, address(argument));
		break;
	case SMTP_COMMAND_RCPT:
		on_recipient(a, tx, address(argument));
		break;
	case SMTP_COMMAND_DATA:
		s->in_data = true;
		begin_mail(tx);
		break;
	case SMTP_COMMAND_BDAT:
		begin_mail(tx);
		on_bdat(s, argument);
		if (s->chunk == 0 && s->last_chunk)
			smtp_end_mail(a, s);
		break;
	case SMTP_COMMAND_RSET:
		smtp_end_mail(a, s);
		break;
	case SMTP_COMMAND_STARTTLS:
	case SMTP_COMMAND_QUIT:
	case SMTP_COMMAND_OTHER:
	case SMTP_COMMAND_END_OF_DATA:
		break;
	}
}

/* --- mail --------------------------------------------------------------------------- */

static void
mail_line(struct app_flow *a, struct smtp_state *s, const struct lines_got *got)
{
	struct smtp_tx *tx = s->tx;

	if (tx != NULL && tx->has_mail && !tx->mime.is_done) {
		mime_line(a, &tx->mime, got->line, !s->in_piece, got->whole);
		tx->tx.events |= (uint64_t)tx->mime.events << SMTP_EVENT_MIME;
	}
	s->in_piece = got->piece;
}

static void
on_data(struct app_flow *a, struct smtp_state *s, struct lines_got *got)
{
	bool starts = !s->in_piece;

	if (starts && got->whole && got->line.len == 1 && got->line.p[0] == '.') {
		s->in_data = false;
		await(s, SMTP_COMMAND_END_OF_DATA);
		smtp_end_mail(a, s);
		stream_flush(a->flow, true);
		return;
	}
	/* RFC 5321, section 4.5.2: a dot more for lines that begin with one. */
	if (starts && got->line.len > 0 && got->line.p[0] == '.') {
		got->line.p++;
		got->line.len--;
	}
	mail_line(a, s, got);
}

/* At most the chunk's bytes; how many were used. */
static size_t
read_chunk(struct app_flow *a, struct smtp_state *s, struct span in)
{
	size_t n = in.len < s->chunk ? in.len : (size_t)s->chunk;
	struct lines_got got =
	    lines_next(a, &s->lines[APP_TS], (struct span){in.p, n});

	s->chunk -= got.used;
	if (got.whole || got.piece)
		mail_line(a, s, &got);
	if (s->chunk > 0)
		return got.used;
	if (!got.whole && got.used < in.len)
		smtp_set_event(s, SMTP_EVENT_BDAT_EXCEEDED);
	if (!s->last_chunk)
		return got.used;
	if (!got.whole && !got.piece) { /* a last line without an end */
		got.line = (struct span){
		    s->lines[APP_TS].held.data, s->lines[APP_TS].held.len};
		mail_line(a, s, &got);
		lines_forget(a, &s->lines[APP_TS]);
	}
	s->in_piece = false;
	smtp_end_mail(a, s);
	return got.used;
}

size_t
smtp_read_request(struct app_flow *a, struct smtp_state *s, struct span in)
{
	struct lines_got got;

	if (s->chunk > 0)
		return read_chunk(a, s, in);
	got = lines_next(a, &s->lines[APP_TS], in);
	if (s->in_data && (got.whole || got.piece))
		on_data(a, s, &got);
	else if (got.whole) {
		if (!s->in_piece)
			on_command(a, s, got.line);
		s->in_piece = false;
	} else if (got.piece && !s->in_piece) {
		s->in_piece = true;
		on_command(a, s, got.line);
	}
	return got.used;
}
