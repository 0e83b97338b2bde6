/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files by inotify: one watch a folder, also for folders made later.  Between the
 * making of a folder and its watch files may be written, so a new folder is
 * scanned once.
 */
#include "agent/watch/inside.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS                                                                     \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW |  \
	    IN_EXCL_UNLINK)

/* One folder; the same folder under a new name keeps its number. */
static void
add_one(struct watch *w, const char *path)
{
	int wd = inotify_add_watch(w->inotify_fd, path, EVENTS);
	char *copy;

	if (wd == -1) {
		if (errno == ENOSPC)
			log_warn("inotify has no room for more folders; raise "
				 "fs.inotify.max_user_watches");
		w->stats.skipped++;
		return;
	}
	free(table_take(w->by_wd, &wd, sizeof(wd)));
	if ((copy = strdup(path)) == NULL ||
	    table_put(w->by_wd, &wd, sizeof(wd), copy) == -1) {
		free(copy);
		inotify_rm_watch(w->inotify_fd, wd);
		w->stats.skipped++;
	}
}

static void
add_tree(struct watch *w, const char *path)
{
	struct walk *walk = walk_new(path);
	static struct walk_entry e;

	if (walk == NULL) {
		w->stats.skipped++;
		return;
	}
	add_one(w, path);
	while (walk_next(walk, &e, watch_left_out, w))
		if (e.kind == WALK_FOLDER)
			add_one(w, e.path);
	w->stats.skipped += walk_skipped(walk);
	walk_free(walk);
}

void
inotify_add_folder(struct watch *w, const char *path)
{
	const struct watch_folder *f;

	if (w->inotify_fd != -1 && (f = watch_folder_of(w, path)) != NULL &&
	    !f->by_handles)
		add_one(w, path);
}

static void
on_event(struct watch *w, const struct inotify_event *e)
{
	const char *folder = table_get(w->by_wd, &e->wd, sizeof(e->wd));
	char path[PATH_MAX];

	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		w->stats.lost_kernel++;
		watch_scan_all(w);
		return;
	}
	if ((e->mask & IN_IGNORED) != 0) {
		free(table_take(w->by_wd, &e->wd, sizeof(e->wd)));
		return;
	}
	if (folder == NULL || e->len == 0 ||
	    snprintf(path, sizeof(path), "%s/%s",
		strcmp(folder, "/") == 0 ? "" : folder,
		e->name) >= (int)sizeof(path))
		return;
	if ((e->mask & IN_ISDIR) != 0) {
		if ((e->mask & (IN_CREATE | IN_MOVED_TO)) != 0 &&
		    !watch_left_out(w, path)) {
			/* What is in it by now is found by the walk, in turns. */
			add_one(w, path);
			watch_add_folder(w, path);
		}
	} else if ((e->mask & IN_CLOSE_WRITE) != 0)
		watch_add_file(w, path, 'w');
	else if ((e->mask & IN_MOVED_TO) != 0)
		watch_add_file(w, path, 'm');
}

static void
on_readable(void *arg, int fd, unsigned events)
{
	static char buffer[64 << 10] __attribute__((aligned(8)));
	struct watch *w = arg;
	ssize_t n = read(fd, buffer, sizeof(buffer));
	size_t at = 0;

	(void)events;
	while (n > 0 && (size_t)n - at >= sizeof(struct inotify_event)) {
		const struct inotify_event *e = (const void *)(buffer + at);

		if (e->len > (size_t)n - at - sizeof(*e))
			return;
		on_event(w, e);
		at += sizeof(*e) + e->len;
	}
}

int
inotify_begin(struct watch *w)
{
	size_t needed = 0;

	for (size_t i = 0; i < w->n; i++)
		needed += !w->folders[i].by_handles;
	if (needed == 0)
		return 0;
	if ((w->by_wd = table_new(WATCH_FOLDERS_MAX, free)) == NULL ||
	    (w->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) == -1 ||
	    loop_watch(w->loop, w->inotify_fd, LOOP_READ, on_readable, w) == -1)
		return -1;
	for (size_t i = 0; i < w->n; i++)
		if (!w->folders[i].by_handles)
			add_tree(w, w->folders[i].path);
	return 0;
}

void
inotify_end(struct watch *w)
{
	if (w->inotify_fd != -1) {
		loop_unwatch(w->loop, w->inotify_fd);
		close(w->inotify_fd);
		w->inotify_fd = -1;
	}
	table_free(w->by_wd);
	w->by_wd = NULL;
}
