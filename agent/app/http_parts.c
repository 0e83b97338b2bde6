/* SPDX-License-Identifier: EUPL-1.2 */
/* Multipart bodies as they come: boundaries in any pieces, parts as files. */
#include "agent/app/http_parts.h"

#include "agent/app/http.h"
#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Before a file is whole so much of it must be there (http_body.c). */
#define AT_LEAST 32768

enum state {
	BEFORE, /* the first boundary */
	BEHIND, /* a boundary */
	HEADER,
	DATA,
	OVER,
};

struct part {
	struct part *next;
	struct file file;
	uint8_t name[];
};

struct http_parts {
	enum state state;
	struct buf pend;
	size_t looked; /* of pend, without what is looked for */
	struct part *first, *last, *open;
	unsigned files, events;
	size_t boundary_len;
	uint8_t boundary[2 + HTTP_BOUNDARY_MAX]; /* with its dashes */
};

/* --- what headers say -------------------------------------------------------------------- */

/* The value of ";name=value", quotes or not; p NULL: there is none. */
static struct span
parameter(struct span s, const char *name)
{
	size_t len = strlen(name), i = 0;
	struct span v = {NULL, 0};
	bool quoted = false;

	for (; i < s.len; i++) {
		struct span at = {s.p + i, s.len - i};

		if (s.p[i] == '"' && (i == 0 || s.p[i - 1] != '\\'))
			quoted = !quoted;
		if (quoted || s.p[i] != ';')
			continue;
		at = http_trim((struct span){at.p + 1, at.len - 1});
		if (at.len > len && at.p[len] == '=' &&
		    strncasecmp((const char *)at.p, name, len) == 0) {
			v = (struct span){at.p + len + 1, at.len - len - 1};
			break;
		}
	}
	quoted = v.len > 0 && v.p[0] == '"';
	if (quoted) {
		v.p++;
		v.len--;
	}
	for (i = 0; i < v.len; i++)
		if (quoted ? v.p[i] == '"' && (i == 0 || v.p[i - 1] != '\\')
			   : v.p[i] == ';')
			break;
	v.len = i;
	return v;
}

/* The file name of a part; p NULL: it is no file. */
static struct span
name_of(struct http_parts *p, struct span header)
{
	static const char key[] = "content-disposition";
	const size_t key_len = sizeof(key) - 1;
	struct span name = {NULL, 0};

	while (header.len > 0) {
		const uint8_t *end = memmem(header.p, header.len, "\r\n", 2),
			      *colon;
		struct span line = {
		    header.p, end == NULL ? header.len : (size_t)(end - header.p)};

		colon = memchr(line.p, ':', line.len);
		if (colon == NULL)
			p->events |= 1u << HTTP_PARTS_HEADER;
		else if ((size_t)(colon - line.p) == key_len && name.p == NULL &&
		    strncasecmp((const char *)line.p, key, key_len) == 0)
			name = parameter(line, "filename");
		header.p += line.len + (end == NULL ? 0 : 2);
		header.len -= line.len + (end == NULL ? 0 : 2);
	}
	return name;
}

/* --- files ------------------------------------------------------------------------------- */

static void
part_free(struct app_flow *a, struct part *t)
{
	size_t size = sizeof(*t) + t->file.name.len;

	file_release(a, &t->file);
	free(t);
	app_drop(a, size);
}

static void
open_part(struct app_flow *a, struct http_parts *p, struct span name)
{
	size_t size = sizeof(struct part) + name.len;
	struct part *t;

	if (p->files == HTTP_PARTS_MAX) {
		app_cut(a);
		return;
	}
	if (!app_hold(a, size))
		return;
	if ((t = calloc(1, size)) == NULL) {
		app_drop(a, size);
		return;
	}
	if (name.len > 0)
		memcpy(t->name, name.p, name.len);
	file_begin(a, &t->file, (struct span){t->name, name.len}, AT_LEAST);
	*(p->last == NULL ? &p->first : &p->last->next) = t;
	p->last = p->open = t;
	p->files++;
}

static void
close_part(struct http_parts *p, bool cut)
{
	if (p->open == NULL)
		return;
	if (cut)
		file_sum_break(&p->open->file.sum);
	file_end(&p->open->file);
	p->open = NULL;
}

/* The open one, which is the last, is none. */
static void
forget_part(struct app_flow *a, struct http_parts *p)
{
	struct part **at = &p->first, *t = p->open, *before = NULL;

	while (*at != t) {
		before = *at;
		at = &(*at)->next;
	}
	*at = NULL;
	p->last = before;
	p->open = NULL;
	p->files--;
	p->events |= 1u << HTTP_PARTS_ERROR;
	part_free(a, t);
}

/* --- steps ------------------------------------------------------------------------------- */

static void
take(struct http_parts *p, size_t n)
{
	buf_consume(&p->pend, n);
	p->looked = 0;
}

/* n bytes of the part at hand. */
static void
give(struct app_flow *a, struct http_parts *p, size_t n)
{
	if (p->open != NULL)
		file_add(a, &p->open->file, (struct span){p->pend.data, n});
	take(p, n);
}

/* Where it begins; SIZE_MAX: not in what is there. */
static size_t
find(struct http_parts *p, const void *what, size_t len)
{
	const uint8_t *from = p->pend.data + p->looked,
		      *at = memmem(from, p->pend.len - p->looked, what, len);

	if (at != NULL)
		return (size_t)(at - p->pend.data);
	p->looked = p->pend.len < len ? 0 : p->pend.len - len + 1;
	return SIZE_MAX;
}

