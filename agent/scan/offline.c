/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The files of an offline scan in sorted order, scanned by some threads and told
 * in that order.
 */
#include "agent/scan/offline.h"

#include "agent/limits.h"
#include "agent/scan/cache.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How far a thread may run ahead of what was told: results wait in memory. */
#define AHEAD_MAX 1024

struct result {
	struct buf lines;
	bool done;
};

struct work {
	const struct offline *o;
	struct offline_totals *t;
	struct cache *cache;
	char **files;
	size_t n, cap;
	pthread_mutex_t lock; /* of all below, the cache and the totals */
	pthread_cond_t told;
	struct result ring[AHEAD_MAX];
	size_t next;	/* to be scanned */
	size_t written; /* told */
	bool failed;
};

struct worker {
	struct work *work;
	struct scan *scan;
	struct buf *lines; /* of the file in hand */
};

/* --- which files ------------------------------------------------------------ */

static int
by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int
add_file(struct work *w, const char *path)
{
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 256 : w->cap * 2;
		char **p = realloc(w->files, cap * sizeof(*p));

		if (p == NULL)
			return -1;
		w->files = p;
		w->cap = cap;
	}
	if ((w->files[w->n] = strdup(path)) == NULL)
		return -1;
	w->n++;
	return 0;
}

static int
take_entry(struct work *w, const FTSENT *e)
{
	switch (e->fts_info) {
	case FTS_F:
		return add_file(w, e->fts_path);
	case FTS_D:
	case FTS_DP:
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		log_warn("%s: %s", e->fts_path, strerror(e->fts_errno));
		w->t->unreadable++;
		return 0;
	default:
		w->t->skipped++;
		return 0;
	}
}

