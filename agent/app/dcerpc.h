/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * DCE/RPC, connection-oriented (C706, chapter 12; MS-RPCE): what a flow of its own
 * and the named pipes of SMB share.  One stream of PDUs a pipe, interfaces by the
 * context that a bind gave them, and calls.
 */
#ifndef AGENT_APP_DCERPC_H
#define AGENT_APP_DCERPC_H

#include "agent/app/parser.h"
#include "agent/limits.h"

extern const struct app_parser dcerpc_parser;
extern const struct app_parser dcerpc_udp_parser;

enum dcerpc_type {
	DCERPC_REQUEST = 0,
	DCERPC_RESPONSE = 2,
	DCERPC_FAULT = 3,
	DCERPC_BIND = 11,
	DCERPC_BIND_ACK = 12,
	DCERPC_BIND_NAK = 13,
	DCERPC_ALTER = 14,
	DCERPC_ALTER_ACK = 15,
	DCERPC_AUTH3 = 16,
	DCERPC_SHUTDOWN = 17,
	DCERPC_CANCEL = 18,
	DCERPC_ORPHANED = 19,
	DCERPC_TYPE_NONE = 255,
};

struct dcerpc_pdu {
	enum dcerpc_type type;
	bool first, last; /* of the fragments of a call */
	bool little;	  /* byte order of its numbers */
	uint32_t call_id;
	uint16_t context, opnum; /* of a request; a response has the first */
	struct span body; /* what follows; the stub of a request or response */
};

/* Do the bytes begin like a PDU?  APP_MORE: too few to tell. */
enum app_guess dcerpc_begins(struct span bytes);
/* A whole PDU.  false: its fields do not fit it. */
bool dcerpc_pdu_read(struct span bytes, struct dcerpc_pdu *out);

/* --- one direction of a pipe -------------------------------------------------- */

struct dcerpc_stream {
	struct buf held; /* a PDU that is not whole */
	size_t skip;	 /* bytes of one that was not to be had */
};

typedef void dcerpc_pdu_fn(void *arg, const struct dcerpc_pdu *pdu);

/* Call fn for each whole PDU; false: the bytes are no PDUs (any more). */
bool dcerpc_feed(struct app_flow *a, struct dcerpc_stream *s, struct span bytes,
    dcerpc_pdu_fn *fn, void *arg);
void dcerpc_stream_reset(struct app_flow *a, struct dcerpc_stream *s);

/* --- interfaces ---------------------------------------------------------------- */

/* What the buffer dcerpc.iface holds: the id in the order of its text, the major
 * version, little-endian, and whether the call was seen from its first fragment. */
#define DCERPC_UUID_SIZE  16
#define DCERPC_IFACE_SIZE (DCERPC_UUID_SIZE + 3)

enum dcerpc_answer {
	DCERPC_OPEN,
	DCERPC_ACCEPTED,
	DCERPC_REFUSED,
};

struct dcerpc_iface {
	uint64_t pipe; /* 0 outside SMB */
	uint32_t call_id;
	uint16_t context;
	enum dcerpc_answer answer;
	uint8_t id[2][DCERPC_IFACE_SIZE]; /* by "seen from the first fragment" */
};

/* The oldest gives way. */
struct dcerpc_ifaces {
	struct dcerpc_iface iface[DCERPC_IFACES_MAX];
	size_t n; /* ever */
};

/* A bind, an alter context, or the answer to one. */
void dcerpc_ifaces_pdu(
    struct dcerpc_ifaces *t, uint64_t pipe, const struct dcerpc_pdu *pdu);

/* The last one accepted under that number; NULL: none. */
const struct dcerpc_iface *dcerpc_iface_find(
    const struct dcerpc_ifaces *t, uint64_t pipe, uint16_t context);

/* --- calls ---------------------------------------------------------------------- */

/* Part of a transaction.  All zero: not begun. */
struct dcerpc_call {
	uint64_t pipe;
	uint32_t call_id;
	enum dcerpc_type request, response; /* DCERPC_TYPE_NONE: not seen */
	uint16_t context, opnum;
	bool first; /* seen from its first fragment */
	bool little[APP_DIRS];
	bool done[APP_DIRS];
	struct buf stub[APP_DIRS];
};

void dcerpc_call_begin(struct dcerpc_call *c, uint64_t pipe, uint32_t call_id);
void dcerpc_call_add(
    struct app_flow *a, struct dcerpc_call *c, const struct dcerpc_pdu *pdu);
void dcerpc_call_release(struct app_flow *a, struct dcerpc_call *c);
/* Which way a PDU of that type goes; calls of type bind are such, too. */
enum app_dir dcerpc_way(enum dcerpc_type type);
/* Does the type begin or answer a call (or bind)? */
bool dcerpc_is_call(enum dcerpc_type type);
/* Does the call, as far as it came, wait for the PDU? */
bool dcerpc_call_wants(const struct dcerpc_call *c, const struct dcerpc_pdu *pdu);

/* The buffers of a call; APP_ABSENT for those that it does not have. */
enum app_have dcerpc_call_buffer(const struct dcerpc_ifaces *t,
    const struct dcerpc_call *c, enum app_buffer_id b, enum app_dir d,
    struct app_bytes *out);
/* Members of EVE's "dcerpc". */
void dcerpc_call_write(
    const struct dcerpc_ifaces *t, const struct dcerpc_call *c, struct jw *w);

#endif
