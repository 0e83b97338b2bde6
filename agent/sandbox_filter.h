/* SPDX-License-Identifier: EUPL-1.2 */
/* The last step into the sandbox: which system calls a role may make (seccomp). */
#ifndef AGENT_SANDBOX_FILTER_H
#define AGENT_SANDBOX_FILTER_H

#include "agent/sandbox.h"

/* For every thread, for good.  A refused call ends a child with its name on
 * standard error and SANDBOX_EXIT_REFUSED.  -1 with errno. */
int sandbox_filter_load(enum sandbox_role role);

#endif
