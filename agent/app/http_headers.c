/* SPDX-License-Identifier: EUPL-1.2 */
/* Header fields: unfolded, joined by name, as text (engine.md 5.7, 5.8). */
#include "agent/app/http.h"
#include "agent/app/http_check.h"

#include "agent/limits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void
http_headers_init(struct http_headers *h)
{
	memset(h, 0, sizeof(*h));
	buf_init(&h->raw, HTTP_HEADER_MAX);
	buf_init(&h->lines, HTTP_HEADER_MAX);
	buf_init(&h->text, 3 * HTTP_HEADER_MAX);
	buf_init(&h->shown, 2 * HTTP_HEADER_MAX);
	buf_init(&h->names, 2 * HTTP_HEADER_MAX);
}

void
http_headers_release(struct http_headers *h)
{
	buf_release(&h->raw);
	buf_release(&h->lines);
	buf_release(&h->text);
	buf_release(&h->shown);
	buf_release(&h->names);
	free(h->field);
	free(h->joined);
}

/* Old servers let lines go on; browsers take NUL for a space there. */
static bool
is_fold(uint8_t c)
{
	return c == ' ' || c == '\t' || c == 0;
}

static struct span
unfold(struct span line)
{
	while (line.len > 0 && is_fold(line.p[0])) {
		line.p++;
		line.len--;
	}
	return http_trim(line);
}

static struct http_part
part_in(const struct buf *b, struct span s)
{
	return (struct http_part){s.len == 0 ? 0 : (size_t)(s.p - b->data), s.len};
}

/* Name and value of the last field, whose line is the end of h->lines. */
static void
split(struct http_headers *h)
{
	struct span line = http_part(
	    &h->lines, (struct http_part){h->last, h->lines.len - h->last});
	struct http_field *f = &h->field[h->n - 1];
	const uint8_t *colon = line.len == 0 ? NULL : memchr(line.p, ':', line.len);
	struct span name = {line.p, colon == NULL ? 0 : (size_t)(colon - line.p)};

	if (colon != NULL) {
		line.len -= name.len + 1;
		line.p = colon + 1;
	}
	f->has_colon = colon != NULL;
	f->bad_name = colon != NULL && !http_check_token(name);
	f->name = part_in(&h->lines, http_trim(name));
	f->value = part_in(&h->lines, http_trim(line));
}

static void
go_on(struct http_headers *h, struct span more)
{
	if (more.len == 0)
		return;
	if (h->lines.len > h->last)
		buf_addc(&h->lines, ' ');
	buf_add(&h->lines, more.p, more.len);
	split(h);
}

static bool
make_room(struct http_headers *h)
{
	size_t cap = h->cap == 0 ? 8 : h->cap * 2;
	struct http_field *f = NULL;

	if (h->n < h->cap)
		return true;
	if (cap <= HTTP_FIELDS_MAX)
		f = realloc(h->field, cap * sizeof(*f));
	if (f == NULL)
		return false;
	h->field = f;
	h->cap = cap;
	return true;
}

void
http_headers_line(struct http_headers *h, struct span line, bool strict)
{
	bool folded = line.len > 0 && is_fold(line.p[0]);

	if (folded)
		line = unfold(line);
	/* What looks like a field of its own is one, as browsers have it. */
	if (folded && h->n > 0 &&
	    !(strict && line.len > 0 && h->field[h->n - 1].has_colon &&
		memchr(line.p, ':', line.len) != NULL)) {
		go_on(h, line);
		return;
	}
	h->folded_first = h->folded_first || (folded && h->n == 0);
	h->too_many = h->too_many || h->n == HTTP_FIELDS_MAX;
	if (!make_room(h) || buf_reserve(&h->lines, line.len) == -1)
		return;
	h->last = h->lines.len;
	if (line.len > 0)
		buf_add(&h->lines, line.p, line.len);
	h->n++;
	split(h);
}

static struct http_part
put(struct buf *b, struct span s)
{
	struct http_part p = {b->len, s.len};

	if (s.len > 0)
		buf_add(b, s.p, s.len);
	return p;
}

