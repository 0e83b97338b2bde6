/* SPDX-License-Identifier: EUPL-1.2 */
/* The files that wait, and which is next. */
#include "agent/watch/watch.h"

#include "agent/watch/inside.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

struct watch_pending {
	struct list link;
	char reason;
	char path[];
};

/* --- what is left out --------------------------------------------------------- */

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n > 1 && folder[n - 1] == '/')
		n--;
	if (n == 1)
		return true;
	return strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

bool
watch_left_out(void *arg, const char *path)
{
	const struct watch *w = arg;
	const char *slash = strrchr(path, '/');

	for (size_t i = 0; i < sizeof(w->config.own) / sizeof(w->config.own[0]);
	     i++)
		if (w->config.own[i] != NULL && is_below(path, w->config.own[i]))
			return true;
	for (size_t i = 0; i < w->config.excludes->n; i++) {
		const char *e = w->config.excludes->v[i];

		if (e[0] == '/'
			? is_below(path, e)
			: fnmatch(e, slash != NULL ? slash + 1 : path, 0) == 0)
			return true;
	}
	return false;
}

bool
watch_covers(const struct watch *w, const char *path)
{
	for (size_t i = 0; i < w->n; i++)
		if (is_below(path, w->folders[i].path))
			return true;
	return false;
}

/* --- waiting --------------------------------------------------------------- */

static struct watch_pending *
pending_new(const char *path, char reason)
{
	size_t len = strlen(path) + 1;
	struct watch_pending *p = malloc(sizeof(*p) + len);

	if (p == NULL)
		return NULL;
	list_init(&p->link);
	p->reason = reason;
	memcpy(p->path, path, len);
	return p;
}

static bool
wait_for(struct watch *w, const char *path, char reason)
{
	struct watch_pending *p;

	if (table_get(w->by_path, path, strlen(path)) != NULL) {
		w->stats.coalesced++;
		return false;
	}
	if ((p = pending_new(path, reason)) == NULL ||
	    table_put(w->by_path, path, strlen(path), p) == -1) {
		free(p);
		w->stats.lost_pending++;
		w->scan_due = true;
		return false;
	}
	list_push(&w->pending, &p->link);
	return true;
}

void
watch_add_file(struct watch *w, const char *path, char reason)
{
	w->stats.events++;
	if (!watch_left_out(w, path) && wait_for(w, path, reason))
		w->config.wake(w->config.arg);
}

void
watch_again(struct watch *w, const char *path, char reason)
{
	wait_for(w, path, reason);
}

static void
walk_later(struct watch *w, const char *path)
{
	struct watch_pending *p;

	/* So many at once: a scan of all of them is less. */
	if (w->to_walk_n >= WATCH_PENDING_MAX ||
	    (p = pending_new(path, 'm')) == NULL) {
		w->stats.lost_pending++;
		w->scan_due = true;
		return;
	}
	list_push(&w->to_walk, &p->link);
	w->to_walk_n++;
}

void
watch_add_folder(struct watch *w, const char *path)
{
	if (watch_left_out(w, path))
		return;
	walk_later(w, path);
	w->config.wake(w->config.arg);
}

/* Once after what is being walked, however often it is asked for meanwhile. */
void
watch_scan_all(struct watch *w)
{
	w->scan_due = true;
	w->config.wake(w->config.arg);
}

/* --- taking one ----------------------------------------------------------------
 */

const struct watch_folder *
watch_folder_of(const struct watch *w, const char *path)
{
	const struct watch_folder *best = NULL;

	for (size_t i = 0; i < w->n; i++)
		if (is_below(path, w->folders[i].path) &&
		    (best == NULL ||
			strlen(w->folders[i].path) > strlen(best->path)))
			best = &w->folders[i];
	return best;
}

static bool
take(struct watch *w, struct watch_file *f, const char *path, char reason)
{
	if ((f->fd = open_regular(w, path)) == -1) {
		*(errno == ENOENT || errno == ENOTDIR ? &w->stats.gone
						      : &w->stats.refused) += 1;
		return false;
	}
	w->stats.opened++;
	f->reason = reason;
	str_copy(f->path, sizeof(f->path), path);
	return true;
}

static bool
take_pending(struct watch *w, struct watch_file *f)
{
	while (!list_empty(&w->pending)) {
		struct watch_pending *p =
		    LIST_OF(w->pending.next, struct watch_pending, link);
		bool ok;

		list_remove(&p->link);
		table_take(w->by_path, p->path, strlen(p->path));
		ok = take(w, f, p->path, p->reason);
		free(p);
		if (ok)
			return true;
	}
	return false;
}

