/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/app/magic.h"

#include "agent/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct magic_base {
	void *map;
	size_t size;
	magic_t cookie; /* NULL: not asked yet */
	bool broken;	/* the library did not take it */
};

struct magic_base *
magic_base_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;
	struct magic_base *m = NULL;
	struct stat st;

	if (fd == -1 || fstat(fd, &st) == -1)
		goto fail;
	if (st.st_size <= 0 || st.st_size > FILE_MAGIC_BASE_MAX) {
		errno = EFBIG;
		goto fail;
	}
	if ((m = calloc(1, sizeof(*m))) == NULL)
		goto fail;
	m->size = (size_t)st.st_size;
	/* Our own copy, should the library want to turn its numbers round. */
	m->map = mmap(NULL, m->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (m->map == MAP_FAILED)
		goto fail;
	close(fd);
	return m;

fail:
	error = errno;
	free(m);
	if (fd != -1)
		close(fd);
	errno = error;
	return NULL;
}

void
magic_base_free(struct magic_base *m)
{
	if (m == NULL)
		return;
	if (m->cookie != NULL)
		magic_close(m->cookie);
	munmap(m->map, m->size);
	free(m);
}

static bool
load(struct magic_base *m)
{
	if (m->cookie != NULL || m->broken)
		return !m->broken;
	m->cookie = magic_open(MAGIC_NO_CHECK_COMPRESS);
	m->broken = m->cookie == NULL ||
	    magic_load_buffers(m->cookie, &m->map, &m->size, 1) == -1;
	return !m->broken;
}

const char *
magic_base_ask(struct magic_base *m, struct span begin)
{
	if (!load(m))
		return NULL;
	if (begin.len > FILE_MAGIC_BYTES)
		begin.len = FILE_MAGIC_BYTES;
	return magic_buffer(m->cookie, begin.p, begin.len);
}
