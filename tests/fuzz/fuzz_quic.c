/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as QUIC; input: see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/quic.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {&quic_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_UDP, .key.bport = 443};

	return fuzz_app(parsers, &f, data, size);
}
