/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as NFS; input: see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/nfs.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {&nfs_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_TCP, .key.bport = 2049};

	return fuzz_app(parsers, &f, data, size);
}
