/* SPDX-License-Identifier: EUPL-1.2 */
/* The spool: opening, appending, syncing, acknowledging. */
#include "agent/spool/spool.h"
#include "agent/limits.h"
#include "agent/spool/inside.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert(SPOOL_EPOCH_BYTES == SEGMENT_EPOCH_BYTES, "one epoch");

/* How long a class may be accepted and not yet on disk; 0: never synced on purpose.
 */
static const int64_t SYNC_US[RECORD_CLASSES] = {
    [RECORD_HEALTH] = SPOOL_SYNC_US,
    [RECORD_ALERT] = SPOOL_SYNC_US,
    [RECORD_FINDING] = SPOOL_SYNC_FINDING_US,
    [RECORD_TELEMETRY] = 0,
};

/* State is written this often when only acknowledgements changed. */
#define STATE_US (30 * 1000000ll)

/* --- opening --------------------------------------------------------------------
 */

static int
open_folder(struct spool *s, const char *path)
{
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		return -1;
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir == -1)
		return -1;
	s->lock =
	    openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return s->lock == -1 ? -1 : flock(s->lock, LOCK_EX | LOCK_NB);
}

static int
prepare(struct spool *s, const struct spool_options *o)
{
	s->dir = s->lock = s->read_fd = -1;
	for (int c = 0; c < RECORD_CLASSES; c++)
		s->log[c].fd = -1;
	s->segment_bytes =
	    o->segment_bytes != 0 ? o->segment_bytes : SPOOL_SEGMENT_BYTES;
	s->quota = o->quota;
	s->keep_us = o->keep_us != 0 ? o->keep_us : SPOOL_KEEP_US;
	buf_init(&s->scratch, RECORD_JSON_MAX + SEGMENT_HEADER_BYTES);
	if (str_copy(s->agent, sizeof(s->agent), o->agent) == -1 ||
	    str_copy(s->boot, sizeof(s->boot), o->boot) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return (s->window = malloc(SPOOL_WINDOW_BYTES)) == NULL ? -1 : 0;
}

static const char *
remedy(int error)
{
	static const struct {
		int error;
		const char *text;
	} REMEDIES[] = {
	    {EWOULDBLOCK, "another forwarder uses this spool; stop that one"},
	    {EROFS, "its file system must be mounted for writing"},
	    {EIO, "the disk fails; see the kernel's log"},
	    {ENOENT, "make the folder above it"},
	    {ENOTDIR, "a folder must stand there"},
	    {ENOMEM, "give the host or memory.forwarder more"},
	};

	for (size_t i = 0; i < sizeof(REMEDIES) / sizeof(REMEDIES[0]); i++)
		if (REMEDIES[i].error == error)
			return REMEDIES[i].text;
	return "the forwarder's user must own this folder and all in it";
}

struct spool *
spool_open(const struct spool_options *o, char *error, size_t size)
{
	struct spool *s;
	bool doubt;
	int proved;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		snprintf(error, size, "%s: out of memory", o->path);
		return NULL;
	}
	if (prepare(s, o) == -1)
		goto fail;
	if (o->quota < SPOOL_QUOTA_SEGMENTS_MIN * s->segment_bytes) {
		snprintf(error, size,
		    "%s: a quota of %llu bytes is too small; at least %llu",
		    o->path, (unsigned long long)o->quota,
		    (unsigned long long)(SPOOL_QUOTA_SEGMENTS_MIN *
			s->segment_bytes));
		goto fail_told;
	}
	if (open_folder(s, o->path) == -1 || (proved = state_load(s)) == -1)
		goto fail;
	doubt = proved == 0;
	if (recover_all(s, &doubt) == -1)
		goto fail;
	if (doubt && state_new_epoch(s) == -1) {
		if ((errno != ENOSPC && errno != EDQUOT) || state_drop(s) == -1)
			goto fail;
		errno = ENOSPC;
		log_warn("%s: %s; make room: until then records are lost, and "
			 "counted",
		    o->path, strerror(errno));
	}
	return s;

fail:
	snprintf(
	    error, size, "%s: %s; %s", o->path, strerror(errno), remedy(errno));
fail_told:
	spool_close(s);
	return NULL;
}

