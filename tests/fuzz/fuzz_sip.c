/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as SIP; input: see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/sip.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {&sip_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_UDP, .key.bport = 5060};

	return fuzz_app(parsers, &f, data, size);
}
