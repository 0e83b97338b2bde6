/* SPDX-License-Identifier: EUPL-1.2 */
/* The commands of stadswachtctl; each gets a connected client and returns an exit
 * status. */
#ifndef COLLECTOR_CTL_COMMANDS_H
#define COLLECTOR_CTL_COMMANDS_H

#include "collector/ctl/client.h"

#include <stdbool.h>

/* Which rows; NULL is any. */
struct command_filter {
	const char *severity, *tenant, *engine, *agent, *sid, *text;
};

struct watch_options {
	struct command_filter filter;
	const char *kinds; /* "alert,incident,agent" */
	const char *after; /* id of a row */
	const char *count; /* end after so many */
	bool json;
};

struct alerts_options {
	struct command_filter filter;
	const char *since, *limit;
	bool json;
};

int command_watch(struct client *c, const struct watch_options *o);
int command_alerts(struct client *c, const struct alerts_options *o);
int command_incidents(struct client *c, bool json);
int command_incident(struct client *c, const char *id, bool json);
int command_agents(struct client *c, bool json);
int command_agents_add(struct client *c, const char *name, const char *key,
    const char *tenant, const char *host);
int command_agents_revoke(struct client *c, const char *name);
int command_login_link(struct client *c);
int command_status(struct client *c, bool json);

/* Append the filter to a path; -1 with a message when a value is wrong. */
int command_add_filter(struct buf *path, const struct command_filter *f);
/* Say "stadswachtctl: what" on standard error, and return EXIT_FAILED. */
int command_failed(const char *what);
/* Standard output, at once. */
void command_print(struct buf *b);

#endif
