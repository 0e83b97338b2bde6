/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files by fanotify: one mark a file system, so new folders are covered at once.
 * The kernel names a file by its folder's handle and its name; no descriptor of
 * a file is made here, and nobody's access waits for us.
 */
#include "agent/watch/inside.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#define EVENTS (FAN_CLOSE_WRITE | FAN_MOVED_TO | FAN_ONDIR)

/* The folder whose file system the event is of; NULL: none of ours. */
static const struct watch_folder *
folder_of(const struct watch *w, const struct fanotify_event_info_fid *info)
{
	uint64_t fsid;

	memcpy(&fsid, &info->fsid, sizeof(fsid));
	for (size_t i = 0; i < w->n; i++)
		if (w->folders[i].by_handles && w->folders[i].fsid == fsid)
			return &w->folders[i];
	return NULL;
}

/* Path of folder handle and name; false when it is gone or too long. */
static bool
path_of(const struct watch_folder *f, const struct file_handle *handle,
    const char *name, char path[PATH_MAX])
{
	char self[40];
	/* open_by_handle_at() writes nothing there but has no const. */
	int fd = open_by_handle_at(
	    f->fd, (struct file_handle *)(uintptr_t)handle, O_PATH | O_CLOEXEC);
	size_t len = strlen(name);
	ssize_t n;

	if (fd == -1)
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	n = readlink(self, path, PATH_MAX - 1);
	close(fd);
	if (n <= 0 || path[0] != '/' || (size_t)n + len + 2 > PATH_MAX)
		return false;
	if (n > 1)
		path[n++] = '/';
	memcpy(path + n, name, len + 1);
	return true;
}

/* m is a copy of the head at; the rest of the event follows there. */
static void
on_event(struct watch *w, const struct fanotify_event_metadata *m, const char *at)
{
	const struct fanotify_event_info_fid *info =
	    (const void *)(at + m->metadata_len);
	const struct file_handle *handle = (const void *)info->handle;
	const struct watch_folder *f;
	char path[PATH_MAX];

	if (m->event_len < m->metadata_len + sizeof(*info) + sizeof(*handle) ||
	    info->hdr.info_type != FAN_EVENT_INFO_TYPE_DFID_NAME ||
	    (f = folder_of(w, info)) == NULL)
		return;
	if (!path_of(f, handle,
		(const char *)handle->f_handle + handle->handle_bytes, path)) {
		w->stats.gone++;
		return;
	}
	if (!watch_covers(w, path))
		return;
	if ((m->mask & FAN_ONDIR) == 0)
		watch_add_file(w, path, (m->mask & FAN_MOVED_TO) != 0 ? 'm' : 'w');
	else if ((m->mask & FAN_MOVED_TO) != 0)
		watch_add_folder(w, path);
}

static void
on_readable(void *arg, int fd, unsigned events)
{
	static char buffer[64 << 10] __attribute__((aligned(8)));
	struct fanotify_event_metadata m;
	struct watch *w = arg;
	ssize_t n = read(fd, buffer, sizeof(buffer));
	size_t at = 0;

	(void)events;
	while (n > 0 && (size_t)n - at >= sizeof(m)) {
		/* Events are aligned to four bytes, the head's numbers to eight. */
		memcpy(&m, buffer + at, sizeof(m));
		if (m.vers != FANOTIFY_METADATA_VERSION ||
		    m.event_len < sizeof(m) || m.event_len > (size_t)n - at)
			return;
		if ((m.mask & FAN_Q_OVERFLOW) != 0) {
			w->stats.lost_kernel++;
			watch_scan_all(w);
		} else
			on_event(w, &m, buffer + at);
		at += m.event_len;
	}
}

/* Handles must also open again: a container may give the one without the other. */
static bool
handles_open(const struct watch_folder *f)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount, fd;

	if (name_to_handle_at(f->fd, "", &h.handle, &mount, AT_EMPTY_PATH) == -1)
		return false;
	if ((fd = open_by_handle_at(f->fd, &h.handle, O_PATH | O_CLOEXEC)) == -1)
		return false;
	close(fd);
	return true;
}

int
fanotify_begin(struct watch *w)
{
	w->fanotify_fd = fanotify_init(
	    FAN_CLASS_NOTIF | FAN_REPORT_DFID_NAME | FAN_CLOEXEC | FAN_NONBLOCK,
	    O_RDONLY);
	if (w->fanotify_fd == -1)
		return -1;
	for (size_t i = 0; i < w->n; i++) {
		struct watch_folder *f = &w->folders[i];

		f->by_handles = f->fsid != 0 && handles_open(f) &&
		    fanotify_mark(w->fanotify_fd,
			FAN_MARK_ADD | FAN_MARK_FILESYSTEM, EVENTS, f->fd,
			NULL) == 0;
	}
	return loop_watch(w->loop, w->fanotify_fd, LOOP_READ, on_readable, w);
}

void
fanotify_end(struct watch *w)
{
	if (w->fanotify_fd == -1)
		return;
	loop_unwatch(w->loop, w->fanotify_fd);
	close(w->fanotify_fd);
	w->fanotify_fd = -1;
}
