/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * SMB 1, 2 and 3 over NetBIOS sessions (MS-CIFS, MS-SMB2, RFC 1002 section 4.3).
 * smb.c frames and answers, smb1.c and smb2.c read messages, smb_tx.c keeps what
 * these found: transactions, trees, pipes.
 */
#ifndef AGENT_APP_SMB_H
#define AGENT_APP_SMB_H

#include "agent/app/dcerpc.h"

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
};

enum smb_kind {
	SMB_PLAIN,
	SMB_SESSION, /* a logon */
	SMB_TREE,    /* name: the share */
	SMB_FILE,    /* name: that of the file */
	SMB_CALL,    /* of DCE/RPC over a named pipe */
};

struct smb_tx {
	struct app_tx tx;
	enum smb_kind kind;
	uint8_t version;
	uint16_t command;
	uint32_t tree, status;
	uint64_t session, message, pipe;
	bool has_status, is_pipe, has_logon;
	struct buf name, domain, user, host; /* without the zeros of UTF-16 */
	struct dcerpc_call call;
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
};

/* A message at hand. */
struct smb_message {
	struct app_flow *a;
	struct smb_state *st;
	enum app_dir d;
	bool cut; /* its end was not kept */
	bool response, unicode;
	uint8_t version;
	uint16_t command;
	uint32_t status, tree;
	uint64_t session, id;
	struct span bytes; /* from its header on; offsets count from there */
};

/* bytes begin with the header.  false: malformed. */
bool smb1_read(struct smb_message *m);
bool smb2_read(struct smb_message *m);
const char *smb1_command(uint16_t command);
const char *smb2_command(uint16_t command);

/* That of a request, new; that of a response, or new.  NULL: not to be had. */
struct smb_tx *smb_tx_get(struct smb_message *m);
/* The way of the message is done. */
void smb_tx_finish(struct smb_message *m, struct smb_tx *tx);
/* A transaction for nothing but an event. */
void smb_tx_event(struct smb_message *m, enum smb_event event);
void smb_tx_release(struct app_flow *a, struct app_tx *tx);
void smb_set_text(struct app_flow *a, struct buf *b, struct span text);
/* The token of a logon. */
void smb_logon(struct smb_message *m, struct smb_tx *tx, struct span token);
/* What a tree is, from the answer that connected it. */
void smb_tree_set(struct smb_message *m, enum smb_tree_kind kind);
/* What went through an open file: DCE/RPC, if it is a pipe. */
void smb_pipe_data(struct smb_message *m, uint64_t pipe, struct span data);
/* len bytes at an offset of the message, as far as they are there. */
struct span smb_at(const struct smb_message *m, size_t offset, size_t len);

void smb_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

#endif
