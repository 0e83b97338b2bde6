/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules on transactions.  Private to agent/detect. */
#ifndef AGENT_DETECT_TX_H
#define AGENT_DETECT_TX_H

#include "agent/detect/match.h"

/* A rule held for a transaction this way, or for the packet. */
typedef void tx_match_fn(struct detect *d, const struct rule *r, struct packet *p,
    const struct app_tx *tx);

/* The transactions of the packet's flow and direction, in order of their ids. */
void tx_inspect(struct detect *d, struct packet *p, tx_match_fn *fn);
/* The same of frames; the transaction is the head of a struct app_frame. */
void tx_inspect_frames(struct detect *d, struct packet *p, tx_match_fn *fn);
/* Nothing of them is wanted. */
void tx_skip(struct packet *p);

#endif
