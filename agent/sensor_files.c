/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/sensor_files.h"

#include "agent/role.h"
#include "common/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct sensor_files {
	int fd;
	uint64_t sent, lost;
	struct buf before, after; /* members of its records */
	uint8_t message[ROLE_FILE_BYTES];
};

struct sensor_files *
sensor_files_new(int fd)
{
	struct sensor_files *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->fd = fd;
	buf_init(&s->before, ROLE_FILE_BYTES);
	buf_init(&s->after, RECORD_JSON_MAX);
	return s;
}

void
sensor_files_free(struct sensor_files *s)
{
	if (s == NULL)
		return;
	buf_release(&s->before);
	buf_release(&s->after);
	free(s);
}

void
sensor_files_counts(const struct sensor_files *s, uint64_t *sent, uint64_t *lost)
{
	*sent = s == NULL ? 0 : s->sent;
	*lost = s == NULL ? 0 : s->lost;
}

/* Memory that nobody changes any more; -1 with errno. */
static int
sealed(struct span bytes)
{
	int fd = memfd_create("traffic", MFD_CLOEXEC | MFD_ALLOW_SEALING), error;

	while (fd != -1 && bytes.len > 0) {
		ssize_t n = write(fd, bytes.p, bytes.len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			goto fail;
		bytes.p += n;
		bytes.len -= (size_t)n;
	}
	if (fd == -1 ||
	    fcntl(fd, F_ADD_SEALS,
		F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0)
		return fd;
fail:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static size_t
put(uint8_t **at, const void *p, size_t len, size_t *left)
{
	if (len > *left)
		len = *left;
	if (len > 0)
		memcpy(*at, p, len);
	*at += len;
	*left -= len;
	return len;
}

/* The name may be cut short; what is no whole JSON is left out. */
static void
fill(struct sensor_files *s, const struct app_file *file, int64_t time_us)
{
	struct role_file head = {.time_us = time_us, .cut = file->content_cut};
	uint8_t *at = s->message + sizeof(head);
	size_t left = sizeof(s->message) - sizeof(head),
	       name = file->name.len < ROLE_FILE_NAME_MAX ? file->name.len
							  : ROLE_FILE_NAME_MAX;

	memset(s->message, 0, sizeof(s->message));
	head.name = (uint16_t)put(&at, file->name.p, name, &left);
	if (!s->before.overflow && s->before.len <= left)
		head.before =
		    (uint16_t)put(&at, s->before.data, s->before.len, &left);
	if (!s->after.overflow && s->after.len <= left)
		head.after = (uint16_t)put(&at, s->after.data, s->after.len, &left);
	memcpy(s->message, &head, sizeof(head));
}

static void
send_one(struct sensor_files *s, const struct app_file *file, int64_t time_us)
{
	int fd = sealed(file->content), r = -1;

	fill(s, file, time_us);
	if (fd != -1)
		r = ipc_send(s->fd, ROLE_FILE, s->message, sizeof(s->message), fd);
	if (r == -1)
		s->lost++;
	else
		s->sent++;
	if (fd != -1)
		close(fd);
}

void
sensor_files_send(struct sensor_files *s, struct event_builder *b,
    const struct flow *f, const struct app_tx *tx, int64_t time_us)
{
	for (int d = 0; d < APP_DIRS; d++) {
		struct app_file file;

		for (unsigned i = 0; app_file(f, tx, (enum app_dir)d, i, &file);
		     i++) {
			if (file.content.len == 0)
				continue;
			event_file_members(
			    b, f, tx, (enum app_dir)d, &s->before, &s->after);
			send_one(s, &file, time_us);
		}
	}
}
