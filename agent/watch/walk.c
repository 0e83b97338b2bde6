/* SPDX-License-Identifier: EUPL-1.2 */
/* A walk with its own stack: one open folder a level. */
#include "agent/watch/walk.h"

#include "agent/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct level {
	DIR *dir;
	size_t path_len; /* of the folder's path in walk.path */
};

struct walk {
	char path[PATH_MAX];
	dev_t device;
	uint64_t skipped;
	unsigned depth; /* levels in use */
	struct level levels[WATCH_DEPTH_MAX];
};

int
walk_open(int at, const char *path, int flags)
{
	const unsigned beneath =
	    at == AT_FDCWD ? 0u : RESOLVE_BENEATH | RESOLVE_NO_XDEV;
	struct open_how how = {.flags = (unsigned)(flags | O_NOFOLLOW | O_CLOEXEC),
	    .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | beneath};
	long fd = syscall(SYS_openat2, at, path, &how, sizeof(how));

	/* Kernels before 5.6: the last level is guarded, the others are not. */
	if (fd == -1 && errno == ENOSYS)
		fd = openat(at, path, flags | O_NOFOLLOW | O_CLOEXEC);
	return (int)fd;
}

static int
enter(struct walk *w, int parent, const char *name, size_t path_len)
{
	int fd = walk_open(parent, name, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	struct stat st;
	DIR *d;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		goto fail;
	if (w->depth == 0)
		w->device = st.st_dev;
	else if (st.st_dev != w->device) {
		errno = EXDEV;
		goto fail;
	}
	if ((d = fdopendir(fd)) == NULL)
		goto fail;
	w->levels[w->depth++] = (struct level){d, path_len};
	return 0;
fail:
	close(fd);
	return -1;
}

struct walk *
walk_new(const char *root)
{
	struct walk *w;
	size_t len = strlen(root);

	if (len >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return NULL;
	memcpy(w->path, root, len + 1);
	if (enter(w, AT_FDCWD, root, strcmp(root, "/") == 0 ? 0 : len) == -1) {
		walk_free(w);
		return NULL;
	}
	return w;
}

void
walk_free(struct walk *w)
{
	int saved = errno;

	if (w == NULL)
		return;
	while (w->depth > 0)
		closedir(w->levels[--w->depth].dir);
	free(w);
	errno = saved;
}

uint64_t
walk_skipped(const struct walk *w)
{
	return w->skipped;
}

static unsigned char
type_of(const struct dirent *d, int folder)
{
	struct stat st;

	if (d->d_type != DT_UNKNOWN)
		return d->d_type;
	if (fstatat(folder, d->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return DT_UNKNOWN;
	return S_ISDIR(st.st_mode) ? DT_DIR
	    : S_ISREG(st.st_mode)  ? DT_REG
				   : DT_UNKNOWN;
}

/* What the entry is to the caller; a folder is entered. */
static enum walk_kind
look_at(struct walk *w, const struct dirent *d, struct walk_entry *e,
    bool (*leave_out)(void *arg, const char *path), void *arg)
{
	struct level *l = &w->levels[w->depth - 1];
	const unsigned char type = type_of(d, dirfd(l->dir));
	int n;

	if ((type != DT_DIR && type != DT_REG) || strcmp(d->d_name, ".") == 0 ||
	    strcmp(d->d_name, "..") == 0)
		return WALK_OTHER;
	n = snprintf(
	    w->path + l->path_len, sizeof(w->path) - l->path_len, "/%s", d->d_name);
	if (n < 0 || (size_t)n >= sizeof(w->path) - l->path_len) {
		w->skipped++;
		return WALK_OTHER;
	}
	if (leave_out != NULL && leave_out(arg, w->path))
		return WALK_OTHER;
	memcpy(e->path, w->path, l->path_len + (size_t)n + 1);
	if (type == DT_REG)
		return WALK_FILE;
	if (w->depth < WATCH_DEPTH_MAX &&
	    enter(w, dirfd(l->dir), d->d_name, l->path_len + (size_t)n) == 0)
		return WALK_FOLDER;
	w->skipped += w->depth == WATCH_DEPTH_MAX || errno != EXDEV;
	return WALK_OTHER;
}

bool
walk_next(struct walk *w, struct walk_entry *e,
    bool (*leave_out)(void *arg, const char *path), void *arg)
{
	while (w->depth > 0) {
		struct dirent *d = readdir(w->levels[w->depth - 1].dir);

		if (d != NULL) {
			e->kind = look_at(w, d, e, leave_out, arg);
			return true;
		}
		closedir(w->levels[--w->depth].dir);
	}
	return false;
}
