/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * RFB 3.3 to 3.8 (RFC 6143): from the versions to the server's name, one
 * transaction.  What rules ask for is there when the handshake is over, as in
 * Suricata 7, and its steps are Suricata's: no result is expected of "None".
 */
#include "agent/app/rfb.h"

#include "agent/limits.h"
#include "common/jw.h"

#include <stdlib.h>

enum {
	RFB_DONE = 1,
	VERSION_SIZE = 12,
	CHALLENGE_SIZE = 16,
	INIT_SIZE = 24, /* of the server's, without the name */
	TYPE_NONE = 1,
	TYPE_VNC = 2,
	RESULT_OK = 0,
	RESULT_FAILED = 1,
};

enum {
	EVENT_MALFORMED, /* this and the next but two: never told, as Suricata */
	EVENT_SECURITY_TYPE,
	EVENT_SECURITY_RESULT,
	EVENT_CONFUSED,
};

static const char *const EVENTS[] = {
    [EVENT_MALFORMED] = "malformed_message",
    [EVENT_SECURITY_TYPE] = "unimplemented_security_type",
    [EVENT_SECURITY_RESULT] = "unknown_security_result",
    [EVENT_CONFUSED] = "confused_state",
    NULL,
};

enum step {
	STEP_SERVER_VERSION,
	STEP_CLIENT_VERSION,
	STEP_TYPES,
	STEP_TYPE, /* of 3.3: the server chooses */
	STEP_CHOICE,
	STEP_CHALLENGE,
	STEP_RESPONSE,
	STEP_RESULT,
	STEP_REASON,
	STEP_CLIENT_INIT,
	STEP_SERVER_INIT,
	STEP_OVER,
};

struct version {
	char major[3], minor[3];
	bool is_there;
};

struct rfb_tx {
	struct app_tx tx; /* first */
	bool complete;
	struct version version[APP_DIRS];
	bool chose;
	uint32_t type;
	bool allowed; /* the result was OK */
	bool has_shared, shared;
	bool has_init;
	uint8_t init[INIT_SIZE];
	struct buf name, reason;
};

struct rfb_state {
	enum step step;
	struct rfb_tx *tx; /* NULL: not begun, or no memory */
	struct buf held;   /* of a message that is not whole */
};

/* --- what is kept ---------------------------------------------------------------- */

static void
keep(struct app_flow *a, struct buf *b, struct span s)
{
	app_drop(a, b->len);
	buf_reset(b);
	if (!app_hold(a, s.len))
		return;
	if (buf_add(b, s.p, s.len) == -1)
		app_drop(a, s.len);
}

static void
rfb_tx_release(struct app_flow *a, struct app_tx *tx)
{
	struct rfb_state *s = a->state;
	struct rfb_tx *t = (struct rfb_tx *)tx;

	app_drop(a, t->name.len + t->reason.len);
	buf_release(&t->name);
	buf_release(&t->reason);
	if (s->tx == t)
		s->tx = NULL;
}

static void
begin_tx(struct app_flow *a, struct rfb_state *s)
{
	s->tx = (struct rfb_tx *)app_tx_new(a, sizeof(*s->tx));
	if (s->tx == NULL)
		return;
	buf_init(&s->tx->name, RFB_TEXT_MAX);
	buf_init(&s->tx->reason, RFB_TEXT_MAX);
}

/* The handshake ends; complete: rules may look at what was said. */
static void
finish(struct rfb_state *s, bool complete)
{
	s->step = STEP_OVER;
	if (s->tx == NULL || !complete)
		return;
	s->tx->complete = true;
	s->tx->tx.progress[APP_TS] = s->tx->tx.progress[APP_TC] = RFB_DONE;
}

static void
event(struct rfb_state *s, unsigned e)
{
	if (s->tx != NULL)
		app_tx_event(&s->tx->tx, e);
}

/* --- steps ------------------------------------------------------------------------ */

