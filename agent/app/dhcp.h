/* SPDX-License-Identifier: EUPL-1.2 */
/* DHCP (RFC 2131, 2132). */
#ifndef AGENT_APP_DHCP_H
#define AGENT_APP_DHCP_H

#include "agent/app/parser.h"

extern const struct app_parser dhcp_parser;

#endif
