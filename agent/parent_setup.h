/* SPDX-License-Identifier: EUPL-1.2 */
/* What the agent's parent makes before it starts its processes. */
#ifndef AGENT_PARENT_SETUP_H
#define AGENT_PARENT_SETUP_H

#include "agent/parent_process.h"

/* Both: -1, and the log says why. */
int parent_setup_processes(struct parent *p);
int parent_setup_watch(struct parent *p);

#endif
