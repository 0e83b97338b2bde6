/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/event/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES (1u << 20)

struct event_file {
	FILE *out;
	int error; /* the first one */
	char buffer[BUFFER_BYTES];
};

struct event_file *
event_file_open(const char *path)
{
	struct event_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (f->out == NULL) {
		free(f);
		return NULL;
	}
	setvbuf(f->out, f->buffer, _IOFBF, sizeof(f->buffer));
	return f;
}

static void
check(struct event_file *f, bool ok)
{
	if (!ok && f->error == 0)
		f->error = errno;
}

void
event_file_write(void *file, enum record_class cls, int64_t time_us,
    const char *json, size_t len)
{
	struct event_file *f = file;

	(void)cls;
	(void)time_us;
	check(f, fwrite(json, 1, len, f->out) == len && fputc('\n', f->out) != EOF);
}

int
event_file_flush(struct event_file *f)
{
	check(f, fflush(f->out) == 0);
	errno = f->error;
	return f->error == 0 ? 0 : -1;
}

int
event_file_close(struct event_file *f)
{
	int error;

	check(f, fclose(f->out) == 0);
	error = f->error;
	free(f);
	errno = error;
	return error == 0 ? 0 : -1;
}
