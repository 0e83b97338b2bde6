/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the parent knows of bundles after a restart, in a folder of its own: the
 * highest serial that was used, and the last bundle that was good.
 */
#ifndef AGENT_PARENT_RULES_STATE_H
#define AGENT_PARENT_RULES_STATE_H

#include <stdint.h>

/* Before the sandbox: the serial's file, which is yours.  -1 after saying why. */
int parent_rules_state_open(const char *folder, int *mark, uint64_t *highest);
/* That serial was used; what fails is logged.  mark -1: nothing is remembered. */
void parent_rules_state_mark(int mark, uint64_t *highest, uint64_t serial);

/* The last good bundle, for a start with one that is not; -1 with errno. */
int parent_rules_state_last(const char *folder);
/* That one was good; what fails is logged. */
void parent_rules_state_keep(const char *folder, int bundle);

#endif
