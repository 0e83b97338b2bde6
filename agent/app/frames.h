/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages of a direction whose head says how long they are, whole whatever the
 * pieces they came in; for parsers.
 */
#ifndef AGENT_APP_FRAMES_H
#define AGENT_APP_FRAMES_H

#include "agent/app/parser.h"

/* Bytes of the whole message, at least head; of its first head bytes. */
typedef size_t (*frames_size_fn)(const uint8_t *head);

struct frames {
	struct buf held;
	size_t head;
	frames_size_fn size;
};

/* Max: of the largest message that size can say. */
void frames_init(struct frames *fr, size_t head, size_t max, frames_size_fn size);
void frames_release(struct frames *fr);
/* What is held counts with the flow (app_hold). */
void frames_forget(struct app_flow *a, struct frames *fr);
/*
 * The next whole message of in, until the next call; in is cut by what was used.
 * False: there is none yet, and in was used up; or there was no memory (*lost).
 */
bool frames_next(struct app_flow *a, struct frames *fr, struct span *in,
    struct span *out, bool *lost);

#endif
