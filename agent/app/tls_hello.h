/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The two hellos of a TLS handshake (RFC 8446, sections 4.1.2 and 4.1.3) and the
 * fingerprints made of them.  QUIC carries the same hellos.  Spans are on loan
 * from the message.
 */
#ifndef AGENT_APP_TLS_HELLO_H
#define AGENT_APP_TLS_HELLO_H

#include "common/buf.h"
#include "common/cursor.h"

#define TLS_RANDOM_SIZE 32

enum tls_extension {
	TLS_EXT_SERVER_NAME = 0,
	TLS_EXT_GROUPS = 10,
	TLS_EXT_POINT_FORMATS = 11,
	TLS_EXT_SIGNATURES = 13,
	TLS_EXT_ALPN = 16,
	TLS_EXT_EARLY_DATA = 42,
	TLS_EXT_VERSIONS = 43,
};

struct tls_hello {
	uint16_t legacy_version;
	uint16_t version; /* the highest offered, or the chosen one */
	struct span random;
	struct span ciphers;	/* two bytes each; of a server one */
	struct span extensions; /* type, length and body each */
	struct span server_name;
	struct span alpn; /* the first */
	struct span groups, point_formats, signatures;
	unsigned server_names; /* extensions of that type */
	bool early_data, resumes;
	bool bad_name_type, bad_name_length;
};

/* False: short, or its parts do not fit in each other. */
bool tls_client_hello_read(struct span body, struct tls_hello *out);
bool tls_server_hello_read(struct span body, struct tls_hello *out);

/* A value that only tests whether servers ignore it (RFC 8701). */
bool tls_is_grease(uint16_t v);

/* JA3 and JA3S: the text whose MD5 is the fingerprint. */
void ja3_client(const struct tls_hello *h, struct buf *out);
void ja3_server(const struct tls_hello *h, struct buf *out);

#define JA4_SIZE 37
/* JA4; transport is 't' or 'q'. */
char *ja4_client(const struct tls_hello *h, char transport, char out[JA4_SIZE]);

#endif
