/* SPDX-License-Identifier: EUPL-1.2 */
/* Lines of a direction, whole whatever the pieces they came in; for parsers. */
#ifndef AGENT_APP_LINES_H
#define AGENT_APP_LINES_H

#include "agent/app/parser.h"

struct lines {
	struct buf held;
	bool
	    split; /* hand out what is too long in pieces, not its beginning only */
	bool too_long, told;
};

struct lines_got {
	bool whole;	  /* line is there, without its end */
	bool piece;	  /* line is a piece: its end is still to come */
	bool too_long;	  /* told once a line, as soon as it is */
	struct span line; /* at most max bytes of it; until the next call */
	size_t used;	  /* of the bytes given */
};

void lines_init(struct lines *l, size_t max);
void lines_release(struct lines *l);
/* What is held counts with the flow (app_hold). */
/* What is held is nothing's. */
void lines_forget(struct app_flow *a, struct lines *l);
struct lines_got lines_next(struct app_flow *a, struct lines *l, struct span in);

#endif
