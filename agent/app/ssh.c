/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SSH until its encryption begins: the banner and the key exchange of each side
 * (RFC 4253, sections 4.2 and 6 to 7.3).  A flow is one transaction.
 */
#include "agent/app/ssh.h"

#include "agent/limits.h"
#include "common/jw.h"

#include <stdlib.h>
#include <string.h>

#define BANNER_START "SSH-"

enum {
	PROGRESS_BEGUN,
	PROGRESS_BANNER_LONG, /* its end is still to come */
	PROGRESS_BANNER,
	PROGRESS_DONE,
};

enum {
	EVENT_INVALID_BANNER,
	EVENT_LONG_BANNER,
	EVENT_INVALID_RECORD,
	EVENT_LONG_KEX,
};

static const char *const EVENTS[] = {
    [EVENT_INVALID_BANNER] = "invalid_banner",
    [EVENT_LONG_BANNER] = "long_banner",
    [EVENT_INVALID_RECORD] = "invalid_record",
    [EVENT_LONG_KEX] = "long_kex_record",
    NULL,
};

enum {
	MESSAGE_KEXINIT = 20,
	MESSAGE_NEWKEYS = 21,
};

/* The length counts all but itself; the number of the message is in the head. */
#define HEAD_SIZE      6
#define LENGTH_OF_HEAD 2
#define LENGTH_SIZE    4

enum want {
	WANT_BANNER,
	WANT_END_OF_BANNER,
	WANT_HEAD,
	WANT_KEXINIT,
	WANT_REST, /* of a record that does not matter */
	WANT_NOTHING,
};

struct side {
	enum want want;
	uint8_t progress;
	struct buf held; /* what is not whole yet */
	size_t left;	 /* bytes of the record */
	char banner[SSH_BANNER_MAX];
	struct span proto, software; /* in banner */
	struct buf hassh_text;
	char hassh[SSH_HASSH_SIZE]; /* "": none yet */
};

struct state {
	struct side side[APP_DIRS];
	bool begun;
};

/* --- what is read --------------------------------------------------------------- */

struct reader {
	struct app_flow *a;
	struct side *s;
	enum app_dir d;
};

static void
set_progress(const struct reader *r, uint8_t progress)
{
	r->s->progress = progress;
	if (r->a->first != NULL)
		r->a->first->progress[r->d] = progress;
}

static void
set_event(const struct reader *r, unsigned event)
{
	if (r->a->first != NULL)
		app_tx_event(r->a->first, event);
}

static void
give_up(struct reader *r, unsigned event)
{
	set_event(r, event);
	r->s->want = WANT_NOTHING;
	app_stop(r->a, APP_TS);
	app_stop(r->a, APP_TC);
}

static size_t
run_until(struct span in, const char *stops)
{
	size_t i = 0;

	while (i < in.len && memchr(stops, in.p[i], strlen(stops)) == NULL)
		i++;
	return i;
}

/* "SSH-2.0-OpenSSH_9.2 comment": false when it is none. */
static bool
split_banner(struct side *s, struct span line)
{
	const size_t start = sizeof(BANNER_START) - 1;
	struct span rest, proto;
	size_t len;

	if (line.len < start || memcmp(line.p, BANNER_START, start) != 0)
		return false;
	memcpy(s->banner, line.p, line.len);
	rest = (struct span){(uint8_t *)s->banner + start, line.len - start};
	len = run_until(rest, "-");
	if (len == 0 || len == rest.len)
		return false;
	proto = (struct span){rest.p, len};
	rest.p += len + 1;
	rest.len -= len + 1;
	len = run_until(rest, " \r\n");
	if (len == 0)
		return false;
	s->proto = proto;
	s->software = (struct span){rest.p, len};
	return true;
}

static void
on_banner(struct reader *r, struct span line, bool whole)
{
	if (!split_banner(r->s, line)) {
		give_up(r, EVENT_INVALID_BANNER);
		return;
	}
	if (!whole)
		set_event(r, EVENT_LONG_BANNER);
	r->s->want = whole ? WANT_HEAD : WANT_END_OF_BANNER;
	set_progress(r, whole ? PROGRESS_BANNER : PROGRESS_BANNER_LONG);
}

/* Keep bytes until there are max of them; false: not to be had. */
static bool
hold(struct reader *r, const uint8_t *p, size_t n)
{
	if (!app_hold(r->a, n))
		return false;
	if (buf_add(&r->s->held, p, n) == 0)
		return true;
	app_drop(r->a, n);
	return false;
}

static void
let_go(struct reader *r)
{
	app_drop(r->a, r->s->held.len);
	buf_release(&r->s->held);
}

