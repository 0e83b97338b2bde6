/* SPDX-License-Identifier: EUPL-1.2 */
/* Mail line by line: headers, parts in parts, attachments. */
#include "agent/app/mime.h"

#include "common/jw.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Before a file is whole so much of it must be there; Suricata's
 * content-inspect-min-size. */
#define FILE_AT_LEAST 32768

static struct span
trimmed(struct span s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static bool
begins(struct span s, const char *word)
{
	size_t len = strlen(word);

	return s.len >= len && strncasecmp((const char *)s.p, word, len) == 0;
}

static bool
keep(struct app_flow *a, struct buf *b, struct span s)
{
	if (s.len == 0 || b->len + s.len > b->max || !app_hold(a, s.len))
		return false;
	if (buf_add(b, s.p, s.len) == 0)
		return true;
	app_drop(a, s.len);
	return false;
}

static void
let_go(struct app_flow *a, struct buf *b)
{
	app_drop(a, b->len);
	buf_reset(b);
}

/* --- fields ------------------------------------------------------------------------ */

/* The value of name="value" or name=value behind a ";"; len 0: none. */
static struct span
parameter(struct span value, const char *name)
{
	size_t len = strlen(name);
	bool quoted;
	struct span v;

	for (size_t i = 0; i + len < value.len; i++) {
		struct span at = {value.p + i, value.len - i};

		if (!begins(at, name) || at.p[len] != '=' ||
		    (i > 0 && strchr("; \t", value.p[i - 1]) == NULL))
			continue;
		v = (struct span){at.p + len + 1, at.len - len - 1};
		quoted = v.len > 0 && v.p[0] == '"';
		v.p += quoted;
		v.len -= quoted;
		for (len = 0; len < v.len; len++)
			if (quoted ? v.p[len] == '"'
				   : strchr("; \t", v.p[len]) != NULL)
				break;
		v.len = len;
		return v;
	}
	return (struct span){NULL, 0};
}

static void
set_name(struct mime *m, struct span name)
{
	if (name.len == 0 || m->part.name_len > 0)
		return;
	m->part.name_len = name.len < MIME_NAME_MAX ? name.len : MIME_NAME_MAX;
	memcpy(m->part.name, name.p, m->part.name_len);
}

static void
open_level(struct mime *m, struct span boundary)
{
	struct mime_boundary *b = &m->boundary[m->depth];

	if (boundary.len == 0 || m->part.nested)
		return;
	if (boundary.len > MIME_BOUNDARY_MAX) {
		m->events |= 1u << MIME_LONG_BOUNDARY;
		return;
	}
	if (m->depth == MIME_DEPTH_MAX) {
		m->capped = true;
		return;
	}
	memcpy(b->text, boundary.p, boundary.len);
	b->len = boundary.len;
	m->depth++;
	m->part.nested = true;
}

static void
on_content_type(struct mime *m, struct span value)
{
	m->part.multipart = begins(value, "multipart/");
	m->part.message = begins(value, "message/rfc822");
	set_name(m, parameter(value, "name"));
	if (m->part.multipart)
		open_level(m, parameter(value, "boundary"));
}

static void
on_address(struct app_flow *a, struct mime *m, struct buf *b, struct span value)
{
	if (m->is_top && b->len == 0)
		keep(a, b, value);
}

static void
on_field(struct app_flow *a, struct mime *m, struct span name, struct span value)
{
	if (name.len == strlen("content-type") && begins(name, "content-type"))
		on_content_type(m, value);
	else if (begins(name, "content-disposition"))
		set_name(m, parameter(value, "filename"));
	else if (begins(name, "content-transfer-encoding"))
		m->part.coding = mime_coding_of(value);
	else if (name.len == 4 && begins(name, "from"))
		on_address(a, m, &m->from, value);
	else if (name.len == 2 && begins(name, "to"))
		on_address(a, m, &m->to, value);
	else if (name.len == 2 && begins(name, "cc"))
		on_address(a, m, &m->cc, value);
}

/* The field that is joined by now. */
static void
end_field(struct app_flow *a, struct mime *m)
{
	struct span all = {m->header.data, m->header.len}, name, value;
	const uint8_t *colon = all.len == 0 ? NULL : memchr(all.p, ':', all.len);

	if (colon != NULL) {
		name = (struct span){all.p, (size_t)(colon - all.p)};
		value = (struct span){colon + 1, all.len - name.len - 1};
		on_field(a, m, trimmed(name), trimmed(value));
	}
	let_go(a, &m->header);
}

/* --- files -------------------------------------------------------------------------- */

static void
open_file(
    struct app_flow *a, struct mime *m, struct span name, enum mime_coding coding)
{
	struct mime_file *f;

	if (m->files == MIME_FILES_MAX || (f = calloc(1, sizeof(*f))) == NULL) {
		m->capped = true;
		return;
	}
	name.len = name.len < MIME_NAME_MAX ? name.len : MIME_NAME_MAX;
	memcpy(f->name, name.p, name.len);
	file_begin(a, &f->file, (struct span){(uint8_t *)f->name, name.len},
	    FILE_AT_LEAST);
	*(m->last == NULL ? &m->first : &m->last->next) = f;
	m->last = m->open = f;
	m->files++;
	m->decoder = (struct mime_decoder){.coding = coding};
}

static void
close_file(struct mime *m)
{
	if (m->open == NULL)
		return;
	if (m->decoder.wrong)
		m->events |= 1u
		    << (m->decoder.coding == MIME_BASE64 ? MIME_BAD_BASE64
							 : MIME_BAD_QUOTED);
	file_end(&m->open->file);
	m->open = NULL;
}

/* "begin 644 name" */
static bool
begins_uu(struct span line, struct span *name)
{
	static const char start[] = "begin ";
	size_t at = sizeof(start) - 1, digits = 0;

	if (line.len < at || memcmp(line.p, start, at) != 0)
		return false;
	for (; at < line.len && line.p[at] >= '0' && line.p[at] <= '7'; at++)
		digits++;
	if (digits < 3 || digits > 4 || at + 1 >= line.len || line.p[at] != ' ')
		return false;
	*name = (struct span){line.p + at + 1, line.len - at - 1};
	return true;
}

static bool
is_uu_end(const struct mime *m, struct span line)
{
	return m->decoder.coding == MIME_UU && line.len == 3 &&
	    memcmp(line.p, "end", 3) == 0;
}

static void
on_body(
    struct app_flow *a, struct mime *m, struct span line, bool starts, bool ends)
{
	uint8_t out[MIME_LINE_MAX + 4];
	struct span name;
	size_t n;

	if (starts && (m->open == NULL || m->decoder.coding == MIME_UU) &&
	    begins_uu(line, &name)) {
		close_file(m);
		open_file(a, m, name, MIME_UU);
		return;
	}
	if (m->open == NULL)
		return;
	if (starts && is_uu_end(m, line)) {
		close_file(m);
		return;
	}
	n = mime_decode(&m->decoder, line, ends, out);
	file_add(a, &m->open->file, (struct span){out, n});
}

/* --- parts -------------------------------------------------------------------------- */

static void
begin_part(struct mime *m)
{
	m->part = (struct mime_part){.coding = MIME_PLAIN};
	m->in_headers = true;
}

static void
end_headers(struct app_flow *a, struct mime *m)
{
	m->in_headers = false;
	m->is_top = false;
	if (m->part.name_len > 0 && !m->part.multipart)
		open_file(a, m,
		    (struct span){(const uint8_t *)m->part.name, m->part.name_len},
		    m->part.coding);
	else if (m->part.message)
		begin_part(m);
}

/* Which level's boundary is the line?  -1: none. */
static int
boundary_of(const struct mime *m, struct span line, bool *last)
{
	if (line.len < 2 || line.p[0] != '-' || line.p[1] != '-')
		return -1;
	for (unsigned i = m->depth; i-- > 0;) {
		const struct mime_boundary *b = &m->boundary[i];
		size_t len = 2 + b->len;

		if (line.len < len || memcmp(line.p + 2, b->text, b->len) != 0)
			continue;
		*last = line.len >= len + 2 && line.p[len] == '-' &&
		    line.p[len + 1] == '-';
		return (int)i;
	}
	return -1;
}

static void
on_header(struct app_flow *a, struct mime *m, struct span line, bool starts)
{
	bool folded = line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t');

	if (starts && !folded)
		end_field(a, m);
	if (starts && line.len == 0) {
		end_headers(a, m);
		return;
	}
	keep(a, &m->header, line);
}

void
mime_line(
    struct app_flow *a, struct mime *m, struct span line, bool starts, bool ends)
{
	bool last;
	int level = starts ? boundary_of(m, line, &last) : -1;

	if (level != -1) {
		end_field(a, m);
		close_file(m);
		m->depth = (unsigned)level + !last;
		m->is_top = false;
		m->in_headers = false;
		if (!last)
			begin_part(m);
		return;
	}
	if (m->in_headers)
		on_header(a, m, line, starts);
	else
		on_body(a, m, line, starts, ends);
}

void
mime_begin(struct mime *m)
{
	*m = (struct mime){.in_headers = true, .is_top = true};
	buf_init(&m->header, MIME_FIELD_MAX);
	buf_init(&m->from, MIME_FIELD_MAX);
	buf_init(&m->to, MIME_FIELD_MAX);
	buf_init(&m->cc, MIME_FIELD_MAX);
}

void
mime_end(struct app_flow *a, struct mime *m)
{
	end_field(a, m);
	close_file(m);
	m->is_done = true;
	if (m->capped)
		app_mime_capped(a);
}

void
mime_release(struct app_flow *a, struct mime *m)
{
	struct buf *const bufs[] = {&m->header, &m->from, &m->to, &m->cc};
	struct mime_file *next;

	for (size_t i = 0; i < sizeof(bufs) / sizeof(bufs[0]); i++) {
		app_drop(a, bufs[i]->len);
		buf_release(bufs[i]);
	}
	for (struct mime_file *f = m->first; f != NULL; f = next) {
		next = f->next;
		file_release(a, &f->file);
		free(f);
	}
	m->first = m->last = m->open = NULL;
}

/* --- records --------------------------------------------------------------------------- */

/* Addresses of a field, between commas. */
static void
write_list(const struct buf *b, const char *key, struct jw *w)
{
	struct cursor c = cur_of(b->data, b->len);

	if (b->len == 0)
		return;
	jw_array(w, key);
	while (c.left > 0) {
		const uint8_t *comma = memchr(c.pos, ',', c.left);
		size_t n = comma == NULL ? c.left : (size_t)(comma - c.pos);
		struct span one = trimmed((struct span){cur_take(&c, n), n});

		cur_take(&c, comma != NULL);
		jw_strn(w, NULL, one.p, one.len);
	}
	jw_end_array(w);
}

void
mime_write(const struct mime *m, struct jw *w)
{
	if (m->is_done)
		jw_str(w, "status", "PARSE_DONE");
	if (m->from.len > 0)
		jw_strn(w, "from", m->from.data, m->from.len);
	write_list(&m->to, "to", w);
	write_list(&m->cc, "cc", w);
	if (m->first == NULL)
		return;
	jw_array(w, "attachment");
	for (const struct mime_file *f = m->first; f != NULL; f = f->next)
		jw_strn(w, NULL, f->file.name.p, f->file.name.len);
	jw_end_array(w);
}