bool
http_headers_add(struct http_headers *h, struct span name, struct span value)
{
	size_t need = name.len + value.len + 4;
	struct http_field *f;

	if (!make_room(h) || buf_reserve(&h->raw, need) == -1 ||
	    buf_reserve(&h->lines, need) == -1)
		return false;
	f = &h->field[h->n++];
	h->last = h->lines.len;
	f->has_colon = true;
	f->bad_name = false;
	f->name = put(&h->lines, name);
	buf_adds(&h->lines, ": ");
	f->value = put(&h->lines, value);
	buf_add(&h->raw, h->lines.data + h->last, h->lines.len - h->last);
	buf_adds(&h->raw, "\r\n");
	return true;
}

static bool
same_name(const struct http_headers *h, size_t i, size_t k)
{
	struct http_part a = h->field[i].name, b = h->field[k].name;

	return a.len == b.len &&
	    (a.len == 0 ||
		strncasecmp((const char *)h->lines.data + a.at,
		    (const char *)h->lines.data + b.at, a.len) == 0);
}

static bool
same_value(const struct http_headers *h, size_t i, size_t k)
{
	struct http_part a = h->field[i].value, b = h->field[k].value;

	return a.len == b.len &&
	    (a.len == 0 ||
		memcmp(h->lines.data + a.at, h->lines.data + b.at, a.len) == 0);
}

static bool
is_repeated(const struct http_headers *h, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_name(h, i, k))
			return true;
	return false;
}

static void
add(struct buf *b, struct span s)
{
	if (s.len > 0)
		buf_add(b, s.p, s.len);
}

/* One field with the values of all of its name; of lengths only the first counts. */
static void
join(struct http_headers *h, size_t i)
{
	struct http_field *f = &h->joined[h->joined_n++];
	struct span name = http_part(&h->lines, h->field[i].name);
	bool once = http_is(name, "content-length");

	f->name = (struct http_part){h->text.len, name.len};
	add(&h->text, name);
	buf_adds(&h->text, ": ");
	f->value.at = h->text.len;
	add(&h->text, http_part(&h->lines, h->field[i].value));
	for (size_t k = i + 1; k < h->n; k++)
		if (same_name(h, i, k)) {
			if (once) {
				h->lengths_differ |= !same_value(h, i, k);
				continue;
			}
			buf_adds(&h->text, ", ");
			add(&h->text, http_part(&h->lines, h->field[k].value));
		}
	f->value.len = h->text.len - f->value.at;
	buf_adds(&h->text, "\r\n");
}

void
http_headers_finish(
    struct http_headers *h, const struct buf *first_line, const char *cookie)
{
	h->joined = calloc(h->n + 1, sizeof(*h->joined));
	add(&h->text, (struct span){first_line->data, first_line->len});
	buf_adds(&h->text, "\r\n");
	buf_adds(&h->names, "\r\n");
	for (size_t i = 0; i < h->n; i++) {
		h->missing_colon = h->missing_colon || !h->field[i].has_colon;
		h->bad_name = h->bad_name || h->field[i].bad_name;
	}
	for (size_t i = 0; h->joined != NULL && i < h->n; i++) {
		struct span name = http_part(&h->lines, h->field[i].name);
		size_t before = h->text.len;

		if (is_repeated(h, i))
			continue;
		join(h, i);
		if (!http_is(name, cookie))
			add(&h->shown,
			    (struct span){
				h->text.data + before, h->text.len - before});
		add(&h->names, name);
		buf_adds(&h->names, "\r\n");
	}
	buf_adds(&h->names, "\r\n");
	buf_adds(&h->text, "\r\n");
}

void
http_headers_finish_again(
    struct http_headers *h, const struct buf *first_line, const char *cookie)
{
	buf_reset(&h->text);
	buf_reset(&h->shown);
	buf_reset(&h->names);
	free(h->joined);
	h->joined_n = 0;
	http_headers_finish(h, first_line, cookie);
}

void
http_headers_thin(struct http_headers *h)
{
	buf_release(&h->raw);
	buf_release(&h->lines);
	buf_release(&h->shown);
	buf_release(&h->names);
	free(h->field);
	h->field = NULL;
	h->n = h->cap = 0;
}

struct span
http_headers_find(const struct http_headers *h, const char *name)
{
	for (size_t i = 0; i < h->joined_n; i++)
		if (http_is(http_part(&h->text, h->joined[i].name), name))
			return http_part(&h->text, h->joined[i].value);
	return (struct span){NULL, 0};
}
