/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any bytes as FTP, and then as a transfer that it may have announced; input: see
 * fuzz_app.h.
 */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/ftp.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {
	    &ftp_data_parser, &ftp_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_TCP, .key.bport = 257};

	return fuzz_app(parsers, &f, data, size);
}
