/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Application parsers and which of them reads a flow.  A parser is one file in
 * this folder and one row in registry.c.
 */
#ifndef AGENT_APP_APP_H
#define AGENT_APP_APP_H

#include "agent/stream/stream.h"

enum app_guess {
	APP_NO,
	APP_MORE, /* too few bytes to tell; asked again with the next */
	APP_YES,
};

struct app_proto {
	const char *name; /* EVE's app_proto: "dns" */
	uint8_t proto;	  /* IPPROTO_* it runs over */
	/* Is this the protocol?  Sees a flow's first news in either direction. */
	enum app_guess (*probe)(const struct flow *f, const struct stream_news *n);
	/* A flow's state.  NULL: no memory, and the flow stays unread. */
	void *(*state_new)(void);
	void (*state_free)(void *state);
	/* News of the flow from the one that it was known by on, gaps included. */
	void (*read)(void *state, const struct stream_news *n);
};

/* Every parser there is, in the order in which they are asked; ends with NULL. */
extern const struct app_proto *const app_registry[];

/* A stream_reader_fn whose arg is a list of parsers like app_registry. */
void app_read(void *protos, struct flow *f, const struct stream_news *n);
/* For flow_hooks.slot_free[FLOW_SLOT_APP]. */
void app_slot_free(void *slot);
/* The name of the parser that reads f; NULL while there is none. */
const char *app_name(const struct flow *f);

#endif
