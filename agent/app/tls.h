/* SPDX-License-Identifier: EUPL-1.2 */
/* TLS 1.0 to 1.3, SSL 2 and 3, private to agent/app: what its files share. */
#ifndef AGENT_APP_TLS_H
#define AGENT_APP_TLS_H

#include "agent/app/parser.h"
#include "agent/app/tls_cert.h"
#include "agent/app/tls_hello.h"

enum tls_version {
	TLS_SSL2 = 0x0002,
	TLS_SSL3 = 0x0300,
	TLS_1_0 = 0x0301,
	TLS_1_1 = 0x0302,
	TLS_1_2 = 0x0303,
	TLS_1_3 = 0x0304,
};

enum tls_event {
	TLS_EVENT_SSL2_HEADER,
	TLS_EVENT_TLS_HEADER,
	TLS_EVENT_RECORD_VERSION,
	TLS_EVENT_RECORD_TYPE,
	TLS_EVENT_RECORD_LENGTH,
	TLS_EVENT_HANDSHAKE,
	TLS_EVENT_CERT,
	TLS_EVENT_CERT_MISSING, /* this and the next: of Suricata before 7 */
	TLS_EVENT_CERT_UNKNOWN,
	TLS_EVENT_CERT_LENGTH,
	TLS_EVENT_CERT_STRING,
	TLS_EVENT_CERT_NAME,
	TLS_EVENT_CERT_DATE,
	TLS_EVENT_ERROR_MESSAGE,
	TLS_EVENT_SSL_RECORD,
	TLS_EVENT_HEARTBEAT, /* Suricata 7 has its name and never tells it */
	TLS_EVENT_HEARTBEAT_OVERFLOW,
	TLS_EVENT_HEARTBEAT_INVALID,
	TLS_EVENT_HEARTBEAT_LEAK,
	TLS_EVENT_NAMES,
	TLS_EVENT_NAME_TYPE,
	TLS_EVENT_NAME_LENGTH,
	TLS_EVENT_HANDSHAKE_LENGTH,
	TLS_EVENT_MANY_RECORDS,
	TLS_EVENTS,
};

/* Progress of the transaction, each way. */
enum tls_progress {
	TLS_OPEN,
	TLS_CERTIFIED, /* this side's certificate is there */
	TLS_OVER,      /* what follows is encrypted */
};

/* Of one side, for rules and records: as long as there is a transaction. */
struct tls_kept {
	struct buf bytes; /* what the pieces are in */
	struct tls_piece random, server_name, ja3, ja3_hash, ja4;
	bool has_cert;
	struct tls_cert cert; /* the first of the chain */
	unsigned chain_n;     /* all of it; the first are in chain */
	struct tls_piece chain[TLS_CHAIN_MAX];
};

#define TLS_HEAD_SIZE 5

struct tls_side {
	uint8_t head[TLS_HEAD_SIZE];
	size_t head_n;
	/* The record in hand. */
	uint8_t type;
	bool ssl2;
	size_t left;
	uint64_t frame;
	uint8_t begin[3]; /* its first bytes: of heartbeats and SSL 2 */
	size_t begin_n;
	bool ssl3; /* a record of SSL 3 or TLS was seen */
	bool ciphered;
	uint16_t version;    /* of the hello, else of the last record */
	struct buf messages; /* of the handshake, the first not whole yet */
	bool hello;
	bool resumes;
	struct tls_kept *kept; /* NULL: nothing, or no more */
};

struct tls_state {
	struct tls_side side[APP_DIRS];
	struct app_tx *tx; /* one a flow; NULL before and behind the handshake */
	bool begun;	   /* the transaction was made */
	bool early_data;
	unsigned seen;	/* enum tls_seen */
	unsigned last;	/* and which of them in the bytes told last: ssl_state */
	bool heartbeat; /* one waits for its answer */
	enum app_dir heartbeat_dir;
	size_t heartbeat_len; /* of its record, encrypted */
};

static inline void
tls_seen(struct tls_state *t, unsigned what)
{
	t->seen |= what;
	t->last = what;
}

/* --- tls_record.c: records, and what their headers tell --------------------------- */

void tls_feed(struct app_flow *a, enum app_dir d, struct span bytes);
/* Nothing can be read any more, either way. */
void tls_fail(struct app_flow *a, enum tls_event e);
void tls_event(struct app_flow *a, enum tls_event e);
/* Bytes of a side, counted; false: there is no memory for them, and all ends. */
bool tls_hold(struct app_flow *a, struct buf *b, struct span bytes);
void tls_consume(struct app_flow *a, struct buf *b, size_t n);

/* --- tls_handshake.c --------------------------------------------------------------- */

void tls_handshake(struct app_flow *a, enum app_dir d, struct span bytes);
/* Give back what is kept of a side. */
void tls_kept_free(struct tls_side *s);
/* Never NULL: empty when nothing is kept. */
const struct tls_kept *tls_kept(const struct tls_side *s);

/* --- tls_write.c --------------------------------------------------------------------- */

const char *tls_version_name(uint16_t version);
void tls_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

/* --- tls.c --------------------------------------------------------------------------- */

/* The bit of enum tls_version_bit (app.h). */
uint64_t tls_version_bit(uint16_t version);

extern const struct app_parser tls_parser;

#endif
