/* SPDX-License-Identifier: EUPL-1.2 */
/* How a file that somebody else named is opened: looked at first, then read. */
#include "agent/watch/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A descriptor that can only be looked at, by way of the watched folder. */
static int
open_path(const struct watch *w, const char *path)
{
	const struct watch_folder *f = watch_folder_of(w, path);
	const char *below;
	int at, fd, saved;

	if (f == NULL) {
		errno = ENOENT;
		return -1;
	}
	below = path + strlen(f->path);
	below += strspn(below, "/");
	/* Each time, so that a folder that was put in its place is found. */
	if ((at = walk_open(AT_FDCWD, f->path, O_PATH | O_DIRECTORY)) == -1)
		return -1;
	fd = walk_open(at, below, O_PATH);
	saved = errno;
	close(at);
	errno = saved;
	return fd;
}

int
open_regular(const struct watch *w, const char *path)
{
	char self[40];
	struct stat st;
	int at = open_path(w, path), fd = -1, saved;

	if (at == -1)
		return -1;
	if (fstat(at, &st) == -1)
		goto done;
	if (!S_ISREG(st.st_mode)) {
		errno = ELOOP;
		goto done;
	}
	snprintf(self, sizeof(self), "/proc/self/fd/%d", at);
	fd = open(self, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
done:
	saved = errno;
	close(at);
	errno = saved;
	return fd;
}
