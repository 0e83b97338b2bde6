/* SPDX-License-Identifier: EUPL-1.2 */
/* TFTP's requests (RFC 1350). */
#ifndef AGENT_APP_TFTP_H
#define AGENT_APP_TFTP_H

#include "agent/app/parser.h"

extern const struct app_parser tftp_parser;

#endif