static size_t
read_banner(struct reader *r, struct span in)
{
	size_t room = SSH_BANNER_MAX - r->s->held.len, take;
	const uint8_t *end = in.len == 0 ? NULL : memchr(in.p, '\n', in.len);
	bool whole = end != NULL && (size_t)(end - in.p) < room;

	take = whole ? (size_t)(end - in.p) + 1 : in.len < room ? in.len : room;
	if (!hold(r, in.p, take)) {
		give_up(r, EVENT_INVALID_BANNER);
		return in.len;
	}
	if (whole || take == room) {
		on_banner(r, (struct span){r->s->held.data, r->s->held.len}, whole);
		let_go(r);
	}
	return take;
}

static size_t
read_end_of_banner(struct reader *r, struct span in)
{
	const uint8_t *end = memchr(in.p, '\n', in.len);

	if (end == NULL)
		return in.len;
	r->s->want = WANT_HEAD;
	set_progress(r, PROGRESS_BANNER);
	return (size_t)(end - in.p) + 1;
}

/* --- records ---------------------------------------------------------------------- */

static void
on_new_keys(struct reader *r, const struct state *st)
{
	r->s->want = WANT_NOTHING;
	set_progress(r, PROGRESS_DONE);
	for (int d = 0; d < APP_DIRS; d++)
		if (st->side[d].progress != PROGRESS_DONE)
			return;
	for (int d = 0; d < APP_DIRS; d++) {
		app_stop(r->a, (enum app_dir)d);
		stream_stop_inspecting(r->a->flow, d == APP_TS);
	}
}

static void
on_head(struct reader *r, struct span head)
{
	struct cursor c = cur_of_span(head);
	uint32_t length = cur_be32(&c);
	uint8_t message;

	cur_take(&c, 1);
	message = cur_u8(&c);
	if (length < LENGTH_OF_HEAD) {
		give_up(r, EVENT_INVALID_RECORD);
		return;
	}
	r->s->left = length - LENGTH_OF_HEAD;
	r->s->want = r->s->left > 0 ? WANT_REST : WANT_HEAD;
	if (message == MESSAGE_NEWKEYS)
		on_new_keys(r, r->a->state);
	if (message != MESSAGE_KEXINIT || r->s->hassh[0] != '\0')
		return;
	if (r->s->left <= SSH_RECORD_MAX)
		r->s->want = WANT_KEXINIT;
	else
		set_event(r, EVENT_LONG_KEX);
}

static size_t
read_head(struct reader *r, struct span in)
{
	uint8_t head[HEAD_SIZE];
	size_t need = HEAD_SIZE - r->s->held.len;

	if (in.len < need) {
		if (!hold(r, in.p, in.len))
			give_up(r, EVENT_INVALID_RECORD);
		return in.len;
	}
	if (r->s->held.len > 0)
		memcpy(head, r->s->held.data, r->s->held.len);
	memcpy(head + HEAD_SIZE - need, in.p, need);
	let_go(r);
	on_head(r, (struct span){head, HEAD_SIZE});
	return need;
}

static void
on_kexinit(struct reader *r, struct span message)
{
	struct side *s = r->s;

	s->want = WANT_HEAD;
	if (!ssh_hassh(message, r->d == APP_TS, &s->hassh_text, s->hassh))
		set_event(r, EVENT_INVALID_RECORD);
}

static size_t
read_kexinit(struct reader *r, struct span in)
{
	size_t take = in.len < r->s->left ? in.len : r->s->left;

	if (r->s->held.len == 0 && take == r->s->left) {
		on_kexinit(r, (struct span){in.p, take});
		return take;
	}
	if (!hold(r, in.p, take)) {
		let_go(r);
		r->s->want = WANT_REST;
		return 0;
	}
	if ((r->s->left -= take) == 0) {
		on_kexinit(r, (struct span){r->s->held.data, r->s->held.len});
		let_go(r);
	}
	return take;
}

static size_t
read_rest(struct reader *r, struct span in)
{
	size_t take = in.len < r->s->left ? in.len : r->s->left;

	if ((r->s->left -= take) == 0)
		r->s->want = WANT_HEAD;
	return take;
}

