/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The rules of sensors, as the parent has them: bytes that it opens, hands to the
 * loader and seals, and never reads.  A new image goes to the sensors that run; what
 * the loader refuses leaves the old one in use.
 */
#ifndef AGENT_PARENT_RULES_H
#define AGENT_PARENT_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child;
struct ipc_message;
struct loop_timer;
struct parent;

/* So many sensors that crash within so long bring the image before back. */
#define PARENT_RULES_CRASHES 3

struct parent_rules {
	int image, before; /* sealed; -1: none */
	uint64_t number;   /* of image, from 1 */
	uint64_t highest;  /* serial that was used; kept behind mark */
	int mark;
	/* The loader, what it reads (-1: files of rules) and what it writes to. */
	pid_t loader;
	int control, bundle, making;
	bool from_last; /* bundle is our copy of the last one that was good */
	int64_t started_us;
	bool again;		  /* asked for while it ran */
	struct loop_timer *retry; /* there is no image yet */
	int64_t crash_us[PARENT_RULES_CRASHES];
	unsigned crashes;
};

/* Does the configuration name rules? */
bool parent_rules_wanted(const struct parent *p);
/* Does that role get them as an image?  A scanner only without files.yara. */
bool parent_rules_for(const struct parent *p, int role);
/* Before the sandbox.  -1 after saying why. */
int parent_rules_setup(struct parent *p);
void parent_rules_release(struct parent *p);

/* Look at the signatures again; sensors get them when they are good. */
void parent_rules_load(struct parent *p);
/* The loader ended, with waitpid()'s status. */
void parent_rules_ended(struct parent *p, int status);
/* Each second: an image that could not be sent, a loader that takes too long. */
void parent_rules_second(struct parent *p, int64_t now_us);
/* A sensor answered ROLE_RELOAD. */
void parent_rules_reloaded(struct child *c, const struct ipc_message *m);
/* A sensor was ended by a signal that we did not send. */
void parent_rules_crashed(struct parent *p);

#endif
