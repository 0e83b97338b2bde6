/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SMTP (RFC 5321; BDAT: RFC 3030; STARTTLS: RFC 3207).  A mail is a transaction,
 * with what was said before it; RSET ends one, as Suricata 7 has it.
 */
#include "agent/app/smtp.h"

#include "agent/app/lines.h"
#include "agent/app/mime.h"
#include "common/jw.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	EVENT_INVALID_REPLY,
	EVENT_REPLY_UNMATCHED,
	EVENT_COMMAND_LONG,
	EVENT_REPLY_LONG,
	EVENT_BDAT_EXCEEDED,
	EVENT_NO_WELCOME,
	EVENT_TLS_REJECTED,
	EVENT_CHANGE_FAILED,
	EVENT_DATA_REJECTED,
	EVENT_DUPLICATE,
	EVENT_MIME, /* and on, as enum mime_event */
	EVENTS_ALL = EVENT_MIME + MIME_EVENTS,
};

static const char *const EVENTS[EVENTS_ALL + 1] = {
    [EVENT_INVALID_REPLY] = "invalid_reply",
    [EVENT_REPLY_UNMATCHED] = "unable_to_match_reply_with_request",
    [EVENT_COMMAND_LONG] = "max_command_line_len_exceeded",
    [EVENT_REPLY_LONG] = "max_reply_line_len_exceeded",
    [EVENT_BDAT_EXCEEDED] = "bdat_chunk_len_exceeded",
    [EVENT_NO_WELCOME] = "no_server_welcome_message",
    [EVENT_TLS_REJECTED] = "tls_rejected",
    [EVENT_CHANGE_FAILED] = "failed_protocol_change",
    [EVENT_DATA_REJECTED] = "data_command_rejected",
    [EVENT_DUPLICATE] = "duplicate_fields",
    [EVENT_MIME + MIME_LONG_BOUNDARY] = "mime_long_boundary",
    [EVENT_MIME + MIME_BAD_BASE64] = "mime_invalid_base64",
    [EVENT_MIME + MIME_BAD_QUOTED] = "mime_invalid_qp",
};

enum command {
	COMMAND_OTHER,
	COMMAND_HELO,
	COMMAND_MAIL,
	COMMAND_RCPT,
	COMMAND_DATA,
	COMMAND_BDAT,
	COMMAND_STARTTLS,
	COMMAND_RSET,
	COMMAND_QUIT,
	COMMAND_END_OF_DATA, /* "." */
};

static const struct {
	const char *name;
	enum command command;
} COMMANDS[] = {
    {"HELO", COMMAND_HELO},
    {"EHLO", COMMAND_HELO},
    {"MAIL FROM:", COMMAND_MAIL},
    {"RCPT TO:", COMMAND_RCPT},
    {"DATA", COMMAND_DATA},
    {"BDAT", COMMAND_BDAT},
    {"STARTTLS", COMMAND_STARTTLS},
    {"RSET", COMMAND_RSET},
    {"QUIT", COMMAND_QUIT},
};

#define CODE_SIZE 3

struct smtp_tx {
	struct app_tx tx;    /* first */
	bool is_over;	     /* the next command is of another */
	struct buf from, to; /* to: each ends with LF */
	bool has_mail;
	struct mime mime;
};

struct state {
	struct lines lines[APP_DIRS];
	struct buf helo;
	struct smtp_tx *tx;		     /* at hand; NULL: none, or gone */
	uint8_t pipeline[SMTP_PIPELINE_MAX]; /* enum command, a ring */
	unsigned oldest, waiting;
	bool lost;     /* a reply could not be matched: none is any more */
	bool welcomed; /* the first reply was seen */
	bool in_data;
	bool in_piece; /* the line before was a piece */
	bool last_chunk;
	uint64_t chunk; /* bytes of BDAT to come */
};

/* --- transactions ---------------------------------------------------------------- */

static bool
keep(struct app_flow *a, struct buf *b, struct span s)
{
	if (s.len == 0 || b->len + s.len > b->max || !app_hold(a, s.len))
		return false;
	if (buf_add(b, s.p, s.len) == 0)
		return true;
	app_drop(a, s.len);
	return false;
}

/* That at hand, or a new one; NULL: not to be had. */
static struct smtp_tx *
current(struct app_flow *a, struct state *s, bool may_begin)
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

static void
set_event(const struct state *s, unsigned event)
{
	if (s->tx != NULL)
		app_tx_event(&s->tx->tx, event);
}

/* No more of this mail comes from the client. */
static void
end_mail(struct app_flow *a, struct state *s)
{
	struct smtp_tx *tx = s->tx;

	if (tx == NULL || tx->is_over)
		return;
	if (tx->has_mail && !tx->mime.is_done) {
		mime_end(a, &tx->mime);
		tx->tx.events |= (uint64_t)tx->mime.events << EVENT_MIME;
	}
	tx->is_over = true;
	tx->tx.progress[APP_TS] = 1;
}

static void
smtp_tx_release(struct app_flow *a, struct app_tx *t)
{
	struct smtp_tx *tx = (struct smtp_tx *)t;
	struct state *s = a->state;

	if (s->tx == tx)
		s->tx = NULL;
	app_drop(a, tx->from.len + tx->to.len);
	buf_release(&tx->from);
	buf_release(&tx->to);
	if (tx->has_mail)
		mime_release(a, &tx->mime);
}

/* --- commands --------------------------------------------------------------------- */

static enum command
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
	return COMMAND_OTHER;
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
on_once(struct app_flow *a, struct state *s, struct buf *b, struct span value)
{
	if (b->len > 0)
		set_event(s, EVENT_DUPLICATE);
	else
		keep(a, b, value);
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
on_bdat(struct state *s, struct span argument)
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
await(struct state *s, enum command command)
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
	if (tx != NULL && value.len > 0 && keep(a, &tx->to, value))
		keep(a, &tx->to, (struct span){(const uint8_t *)"\n", 1});
}

