/* SPDX-License-Identifier: EUPL-1.2 */
/* DNS over UDP and TCP (RFC 1035), private to agent/app: what its files share. */
#ifndef AGENT_APP_DNS_H
#define AGENT_APP_DNS_H

#include "agent/app/dns_message.h"
#include "agent/app/parser.h"

enum dns_event {
	DNS_EVENT_MALFORMED,
	DNS_EVENT_NOT_REQUEST,
	DNS_EVENT_NOT_RESPONSE,
	DNS_EVENT_Z,
	DNS_EVENT_OPCODE,
	DNS_EVENT_NAME_TOO_LONG,
	DNS_EVENT_LOOP,
	DNS_EVENT_MANY_LABELS,
	DNS_EVENTS,
};

/* A question as rules see it. */
struct dns_asked {
	uint16_t type;
	size_t offset, len; /* of the name, in dns_tx.bytes */
};

/* One message: a request and its response are two, as in Suricata 7. */
struct dns_tx {
	struct app_tx tx;
	struct dns_header header;
	bool response;
	uint16_t asked_n, types_n;
	struct dns_asked asked[DNS_QUESTIONS_MAX];
	uint16_t types[DNS_RECORD_TYPES_MAX]; /* of answers */
	struct span message;		      /* in bytes */
	uint8_t bytes[];		      /* names, then the message */
};

/* A message taken apart; names are what the questions ask for. */
struct dns_parsed {
	struct dns_header header;
	uint16_t asked_n, types_n;
	struct dns_asked asked[DNS_QUESTIONS_MAX];
	uint16_t types[DNS_RECORD_TYPES_MAX];
	unsigned events; /* of names: bits of enum dns_event */
	size_t names_len, used;
	uint8_t names[DNS_QUESTIONS_MAX * DNS_NAME_MAX];
};

/* False: the message is broken or short; only the header may be told then. */
bool dns_parse(struct span message, struct dns_parsed *out);

/* Members of EVE's "dns" object of an alert. */
void dns_write(const struct app_flow *a, const struct app_tx *tx, struct jw *w);

extern const struct app_parser dns_parser;

#endif
