/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Frames: stretches of a direction that its parser names (a record, a request),
 * for rules to look into.  Each is a window that detection sees when it is
 * complete, or has as many bytes as a chunk of the stream; then it moves on, as in
 * Suricata.  Nothing is kept unless a rule looks into frames of that kind.
 */
#include "agent/app/inside.h"

#include "agent/limits.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static bool
is_wanted(const struct app_flow *a, enum app_buffer_id type)
{
	return (a->app->config.frames >> (type - APP_FRAMES)) & 1;
}

static void
release(struct app_flow *a, struct app_frame *f)
{
	app_drop(a, f->window.len);
	buf_release(&f->window);
	free(f->tx.detect);
	free(f);
	a->frames--;
}

static struct app_frame *
add(struct app_flow *a, enum app_dir d, enum app_buffer_id type, uint64_t at)
{
	struct app_frame *f, **end = &a->frame[d];

	if (a->frames == APP_FRAMES_MAX || (f = calloc(1, sizeof(*f))) == NULL) {
		app_cut(a);
		return NULL;
	}
	f->tx.frame = true;
	f->type = type;
	f->at = f->next = f->window_at = at;
	f->end = UINT64_MAX;
	buf_init(&f->window, STREAM_WINDOW_MAX);
	while (*end != NULL)
		end = (struct app_frame **)&(*end)->tx.next;
	*end = f;
	a->frames++;
	return f;
}

static struct app_frame *
find(const struct app_flow *a, enum app_dir d, uint64_t number)
{
	struct app_frame *f = number == 0 ? NULL : a->frame[d];

	while (f != NULL && f->number != number)
		f = (struct app_frame *)f->tx.next;
	return f;
}

uint64_t
app_frame_begin(
    struct app_flow *a, enum app_dir d, enum app_buffer_id type, size_t left)
{
	struct app_frame *f;

	if (!is_wanted(a, type) || (f = add(a, d, type, a->told[d] - left)) == NULL)
		return 0;
	return f->number = ++a->frame_n[d];
}

void
app_frame_tx(
    struct app_flow *a, enum app_dir d, uint64_t number, const struct app_tx *tx)
{
	struct app_frame *f = find(a, d, number);

	if (f == NULL)
		return;
	f->has_tx = true;
	f->tx.id = tx->id;
}

void
app_frame_length(struct app_flow *a, enum app_dir d, uint64_t number, uint64_t len)
{
	struct app_frame *f = find(a, d, number);

	if (f != NULL)
		f->end = f->at + len;
}

void
app_frame_end(struct app_flow *a, enum app_dir d, uint64_t number, size_t left)
{
	struct app_frame *f = find(a, d, number);

	if (f != NULL)
		f->end = a->told[d] - left;
}

void
app_frame_whole(struct app_flow *a, enum app_dir d, enum app_buffer_id type,
    size_t left, size_t len)
{
	app_frame_length(a, d, app_frame_begin(a, d, type, left), len);
}

/* --- bytes ------------------------------------------------------------------------ */

/* Detection may see it: all of it is there, or a window full. */
static void
settle(struct app_frame *f, enum app_dir d)
{
	f->complete = f->complete || f->next >= f->end;
	if (f->complete || f->window.len >= STREAM_CHUNK_BYTES)
		f->tx.progress[d] = 1;
}

/* What of the bytes, which begin at `at`, is the frame's and new. */
static void
take(struct app_flow *a, struct app_frame *f, struct span bytes, uint64_t at)
{
	uint64_t from = f->next > at ? f->next : at, to = at + bytes.len;
	size_t n;

	if (to > f->end)
		to = f->end;
	if (from >= to)
		return;
	n = (size_t)(to - from);
	f->next = to;
	if (f->cut || !app_hold(a, n))
		return;
	if (buf_add(&f->window, bytes.p + (from - at), n) == -1) {
		app_drop(a, n);
		app_cut(a);
	}
}

/* Bytes of messages that are not whole yet wait for the frame to be named. */
static struct span
with_past(struct app_flow *a, enum app_dir d, struct span bytes, uint64_t *at)
{
	struct buf *past = &a->past[d];

	if (a->parser == NULL || !a->parser->late_frames || past->max == 0)
		return bytes;
	if (past->len == 0)
		a->past_at[d] = *at;
	if (!app_hold(a, bytes.len))
		return bytes;
	if (buf_add(past, bytes.p, bytes.len) == -1) {
		app_drop(a, bytes.len);
		return bytes;
	}
	*at = a->past_at[d];
	return (struct span){past->data, past->len};
}

static void
drop_past(struct app_flow *a, enum app_dir d, uint64_t until)
{
	struct buf *past = &a->past[d];
	uint64_t n = until > a->past_at[d] ? until - a->past_at[d] : 0;

	if (past->len == 0 || n == 0)
		return;
	if (n > past->len)
		n = past->len;
	app_drop(a, (size_t)n);
	buf_consume(past, (size_t)n);
	a->past_at[d] += n;
}

