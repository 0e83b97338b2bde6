/* SPDX-License-Identifier: EUPL-1.2 */
/* A file that passes by, as a window. */
#include "agent/app/file.h"

#include "agent/app/inside.h"
#include "agent/limits.h"

#include <string.h>

void
file_begin(struct app_flow *a, struct file *f, struct span name, size_t at_least)
{
	*f = (struct file){.name = name, .at_least = at_least};
	buf_init(&f->data,
	    a->app->config.inspected ? FILE_WINDOW_MAX : FILE_WINDOW_KEPT);
	file_sum_begin(a, &f->sum);
	f->magic = file_magic_new(a);
}

static void
drop_front(struct app_flow *a, struct file *f, size_t n)
{
	if (f->start == 0 && f->data.len > 0)
		file_magic_keep(
		    a, f->magic, (struct span){f->data.data, f->data.len});
	buf_consume(&f->data, n);
	app_drop(a, n);
	f->start += n;
}

/* The window is lost, the file is not. */
static void
skip(struct app_flow *a, struct file *f, uint64_t missing)
{
	drop_front(a, f, f->data.len);
	f->start += missing;
	f->inspected = f->start;
}

void
file_add(struct app_flow *a, struct file *f, struct span bytes)
{
	size_t room = f->data.max - f->data.len;

	if (f->closed || bytes.len == 0)
		return;
	file_sum_add(a, &f->sum, bytes);
	/* Where nobody looks, nothing waits to be looked at. */
	if (!app_asked(a)) {
		skip(a, f, bytes.len);
		return;
	}
	if (bytes.len > f->data.max) {
		f->start += bytes.len - f->data.max;
		bytes.p += bytes.len - f->data.max;
		bytes.len = f->data.max;
	}
	if (bytes.len > room)
		drop_front(a, f, bytes.len - room);
	if (!app_hold(a, bytes.len))
		skip(a, f, bytes.len);
	else if (buf_add(&f->data, bytes.p, bytes.len) == -1) {
		app_drop(a, bytes.len);
		skip(a, f, bytes.len);
	}
}

void
file_gap(struct app_flow *a, struct file *f, uint64_t missing)
{
	size_t room = f->data.max - f->data.len;

	if (f->closed)
		return;
	file_sum_gap(&f->sum, missing);
	if (missing > room || !app_hold(a, missing))
		skip(a, f, missing);
	else if (buf_reserve(&f->data, missing) == -1) {
		app_drop(a, missing);
		skip(a, f, missing);
	} else {
		memset(f->data.data + f->data.len, 0, missing);
		f->data.len += missing;
	}
}

void
file_end(struct file *f)
{
	f->closed = true;
	file_sum_end(&f->sum);
}

void
file_release(struct app_flow *a, struct file *f)
{
	file_sum_release(a, &f->sum);
	file_magic_free(a, f->magic);
	f->magic = NULL;
	app_drop(a, f->data.len);
	buf_release(&f->data);
}

enum app_have
file_buffer(const struct file *f, enum app_buffer_id b, struct app_bytes *out)
{
	uint64_t end = f->start + f->data.len;

	if (b == APP_FILE_NAME) { /* without one it is empty, as Suricata's */
		out->bytes = f->name.len > 0
		    ? f->name
		    : (struct span){(const uint8_t *)"", 0};
		return APP_HAVE;
	}
	if (b == APP_FILE_MAGIC)
		return file_magic_buffer(f->magic,
		    (struct span){f->data.data, f->start == 0 ? f->data.len : 0},
		    f->closed, out);
	if (file_sum_has(b))
		return file_sum_buffer(&f->sum, b, out);
	if (b != APP_FILE_DATA)
		return APP_ABSENT;
	if (end == 0 || (!f->closed && f->inspected == 0 && end < f->at_least))
		return f->closed ? APP_ABSENT : APP_NOT_YET;
	/* Looked at, and nothing came since: not with every packet again. */
	if (!f->closed && f->inspected == end)
		return APP_NOT_YET;
	out->bytes = (struct span){f->data.data, f->data.len};
	out->offset = f->start;
	out->complete = f->closed;
	return APP_HAVE;
}

/* A large window was for once. */
static void
shrink(struct file *f)
{
	struct buf few;

	if (f->data.cap <= FILE_WINDOW_KEPT)
		return;
	buf_init(&few, f->data.max);
	if (buf_add(&few, f->data.data, f->data.len) == -1)
		return;
	buf_release(&f->data);
	f->data = few;
}

void
file_inspected(struct app_flow *a, struct file *f)
{
	uint64_t end = f->start + f->data.len;

	if (!f->closed && f->inspected == 0 && end < f->at_least)
		return;
	f->inspected = end;
	if (f->data.len > FILE_WINDOW_AGAIN)
		drop_front(a, f, f->data.len - FILE_WINDOW_AGAIN);
	shrink(f);
}

bool
file_tell(const struct file *f, struct app_file *out)
{
	out->name = f->name;
	out->magic = file_magic_text(f->magic);
	file_sum_tell(&f->sum, out);
	return true;
}
