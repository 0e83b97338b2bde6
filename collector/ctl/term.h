/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Text for a terminal.  Records hold what attackers sent, and a terminal obeys
 * control characters: none of a record's is ever written as it came.
 */
#ifndef COLLECTOR_CTL_TERM_H
#define COLLECTOR_CTL_TERM_H

#include "common/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum term_style {
	TERM_PLAIN,
	TERM_HIGH,
	TERM_MEDIUM,
	TERM_LOW,
	TERM_DIM,
	TERM_BOLD
};

/* Colour when standard output is a terminal, TERM is not "dumb" and NO_COLOR is
 * unset. */
bool term_wants_colour(void);

/*
 * Append text with control characters (also C1, DEL, and those that turn the
 * direction of writing) as U+FFFD, bad UTF-8 too.  With width > 0 it is padded, or
 * cut with an ellipsis, to that many columns; a code point counts as one.  NULL is
 * "-".
 */
void term_text(struct buf *out, const char *text, size_t width);
/* Valid JSON with the same control characters as \u escapes: equal, and harmless.
 */
void term_json(struct buf *out, const char *json, size_t len);
void term_style(struct buf *out, bool colour, enum term_style style);

/* "2026-11-23 13:00:01 CET", local; "-" for text that is no time. */
void term_time(struct buf *out, const char *text);
/* "3 min", "2 h", "5 d": how long ago; "-" for none. */
void term_age(struct buf *out, const char *text, int64_t now_us);

#endif
