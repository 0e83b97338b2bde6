/* SPDX-License-Identifier: EUPL-1.2 */
/* One direction of an HTTP/1 flow while it is read.  Private to http*.c. */
#ifndef AGENT_APP_HTTP_READ_H
#define AGENT_APP_HTTP_READ_H

#include "agent/app/http.h"

enum http_state {
	ON_LINE,
	ON_HEADERS,
	ON_LENGTH,     /* so many bytes of body */
	ON_CHUNK_SIZE, /* RFC 9112, section 7.1 */
	ON_CHUNK,
	ON_CHUNK_END,
	ON_TRAILER,
	ON_CLOSE, /* body up to the end of the connection */
	ON_NOTHING,
	ON_AFTER, /* a request is over, and more came with it */
	STATES,
};

struct http_side {
	enum http_state state;
	struct buf pend; /* bytes of a line that is not complete */
	size_t looked;	 /* of the line at hand, without an end in it */
	uint64_t left;
	struct http_tx *tx;
	bool odd_end;	/* the line before ended with LF CR */
	bool trailers;	/* fields came behind the last chunk */
	uint64_t frame; /* of the message at hand */
};

struct http {
	struct http_side side[APP_DIRS];
};

/* What a step works on. */
struct http_reading {
	struct app_flow *a;
	struct http *http;
	struct http_side *s;
	enum app_dir d;
	struct cursor c;
	bool ended;	 /* nothing comes behind c */
	bool unexpected; /* a line of body was seen that no header announced */
};

static inline struct http_message *
http_message_of(const struct http_reading *r)
{
	return &r->s->tx->message[r->d];
}

/* --- http_tx.c ------------------------------------------------------------------ */

struct http_tx *http_tx_new(struct app_flow *a);
void http_tx_release(struct app_flow *a, struct app_tx *head);
/* One of the two, by direction. */
void http_tx_event(
    struct http_reading *r, enum http_event request, enum http_event response);
/* The message of this direction is complete; the next may follow. */
void http_tx_done(struct http_reading *r);
/* The oldest request without a response, or one made up. */
struct http_tx *http_tx_to_answer(struct http_reading *r);

/* --- http_lines.c --------------------------------------------------------------- */

enum http_got {
	GOT_NOTHING, /* more bytes are needed */
	GOT_LINE,
	GOT_END, /* a line that ends the headers without being empty */
};

enum http_got http_lines_take(struct http_reading *r, struct span *line);
bool http_lines_skip(struct http_reading *r);
/* The byte after the next n; -1: not there yet, -2: never. */
int http_lines_ahead(const struct http_reading *r, size_t n);
/* Step over a line of len bytes and its end of n. */
struct span http_lines_cut(struct http_reading *r, size_t len, size_t n);

/* --- http.c --------------------------------------------------------------------- */

/* A method of RFC 9110 or WebDAV, as it is written. */
bool http_is_method(struct span word);

/* --- http_bodies.c -------------------------------------------------------------- */

bool http_is_blank(uint8_t c);
void http_bodies_begin(struct http_reading *r, enum http_state s);
/*
 * The message has all that was announced.  What came with a request behind its
 * end is either the next one or body that no header announced.
 */
void http_bodies_over(struct http_reading *r);
/* The steps of the states; false: more bytes are needed. */
bool http_bodies_length(struct http_reading *r);
bool http_bodies_close(struct http_reading *r);
bool http_bodies_chunk_size(struct http_reading *r);
bool http_bodies_chunk(struct http_reading *r);
bool http_bodies_chunk_end(struct http_reading *r);
bool http_bodies_after(struct http_reading *r);

/* --- http_steps.c --------------------------------------------------------------- */

/* As far as the bytes of r->c go. */
void http_steps_run(struct http_reading *r);

#endif
