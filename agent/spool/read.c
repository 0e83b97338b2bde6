/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reading the spool in order.  A sequence that is not there, because its segment
 * was given up or its bytes are damaged, comes out as a gap item, so that the
 * collector's count closes.
 */
#include "agent/limits.h"
#include "agent/spool/inside.h"

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static_assert(SPOOL_WINDOW_BYTES >= 2 * (RECORD_JSON_MAX + SEGMENT_RECORD_BYTES),
    "a record fits the window");

/* Go to the start of segment g; what is to come first is what is not acknowledged.
 */
static void
enter(struct spool *s, struct spool_cursor *at, const struct segment *g)
{
	if (at->segment == 0 ||
	    memcmp(at->epoch, g->h.epoch, sizeof(at->epoch)) != 0) {
		memcpy(at->epoch, g->h.epoch, sizeof(at->epoch));
		at->next = spool_acked(s, g->h.epoch, at->cls) + 1;
	}
	at->segment = g->h.number;
	at->offset = SEGMENT_HEADER_BYTES;
}

void
spool_rewind(struct spool *s, enum record_class c, struct spool_cursor *at)
{
	const struct log *l = &s->log[c];

	*at = (struct spool_cursor){.cls = c};
	for (size_t i = 0; i < l->n; i++)
		if (!segments_acked(s, &l->seg[i])) {
			enter(s, at, &l->seg[i]);
			return;
		}
	if (l->n > 0)
		enter(s, at, &l->seg[l->n - 1]);
}

/* The segment under the cursor, moving on where it ended or is gone; NULL: no more.
 */
static const struct segment *
current(struct spool *s, struct spool_cursor *at)
{
	const struct log *l = &s->log[at->cls];
	size_t i = segments_find(l, at->segment);

	if (i == l->n)
		return NULL;
	if (l->seg[i].h.number != at->segment)
		enter(s, at, &l->seg[i]);
	while (at->offset >= l->seg[i].size) {
		if (i + 1 == l->n)
			return NULL;
		enter(s, at, &l->seg[++i]);
	}
	return &l->seg[i];
}

static int
open_window(struct spool *s, const struct segment *g)
{
	char name[SEGMENTS_NAME_SIZE];

	if (s->read_fd != -1 && s->read_cls == g->h.cls &&
	    s->read_number == g->h.number)
		return 0;
	if (s->read_fd != -1)
		close(s->read_fd);
	s->window_len = 0;
	s->read_cls = g->h.cls;
	s->read_number = g->h.number;
	s->read_fd = openat(s->dir, segments_name(g->h.cls, g->h.number, name),
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return s->read_fd == -1 ? -1 : 0;
}

/* At least want bytes from offset on, or all that the segment has; 0 bytes:
 * unreadable. */
static size_t
look(struct spool *s, const struct segment *g, uint64_t offset, size_t want,
    uint8_t **p)
{
	uint64_t there = g->size - offset;
	size_t have;
	ssize_t n;

	if (open_window(s, g) == -1)
		return 0;
	if (want > there)
		want = (size_t)there;
	if (offset < s->window_at || offset > s->window_at + s->window_len ||
	    s->window_at + s->window_len - offset < want) {
		size_t len =
		    there < SPOOL_WINDOW_BYTES ? (size_t)there : SPOOL_WINDOW_BYTES;

		n = pread(s->read_fd, s->window, len, (off_t)offset);
		s->window_at = offset;
		s->window_len = n > 0 ? (size_t)n : 0;
	}
	have = (size_t)(s->window_at + s->window_len - offset);
	*p = s->window + (offset - s->window_at);
	return have < there ? have : (size_t)there;
}

/* From bad bytes to where a record may begin; a mark may straddle the window's end.
 */
static size_t
step_over(const uint8_t *p, size_t have)
{
	size_t step = segment_next(p, have, 1);

	return step == have && have > 3 ? have - 3 : step;
}

/* Read the record at the cursor, or behind what is damaged there.  0: segment over.
 */
static int
next_record(struct spool *s, struct spool_cursor *at, const struct segment *g,
    struct segment_record *r)
{
	enum segment_found found;
	uint8_t *p = NULL;
	size_t have;

	while (at->offset < g->size) {
		have = look(s, g, at->offset, SEGMENT_RECORD_BYTES, &p);
		if (have == 0)
			break;
		found = segment_get_record(g->h.crc, p, have, r);
		if (found == SEGMENT_SHORT) {
			have = look(s, g, at->offset,
			    SEGMENT_RECORD_BYTES + RECORD_JSON_MAX, &p);
			found = segment_get_record(g->h.crc, p, have, r);
		}
		if (found == SEGMENT_RECORD && r->seq >= at->next)
			return 1;
		if (found == SEGMENT_RECORD) {
			at->offset += r->size;
			continue;
		}
		s->stats.damaged++;
		at->offset += step_over(p, have);
	}
	at->offset = g->size;
	return 0;
}

static int
tell_gap(struct spool_cursor *at, const struct segment *g, uint64_t before,
    struct spool_item *i)
{
	*i = (struct spool_item){.epoch = g->h.epoch,
	    .first = at->next,
	    .last = before - 1,
	    .gap = true};
	at->next = before;
	return 1;
}

int
spool_read(struct spool *s, struct spool_cursor *at, struct spool_item *i)
{
	const struct segment *g;
	struct segment_record r;

	while ((g = current(s, at)) != NULL) {
		if (at->next < g->h.first)
			return tell_gap(at, g, g->h.first, i);
		if (next_record(s, at, g, &r) == 0)
			continue;
		if (r.seq > at->next)
			return tell_gap(at, g, r.seq, i);
		at->offset += r.size;
		at->next = r.seq + 1;
		*i = (struct spool_item){.epoch = g->h.epoch,
		    .first = r.seq,
		    .last = r.seq,
		    .time_us = r.time_us,
		    .json = r.json,
		    .json_len = r.json_len};
		return 1;
	}
	return 0;
}
