/* SPDX-License-Identifier: EUPL-1.2 */
/* The forwarder's own records, of class health: they go into the spool at once. */
#ifndef AGENT_FORWARDER_TELL_H
#define AGENT_FORWARDER_TELL_H

#include "agent/forward/sender.h"
#include "agent/spool/spool.h"

#include <stdint.h>

struct forwarder_tell {
	struct spool *spool;
	struct sender *sender;
	uint64_t writer, number;
	uint64_t told[RECORD_CLASSES]; /* lost, and told in a gap record */
};

/* spool and sender stay the caller's. */
void forwarder_tell_init(
    struct forwarder_tell *t, struct spool *s, struct sender *sender);
void forwarder_tell_start(struct forwarder_tell *t);
/* taken: records from queues; malformed: of those, what was no record. */
void forwarder_tell_stats(
    struct forwarder_tell *t, uint64_t taken, uint64_t malformed);
/* What was given up since the last time: a loss is never silent. */
void forwarder_tell_gap(struct forwarder_tell *t);

#endif
