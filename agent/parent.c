/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The agent's parent: the one process with privileges, and the one that parses
 * nothing but its own configuration.  It makes the queues, starts the others,
 * watches over them, restarts what dies, and opens files for the scanner.
 *
 * No alert is lost in a crash: it holds both ends of each queue, so records
 * outlive writer and reader.
 */
#include "agent/config.h"
#include "agent/limits.h"
#include "agent/parent_args.h"
#include "agent/parent_child.h"
#include "agent/parent_folders.h"
#include "agent/parent_hand.h"
#include "agent/parent_health.h"
#include "agent/parent_notify.h"
#include "agent/role.h"
#include "agent/sandbox.h"
#include "agent/watch/watch.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/record.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONTROL_BYTES (256u << 10)

/* Restarts: at once at first, then with a growing pause. */
#define BACKOFF_FIRST_US 200000
#define BACKOFF_MAX_US	 (30 * CLOCK_US)
/* Having lived so long it was healthy: the next death is a first one again. */
#define HEALTHY_US (60 * CLOCK_US)
/* Rules are compiled before it is ready. */
#define START_MAX_US (300 * CLOCK_US)

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

static const struct role ROLE[ROLES] = {
    [SENSOR] = {"sensor", "stadswacht-sensor", 10 * CLOCK_US, 5 * CLOCK_US,
	parent_args_sensor},
    /* One file may take this long, and it is one step of work. */
    [SCANNER] = {"scanner", "stadswacht-scanner", SCAN_FILE_US + 60 * CLOCK_US,
	10 * CLOCK_US, parent_args_scanner},
    [FORWARDER] = {"forwarder", "stadswacht-forwarder", 30 * CLOCK_US,
	15 * CLOCK_US, parent_args_forwarder},
};

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
	bool settled; /* was ready or ended since our start */
	bool aborted; /* asked to end for doing nothing */
	bool renew;   /* to be restarted for new rules */
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
	struct record_writer *writer; /* to queue 0, our own */
	struct child children[PARENT_CHILD_FDS_MAX];
	size_t n;
	struct child *scanner; /* NULL: none */
	struct watch *watch;   /* NULL: no files to scan */
	struct watch_stats told;
	struct parent_hand hand; /* files the scanner has */
	uint64_t crashed_told;
	bool stopping, as_root;
	uint8_t message[IPC_MESSAGE_MAX];
};

static void child_start(struct child *c);

/* --- files for the scanner ---------------------------------------------------- */

/* As many files as the scanner has room for. */
static void
feed(struct parent *p)
{
	if (!p->stopping && p->watch != NULL && p->scanner != NULL &&
	    p->scanner->state == CHILD_READY)
		parent_hand_feed(&p->hand, p->watch, p->scanner->control);
}

static void
on_wake(void *arg)
{
	feed(arg);
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
	feed(c->parent);
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

static void
on_ready(struct child *c)
{
	if (c->state != CHILD_STARTING)
		return;
	c->state = CHILD_READY;
	c->settled = true;
	c->progress_us = clock_mono_us();
	log_info("%s is ready", c->name);
	feed(c->parent);
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
	    .program = ROLE[c->role].program,
	    .interface = c->interface,
	    .group = c->group,
	    .queues = p->queues_n};
	int fds[PARENT_CHILD_FDS_MAX];
	struct parent_child start = {.argv = ROLE[c->role].args(&a),
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
	child_start(c);
}

static void
restart_later(struct child *c, int64_t delay_us)
{
	if (c->restart == NULL)
		c->restart =
		    loop_timer(c->parent->loop, delay_us, 0, on_restart, c);
}

static void
child_start(struct child *c)
{
	struct parent *p = c->parent;
	int pair[2];

	if (p->stopping)
		return;
	c->state = CHILD_DOWN;
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
	    {"role", ROLE[c->role].name, 0},
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
	    ROLE[c->role].name);
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

static void
child_ended(struct child *c, int status)
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
		child_start(c);
		return;
	}
	if (again) {
		restart_later(c, CLOCK_US);
		return;
	}
	pause = next_pause(c);
	tell_end(c, status, pause);
	restart_later(c, pause);
}

