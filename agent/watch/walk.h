/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A folder's files, one at a time: no link is followed, no other file system
 * entered, no depth beyond WATCH_DEPTH_MAX.
 */
#ifndef AGENT_WATCH_WALK_H
#define AGENT_WATCH_WALK_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct walk;

enum walk_kind {
	WALK_FILE, /* a regular one */
	WALK_FOLDER,
	WALK_OTHER, /* left out, or neither; told so that steps can be counted */
};

struct walk_entry {
	enum walk_kind kind;
	char path[PATH_MAX];
};

/*
 * Open path, which lies beneath the folder at (AT_FDCWD: a full path), with these
 * flags, without following a link; beneath a folder also without entering another
 * mount, whose server (FUSE, NFS, automount) could make us wait.  -1 with errno.
 */
int walk_open(int at, const char *path, int flags);

/* NULL with errno. */
struct walk *walk_new(const char *root);
void walk_free(struct walk *w);
/*
 * The next entry, a folder before what is in it; false at the end.  One step a
 * call.  leave_out (NULL: nothing) is asked before a folder is entered.
 */
bool walk_next(struct walk *w, struct walk_entry *e,
    bool (*leave_out)(void *arg, const char *path), void *arg);
/* Folders that could not be read or were too deep. */
uint64_t walk_skipped(const struct walk *w);

#endif
