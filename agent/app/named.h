/* SPDX-License-Identifier: EUPL-1.2 */
/* Protocols that flows are known by, and that nothing is read of. */
#ifndef AGENT_APP_NAMED_H
#define AGENT_APP_NAMED_H

#include "agent/app/parser.h"

extern const struct app_parser imap_parser;
extern const struct app_parser telnet_parser;
extern const struct app_parser ntp_parser;
extern const struct app_parser rdp_parser;

#endif