/* Up to a boundary, before which two bytes stand that end the line. */
static bool
on_data(struct app_flow *a, struct http_parts *p)
{
	const size_t line_end = 2;
	size_t at = find(p, p->boundary, p->boundary_len), keep;

	if (at == SIZE_MAX) {
		keep = p->boundary_len - 1 + line_end;
		if (p->pend.len > keep)
			give(a, p, p->pend.len - keep);
		return false;
	}
	if (at < line_end && p->open != NULL && p->open->file.sum.size == 0)
		forget_part(a, p);
	give(a, p, at < line_end ? 0 : at - line_end);
	close_part(p, false);
	take(p, (at < line_end ? at : line_end) + p->boundary_len);
	p->state = BEHIND;
	return true;
}

static bool
on_behind(struct http_parts *p)
{
	if (p->pend.len < 2)
		return false;
	p->state = memcmp(p->pend.data, "--", 2) == 0 ? OVER : HEADER;
	take(p, 2);
	return true;
}

static bool
on_header(struct app_flow *a, struct http_parts *p)
{
	static const char end[] = "\r\n\r\n";
	size_t at = find(p, end, sizeof(end) - 1);
	struct span name;

	if (at == SIZE_MAX) {
		if (p->pend.len > HTTP_PART_HEADER_MAX) {
			app_cut(a);
			p->state = DATA;
		}
		return p->state == DATA;
	}
	name = name_of(p, (struct span){p->pend.data, at});
	if (name.p != NULL)
		open_part(a, p, name);
	take(p, at + sizeof(end) - 1);
	p->state = DATA;
	return true;
}

static bool
step(struct app_flow *a, struct http_parts *p)
{
	switch (p->state) {
	case BEFORE:
	case DATA:
		return on_data(a, p);
	case BEHIND:
		return on_behind(p);
	case HEADER:
		return on_header(a, p);
	case OVER:
		take(p, p->pend.len);
		return false;
	}
	return false;
}

void
http_parts_add(struct app_flow *a, struct http_parts *p, struct span bytes)
{
	size_t before = p->pend.len;

	if (p->state == OVER || bytes.len == 0)
		return;
	if (!app_hold(a, bytes.len))
		return;
	if (buf_add(&p->pend, bytes.p, bytes.len) == -1) {
		app_drop(a, bytes.len);
		return;
	}
	while (step(a, p))
		;
	app_drop(a, before + bytes.len - p->pend.len);
}

/* What is held back for a boundary that does not come. */
static void
flush(struct app_flow *a, struct http_parts *p, bool cut)
{
	size_t held = p->pend.len, n = held;

	if (cut && n >= 2 && memcmp(p->pend.data + n - 2, "\r\n", 2) == 0)
		n -= 2;
	if (p->state == DATA)
		give(a, p, n);
	take(p, p->pend.len);
	app_drop(a, held);
}

void
http_parts_gap(struct app_flow *a, struct http_parts *p, uint64_t missing)
{
	if (p->state == OVER)
		return;
	flush(a, p, false);
	if (p->open != NULL)
		file_gap(a, &p->open->file, missing);
	if (p->state != BEFORE)
		p->state = DATA;
}

void
http_parts_end(struct app_flow *a, struct http_parts *p, bool cut)
{
	flush(a, p, cut);
	close_part(p, cut);
	p->state = OVER;
}

struct http_parts *
http_parts_new(struct app_flow *a, struct span content_type)
{
	struct span boundary = parameter(content_type, "boundary");
	struct http_parts *p;

	if (boundary.len == 0 || !app_hold(a, sizeof(*p)))
		return NULL;
	if ((p = calloc(1, sizeof(*p))) == NULL) {
		app_drop(a, sizeof(*p));
		return NULL;
	}
	buf_init(&p->pend, HTTP_PART_HEADER_MAX + HTTP_BODY_MAX);
	if (boundary.len > HTTP_BOUNDARY_MAX) {
		p->state = OVER;
		return p;
	}
	memcpy(p->boundary, "--", 2);
	memcpy(p->boundary + 2, boundary.p, boundary.len);
	p->boundary_len = 2 + boundary.len;
	return p;
}

void
http_parts_free(struct app_flow *a, struct http_parts *p)
{
	struct part *next;

	if (p == NULL)
		return;
	for (struct part *t = p->first; t != NULL; t = next) {
		next = t->next;
		part_free(a, t);
	}
	app_drop(a, sizeof(*p) + p->pend.len);
	buf_release(&p->pend);
	free(p);
}

unsigned
http_parts_events(const struct http_parts *p)
{
	return p->events;
}

/* --- what others ask -------------------------------------------------------------------- */

const struct file *
http_parts_file(const struct http_parts *p, unsigned i)
{
	const struct part *t = p->first;

	for (; t != NULL && i > 0; i--)
		t = t->next;
	return t == NULL ? NULL : &t->file;
}

enum app_have
http_parts_buffer(const struct http_parts *p, enum app_buffer_id b,
    unsigned instance, struct app_bytes *out)
{
	for (const struct part *t = p->first; t != NULL; t = t->next)
		/* A file that was empty has nothing to look at. */
		if ((b != APP_FILE_DATA || !t->file.closed ||
			t->file.sum.size > 0) &&
		    instance-- == 0)
			return file_buffer(&t->file, b, out);
	return p->state == OVER ? APP_ABSENT : APP_NOT_YET;
}

void
http_parts_inspected(struct app_flow *a, struct http_parts *p)
{
	for (struct part *t = p->first; t != NULL; t = t->next)
		file_inspected(a, &t->file);
}
