/* SPDX-License-Identifier: EUPL-1.2 */
/* What is wrong with ASN.1 in BER (ITU-T X.690), for the asn1 keyword. */
#ifndef AGENT_DETECT_ASN1_H
#define AGENT_DETECT_ASN1_H

#include "common/cursor.h"

struct asn1_test {
	bool bitstring_overflow; /* more unused bits than there are */
	bool double_overflow;	 /* a decimal REAL longer than buffers for it */
	bool oversize;		 /* contents of more than max bytes */
	uint32_t max;
};

/*
 * Does an element fail one of the tests?  Elements follow one another; SEQUENCE
 * and SET are entered.  One that cannot be read ends the search, more than
 * ASN1_ELEMENTS_MAX of them is no match at all, as in Suricata.
 */
bool asn1_find(const struct asn1_test *t, struct span bytes);

#endif
