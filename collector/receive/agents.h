/* SPDX-License-Identifier: EUPL-1.2 */
/* The agents that the store knows, in memory: state, municipality, when last heard.
 */
#ifndef COLLECTOR_RECEIVE_AGENTS_H
#define COLLECTOR_RECEIVE_AGENTS_H

#include "collector/store/store.h"

struct agents;

struct agent {
	struct store_agent a;
	int64_t heard_us;   /* monotonic; 0: not since our start */
	bool silent;	    /* and that was told */
	bool conflict;	    /* the same sequence with other content: told */
	bool changed;	    /* a differs from the store */
	int64_t epochs_day; /* monotonic */
	unsigned epochs;    /* new ones on it */
};

/* All agents of the store.  NULL with errno. */
struct agents *agents_load(struct store *s);
void agents_free(struct agents *l);

struct agent *agents_get(struct agents *l, const char *name);
/* Insert or replace, in memory; the caller stores it.  NULL with errno. */
struct agent *agents_put(struct agents *l, const struct store_agent *a);
/* Start with *pos 0; NULL at the end. */
struct agent *agents_next(struct agents *l, size_t *pos);

#endif
