/* SPDX-License-Identifier: EUPL-1.2 */
/* From kept segments to news for the reader and chunks for detection. */
#include "agent/stream/session.h"

#include <stdio.h>

/* Up to where the other side has everything (or never will, at the end). */
static uint64_t
acknowledged(const struct session *n, const struct side *d)
{
	int64_t ack = assembly_offset(&d->a, d->last_ack);
	int64_t fin = assembly_offset(&d->a, d->fin_seq);

	/* A FIN takes a sequence number but is no byte; before we see one, the
	 * states say whether there was one. */
	if ((d->flags & SIDE_FIN) && ack > fin)
		ack = fin;
	else if (!(d->flags & SIDE_FIN) && n->state >= SESSION_FIN_WAIT1 &&
	    ack > (int64_t)d->a.right)
		ack--;
	if (n->depth != 0 && ack > (int64_t)n->depth)
		ack = n->depth;
	return ack < (int64_t)d->a.base ? d->a.base : (uint64_t)ack;
}

/* --- the reader ------------------------------------------------------------------ */

static void
tell(struct session *n, int side, struct stream_news *news)
{
	news->to_server = side == 0;
	n->owner->config.reader(n->owner->config.arg, n->flow, news);
}

static void
tell_gap(struct session *n, int side, const struct packet *p, uint64_t missing)
{
	struct side *d = &n->side[side];
	struct stream_news news = {.kind = STREAM_GAP,
	    .offset = d->a.app,
	    .missing = missing,
	    .packet = p};

	n->owner->stats.gaps++;
	n->owner->stats.gap_bytes += missing;
	tell(n, side, &news);
	d->a.app += missing;
}

static void
tell_data(struct session *n, int side, const struct packet *p, struct span data)
{
	struct side *d = &n->side[side];
	struct stream_news news = {
	    .kind = STREAM_DATA, .offset = d->a.app, .data = data, .packet = p};

	tell(n, side, &news);
	d->a.app += data.len;
}

static void
tell_end(struct session *n, int side, const struct packet *p)
{
	struct side *d = &n->side[side];
	struct stream_news news = {.kind = STREAM_END,
	    .offset = d->a.app,
	    .truncated = (d->flags & SIDE_DEPTH) != 0,
	    .packet = p};

	if (d->flags & SIDE_ENDED)
		return;
	d->flags |= SIDE_ENDED;
	tell(n, side, &news);
}

/* Everything up to the depth was told, and more came. */
static bool
is_past_depth(const struct session *n, const struct side *d)
{
	return (d->flags & SIDE_DEPTH) != 0 && d->a.app >= n->depth;
}

static bool
is_read(const struct session *n, const struct side *d)
{
	return (n->flags & SESSION_NOT_READ) == 0 && (d->flags & SIDE_ENDED) == 0;
}

void
session_tell(struct session *n, int side, const struct packet *p)
{
	struct side *d = &n->side[side];
	uint64_t acked = acknowledged(n, d);
	uint64_t until = n->ending && d->a.right > acked ? d->a.right : acked;

	while (d->a.app < until && is_read(n, d)) {
		struct span data = assembly_at(&d->a, d->a.app);
		uint64_t most = until - d->a.app;

		if (data.p != NULL) {
			if (data.len > most)
				data.len = (size_t)most;
			tell_data(n, side, p, data);
			continue;
		}
		/* Only what was acknowledged is known to have existed. */
		if (d->a.app >= acked)
			break;
		most = acked - d->a.app;
		tell_gap(
		    n, side, p, data.len > 0 && data.len < most ? data.len : most);
	}
	if (!is_read(n, d) && d->a.app < until)
		d->a.app = until;
	/* A side that said nothing may yet do so, after a reset that it did not
	 * send (state.c). */
	if (n->ending || is_past_depth(n, d) ||
	    (n->state >= SESSION_CLOSING && d->a.app > 0 && d->a.app >= d->a.right))
		tell_end(n, side, p);
}

