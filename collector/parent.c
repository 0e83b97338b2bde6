/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-collector: starts ingest, correlate and web, joins them with pairs
 * (collector/role.h), starts again the ones that end, and stops them in order.
 */
#include "collector/config.h"
#include "collector/receive/server.h"
#include "collector/role.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/ipc.h"
#include "common/keyfile.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM	       "stadswacht-collector"
#define BACKOFF_MIN_US (500 * INT64_C(1000))
#define BACKOFF_MAX_US (60 * INT64_C(1000000))
/* A child that ran this long is sound: its next end starts the back-off anew. */
#define SOUND_US (60 * INT64_C(1000000))
/* Ingest writes a batch in milliseconds; who is not done by then is killed. */
#define STOP_US	   (10 * INT64_C(1000000))
#define PAIR_BYTES (1u << 20)
#define PATH_BYTES 512

enum child_name {
	CHILD_INGEST,
	CHILD_CORRELATE,
	CHILD_WEB,
	CHILDREN
};

struct child {
	const char *program;
	bool enabled;
	int end[2]; /* of its pairs; kept here, so that it can be started again */
	size_t ends;
	pid_t pid; /* 0: not running */
	int64_t started_us, backoff_us,
	    start_us; /* start_us: when to start it again */
};

struct parent {
	struct collector_config config;
	struct loop *loop;
	struct child child[CHILDREN];
	char folder[PATH_BYTES];
	bool stopping;
	int64_t kill_us;
};

static const char *o_config = CONFIG_DEFAULT_PATH;
static bool o_check, o_help_config, o_init;

