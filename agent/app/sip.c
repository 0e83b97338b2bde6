/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SIP over UDP (RFC 3261, sections 7 and 25.1).  Each message is a transaction; of
 * it rules see the first line, headers are only walked.
 */
#include "agent/app/sip.h"

#include "agent/app/message.h"
#include "common/jw.h"

#include <string.h>

enum {
	SIP_DONE = 1
};

enum {
	EVENT_INCOMPLETE,
	EVENT_INVALID,
};

static const char *const EVENTS[] = {
    [EVENT_INCOMPLETE] = "incomplete_data",
    [EVENT_INVALID] = "invalid_data",
    NULL,
};

/* Method, URI and version, or version, code and reason. */
struct first_line {
	struct span whole, part[3];
};

enum {
	METHOD,
	URI,
	REQUEST_VERSION,
	RESPONSE_VERSION = 0,
	CODE,
	REASON,
};

struct sip_tx {
	struct message_tx m; /* first */
	struct first_line line;
};

enum result {
	SIP_OK,
	SIP_SHORT,
	SIP_BAD,
};

/* --- lines ---------------------------------------------------------------------- */

/* A line without its CRLF; false: its end is not there. */
static bool
next_line(struct cursor *c, struct span *line)
{
	struct cursor at = *c;

	while (at.left > 0)
		if (cur_u8(&at) == '\n') {
			size_t len = c->left - at.left - 1;

			*line = (struct span){c->pos, len};
			if (len > 0 && line->p[len - 1] == '\r')
				line->len--;
			*c = at;
			return true;
		}
	return false;
}

/* Three parts; the last may hold spaces. */
static bool
split(struct span line, struct span part[3])
{
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		size_t from = at;

		while (at < line.len && (i == 2 || line.p[at] != ' '))
			at++;
		part[i] = (struct span){line.p + from, at - from};
		if (i < 2 && (at == from || at++ == line.len))
			return false;
	}
	return true;
}

static bool
is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t b = s.p[i];

		if (b <= ' ' || b > '~' || strchr("()<>@,;:\\\"/[]?={}", b) != NULL)
			return false;
	}
	return s.len > 0;
}

/* "SIP/" and two numbers with a dot between them. */
static bool
is_version(struct span s)
{
	bool dot = false;

	if (s.len < 7 || memcmp(s.p, "SIP/", 4) != 0)
		return false;
	for (size_t i = 4; i < s.len; i++)
		if (s.p[i] == '.' && !dot)
			dot = true;
		else if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return dot;
}

static bool
is_code(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.len == 3;
}

static enum result
read_first(struct cursor *c, enum app_dir d, struct first_line *l)
{
	if (!next_line(c, &l->whole))
		return SIP_SHORT;
	if (!split(l->whole, l->part))
		return SIP_BAD;
	if (d == APP_TS)
		return is_token(l->part[METHOD]) &&
			is_version(l->part[REQUEST_VERSION])
		    ? SIP_OK
		    : SIP_BAD;
	return is_version(l->part[RESPONSE_VERSION]) && is_code(l->part[CODE])
	    ? SIP_OK
	    : SIP_BAD;
}

/* Names with a colon, and lines that go on with the one before, to the empty one. */
static enum result
walk_headers(struct cursor *c)
{
	struct span line;

	while (next_line(c, &line)) {
		const uint8_t *colon;

		if (line.len == 0)
			return SIP_OK;
		if (line.p[0] == ' ' || line.p[0] == '\t')
			continue;
		if ((colon = memchr(line.p, ':', line.len)) == NULL)
			return SIP_BAD;
		for (line.len = (size_t)(colon - line.p);
		     line.len > 0 && line.p[line.len - 1] == ' ';)
			line.len--;
		if (!is_token(line))
			return SIP_BAD;
	}
	return SIP_SHORT;
}

/* --- the parser ------------------------------------------------------------------- */

static enum app_guess
sip_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	static const char *const methods[] = {"REGISTER", "INVITE", "ACK", "BYE",
	    "CANCEL", "UPDATE", "REFER", "PRACK", "SUBSCRIBE", "NOTIFY", "PUBLISH",
	    "MESSAGE", "INFO", "OPTIONS"};
	struct cursor c = cur_of_span(bytes);
	struct first_line l;

	(void)f;
	if (d == APP_TC)
		return bytes.len >= 8 && memcmp(bytes.p, "SIP/2.0 ", 8) == 0
		    ? APP_YES
		    : APP_NO;
	if (read_first(&c, APP_TS, &l) != SIP_OK)
		return APP_NO;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strlen(methods[i]) == l.part[METHOD].len &&
		    memcmp(methods[i], l.part[METHOD].p, l.part[METHOD].len) == 0)
			return APP_YES;
	return APP_NO;
}

