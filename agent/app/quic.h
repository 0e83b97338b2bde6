/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * QUIC 1 and 2, its drafts, and Google's before them; private to agent/app: what
 * its files share (RFC 9000, 9001, 9369; draft-hamilton-quic-transport-protocol).
 */
#ifndef AGENT_APP_QUIC_H
#define AGENT_APP_QUIC_H

#include "agent/app/message.h"
#include "agent/limits.h"

/* --- quic_head.c: headers of packets ---------------------------------------------- */

enum quic_kind {
	QUIC_SHORT, /* nothing in it can be read */
	QUIC_INITIAL,
	QUIC_RETRY,
	QUIC_OTHER,
};

enum quic_version {
	QUIC_1 = 1,
	QUIC_2 = 0x6b3343cf,
	QUIC_MVFST_27 = 0xfaceb002,
	QUIC_Q039 = 0x51303339,
	QUIC_Q043 = 0x51303433,
	QUIC_Q044 = 0x51303434,
	QUIC_Q045 = 0x51303435,
	QUIC_Q046 = 0x51303436,
	QUIC_Q050 = 0x51303530,
};

struct quic_head {
	enum quic_kind kind;
	uint32_t version;
	bool is_long; /* the form of the header */
	struct span dcid;
	size_t size;	     /* of the header, without the packet number */
	struct span payload; /* from the packet number; of Google's, its frames */
};

/* The next packet of a datagram; false: it is none. */
bool quic_head_read(struct cursor *c, struct quic_head *out);
/* RFC 9000, section 16. */
uint64_t quic_number(struct cursor *c);

/* --- quic_crypt.c: what Initial packets are protected with -------------------------- */

struct quic_secret {
	uint8_t key[16], iv[12], mask[16];
};

struct quic_keys {
	struct quic_secret side[APP_DIRS]; /* of what each direction sends */
};

/* Before anything else, and before the process is locked in. */
void quic_crypt_start(void);
/* From the first destination the client names; false: not of this version. */
bool quic_keys_make(struct quic_keys *k, uint32_t version, struct span dcid);
/*
 * The frames of a packet, whose header has head bytes; in work, until that is
 * changed.  False: these keys do not fit.
 */
bool quic_unprotect(const struct quic_secret *s, struct span packet, size_t head,
    struct buf *work, struct span *frames);

/* --- quic_crypto.c: CRYPTO frames in order ------------------------------------------- */

struct quic_crypto {
	struct buf held; /* offset, length and bytes of each, as they came */
	struct {
		uint32_t from, to;
	} run[QUIC_RUNS_MAX]; /* what is there, in order, apart */
	unsigned runs_n;
};

enum quic_added {
	QUIC_ADDED,
	QUIC_TOO_LONG, /* behind QUIC_CRYPTO_MAX */
	QUIC_NO_ROOM,  /* too many pieces, or no memory */
};

/* What it holds counts with the flow.  NULL: no memory. */
struct quic_crypto *quic_crypto_new(struct app_flow *a);
void quic_crypto_free(
    struct app_flow *a, struct quic_crypto *q); /* NULL: its flow ends */
enum quic_added quic_crypto_add(
    struct app_flow *a, struct quic_crypto *q, uint64_t offset, struct span bytes);
/* The first handshake message into out; false: it is not whole yet. */
bool quic_crypto_message(const struct quic_crypto *q, struct buf *out);

/* --- quic_said.c: what was said, for rules and records ---------------------------------- */

struct quic_piece {
	size_t at, len;
};

struct quic_cyu {
	struct quic_piece string, hash;
};

struct quic_said {
	struct quic_piece sni, ua, ja3, ja3_hash, ja4;
	struct quic_cyu cyu[QUIC_CYU_MAX];
	unsigned cyu_n, cyu_lost;
};

enum quic_hello {
	QUIC_HELLO,
	QUIC_HELLO_SHORT, /* it may be the begin of one */
	QUIC_HELLO_BAD,
};

/* A handshake message of TLS; the pieces are in text. */
enum quic_hello quic_said_hello(
    struct quic_said *s, struct buf *text, struct span message, enum app_dir d);
/* A hello of Google's, if it is one. */
void quic_said_tags(
    struct quic_said *s, struct buf *text, struct span hello, uint32_t version);

/* --- quic_frames.c -------------------------------------------------------------------------- */

enum quic_event {
	QUIC_EVENT_DECRYPT,
	QUIC_EVENT_DATA,
	QUIC_EVENT_HEADER, /* Suricata 7 has its name and never tells it */
	QUIC_EVENT_CRYPTO_TOO_LONG,
};

#define QUIC_VERSION_SIZE 4

struct quic_side {
	bool hello;
	struct quic_crypto *crypto; /* NULL: nothing waits */
};

struct quic_state {
	bool has_keys;
	struct quic_keys keys;
	struct quic_side side[APP_DIRS];
};

struct quic_tx {
	struct message_tx m; /* first; its bytes: what was said */
	uint32_t version;
	bool is_long;
	uint8_t version_bytes[QUIC_VERSION_SIZE];
	struct quic_said said;
};

/* A packet while it is read. */
struct quic_reading {
	struct app_flow *a;
	enum app_dir d;
	const struct quic_head *head;
	struct quic_said said;
	struct buf text;
	unsigned events; /* one bit each */
	bool forget;	 /* what waits of CRYPTO is not to be had any more */
};

/* What the frames say; an event if they cannot be read. */
void quic_frames_read(struct quic_reading *r, struct span frames);

/* --- quic_write.c --------------------------------------------------------------------------- */

void quic_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

static inline struct span
quic_text(const struct quic_tx *t, struct quic_piece p)
{
	return (struct span){t->m.bytes.p + p.at, p.len};
}

/* --- quic.c ------------------------------------------------------------------------------ */

extern const struct app_parser quic_parser;

#endif
