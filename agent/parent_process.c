/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * One process of the agent: its start, its messages, its end and when it is started
 * again, and asking it to stop.
 */
#include "agent/parent_process.h"

#include "agent/limits.h"
#include "agent/parent_health.h"
#include "agent/parent_notify.h"
#include "agent/role.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_BYTES (256u << 10)

/* Restarts: at once at first, then with a growing pause. */
#define BACKOFF_FIRST_US 200000
#define BACKOFF_MAX_US	 (30 * CLOCK_US)
/* Having lived so long it was healthy: the next death is a first one again. */
#define HEALTHY_US (60 * CLOCK_US)

const struct role parent_process_role[ROLES] = {
    [SENSOR] = {"sensor", "stadswacht-sensor", 10 * CLOCK_US, 5 * CLOCK_US,
	parent_args_sensor},
    /* One file may take this long, and it is one step of work. */
    [SCANNER] = {"scanner", "stadswacht-scanner", SCAN_FILE_US + 60 * CLOCK_US,
	10 * CLOCK_US, parent_args_scanner},
    [FORWARDER] = {"forwarder", "stadswacht-forwarder", 30 * CLOCK_US,
	15 * CLOCK_US, parent_args_forwarder},
};

/* --- files for the scanner ---------------------------------------------------- */

void
parent_process_feed(struct parent *p)
{
	if (!p->stopping && p->watch != NULL && p->scanner != NULL &&
	    p->scanner->state == CHILD_READY)
		parent_hand_feed(&p->hand, p->watch, p->scanner->control);
}

/* --- messages of children -------------------------------------------------------- */

static void
on_scanned(struct child *c, const struct ipc_message *m)
{
	struct role_scanned done;

	if (c->role != SCANNER || m->len != sizeof(done))
		return;
	memcpy(&done, m->body, sizeof(done));
	parent_hand_done(&c->parent->hand, done.ticket);
	parent_process_feed(c->parent);
}

static void
on_elsewhere(struct child *c, const struct ipc_message *m)
{
	uint64_t elsewhere;

	if (c->role != SCANNER || m->len != sizeof(elsewhere))
		return;
	memcpy(&elsewhere, m->body, sizeof(elsewhere));
	c->parent->hand.elsewhere = elsewhere != 0;
}

static void
on_beat(struct child *c, const struct ipc_message *m)
{
	struct role_beat beat;

	if (m->len != sizeof(beat))
		return;
	memcpy(&beat, m->body, sizeof(beat));
	if (c->role == SCANNER)
		beat.waiting = parent_hand_count(&c->parent->hand);
	if (beat.work != c->work || beat.waiting == 0)
		c->progress_us = clock_mono_us();
	c->work = beat.work;
}

/*
 * Ready once each process had its turn: with one that cannot work, as a sensor
 * without its interface, the others do, and the service is not to be ended for it.
 */
static void
tell_ready(const struct parent *p)
{
	char text[100];
	size_t ready = 0;

	for (size_t i = 0; i < p->n; i++) {
		if (!p->children[i].settled)
			return;
		ready += p->children[i].state == CHILD_READY;
	}
	snprintf(text, sizeof(text), "READY=1\nSTATUS=%zu of %zu processes work",
	    ready, p->n);
	parent_notify(text);
}

void
parent_process_settle(struct child *c)
{
	c->settled = true;
	tell_ready(c->parent);
}

static void
on_ready(struct child *c)
{
	if (c->state != CHILD_STARTING)
		return;
	c->state = CHILD_READY;
	c->settled = true;
	c->progress_us = clock_mono_us();
	log_info("%s is ready", c->name);
	parent_process_feed(c->parent);
	tell_ready(c->parent);
}

static void
on_control(void *arg, int fd, unsigned events)
{
	struct child *c = arg;
	struct parent *p = c->parent;
	struct ipc_message m = {.fd = -1};
	int r = ipc_recv(fd, p->message, &m);

	(void)events;
	/* Closed, or nonsense: a child that ends tells by SIGCHLD; one that goes on
	   without its parent's ear has to end. */
	if (r == 0 || (r == -1 && errno != EAGAIN)) {
		loop_unwatch(p->loop, fd);
		if (r == -1 && c->pid > 0)
			kill(c->pid, SIGTERM);
		return;
	}
	if (r != 1)
		return;
	if (m.type == ROLE_READY)
		on_ready(c);
	else if (m.type == ROLE_BEAT)
		on_beat(c, &m);
	else if (m.type == ROLE_SCANNED)
		on_scanned(c, &m);
	else if (m.type == ROLE_ELSEWHERE)
		on_elsewhere(c, &m);
	else if (m.type == ROLE_RELOADED)
		parent_rules_reloaded(c, &m);
	if (m.fd != -1)
		close(m.fd);
}

/* --- starting one ------------------------------------------------------------------- */

static size_t
child_fds(const struct child *c, int control, int fds[PARENT_CHILD_FDS_MAX])
{
	const struct parent *p = c->parent;
	size_t n = 0;

	fds[n++] = control;
	if (c->role != FORWARDER) {
		fds[n++] = p->queues[c->queue].fds[0];
		if (parent_rules_for(p, c->role))
			fds[n++] = p->rules.image;
		if (p->files.fds[0] != -1) {
			if (!parent_rules_for(p, c->role))
				fds[n++] = STDERR_FILENO; /* keeps the place */
			fds[n++] = p->files.fds[c->role == SCANNER];
		}
		return n;
	}
	/* It writes to no queue; the place is kept so that all have one layout. */
	fds[n++] = STDERR_FILENO;
	for (size_t i = 0; i < p->queues_n; i++)
		fds[n++] = p->queues[i].fds[1];
	return n;
}

