/* SPDX-License-Identifier: EUPL-1.2 */
/* The inside of the intake, shared by intake.c (the transaction) and messages.c. */
#ifndef COLLECTOR_RECEIVE_INSIDE_H
#define COLLECTOR_RECEIVE_INSIDE_H

#include "collector/limits.h"
#include "collector/receive/agents.h"
#include "collector/receive/dedupe.h"
#include "collector/receive/intake.h"
#include "collector/receive/notes.h"
#include "collector/receive/row.h"
#include "collector/receive/unpack.h"
#include "common/table.h"
#include "common/wire.h"

#define EPOCH_TEXT     (2 * WIRE_EPOCH_BYTES + 1)
#define PEER_BYTES_MAX 64
#define SEEN_WRITE_US  (30 * INT64_C(1000000))
#define BEAT_SECONDS   10

/* A connection that greeted. */
struct session {
	uint8_t peer[PEER_BYTES_MAX];
	size_t peer_len;
	char agent[STORE_NAME_MAX];
	struct session *next; /* of those to be answered after the commit */
	bool answer;
	uint64_t number; /* of the last batch */
	struct wire_ack ack[RECEIVE_ACKS_MAX];
	size_t acks;
};

struct intake {
	struct store *store;
	struct server *server;
	struct agents *agents;
	struct dedupe *dedupe;
	struct unpack *unpack;
	struct table *sessions;
	struct session *answer; /* list */
	struct row row;
	struct buf out;
	bool inside, failed; /* a transaction; and it can not be saved */
	size_t work;	     /* in it, as RECEIVE_WORK counts */
	int64_t last_id, last_committed;
	int64_t started_us, seen_written_us;
	int64_t keep_us;
	int64_t strangers_minute;
	unsigned strangers_told;
	struct intake_stats stats;
};

/* Begin a transaction if there is none; -1 and failed when that can not be. */
int intake_begin(struct intake *i);
/* Make it durable, then acknowledge; -1 when it was undone instead. */
int intake_commit(struct intake *i);
/* Append a row about an agent (may be NULL) or a key. */
void intake_tell(
    struct intake *i, enum note n, const struct agent *a, const char *key);
/* Write the agent's row. */
void intake_save_agent(struct intake *i, struct agent *a);

/* messages.c: take one message of an agent. */
void messages_take(struct intake *i, const struct server_message *m);

#endif