bool
session_has_rest(const struct session *n, int side)
{
	const struct side *d = &n->side[side];

	return d->a.app < d->a.right ||
	    (d->a.raw < d->a.right && !(d->flags & SIDE_NOT_INSPECTED));
}

/* --- keeping ---------------------------------------------------------------------- */

static void
keep(struct session *n, struct packet *p, struct side *d)
{
	struct stream_engine *s = n->owner;
	struct assembly_insert how = {
	    .policy = session_policy(n, d == &n->side[1])};
	uint32_t seq = p->tcp_seq + ((p->tcp_flags & TCP_SYN) != 0);
	int64_t at = assembly_offset(&d->a, seq);
	struct span bytes = p->payload;

	/* Offsets would wrap some day: what is done stays done. */
	if (is_past_depth(n, d)) {
		packet_set_event(p, STREAM_EVENT_REASSEMBLY_DEPTH_REACHED);
		return;
	}
	if (at < 0) { /* before the first byte, as keep-alives are */
		if ((uint64_t)-at >= bytes.len) {
			packet_set_event(
			    p, STREAM_EVENT_REASSEMBLY_SEGMENT_BEFORE_BASE_SEQ);
			return;
		}
		bytes.p += -at;
		bytes.len -= (size_t)-at;
		at = 0;
	}
	if (n->depth != 0 && (uint64_t)at + bytes.len > n->depth) {
		packet_set_event(p, STREAM_EVENT_REASSEMBLY_DEPTH_REACHED);
		s->stats.depth += !(d->flags & SIDE_DEPTH);
		d->flags |= SIDE_DEPTH;
		if (at >= n->depth)
			return;
		bytes.len = n->depth - (size_t)at;
	}
	switch (assembly_add(s->pool, &d->a, (uint64_t)at, bytes, &how)) {
	case ASSEMBLY_ADDED:
		p->flags |= PACKET_IN_STREAM;
		s->stats.segments++;
		s->stats.bytes += bytes.len;
		break;
	case ASSEMBLY_OLD:
		packet_set_event(
		    p, STREAM_EVENT_REASSEMBLY_SEGMENT_BEFORE_BASE_SEQ);
		break;
	case ASSEMBLY_NO_MEMORY:
		packet_set_event(p, STREAM_EVENT_REASSEMBLY_NO_SEGMENT);
		s->stats.no_memory++;
		break;
	case ASSEMBLY_TOO_MANY:
		packet_set_event(p, STREAM_EVENT_REASSEMBLY_INSERT_LIMIT);
		s->stats.no_memory++;
		break;
	}
	s->stats.overlaps += how.overlaps;
	s->stats.differing += how.different;
	if (how.different)
		packet_set_event(p, STREAM_EVENT_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
}

void
session_segment(struct session *n, struct packet *p, int from)
{
	struct side *me = &n->side[from];
	uint64_t gaps = n->owner->stats.gaps;

	session_tell(n, 1 - from, p);
	/* What a reset says is not part of the conversation (RFC 9293, 3.5.3). */
	if (p->payload.len > 0 && !(p->tcp_flags & TCP_RST))
		keep(n, p, me);
	if ((p->tcp_flags & TCP_RST) || n->state >= SESSION_LAST_ACK)
		session_tell(n, from, p);
	if (n->owner->stats.gaps != gaps)
		packet_set_event(p, STREAM_EVENT_REASSEMBLY_SEQ_GAP);
	n->owner->stats.pool_active = pieces_active(n->owner->pool);
}

/*
 * Are more than so many quarters of the pool in use?  Then what is kept for a
 * better look only is let go, before segments are lost.
 */
static bool
is_pressed(struct stream_engine *s, unsigned quarters)
{
	if (pieces_bound(s->pool) <= (uint64_t)STREAM_POOL_BYTES / 4 * quarters)
		return false;
	s->stats.pressed++;
	return true;
}

void
session_trim(struct session *n)
{
	for (int i = 0; i < 2; i++) {
		struct side *d = &n->side[i];
		uint64_t acked = acknowledged(n, d), until = d->a.raw;
		size_t overlap = n->owner->config.overlap;

		if (overlap < d->inspect_window && !is_pressed(n->owner, 2))
			overlap = d->inspect_window;

		if (d->flags & SIDE_NOT_INSPECTED)
			until = d->a.app;
		else
			until = until > overlap ? until - overlap : 0;
		if (until > d->a.app)
			until = d->a.app;
		assembly_release(
		    n->owner->pool, &d->a, until < acked ? until : acked);
	}
}

/* --- chunks ------------------------------------------------------------------------ */

static bool
is_due(const struct session *n, const struct side *d, uint64_t acked)
{
	if (d->a.raw >= d->a.right || (d->flags & SIDE_NOT_INSPECTED))
		return false;
	return n->ending || (d->flags & (SIDE_FLUSH | SIDE_DEPTH)) != 0 ||
	    n->state > SESSION_TIME_WAIT ||
	    acked >= d->a.raw + STREAM_CHUNK_BYTES ||
	    (acked > d->a.raw && is_pressed(n->owner, 3));
}

/* len bytes from offset on, which are held without a hole. */
static struct span
gather(
    struct stream_engine *s, const struct assembly *a, uint64_t offset, size_t len)
{
	struct span first = assembly_at(a, offset);
	uint8_t *to = s->scratch + s->scratch_used;

	if (first.len >= len)
		return (struct span){first.p, len};
	assembly_copy(a, offset, to, len);
	s->scratch_used += len;
	return (struct span){to, len};
}

/* The first of the bytes from `from` on that lie without a hole before offset. */
static uint64_t
step_back(const struct assembly *a, uint64_t from, uint64_t offset)
{
	if (from < a->base)
		from = a->base;
	while (from < offset) {
		uint64_t run = assembly_run(a, from, offset - from);

		if (from + run >= offset)
			return from;
		from += run + assembly_at(a, from + run).len;
	}
	return offset;
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Make a chunk of what stands at the place that is inspected next; false: none. */
static bool
make_chunk(
    struct stream_engine *s, struct side *d, uint64_t until, struct stream_chunk *c)
{
	struct assembly *a = &d->a;
	bool window = (d->flags & SIDE_FLUSH) != 0 && d->inspect_window != 0;
	struct span there = assembly_at(a, a->raw);
	uint64_t from, run;

	if (there.p == NULL) {
		if (there.len == 0 || there.len >= until - a->raw)
			return false;
		a->raw += there.len;
	}
	from = step_back(a,
	    window ? less(a->app, d->inspect_window)
		   : less(a->raw, s->config.overlap),
	    a->raw);
	c->before = window ? (size_t)(a->raw - from) : 0;
	c->offset = from + c->before;
	run = a->raw - c->offset + assembly_run(a, a->raw, until - a->raw);
	if (run > s->scratch_size - s->scratch_used)
		run = s->scratch_size - s->scratch_used;
	if (c->offset + run <= a->raw)
		return false;
	c->data = gather(s, a, c->offset, (size_t)run);
	a->raw = c->offset + run;
	return true;
}

struct span
stream_chunk_whole(const struct packet *p, const struct stream_chunk *c)
{
	struct session *n = p->flow->slot[FLOW_SLOT_STREAM];
	struct stream_engine *s = n->owner;
	size_t len = c->before + c->data.len;

	if (c->before == 0 || len > s->scratch_size - s->scratch_used)
		return s->whole_of == c ? s->whole : c->data;
	if (s->whole_of != c) {
		s->whole =
		    gather(s, &n->side[p->flags & PACKET_TO_CLIENT ? 1 : 0].a,
			c->offset - c->before, len);
		s->whole_of = c;
	}
	return s->whole;
}

size_t
stream_chunks(struct packet *p, const struct stream_chunk **c)
{
	struct session *n =
	    p->flow == NULL ? NULL : p->flow->slot[FLOW_SLOT_STREAM];
	struct side *d;
	struct stream_engine *s;
	uint64_t acked, until;
	size_t chunks = 0;

	if (n == NULL || n->state < SESSION_ESTABLISHED)
		return 0;
	s = n->owner;
	d = &n->side[p->flags & PACKET_TO_CLIENT ? 1 : 0];
	acked = acknowledged(n, d);
	if (!is_due(n, d, acked))
		return 0;
	until = n->ending ? d->a.right : acked;
	s->scratch_used = 0;
	s->whole_of = NULL;
	while (d->a.raw < until && chunks < STREAM_CHUNKS_MAX &&
	    make_chunk(s, d, until, &s->chunk[chunks]))
		chunks++;
	if (chunks > 0)
		d->flags &= (uint16_t)~SIDE_FLUSH;
	if (chunks > 0 && (d->flags & SIDE_LAST))
		d->flags |= SIDE_NOT_INSPECTED;
	*c = s->chunk;
	return chunks;
}

/* --- for others to ask -------------------------------------------------------------- */

void
stream_flush(struct flow *f, bool to_server)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	if (n != NULL)
		n->side[to_server ? 0 : 1].flags |= SIDE_FLUSH;
}

void
stream_set_window(struct flow *f, bool to_server, uint32_t bytes)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	/* What a chunk is put together in has no room for more. */
	if (n != NULL)
		n->side[to_server ? 0 : 1].inspect_window =
		    bytes < STREAM_WINDOW_MAX ? bytes : STREAM_WINDOW_MAX;
}

