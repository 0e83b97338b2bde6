/* SPDX-License-Identifier: EUPL-1.2 */
/* What rules and records want of a certificate (RFC 5280, section 4.1). */
#ifndef AGENT_APP_TLS_CERT_H
#define AGENT_APP_TLS_CERT_H

#include "agent/limits.h"
#include "common/buf.h"
#include "common/cursor.h"

enum tls_cert_error {
	TLS_CERT_OK,
	TLS_CERT_INVALID,
	TLS_CERT_LENGTH,
	TLS_CERT_NAME,
	TLS_CERT_DATE,
};

/* Where a text begins in a buffer, and how long it is. */
struct tls_piece {
	size_t at, len;
};

/* Texts are appended to a buffer of the caller's. */
struct tls_cert {
	struct tls_piece subject; /* "C=NL, O=Gemeente, CN=x.nl" */
	struct tls_piece issuer;
	struct tls_piece serial;       /* "0A:BB" */
	struct tls_piece fingerprint;  /* SHA-1, "0a:bb" */
	int64_t not_before, not_after; /* seconds since 1970 */
};

enum tls_cert_error tls_cert_read(
    struct span der, struct buf *texts, struct tls_cert *out);

#endif
