/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which sequences of which source are stored: a mark, below which all are, and a
 * few ranges above it.  A cache of what the store holds, filled from it; the
 * store's own unique key stands behind it.
 */
#ifndef COLLECTOR_RECEIVE_DEDUPE_H
#define COLLECTOR_RECEIVE_DEDUPE_H

#include "collector/store/store.h"

struct dedupe;

/* The store stays the caller's.  NULL with errno. */
struct dedupe *dedupe_new(struct store *s);
void dedupe_free(struct dedupe *d);
/* Forget all that was learnt; after a transaction was undone. */
void dedupe_forget(struct dedupe *d);

enum dedupe_verdict {
	DEDUPE_NEW,    /* none of it, or not all of it, is stored */
	DEDUPE_SEEN,   /* all of it is */
	DEDUPE_FULL,   /* too many holes: not now, the sender comes again */
	DEDUPE_FAILED, /* the store could not be asked */
};

enum dedupe_verdict dedupe_check(struct dedupe *d, const char *agent,
    const char *epoch, enum record_class c, uint64_t first, uint64_t last);
/* first..last are in the transaction now; after DEDUPE_NEW only.  -1 with errno. */
int dedupe_add(struct dedupe *d, const char *agent, const char *epoch,
    enum record_class c, uint64_t first, uint64_t last);
uint64_t dedupe_mark(
    struct dedupe *d, const char *agent, const char *epoch, enum record_class c);
/* Write the marks that moved into the transaction; before its commit.  -1 failed.
 */
int dedupe_save(struct dedupe *d);

#endif
