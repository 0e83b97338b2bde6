/* SPDX-License-Identifier: EUPL-1.2 */
/* What the agent's parent does at a signal and each second. */
#ifndef AGENT_PARENT_TURNS_H
#define AGENT_PARENT_TURNS_H

#include "agent/parent_process.h"

/* Take up signals and timers in p->loop.  -1: the log says why. */
int parent_turns_begin(struct parent *p);

#endif
