/* SPDX-License-Identifier: EUPL-1.2 */
/* One DER element at a time (ITU-T X.690, sections 8.1 and 10.1). */
#ifndef AGENT_APP_DER_H
#define AGENT_APP_DER_H

#include "common/cursor.h"

enum der_tag {
	DER_INTEGER = 0x02,
	DER_OID = 0x06,
	DER_UTF8 = 0x0c,
	DER_NUMERIC = 0x12,
	DER_PRINTABLE = 0x13,
	DER_TELETEX = 0x14,
	DER_IA5 = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERAL_TIME = 0x18,
	DER_VISIBLE = 0x1a,
	DER_UNIVERSAL = 0x1c,
	DER_BMP = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
};

enum der_result {
	DER_OK,
	DER_SHORT, /* the element goes on behind the end */
	DER_BAD,
};

struct der {
	uint8_t tag;
	struct span body;
};

enum der_result der_read(struct cursor *c, struct der *out);
/* The same, and DER_BAD if the tag is another. */
enum der_result der_expect(struct cursor *c, uint8_t tag, struct der *out);
/* "2.5.4.3"; false: not an object identifier, or over size. */
bool der_oid_text(struct span body, char *out, size_t size);
/* Seconds since 1970 of a UTCTime or GeneralizedTime in Zulu; false: neither. */
bool der_time(const struct der *e, int64_t *out);

#endif