static const struct cmdline_option OPTIONS[] = {
    {"config", "FILE", "configuration (default " CONFIG_DEFAULT_PATH ")", NULL,
	&o_config, NULL},
    {"check-config", NULL, "check the configuration and end", &o_check, NULL, NULL},
    {"help-config", NULL, "print every key with its default and end",
	&o_help_config, NULL, NULL},
    {"init", NULL, "make state folder and key, print the public key, end", &o_init,
	NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline CMDLINE = {
    .program = PROGRAM,
    .summary = "run the collector: ingest, correlate and web",
    .options = OPTIONS,
};

/* --- starting children ---------------------------------------------------------------- */

static int
path_of(const struct parent *p, const char *program, char *out, size_t size)
{
	return snprintf(out, size, "%s/%s", p->folder, program) < (int)size ? 0
									    : -1;
}

/* Put the child's ends at 3 and 4; nothing else is inherited. */
static int
place(const struct child *c)
{
	int high[2];

	for (size_t i = 0; i < c->ends; i++)
		if ((high[i] = fcntl(c->end[i], F_DUPFD_CLOEXEC, 16)) == -1)
			return -1;
	for (size_t i = 0; i < c->ends; i++)
		if (dup2(high[i], ROLE_FD_CORRELATE + (int)i) == -1)
			return -1;
	return 0;
}

static void
run(const struct parent *p, const struct child *c, pid_t parent)
{
	char path[PATH_BYTES * 2];
	const char *argv[] = {c->program, "--config", o_config,
	    c == &p->child[CHILD_INGEST] ? "--children" : NULL, NULL};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Nobody would stop it any more if we died. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILED);
	if (place(c) == 0 && path_of(p, c->program, path, sizeof(path)) == 0)
		execv(path, (char *const *)(uintptr_t)argv);
	fprintf(stderr, PROGRAM ": %s: %s\n", path, strerror(errno));
	_exit(127);
}

static void
start_child(struct parent *p, struct child *c)
{
	const pid_t self = getpid();
	pid_t pid;

	c->started_us = clock_mono_us();
	c->start_us = 0;
	if ((pid = fork()) == 0)
		run(p, c, self);
	if (pid > 0)
		c->pid = pid;
	else
		c->start_us = c->started_us + BACKOFF_MIN_US;
}

/* --- the loop -------------------------------------------------------------------------- */

static void
on_end(struct parent *p, struct child *c, int status)
{
	int64_t now = clock_mono_us();

	c->pid = 0;
	if (p->stopping)
		return;
	c->backoff_us = now - c->started_us >= SOUND_US || c->backoff_us == 0
	    ? BACKOFF_MIN_US
	    : c->backoff_us * 2;
	if (c->backoff_us > BACKOFF_MAX_US)
		c->backoff_us = BACKOFF_MAX_US;
	c->start_us = now + c->backoff_us;
	if (WIFSIGNALED(status))
		log_error("%s was ended by signal %d (%s); again in %.1f s",
		    c->program, WTERMSIG(status), strsignal(WTERMSIG(status)),
		    (double)c->backoff_us / CLOCK_US);
	else
		log_error("%s ended with status %d; again in %.1f s", c->program,
		    WEXITSTATUS(status), (double)c->backoff_us / CLOCK_US);
}

static bool
any_left(const struct parent *p)
{
	for (int i = 0; i < CHILDREN; i++)
		if (p->child[i].pid != 0)
			return true;
	return false;
}

static void
on_child_end(void *arg, int signo)
{
	struct parent *p = arg;
	pid_t pid;
	int status;

	(void)signo;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (int i = 0; i < CHILDREN; i++)
			if (p->child[i].pid == pid)
				on_end(p, &p->child[i], status);
	if (p->stopping && !any_left(p))
		loop_stop(p->loop);
}

static void
signal_all(const struct parent *p, int signo)
{
	for (int i = 0; i < CHILDREN; i++)
		if (p->child[i].pid != 0)
			kill(p->child[i].pid, signo);
}

static void
on_stop(void *arg, int signo)
{
	struct parent *p = arg;

	(void)signo;
	if (p->stopping)
		return;
	p->stopping = true;
	p->kill_us = clock_mono_us() + STOP_US;
	signal_all(p, SIGTERM);
	if (!any_left(p))
		loop_stop(p->loop);
}

static void
on_tick(void *arg)
{
	struct parent *p = arg;
	int64_t now = clock_mono_us();

	if (p->stopping) {
		if (now >= p->kill_us)
			signal_all(p, SIGKILL);
		return;
	}
	for (int i = 0; i < CHILDREN; i++) {
		struct child *c = &p->child[i];

		if (c->enabled && c->pid == 0 && now >= c->start_us)
			start_child(p, c);
	}
}

/* --- --init ------------------------------------------------------------------------------ */

static int
make_keys(const struct collector_config *c, char *error, size_t size)
{
	char path[PATH_BYTES];
	struct keyfile k;
	int result;

	/* Again is no harm: the key that agents trust stays. */
	if (access(c->key_path, F_OK) == 0) {
		result = keyfile_read(c->key_path, &k, error, size);
		if (result == 0)
			printf("%s\n", k.public);
		explicit_bzero(&k, sizeof(k));
		return result;
	}
	snprintf(path, sizeof(path), "%s.pub", c->key_path);
	if (server_make_key(&k) == -1) {
		snprintf(error, size, "libzmq was built without CURVE");
		return -1;
	}
	if (keyfile_write_public(path, k.public, error, size) == -1 ||
	    keyfile_write(c->key_path, &k, error, size) == -1)
		return -1;
	printf("%s\n", k.public);
	explicit_bzero(&k, sizeof(k));
	return 0;
}

static int
init(const struct collector_config *c, char *error, size_t size)
{
	if (mkdir(c->state_path, 0700) == -1 && errno != EEXIST) {
		snprintf(error, size,
		    "%s: %s; make its parent folder, or run as its owner",
		    c->state_path, strerror(errno));
		return -1;
	}
	return make_keys(c, error, size);
}

/* --- starting ----------------------------------------------------------------------------- */

static int
find_folder(struct parent *p, char *error, size_t size)
{
	char self[PATH_BYTES];
	ssize_t n;

	if (p->config.libexec[0] != '\0')
		return str_copy(p->folder, sizeof(p->folder), p->config.libexec);
	if ((n = readlink("/proc/self/exe", self, sizeof(self) - 1)) == -1) {
		snprintf(error, size, "/proc/self/exe: %s; set libexec",
		    strerror(errno));
		return -1;
	}
	self[n] = '\0';
	return str_copy(p->folder, sizeof(p->folder), dirname(self));
}

static int
check_programs(const struct parent *p, char *error, size_t size)
{
	static const char *const SWITCH[CHILDREN] = {
	    "", "; or set correlate.enabled: no", "; or set web.enabled: no"};
	char path[PATH_BYTES * 2];

	for (int i = 0; i < CHILDREN; i++) {
		const struct child *c = &p->child[i];

		if (!c->enabled ||
		    path_of(p, c->program, path, sizeof(path)) == -1 ||
		    access(path, X_OK) == 0)
			continue;
		snprintf(error, size,
		    "%s: %s; install it beside this program, or set libexec%s",
		    path, strerror(errno), SWITCH[i]);
		return -1;
	}
	return 0;
}

static int
check_state(const struct parent *p, char *error, size_t size)
{
	struct keyfile k;
	int result = keyfile_read(p->config.key_path, &k, error, size);

	explicit_bzero(&k, sizeof(k));
	if (result == -1 && access(p->config.key_path, F_OK) == -1)
		snprintf(error, size, "%s: %s; run " PROGRAM " --init first",
		    p->config.key_path, strerror(errno));
	return result;
}

/* Correlate and web read the store as soon as they start: it is made or upgraded first. */
static int
make_store(const struct parent *p, char *error, size_t size)
{
	struct store *s = store_open(p->config.store_uri, STORE_WRITE, error, size);

	store_close(s);
	return s == NULL ? -1 : 0;
}

static int
make_pairs(struct parent *p)
{
	int a[2], b[2];

	if (ipc_pair(a, PAIR_BYTES) == -1 || ipc_pair(b, PAIR_BYTES) == -1)
		return -1;
	p->child[CHILD_INGEST] = (struct child){.program = "stadswacht-ingest",
	    .enabled = true,
	    .end = {a[0], b[0]},
	    .ends = 2};
	p->child[CHILD_CORRELATE] =
	    (struct child){.program = "stadswacht-correlate",
		.enabled = p->config.correlate,
		.end = {a[1]},
		.ends = 1};
	p->child[CHILD_WEB] = (struct child){.program = "stadswacht-web",
	    .enabled = p->config.web,
	    .end = {b[1]},
	    .ends = 1};
	return 0;
}

static int
serve(struct parent *p, char *error, size_t size)
{
	if (make_pairs(p) == -1) {
		snprintf(error, size, "cannot start: %s", strerror(errno));
		return -1;
	}
	if (find_folder(p, error, size) == -1 ||
	    check_programs(p, error, size) == -1 ||
	    check_state(p, error, size) == -1 || make_store(p, error, size) == -1)
		return -1;
	if ((p->loop = loop_new()) == NULL ||
	    loop_signal(p->loop, SIGTERM, on_stop, p) == -1 ||
	    loop_signal(p->loop, SIGINT, on_stop, p) == -1 ||
	    loop_signal(p->loop, SIGCHLD, on_child_end, p) == -1 ||
	    loop_timer(p->loop, 0, 100000, on_tick, p) == NULL ||
	    loop_run(p->loop) == -1) {
		snprintf(error, size, "cannot run: %s", strerror(errno));
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static struct parent p;
	char error[PATH_BYTES * 3] = "";
	int result;

	log_init(PROGRAM);
	cmdline_parse(&CMDLINE, argc, argv);
	if (o_help_config) {
		config_print();
		return EXIT_DONE;
	}
	result = config_load(o_config, &p.config, error, sizeof(error));
	if (result == 0 && o_init)
		result = init(&p.config, error, sizeof(error));
	else if (result == 0 && !o_check)
		result = serve(&p, error, sizeof(error));
	if (result == -1)
		log_error("%s", error);
	loop_free(p.loop);
	config_release(&p.config);
	return result == 0 ? EXIT_DONE : EXIT_FAILED;
}
