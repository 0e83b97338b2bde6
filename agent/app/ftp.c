/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * FTP's control connection (RFC 959, 2428, 4217).  A command and its reply are a
 * transaction, as is the greeting.  Transfers to come are told to expect.h.
 */
#include "agent/app/ftp.h"

#include "agent/app/expect.h"
#include "agent/app/ftp_address.h"
#include "agent/app/lines.h"
#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	EVENT_REQUEST_LONG,
	EVENT_RESPONSE_LONG,
};

static const char *const EVENTS[] = {
    [EVENT_REQUEST_LONG] = "request_command_too_long",
    [EVENT_RESPONSE_LONG] = "response_command_too_long",
    NULL,
};

enum command {
	COMMAND_OTHER,
	COMMAND_PORT,
	COMMAND_EPRT,
	COMMAND_PASV,
	COMMAND_EPSV,
	COMMAND_RETR,
	COMMAND_STOR,
	COMMAND_AUTH,
};

static const struct {
	const char *name;
	enum command command;
} COMMANDS[] = {
    {"PORT", COMMAND_PORT},
    {"EPRT", COMMAND_EPRT},
    {"PASV", COMMAND_PASV},
    {"EPSV", COMMAND_EPSV},
    {"RETR", COMMAND_RETR},
    {"STOR", COMMAND_STOR},
    {"AUTH", COMMAND_AUTH},
};

#define CODE_SIZE 3

struct ftp_tx {
	struct app_tx tx; /* first */
	enum command command;
	bool bounce;
	char multi[CODE_SIZE]; /* code of a reply of several lines; 0: none */
};

struct state {
	struct lines lines[APP_DIRS];
	struct ftp_tx *long_request; /* told before its line is whole */
	uint16_t port;		     /* of the transfer to come; 0: not known */
	bool server_calls;
};

/* --- commands ------------------------------------------------------------------ */

static enum command
command_of(struct span line, struct span *argument)
{
	size_t len = 0;

	while (len < line.len && line.p[len] != ' ')
		len++;
	*argument = (struct span){line.p + len, line.len - len};
	while (argument->len > 0 && argument->p[0] == ' ') {
		argument->p++;
		argument->len--;
	}
	for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++)
		if (strlen(COMMANDS[i].name) == len &&
		    strncasecmp(COMMANDS[i].name, (const char *)line.p, len) == 0)
			return COMMANDS[i].command;
	return COMMAND_OTHER;
}

static void
on_transfer(
    struct app_flow *a, struct state *s, unsigned transfer, struct span name)
{
	struct expect_row row = {.id = APP_FTP_DATA, .port = s->port};

	if (s->port == 0 || name.len == 0)
		return;
	row.command = transfer | (s->server_calls ? FTP_SERVER_CALLS : 0);
	row.name_len = name.len < EXPECT_NAME_MAX ? name.len : EXPECT_NAME_MAX;
	memcpy(row.name, name.p, row.name_len);
	expect_add(a, &row);
	s->port = 0;
}

static void
on_port(
    struct app_flow *a, struct state *s, struct ftp_tx *tx, struct span argument)
{
	struct addr host;

	s->port = ftp_address_port(argument, &host);
	s->server_calls = true;
	tx->bounce = s->port != 0 && addr_cmp(&host, &a->flow->key.a) != 0;
}

static void
on_request(struct app_flow *a, struct state *s, struct ftp_tx *tx, struct span line)
{
	struct span argument = {NULL, 0};

	tx->command = line.len == 0 ? COMMAND_OTHER : command_of(line, &argument);
	switch (tx->command) {
	case COMMAND_PORT:
		on_port(a, s, tx, argument);
		break;
	case COMMAND_EPRT:
		s->port = ftp_address_extended(argument);
		s->server_calls = true;
		break;
	case COMMAND_RETR:
		on_transfer(a, s, FTP_RETR, argument);
		break;
	case COMMAND_STOR:
		on_transfer(a, s, FTP_STOR, argument);
		break;
	case COMMAND_PASV:
	case COMMAND_EPSV:
	case COMMAND_AUTH:
	case COMMAND_OTHER:
		break;
	}
	tx->tx.progress[APP_TS] = 1;
}

static void
read_request(struct app_flow *a, struct state *s, const struct lines_got *got)
{
	struct ftp_tx beyond = {.command = COMMAND_OTHER}, *tx = s->long_request;

	if (tx == NULL)
		tx = (struct ftp_tx *)app_tx_new(a, sizeof(*tx));
	if (got->too_long && tx != NULL) {
		app_tx_event(&tx->tx, EVENT_REQUEST_LONG);
		s->long_request = tx;
	}
	if (!got->whole)
		return;
	s->long_request = NULL;
	/* Without a transaction the command still says what comes. */
	on_request(a, s, tx == NULL ? &beyond : tx, got->line);
}

/* --- replies --------------------------------------------------------------------- */

/* That of the oldest command without one; of the greeting, its own. */
static struct ftp_tx *
awaiting(struct app_flow *a)
{
	struct ftp_tx *tx;

	for (struct app_tx *i = a->first; i != NULL; i = i->next)
		if (i->progress[APP_TC] == 0)
			return (struct ftp_tx *)i;
	tx = (struct ftp_tx *)app_tx_new(a, sizeof(*tx));
	if (tx != NULL)
		tx->tx.progress[APP_TS] = 1;
	return tx;
}

