/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as DNS; input: a byte that chooses UDP or TCP, then see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/dns.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {&dns_parser, NULL};
	struct flow f = {.key.bport = 53};

	if (size == 0)
		return 0;
	f.key.proto = data[0] & 1 ? IPPROTO_UDP : IPPROTO_TCP;
	return fuzz_app(parsers, &f, data + 1, size - 1);
}
