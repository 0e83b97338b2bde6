/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Rows that the collector writes itself: agent "collector", one epoch for the
 * store's life, sequences that go on.
 */
#ifndef COLLECTOR_RECEIVE_NOTES_H
#define COLLECTOR_RECEIVE_NOTES_H

#include "collector/receive/agents.h"
#include "collector/receive/dedupe.h"

#define NOTES_AGENT "collector"
#define NOTES_EPOCH "00000000000000000000000000000000"

/* Signature ids of gid 600 that the collector gives; docs/record.md lists them. */
enum note {
	NOTE_SILENT = 101,
	NOTE_BACK,
	NOTE_STRANGER, /* a key that is no active agent's */
	NOTE_CONFLICT, /* the same sequence came with another content */
	NOTE_EPOCHS,   /* more new epochs in a day than are taken */
};

/*
 * Append a finished record of the collector's own (JSON ending as a record must) to
 * the open transaction.  Returns the row's id, or a negative errno.
 */
int64_t notes_append(struct store *s, struct dedupe *d, enum record_class c,
    const char *json, size_t len);
/* Append what happened to an agent (may be NULL); key only with NOTE_STRANGER. */
int64_t notes_tell(struct store *s, struct dedupe *d, enum note n,
    const struct agent *a, const char *key);

#endif