static size_t
ssh_read(struct app_flow *a, const struct stream_news *n)
{
	struct state *st = a->state;
	enum app_dir d = n->to_server ? APP_TS : APP_TC;
	struct reader r = {.a = a, .s = &st->side[d], .d = d};
	struct span in = n->data;

	if (!st->begun) {
		st->begun = true;
		app_tx_new(a, sizeof(struct app_tx));
	}
	while (in.len > 0 && r.s->want != WANT_NOTHING && !a->stopped[d]) {
		size_t used = 0;

		switch (r.s->want) {
		case WANT_BANNER:
			used = read_banner(&r, in);
			break;
		case WANT_END_OF_BANNER:
			used = read_end_of_banner(&r, in);
			break;
		case WANT_HEAD:
			used = read_head(&r, in);
			break;
		case WANT_KEXINIT:
			used = read_kexinit(&r, in);
			break;
		case WANT_REST:
			used = read_rest(&r, in);
			break;
		case WANT_NOTHING:
			break;
		}
		in.p += used;
		in.len -= used;
	}
	return n->data.len;
}

/* --- what others ask ---------------------------------------------------------------- */

static enum app_have
ssh_buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct side *s = &((const struct state *)a->state)->side[d];
	bool hassh = b == APP_SSH_HASSH || b == APP_SSH_HASSH_SERVER;

	(void)instance;
	switch (b) {
	case APP_SSH_PROTO:
		out->bytes = s->proto;
		break;
	case APP_SSH_SOFTWARE:
		out->bytes = s->software;
		break;
	case APP_SSH_HASSH:
	case APP_SSH_HASSH_STRING:
	case APP_SSH_HASSH_SERVER:
	case APP_SSH_HASSH_SERVER_STRING:
		if (s->hassh[0] == '\0')
			break;
		out->bytes = hassh
		    ? (struct span){(const uint8_t *)s->hassh, SSH_HASSH_SIZE - 1}
		    : (struct span){s->hassh_text.data, s->hassh_text.len};
		break;
	default:
		return APP_ABSENT;
	}
	if (out->bytes.p != NULL)
		return APP_HAVE;
	return tx->progress[d] < PROGRESS_DONE ? APP_NOT_YET : APP_ABSENT;
}

static void
write_side(const struct side *s, const char *key, struct jw *w)
{
	if (s->proto.len == 0)
		return;
	jw_object(w, key);
	jw_strn(w, "proto_version", s->proto.p, s->proto.len);
	jw_strn(w, "software_version", s->software.p, s->software.len);
	if (s->hassh[0] != '\0') {
		jw_object(w, "hassh");
		jw_str(w, "hash", s->hassh);
		jw_strn(w, "string", s->hassh_text.data, s->hassh_text.len);
		jw_end_object(w);
	}
	jw_end_object(w);
}

static void
ssh_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w)
{
	const struct state *st = a->state;

	(void)tx;
	write_side(&st->side[APP_TS], "client", w);
	write_side(&st->side[APP_TC], "server", w);
}

static void *
ssh_state_new(void)
{
	struct state *st = calloc(1, sizeof(*st));

	for (int d = 0; st != NULL && d < APP_DIRS; d++)
		buf_init(&st->side[d].held, SSH_RECORD_MAX);
	return st;
}

static void
ssh_state_free(void *state)
{
	struct state *st = state;

	for (int d = 0; d < APP_DIRS; d++) {
		buf_release(&st->side[d].held);
		buf_release(&st->side[d].hassh_text);
	}
	free(st);
}

static enum app_guess
ssh_probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	const size_t start = sizeof(BANNER_START) - 1;

	(void)f;
	(void)d;
	if (memcmp(bytes.p, BANNER_START, bytes.len < start ? bytes.len : start) !=
	    0)
		return APP_NO;
	return bytes.len < start ? APP_MORE : APP_YES;
}

static const struct app_use USE[] = {
    {APP_SSH_PROTO, {PROGRESS_BANNER, PROGRESS_BANNER}},
    {APP_SSH_SOFTWARE, {PROGRESS_BANNER, PROGRESS_BANNER}},
    {APP_SSH_HASSH, {PROGRESS_BANNER, APP_NEVER}},
    {APP_SSH_HASSH_STRING, {PROGRESS_BANNER, APP_NEVER}},
    {APP_SSH_HASSH_SERVER, {APP_NEVER, PROGRESS_BANNER}},
    {APP_SSH_HASSH_SERVER_STRING, {APP_NEVER, PROGRESS_BANNER}},
    {APP_BUFFER_NONE, {0, 0}},
};

const struct app_parser ssh_parser = {
    .id = APP_SSH,
    .name = "ssh",
    .word = "ssh",
    .over = APP_OVER_TCP,
    .done = {PROGRESS_DONE, PROGRESS_DONE},
    .use = USE,
    .events = EVENTS,
    .probe = ssh_probe,
    .state_new = ssh_state_new,
    .state_free = ssh_state_free,
    .read = ssh_read,
    .buffer = ssh_buffer,
    .write = ssh_write,
};
