/* SPDX-License-Identifier: EUPL-1.2 */
/* SNMP 1, 2c and 3 (RFC 1157, 1901, 3412, 3414). */
#ifndef AGENT_APP_SNMP_H
#define AGENT_APP_SNMP_H

#include "agent/app/parser.h"

extern const struct app_parser snmp_parser;

#endif
