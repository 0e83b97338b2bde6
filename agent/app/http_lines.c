/* SPDX-License-Identifier: EUPL-1.2 */
/* Ends of lines as browsers and servers take them. */
#include "agent/app/http_read.h"

static bool
is_fold(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span
http_lines_cut(struct http_reading *r, size_t len, size_t n)
{
	struct span line = {cur_take(&r->c, len + n), len};

	r->s->looked = 0;
	if (r->d == APP_TS && line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

int
http_lines_ahead(const struct http_reading *r, size_t n)
{
	if (n < r->c.left)
		return r->c.pos[n];
	return r->ended ? -2 : -1;
}

/* A lone CR at the start neither is a line nor ends the headers.  false: the byte
 * behind it is needed. */
bool
http_lines_skip(struct http_reading *r)
{
	while (r->d == APP_TC && r->s->looked == 0 && r->c.left > 0 &&
	    r->c.pos[0] == '\r') {
		int next = http_lines_ahead(r, 1);

		if (next == -1)
			return false;
		if (next == '\r' || next == '\n')
			break;
		cur_take(&r->c, 1);
	}
	return true;
}

/*
 * Ends of lines as browsers take them in responses: CR LF, LF, LF CR, and a lone
 * CR.  Requests end with LF.
 */
enum http_got
http_lines_take(struct http_reading *r, struct span *line)
{
	const uint8_t *p;

	if (!http_lines_skip(r))
		return GOT_NOTHING;
	p = r->c.pos;
	for (size_t i = r->s->looked; i < r->c.left; i++) {
		bool odd = r->s->odd_end;
		int next;

		r->s->looked = i;
		if (p[i] != '\n' && (p[i] != '\r' || r->d == APP_TS))
			continue;
		if (p[i] == '\n' && i == 0) {
			*line = http_lines_cut(r, 0, 1);
			return GOT_LINE;
		}
		/* The byte behind an end matters after a bare LF of a response, a
		 * CR, and a line of one blank: else a message would wait for the
		 * next. */
		next = http_lines_ahead(r, i + 1);
		if (next == -1 &&
		    (p[i] == '\r' || (r->d == APP_TC && p[i - 1] != '\r') ||
			(i == 1 && is_fold(p[0]))))
			return GOT_NOTHING;
		if (p[i] == '\n') {
			bool cr =
			    next == '\r' && r->d == APP_TC && p[i - 1] != '\r';

			r->s->odd_end = cr;
			if (i == 1 && is_fold(p[0]) && next >= 0 && next != '\n' &&
			    !cr) {
				*line = http_lines_cut(r, i, 1);
				return GOT_END;
			}
			*line = http_lines_cut(r, i, cr ? 2 : 1);
			return GOT_LINE;
		}
		if (next == '\r')
			continue;
		if (next != '\n') {
			*line = http_lines_cut(r, i, 1);
			return GOT_LINE;
		}
		/* LF CR CR LF CR LF are two ends, not three. */
		if (odd && i == 0) {
			next = http_lines_ahead(r, 2);
			if (next == -1 ||
			    (next == '\r' && http_lines_ahead(r, 3) == -1))
				return GOT_NOTHING;
			r->s->odd_end = false;
			*line = http_lines_cut(r, 0,
			    next == '\r' && http_lines_ahead(r, 3) == '\n' ? 4 : 2);
			return GOT_LINE;
		}
		r->s->odd_end = false;
		*line = http_lines_cut(r, i, 2);
		return GOT_LINE;
	}
	r->s->looked = r->c.left;
	if (!r->ended)
		return GOT_NOTHING;
	*line = http_lines_cut(r, r->c.left, 0);
	return GOT_LINE;
}
