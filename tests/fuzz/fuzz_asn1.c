/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as BER, for the asn1 keyword. */
#include "agent/detect/asn1.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct asn1_test t = {.bitstring_overflow = true,
	    .double_overflow = true,
	    .oversize = true,
	    .max = 1u << 20};

	asn1_find(&t, (struct span){data, size});
	return 0;
}
