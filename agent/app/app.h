/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Application layers: which protocol a flow speaks, and what was said as
 * transactions.  For detection and events; parsers see parser.h.
 */
#ifndef AGENT_APP_APP_H
#define AGENT_APP_APP_H

#include "agent/app/buffers.h"
#include "agent/stream/stream.h"
#include "common/buf.h"
#include "common/digest.h"

struct app;
struct app_tx;
struct magic_base;
struct jw;

enum app_dir {
	APP_TS, /* to server */
	APP_TC, /* to client */
	APP_DIRS,
};

enum app_id {
	APP_UNKNOWN, /* not yet */
	APP_FAILED,  /* nobody knew it */
	APP_HTTP1,
	APP_HTTP2,
	APP_DNS,
	APP_TLS,
	APP_SMTP,
	APP_FTP,
	APP_FTP_DATA,
	APP_SSH,
	APP_SMB,
	APP_DCERPC,
	APP_IMAP,
	APP_POP3,
	APP_NFS,
	APP_TFTP,
	APP_KRB5,
	APP_IKE,
	APP_NTP,
	APP_DHCP,
	APP_SNMP,
	APP_SIP,
	APP_RFB,
	APP_MQTT,
	APP_RDP,
	APP_LDAP,
	APP_MODBUS,
	APP_DNP3,
	APP_ENIP,
	APP_QUIC,
	APP_PGSQL,
	APP_TELNET,
	APP_BITTORRENT_DHT,
	APP_IDS,
};

/* One bit for each app_id that a rule's word stands for. */
#define APP_BIT(id) ((uint64_t)1 << (id))

/*
 * The protocols of a rule's word ("http": HTTP/1 and 2) that have a parser, and
 * the transports that they run over; 0: none of them has one, or no such word.
 * *known says whether the language has the word.
 */
enum {
	APP_OVER_TCP = 1,
	APP_OVER_UDP = 2
};
uint64_t app_word(const char *word, bool *known, unsigned *transports);

/* --- running --------------------------------------------------------------- */

struct app_parser;

/* What is worked out of whole files, because a rule asks for it. */
enum app_file_sum {
	APP_SUM_MD5 = 1u << DIGEST_MD5,
	APP_SUM_SHA1 = 1u << DIGEST_SHA1,
	APP_SUM_SHA256 = 1u << DIGEST_SHA256,
	APP_SUM_DIGESTS = APP_SUM_MD5 | APP_SUM_SHA1 | APP_SUM_SHA256,
	APP_SUM_SIZE = 1u << DIGEST_KINDS,
	APP_SUM_MAGIC = 1u << (DIGEST_KINDS + 1),
};

struct app_config {
	const struct app_parser *const *parsers; /* NULL: all that are built in */
	bool inspected;	    /* transactions wait for app_tx_inspected() */
	bool unasked;	    /* no rules: files and fingerprints are for nobody */
	unsigned file_sums; /* enum app_file_sum */
	uint64_t frames;    /* that rules look into: a bit each, from APP_FRAMES */
	struct magic_base *magic; /* on loan; NULL: what files are is not told */
	bool copies;		  /* first bytes of files are kept for over */
	/* A transaction that is forgotten next, which is not in the list any more;
	 * may be NULL. */
	void (*over)(void *arg, const struct flow *f, const struct app_tx *tx);
	void *over_arg;
};

struct app *app_new(const struct app_config *c);
void app_free(struct app *app);
/* Other rules ask for these from now on: of files that begin now. */
void app_sum_files(struct app *app, unsigned sums);

/* A stream_reader_fn whose arg is a struct app. */
void app_read(void *app, struct flow *f, const struct stream_news *n);
/* After detection had the packet: forget what is done.  Once a packet. */
void app_clean(struct flow *f);
/* For flow_hooks.slot_free[FLOW_SLOT_APP]. */
void app_slot_free(void *slot);

/* --- what a flow is -------------------------------------------------------- */

/* EVE's app_proto; "failed" when nobody knew it, NULL while undecided. */
const char *app_name(const struct flow *f);
/* APP_UNKNOWN while undecided; one direction may be known before the other. */
enum app_id app_id(const struct flow *f, enum app_dir d);
/* That of the whole flow: of the direction that was known first. */
enum app_id app_flow_id(const struct flow *f);
const char *app_id_name(enum app_id id);

/* Events of finding the protocol, told with the packet that showed them; one
 * bit each.  Names as app-layer-event writes them. */
enum app_flow_event {
	APP_EVENT_MISMATCH,	   /* applayer_mismatch_protocol_both_directions */
	APP_EVENT_WRONG_DIRECTION, /* applayer_wrong_direction_first_data */
	APP_EVENT_ONE_DIRECTION,   /* applayer_detect_protocol_only_one_direction */
	APP_EVENT_NO_TLS,	   /* applayer_no_tls_after_starttls */
	APP_EVENT_UNEXPECTED,	   /* applayer_unexpected_protocol */
	APP_FLOW_EVENTS,
};
unsigned app_flow_events(const struct flow *f);
/* The bit of "applayer_..."; -1: no such event. */
int app_flow_event_find(const char *name);