/* Line, fields and body of a datagram: each ends with so many bytes left. */
static void
name_frames(struct app_flow *a, enum app_dir d, struct span message,
    size_t line_left, size_t head_left)
{
	static const enum app_buffer_id types[APP_DIRS][3] = {
	    {APP_FRAME_SIP_REQUEST_LINE, APP_FRAME_SIP_REQUEST_HEADERS,
		APP_FRAME_SIP_REQUEST_BODY},
	    {APP_FRAME_SIP_RESPONSE_LINE, APP_FRAME_SIP_RESPONSE_HEADERS,
		APP_FRAME_SIP_RESPONSE_BODY},
	};
	const uint8_t *body = message.p + (message.len - head_left);
	size_t empty = body[-2] == '\r' ? 2 : 1;

	app_frame_whole(a, d, types[d][0], message.len, message.len - line_left);
	if (line_left - head_left > empty)
		app_frame_whole(
		    a, d, types[d][1], line_left, line_left - head_left - empty);
	if (head_left > 0)
		app_frame_whole(a, d, types[d][2], head_left, head_left);
}

static size_t
sip_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct cursor c = cur_of_span(n->data);
	struct first_line line;
	struct sip_tx *t;
	enum result r;

	if (n->kind != STREAM_DATAGRAM || n->data.len == 0)
		return n->data.len;
	app_frame_whole(a, d, APP_FRAME_SIP_PDU, n->data.len, n->data.len);
	if ((r = read_first(&c, d, &line)) == SIP_OK) {
		size_t line_left = c.left;

		if ((r = walk_headers(&c)) == SIP_OK)
			name_frames(a, d, n->data, line_left, c.left);
	}
	if (r != SIP_OK) {
		message_event_of_last(
		    a, r == SIP_SHORT ? EVENT_INCOMPLETE : EVENT_INVALID);
		return n->data.len;
	}
	t = (struct sip_tx *)message_tx_new(a, d, sizeof(*t), line.whole);
	if (t == NULL)
		return n->data.len;
	t->line.whole = t->m.bytes;
	split(t->line.whole, t->line.part);
	return n->data.len;
}

/* --- what rules and records ask for --------------------------------------------------- */

static enum app_have
sip_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	static const struct {
		enum app_buffer_id buffer;
		enum app_dir d;
		int part; /* -1: the line */
	} rows[] = {
	    {APP_SIP_METHOD, APP_TS, METHOD},
	    {APP_SIP_URI, APP_TS, URI},
	    {APP_SIP_PROTOCOL, APP_TS, REQUEST_VERSION},
	    {APP_SIP_REQUEST_LINE, APP_TS, -1},
	    {APP_SIP_PROTOCOL, APP_TC, RESPONSE_VERSION},
	    {APP_SIP_STAT_CODE, APP_TC, CODE},
	    {APP_SIP_STAT_MSG, APP_TC, REASON},
	    {APP_SIP_RESPONSE_LINE, APP_TC, -1},
	};
	const struct sip_tx *t = (const struct sip_tx *)tx;

	(void)a;
	(void)instance;
	for (size_t i = 0; d == t->m.d && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].buffer == b && rows[i].d == d) {
			out->bytes = rows[i].part == -1
			    ? t->line.whole
			    : t->line.part[rows[i].part];
			return APP_HAVE;
		}
	return APP_ABSENT;
}

static void
sip_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	static const char *const keys[APP_DIRS][3] = {
	    {"method", "uri", "version"}, {"version", "code", "reason"}};
	const struct sip_tx *t = (const struct sip_tx *)tx;

	(void)a;
	for (int i = 0; i < 3; i++)
		jw_strn(w, keys[t->m.d][i], t->line.part[i].p, t->line.part[i].len);
	jw_strn(w, t->m.d == APP_TS ? "request_line" : "response_line",
	    t->line.whole.p, t->line.whole.len);
}

static const struct app_use USE[] = {
    {APP_SIP_METHOD, {SIP_DONE, APP_NEVER}},
    {APP_SIP_URI, {SIP_DONE, APP_NEVER}},
    {APP_SIP_REQUEST_LINE, {SIP_DONE, APP_NEVER}},
    {APP_SIP_STAT_CODE, {APP_NEVER, SIP_DONE}},
    {APP_SIP_STAT_MSG, {APP_NEVER, SIP_DONE}},
    {APP_SIP_RESPONSE_LINE, {APP_NEVER, SIP_DONE}},
    {APP_SIP_PROTOCOL, {SIP_DONE, SIP_DONE}},
    {APP_FRAME_SIP_PDU, {0, 0}},
    {APP_FRAME_SIP_REQUEST_LINE, {0, APP_NEVER}},
    {APP_FRAME_SIP_REQUEST_HEADERS, {0, APP_NEVER}},
    {APP_FRAME_SIP_REQUEST_BODY, {0, APP_NEVER}},
    {APP_FRAME_SIP_RESPONSE_LINE, {APP_NEVER, 0}},
    {APP_FRAME_SIP_RESPONSE_HEADERS, {APP_NEVER, 0}},
    {APP_FRAME_SIP_RESPONSE_BODY, {APP_NEVER, 0}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser sip_parser = {
    .id = APP_SIP,
    .name = "sip",
    .word = "sip",
    .over = APP_OVER_UDP,
    .done = {SIP_DONE, SIP_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = sip_probe,
    .state_new = message_state_new,
    .state_free = message_state_free,
    .read = sip_read,
    .tx_release = message_tx_release,
    .buffer = sip_buffer,
    .write = sip_write,
};