/* The next folder to walk, if any. */
static bool
begin_walk(struct watch *w)
{
	if (w->walk == NULL && list_empty(&w->to_walk) && w->scan_due) {
		w->scan_due = false;
		for (size_t i = 0; i < w->n; i++)
			walk_later(w, w->folders[i].path);
	}
	while (w->walk == NULL && !list_empty(&w->to_walk)) {
		struct watch_pending *p =
		    LIST_OF(w->to_walk.next, struct watch_pending, link);

		list_remove(&p->link);
		w->to_walk_n--;
		if ((w->walk = walk_new(p->path)) == NULL)
			w->stats.skipped++;
		else
			inotify_add_folder(w, p->path);
		free(p);
	}
	return w->walk != NULL;
}

static void
on_turn(void *arg)
{
	struct watch *w = arg;

	w->turn = NULL;
	w->config.wake(w->config.arg);
}

/* A folder may hold millions of what is left out: the caller has more to do. */
static bool
take_walked(struct watch *w, struct watch_file *f)
{
	static struct walk_entry e;
	unsigned steps = 0;

	while (begin_walk(w)) {
		while (walk_next(w->walk, &e, watch_left_out, w)) {
			if (e.kind == WALK_FOLDER)
				inotify_add_folder(w, e.path);
			if (e.kind == WALK_FILE && take(w, f, e.path, 'a'))
				return true;
			if (++steps < WATCH_STEPS_MAX)
				continue;
			if (w->turn == NULL)
				w->turn = loop_timer(w->loop, 0, 0, on_turn, w);
			return false;
		}
		w->stats.skipped += walk_skipped(w->walk);
		walk_free(w->walk);
		w->walk = NULL;
	}
	return false;
}

bool
watch_next(struct watch *w, struct watch_file *f, bool idle)
{
	return take_pending(w, f) || (idle && take_walked(w, f));
}

/* --- life ------------------------------------------------------------------ */

static void
on_schedule(void *arg)
{
	watch_scan_all(arg);
}

static int
add_folders(struct watch *w)
{
	const struct conf_list *list = w->config.folders;

	if ((w->folders = calloc(list->n + 1, sizeof(*w->folders))) == NULL)
		return -1;
	for (size_t i = 0; i < list->n; i++) {
		struct watch_folder *f = &w->folders[w->n];
		struct statfs fs;

		f->fd = -1;
		if (realpath(list->v[i], f->path) == NULL ||
		    (f->fd = open(f->path,
			 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) == -1 ||
		    fstatfs(f->fd, &fs) == -1) {
			log_warn("files.watch: %s: %s; it is not watched",
			    list->v[i], strerror(errno));
			if (f->fd != -1)
				close(f->fd);
			continue;
		}
		memcpy(&f->fsid, &fs.f_fsid, sizeof(f->fsid));
		w->n++;
	}
	return 0;
}

struct watch *
watch_new(const struct watch_config *c, struct loop *l)
{
	const int64_t every = (int64_t)c->scan_every_us;
	struct watch *w;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->config = *c;
	w->loop = l;
	w->fanotify_fd = w->inotify_fd = -1;
	list_init(&w->pending);
	list_init(&w->to_walk);
	if ((w->by_path = table_new(WATCH_PENDING_MAX, NULL)) == NULL ||
	    add_folders(w) == -1)
		goto fail;
	if (!c->inotify_only && w->n > 0)
		fanotify_begin(w);
	if (inotify_begin(w) == -1)
		goto fail;
	if (every > 0 && w->n > 0 &&
	    (w->timer = loop_timer(l, CLOCK_US, every, on_schedule, w)) == NULL)
		goto fail;
	return w;
fail:
	watch_free(w);
	return NULL;
}

static void
free_list(struct list *head)
{
	struct list *it, *next;

	LIST_FOREACH (it, next, head)
		free(LIST_OF(it, struct watch_pending, link));
}

void
watch_free(struct watch *w)
{
	int saved = errno;

	if (w == NULL)
		return;
	if (w->timer != NULL)
		loop_timer_cancel(w->loop, w->timer);
	loop_timer_cancel(w->loop, w->turn);
	fanotify_end(w);
	inotify_end(w);
	for (size_t i = 0; i < w->n; i++)
		close(w->folders[i].fd);
	free(w->folders);
	walk_free(w->walk);
	free_list(&w->pending);
	free_list(&w->to_walk);
	table_free(w->by_path);
	free(w);
	errno = saved;
}

void
watch_stats(const struct watch *w, struct watch_stats *s)
{
	*s = w->stats;
	s->waiting = table_count(w->by_path);
}

const char *
watch_how(const struct watch *w)
{
	size_t handles = 0;

	for (size_t i = 0; i < w->n; i++)
		handles += w->folders[i].by_handles;
	if (w->n == 0)
		return "nothing";
	return handles == w->n ? "fanotify"
	    : handles == 0     ? "inotify"
			       : "fanotify and inotify";
}