/* "RFB 003.008\n"; false: something else. */
static bool
read_version(struct span m, struct version *v)
{
	struct cursor c = cur_of_span(m);

	if (memcmp(cur_take(&c, 4), "RFB ", 4) != 0)
		return false;
	cur_copy(&c, v->major, sizeof(v->major));
	if (cur_u8(&c) != '.')
		return false;
	cur_copy(&c, v->minor, sizeof(v->minor));
	v->is_there = cur_u8(&c) == '\n';
	return v->is_there;
}

static void
on_server_version(struct app_flow *a, struct rfb_state *s, struct span m)
{
	struct version v = {0};

	if (!read_version(m, &v)) {
		app_stop(a, APP_TC);
		return;
	}
	begin_tx(a, s);
	if (s->tx != NULL)
		s->tx->version[APP_TC] = v;
	s->step = STEP_CLIENT_VERSION;
}

static void
on_client_version(struct app_flow *a, struct rfb_state *s, struct span m)
{
	struct version v = {0};

	if (!read_version(m, &v)) {
		app_stop(a, APP_TS);
		return;
	}
	if (s->tx != NULL)
		s->tx->version[APP_TS] = v;
	s->step = memcmp(v.major, "003", 3) == 0 && memcmp(v.minor, "003", 3) == 0
	    ? STEP_TYPE
	    : STEP_TYPES;
}

static void
on_types(struct app_flow *a, struct rfb_state *s, struct span m)
{
	(void)a;
	s->step = m.p[0] == 0 ? STEP_REASON : STEP_CHOICE;
}

static void
choose(struct rfb_state *s, uint32_t type)
{
	if (s->tx == NULL)
		return;
	s->tx->chose = true;
	s->tx->type = type;
}

static void
on_type(struct app_flow *a, struct rfb_state *s, struct span m)
{
	static const enum step next[] = {
	    STEP_REASON, STEP_CLIENT_INIT, STEP_CHALLENGE};
	struct cursor c = cur_of_span(m);
	uint32_t type = cur_be32(&c);

	(void)a;
	if (type > TYPE_VNC) {
		event(s, EVENT_SECURITY_TYPE);
		finish(s, true);
		return;
	}
	choose(s, type);
	s->step = next[type];
}

static void
on_choice(struct app_flow *a, struct rfb_state *s, struct span m)
{
	uint8_t type = m.p[0];

	(void)a;
	choose(s, type);
	if (type == TYPE_NONE)
		s->step = STEP_CLIENT_INIT;
	else if (type == TYPE_VNC)
		s->step = STEP_CHALLENGE;
	else {
		event(s, EVENT_SECURITY_TYPE);
		finish(s, false);
	}
}

/* Challenge and response are as good as a password: they are not kept. */
static void
on_challenge(struct app_flow *a, struct rfb_state *s, struct span m)
{
	(void)a;
	(void)m;
	s->step++;
}

static void
on_result(struct app_flow *a, struct rfb_state *s, struct span m)
{
	struct cursor c = cur_of_span(m);
	uint32_t result = cur_be32(&c);

	(void)a;
	if (result == RESULT_FAILED) {
		s->step = STEP_REASON;
		return;
	}
	if (result != RESULT_OK) {
		event(s, EVENT_SECURITY_RESULT);
		finish(s, true);
		return;
	}
	if (s->tx != NULL)
		s->tx->allowed = true;
	s->step = STEP_CLIENT_INIT;
}

static void
on_reason(struct app_flow *a, struct rfb_state *s, struct span m)
{
	struct cursor c = cur_of_span(m);

	cur_be32(&c);
	if (s->tx != NULL)
		keep(a, &s->tx->reason, cur_rest(&c));
}

static void
on_client_init(struct app_flow *a, struct rfb_state *s, struct span m)
{
	(void)a;
	if (s->tx != NULL) {
		s->tx->has_shared = true;
		s->tx->shared = m.p[0] != 0;
	}
	s->step = STEP_SERVER_INIT;
}

static void
on_server_init(struct app_flow *a, struct rfb_state *s, struct span m)
{
	struct cursor c = cur_of_span(m);

	if (s->tx != NULL) {
		cur_copy(&c, s->tx->init, INIT_SIZE);
		s->tx->has_init = true;
		keep(a, &s->tx->name, cur_rest(&c));
	}
	finish(s, true);
}

