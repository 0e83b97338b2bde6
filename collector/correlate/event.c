/* SPDX-License-Identifier: EUPL-1.2 */
/* Walking a record's body by path, without recursion. */
#include "collector/correlate/event.h"

#include "collector/limits.h"
#include "common/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One level of the walk: the elements of an array or object still to be seen. */
struct level {
	const struct json_doc *of;
	size_t next;	  /* array: index */
	void *iter;	  /* object */
	const char *path; /* what is left of the field's path below it */
};

/* Follow path from d through objects.  Stops at an array, the end or nothing. */
static const struct json_doc *
step(const struct json_doc *d, const char **path)
{
	char name[SIGMA_FIELD_SEGMENT_MAX];

	while (d != NULL && **path != '\0' && json_kind(d) == 'o') {
		size_t n = strcspn(*path, ".");

		if (n >= sizeof(name))
			return NULL;
		memcpy(name, *path, n);
		name[n] = '\0';
		d = json_at(d, name);
		*path += n + ((*path)[n] == '.');
	}
	return d;
}

static bool
each_at(const struct json_doc *root, const char *path,
    bool (*fn)(void *, const struct json_doc *), void *arg)
{
	struct level stack[SIGMA_NEST_MAX];
	size_t depth = 0;
	const struct json_doc *d = step(root, &path);

	for (;;) {
		if (d != NULL && json_kind(d) == 'a' && depth < SIGMA_NEST_MAX) {
			stack[depth++] = (struct level){.of = d, .path = path};
		} else if (d != NULL && *path == '\0' && fn(arg, d)) {
			return true;
		}
		while (depth > 0 &&
		    stack[depth - 1].next >= json_count(stack[depth - 1].of))
			depth--;
		if (depth == 0)
			return false;
		path = stack[depth - 1].path;
		d = step(
		    json_item(stack[depth - 1].of, stack[depth - 1].next++), &path);
	}
}

bool
event_each(const struct event *e, const struct field_ref *f,
    bool (*fn)(void *, const struct json_doc *), void *arg)
{
	for (size_t i = 0; i < f->paths; i++) {
		if (each_at(e->body, f->path[i], fn, arg))
			return true;
	}
	return false;
}

static const struct json_doc *
next_of(struct level *l)
{
	const char *key;

	if (json_kind(l->of) == 'a')
		return l->next < json_count(l->of) ? json_item(l->of, l->next++)
						   : NULL;
	return json_next(l->of, &l->iter, &key);
}

bool
event_each_scalar(
    const struct event *e, bool (*fn)(void *, const struct json_doc *), void *arg)
{
	struct level stack[SIGMA_NEST_MAX] = {{.of = e->body}};
	size_t depth = 1;

	while (depth > 0) {
		const struct json_doc *d = next_of(&stack[depth - 1]);
		char kind = d == NULL ? 0 : json_kind(d);

		if (d == NULL) {
			depth--;
		} else if (kind == 'o' || kind == 'a') {
			if (depth < SIGMA_NEST_MAX)
				stack[depth++] = (struct level){.of = d};
		} else if (fn(arg, d)) {
			return true;
		}
	}
	return false;
}

const char *
event_text(const struct json_doc *value, char *buffer, size_t size)
{
	switch (json_kind(value)) {
	case 's':
		return json_str(value, "");
	case 'i':
		snprintf(buffer, size, "%" PRId64, json_int(value, "", 0));
		return buffer;
	case 'r':
		snprintf(buffer, size, "%.17g", json_number(value, 0));
		return buffer;
	case 'b':
		return json_bool(value, "", false) ? "true" : "false";
	default:
		return NULL;
	}
}

void
event_from(struct event *e, const struct json_doc *body)
{
	static const struct {
		const char *path, *other;
		size_t offset;
	} texts[] = {
	    {"event_type", "", offsetof(struct event, event_type)},
	    {"stadswacht.tenant", "", offsetof(struct event, tenant)},
	    {"stadswacht.host", "host", offsetof(struct event, host)},
	    {"stadswacht.agent", "", offsetof(struct event, agent)},
	    {"stadswacht.engine", "", offsetof(struct event, engine)},
	};
	const char *time = json_str(body, "timestamp");

	memset(e, 0, sizeof(*e));
	e->body = body;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = json_str(body, texts[i].path);

		if (text == NULL && texts[i].other[0] != '\0')
			text = json_str(body, texts[i].other);
		text = text == NULL ? "" : text;
		memcpy((char *)e + texts[i].offset, &text, sizeof(text));
	}
	if (e->engine[0] == '\0' && strcmp(e->event_type, "alert") == 0)
		e->engine = "rules";
	if (time == NULL || clock_parse(time, &e->time_us) == -1)
		e->time_us = 0;
}
