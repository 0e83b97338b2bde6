/* SPDX-License-Identifier: EUPL-1.2 */
/* Kerberos 5 (RFC 4120): the messages between clients and the KDC. */
#ifndef AGENT_APP_KRB5_H
#define AGENT_APP_KRB5_H

#include "agent/app/parser.h"

enum krb5_type {
	KRB5_AS_REQ = 10,
	KRB5_AS_REP = 11,
	KRB5_TGS_REQ = 12,
	KRB5_TGS_REP = 13,
	KRB5_ERROR = 30,
};

/* Spans are on loan from the message; empty: not there. */
struct krb5_message {
	uint8_t type;
	struct span cname, sname; /* their components: KerberosStrings in DER */
	struct span realm;
	bool has_code, has_etypes;
	int32_t code;
	int32_t etype, ticket_etype; /* of a reply's parts */
};

/* --- krb5_message.c --------------------------------------------------------------- */

/* False: another message, or its parts do not fit. */
bool krb5_message_read(struct span bytes, struct krb5_message *out);
/* Does a message of Kerberos 5 begin like this? */
enum app_guess krb5_message_guess(struct cursor c);
/* The next component of a name; false: there is none. */
bool krb5_name_next(struct cursor *c, struct span *out);

/* --- krb5_names.c ------------------------------------------------------------------ */

/* NULL: not known. */
const char *krb5_type_name(uint8_t type);
const char *krb5_etype_name(int32_t etype);
const char *krb5_error_name(int32_t code);
bool krb5_etype_find(const char *name, int32_t *out);
/* Neither AES nor Camellia. */
bool krb5_etype_is_weak(int32_t etype);

/* --- krb5.c --------------------------------------------------------------------------- */

extern const struct app_parser krb5_parser;

#endif
