/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-signatures load: for stadswacht-agent (agent/role.h).  Signatures that
 * nobody has looked into yet become an image: a bundle of what loads on this host,
 * with its databases in place, which every sensor maps.
 */
#ifndef AGENT_SIGNATURES_LOAD_H
#define AGENT_SIGNATURES_LOAD_H

#include "common/cmdline.h"

extern const struct cmdline_option SIGNATURES_LOAD_OPTIONS[];
/* An exit status. */
int signatures_load_run(int argc, char **argv);

#endif
