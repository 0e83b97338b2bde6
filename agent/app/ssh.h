/* SPDX-License-Identifier: EUPL-1.2 */
/* The SSH parser, in its parts. */
#ifndef AGENT_APP_SSH_H
#define AGENT_APP_SSH_H

#include "agent/app/parser.h"

extern const struct app_parser ssh_parser;

#define SSH_HASSH_SIZE 33 /* hexadecimal, and its end */

/*
 * The fingerprint of a KEXINIT message (its bytes after the message number):
 * the algorithms of one side, joined (github.com/salesforce/hassh).  text is
 * released by the caller.  false: no such message.
 */
bool ssh_hassh(
    struct span kexinit, bool client, struct buf *text, char hex[SSH_HASSH_SIZE]);

#endif
