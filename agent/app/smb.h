/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SMB 1, 2 and 3 over NetBIOS sessions (MS-CIFS, MS-SMB2, RFC 1002 section 4.3).
 * smb.c frames and answers, smb1.c and smb2.c read messages, smb_tx.c keeps what
 * these found: transactions, trees, pipes; smb_file.c files and
 * their data, by what smb_names.c remembers.
 */
#ifndef AGENT_APP_SMB_H
#define AGENT_APP_SMB_H

#include "agent/app/dcerpc.h"
#include "agent/app/file.h"

extern const struct app_parser smb_parser;

enum smb_progress {
	SMB_BEGUN,
	SMB_DONE,
};

enum smb_event {
	SMB_MALFORMED_DATA,
	SMB_MALFORMED_NTLMSSP,
	SMB_MALFORMED_DIALECTS,
	SMB_REQUEST_TO_CLIENT,
	SMB_RESPONSE_TO_SERVER,
	SMB_FILE_OVERLAP,
	SMB_READ_REQUEST_SIZE,
	SMB_READ_RESPONSE_SIZE,
	SMB_WRITE_REQUEST_SIZE,
	SMB_MAX_READ_SIZE,
	SMB_MAX_WRITE_SIZE,
	SMB_READ_QUEUE_SIZE,
	SMB_READ_QUEUE_COUNT,
	SMB_WRITE_QUEUE_SIZE,
	SMB_WRITE_QUEUE_COUNT,
};

enum smb_kind {
	SMB_PLAIN,
	SMB_SESSION, /* a logon */
	SMB_TREE,    /* name: the share */
	SMB_FILE,    /* name: that of the file */
	SMB_CALL,    /* of DCE/RPC over a named pipe */
	SMB_DATA,    /* what is read of an open file, or written; name: its own */
};

/* Bytes of a file that wait for those before them. */
struct smb_chunk {
	struct smb_chunk *next;
	uint64_t offset;
	struct buf data;
};

/* Of an open file all that goes one way. */
struct smb_file {
	uint64_t id;
	enum app_dir dir;
	struct file file;
	uint64_t end; /* of what is in file */
	bool lost;    /* a gap: what comes next need not begin there */
	struct smb_chunk *wait;
	size_t waiting, waiting_bytes;
};

struct smb_tx {
	struct app_tx tx;
	enum smb_kind kind;
	uint8_t version;
	uint16_t command;
	uint32_t tree, status;
	uint64_t session, message, pipe;
	bool has_status, is_pipe, has_logon;
	struct buf name, domain, user, host, share; /* no zeros of UTF-16 */
	struct dcerpc_call call;
	struct smb_file data;
};

/* Where the data of the message at hand go, as they come. */
struct smb_tail {
	size_t skip, left; /* before them, and of them */
	uint64_t id;	   /* of the open file */
	bool is_pipe, close;
	struct smb_tx *tx;	 /* NULL: gone, or a pipe */
	struct smb_chunk *chunk; /* NULL: it is their turn */
};

/* A read that was asked for. */
struct smb_read {
	uint64_t message, file, offset;
	uint32_t tree;
	uint8_t version; /* 0: none */
	bool closed;	 /* before it was answered */
};

/* The name of an open file or of a share. */
struct smb_name {
	struct smb_name *next;
	uint64_t id;
	size_t len;
	uint8_t text[];
};

enum smb_tree_kind {
	SMB_TREE_UNKNOWN,
	SMB_TREE_OTHER,
	SMB_TREE_PIPE,
};

struct smb_pipe {
	uint64_t id;
	bool used;
	struct dcerpc_stream stream[APP_DIRS];
};

struct smb_side {
	struct buf held; /* the head of a record, then its message */
	size_t left;	 /* bytes of the record that were not seen */
	bool lost;	 /* after a gap: where records begin is not known */
	struct smb_tail tail;
};

struct smb_state {
	struct smb_side side[APP_DIRS];
	struct dcerpc_ifaces ifaces;
	struct {
		uint32_t id;
		enum smb_tree_kind kind;
	} tree[SMB_TREES_MAX];
	size_t trees; /* ever */
	struct smb_pipe pipe[SMB_PIPES_MAX];
	size_t pipes;	  /* ever */
	uint16_t dialect; /* of SMB 2 and 3; 0: not known */
	bool begun;
	uint32_t max_read, max_write;
	struct smb_read *read; /* SMB_READS_MAX of them; NULL: none yet */
	size_t reads;	       /* ever */
	struct smb_name *files, *shares;
};

