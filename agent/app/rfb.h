/* SPDX-License-Identifier: EUPL-1.2 */
/* RFB, the protocol of VNC (RFC 6143). */
#ifndef AGENT_APP_RFB_H
#define AGENT_APP_RFB_H

#include "agent/app/parser.h"

extern const struct app_parser rfb_parser;

#endif
