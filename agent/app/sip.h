/* SPDX-License-Identifier: EUPL-1.2 */
/* SIP over UDP (RFC 3261). */
#ifndef AGENT_APP_SIP_H
#define AGENT_APP_SIP_H

#include "agent/app/parser.h"

extern const struct app_parser sip_parser;

#endif
