/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What a parser is and what it may call.  Private to agent/app.  How to add
 * one: docs/howto/add-a-parser.md.
 */
#ifndef AGENT_APP_PARSER_H
#define AGENT_APP_PARSER_H

#include "agent/app/app.h"
#include "common/buf.h"

struct app_flow {
	const struct app_parser *parser; /* NULL: not known, or nobody's */
	void *state;			 /* the parser's own */
	struct app *app;
	struct flow *flow;
	struct app_tx *first, *last;
	uint64_t next_tx;
	unsigned txs; /* open */
	enum app_id id[APP_DIRS];
	enum app_id before;   /* of a change of protocol; APP_UNKNOWN: none */
	enum app_id expected; /* by the change; APP_UNKNOWN: any */
	unsigned events;      /* enum app_flow_event, of this packet */
	size_t held;	      /* bytes, against the cap of all flows */
	bool stopped[APP_DIRS];
	bool encrypted; /* app_encrypted() was called */
	enum app_dir encrypted_first;
	bool changed; /* app_change() was called: what follows is another's */
	bool changing[APP_DIRS]; /* nothing came this way since */
	bool spoke;
	enum app_dir first_spoke;
	struct buf begin[APP_DIRS]; /* bytes while the protocol is not known */
	uint64_t begin_at[APP_DIRS];
	bool waits[APP_DIRS]; /* nobody's by itself: the other direction may tell */
	struct app_frame *frame[APP_DIRS];
	unsigned frames;	    /* of both directions */
	uint64_t frame_n[APP_DIRS]; /* given numbers */
	uint64_t told[APP_DIRS];    /* of the stream: the end of the news at hand */
	struct buf past[APP_DIRS];  /* of late_frames */
	uint64_t past_at[APP_DIRS];
};

enum app_guess {
	APP_NO,
	APP_MORE, /* too few bytes to tell; asked again with the next */
	APP_YES,
};

#define APP_NEVER 255

/* A buffer that the protocol has, and its earliest progress each way. */
struct app_use {
	enum app_buffer_id buffer; /* APP_BUFFER_NONE ends the list */
	uint8_t progress[APP_DIRS];
};

struct app_parser {
	enum app_id id;
	const char *name;   /* of EVE's app_proto */
	const char *word;   /* before the dot of app-layer-event: "http" */
	const char *object; /* key of EVE's object; NULL: word */
	unsigned over;	    /* APP_OVER_TCP | APP_OVER_UDP */
	bool client_first;  /* a server that speaks first speaks something else */
	bool takes_gaps;    /* else a gap ends the reading of its direction */
	bool keeps_oldest;  /* at the cap of transactions the parser ends */
	bool late_frames;   /* names frames when their bytes were told before */
	uint8_t done[APP_DIRS]; /* progress of a complete transaction */
	const struct app_use *use;
	const char *const *events; /* names by bit; ends with NULL; may be NULL */

	/* Before the first byte and before the process is locked in; may be NULL. */
	void (*start)(void);
	/* Does a direction that begins with these bytes speak it? */
	enum app_guess (*probe)(
	    const struct flow *f, enum app_dir d, struct span bytes);
	/* NULL: no memory, and the flow stays unread. */
	void *(*state_new)(void);
	void (*state_free)(void *state); /* transactions are gone by then */
	/*
	 * News from the first byte of a direction on.  How much of n->data was
	 * used: all, unless app_change() was called.
	 */
	size_t (*read)(struct app_flow *a, const struct stream_news *n);
	/* The transaction is about to be freed: release what hangs on it. */
	void (*tx_release)(struct app_flow *a, struct app_tx *tx);
	enum app_have (*buffer)(const struct app_flow *a, const struct app_tx *tx,
	    enum app_buffer_id b, enum app_dir d, unsigned instance,
	    struct app_bytes *out);
	/* Detection had the window of the body this way; may be NULL. */
	void (*inspected)(struct app_flow *a, struct app_tx *tx, enum app_dir d);
	/* The files of a transaction this way (out is zeroed); may be NULL. */
	bool (*file)(const struct app_flow *a, const struct app_tx *tx,
	    enum app_dir d, unsigned i, struct app_file *out);
	/* Members of EVE's object; may be NULL. */
	void (*write)(
	    const struct app_flow *a, const struct app_tx *tx, struct jw *w);
	/* Whole objects that stand beside it ("email"); may be NULL. */
	void (*write_beside)(
	    const struct app_flow *a, const struct app_tx *tx, struct jw *w);
};

/* Every parser there is, in the order in which they are asked; ends with NULL. */
extern const struct app_parser *const app_registry[];

/*
 * A new last transaction, zeroed, size bytes of which a struct app_tx is the
 * head.  NULL: too many are open, or no memory; the parser goes on without.
 */
struct app_tx *app_tx_new(struct app_flow *a, size_t size);
void app_tx_event(struct app_tx *tx, unsigned event);
/* Read no more this way; open transactions are done this way. */
void app_stop(struct app_flow *a, enum app_dir d);
/*
 * Another protocol follows, both ways (STARTTLS, CONNECT, Upgrade).  false: the
 * change before is not over, one direction said nothing since; all stays as it is.
 */
bool app_change(struct app_flow *a, enum app_id expected);
/* What follows is encrypted, both ways, first this way: nothing in it for rules on
 * payload, from the next packet on; the stream this way is due once more. */
void app_encrypted(struct app_flow *a, enum app_dir d);
/* Does anybody ask for files and fingerprints?  Without rules nobody does. */
bool app_asked(const struct app_flow *a);
/* A message has more parts than a cap of the parser's: rules see the first. */
void app_cut(struct app_flow *a);
/* Count n bytes against the cap of all flows; false: not to be had. */
bool app_hold(struct app_flow *a, size_t n);
void app_drop(struct app_flow *a, size_t n);
/*
 * Frames of a direction, in the order in which they begin.  Places are told as the
 * bytes of the news at hand that are left there.  begin gives the frame's number;
 * 0: no rule looks into such frames, and the others do nothing with it.
 */
uint64_t app_frame_begin(
    struct app_flow *a, enum app_dir d, enum app_buffer_id type, size_t left);
void app_frame_tx(
    struct app_flow *a, enum app_dir d, uint64_t number, const struct app_tx *tx);
void app_frame_length(
    struct app_flow *a, enum app_dir d, uint64_t number, uint64_t len);
void app_frame_end(
    struct app_flow *a, enum app_dir d, uint64_t number, size_t left);
/* All of it at once. */
void app_frame_whole(struct app_flow *a, enum app_dir d, enum app_buffer_id type,
    size_t left, size_t len);
/* A mail had more parts or files than is looked at. */
void app_mime_capped(struct app_flow *a);

#endif
