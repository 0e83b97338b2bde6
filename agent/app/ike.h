/* SPDX-License-Identifier: EUPL-1.2 */
/* IKE 1 and 2 (RFC 2408, 2409, 7296): how keys of IPsec are agreed upon. */
#ifndef AGENT_APP_IKE_H
#define AGENT_APP_IKE_H

#include "agent/app/parser.h"
#include "agent/limits.h"

/* What a chosen proposal says, by the names of ike.chosen_sa_attribute. */
enum ike_attribute {
	IKE_ALG_ENC,
	IKE_ALG_HASH,
	IKE_ALG_AUTH,
	IKE_ALG_DH,
	IKE_ALG_PRF,
	IKE_SA_GROUP_TYPE,
	IKE_SA_LIFE_TYPE,
	IKE_SA_LIFE_DURATION,
	IKE_SA_KEY_LENGTH,
	IKE_SA_FIELD_SIZE,
	IKE_ATTRIBUTES,
};

enum ike_event {
	IKE_EVENT_MALFORMED, /* this and the last two: never told, as Suricata 7 */
	IKE_EVENT_NO_ENCRYPTION,
	IKE_EVENT_WEAK_ENC,
	IKE_EVENT_WEAK_PRF,
	IKE_EVENT_WEAK_DH,
	IKE_EVENT_WEAK_AUTH,
	IKE_EVENT_NO_DH,
	IKE_EVENT_NO_AUTH,
	IKE_EVENT_INVALID,
	IKE_EVENT_UNKNOWN,
	IKE_EVENT_EXTRA,
	IKE_EVENT_SEVERAL,
};

#define IKE_SPI_SIZE 8

struct ike_head {
	uint8_t init_spi[IKE_SPI_SIZE], resp_spi[IKE_SPI_SIZE];
	uint8_t first; /* type of the first payload */
	uint8_t major, minor;
	uint8_t exchange, flags;
	uint32_t message_id;
};

/* Spans are on loan from the message. */
struct ike_message {
	struct ike_head head;
	bool encrypted;
	struct span key_exchange, nonce; /* of version 1; the last ones */
	struct span vendor[IKE_VENDORS_MAX];
	unsigned vendors_n, vendors_lost;
	uint64_t said; /* one bit each: enum ike_attribute */
	uint32_t attribute[IKE_ATTRIBUTES];
	unsigned events; /* one bit each: enum ike_event */
	bool odd;	 /* an SA of version 1 without its head: no message */
};

/* --- ike_message.c ------------------------------------------------------------------ */

/* False: no message of version 1 or 2. */
bool ike_head_read(struct cursor *c, struct ike_head *out);
/* Payloads are read up to the first that does not fit. */
bool ike_message_read(struct span bytes, struct ike_message *out);

/* --- ike.c ---------------------------------------------------------------------------- */

/* "alg_enc"; -1: no such attribute. */
int ike_attribute_find(const char *name);

extern const struct app_parser ike_parser;

#endif
