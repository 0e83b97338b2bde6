/* SPDX-License-Identifier: EUPL-1.2 */
/* The folders of the agent, made by the parent and handed to who works in them. */
#ifndef AGENT_PARENT_FOLDERS_H
#define AGENT_PARENT_FOLDERS_H

#include "agent/config.h"

#include <limits.h>

struct parent_folders {
	char root[PATH_MAX];  /* empty: the root of all processes */
	char spool[PATH_MAX]; /* the forwarder makes it, in the state folder */
	char collector_key[PATH_MAX]; /* a copy that the forwarder can read */
};

/* The state folder alone.  Run by root it becomes uid's.  -1: the log says why. */
int parent_folders_state(const struct agent_config *k, uid_t uid, gid_t gid);
/* All of them, and a check of the agent's key.  uid and gid are the forwarder's. */
int parent_folders_make(
    const struct agent_config *k, uid_t uid, gid_t gid, struct parent_folders *f);

/* One folder, with those above it, where it is not there.  -1 with errno. */
int parent_folders_make_one(const char *path, mode_t mode);

#endif
