/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as Kerberos over TCP; input: see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/krb5.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {&krb5_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_TCP, .key.bport = 88};

	return fuzz_app(parsers, &f, data, size);
}