/* --- transactions ---------------------------------------------------------- */

/* The head of every parser's own transaction. */
struct app_tx {
	uint64_t id; /* from 0 in a flow; EVE's tx_id */
	uint8_t progress[APP_DIRS];
	bool inspected[APP_DIRS];
	bool again[APP_DIRS]; /* buffers that were complete have more in them */
	bool frame;	      /* it is the head of a struct app_frame */
	uint64_t events;      /* one bit each, numbered as in app_parser.events */
	void *detect;	      /* detection's own: one block, freed with free() */
	struct app_tx *next;
};

/* Transactions in the order of their ids; NULL: none. */
struct app_tx *app_tx_first(const struct flow *f);
/* Will nothing more come this way? */
bool app_tx_done(const struct flow *f, const struct app_tx *tx, enum app_dir d);
/* Detection had all of it that there is now, this way. */
void app_tx_inspected(struct flow *f, struct app_tx *tx, enum app_dir d);
/* Is there something this way that was never inspected?  For stream_config. */
bool app_has_rest(const struct flow *f, bool to_server);

/* From which progress on the protocol has the buffer this way; -1: never. */
int app_buffer_progress(enum app_id id, enum app_buffer_id b, enum app_dir d);

enum app_have {
	APP_NOT_YET, /* may come */
	APP_ABSENT,  /* this transaction has none; or no more instances */
	APP_HAVE,
};

struct app_bytes {
	struct span bytes; /* on loan until the next news of the flow */
	uint64_t offset;   /* of bytes in the buffer, of which it is a window */
	bool complete;	   /* nothing will be added to it */
	bool changes;	   /* but it may be another later */
	uint64_t number;   /* of APP_BUFFER_NUMBER */
	bool little;	   /* numbers in the bytes are little-endian: DCE/RPC */
};

/* The instance (0 unless multi) of a buffer of a transaction. */
enum app_have app_buffer(const struct flow *f, const struct app_tx *tx,
    enum app_buffer_id b, enum app_dir d, unsigned instance, struct app_bytes *out);

/* A file of a transaction, as records tell it. */
struct app_file {
	struct span name; /* len 0: not known */
	uint64_t size;
	bool closed;	/* nothing will be added to it */
	bool truncated; /* and its end, or a part of it, was not seen */
	bool gaps;	/* size counts bytes that were not seen */
	struct span digest[DIGEST_KINDS]; /* len 0: not known */
	struct span magic;		  /* likewise */
	struct span content; /* its first bytes, with app_config.copies */
	bool content_cut;    /* and there is more of it */
};
/* The files this way, from 0; false: no more. */
bool app_file(const struct flow *f, const struct app_tx *tx, enum app_dir d,
    unsigned i, struct app_file *out);
/* NULL: it is gone. */
const struct app_tx *app_tx_find(const struct flow *f, uint64_t tx_id);

/* --- frames ------------------------------------------------------------------ */

/*
 * A stretch of what one direction said that its parser names, with the part of it
 * that was not looked at yet.  To detection it is a transaction of one buffer.
 */
struct app_frame {
	struct app_tx tx; /* first; its id is that of the transaction, if has_tx */
	enum app_buffer_id type;
	uint64_t number;    /* of its direction, from 1 */
	uint64_t at, end;   /* in the stream; end UINT64_MAX: not known yet */
	uint64_t next;	    /* of the stream: what comes into the window */
	uint64_t window_at; /* where the window begins in the stream */
	struct buf window;
	bool has_tx;
	bool complete;
	bool cut; /* a gap: what came behind it is not seen */
};

/* The next that has something to be looked at; f NULL: the first. */
struct app_frame *app_frame_next(
    const struct flow *flow, enum app_dir d, struct app_frame *f);
/* Detection had what is in the window; it stays until app_clean(). */
void app_frame_inspected(enum app_dir d, struct app_frame *f);

/* "http.xyz" of app-layer-event: the protocol and the bit; -1: none. */
int app_event_find(const char *name, enum app_id *id);

/* EVE's object of the transaction ("http": {...}); nothing if it is gone. */
void app_tx_write(const struct flow *f, uint64_t tx_id, struct jw *w);
/* The same of one at hand, also when it is over. */
void app_tx_tell(const struct flow *f, const struct app_tx *tx, struct jw *w);

struct app_stats {
	uint64_t flows[APP_IDS]; /* APP_FAILED: nobody knew them */
	uint64_t txs[APP_IDS];
	uint64_t gaps;	      /* that ended the reading of a direction */
	uint64_t tx_cap;      /* flows that had too many open transactions */
	uint64_t part_cap;    /* messages of which rules see the first parts only */
	uint64_t no_memory;   /* the cap of all parsers together, or malloc */
	uint64_t expect_lost; /* announced flows that newer ones pushed out */
	uint64_t mime_cap;   /* mails with more parts or files than are looked at */
	uint64_t copies_cut; /* files of which less was kept for want of memory */
	uint64_t bytes;	     /* held now */
};
const struct app_stats *app_stats(const struct app *app);

#endif
