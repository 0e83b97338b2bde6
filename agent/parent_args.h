/* SPDX-License-Identifier: EUPL-1.2 */
/* The command lines of the processes (agent/role.h), from the configuration. */
#ifndef AGENT_PARENT_ARGS_H
#define AGENT_PARENT_ARGS_H

#include "agent/config.h"
#include "agent/parent_folders.h"

struct parent_args {
	const struct agent_config *config;
	const struct parent_folders *folders;
	const char *program;   /* in config->libexec */
	const char *interface; /* of a sensor */
	unsigned group;	       /* its fan-out group */
	size_t queues;	       /* of the forwarder */
	bool files;	       /* go from sensors to the scanner */
	uint64_t after;	       /* of the loader: the highest serial so far */
	bool started;	       /* likewise: there are no rules yet */
};

/* Each ends with NULL and holds until the next call of any of them. */
char *const *parent_args_sensor(const struct parent_args *a);
char *const *parent_args_scanner(const struct parent_args *a);
char *const *parent_args_forwarder(const struct parent_args *a);
char *const *parent_args_loader(const struct parent_args *a);

#endif