void
inside_frames_feed(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	struct span bytes = n->data;
	uint64_t at = n->offset, ended = 0;

	if (a->app->config.frames == 0)
		return;
	bytes = with_past(a, d, bytes, &at);
	for (struct app_frame *f = a->frame[d]; f != NULL;
	     f = (struct app_frame *)f->tx.next) {
		take(a, f, bytes, at);
		settle(f, d);
		if (f->complete && f->end > ended)
			ended = f->end;
	}
	drop_past(a, d, ended);
}

/* Of a frame with a gap rules see what came before it, as in Suricata. */
void
inside_frames_gap(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	drop_past(a, d, UINT64_MAX);
	for (struct app_frame *f = a->frame[d]; f != NULL;
	     f = (struct app_frame *)f->tx.next) {
		if (f->complete || f->at > n->offset)
			continue;
		f->cut = true;
		f->next = n->offset + n->missing;
		settle(f, d);
	}
}

void
inside_frames_end(struct app_flow *a, enum app_dir d)
{
	drop_past(a, d, UINT64_MAX);
	for (struct app_frame *f = a->frame[d]; f != NULL;
	     f = (struct app_frame *)f->tx.next) {
		f->complete = true;
		settle(f, d);
	}
}

void
inside_frames_begin(struct app_flow *a)
{
	for (int d = 0; d < APP_DIRS; d++) {
		uint64_t keep = a->told[d];

		buf_init(&a->past[d],
		    a->app->config.frames == 0 ? 0 : STREAM_WINDOW_MAX + 2);
		if (a->flow->key.proto != IPPROTO_TCP)
			continue;
		/* That of all that the parser will be told. */
		a->told[d] = a->begin_at[d];
		app_frame_begin(a, (enum app_dir)d, APP_FRAME_STREAM, 0);
		a->told[d] = keep;
	}
}

void
inside_frames_free(struct app_flow *a)
{
	for (int d = 0; d < APP_DIRS; d++) {
		struct app_frame *next;

		for (struct app_frame *f = a->frame[d]; f != NULL; f = next) {
			next = (struct app_frame *)f->tx.next;
			release(a, f);
		}
		a->frame[d] = NULL;
		drop_past(a, (enum app_dir)d, UINT64_MAX);
		buf_release(&a->past[d]);
	}
}

/* Another window, another search. */
static void
move_on(struct app_flow *a, enum app_dir d, struct app_frame *f)
{
	app_drop(a, f->window.len);
	buf_reset(&f->window);
	f->window_at = f->next;
	f->tx.progress[d] = 0;
	f->tx.inspected[d] = false;
	free(f->tx.detect);
	f->tx.detect = NULL;
}

void
inside_frames_clean(struct app_flow *a)
{
	for (int d = 0; d < APP_DIRS; d++) {
		struct app_frame **at = &a->frame[d];

		while (*at != NULL) {
			struct app_frame *f = *at;

			if (f->tx.inspected[d] && f->complete) {
				*at = (struct app_frame *)f->tx.next;
				release(a, f);
				continue;
			}
			if (f->tx.inspected[d])
				move_on(a, (enum app_dir)d, f);
			at = (struct app_frame **)&f->tx.next;
		}
	}
}

/* --- for detection ------------------------------------------------------------------ */

struct app_frame *
app_frame_next(const struct flow *flow, enum app_dir d, struct app_frame *f)
{
	const struct app_flow *a = flow->slot[FLOW_SLOT_APP];

	if (f != NULL)
		f = (struct app_frame *)f->tx.next;
	else if (a != NULL)
		f = a->frame[d];
	while (f != NULL && (f->tx.progress[d] == 0 || f->tx.inspected[d]))
		f = (struct app_frame *)f->tx.next;
	return f;
}

void
app_frame_inspected(enum app_dir d, struct app_frame *f)
{
	f->tx.inspected[d] = true;
}

enum app_have
inside_frames_buffer(
    const struct app_tx *tx, enum app_buffer_id b, struct app_bytes *out)
{
	const struct app_frame *f = (const struct app_frame *)tx;

	if (b != f->type)
		return APP_ABSENT;
	out->bytes = (struct span){f->window.data, f->window.len};
	out->offset = f->window_at > f->at ? f->window_at - f->at : 0;
	out->complete = f->complete;
	return f->window.len == 0 ? APP_ABSENT : APP_HAVE;
}

bool
inside_frames_rest(const struct app_flow *a, enum app_dir d)
{
	for (const struct app_frame *f = a->frame[d]; f != NULL;
	     f = (const struct app_frame *)f->tx.next)
		/* Of a stream that ended, Suricata does not look at the rest. */
		if (f->tx.progress[d] == 1 && f->type != APP_FRAME_STREAM)
			return true;
	return false;
}
