/* SPDX-License-Identifier: EUPL-1.2 */
/* PostgreSQL's protocol 3.0 (its manual, chapter 55), private to agent/app. */
#ifndef AGENT_APP_PGSQL_H
#define AGENT_APP_PGSQL_H

#include "agent/app/parser.h"
#include "common/cursor.h"

extern const struct app_parser pgsql_parser;

/* Codes that stand where a version may (55.7, "SSLRequest" and others). */
enum pgsql_code {
	PGSQL_VERSION_3 = 3 << 16,
	PGSQL_CANCEL = 80877102,
	PGSQL_SSL = 80877103,
	PGSQL_GSS = 80877104,
};

enum pgsql_request {
	PGSQL_STARTUP,
	PGSQL_ASK_SSL,
	PGSQL_ASK_GSS,
	PGSQL_ASK_CANCEL,
	PGSQL_PASSWORD,
	PGSQL_SIMPLE,	/* a query in one message */
	PGSQL_EXTENDED, /* parse, bind, execute... until sync */
	PGSQL_TERMINATE,
};

/* A message as far as it is kept: its type (0: it has none), and what follows its
 * length. */
struct pgsql_message {
	uint8_t type;
	struct span body;
	size_t length; /* of the whole body */
};

struct pgsql_tx {
	struct app_tx tx; /* first */
	enum pgsql_request request;
	bool ssl_answered, ssl_accepted;
	bool has_auth, has_fields;
	uint32_t auth; /* the last kind that the server told (55.7) */
	uint16_t fields;
	uint64_t rows, row_bytes;
	struct buf said;     /* of the request: its parameters, or the query */
	struct buf complete; /* of the response: what command it was */
	struct buf error;    /* fields of an error */
};

struct pgsql_state {
	struct pgsql_side {
		struct buf held;  /* the message that is not whole */
		uint32_t skip;	  /* bytes of one that are not kept */
		bool has_started; /* from now on messages have a type */
	} side[APP_DIRS];
	struct pgsql_tx *extended; /* waits for its sync; NULL: none */
};

/* Messages of each side; nothing of them is kept beyond the call. */
void pgsql_on_request(struct app_flow *a, const struct pgsql_message *m);
void pgsql_on_response(struct app_flow *a, const struct pgsql_message *m);
/* The answer of a byte to PGSQL_ASK_SSL and PGSQL_ASK_GSS. */
void pgsql_on_byte(struct app_flow *a, uint8_t byte);
/* Is the oldest request that waits one that a byte answers? */
bool pgsql_waits_for_byte(const struct app_flow *a);
void pgsql_tx_release(struct app_flow *a, struct app_tx *tx);

/* Members of EVE's "pgsql", without passwords. */
void pgsql_tx_write(
    const struct app_flow *a, const struct app_tx *tx, struct jw *w);

#endif
