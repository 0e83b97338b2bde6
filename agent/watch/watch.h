/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which files to scan: those closed after writing or moved into watched folders
 * (fanotify; inotify where the file system gives no handles or the privilege is
 * not there), and all of them now and then.  Files wait here as paths, at most
 * WATCH_PENDING_MAX, each once; they are opened only when the scanner has room.
 */
#ifndef AGENT_WATCH_WATCH_H
#define AGENT_WATCH_WATCH_H

#include "common/conf.h"
#include "common/loop.h"

#include <limits.h>

struct watch;

struct watch_config {
	const struct conf_list *folders;  /* full paths */
	const struct conf_list *excludes; /* full paths, or patterns of names */
	const char *own[2];		  /* folders of the agent: never scanned */
	uint64_t scan_every_us;		  /* 0: never */
	bool inotify_only;		  /* do not try fanotify */
	/* Something came to wait; call watch_next() when there is room. */
	void (*wake)(void *arg);
	void *arg;
};

/*
 * Begin to watch, on l.  A folder that is not there is told in the log and left
 * out.  c's lists stay the caller's and are used until watch_free().  NULL with
 * errno.
 */
struct watch *watch_new(const struct watch_config *c, struct loop *l);
void watch_free(struct watch *w);

struct watch_file {
	int fd;	     /* a regular file, open for reading; the caller closes it */
	char reason; /* enum role_scan_reason */
	char path[PATH_MAX];
};

/*
 * The next file to scan, opened without following a link, without waiting and
 * without touching devices.  Files of the regular scan come only when nothing
 * else waits and only if idle.  False: none now.
 */
bool watch_next(struct watch *w, struct watch_file *f, bool idle);

/* A file that was taken and could not be handed over waits again, without a wake. */
void watch_again(struct watch *w, const char *path, char reason);

/* Begin a scan of all folders now. */
void watch_scan_all(struct watch *w);

struct watch_stats {
	uint64_t events, coalesced;
	uint64_t
	    lost_kernel; /* times the kernel's queue overflowed: all is rescanned */
	uint64_t lost_pending;	  /* files that found no place to wait */
	uint64_t opened, refused; /* refused: a link, a device, or not readable */
	uint64_t gone;		  /* before they were opened */
	uint64_t skipped;	  /* folders too deep or unreadable */
	uint64_t waiting;
};
void watch_stats(const struct watch *w, struct watch_stats *s);
/* "fanotify", "inotify", "fanotify and inotify" or "nothing". */
const char *watch_how(const struct watch *w);

#endif
