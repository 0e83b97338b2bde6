/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One process of the agent as its parent sees it: started, heard, its end, stopped.
 * What the parent's files share is here too; they are parent.c, parent_setup.c and
 * parent_turns.c.
 */
#ifndef AGENT_PARENT_PROCESS_H
#define AGENT_PARENT_PROCESS_H

#include "agent/config.h"
#include "agent/parent_args.h"
#include "agent/parent_child.h"
#include "agent/parent_folders.h"
#include "agent/parent_hand.h"
#include "agent/parent_rules.h"
#include "agent/watch/watch.h"
#include "common/ipc.h"
#include "common/loop.h"
#include "common/record.h"

/* What differs between the roles. */
struct role {
	const char *name, *program;
	int64_t stall_us; /* doing nothing while work waits */
	int64_t stop_us;  /* to finish what is at hand */
	char *const *(*args)(const struct parent_args *a);
};

enum {
	SENSOR,
	SCANNER,
	FORWARDER,
	ROLES
};

extern const struct role parent_process_role[ROLES];

enum child_state {
	CHILD_DOWN,
	CHILD_STARTING,
	CHILD_READY,
	CHILD_STOPPING
};

struct child {
	struct parent *parent;
	int role; /* SENSOR, ... */
	char name[64];
	const char *interface;
	unsigned group; /* fan-out of its interface */
	size_t queue;	/* its own; the forwarder has none */
	uid_t uid;
	gid_t gid;
	enum child_state state;
	pid_t pid;
	int control;
	int64_t started_us, progress_us, deadline_us, backoff_us;
	uint64_t work, restarts;
	bool settled;	/* was ready or ended since our start */
	bool aborted;	/* asked to end for doing nothing */
	bool renew;	/* to be restarted for new rules */
	bool waits;	/* for the first rules, to be started */
	uint64_t rules; /* number of the image that it has */
	struct loop_timer *restart;
};

struct queue {
	int fds[2]; /* written, read */
};

struct parent {
	struct agent_config config;
	struct parent_folders folders;
	struct loop *loop;
	struct queue queues[PARENT_CHILD_FDS_MAX];
	size_t queues_n;
	struct queue files;	      /* from sensors to the scanner; -1: none */
	struct record_writer *writer; /* to queue 0, our own */
	struct child children[PARENT_CHILD_FDS_MAX];
	size_t n;
	struct child *scanner; /* NULL: none */
	struct watch *watch;   /* NULL: no files to scan */
	struct watch_stats told;
	struct parent_hand hand; /* files the scanner has */
	struct parent_rules rules;
	uint64_t crashed_told;
	bool stopping, as_root;
	uint8_t message[IPC_MESSAGE_MAX];
};

/* Files for the scanner, as many as it has room for. */
void parent_process_feed(struct parent *p);

/* What fails is logged and tried again later.  A sensor waits for its rules. */
void parent_process_start(struct child *c);
/* It had its turn, for our own readiness, though it does not run. */
void parent_process_settle(struct child *c);
/* It ended, with waitpid()'s status: told, and started again unless we stop. */
void parent_process_ended(struct child *c, int status);
/* Ask; a second time, past its deadline, insist. */
void parent_process_stop(struct child *c);

#endif