/* A message at hand. */
struct smb_message {
	struct app_flow *a;
	struct smb_state *st;
	enum app_dir d;
	bool cut;	/* its end is not there */
	size_t missing; /* bytes of the record behind it */
	bool response, unicode, compound;
	uint8_t version;
	uint16_t command;
	uint32_t status, tree;
	uint64_t session, id;
	uint64_t chain;	   /* id of the file that a compound opens; 0: none */
	struct span bytes; /* from its header on; offsets count from there */
};

/* Of a command of SMB 1: its parameters, then its bytes, which stand at an offset of
 * the message. */
struct smb1_body {
	struct span words, bytes;
	size_t bytes_at;
};

/* bytes begin with the header.  false: malformed. */
bool smb1_read(struct smb_message *m);
bool smb2_read(struct smb_message *m);
/* Do they begin a message that carries bytes of a file? */
bool smb1_is_data(struct span bytes);
bool smb2_is_data(struct span bytes);
const char *smb1_command(uint16_t command);
const char *smb2_command(uint16_t command);

/* --- smb1_file.c ---------------------------------------------------------------- */

uint64_t smb1_file_of(const struct smb_message *m, size_t file);
/* Commands; false: malformed. */
typedef bool smb1_body_fn(
    struct smb_message *m, struct smb_tx *tx, const struct smb1_body *b);
smb1_body_fn smb1_on_close, smb1_on_read, smb1_on_write, smb1_on_old_write,
    smb1_on_old_write_and_close;

/* --- smb_tx.c ------------------------------------------------------------------- */

/* That of a request, new; that of a response, or new.  NULL: not to be had. */
struct smb_tx *smb_tx_get(struct smb_message *m);
/* The way of the message is done. */
void smb_tx_finish(struct smb_message *m, struct smb_tx *tx);
struct smb_tx *smb_tx_new(struct smb_message *m);
/* A transaction for nothing but an event. */
void smb_tx_event(struct smb_message *m, enum smb_event event);
/* An event of what makes no transaction of its own: the last one has it. */
void smb_event(struct smb_message *m, enum smb_event event);
/* Bytes of any file may be missing this way. */
void smb_files_lost(struct app_flow *a, enum app_dir d);
void smb_tx_release(struct app_flow *a, struct app_tx *tx);
void smb_set_text(struct app_flow *a, struct buf *b, struct span text);
/* The token of a logon. */
void smb_logon(struct smb_message *m, struct smb_tx *tx, struct span token);
/* What a tree is, from the answer that connected it. */
void smb_tree_set(struct smb_message *m, enum smb_tree_kind kind);
/* What went through a pipe: DCE/RPC. */
void smb_pipe_data(struct smb_message *m, uint64_t pipe, struct span data);
/* Is the open file, of which these are bytes, a pipe? */
bool smb_is_pipe(const struct smb_message *m, uint64_t id, struct span data);
/* len bytes at an offset of the message, as far as they are there. */
struct span smb_at(const struct smb_message *m, size_t offset, size_t len);

/* --- smb_names.c ---------------------------------------------------------------- */

/* One of that id is replaced, the oldest of too many goes. */
void smb_name_set(struct app_flow *a, struct smb_name **names, uint64_t id,
    const struct buf *text);
/* Empty: not known. */
struct span smb_name_get(const struct smb_name *n, uint64_t id);
void smb_share_connected(struct smb_message *m, const struct smb_tx *tx);
void smb_names_free(struct smb_state *st);
void smb_read_asked(struct smb_message *m, uint64_t file, uint64_t offset);
/* The read that the message answers; false: none is known. */
bool smb_read_take(struct smb_message *m, struct smb_read *out);
/* Does a read of that file wait for its answer? */
bool smb_read_waits(const struct smb_state *st, uint64_t file);

/* --- smb_file.c ----------------------------------------------------------------- */

/* The file that tx asked for is open, or will be known by that id. */
void smb_file_opened(struct smb_message *m, struct smb_tx *tx, uint64_t id);
/* len bytes of the open file, at an offset of it, stand at an offset of the message. */
void smb_file_data(
    struct smb_message *m, const struct smb_read *where, size_t offset, size_t len);
/* The answer to a read has none. */
void smb_read_failed(struct smb_message *m, const struct smb_read *r);
void smb_file_close(struct smb_message *m, uint64_t id);
void smb_file_release(struct app_flow *a, struct smb_tx *tx);
/* More of the record whose message said where its data go. */
void smb_tail_add(struct app_flow *a, enum app_dir d, struct span bytes);
void smb_tail_gap(struct app_flow *a, enum app_dir d, size_t missing);
/* The record is over. */
void smb_tail_end(struct app_flow *a, enum app_dir d);
/* Nothing more comes this way. */
void smb_files_end(struct app_flow *a, enum app_dir d);

void smb_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

#endif
