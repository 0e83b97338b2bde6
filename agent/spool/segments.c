/* SPDX-License-Identifier: EUPL-1.2 */
/* The spool's segment files: beginning and ending them, and what goes when there is
 * no room. */
#include "agent/limits.h"
#include "agent/spool/inside.h"
#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *
segments_name(enum record_class c, uint32_t number, char out[SEGMENTS_NAME_SIZE])
{
	snprintf(out, SEGMENTS_NAME_SIZE, "%u-%010u.seg", (unsigned)c & 7u, number);
	return out;
}

size_t
segments_find(const struct log *l, uint32_t number)
{
	size_t lo = 0, hi = l->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (l->seg[mid].h.number < number)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct segment *
segments_add(struct log *l)
{
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 16 : l->cap * 2;
		struct segment *p = realloc(l->seg, cap * sizeof(*p));

		if (p == NULL)
			return NULL;
		l->seg = p;
		l->cap = cap;
	}
	memset(&l->seg[l->n], 0, sizeof(l->seg[l->n]));
	return &l->seg[l->n++];
}

/* What the segment counts for: one that is written has its whole size reserved. */
static uint64_t
weight(const struct spool *s, enum record_class c, size_t i)
{
	const struct log *l = &s->log[c];

	return l->fd != -1 && i == l->n - 1 ? s->segment_bytes : l->seg[i].size;
}

void
segments_close(struct spool *s, enum record_class c)
{
	struct log *l = &s->log[c];

	if (l->fd == -1)
		return;
	if (fdatasync(l->fd) == -1)
		s->stats.sync_errors++;
	/* Gives back what was reserved beyond the last record. */
	if (ftruncate(l->fd, (off_t)l->seg[l->n - 1].size) == -1)
		log_warn("spool: closing a segment: %s", strerror(errno));
	s->total -= weight(s, c, l->n - 1);
	close(l->fd);
	l->fd = -1;
	l->unsynced = 0;
	s->total += weight(s, c, l->n - 1);
}

void
segments_remove(struct spool *s, enum record_class c, size_t i)
{
	struct log *l = &s->log[c];
	char name[SEGMENTS_NAME_SIZE];

	if (l->fd != -1 && i == l->n - 1)
		segments_close(s, c);
	s->total -= weight(s, c, i);
	if (unlinkat(s->dir, segments_name(c, l->seg[i].h.number, name), 0) == -1)
		log_warn("spool: %s: %s", name, strerror(errno));
	if (s->read_fd != -1 && s->read_cls == c &&
	    s->read_number == l->seg[i].h.number) {
		close(s->read_fd);
		s->read_fd = -1;
	}
	memmove(&l->seg[i], &l->seg[i + 1], (l->n - i - 1) * sizeof(l->seg[0]));
	l->n--;
}

uint64_t
segments_waiting(const struct spool *s, const struct segment *g)
{
	const struct epoch *e = state_epoch(s, g->h.epoch);
	uint64_t acked = e != NULL ? e->acked[g->h.cls] : 0;

	if (acked >= g->last)
		return 0;
	return acked < g->h.first ? g->last + 1 - g->h.first : g->last - acked;
}

bool
segments_acked(const struct spool *s, const struct segment *g)
{
	return segments_waiting(s, g) == 0;
}

/* --- room
 * ------------------------------------------------------------------------- */

/* The newest segment of a class stays: its header carries the sequence on. */
static bool
may_go(const struct log *l, size_t i)
{
	return i + 1 < l->n;
}

/* Drop the acknowledged segment that was begun first, of whatever class. */
static bool
drop_acked(struct spool *s)
{
	int best = -1;
	size_t best_i = 0;
	int64_t oldest = INT64_MAX;

	for (int c = 0; c < RECORD_CLASSES; c++) {
		const struct log *l = &s->log[c];

		for (size_t i = 0; may_go(l, i); i++)
			if (l->seg[i].h.created_us < oldest &&
			    segments_acked(s, &l->seg[i])) {
				oldest = l->seg[i].h.created_us;
				best = c;
				best_i = i;
				break;
			}
	}
	if (best == -1)
		return false;
	segments_remove(s, (enum record_class)best, best_i);
	return true;
}

/* Give up the oldest segment of a class worth no more than cls; health never. */
static bool
shed(struct spool *s, enum record_class cls)
{
	static const enum record_class ORDER[] = {
	    RECORD_TELEMETRY, RECORD_FINDING, RECORD_ALERT};

	for (size_t k = 0; k < sizeof(ORDER) / sizeof(ORDER[0]) && ORDER[k] >= cls;
	     k++) {
		enum record_class c = ORDER[k];
		struct log *l = &s->log[c];

		if (!may_go(l, 0))
			continue;
		s->stats.shed[c] += segments_waiting(s, &l->seg[0]);
		segments_remove(s, c, 0);
		return true;
	}
	return false;
}

static bool
make_room(struct spool *s, enum record_class cls)
{
	while (s->total + s->segment_bytes > s->quota)
		if (!drop_acked(s) && !shed(s, cls))
			return false;
	return true;
}

/* --- a new segment
 * ------------------------------------------------------------------- */

static int
write_header(struct spool *s, int fd, struct segment_header *h)
{
	ssize_t n;

	buf_reset(&s->scratch);
	if (segment_put_header(h, &s->scratch) == -1) {
		errno = ENOMEM;
		return -1;
	}
	n = pwrite(fd, s->scratch.data, s->scratch.len, 0);
	if (n == (ssize_t)s->scratch.len)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	return -1;
}

static int
create(struct spool *s, struct segment_header *h)
{
	char name[SEGMENTS_NAME_SIZE];
	int fd, saved;

	fd = openat(s->dir, segments_name(h->cls, h->number, name),
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		return -1;
	/* Reserve, so that a full disk is met here and not in mid-record. */
	if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)s->segment_bytes) == -1 &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		goto fail;
	if (write_header(s, fd, h) == -1 || fsync(s->dir) == -1)
		goto fail;
	return fd;

fail:
	saved = errno;
	unlinkat(s->dir, name, 0);
	close(fd);
	errno = saved;
	return -1;
}

int
segments_begin(struct spool *s, enum record_class c)
{
	struct log *l = &s->log[c];
	struct segment_header h = {.cls = c,
	    .number = l->next_number,
	    .first = l->next,
	    .created_us = clock_wall_us()};
	struct segment *g;
	int fd;

	segments_close(s, c);
	if (!make_room(s, c)) {
		errno = ENOSPC;
		return -1;
	}
	memcpy(h.epoch, s->epoch[s->epochs_n - 1].id, sizeof(h.epoch));
	memcpy(h.agent, s->agent, sizeof(h.agent));
	/* The disk may be fuller than the quota says: shed as if it were that. */
	while ((fd = create(s, &h)) == -1)
		if (errno != ENOSPC || (!drop_acked(s) && !shed(s, c)))
			return -1;
	FAULT("segment-created");
	l->next_number++;
	if ((g = segments_add(l)) == NULL) {
		close(fd);
		return -1;
	}
	g->h = h;
	g->last = h.first - 1;
	g->size = SEGMENT_HEADER_BYTES;
	l->fd = fd;
	s->total += s->segment_bytes;
	return 0;
}
