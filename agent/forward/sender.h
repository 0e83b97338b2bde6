/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What is sent when: greeting, batches within a window, acknowledgements, silence.
 * Go-back-N: when something is amiss, it greets again and goes on from the
 * collector's marks; what arrives twice the collector drops.
 */
#ifndef AGENT_FORWARD_SENDER_H
#define AGENT_FORWARD_SENDER_H

#include "agent/forward/link.h"
#include "agent/spool/spool.h"

#include <stdint.h>

struct sender;

struct sender_names {
	const char *agent, *tenant, *host; /* kept, not copied */
};

/* spool and link stay the caller's.  NULL with errno. */
struct sender *sender_new(
    struct spool *s, struct link *l, const struct sender_names *names);
void sender_free(struct sender *s);

/* Flags of sender_turn(). */
#define SENDER_NEW_FD 1u /* link_fd() is another one now */
#define SENDER_MORE   2u /* call again soon: it stopped to let others work */

/*
 * Take what came, send what may go.  Call when link_fd() is readable, after
 * appending, and some times a second.
 */
unsigned sender_turn(struct sender *s, int64_t now_us);

struct sender_stats {
	bool connected; /* the collector answered our greeting */
	uint64_t batches, in_flight, greetings, refused, malformed;
	int64_t rtt_us; /* of the last answered batch or ping */
	int64_t
	    clock_offset_us; /* collector's clock minus ours, at the last ping */
};
void sender_stats(const struct sender *s, struct sender_stats *out);

#endif