static bool
has_code(struct span line)
{
	for (size_t i = 0; i < CODE_SIZE; i++)
		if (i >= line.len || line.p[i] < '0' || line.p[i] > '9')
			return false;
	return true;
}

static bool
is_code(struct span line, const char *code)
{
	return line.len >= CODE_SIZE && memcmp(line.p, code, CODE_SIZE) == 0;
}

/* Does the line end its reply?  "123-" opens one that "123 " closes. */
static bool
ends_reply(struct ftp_tx *tx, struct span line)
{
	bool more = line.len > CODE_SIZE && line.p[CODE_SIZE] == '-';

	if (tx->multi[0] != '\0')
		return is_code(line, tx->multi) && !more;
	if (!has_code(line))
		return true;
	if (more)
		memcpy(tx->multi, line.p, CODE_SIZE);
	return !more;
}

static void
on_reply(struct app_flow *a, struct state *s, struct ftp_tx *tx, struct span line)
{
	struct span text = {line.p, line.len};
	struct addr host;

	if (text.len > CODE_SIZE) {
		text.p += CODE_SIZE;
		text.len -= CODE_SIZE;
	}
	if (tx->command == COMMAND_PASV && is_code(line, "227")) {
		s->port = ftp_address_port(text, &host);
		s->server_calls = false;
	} else if (tx->command == COMMAND_EPSV && is_code(line, "229")) {
		s->port = ftp_address_extended(text);
		s->server_calls = false;
	} else if (tx->command == COMMAND_AUTH && is_code(line, "234"))
		app_change(a, APP_TLS);
	/* "150 is on its way": another follows. */
	if (line.len > 0 && line.p[0] == '1' && has_code(line))
		return;
	tx->tx.progress[APP_TC] = 1;
}

static void
read_reply(struct app_flow *a, struct state *s, const struct lines_got *got)
{
	struct ftp_tx *tx;

	if (!got->too_long && (!got->whole || got->line.len == 0))
		return;
	if ((tx = awaiting(a)) == NULL)
		return;
	if (got->too_long)
		app_tx_event(&tx->tx, EVENT_RESPONSE_LONG);
	if (!got->whole || !ends_reply(tx, got->line))
		return;
	memset(tx->multi, 0, sizeof(tx->multi));
	on_reply(a, s, tx, got->line);
}

static size_t
ftp_read(struct app_flow *a, const struct stream_news *n)
{
	struct state *s = a->state;
	struct span in = n->data;

	while (in.len > 0 && !a->changed) {
		struct lines_got got =
		    lines_next(a, &s->lines[n->to_server ? APP_TS : APP_TC], in);

		in.p += got.used;
		in.len -= got.used;
		if (!got.whole && !got.too_long)
			break;
		if (n->to_server)
			read_request(a, s, &got);
		else
			read_reply(a, s, &got);
	}
	return n->data.len - in.len;
}

/* --- what others ask ----------------------------------------------------------------- */

static enum app_have
ftp_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct ftp_tx *t = (const struct ftp_tx *)tx;

	(void)a;
	(void)instance;
	if (b != APP_FTP_BOUNCE || d != APP_TS)
		return APP_ABSENT;
	out->number = t->bounce;
	return APP_HAVE;
}

static void *
ftp_state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	for (int d = 0; s != NULL && d < APP_DIRS; d++)
		lines_init(&s->lines[d], FTP_LINE_MAX);
	return s;
}

static void
ftp_state_free(void *state)
{
	struct state *s = state;

	for (int d = 0; d < APP_DIRS; d++)
		lines_release(&s->lines[d]);
	free(s);
}

/* What a client begins with, and what a server's greeting tells of it. */
static enum app_guess
ftp_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	static const char *const TS[] = {"USER ", "PASS ", "PORT ", "FEAT"};
	static const char *const TC[] = {"220 ("};
	const char *const *word = d == APP_TS ? TS : TC;
	size_t words = d == APP_TS ? sizeof(TS) / sizeof(TS[0]) : 1;
	enum app_guess guess = APP_NO;

	for (size_t i = 0; i < words; i++) {
		size_t len = strlen(word[i]);

		if (strncasecmp((const char *)bytes.p, word[i],
			bytes.len < len ? bytes.len : len) != 0)
			continue;
		if (bytes.len >= len)
			return APP_YES;
		guess = APP_MORE;
	}
	/* Mail servers greet so too: the client will tell. */
	if (d == APP_TC && app_flow_id(f) == APP_UNKNOWN && is_code(bytes, "220"))
		return APP_MORE;
	return guess;
}

static const struct app_use USE[] = {
    {APP_FTP_BOUNCE, {1, APP_NEVER}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser ftp_parser = {
    .id = APP_FTP,
    .name = "ftp",
    .word = "ftp",
    .over = APP_OVER_TCP,
    .done = {1, 1},
    .use = USE,
    .events = EVENTS,
    .probe = ftp_probe,
    .state_new = ftp_state_new,
    .state_free = ftp_state_free,
    .read = ftp_read,
    .buffer = ftp_buffer,
};
