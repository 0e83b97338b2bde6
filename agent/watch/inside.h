/* SPDX-License-Identifier: EUPL-1.2 */
/* What the files of this folder share. */
#ifndef AGENT_WATCH_INSIDE_H
#define AGENT_WATCH_INSIDE_H

#include "agent/limits.h"
#include "agent/watch/walk.h"
#include "agent/watch/watch.h"
#include "common/list.h"
#include "common/table.h"

#include <stddef.h>

/* A watched folder; links in the configured path are resolved. */
struct watch_folder {
	char path[PATH_MAX];
	int fd;		 /* of the folder: its file system's handles open with it */
	uint64_t fsid;	 /* statfs() */
	bool by_handles; /* else by inotify */
};

struct watch {
	struct watch_config config;
	struct loop *loop;
	struct watch_folder *folders;
	size_t n;
	struct list pending; /* struct watch_pending */
	struct table *by_path;
	struct walk *walk;   /* under way; NULL: none */
	struct list to_walk; /* struct watch_pending: folders */
	size_t to_walk_n;
	bool scan_due; /* all folders, after those */
	struct loop_timer *timer, *turn;
	struct watch_stats stats;
	int fanotify_fd, inotify_fd;
	struct table *by_wd; /* inotify: descriptor number to struct watch_wd */
};

/* A file in a watched folder; takes a copy of path. */
void watch_add_file(struct watch *w, const char *path, char reason);
/* A folder whose files are to be scanned. */
void watch_add_folder(struct watch *w, const char *path);
bool watch_left_out(void *w, const char *path);
/* Is it below a watched folder? */
bool watch_covers(const struct watch *w, const char *path);

/* Mark each folder's file system.  -1 with errno: not to be had at all. */
int fanotify_begin(struct watch *w);
void fanotify_end(struct watch *w);
/* Watch the folders that are not by_handles. */
int inotify_begin(struct watch *w);
void inotify_end(struct watch *w);
/* A folder that was found, where it is not covered by handles. */
void inotify_add_folder(struct watch *w, const char *path);
/*
 * A regular file for reading, by way of its watched folder; nothing else is opened,
 * as opening a device can act.  -1 with errno (ELOOP: not regular).
 */
int open_regular(const struct watch *w, const char *path);
/* The innermost watched folder that path is in; NULL: none. */
const struct watch_folder *watch_folder_of(const struct watch *w, const char *path);

#endif
