/* SPDX-License-Identifier: EUPL-1.2 */
/* Bodies of mail as they were before they were sent (RFC 2045, section 6; uuencode
 * as POSIX has it).  State goes over lines; output is never longer than input. */
#ifndef AGENT_APP_MIME_DECODE_H
#define AGENT_APP_MIME_DECODE_H

#include "common/cursor.h"

enum mime_coding {
	MIME_PLAIN,
	MIME_BASE64,
	MIME_QUOTED,
	MIME_UU,
};

struct mime_decoder {
	enum mime_coding coding;
	uint32_t bits;	   /* of base64, not whole yet */
	unsigned have;	   /* characters in bits */
	bool padded;	   /* base64 ended */
	bool newline;	   /* of the line before, told only if another follows */
	uint8_t escape[2]; /* of quoted-printable, cut by the end of a piece */
	unsigned escaped;
	bool wrong; /* something was no such coding */
};

/* The value of Content-Transfer-Encoding. */
enum mime_coding mime_coding_of(struct span value);
/*
 * A line, or a piece of one (ends: its end is there), into out, which has room for
 * line.len + 4 bytes.  Returns how many it became.
 */
size_t mime_decode(
    struct mime_decoder *d, struct span line, bool ends, uint8_t *out);

#endif
