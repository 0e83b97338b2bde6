/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The processes that the configuration asks for, each with its user and its queue,
 * and the watch of folders.  None is started here.
 */
#include "agent/parent_setup.h"

#include "agent/limits.h"
#include "agent/role.h"
#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
add_queue(struct parent *p)
{
	if (ipc_pair(p->queues[p->queues_n].fds, ROLE_QUEUE_BYTES) == -1) {
		log_error(
		    "cannot make a queue: %s; see ulimit -n", strerror(errno));
		return -1;
	}
	p->queues_n++;
	return 0;
}

/* One process; user NULL keeps ours. */
static struct child *
add_child(struct parent *p, int role, const char *name, const char *user)
{
	struct child *c = &p->children[p->n];
	char error[300];

	if (p->queues_n == FORWARD_QUEUES_MAX) {
		log_error("capture: more than %d sensors; lower capture.sensors",
		    FORWARD_QUEUES_MAX - 2);
		return NULL;
	}
	c->parent = p;
	c->role = role;
	c->control = -1;
	snprintf(c->name, sizeof(c->name), "%s", name);
	if (p->as_root &&
	    config_agent_user(user, &c->uid, &c->gid, error, sizeof(error)) == -1) {
		log_error("%s", error);
		return NULL;
	}
	if (role != FORWARDER) {
		c->queue = p->queues_n;
		if (add_queue(p) == -1)
			return NULL;
	}
	p->n++;
	return c;
}

static int
add_sensors(struct parent *p)
{
	const struct agent_config *k = &p->config;
	char name[80];

	for (size_t i = 0; i < k->interfaces.n; i++)
		for (unsigned s = 0; s < k->sensors; s++) {
			struct child *c;

			snprintf(name, sizeof(name), "sensor %.40s.%u",
			    k->interfaces.v[i], s);
			if ((c = add_child(p, SENSOR, name, k->user_sensor)) ==
			    NULL)
				return -1;
			c->interface = k->interfaces.v[i];
			/* Groups are the host's: two agents must not share one. */
			c->group = ((unsigned)getpid() + (unsigned)i) & 0xffff;
		}
	return 0;
}

/* It outlives sensors and scanner, as their queues of records do. */
static int
add_files(struct parent *p)
{
	p->files.fds[0] = p->files.fds[1] = -1;
	if (!p->config.traffic)
		return 0;
	if (p->scanner == NULL) {
		log_warn("files.traffic without YARA rules: no file is scanned");
		return 0;
	}
	if (ipc_pair(p->files.fds, ROLE_FILES_BYTES) == 0)
		return 0;
	log_error("cannot make a queue: %s; see ulimit -n", strerror(errno));
	return -1;
}

int
parent_setup_processes(struct parent *p)
{
	const struct agent_config *k = &p->config;
	struct child *forwarder;

	if (add_queue(p) == -1 ||
	    (p->writer = record_writer_new(
		 p->queues[0].fds[0], RECORD_OVERFLOW_MAX)) == NULL)
		return -1;
	if (add_sensors(p) == -1)
		return -1;
	if ((k->yara.n > 0 ||
		(k->bundle[0] != '\0' && (k->folders.n > 0 || k->traffic))) &&
	    (p->scanner = add_child(p, SCANNER, "scanner", k->user_scanner)) ==
		NULL)
		return -1;
	if (add_files(p) == -1)
		return -1;
	if ((forwarder = add_child(p, FORWARDER, "forwarder", k->user_forwarder)) ==
	    NULL)
		return -1;
	return parent_folders_make(k, forwarder->uid, forwarder->gid, &p->folders);
}

static void
on_wake(void *arg)
{
	parent_process_feed(arg);
}

int
parent_setup_watch(struct parent *p)
{
	const struct agent_config *k = &p->config;
	struct watch_config w = {.folders = &k->folders,
	    .excludes = &k->excludes,
	    .own = {k->state, k->run},
	    .scan_every_us = k->scan_every_us,
	    .wake = on_wake,
	    .arg = p};

	if (p->scanner == NULL) {
		if (k->folders.n > 0)
			log_warn(
			    "files.watch without files.yara: no file is scanned");
		return 0;
	}
	if ((p->watch = watch_new(&w, p->loop)) == NULL) {
		log_error("cannot watch files: %s", strerror(errno));
		return -1;
	}
	log_info("files: watching by %s", watch_how(p->watch));
	return 0;
}