static int
find_files(struct work *w, const char *path)
{
	char *roots[] = {(char *)(uintptr_t)path, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int result = 0;

	if (fts == NULL)
		return -1;
	for (FTSENT *e; result == 0 && (errno = 0, e = fts_read(fts)) != NULL;)
		result = take_entry(w, e);
	if (errno != 0)
		result = -1;
	fts_close(fts);
	return result;
}

/* --- scanning --------------------------------------------------------------- */

static void
on_record(
    void *arg, enum record_class cls, int64_t time_us, const char *json, size_t len)
{
	struct worker *me = arg;

	(void)cls;
	(void)time_us;
	if (buf_reserve(me->lines, len + 1) == -1)
		return;
	buf_add(me->lines, json, len);
	buf_addc(me->lines, '\n');
}

static void
count(struct work *w, uint64_t *counter)
{
	pthread_mutex_lock(&w->lock);
	(*counter)++;
	pthread_mutex_unlock(&w->lock);
}

static bool
from_cache(
    struct work *w, const char *path, const struct stat *st, struct buf *lines)
{
	const char *known;
	size_t len;

	if (w->cache == NULL)
		return false;
	pthread_mutex_lock(&w->lock);
	if ((known = cache_find(w->cache, path, st, &len)) != NULL) {
		buf_add(lines, known, len);
		cache_put(w->cache, path, st, known, len);
		w->t->cached++;
	}
	pthread_mutex_unlock(&w->lock);
	return known != NULL;
}

static void
scan_one(struct worker *me, const char *path, struct buf *lines)
{
	struct work *w = me->work;
	struct scan_file f = {.path = path, .zone = w->o->zone};
	struct stat st;

	me->lines = lines;
	/* Not followed, not waited for: it may have been swapped since it was
	 * found. */
	f.fd =
	    open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (f.fd == -1) {
		log_warn("%s: %s", path, strerror(errno));
		count(w, &w->t->unreadable);
		return;
	}
	if (fstat(f.fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		count(w, &w->t->skipped);
	} else if (!from_cache(w, path, &st, lines)) {
		f.time_us = (int64_t)st.st_mtim.tv_sec * CLOCK_US +
		    st.st_mtim.tv_nsec / 1000;
		if (scan_file(me->scan, &f) == 0 && w->cache != NULL &&
		    !lines->overflow) {
			pthread_mutex_lock(&w->lock);
			cache_put(w->cache, path, &st, (const char *)lines->data,
			    lines->len);
			pthread_mutex_unlock(&w->lock);
		}
	}
	close(f.fd);
}

/* Write the results that are next in order.  The lock is held. */
static void
tell(struct work *w)
{
	struct result *r;

	while ((r = &w->ring[w->written % AHEAD_MAX])->done) {
		if (r->lines.overflow)
			w->failed = true;
		else if (r->lines.len > 0 &&
		    fwrite(r->lines.data, 1, r->lines.len, w->o->out) !=
			r->lines.len)
			w->failed = true;
		buf_release(&r->lines);
		r->done = false;
		w->written++;
	}
	pthread_cond_broadcast(&w->told);
}

static void *
run_worker(void *arg)
{
	struct worker *me = arg;
	struct work *w = me->work;

	pthread_mutex_lock(&w->lock);
	while (w->next < w->n) {
		size_t i = w->next++;
		struct buf lines;

		while (i - w->written >= AHEAD_MAX)
			pthread_cond_wait(&w->told, &w->lock);
		pthread_mutex_unlock(&w->lock);
		buf_init(&lines, SCAN_LINES_MAX);
		scan_one(me, w->files[i], &lines);
		pthread_mutex_lock(&w->lock);
		w->ring[i % AHEAD_MAX] = (struct result){lines, true};
		tell(w);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void
add_counts(struct scan_counts *to, const struct scan_counts *from)
{
	to->files += from->files;
	to->members += from->members;
	to->bytes += from->bytes;
	to->matches += from->matches;
	to->findings += from->findings;
	to->failed += from->failed;
}

static int
run_jobs(struct work *w, unsigned jobs)
{
	struct worker *workers = calloc(jobs, sizeof(*workers));
	pthread_t *threads = calloc(jobs, sizeof(*threads));
	unsigned started = 0;
	int result = -1;

	if (workers == NULL || threads == NULL)
		goto done;
	for (unsigned i = 0; i < jobs; i++) {
		workers[i].work = w;
		workers[i].scan =
		    scan_new(w->o->rules, SCAN_TIMEOUT_S, on_record, &workers[i]);
		if (workers[i].scan == NULL)
			goto done;
	}
	/* The first works here, so that one thread is enough. */
	for (unsigned i = 1; i < jobs; i++, started++)
		if (pthread_create(&threads[i], NULL, run_worker, &workers[i]) != 0)
			break;
	run_worker(&workers[0]);
	for (unsigned i = 1; i <= started; i++)
		pthread_join(threads[i], NULL);
	for (unsigned i = 0; i < jobs; i++)
		add_counts(&w->t->scanned, scan_counts(workers[i].scan));
	result = 0;
done:
	for (unsigned i = 0; workers != NULL && i < jobs; i++)
		scan_free(workers[i].scan);
	free(workers);
	free(threads);
	return result;
}

int
offline_run(
    const struct offline *o, struct offline_totals *t, char *error, size_t size)
{
	struct work *w = calloc(1, sizeof(*w));
	const char *about = "scan";
	int result = -1;

	memset(t, 0, sizeof(*t));
	if (w == NULL)
		goto done;
	w->o = o;
	w->t = t;
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->told, NULL);
	for (size_t i = 0; i < o->paths_n; i++) {
		struct stat st;

		about = o->paths[i];
		if (lstat(about, &st) == -1 || find_files(w, about) == -1)
			goto done;
	}
	about = o->cache;
	if (o->cache != NULL &&
	    (w->cache = cache_open(o->cache, yara_version(o->rules))) == NULL)
		goto done;
	about = "scan";
	if (run_jobs(w, o->jobs) == -1)
		goto done;
	about = o->cache;
	if (w->cache != NULL && cache_save(w->cache) == -1)
		goto done;
	about = "records";
	errno = ENOSPC;
	if (fflush(o->out) == 0 && !w->failed)
		result = 0;
done:
	if (result == -1)
		snprintf(error, size, "%s: %s", about, strerror(errno));
	if (w != NULL) {
		for (size_t i = 0; i < w->n; i++)
			free(w->files[i]);
		free(w->files);
		cache_free(w->cache);
		pthread_cond_destroy(&w->told);
		pthread_mutex_destroy(&w->lock);
		free(w);
	}
	return result;
}
