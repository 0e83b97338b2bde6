/* SPDX-License-Identifier: EUPL-1.2 */
/* EtherNet/IP (ODVA, The EtherNet/IP Specification, chapter 2). */
#ifndef AGENT_APP_ENIP_H
#define AGENT_APP_ENIP_H

#include "agent/app/parser.h"

extern const struct app_parser enip_parser;

#endif
