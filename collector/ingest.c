/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-ingest: the only writer of the store.  Takes records from agents and
 * appends rows for correlate and web, and tells both what is new.
 */
#include "collector/config.h"
#include "collector/limits.h"
#include "collector/receive/intake.h"
#include "collector/receive/server.h"
#include "collector/role.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PROGRAM "stadswacht-ingest"
#define TICK_US (5 * INT64_C(1000000))
#define DAY_US	(24 * 3600 * INT64_C(1000000))
/* ZeroMQ tells changes once; a look now and then costs nothing. */
#define LOOK_US 50000

struct child {
	int fd;	     /* -1: not there */
	bool behind; /* it must still be told of new rows */
};

struct ingest {
	struct collector_config config;
	struct loop *loop;
	struct store *store;
	struct intake *intake;
	struct server *server;
	struct child child[2];
	int64_t told_id;
	int lock;
	bool more; /* a turn is due as soon as others had theirs */
	uint8_t message[IPC_MESSAGE_MAX];
};

static const char *o_config = CONFIG_DEFAULT_PATH, *o_add_agent, *o_tenant = "",
		  *o_host = "";
static bool o_children;

static const struct cmdline_option OPTIONS[] = {
    {"config", "FILE", "configuration (default " CONFIG_DEFAULT_PATH ")", NULL,
	&o_config, NULL},
    {"children", NULL, "descriptors 3 and 4 are correlate and web", &o_children,
	NULL, NULL},
    {"add-agent", "NAME=KEY", "let this agent send; while ingest does not run",
	NULL, &o_add_agent, NULL},
    {"tenant", "NAME", "with --add-agent: its municipality", NULL, &o_tenant, NULL},
    {"host", "NAME", "with --add-agent: its host", NULL, &o_host, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline CMDLINE = {
    .program = PROGRAM,
    .summary = "receive records and write the store",
    .options = OPTIONS,
    .footer = "Started by stadswacht-collector.",
};

/* --- correlate and web
 * ------------------------------------------------------------ */

static void
drop_child(struct ingest *g, struct child *c)
{
	loop_unwatch(g->loop, c->fd);
	close(c->fd);
	c->fd = -1;
}

static void
tell_new_rows(struct ingest *g)
{
	struct collector_new_rows n = {.last_id = intake_last_id(g->intake)};

	for (size_t i = 0; i < 2; i++) {
		struct child *c = &g->child[i];

		if (c->fd == -1 || (n.last_id == g->told_id && !c->behind))
			continue;
		/* When its queue is full it has older news to read first. */
		c->behind =
		    ipc_send(c->fd, COLLECTOR_NEW_ROWS, &n, sizeof(n), -1) == -1;
	}
	g->told_id = n.last_id;
}

static int64_t
do_append(struct ingest *g, const struct collector_append *a, const uint8_t *p,
    size_t len)
{
	if (a->cls >= RECORD_CLASSES)
		return -EINVAL;
	return intake_append(
	    g->intake, (enum record_class)a->cls, (const char *)p, len);
}

static bool
is_terminated(const char *s, size_t size)
{
	return memchr(s, '\0', size) != NULL;
}

static int64_t
do_put_agent(struct ingest *g, const uint8_t *p, size_t len)
{
	struct store_agent a;

	if (len != sizeof(a))
		return -EBADMSG;
	memcpy(&a, p, sizeof(a));
	if (!is_terminated(a.name, sizeof(a.name)) ||
	    !is_terminated(a.key, sizeof(a.key)) ||
	    !is_terminated(a.tenant, sizeof(a.tenant)) ||
	    !is_terminated(a.host, sizeof(a.host)) || a.state > STORE_AGENT_REVOKED)
		return -EBADMSG;
	return intake_put_agent(g->intake, &a);
}

static void
on_request(struct ingest *g, struct child *c, const struct ipc_message *m)
{
	struct collector_append a;
	struct collector_appended answer = {.id = -EBADMSG};
	const uint8_t *rest = m->body + sizeof(a);
	uint16_t type = COLLECTOR_APPENDED;

	if (m->len < sizeof(a))
		return;
	memcpy(&a, m->body, sizeof(a));
	answer.ticket = a.ticket;
	if (m->type == COLLECTOR_APPEND) {
		answer.id = do_append(g, &a, rest, m->len - sizeof(a));
	} else if (m->type == COLLECTOR_PUT_AGENT) {
		answer.id = do_put_agent(g, rest, m->len - sizeof(a));
		type = COLLECTOR_AGENT_PUT;
	}
	/* One that does not read its answers misses them; it asks again. */
	if (ipc_send(c->fd, type, &answer, sizeof(answer), -1) == -1)
		log_warn("an answer was not taken: %s", strerror(errno));
}

static void
on_child(void *arg, int fd, unsigned events)
{
	struct ingest *g = arg;
	struct child *c = &g->child[fd == ROLE_FD_CORRELATE ? 0 : 1];
	struct ipc_message m;
	int got;

	(void)events;
	while ((got = ipc_recv(fd, g->message, &m)) == 1) {
		if (m.fd != -1)
			close(m.fd);
		on_request(g, c, &m);
	}
	if (got == 0)
		drop_child(g, c);
	else if (errno != EAGAIN)
		log_warn("a message of %s is none of ours",
		    fd == ROLE_FD_CORRELATE ? "correlate" : "web");
	tell_new_rows(g);
}

/* --- the loop
 * ----------------------------------------------------------------------- */

static void on_more(void *arg);

/* For a while only: what correlate and web ask, a revocation too, must not wait. */
static void
receive(struct ingest *g)
{
	int64_t end = clock_mono_us() + RECEIVE_TURN_US;
	int got;

	while (
	    (got = intake_turn(g->intake, g->server)) == 1 && clock_mono_us() < end)
		tell_new_rows(g);
	tell_new_rows(g);
	if (got == 1 && !g->more)
		g->more = loop_timer(g->loop, 0, 0, on_more, g) != NULL;
}

static void
on_more(void *arg)
{
	struct ingest *g = arg;

	g->more = false;
	receive(g);
}

static void
on_server(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	receive(arg);
}

static void
on_look(void *arg)
{
	receive(arg);
}

static void
on_tick(void *arg)
{
	struct ingest *g = arg;

	intake_tick(g->intake);
	tell_new_rows(g);
}

static void
on_signal(void *arg, int signo)
{
	struct ingest *g = arg;

	(void)signo;
	loop_stop(g->loop);
}

static int
watch_all(struct ingest *g)
{
	int fds[2];

	server_fds(g->server, fds);
	if (loop_watch(g->loop, fds[0], LOOP_READ, on_server, g) == -1 ||
	    loop_watch(g->loop, fds[1], LOOP_READ, on_server, g) == -1)
		return -1;
	for (int i = 0; i < 2; i++) {
		g->child[i].fd = o_children ? ROLE_FD_CORRELATE + i : -1;
		g->child[i].behind = true;
		if (o_children &&
		    loop_watch(g->loop, g->child[i].fd, LOOP_READ, on_child, g) ==
			-1)
			return -1;
	}
	if (loop_signal(g->loop, SIGTERM, on_signal, g) == -1 ||
	    loop_signal(g->loop, SIGINT, on_signal, g) == -1)
		return -1;
	return loop_timer(g->loop, LOOK_US, LOOK_US, on_look, g) == NULL ||
		loop_timer(g->loop, TICK_US, TICK_US, on_tick, g) == NULL
	    ? -1
	    : 0;
}

/* --- starting
 * ------------------------------------------------------------------------- */

/* One writer: a second ingest would give the same sequences to its own rows. */
static int
take_lock(struct ingest *g, char *error, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/ingest.lock", g->config.state_path);
	g->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (g->lock != -1 && flock(g->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	snprintf(error, size, "%s: %s; %s", path, strerror(errno),
	    errno == EWOULDBLOCK ? "another ingest runs"
				 : "run stadswacht-collector --init first");
	return -1;
}

static int
load(struct ingest *g, char *error, size_t size)
{
	g->lock = -1;
	if (config_load(o_config, &g->config, error, size) == -1 ||
	    take_lock(g, error, size) == -1)
		return -1;
	g->store = store_open(g->config.store_uri, STORE_WRITE, error, size);
	if (g->store == NULL)
		return -1;
	if ((g->intake = intake_new(
		 g->store, (int64_t)g->config.retention_days * DAY_US)) == NULL) {
		snprintf(error, size, "cannot start: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int
open_server(struct ingest *g, char *error, size_t size)
{
	struct keyfile key;

	if (keyfile_read(g->config.key_path, &key, error, size) == -1)
		return -1;
	g->server = server_open(
	    g->config.listen, &key, intake_allow, g->intake, error, size);
	explicit_bzero(&key, sizeof(key));
	if (g->server == NULL)
		return -1;
	if ((g->loop = loop_new()) == NULL || watch_all(g) == -1) {
		snprintf(error, size, "cannot start: %s", strerror(errno));
		return -1;
	}
	return 0;
}

static int
add_agent(struct ingest *g, char *error, size_t size)
{
	struct store_agent a = {.state = STORE_AGENT_ACTIVE};
	const char *equals = strchr(o_add_agent, '=');
	size_t len = equals != NULL ? (size_t)(equals - o_add_agent) : 0;

	if (equals == NULL || len == 0 || len >= sizeof(a.name) ||
	    !keyfile_is_key(equals + 1))
		cmdline_usage(
		    &CMDLINE, "--add-agent %s: give NAME=KEY", o_add_agent);
	memcpy(a.name, o_add_agent, len);
	str_copy(a.key, sizeof(a.key), equals + 1);
	if (str_copy(a.tenant, sizeof(a.tenant), o_tenant) == -1 ||
	    str_copy(a.host, sizeof(a.host), o_host) == -1)
		cmdline_usage(&CMDLINE, "--tenant or --host is too long");
	if (g->config.tenants.n > 0 && !config_tenant_known(&g->config, a.tenant)) {
		snprintf(error, size,
		    "%s: tenants does not name \"%s\"; add it there", o_config,
		    a.tenant);
		return -1;
	}
	if (intake_put_agent(g->intake, &a) == 0)
		return 0;
	snprintf(
	    error, size, "%s: not stored; is its key another agent's?", a.name);
	return -1;
}

int
main(int argc, char **argv)
{
	static struct ingest g;
	char error[1024];
	int status = EXIT_FAILED;

	log_init(PROGRAM);
	cmdline_parse(&CMDLINE, argc, argv);
	if (load(&g, error, sizeof(error)) == -1) {
		log_error("%s", error);
	} else if (o_add_agent != NULL) {
		if (add_agent(&g, error, sizeof(error)) == 0)
			status = EXIT_DONE;
		else
			log_error("%s", error);
	} else if (open_server(&g, error, sizeof(error)) == -1) {
		log_error("%s", error);
	} else {
		log_info("listening on %s", g.config.listen);
		status = loop_run(g.loop) == 0 ? EXIT_DONE : EXIT_FAILED;
	}
	server_close(g.server);
	intake_free(g.intake);
	store_close(g.store);
	loop_free(g.loop);
	config_release(&g.config);
	if (g.lock != -1)
		close(g.lock);
	return status;
}