void
spool_close(struct spool *s)
{
	if (s == NULL)
		return;
	for (int c = 0; c < RECORD_CLASSES; c++) {
		segments_close(s, (enum record_class)c);
		free(s->log[c].seg);
	}
	if (s->state_dirty)
		state_save(s);
	if (s->read_fd != -1)
		close(s->read_fd);
	if (s->lock != -1)
		close(s->lock);
	if (s->dir != -1)
		close(s->dir);
	buf_release(&s->scratch);
	free(s->window);
	free(s->epoch);
	free(s);
}

/* --- appending
 * -------------------------------------------------------------------- */

/* Write the record in scratch behind the last one.  -1 with errno. */
static int
write_record(struct spool *s, struct log *l)
{
	struct segment *g = &l->seg[l->n - 1];
	ssize_t n = pwrite(l->fd, s->scratch.data, s->scratch.len, (off_t)g->size);

	if (n == (ssize_t)s->scratch.len)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	n = errno;
	/* What was written of it must not be taken for a torn tail. */
	if (ftruncate(l->fd, (off_t)g->size) == -1)
		log_warn("spool: %s", strerror(errno));
	errno = (int)n;
	return -1;
}

static int
encode(struct spool *s, const struct log *l, const struct record *r)
{
	struct segment_record sr = {.seq = l->next,
	    .writer = r->writer,
	    .number = r->number,
	    .time_us = r->time_us,
	    .json = r->json,
	    .json_len = r->json_len};

	buf_reset(&s->scratch);
	return segment_put_record(l->seg[l->n - 1].h.crc, &sr, &s->scratch);
}

static bool
needs_segment(const struct spool *s, const struct log *l, size_t json_len)
{
	return l->fd == -1 ||
	    l->seg[l->n - 1].size + SEGMENT_RECORD_BYTES + json_len >
	    s->segment_bytes;
}

static int
append(struct spool *s, struct log *l, const struct record *r)
{
	if (needs_segment(s, l, r->json_len) && segments_begin(s, r->cls) == -1)
		return -1;
	if (encode(s, l, r) == -1) {
		errno = EMSGSIZE;
		return -1;
	}
	return write_record(s, l);
}

int
spool_append(struct spool *s, const struct record *r)
{
	struct log *l = &s->log[r->cls];
	int result = append(s, l, r);

	if (result == -1 && errno != EMSGSIZE) {
		s->stats.write_errors += errno != ENOSPC;
		log_warn(
		    "spool: %s: %s", record_class_name(r->cls), strerror(errno));
		/* This segment may be what is wrong: once more, in a new one. */
		segments_close(s, r->cls);
		result = append(s, l, r);
	}
	if (result == -1) {
		s->stats.refused[r->cls]++;
		return 1;
	}
	l->seg[l->n - 1].size += s->scratch.len;
	l->seg[l->n - 1].last = l->next++;
	if (l->unsynced == 0)
		l->unsynced_since = clock_mono_us();
	l->unsynced += s->scratch.len;
	return 0;
}

bool
spool_held(const struct spool *s, const struct record *r)
{
	const struct log *l = &s->log[r->cls];

	return l->had && l->held_writer == r->writer && l->held_number == r->number;
}

/* --- syncing
 * ------------------------------------------------------------------------ */

