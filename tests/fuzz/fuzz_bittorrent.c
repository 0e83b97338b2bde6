/* SPDX-License-Identifier: EUPL-1.2 */
/* Any bytes as BitTorrent's DHT; input: see fuzz_app.h. */
#include "tests/fuzz/fuzz_app.h"

#include "agent/app/bittorrent.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct app_parser *const parsers[] = {
	    &bittorrent_dht_parser, NULL};
	struct flow f = {.key.proto = IPPROTO_UDP, .key.bport = 6881};

	return fuzz_app(parsers, &f, data, size);
}
