/* SPDX-License-Identifier: EUPL-1.2 */
/* Conversations line by line for tests of parsers: whole, cut, in pieces. */
#ifndef TESTS_UNIT_LINES_HELP_H
#define TESTS_UNIT_LINES_HELP_H

#include "tests/unit/app_help.h"

struct line {
	enum app_dir d;
	const char *text;
	size_t len; /* 0: that of text */
};

static inline size_t
line_len(const struct line *l)
{
	return l->len > 0 ? l->len : strlen(l->text);
}

/* The first n bytes of a conversation, in pieces of at most piece. */
static inline void
lines_say(
    struct talk *t, const struct line *l, size_t lines, size_t n, size_t piece)
{
	for (size_t i = 0; i < lines && n > 0; i++) {
		size_t len = line_len(&l[i]);

		len = len < n ? len : n;
		n -= len;
		talk_say(t, l[i].d, l[i].text, len, piece);
	}
}

static inline size_t
lines_total(const struct line *l, size_t lines)
{
	size_t total = 0;

	for (size_t i = 0; i < lines; i++)
		total += line_len(&l[i]);
	return total;
}

static inline void
line_say(struct talk *t, enum app_dir d, const char *text)
{
	talk_say(t, d, text, strlen(text), SIZE_MAX);
}

static inline void
talk_hang_up(struct talk *t)
{
	talk_tell(t, STREAM_END, APP_TS, NULL, 0);
	talk_tell(t, STREAM_END, APP_TC, NULL, 0);
}

#endif
