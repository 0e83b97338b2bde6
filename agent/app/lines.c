/* SPDX-License-Identifier: EUPL-1.2 */
/* Lines of a direction: LF ends one, CR before it belongs to the end. */
#include "agent/app/lines.h"

#include <string.h>

void
lines_init(struct lines *l, size_t max)
{
	*l = (struct lines){.too_long = false};
	buf_init(&l->held, max);
}

void
lines_release(struct lines *l)
{
	buf_release(&l->held);
}

void
lines_forget(struct app_flow *a, struct lines *l)
{
	app_drop(a, l->held.len);
	buf_reset(&l->held);
	l->told = l->too_long = false;
}

static void
hold(struct app_flow *a, struct lines *l, struct span in)
{
	size_t room = l->held.max - l->held.len, n = in.len < room ? in.len : room;

	l->too_long = l->too_long || in.len > room;
	if (n == 0 || !app_hold(a, n))
		return;
	if (buf_add(&l->held, in.p, n) == -1)
		app_drop(a, n);
}

static struct span
without_cr(struct span line)
{
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

struct lines_got
lines_next(struct app_flow *a, struct lines *l, struct span in)
{
	const uint8_t *end = in.len == 0 ? NULL : memchr(in.p, '\n', in.len);
	size_t n = end == NULL ? in.len : (size_t)(end - in.p);
	struct lines_got got = {.whole = end != NULL, .used = n + (end != NULL)};
	bool told;

	if (l->told)
		lines_forget(a, l);
	if (got.whole && l->held.len == 0 && n <= l->held.max) {
		got.line = without_cr((struct span){in.p, n});
		return got;
	}
	if (l->split && n > l->held.max - l->held.len) {
		got.used = l->held.max - l->held.len;
		got.whole = false;
		got.piece = l->told = true;
		hold(a, l, (struct span){in.p, got.used});
		got.line = (struct span){l->held.data, l->held.len};
		return got;
	}
	told = l->too_long;
	hold(a, l, (struct span){in.p, n});
	got.too_long = l->too_long && !told;
	got.line = without_cr((struct span){l->held.data, l->held.len});
	l->told = got.whole;
	return got;
}