static void
on_command(struct app_flow *a, struct state *s, struct span line)
{
	struct span argument = {NULL, 0};
	enum command command =
	    line.len == 0 ? COMMAND_OTHER : command_of(line, &argument);
	struct smtp_tx *tx =
	    current(a, s, command != COMMAND_RSET && command != COMMAND_QUIT);

	if (line.len > SMTP_COMMAND_MAX)
		set_event(s, EVENT_COMMAND_LONG);
	await(s, command);
	switch (command) {
	case COMMAND_HELO:
		on_once(a, s, &s->helo, address(argument));
		break;
	case COMMAND_MAIL:
		if (tx != NULL)
			on_once(a, s, &tx->from, address(argument));
		break;
	case COMMAND_RCPT:
		on_recipient(a, tx, address(argument));
		break;
	case COMMAND_DATA:
		s->in_data = true;
		begin_mail(tx);
		break;
	case COMMAND_BDAT:
		begin_mail(tx);
		on_bdat(s, argument);
		if (s->chunk == 0 && s->last_chunk)
			end_mail(a, s);
		break;
	case COMMAND_RSET:
		end_mail(a, s);
		break;
	case COMMAND_STARTTLS:
	case COMMAND_QUIT:
	case COMMAND_OTHER:
	case COMMAND_END_OF_DATA:
		break;
	}
}

/* --- mail --------------------------------------------------------------------------- */

static void
mail_line(struct app_flow *a, struct state *s, const struct lines_got *got)
{
	struct smtp_tx *tx = s->tx;

	if (tx != NULL && tx->has_mail && !tx->mime.is_done) {
		mime_line(a, &tx->mime, got->line, !s->in_piece, got->whole);
		tx->tx.events |= (uint64_t)tx->mime.events << EVENT_MIME;
	}
	s->in_piece = got->piece;
}

static void
on_data(struct app_flow *a, struct state *s, struct lines_got *got)
{
	bool starts = !s->in_piece;

	if (starts && got->whole && got->line.len == 1 && got->line.p[0] == '.') {
		s->in_data = false;
		await(s, COMMAND_END_OF_DATA);
		end_mail(a, s);
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
read_chunk(struct app_flow *a, struct state *s, struct span in)
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
		set_event(s, EVENT_BDAT_EXCEEDED);
	if (!s->last_chunk)
		return got.used;
	if (!got.whole && !got.piece) { /* a last line without an end */
		got.line = (struct span){
		    s->lines[APP_TS].held.data, s->lines[APP_TS].held.len};
		mail_line(a, s, &got);
		lines_forget(a, &s->lines[APP_TS]);
	}
	s->in_piece = false;
	end_mail(a, s);
	return got.used;
}

static size_t
read_request(struct app_flow *a, struct state *s, struct span in)
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
on_welcome(struct app_flow *a, struct state *s, struct span line)
{
	s->welcomed = true;
	current(a, s, true);
	if (!is_code(line, "220"))
		set_event(s, EVENT_NO_WELCOME);
}

static void
on_answer(
    struct app_flow *a, struct state *s, enum command command, struct span line)
{
	switch (command) {
	case COMMAND_STARTTLS:
		if (!is_code(line, "220"))
			set_event(s, EVENT_TLS_REJECTED);
		else if (!app_change(a, APP_TLS))
			set_event(s, EVENT_CHANGE_FAILED);
		break;
	case COMMAND_DATA:
		if (is_code(line, "354"))
			break;
		set_event(s, EVENT_DATA_REJECTED);
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
on_reply(struct app_flow *a, struct state *s, struct span line)
{
	enum command command;

	if (line.len > SMTP_COMMAND_MAX)
		set_event(s, EVENT_REPLY_LONG);
	if (!has_code(line)) {
		current(a, s, true);
		set_event(s, EVENT_INVALID_REPLY);
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
			set_event(s, EVENT_REPLY_UNMATCHED);
		return;
	}
	command = (enum command)s->pipeline[s->oldest];
	s->oldest = (s->oldest + 1) % SMTP_PIPELINE_MAX;
	s->waiting--;
	on_answer(a, s, s->lost ? COMMAND_OTHER : command, line);
}

static size_t
read_reply(struct app_flow *a, struct state *s, struct span in)
{
	struct lines_got got = lines_next(a, &s->lines[APP_TC], in);

	if (got.whole && got.line.len > 0)
		on_reply(a, s, got.line);
	return got.used;
}

static size_t
smtp_read(struct app_flow *a, const struct stream_news *n)
{
	struct state *s = a->state;
	struct span in = n->data;

	if (n->kind == STREAM_END && n->to_server)
		end_mail(a, s);
	while (in.len > 0 && !a->changed) {
		size_t used =
		    n->to_server ? read_request(a, s, in) : read_reply(a, s, in);

		in.p += used;
		in.len -= used;
	}
	return n->data.len - in.len;
}

/* --- what others ask -------------------------------------------------------------------- */

static enum app_have
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

static void
smtp_inspected(struct app_flow *a, struct app_tx *tx, enum app_dir d)
{
	struct smtp_tx *t = (struct smtp_tx *)tx;

	if (d != APP_TS || !t->has_mail)
		return;
	for (struct mime_file *f = t->mime.first; f != NULL; f = f->next)
		file_inspected(a, &f->file);
}

static bool
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

static void
smtp_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct state *s = a->state;
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

static void
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

static void *
smtp_state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

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
	struct state *s = state;

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
    .events = EVENTS,
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
