/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a spool's folder holds, after whatever happened to it.  Sound records are
 * kept wherever they stand; what lies between is lost and shows as a gap in the
 * sequence.  Bytes behind the last sound record are cut, and cast doubt on the
 * epoch: a record that was sent may have stood there, and its number must not come
 * back.
 */
#include "agent/spool/inside.h"
#include "common/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No segment was ever this long; a longer file is read so far. */
#define FILE_BYTES_MAX (256u << 20)

struct scan {
	uint64_t end;  /* behind the last sound record */
	uint64_t last; /* its sequence; first - 1 when there is none */
	uint64_t writer, number;
	uint64_t bad; /* places where no sound record stood */
};

static void
scan_records(
    const struct segment_header *h, const uint8_t *p, size_t len, struct scan *sc)
{
	struct segment_record r;
	size_t at = SEGMENT_HEADER_BYTES;

	*sc = (struct scan){.end = at, .last = h->first - 1};
	while (at < len) {
		if (segment_get_record(h->crc, p + at, len - at, &r) ==
			SEGMENT_RECORD &&
		    r.seq > sc->last) {
			at += r.size;
			sc->end = at;
			sc->last = r.seq;
			sc->writer = r.writer;
			sc->number = r.number;
			continue;
		}
		sc->bad++;
		at = segment_next(p, len, at + 1);
	}
}

/* The whole file; NULL with errno. */
static uint8_t *
read_whole(int fd, size_t size)
{
	uint8_t *p = malloc(size > 0 ? size : 1);
	size_t at = 0;

	while (p != NULL && at < size) {
		ssize_t n = pread(fd, p + at, size - at, (off_t)at);

		if (n <= 0) {
			free(p);
			errno = n == 0 ? EIO : errno;
			return NULL;
		}
		at += (size_t)n;
	}
	return p;
}

static int
scan_file(struct spool *s, const struct segment *g, bool newest, struct scan *sc)
{
	char name[SEGMENTS_NAME_SIZE];
	int fd, result = -1;
	uint8_t *p;

	fd = openat(s->dir, segments_name(g->h.cls, g->h.number, name),
	    O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1)
		return -1;
	if ((p = read_whole(fd, (size_t)g->size)) != NULL) {
		scan_records(&g->h, p, (size_t)g->size, sc);
		result = sc->bad > 0 && newest ? state_drop(s) : 0;
		if (result == 0 && sc->end < g->size)
			result = ftruncate(fd, (off_t)sc->end);
	}
	free(p);
	close(fd);
	return result;
}

/* --- the folder
 * -------------------------------------------------------------------- */

/* Take in one file by name.  1: doubt (a segment whose header is gone), -1 errno.
 */
static int
take_file(struct spool *s, const char *name)
{
	uint8_t head[SEGMENT_HEADER_BYTES];
	struct segment_header h;
	struct segment *g;
	struct stat st;
	unsigned c, number;
	ssize_t n = -1;
	int fd;

	if (sscanf(name, "%1u-%10u.seg", &c, &number) != 2 || c >= RECORD_CLASSES)
		return 0;
	if ((fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return -1;
	if (fstat(fd, &st) == 0)
		n = pread(fd, head, sizeof(head), 0);
	close(fd);
	if (n == -1)
		return -1;
	if (number >= s->log[c].next_number)
		s->log[c].next_number = number + 1;
	if (segment_get_header(head, (size_t)n, &h) == -1 || h.cls != c ||
	    h.number != number || strcmp(h.agent, s->agent) != 0) {
		s->stats.damaged++;
		log_warn("spool: %s is damaged or another agent's; dropped", name);
		return state_drop(s) == -1 || unlinkat(s->dir, name, 0) == -1 ? -1
									      : 1;
	}
	if ((g = segments_add(&s->log[c])) == NULL)
		return -1;
	g->h = h;
	g->size =
	    st.st_size < FILE_BYTES_MAX ? (uint64_t)st.st_size : FILE_BYTES_MAX;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = ((const struct segment *)a)->h.number;
	uint32_t y = ((const struct segment *)b)->h.number;

	return (x > y) - (x < y);
}

/* Last sequence of each segment; the last record of the class. */
static int
take_class(struct spool *s, struct log *l, bool *doubt)
{
	struct scan sc;

	if (l->n > 0)
		qsort(l->seg, l->n, sizeof(l->seg[0]), by_number);
	for (size_t i = l->n; i-- > 0;) {
		struct segment *g = &l->seg[i];
		bool newest = i == l->n - 1;

		if (!newest && l->had && g[1].h.first > g->h.first &&
		    memcmp(g->h.epoch, g[1].h.epoch, sizeof(g->h.epoch)) == 0) {
			g->last = g[1].h.first - 1;
			s->total += g->size;
			continue;
		}
		if (scan_file(s, g, newest, &sc) == -1)
			return -1;
		if (sc.bad > 0) {
			s->stats.damaged += sc.bad;
			*doubt = *doubt || newest;
		}
		g->last = sc.last;
		g->size = sc.end;
		s->total += g->size;
		if (sc.last >= g->h.first && !l->had) {
			l->had = true;
			l->held_writer = sc.writer;
			l->held_number = sc.number;
		}
	}
	return 0;
}

static int
take_folder(struct spool *s, bool *doubt)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	    result = 0;
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (result != -1 && (e = readdir(d)) != NULL)
		if ((result = take_file(s, e->d_name)) == 1)
			*doubt = true;
	closedir(d);
	return result == -1 ? -1 : 0;
}

/* Epochs of segments that the state file does not name, before the current one. */
static int
name_epochs(struct spool *s)
{
	for (int c = 0; c < RECORD_CLASSES; c++)
		for (size_t i = 0; i < s->log[c].n; i++) {
			const uint8_t *id = s->log[c].seg[i].h.epoch;

			if (state_epoch(s, id) == NULL &&
			    state_add_epoch(s, id) == NULL)
				return -1;
		}
	return 0;
}

int
recover_all(struct spool *s, bool *doubt)
{
	const struct segment *g;
	size_t known;

	for (int c = 0; c < RECORD_CLASSES; c++)
		s->log[c].next = s->log[c].next_number = 1;
	if (take_folder(s, doubt) == -1)
		return -1;
	for (int c = 0; c < RECORD_CLASSES; c++)
		if (take_class(s, &s->log[c], doubt) == -1)
			return -1;
	known = s->epochs_n;
	if (name_epochs(s) == -1)
		return -1;
	/* A segment of an epoch that the state does not know: the state is older.
	 */
	if (s->epochs_n != known || s->epochs_n == 0)
		*doubt = true;
	for (int c = 0; c < RECORD_CLASSES && !*doubt; c++) {
		struct log *l = &s->log[c];

		g = l->n > 0 ? &l->seg[l->n - 1] : NULL;
		if (g != NULL &&
		    memcmp(g->h.epoch, s->epoch[s->epochs_n - 1].id,
			sizeof(g->h.epoch)) == 0)
			l->next = g->last + 1;
	}
	return 0;
}