static const struct {
	enum app_dir d;
	size_t head;  /* bytes after which the size is known */
	size_t count; /* size of the number of further bytes it ends with, or 0 */
	void (*read)(struct app_flow *a, struct rfb_state *s, struct span m);
} STEPS[] = {
    [STEP_SERVER_VERSION] = {APP_TC, VERSION_SIZE, 0, on_server_version},
    [STEP_CLIENT_VERSION] = {APP_TS, VERSION_SIZE, 0, on_client_version},
    [STEP_TYPES] = {APP_TC, 1, 1, on_types},
    [STEP_TYPE] = {APP_TC, 4, 0, on_type},
    [STEP_CHOICE] = {APP_TS, 1, 0, on_choice},
    [STEP_CHALLENGE] = {APP_TC, CHALLENGE_SIZE, 0, on_challenge},
    [STEP_RESPONSE] = {APP_TS, CHALLENGE_SIZE, 0, on_challenge},
    [STEP_RESULT] = {APP_TC, 4, 0, on_result},
    [STEP_REASON] = {APP_TC, 4, 4, on_reason},
    [STEP_CLIENT_INIT] = {APP_TS, 1, 0, on_client_init},
    [STEP_SERVER_INIT] = {APP_TC, INIT_SIZE, 4, on_server_init},
};

/* --- the parser -------------------------------------------------------------------- */

/* Bytes of the message that begins like this, as far as they show it. */
static size_t
message_size(enum step step, struct span s)
{
	size_t head = STEPS[step].head, count = STEPS[step].count;
	struct cursor c = cur_of_span(s);

	if (count == 0 || s.len < head)
		return head;
	cur_take(&c, head - count);
	return head + (count == 1 ? cur_u8(&c) : cur_be32(&c));
}

static void
forget_held(struct app_flow *a, struct rfb_state *s)
{
	app_drop(a, s->held.len);
	buf_reset(&s->held);
}

/* Enough of in behind what is held for the size wanted; false: there is not. */
static bool
fill(struct app_flow *a, struct rfb_state *s, struct span *in, size_t wanted)
{
	size_t n = wanted > s->held.len ? wanted - s->held.len : 0;

	n = n < in->len ? n : in->len;
	if (n > 0 && (!app_hold(a, n) || buf_add(&s->held, in->p, n) == -1)) {
		finish(s, false);
		return false;
	}
	in->p += n;
	in->len -= n;
	return s->held.len >= wanted;
}

/* A message of the step in hand; false: not whole yet. */
static bool
take_message(struct app_flow *a, struct rfb_state *s, struct span *in)
{
	struct span m;
	size_t size;

	if (!fill(a, s, in, STEPS[s->step].head))
		return false;
	size = message_size(s->step, (struct span){s->held.data, s->held.len});
	if (size > s->held.max) {
		app_cut(a);
		finish(s, false);
		return false;
	}
	if (!fill(a, s, in, size))
		return false;
	m = (struct span){s->held.data, size};
	STEPS[s->step].read(a, s, m);
	forget_held(a, s);
	return true;
}

static size_t
rfb_read(struct app_flow *a, const struct stream_news *n)
{
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct rfb_state *s = a->state;
	struct span in = n->data;

	while (n->kind == STREAM_DATA && in.len > 0 && s->step != STEP_OVER &&
	    !a->stopped[d]) {
		if (STEPS[s->step].d != d) {
			event(s, EVENT_CONFUSED);
			finish(s, true);
		} else if (!take_message(a, s, &in))
			break;
	}
	if (s->step == STEP_OVER)
		forget_held(a, s);
	return n->data.len;
}

static enum app_guess
rfb_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	static const char begin[] = "RFB ";
	size_t n = bytes.len < sizeof(begin) - 1 ? bytes.len : sizeof(begin) - 1;

	(void)f;
	(void)d;
	if (n == 0 || memcmp(bytes.p, begin, n) != 0)
		return n == 0 ? APP_MORE : APP_NO;
	return n < sizeof(begin) - 1 ? APP_MORE : APP_YES;
}

