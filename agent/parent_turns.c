/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What the parent does at a signal and each second: stopping in order, renewing one
 * by one, ending who stalls, telling what was not scanned.
 */
#include "agent/parent_turns.h"

#include "agent/parent_health.h"
#include "agent/parent_notify.h"
#include "common/clock.h"
#include "common/log.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* A scanner compiles its rules before it is ready. */
#define START_MAX_US (300 * CLOCK_US)

/* --- stopping and renewing ------------------------------------------------------------ */

/* Writers first, so that the forwarder can drain what they left. */
static void
go_on_stopping(struct parent *p)
{
	for (int role = 0; role < ROLES; role++) {
		bool any = false;

		for (size_t i = 0; i < p->n; i++)
			if (p->children[i].role == role && p->children[i].pid > 0) {
				parent_process_stop(&p->children[i]);
				any = true;
			}
		if (any)
			return;
	}
	loop_stop(p->loop);
}

/* One at a time, so that some always work. */
static void
go_on_renewing(struct parent *p)
{
	bool busy = false;

	for (size_t i = 0; i < p->n; i++) {
		struct child *c = &p->children[i];

		busy = busy || c->state == CHILD_STOPPING ||
		    c->state == CHILD_STARTING;
		if (c->state == CHILD_STOPPING)
			parent_process_stop(c);
	}
	if (busy)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct child *c = &p->children[i];

		if (!c->renew || c->state != CHILD_READY)
			continue;
		c->renew = false;
		parent_process_stop(c);
		return;
	}
}

static void
on_stop(void *arg, int signo)
{
	static const struct parent_health_detail none[] = {{NULL, NULL, 0}};
	struct parent *p = arg;

	(void)signo;
	if (p->stopping)
		return;
	log_info("stopping");
	parent_notify("STOPPING=1");
	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_STOPPED, 3,
	    "stadswacht agent stopped", none);
	p->stopping = true;
	go_on_stopping(p);
}

static void
on_hangup(void *arg, int signo)
{
	struct parent *p = arg;

	(void)signo;
	log_info("reading signatures again");
	parent_rules_load(p);
	for (size_t i = 0; i < p->n; i++)
		p->children[i].renew =
		    p->children[i].role == SCANNER && !parent_rules_for(p, SCANNER);
	go_on_renewing(p);
}

static void
on_child(void *arg, int signo)
{
	struct parent *p = arg;
	int status;

	(void)signo;
	/* By number: whatever else this process may have inherited is not ours. */
	for (size_t i = 0; i < p->n; i++) {
		struct child *c = &p->children[i];

		if (c->pid > 0 && waitpid(c->pid, &status, WNOHANG) == c->pid)
			parent_process_ended(c, status);
	}
	if (p->rules.loader > 0 &&
	    waitpid(p->rules.loader, &status, WNOHANG) == p->rules.loader)
		parent_rules_ended(p, status);
	if (p->stopping)
		go_on_stopping(p);
}

/* --- each second --------------------------------------------------------------------- */

static void
check_stall(struct child *c, int64_t now)
{
	const int64_t limit = c->state == CHILD_STARTING
	    ? START_MAX_US
	    : parent_process_role[c->role].stall_us;
	const struct parent_health_detail details[] = {
	    {"process", c->name, 0},
	    {"role", parent_process_role[c->role].name, 0},
	    {"stalled_seconds", NULL,
		(uint64_t)((now - c->progress_us) / CLOCK_US)},
	    {NULL, NULL, 0},
	};

	if (c->pid <= 0 || c->state == CHILD_STOPPING ||
	    now - c->progress_us < limit)
		return;
	log_error("%s does nothing while work waits; ended", c->name);
	parent_health_tell(c->parent->writer, c->parent->config.zone,
	    PARENT_HEALTH_STALLED, 1, "stadswacht process stalled", details);
	/* A stopped process takes no SIGABRT: the second time it is killed. */
	kill(c->pid, c->aborted ? SIGKILL : SIGABRT);
	c->aborted = true;
	c->progress_us = now;
}

/* What of the watched folders was missed since the last time: never silently. */
static void
tell_unscanned(struct parent *p)
{
	struct watch_stats s;

	if (p->watch == NULL)
		return;
	watch_stats(p->watch, &s);
	const struct parent_health_detail details[] = {
	    {"kernel_queue_overflows", NULL, s.lost_kernel},
	    {"files_without_place", NULL, s.lost_pending},
	    {"files_the_scanner_ended_on", NULL, p->hand.crashed},
	    {"files_waiting", NULL, s.waiting},
	    {NULL, NULL, 0},
	};
	if (s.lost_kernel == p->told.lost_kernel &&
	    s.lost_pending == p->told.lost_pending &&
	    p->hand.crashed == p->crashed_told)
		return;
	p->told = s;
	p->crashed_told = p->hand.crashed;
	log_warn("files were not scanned in time: %llu without a place to wait, "
		 "%llu kernel "
		 "overflows; their folders are scanned again",
	    (unsigned long long)s.lost_pending, (unsigned long long)s.lost_kernel);
	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_UNSCANNED, 2,
	    "stadswacht files not scanned in time", details);
}

static void
on_second(void *arg)
{
	struct parent *p = arg;
	const int64_t now = clock_mono_us();

	record_writer_flush(p->writer);
	if (p->stopping) {
		go_on_stopping(p);
		return;
	}
	for (size_t i = 0; i < p->n; i++)
		check_stall(&p->children[i], now);
	parent_rules_second(p, now);
	go_on_renewing(p);
	tell_unscanned(p);
	parent_process_feed(p);
}

static void
on_watchdog(void *arg)
{
	(void)arg;
	parent_notify("WATCHDOG=1");
}

/* --- beginning ----------------------------------------------------------------- */

int
parent_turns_begin(struct parent *p)
{
	const uint64_t watchdog = parent_notify_every_us();

	if (loop_signal(p->loop, SIGTERM, on_stop, p) == -1 ||
	    loop_signal(p->loop, SIGINT, on_stop, p) == -1 ||
	    loop_signal(p->loop, SIGHUP, on_hangup, p) == -1 ||
	    loop_signal(p->loop, SIGCHLD, on_child, p) == -1 ||
	    loop_timer(p->loop, CLOCK_US, CLOCK_US, on_second, p) == NULL ||
	    (watchdog > 0 &&
		loop_timer(p->loop, (int64_t)watchdog, (int64_t)watchdog,
		    on_watchdog, p) == NULL)) {
		log_error("cannot start: %s", strerror(errno));
		return -1;
	}
	return 0;
}
