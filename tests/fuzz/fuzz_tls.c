/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as TLS; input: see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/tls.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {&tls_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_TCP, .last_us = 1700000000000000};

	return fuzz_app(parsers, &f, data, size);
}
