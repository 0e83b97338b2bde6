/* SPDX-License-Identifier: EUPL-1.2 */
/* The files that the scanner has: handed over by descriptor, answered by ticket. */
#ifndef AGENT_PARENT_HAND_H
#define AGENT_PARENT_HAND_H

#include "agent/limits.h"
#include "agent/watch/watch.h"

struct parent_hand {
	struct {
		uint64_t ticket; /* 0: a free place */
		char reason;
		char path[PATH_MAX];
	} place[WATCH_IN_HAND_MAX];
	uint64_t ticket;  /* the last one given */
	uint64_t crashed; /* files the scanner ended on */
	bool elsewhere;	  /* it is at a file that we did not give it */
	bool feeding;
};

/* Hand over what waits in w, as far as there is room.  May be called from a wake. */
void parent_hand_feed(struct parent_hand *h, struct watch *w, int control);
/* The scanner answered; a ticket that is not out is ignored. */
void parent_hand_done(struct parent_hand *h, uint64_t ticket);
size_t parent_hand_count(const struct parent_hand *h);
/*
 * The scanner ended: what it had waits again in w (which may be NULL), but for the
 * oldest, unless it was elsewhere.  That is the one it was at, and it would end on
 * it for ever.
 */
void parent_hand_back(struct parent_hand *h, struct watch *w);

#endif