static pid_t
child_exec(struct child *c, int control)
{
	const struct parent *p = c->parent;
	const struct parent_args a = {.config = &p->config,
	    .folders = &p->folders,
	    .program = parent_process_role[c->role].program,
	    .interface = c->interface,
	    .group = c->group,
	    .queues = p->queues_n,
	    .files = p->files.fds[0] != -1};
	int fds[PARENT_CHILD_FDS_MAX];
	struct parent_child start = {.argv = parent_process_role[c->role].args(&a),
	    .fds = fds,
	    .fds_n = child_fds(c, control, fds),
	    .as_user = p->as_root,
	    .uid = c->uid,
	    .gid = c->gid,
	    .net_raw = c->role == SENSOR,
	    .memory_max = c->role == FORWARDER ? p->config.memory_forwarder : 0};

	return parent_child_start(&start);
}

static void
on_restart(void *arg)
{
	struct child *c = arg;

	c->restart = NULL;
	parent_process_start(c);
}

static void
restart_later(struct child *c, int64_t delay_us)
{
	if (c->restart == NULL)
		c->restart =
		    loop_timer(c->parent->loop, delay_us, 0, on_restart, c);
}

void
parent_process_start(struct child *c)
{
	struct parent *p = c->parent;
	int pair[2];

	if (p->stopping)
		return;
	c->state = CHILD_DOWN;
	c->waits = parent_rules_for(p, c->role) && p->rules.image == -1;
	if (c->waits)
		return;
	c->rules = p->rules.number;
	if (ipc_pair(pair, CONTROL_BYTES) == -1)
		goto fail;
	c->pid = child_exec(c, pair[1]);
	close(pair[1]);
	if (c->pid == -1 ||
	    loop_watch(p->loop, pair[0], LOOP_READ, on_control, c) == -1) {
		close(pair[0]);
		goto fail;
	}
	c->control = pair[0];
	c->state = CHILD_STARTING;
	c->work = 0;
	c->aborted = false;
	c->started_us = c->progress_us = clock_mono_us();
	return;
fail:
	log_error("%s: cannot start: %s; tried again", c->name, strerror(errno));
	restart_later(c, BACKOFF_MAX_US);
}

/* --- an end of one ------------------------------------------------------------------- */

static void
tell_end(struct child *c, int status, int64_t pause_us)
{
	char signature[128], how[64];
	const bool by_signal = WIFSIGNALED(status);
	const int number = by_signal ? WTERMSIG(status) : WEXITSTATUS(status);
	const struct parent_health_detail details[] = {
	    {"process", c->name, 0},
	    {"role", parent_process_role[c->role].name, 0},
	    {by_signal ? "signal" : "exit", NULL, (uint64_t)number},
	    {"restarts", NULL, c->restarts},
	    {"lived_seconds", NULL,
		(uint64_t)((clock_mono_us() - c->started_us) / CLOCK_US)},
	    {NULL, NULL, 0},
	};

	snprintf(how, sizeof(how), by_signal ? "signal %d" : "status %d", number);
	log_warn("%s ended with %s; started again in %.1f s", c->name, how,
	    (double)pause_us / CLOCK_US);
	snprintf(signature, sizeof(signature), "stadswacht %s ended",
	    parent_process_role[c->role].name);
	parent_health_tell(c->parent->writer, c->parent->config.zone,
	    PARENT_HEALTH_ENDED, 2, signature, details);
}

/* Longer with each death that follows soon on the last. */
static int64_t
next_pause(struct child *c)
{
	if (clock_mono_us() - c->started_us >= HEALTHY_US || c->backoff_us == 0)
		c->backoff_us = BACKOFF_FIRST_US;
	else if (c->backoff_us < BACKOFF_MAX_US)
		c->backoff_us *= 2;
	if (c->backoff_us > BACKOFF_MAX_US)
		c->backoff_us = BACKOFF_MAX_US;
	return c->backoff_us;
}

void
parent_process_ended(struct child *c, int status)
{
	struct parent *p = c->parent;
	const bool asked = c->state == CHILD_STOPPING;
	const bool again =
	    WIFEXITED(status) && WEXITSTATUS(status) == ROLE_EXIT_AGAIN;
	int64_t pause;

	loop_unwatch(p->loop, c->control);
	close(c->control);
	c->control = -1;
	c->pid = 0;
	c->state = CHILD_DOWN;
	c->settled = true;
	if (c == p->scanner && p->watch != NULL)
		parent_hand_back(&p->hand, p->watch);
	if (p->stopping)
		return;
	tell_ready(p);
	c->restarts++;
	if (asked) {
		parent_process_start(c);
		return;
	}
	if (again) {
		restart_later(c, CLOCK_US);
		return;
	}
	if (c->role == SENSOR && WIFSIGNALED(status))
		parent_rules_crashed(p);
	pause = next_pause(c);
	tell_end(c, status, pause);
	restart_later(c, pause);
}

/* --- stopping one -------------------------------------------------------------- */

void
parent_process_stop(struct child *c)
{
	const int64_t now = clock_mono_us();

	if (c->pid <= 0)
		return;
	if (c->state == CHILD_STOPPING) {
		if (now >= c->deadline_us) {
			log_warn("%s does not stop; killed", c->name);
			kill(c->pid, SIGKILL);
			c->deadline_us = now + parent_process_role[c->role].stop_us;
		}
		return;
	}
	/* Before it is ready nobody reads the message. */
	if (c->state == CHILD_STARTING ||
	    ipc_send(c->control, ROLE_STOP, NULL, 0, -1) == -1)
		kill(c->pid, SIGTERM);
	c->state = CHILD_STOPPING;
	c->deadline_us = now + parent_process_role[c->role].stop_us;
}
