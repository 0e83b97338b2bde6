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

struct walk_entry {
	char path[PATH_MAX];
	bool folder; /* else a regular file */
};

/* NULL with errno. */
struct walk *walk_new(const char *root);
void walk_free(struct walk *w);
/*
 * The next entry, a folder before what is in it; false at the end.  leave_out
 * (NULL: nothing) is asked before an entry is given or a folder entered.
 */
bool walk_next(struct walk *w, struct walk_entry *e,
    bool (*leave_out)(void *arg, const char *path), void *arg);
/* Folders that could not be read or were too deep. */
uint64_t walk_skipped(const struct walk *w);

#endif
