/* SPDX-License-Identifier: EUPL-1.2 */
/* Which parsers are built in: a row each. */
#include "agent/app/dns.h"
#include "agent/app/http.h"
#include "agent/app/parser.h"
#include "agent/app/ssh.h"
#include "agent/app/tls.h"

const struct app_parser *const app_registry[] = {
    &http_parser,
    &dns_parser,
    &ssh_parser,
    &tls_parser,
    NULL,
};
