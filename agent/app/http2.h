/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * HTTP/2 (RFC 9113).  A stream is a transaction, with the buffers of HTTP/1; a
 * frame of the connection, or of a stream that is not open, is one of its own.
 * Private to http2*.c.
 */
#ifndef AGENT_APP_HTTP2_H
#define AGENT_APP_HTTP2_H

#include "agent/app/http.h"
#include "agent/app/http2_hpack.h"
#include "agent/limits.h"

enum http2_type {
	HTTP2_DATA,
	HTTP2_HEADERS,
	HTTP2_PRIORITY,
	HTTP2_RST_STREAM,
	HTTP2_SETTINGS,
	HTTP2_PUSH_PROMISE,
	HTTP2_PING,
	HTTP2_GOAWAY,
	HTTP2_WINDOW_UPDATE,
	HTTP2_CONTINUATION,
	HTTP2_TYPES,
};

enum http2_event {
	HTTP2_EVENT_MAGIC,
	HTTP2_EVENT_FRAME_HEADER,
	HTTP2_EVENT_FRAME_LENGTH,
	HTTP2_EVENT_FRAME_DATA,
	HTTP2_EVENT_LONG_FRAME,
	HTTP2_EVENT_HEADER,
	HTTP2_EVENT_REASSEMBLY,
	HTTP2_EVENT_AUTHORITY,
	HTTP2_EVENT_USER_INFO,
	HTTP2_EVENTS,
};

/* What a frame said that rules ask as a number. */
struct http2_fact {
	enum app_buffer_id buffer;
	enum app_dir dir;
	uint64_t number;
};

struct http2_tx {
	struct http_tx http; /* first */
	uint32_t stream;
	struct http2_fact fact[HTTP2_FACTS_MAX]; /* each once */
	size_t facts;
	size_t held; /* of fields, against the cap of all flows */
};

struct http2_frame {
	uint32_t length, stream;
	uint8_t type, flags;
	bool reserved;
};

struct http2_side {
	struct buf pend;  /* of a frame that is not complete */
	size_t magic;	  /* bytes of the preface that are still to come */
	uint32_t data;	  /* bytes to come of the body in a DATA frame */
	uint32_t skip;	  /* bytes to come that nobody reads */
	uint32_t stream;  /* of that frame, or of the block */
	bool ends;	  /* END_STREAM was set */
	bool in_block;	  /* CONTINUATION must follow */
	bool is_promise;  /* the block is of a request that the server makes up */
	bool lost;	  /* the table is not what the sender has */
	struct buf block; /* of field lines */
	struct http2_hpack *hpack;
};

struct http2 {
	struct http2_side side[APP_DIRS];
};

/* What is read now. */
struct http2_reading {
	struct app_flow *a;
	struct http2_side *s;
	enum app_dir d;
};

/* --- http2_tx.c ----------------------------------------------------------------- */

/* The open stream; NULL: it is not, or no longer. */
struct http2_tx *http2_tx_find(struct app_flow *a, uint32_t stream);
/* That, or a transaction that has this frame only.  NULL: too many. */
struct http2_tx *http2_tx_of(const struct http2_reading *r, uint32_t stream);
/* That, or a new stream. */
struct http2_tx *http2_tx_open(const struct http2_reading *r, uint32_t stream);
void http2_tx_release(struct app_flow *a, struct app_tx *head);
void http2_tx_fact(const struct http2_reading *r, struct http2_tx *tx,
    enum app_buffer_id b, uint64_t number);
void http2_tx_event(
    const struct http2_reading *r, uint32_t stream, enum http2_event e);
/* Of its body something is missing. */
void http2_tx_cut(struct http2_tx *tx, enum app_dir d);
/* Nothing more comes of it this way. */
void http2_tx_end(struct app_flow *a, struct http2_tx *tx, enum app_dir d);
void http2_tx_data(const struct http2_reading *r, struct span bytes);

/* --- http2_fields.c ------------------------------------------------------------- */

/* The block of r->s is complete. */
void http2_fields_read(const struct http2_reading *r);

/* --- http2_frames.c ------------------------------------------------------------- */

/* A whole frame other than DATA. */
void http2_frames_read(
    const struct http2_reading *r, const struct http2_frame *f, struct cursor c);

/* --- http2_buffers.c ------------------------------------------------------------ */

extern const struct app_use http2_uses[];
enum app_have http2_buffer(const struct app_flow *a, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out);
void http2_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

extern const struct app_parser http2_parser;

#endif
