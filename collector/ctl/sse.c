/* SPDX-License-Identifier: EUPL-1.2 */
/* The event stream's lines into events. */
#include "collector/ctl/sse.h"

#include "collector/limits.h"
#include "common/str.h"

#include <string.h>

void
sse_init(struct sse *s, sse_event_fn *on_event, void *arg)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->line, CTL_EVENT_MAX);
	buf_init(&s->data, CTL_EVENT_MAX);
	s->last_id = s->pending_id = -1;
	s->on_event = on_event;
	s->arg = arg;
}

void
sse_release(struct sse *s)
{
	buf_release(&s->line);
	buf_release(&s->data);
}

void
sse_restart(struct sse *s)
{
	buf_reset(&s->line);
	buf_reset(&s->data);
	s->event[0] = '\0';
	s->pending_id = s->last_id;
}

/* An empty line ends an event; one without data only moves the bookmark. */
static bool
dispatch(struct sse *s)
{
	bool go_on = true;

	s->last_id = s->pending_id;
	if (s->data.overflow)
		s->too_long++;
	else if (s->data.len > 0)
		go_on =
		    s->on_event(s->arg, s->event[0] == '\0' ? "message" : s->event,
			s->last_id, (const char *)s->data.data, s->data.len);
	buf_reset(&s->data);
	s->event[0] = '\0';
	return go_on;
}

static void
take_field(struct sse *s, const char *name, size_t name_len, const char *value)
{
	int64_t id;

	if (name_len == 4 && memcmp(name, "data", 4) == 0) {
		if (s->data.len > 0)
			(void)buf_addc(&s->data, '\n');
		(void)buf_adds(&s->data, value);
	} else if (name_len == 5 && memcmp(name, "event", 5) == 0) {
		(void)str_copy(s->event, sizeof(s->event), value);
	} else if (name_len == 2 && memcmp(name, "id", 2) == 0) {
		if (str_i64(value, 0, INT64_MAX, &id) == 0)
			s->pending_id = id;
	}
}

static bool
take_line(struct sse *s)
{
	const char *line, *colon, *value;

	if (s->line.overflow) {
		s->too_long++;
		return true;
	}
	if (s->line.len == 0)
		return dispatch(s);
	line = buf_str(&s->line);
	if (line == NULL || line[0] == ':')
		return true;
	colon = strchr(line, ':');
	value = colon == NULL ? "" : colon + 1;
	if (value[0] == ' ')
		value++;
	take_field(
	    s, line, colon == NULL ? strlen(line) : (size_t)(colon - line), value);
	return true;
}

bool
sse_feed(struct sse *s, const char *p, size_t len)
{
	const char *end;
	size_t n;
	bool go_on;

	while (len > 0) {
		end = memchr(p, '\n', len);
		n = end == NULL ? len : (size_t)(end - p);
		(void)buf_add(&s->line, p, n);
		if (end == NULL)
			return true;
		go_on = take_line(s);
		buf_reset(&s->line);
		if (!go_on)
			return false;
		p += n + 1;
		len -= n + 1;
	}
	return true;
}
