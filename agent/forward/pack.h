/* SPDX-License-Identifier: EUPL-1.2 */
/* Batches from the spool, packed with zstd (RFC 8878), which is met here only. */
#ifndef AGENT_FORWARD_PACK_H
#define AGENT_FORWARD_PACK_H

#include "agent/spool/spool.h"
#include "common/wire.h"

struct pack;

struct pack *pack_new(void);
void pack_free(struct pack *p);

/*
 * The next items under the cursor, all of one epoch, as a BATCH message with this
 * number; the cursor steps over them.  1: message is on loan until the next call;
 * 0: nothing to send; -1 when packing fails (errno).
 */
int pack_next(struct pack *p, struct spool *s, struct spool_cursor *at,
    uint64_t number, const struct buf **message);

#endif