/* --- stopping and renewing ------------------------------------------------------------ */

/* Ask; a second time, past its deadline, insist. */
static void
child_stop(struct child *c)
{
	const int64_t now = clock_mono_us();

	if (c->pid <= 0)
		return;
	if (c->state == CHILD_STOPPING) {
		if (now >= c->deadline_us) {
			log_warn("%s does not stop; killed", c->name);
			kill(c->pid, SIGKILL);
			c->deadline_us = now + ROLE[c->role].stop_us;
		}
		return;
	}
	/* Before it is ready nobody reads the message. */
	if (c->state == CHILD_STARTING ||
	    ipc_send(c->control, ROLE_STOP, NULL, 0, -1) == -1)
		kill(c->pid, SIGTERM);
	c->state = CHILD_STOPPING;
	c->deadline_us = now + ROLE[c->role].stop_us;
}

/* Writers first, so that the forwarder can drain what they left. */
static void
go_on_stopping(struct parent *p)
{
	for (int role = 0; role < ROLES; role++) {
		bool any = false;

		for (size_t i = 0; i < p->n; i++)
			if (p->children[i].role == role && p->children[i].pid > 0) {
				child_stop(&p->children[i]);
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
			child_stop(c);
	}
	if (busy)
		return;
	for (size_t i = 0; i < p->n; i++) {
		struct child *c = &p->children[i];

		if (!c->renew || c->state != CHILD_READY)
			continue;
		c->renew = false;
		child_stop(c);
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
	log_info("reading rules again: processes are restarted one by one");
	for (size_t i = 0; i < p->n; i++)
		p->children[i].renew = p->children[i].role != FORWARDER;
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
			child_ended(c, status);
	}
	if (p->stopping)
		go_on_stopping(p);
}

/* --- each second --------------------------------------------------------------------- */

static void
check_stall(struct child *c, int64_t now)
{
	const int64_t limit =
	    c->state == CHILD_STARTING ? START_MAX_US : ROLE[c->role].stall_us;
	const struct parent_health_detail details[] = {
	    {"process", c->name, 0},
	    {"role", ROLE[c->role].name, 0},
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
	go_on_renewing(p);
	tell_unscanned(p);
	feed(p);
}

static void
on_watchdog(void *arg)
{
	(void)arg;
	parent_notify("WATCHDOG=1");
}

/* --- setting up ------------------------------------------------------------------------ */

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

static int
add_children(struct parent *p)
{
	const struct agent_config *k = &p->config;
	struct child *forwarder;

	if (add_queue(p) == -1 ||
	    (p->writer = record_writer_new(
		 p->queues[0].fds[0], RECORD_OVERFLOW_MAX)) == NULL)
		return -1;
	if (add_sensors(p) == -1)
		return -1;
	if (k->yara.n > 0 &&
	    (p->scanner = add_child(p, SCANNER, "scanner", k->user_scanner)) ==
		NULL)
		return -1;
	if ((forwarder = add_child(p, FORWARDER, "forwarder", k->user_forwarder)) ==
	    NULL)
		return -1;
	return parent_folders_make(k, forwarder->uid, forwarder->gid, &p->folders);
}

static int
begin_watch(struct parent *p)
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

static int
begin_loop(struct parent *p)
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

static int
enter_sandbox(void)
{
	const struct sandbox box = {0};
	char error[300];

	if (sandbox_enter(SANDBOX_PARENT, &box, error, sizeof(error)) == 0)
		return 0;
	log_error("%s", error);
	return -1;
}

static void
tell_start(struct parent *p)
{
	const struct parent_health_detail details[] = {
	    {"version", STADSWACHT_VERSION, 0},
	    {"processes", NULL, p->n},
	    {"files_by", p->watch != NULL ? watch_how(p->watch) : "nothing", 0},
	    {NULL, NULL, 0},
	};

	parent_health_tell(p->writer, p->config.zone, PARENT_HEALTH_STARTED, 3,
	    "stadswacht agent started", details);
	log_info("started %zu processes%s", p->n,
	    p->as_root ? ""
		       : "; not root: all run as this user, without an empty root");
}

static int
run(struct parent *p)
{
	p->as_root = geteuid() == 0;
	/* Folders that other users have to pass; the processes get 077. */
	umask(022);
	signal(SIGPIPE, SIG_IGN);
	if ((p->loop = loop_new()) == NULL || add_children(p) == -1 ||
	    begin_watch(p) == -1 || begin_loop(p) == -1 || enter_sandbox() == -1)
		return EXIT_FAILED;
	tell_start(p);
	for (size_t i = 0; i < p->n; i++)
		child_start(&p->children[i]);
	return loop_run(p->loop) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void
release(struct parent *p)
{
	watch_free(p->watch);
	record_writer_free(p->writer);
	for (size_t i = 0; i < p->queues_n; i++) {
		close(p->queues[i].fds[0]);
		close(p->queues[i].fds[1]);
	}
	loop_free(p->loop);
}

/* --- keys ------------------------------------------------------------------------------- */

/* The forwarder makes its own key, as the user who will read it. */
static int
make_keys(struct parent *p)
{
	const struct agent_config *k = &p->config;
	struct parent_child start = {.to_stdout = true, .as_user = geteuid() == 0};
	char program[PATH_MAX], error[300];
	char option[] = "--make-key";
	char *argv[] = {program, option, k->key, NULL};
	int status;
	pid_t pid;

	if (start.as_user &&
	    config_agent_user(k->user_forwarder, &start.uid, &start.gid, error,
		sizeof(error)) == -1) {
		log_error("%s", error);
		return EXIT_FAILED;
	}
	if (parent_folders_state(k, start.uid, start.gid) == -1)
		return EXIT_FAILED;
	snprintf(
	    program, sizeof(program), "%s/%s", k->libexec, ROLE[FORWARDER].program);
	start.argv = argv;
	if ((pid = parent_child_start(&start)) == -1 ||
	    waitpid(pid, &status, 0) == -1) {
		log_error("%s: %s", program, strerror(errno));
		return EXIT_FAILED;
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? EXIT_DONE
							     : EXIT_FAILED;
}

/* --- the command line ---------------------------------------------------------------- */

static struct {
	const char *config;
	bool check, help_config;
} args = {.config = "/etc/stadswacht/agent.yaml"};

static const struct cmdline_option OPTIONS[] = {
    {"config", "FILE", "configuration (/etc/stadswacht/agent.yaml)",
	.text = &args.config},
    {"check-config", NULL, "check the configuration and end", .flag = &args.check},
    {"help-config", NULL, "print every key with its default and end",
	.flag = &args.help_config},
    {.name = NULL},
};

static const struct cmdline CMDLINE = {
    .program = "stadswacht-agent",
    .summary = "start and watch the processes of an agent",
    .options = OPTIONS,
    .arguments = "[keys]",
    .footer = "keys makes this agent's key and prints its public half.\n"
	      "SIGHUP reads rules again; SIGTERM ends all in order.",
};

int
main(int argc, char **argv)
{
	static struct parent p;
	char error[1200];
	int first, status;

	log_init("stadswacht-agent");
	first = cmdline_parse(&CMDLINE, argc, argv);
	if (args.help_config) {
		config_agent_print();
		return EXIT_DONE;
	}
	if (first < argc && strcmp(argv[first], "keys") != 0)
		cmdline_usage(&CMDLINE, "%s: not known; the one command is keys",
		    argv[first]);
	if (config_agent_load(args.config, &p.config, error, sizeof(error)) == -1) {
		log_error("%s", error);
		config_agent_release(&p.config);
		return EXIT_FAILED;
	}
	if (args.check) {
		printf("%s: good\n", args.config);
		status = EXIT_DONE;
	} else if (first < argc) {
		status = make_keys(&p);
	} else {
		status = run(&p);
		release(&p);
	}
	config_agent_release(&p.config);
	return status;
}
