/* SPDX-License-Identifier: EUPL-1.2 */
/* SMTP (RFC 5321, 3030, 3207). */
#ifndef AGENT_APP_SMTP_H
#define AGENT_APP_SMTP_H

#include "agent/app/parser.h"

extern const struct app_parser smtp_parser;

#endif
