/* SPDX-License-Identifier: EUPL-1.2 */
/* BitTorrent's distributed hash table (BEP 5). */
#ifndef AGENT_APP_BITTORRENT_H
#define AGENT_APP_BITTORRENT_H

#include "agent/app/parser.h"

extern const struct app_parser bittorrent_dht_parser;

#endif
