/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Messages between forwarder and collector (docs/protocol.md).  One message is one
 * frame; numbers are little-endian.  Decoding never reads past what came and never
 * trusts a count: -1 means drop it and count.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include "common/buf.h"
#include "common/cursor.h"
#include "common/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION	 1
#define WIRE_EPOCH_BYTES 16
/* Items of one batch, before packing: 256 KiB is where CURVE is at full speed. */
#define WIRE_BATCH_MAX (256u * 1024)
/* A whole message: a batch that packing made no smaller, with its head. */
#define WIRE_MESSAGE_MAX (WIRE_BATCH_MAX + 1024)
/* As many as a spool may hold (SPOOL_EPOCHS_MAX). */
#define WIRE_EPOCHS_MAX 1024
#define WIRE_TEXT_MAX	255
/*
 * A million records a second for nine years.  Sums of what gaps declare lost fit
 * SQLite's integers, and each number any JSON reader's.
 */
#define WIRE_SEQ_MAX ((UINT64_C(1) << 48) - 1)

enum wire_type {
	WIRE_HELLO = 1, /* agent: who I am, the epochs I hold */
	WIRE_MARKS,	/* collector: how far each is stored */
	WIRE_BATCH,	/* agent: records and gaps of one epoch and class */
	WIRE_ACK,	/* collector: stored up to here */
	WIRE_REFUSED,	/* collector: not accepted, and why */
	WIRE_PING,	/* agent */
	WIRE_PONG,	/* collector */
};

enum wire_refusal {
	WIRE_REFUSED_VERSION = 1,
	WIRE_REFUSED_AGENT,    /* this key's agent is not active */
	WIRE_REFUSED_MESSAGE,  /* not well formed */
	WIRE_REFUSED_STRANGER, /* no HELLO on this connection yet: greet again */
	WIRE_REFUSED_EPOCHS,   /* too many new epochs today: come back later */
};

enum wire_packing {
	WIRE_PLAIN,
	WIRE_ZSTD
};

/* A text of at most WIRE_TEXT_MAX bytes, no control characters; terminated. */
struct wire_text {
	char s[WIRE_TEXT_MAX + 1];
};

struct wire_hello {
	struct wire_text agent, tenant, host, program;
	size_t epochs_n;
	const uint8_t *epochs; /* on loan: epochs_n times WIRE_EPOCH_BYTES */
};

struct wire_mark {
	uint8_t epoch[WIRE_EPOCH_BYTES];
	uint64_t seq[RECORD_CLASSES];
};

struct wire_batch {
	uint64_t number; /* of the sender, rising; comes back in the ACK */
	const uint8_t *epoch;
	enum record_class cls;
	enum wire_packing packing;
	size_t items_len;   /* unpacked */
	uint32_t items_crc; /* crc32c of the unpacked items */
	struct span packed;
};

struct wire_item {
	bool gap;	      /* first..last are declared lost */
	uint64_t first, last; /* a record: both are its sequence */
	int64_t time_us;
	const char *json; /* on loan */
	size_t json_len;
};

struct wire_ack {
	uint8_t epoch[WIRE_EPOCH_BYTES];
	enum record_class cls;
	uint64_t seq;
};

struct wire_ping {
	uint64_t ticket; /* comes back */
	int64_t time_us; /* the sender's wall clock */
};

/* The type of a message of our version; -1 when it is none. */
int wire_type(struct cursor *c);

/* Encoders append to out; -1 when it does not fit.  A text is cut at its maximum.
 */
int wire_put_hello(struct buf *out, const struct wire_hello *h);
int wire_put_marks(
    struct buf *out, uint32_t beat_seconds, const struct wire_mark *m, size_t n);
int wire_put_batch(struct buf *out, const struct wire_batch *b);
int wire_put_item(struct buf *items, const struct wire_item *i);
int wire_put_ack(
    struct buf *out, uint64_t number, const struct wire_ack *a, size_t n);
int wire_put_refused(struct buf *out, enum wire_refusal reason, const char *text);
int wire_put_ping(struct buf *out, enum wire_type type, const struct wire_ping *p);

/* Decoders start behind wire_type().  -1: not well formed. */
int wire_get_hello(struct cursor *c, struct wire_hello *h);
int wire_get_batch(struct cursor *c, struct wire_batch *b);
/* 1 an item, 0 the end, -1 not well formed. */
int wire_get_item(struct cursor *items, struct wire_item *i);
int wire_get_refused(
    struct cursor *c, enum wire_refusal *reason, struct wire_text *text);
int wire_get_ping(struct cursor *c, struct wire_ping *p);
/* The count first, then so many times the row; 0 or -1. */
int wire_get_marks(struct cursor *c, uint32_t *beat_seconds, size_t *n);
int wire_get_mark(struct cursor *c, struct wire_mark *m);
int wire_get_acks(struct cursor *c, uint64_t *number, size_t *n);
int wire_get_ack(struct cursor *c, struct wire_ack *a);

#endif
