/* SPDX-License-Identifier: EUPL-1.2 */
/* SMTP (RFC 5321, 3030, 3207), private to agent/app: what its files share. */
#ifndef AGENT_APP_SMTP_H
#define AGENT_APP_SMTP_H

#include "agent/app/lines.h"
#include "agent/app/mime.h"
#include "agent/app/parser.h"
#include "agent/limits.h"

extern const struct app_parser smtp_parser;

enum smtp_event {
	SMTP_EVENT_INVALID_REPLY,
	SMTP_EVENT_REPLY_UNMATCHED,
	SMTP_EVENT_COMMAND_LONG,
	SMTP_EVENT_REPLY_LONG,
	SMTP_EVENT_BDAT_EXCEEDED,
	SMTP_EVENT_NO_WELCOME,
	SMTP_EVENT_TLS_REJECTED,
	SMTP_EVENT_CHANGE_FAILED,
	SMTP_EVENT_DATA_REJECTED,
	SMTP_EVENT_DUPLICATE,
	SMTP_EVENT_MIME, /* and on, as enum mime_event */
	SMTP_EVENTS_ALL = SMTP_EVENT_MIME + MIME_EVENTS,
};

enum smtp_command {
	SMTP_COMMAND_OTHER,
	SMTP_COMMAND_HELO,
	SMTP_COMMAND_MAIL,
	SMTP_COMMAND_RCPT,
	SMTP_COMMAND_DATA,
	SMTP_COMMAND_BDAT,
	SMTP_COMMAND_STARTTLS,
	SMTP_COMMAND_RSET,
	SMTP_COMMAND_QUIT,
	SMTP_COMMAND_END_OF_DATA, /* "." */
};

struct smtp_tx {
	struct app_tx tx;    /* first */
	bool is_over;	     /* the next command is of another */
	struct buf from, to; /* to: each ends with LF */
	bool has_mail;
	struct mime mime;
};

struct smtp_state {
	struct lines lines[APP_DIRS];
	struct buf helo;
	struct smtp_tx *tx;		     /* at hand; NULL: none, or gone */
	uint8_t pipeline[SMTP_PIPELINE_MAX]; /* enum smtp_command, a ring */
	unsigned oldest, waiting;
	bool lost;     /* a reply could not be matched: none is any more */
	bool welcomed; /* the first reply was seen */
	bool in_data;
	bool in_piece; /* the line before was a piece */
	bool last_chunk;
	uint64_t chunk; /* bytes of BDAT to come */
};

extern const char *const smtp_events[];

/* Keep the text; false: it does not fit, or is empty. */
bool smtp_keep(struct app_flow *a, struct buf *b, struct span s);
/* The transaction at hand, or a new one; NULL: not to be had. */
struct smtp_tx *smtp_current(
    struct app_flow *a, struct smtp_state *s, bool may_begin);
void smtp_set_event(const struct smtp_state *s, unsigned event);
/* No more of this mail comes from the client. */
void smtp_end_mail(struct app_flow *a, struct smtp_state *s);
/* A line or a piece of what the client says; how many bytes were used. */
size_t smtp_read_request(struct app_flow *a, struct smtp_state *s, struct span in);

/* As in struct app_parser. */
void smtp_tx_release(struct app_flow *a, struct app_tx *t);
enum app_have smtp_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out);
void smtp_inspected(struct app_flow *a, struct app_tx *tx, enum app_dir d);
bool smtp_file(const struct app_flow *a, const struct app_tx *tx, enum app_dir d,
    unsigned i, struct app_file *out);
void smtp_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);
void smtp_write_beside(
    const struct app_flow *a, const struct app_tx *tx, struct jw *w);

#endif