static void *
rfb_state_new(void)
{
	struct rfb_state *s = calloc(1, sizeof(*s));

	if (s != NULL)
		buf_init(&s->held, RFB_TEXT_MAX);
	return s;
}

static void
rfb_state_free(void *state)
{
	struct rfb_state *s = state;

	buf_release(&s->held);
	free(s);
}

/* --- what rules and records ask for -------------------------------------------------- */

static enum app_have
rfb_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct rfb_tx *t = (const struct rfb_tx *)tx;

	(void)a;
	(void)d;
	(void)instance;
	if (!t->complete)
		return APP_ABSENT;
	switch (b) {
	case APP_RFB_NAME:
		out->bytes = (struct span){t->name.data, t->name.len};
		return t->name.len > 0 ? APP_HAVE : APP_ABSENT;
	case APP_RFB_SECTYPE:
		out->number = t->type;
		return APP_HAVE;
	case APP_RFB_SECRESULT:
		out->number = RESULT_OK;
		return t->allowed ? APP_HAVE : APP_ABSENT;
	default:
		return APP_ABSENT;
	}
}

static void
write_version(struct jw *w, const char *key, const struct version *v)
{
	if (!v->is_there)
		return;
	jw_object(w, key);
	jw_strn(w, "major", v->major, sizeof(v->major));
	jw_strn(w, "minor", v->minor, sizeof(v->minor));
	jw_end_object(w);
}

/* RFC 6143, section 7.4: the format of a pixel. */
static void
write_format(struct jw *w, struct cursor *c)
{
	jw_object(w, "pixel_format");
	jw_uint(w, "bits_per_pixel", cur_u8(c));
	jw_uint(w, "depth", cur_u8(c));
	jw_bool(w, "big_endian", cur_u8(c) != 0);
	jw_bool(w, "true_color", cur_u8(c) != 0);
	jw_uint(w, "red_max", cur_be16(c));
	jw_uint(w, "green_max", cur_be16(c));
	jw_uint(w, "blue_max", cur_be16(c));
	jw_uint(w, "red_shift", cur_u8(c));
	jw_uint(w, "green_shift", cur_u8(c));
	jw_uint(w, "blue_shift", cur_u8(c));
	jw_end_object(w);
}

static void
write_screen(struct jw *w, const struct rfb_tx *t)
{
	struct cursor c = cur_of(t->init, sizeof(t->init));

	jw_object(w, "framebuffer");
	jw_uint(w, "width", cur_be16(&c));
	jw_uint(w, "height", cur_be16(&c));
	jw_strn(w, "name", t->name.data, t->name.len);
	write_format(w, &c);
	jw_end_object(w);
}

static void
rfb_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct rfb_tx *t = (const struct rfb_tx *)tx;

	(void)a;
	write_version(w, "server_protocol_version", &t->version[APP_TC]);
	write_version(w, "client_protocol_version", &t->version[APP_TS]);
	jw_object(w, "authentication");
	if (t->chose)
		jw_uint(w, "security_type", t->type);
	if (t->allowed)
		jw_str(w, "security_result", "OK");
	jw_end_object(w);
	if (t->reason.len > 0)
		jw_strn(w, "server_security_failure_reason", t->reason.data,
		    t->reason.len);
	if (t->has_shared)
		jw_bool(w, "screen_shared", t->shared);
	if (t->has_init)
		write_screen(w, t);
}

static const struct app_use USE[] = {
    {APP_RFB_NAME, {APP_NEVER, RFB_DONE}},
    {APP_RFB_SECTYPE, {RFB_DONE, APP_NEVER}},
    {APP_RFB_SECRESULT, {APP_NEVER, RFB_DONE}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser rfb_parser = {
    .id = APP_RFB,
    .name = "rfb",
    .word = "rfb",
    .over = APP_OVER_TCP,
    .done = {RFB_DONE, RFB_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = rfb_probe,
    .state_new = rfb_state_new,
    .state_free = rfb_state_free,
    .read = rfb_read,
    .tx_release = rfb_tx_release,
    .buffer = rfb_buffer,
    .write = rfb_write,
};
