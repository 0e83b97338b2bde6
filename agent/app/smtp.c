/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SMTP (RFC 5321; BDAT: RFC 3030; STARTTLS: RFC 3207).  A mail is a transaction,
 * with what was said before it; RSET ends one, as Suricata 7 has it.
 */
#include "agent/app/smtp.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CODE_SIZE 3

/* --- replies -------------------------------------------------------------------------- */

static bool
has_code(struct span line)
{
	for (size_t i = 0; i < CODE_SIZE; i++)
		if (i >= line.len || line.p[i] < '0' || line.p[i] > '9')
			return false;
	return line.p[0] >= '2' && line.p[0] <= '5';
}

static bool
is_code(struct span line, const char *code)
{
	return line.len >= CODE_SIZE && memcmp(line.p, code, CODE_SIZE) == 0;
}

static void
on_welcome(struct app_flow *a, struct smtp_state *s, struct span line)
{
	s->welcomed = true;
	smtp_current(a, s, true);
	if (!is_code(line, "220"))
		smtp_set_event(s, SMTP_EVENT_NO_WELCOME);
}

static void
on_answer(struct app_flow *a, struct smtp_state *s, enum smtp_command command,
    struct span line)
{
	switch (command) {
	case SMTP_COMMAND_STARTTLS:
		if (!is_code(line, "220"))
			smtp_set_event(s, SMTP_EVENT_TLS_REJECTED);
		else if (!app_change(a, APP_TLS))
			smtp_set_event(s, SMTP_EVENT_CHANGE_FAILED);
		break;
	case SMTP_COMMAND_DATA:
		if (is_code(line, "354"))
			break;
		smtp_set_event(s, SMTP_EVENT_DATA_REJECTED);
		s->in_data = false;
		break;
	default:
		break;
	}
	/* The reply to a mail that is over is the last of it. */
	if (s->tx != NULL && s->tx->is_over && s->waiting == 0)
		s->tx->tx.progress[APP_TC] = 1;
}

static void
on_reply(struct app_flow *a, struct smtp_state *s, struct span line)
{
	enum smtp_command command;

	if (line.len > SMTP_COMMAND_MAX)
		smtp_set_event(s, SMTP_EVENT_REPLY_LONG);
	if (!has_code(line)) {
		smtp_current(a, s, true);
		smtp_set_event(s, SMTP_EVENT_INVALID_REPLY);
		return;
	}
	if (line.len > CODE_SIZE && line.p[CODE_SIZE] == '-')
		return;
	if (!s->welcomed) {
		on_welcome(a, s, line);
		return;
	}
	if (s->waiting == 0) {
		if (!s->lost)
			smtp_set_event(s, SMTP_EVENT_REPLY_UNMATCHED);
		return;
	}
	command = (enum smtp_command)s->pipeline[s->oldest];
	s->oldest = (s->oldest + 1) % SMTP_PIPELINE_MAX;
	s->waiting--;
	on_answer(a, s, s->lost ? SMTP_COMMAND_OTHER : command, line);
}

static size_t
read_reply(struct app_flow *a, struct smtp_state *s, struct span in)
{
	struct lines_got got = lines_next(a, &s->lines[APP_TC], in);

	if (got.whole && got.line.len > 0)
		on_reply(a, s, got.line);
	return got.used;
}

static size_t
smtp_read(struct app_flow *a, const struct stream_news *n)
{
	struct smtp_state *s = a->state;
	struct span in = n->data;

	if (n->kind == STREAM_END && n->to_server)
		smtp_end_mail(a, s);
	while (in.len > 0 && !a->changed) {
		size_t used = n->to_server ? smtp_read_request(a, s, in)
					   : read_reply(a, s, in);

		in.p += used;
		in.len -= used;
	}
	return n->data.len - in.len;
}

/* --- the parser --------------------------------------------------------------------- */

static void *
smtp_state_new(void)
{
	struct smtp_state *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	for (int d = 0; d < APP_DIRS; d++)
		lines_init(&s->lines[d], MIME_LINE_MAX);
	s->lines[APP_TS].split = true;
	buf_init(&s->helo, SMTP_COMMAND_MAX);
	return s;
}

static void
smtp_state_free(void *state)
{
	struct smtp_state *s = state;

	for (int d = 0; d < APP_DIRS; d++)
		lines_release(&s->lines[d]);
	buf_release(&s->helo);
	free(s);
}

static enum app_guess
smtp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	static const char *const TS[] = {"EHLO", "HELO", "QUIT"};
	const uint16_t port = f->key.bport;

	if (d == APP_TC) {
		if ((port != 25 && port != 465) ||
		    memcmp(bytes.p, "220 ", bytes.len < 3 ? bytes.len : 3) != 0)
			return APP_NO;
		if (bytes.len < CODE_SIZE + 1)
			return APP_MORE;
		return bytes.p[CODE_SIZE] == ' ' || bytes.p[CODE_SIZE] == '-'
		    ? APP_YES
		    : APP_NO;
	}
	for (size_t i = 0; i < sizeof(TS) / sizeof(TS[0]); i++)
		if (strncasecmp((const char *)bytes.p, TS[i],
			bytes.len < 4 ? bytes.len : 4) == 0)
			return bytes.len < 4 ? APP_MORE : APP_YES;
	return APP_NO;
}

static const struct app_use USE[] = {
    {APP_FILE_DATA, {0, APP_NEVER}},
    {APP_FILE_NAME, {0, APP_NEVER}},
    {APP_FILE_MD5, {0, APP_NEVER}},
    {APP_FILE_SHA1, {0, APP_NEVER}},
    {APP_FILE_SHA256, {0, APP_NEVER}},
    {APP_FILE_SIZE, {0, APP_NEVER}},
    {APP_FILE_MAGIC, {0, APP_NEVER}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser smtp_parser = {
    .id = APP_SMTP,
    .name = "smtp",
    .word = "smtp",
    .over = APP_OVER_TCP,
    .done = {1, 1},
    .use = USE,
    .events = smtp_events,
    .probe = smtp_probe,
    .state_new = smtp_state_new,
    .state_free = smtp_state_free,
    .read = smtp_read,
    .tx_release = smtp_tx_release,
    .buffer = smtp_buffer,
    .inspected = smtp_inspected,
    .file = smtp_file,
    .write = smtp_write,
    .write_beside = smtp_write_beside,
};