void
stream_stop_reading(struct flow *f)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	if (n != NULL)
		n->flags |= SESSION_NOT_READ;
}

void
stream_stop_inspecting(struct flow *f, bool to_server)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	if (n != NULL)
		n->side[to_server ? 0 : 1].flags |= SIDE_NOT_INSPECTED;
}

void
stream_finish_inspecting(struct flow *f, bool to_server)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	if (n != NULL)
		n->side[to_server ? 0 : 1].flags |= SIDE_FLUSH | SIDE_LAST;
}

void
stream_set_depth(struct flow *f, uint32_t bytes)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	if (n != NULL)
		n->depth = bytes;
}

uint64_t
stream_size(const struct flow *f, bool to_server)
{
	const struct session *n = f->slot[FLOW_SLOT_STREAM];
	const struct side *d;

	if (n == NULL)
		return 0;
	d = &n->side[to_server ? 0 : 1];
	return (uint32_t)(d->next_seq - d->isn);
}

size_t
stream_dump(const struct flow *f, bool to_server, uint8_t *out, size_t max)
{
	const struct session *n = f->slot[FLOW_SLOT_STREAM];
	const struct assembly *a;
	uint64_t end;
	char text[48];
	size_t len = 0;

	if (n == NULL)
		return 0;
	a = &n->side[to_server ? 0 : 1].a;
	/* What nobody acknowledged is in no chunk yet. */
	end = a->app > a->raw ? a->app : a->raw;
	if (end <= a->base)
		end = a->right;
	for (uint64_t at = a->base; at < end && len < max;) {
		struct span part = assembly_at(a, at);

		if (part.p == NULL && part.len == 0)
			break;
		if (part.len > end - at)
			part.len = (size_t)(end - at);
		at += part.len;
		if (part.p == NULL) {
			int wrote = snprintf(
			    text, sizeof(text), "[%zu bytes missing]", part.len);

			part = (struct span){(const uint8_t *)text, (size_t)wrote};
		}
		if (part.len > max - len)
			part.len = max - len;
		memcpy(out + len, part.p, part.len);
		len += part.len;
	}
	return len;
}