int
spool_sync(struct spool *s, int64_t now_us, bool force)
{
	int result = 0;

	for (int c = 0; c < RECORD_CLASSES; c++) {
		struct log *l = &s->log[c];

		if (l->unsynced == 0 || SYNC_US[c] == 0)
			continue;
		if (!force && l->unsynced < SPOOL_SYNC_BYTES &&
		    now_us - l->unsynced_since < SYNC_US[c])
			continue;
		l->unsynced = 0;
		if (fdatasync(l->fd) == 0)
			continue;
		/* What the disk did not take is readable for now; go on elsewhere.
		 */
		log_warn(
		    "spool: sync: %s; a new segment is begun", strerror(errno));
		s->stats.sync_errors++;
		segments_close(s, (enum record_class)c);
		result = -1;
	}
	return result;
}

void
spool_tidy(struct spool *s, int64_t now_us)
{
	for (int c = 0; c < RECORD_CLASSES; c++) {
		struct log *l = &s->log[c];

		for (size_t i = 0; i + 1 < l->n;) {
			struct segment *g = &l->seg[i];

			if (!segments_acked(s, g))
				g->acked_us = 0;
			else if (g->acked_us == 0)
				g->acked_us = now_us;
			if (g->acked_us != 0 && now_us - g->acked_us >= s->keep_us)
				segments_remove(s, (enum record_class)c, i);
			else
				i++;
		}
	}
	if (s->state_dirty && now_us - s->state_written >= STATE_US) {
		s->state_written = now_us;
		if (state_save(s) == -1)
			log_warn("spool: state: %s", strerror(errno));
	}
}

/* --- epochs and acknowledgements
 * ------------------------------------------------------ */

size_t
spool_epochs(const struct spool *s)
{
	return s->epochs_n;
}

const uint8_t *
spool_epoch(const struct spool *s, size_t i)
{
	return s->epoch[i].id;
}

uint64_t
spool_last(const struct spool *s, enum record_class c)
{
	return s->log[c].next - 1;
}

/* The last sequence of this epoch that was written here; 0: none is left. */
static uint64_t
last_of(const struct spool *s, const struct epoch *e, enum record_class c)
{
	const struct log *l = &s->log[c];

	if (e == &s->epoch[s->epochs_n - 1])
		return l->next - 1;
	for (size_t i = l->n; i-- > 0;)
		if (memcmp(l->seg[i].h.epoch, e->id, sizeof(e->id)) == 0)
			return l->seg[i].last;
	return 0;
}

int
spool_ack(struct spool *s, const uint8_t epoch[SPOOL_EPOCH_BYTES],
    enum record_class c, uint64_t seq)
{
	struct epoch *e = state_epoch(s, epoch);
	uint64_t before, last;
	bool current;

	if (e == NULL)
		return 0;
	current = e == &s->epoch[s->epochs_n - 1];
	before = e->acked[c];
	last = last_of(s, e, c);
	s->state_dirty = s->state_dirty || before != seq;
	e->acked[c] = seq;
	if (seq <= last || (!current && !e->ahead))
		return 0;
	/* What stands here under these numbers may be other than what it has. */
	if (before < last)
		s->stats.shed[c] += last - before;
	if (!current)
		return 0;
	e->ahead = true;
	log_warn(
	    "spool: the collector holds more than this folder ever did; new epoch");
	return state_new_epoch(s) == -1 ? -1 : 1;
}

uint64_t
spool_acked(const struct spool *s, const uint8_t epoch[SPOOL_EPOCH_BYTES],
    enum record_class c)
{
	const struct epoch *e = state_epoch(s, epoch);

	return e == NULL ? 0 : e->acked[c];
}

void
spool_stats(const struct spool *s, struct spool_stats *out)
{
	int64_t oldest = INT64_MAX;

	*out = s->stats;
	out->bytes = s->total;
	out->quota = s->quota;
	for (int c = 0; c < RECORD_CLASSES; c++)
		for (size_t i = 0; i < s->log[c].n; i++) {
			const struct segment *g = &s->log[c].seg[i];
			uint64_t n = segments_waiting(s, g);

			out->waiting[c] += n;
			if (n > 0 && g->h.created_us < oldest)
				oldest = g->h.created_us;
		}
	out->oldest_us = oldest == INT64_MAX ? 0 : oldest;
}
