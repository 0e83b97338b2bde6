/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The file: a head with the rules' version, then entries of
 *   le32 length, le32 CRC-32C of the rest, le64 x5 of stat, le32 length of the
 *   path, path, lines
 * until the end or the first entry that is not whole.
 */
#include "agent/scan/cache.h"

#include "agent/limits.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/cursor.h"
#include "common/str.h"
#include "common/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD	     "stadswacht-scan-cache 1 "
#define STAT_NUMBERS 5
#define SETTLED_NS   2000000000ll

struct entry {
	uint64_t stat[STAT_NUMBERS];
	const char *lines;
	size_t len;
};

struct cache {
	char *path, *old;
	struct table *entries; /* of the old file, in old's bytes */
	struct buf fresh;
	int64_t started_ns;
};

static uint64_t
ns_of(struct timespec t)
{
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void
stat_numbers(const struct stat *st, uint64_t out[STAT_NUMBERS])
{
	out[0] = st->st_dev;
	out[1] = st->st_ino;
	out[2] = (uint64_t)st->st_size;
	out[3] = ns_of(st->st_mtim);
	out[4] = ns_of(st->st_ctim);
}

/* One entry; false at the end or where the file is damaged. */
static bool
load_entry(struct cache *c, struct cursor *from)
{
	uint32_t len = cur_le32(from), crc = cur_le32(from), path_len;
	struct cursor body = cur_sub(from, len);
	struct span rest, path, lines;
	struct entry *e;

	if (!cur_ok(&body))
		return false;
	rest = cur_rest(&body);
	if (crc32c(0, rest.p, rest.len) != crc ||
	    (e = calloc(1, sizeof(*e))) == NULL)
		return false;
	body = cur_of(rest.p, rest.len);
	for (size_t i = 0; i < STAT_NUMBERS; i++)
		e->stat[i] = cur_le64(&body);
	path_len = cur_le32(&body);
	path.p = cur_take(&body, path_len);
	lines = cur_rest(&body);
	e->lines = (const char *)lines.p;
	e->len = lines.len;
	if (!cur_ok(&body) || table_put(c->entries, path.p, path_len, e) == -1) {
		free(e);
		return false;
	}
	return true;
}

static int
load(struct cache *c, const char *head)
{
	struct cursor from;
	size_t len;

	if ((c->old = str_read_file(c->path, SCAN_CACHE_BYTES_MAX, &len)) == NULL)
		return errno == ENOENT ? 0 : -1;
	if (!str_starts(c->old, head))
		return 0;
	from = cur_of(c->old, len);
	cur_take(&from, strlen(head));
	while (load_entry(c, &from))
		continue;
	return 0;
}

struct cache *
cache_open(const char *path, const char *rules)
{
	char head[128];
	struct cache *c;

	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	buf_init(&c->fresh, SCAN_CACHE_BYTES_MAX);
	c->started_ns = clock_wall_us() * 1000;
	snprintf(head, sizeof(head), HEAD "%s\n", rules);
	if ((c->path = strdup(path)) == NULL || buf_adds(&c->fresh, head) == -1 ||
	    (c->entries = table_new(SCAN_CACHE_MAX, free)) == NULL ||
	    load(c, head) == -1) {
		cache_free(c);
		return NULL;
	}
	return c;
}

void
cache_free(struct cache *c)
{
	int saved = errno;

	if (c == NULL)
		return;
	table_free(c->entries);
	buf_release(&c->fresh);
	free(c->old);
	free(c->path);
	free(c);
	errno = saved;
}

const char *
cache_find(struct cache *c, const char *path, const struct stat *st, size_t *len)
{
	struct entry *e = table_get(c->entries, path, strlen(path));
	uint64_t now[STAT_NUMBERS];

	stat_numbers(st, now);
	if (e == NULL || memcmp(now, e->stat, sizeof(now)) != 0)
		return NULL;
	*len = e->len;
	return e->lines;
}

void
cache_put(struct cache *c, const char *path, const struct stat *st,
    const char *lines, size_t len)
{
	const size_t path_len = strlen(path);
	uint64_t numbers[STAT_NUMBERS];
	struct buf body;

	if ((int64_t)ns_of(st->st_ctim) > c->started_ns - SETTLED_NS)
		return;
	stat_numbers(st, numbers);
	buf_init(&body, SCAN_CACHE_BYTES_MAX);
	for (size_t i = 0; i < STAT_NUMBERS; i++)
		buf_add_le64(&body, numbers[i]);
	buf_add_le32(&body, (uint32_t)path_len);
	buf_add(&body, path, path_len);
	buf_add(&body, lines, len);
	if (!body.overflow && buf_reserve(&c->fresh, body.len + 8) == 0) {
		buf_add_le32(&c->fresh, (uint32_t)body.len);
		buf_add_le32(&c->fresh, crc32c(0, body.data, body.len));
		buf_add(&c->fresh, body.data, body.len);
	}
	buf_release(&body);
}

static int
write_all(int fd, const uint8_t *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
cache_save(struct cache *c)
{
	char name[4096];
	int fd, saved;

	if (snprintf(name, sizeof(name), "%s.new", c->path) >= (int)sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd =
	    open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write_all(fd, c->fresh.data, c->fresh.len) == -1) {
		saved = errno;
		close(fd);
		unlink(name);
		errno = saved;
		return -1;
	}
	close(fd);
	return rename(name, c->path);
}
