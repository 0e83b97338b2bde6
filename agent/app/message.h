/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Transactions of protocols whose messages stand alone, in datagrams: each message
 * is one, of its own direction, with a copy of the bytes that rules ask for.
 */
#ifndef AGENT_APP_MESSAGE_H
#define AGENT_APP_MESSAGE_H

#include "agent/app/parser.h"

struct message_tx {
	struct app_tx tx; /* first */
	enum app_dir d;
	struct span bytes; /* the copy; behind the transaction */
};

/*
 * Size bytes of which a struct message_tx is the head, zeroed, complete both ways
 * and nothing to inspect against its direction.  NULL: as app_tx_new().
 */
struct message_tx *message_tx_new(
    struct app_flow *a, enum app_dir d, size_t size, struct span bytes);

/* For the tables of such parsers: they keep nothing between messages. */
void *message_state_new(void);
void message_state_free(void *state);
void message_tx_release(struct app_flow *a, struct app_tx *tx);
/* What is wrong with a message that is no transaction is told with the one before
 * it, if that is still there, as Suricata does. */
void message_event_of_last(struct app_flow *a, unsigned event);

#endif
