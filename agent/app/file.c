/* SPDX-License-Identifier: EUPL-1.2 */
/* A file that passes by, as a window. */
#include "agent/app/file.h"

#include "agent/limits.h"

void
file_begin(struct app_flow *a, struct file *f, struct span name, size_t at_least)
{
	*f = (struct file){.name = name, .at_least = at_least};
	buf_init(&f->data, FILE_WINDOW_MAX);
	file_sum_begin(a, &f->sum);
}

static void
drop_front(struct app_flow *a, struct file *f, size_t n)
{
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
	size_t room = FILE_WINDOW_MAX - f->data.len;

	if (f->closed || bytes.len == 0)
		return;
	file_sum_add(&f->sum, bytes);
	if (bytes.len > FILE_WINDOW_MAX) {
		f->start += bytes.len - FILE_WINDOW_MAX;
		bytes.p += bytes.len - FILE_WINDOW_MAX;
		bytes.len = FILE_WINDOW_MAX;
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
	file_sum_break(&f->sum);
	skip(a, f, missing);
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
	app_drop(a, f->data.len);
	buf_release(&f->data);
}

enum app_have
file_buffer(const struct file *f, enum app_buffer_id b, struct app_bytes *out)
{
	uint64_t end = f->start + f->data.len;

	if (b == APP_FILE_NAME) {
		out->bytes = f->name;
		return f->name.len > 0 ? APP_HAVE : APP_ABSENT;
	}
	if (file_sum_has(b))
		return file_sum_buffer(&f->sum, b, out);
	if (b != APP_FILE_DATA)
		return APP_ABSENT;
	if (end == 0 || (!f->closed && f->inspected == 0 && end < f->at_least))
		return f->closed ? APP_ABSENT : APP_NOT_YET;
	out->bytes = (struct span){f->data.data, f->data.len};
	out->offset = f->start;
	out->complete = f->closed;
	return APP_HAVE;
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
}
