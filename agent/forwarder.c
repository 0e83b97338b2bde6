/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-forwarder: takes records from the queues of sensors and scanner into
 * the spool, sends them to the collector, and drops them some time after they were
 * stored there.  A record leaves its queue only when the spool has it, so a death
 * in between neither loses nor doubles it.
 */
#include "agent/forward/sender.h"
#include "agent/forwarder_tell.h"
#include "agent/limits.h"
#include "agent/role.h"
#include "agent/sandbox.h"
#include "agent/spool/spool.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/fault.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/str.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TICK_US	 50000
#define BEAT_US	 1000000
#define STATS_US (60 * 1000000ll)
#define PROGRAM	 "stadswacht-forwarder"

struct queue {
	int fd;
	bool begun; /* its first record since our start was looked at */
	bool open;
};

struct forwarder {
	struct loop *loop;
	struct spool *spool;
	struct link *link;
	struct sender *sender;
	int link_fd;
	struct queue queue[FORWARD_QUEUES_MAX];
	size_t queues_n, queues_open;
	bool control;
	bool more; /* a turn is due as soon as others had theirs */
	uint64_t taken, bad;
	struct forwarder_tell tell;
	int64_t stats_due;
	bool named;	  /* a collector is given by name */
	bool unresolved;  /* and none has an address */
	bool again;	  /* end, to resolve names */
	int64_t apart_us; /* the collector was last there, or our start */
	uint8_t datagram[IPC_MESSAGE_MAX];
};

static const char *o_spool, *o_collector_key, *o_key, *o_agent,
    *o_tenant = "", *o_host = "", *o_queues = "0", *o_make_key, *o_quota = "2G",
    *o_root;
static bool o_control;
static struct cmdline_list o_collectors;

static const struct cmdline_option OPTIONS[] = {
    {"spool", "DIR", "folder of records that are not stored yet", NULL, &o_spool,
	NULL},
    {"collector", "URL", "tcp://HOST:PORT; repeat for others to try", NULL, NULL,
	&o_collectors},
    {"collector-key", "FILE", "the collector's public key", NULL, &o_collector_key,
	NULL},
    {"key", "FILE", "this agent's key, of --make-key", NULL, &o_key, NULL},
    {"agent", "ID", "this agent's name", NULL, &o_agent, NULL},
    {"tenant", "NAME", "municipality; a hint, the collector decides", NULL,
	&o_tenant, NULL},
    {"host", "NAME", "name of this host", NULL, &o_host, NULL},
    {"queues", "N", "record queues, from descriptor 5 on", NULL, &o_queues, NULL},
    {"control", NULL, "descriptor 3 is the parent", &o_control, NULL, NULL},
    {"quota", "SIZE", "bytes of the spool, as 512M or 2G (default 2G)", NULL,
	&o_quota, NULL},
    {"root", "DIR", "empty folder to become the root", NULL, &o_root, NULL},
    {"make-key", "FILE", "make a key, print its public half, end", NULL,
	&o_make_key, NULL},
    {NULL, NULL, NULL, NULL, NULL, NULL},
};

static const struct cmdline CMDLINE = {
    .program = PROGRAM,
    .summary = "spool records and send them to the collector",
    .options = OPTIONS,
};

/* --- queues
 * ------------------------------------------------------------------------------ */

static void
close_queue(struct forwarder *f, struct queue *q)
{
	loop_unwatch(f->loop, q->fd);
	q->open = false;
	f->queues_open--;
}

/* Peek, append, consume.  1: one was taken; 0: none there, or the queue is closed.
 */
static int
take_record(struct forwarder *f, struct queue *q)
{
	ssize_t n =
	    recv(q->fd, f->datagram, sizeof(f->datagram), MSG_PEEK | MSG_DONTWAIT);
	struct record r;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1 || (n == 0 && ipc_peer_gone(q->fd))) {
		close_queue(f, q);
		return 0;
	}
	if (record_decode(f->datagram, (size_t)n, &r) == -1)
		f->bad++;
	else if (q->begun || !spool_held(f->spool, &r))
		spool_append(f->spool, &r);
	FAULT("append-not-consumed");
	q->begun = true;
	f->taken++;
	if (recv(q->fd, f->datagram, 1, MSG_DONTWAIT) == -1)
		close_queue(f, q);
	return 1;
}

static void turn(struct forwarder *f);

static void
on_queue(void *arg, int fd, unsigned events)
{
	struct forwarder *f = arg;

	(void)events;
	for (size_t i = 0; i < f->queues_n; i++)
		if (f->queue[i].fd == fd)
			for (int n = 0; n < FORWARD_QUEUE_TURN && f->queue[i].open;
			     n++)
				if (take_record(f, &f->queue[i]) == 0)
					break;
	turn(f);
}

/* --- the loop
 * ---------------------------------------------------------------------------- */

static void
on_link(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	turn(arg);
}

static void
watch_link(struct forwarder *f)
{
	f->link_fd = link_fd(f->link);
	loop_watch(f->loop, f->link_fd, LOOP_READ, on_link, f);
}

static void
on_more(void *arg)
{
	struct forwarder *f = arg;

	f->more = false;
	turn(f);
}

static void
turn(struct forwarder *f)
{
	int64_t now = clock_mono_us();
	unsigned result;

	spool_sync(f->spool, now, false);
	result = sender_turn(f->sender, now);
	if (result & SENDER_NEW_FD) {
		loop_unwatch(f->loop, f->link_fd);
		watch_link(f);
	}
	if ((result & SENDER_MORE) && !f->more)
		f->more = loop_timer(f->loop, 0, 0, on_more, f) != NULL;
}

static void
on_tick(void *arg)
{
	turn(arg);
}

static uint64_t
memory_bytes(void)
{
	struct rusage u;

	return getrusage(RUSAGE_SELF, &u) == 0 ? (uint64_t)u.ru_maxrss * 1024 : 0;
}

/* Without its collector for long: its name may have another address by now. */
static void
resolve_again(struct forwarder *f, int64_t now)
{
	struct sender_stats se;

	sender_stats(f->sender, &se);
	if (se.connected)
		f->apart_us = now;
	if (!f->control || !f->named ||
	    now - f->apart_us <
		(f->unresolved ? FORWARD_RESOLVE_SOON_US : FORWARD_RESOLVE_US))
		return;
	f->again = true;
	loop_stop(f->loop);
}

static void
on_beat(void *arg)
{
	struct forwarder *f = arg;
	struct role_beat b = {.work = f->taken, .memory_bytes = memory_bytes()};
	int64_t now = clock_mono_us();
	struct spool_stats st;

	spool_stats(f->spool, &st);
	for (int c = 0; c < RECORD_CLASSES; c++)
		b.dropped_here += st.shed[c] + st.refused[c];
	spool_tidy(f->spool, now);
	forwarder_tell_gap(&f->tell);
	if (now >= f->stats_due) {
		f->stats_due = now + STATS_US;
		forwarder_tell_stats(&f->tell, f->taken, f->bad);
	}
	if (f->control)
		ipc_send(ROLE_FD_CONTROL, ROLE_BEAT, &b, sizeof(b), -1);
	resolve_again(f, now);
}

/* Everything that is queued is accepted: into the spool with it, then end. */
static void
stop(struct forwarder *f)
{
	for (size_t i = 0; i < f->queues_n; i++)
		while (f->queue[i].open && take_record(f, &f->queue[i]) == 1)
			continue;
	loop_stop(f->loop);
}

static void
on_control(void *arg, int fd, unsigned events)
{
	struct forwarder *f = arg;
	struct ipc_message m;
	int got;

	(void)events;
	while ((got = ipc_recv(fd, f->datagram, &m)) == 1) {
		if (m.fd != -1)
			close(m.fd);
		if (m.type == ROLE_STOP)
			stop(f);
	}
	if (got == 0) {
		loop_unwatch(f->loop, fd);
		f->control = false;
		stop(f);
	}
}

static void
on_signal(void *arg, int signo)
{
	(void)signo;
	stop(arg);
}

/* --- starting
 * ------------------------------------------------------------------------------ */

/* path may be a folder: then agent.key in it. */
static int
make_key(const char *path)
{
	char inside[512], error[1024] = "libzmq was built without CURVE";
	struct keyfile k;
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		snprintf(inside, sizeof(inside), "%s/agent.key", path);
		path = inside;
	}
	if (link_make_key(&k) == -1 ||
	    keyfile_write(path, &k, error, sizeof(error)) == -1) {
		fprintf(stderr, PROGRAM ": %s\n", error);
		return EXIT_FAILED;
	}
	printf("%s\n", k.public);
	return EXIT_DONE;
}

static uint64_t
parse_size(const char *text)
{
	static const char UNITS[] = "KMG";
	char digits[24];
	size_t len = strlen(text);
	const char *unit = len > 0 ? strchr(UNITS, text[len - 1]) : NULL;
	uint64_t n;

	if (unit != NULL)
		len--;
	if (len == 0 || len >= sizeof(digits))
		cmdline_usage(&CMDLINE, "--quota %s: no size; as 512M or 2G", text);
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (str_u64(digits, UINT64_MAX >> (unit == NULL ? 0 : 30), &n) == -1)
		cmdline_usage(&CMDLINE, "--quota %s: no size; as 512M or 2G", text);
	return unit == NULL ? n : n << (10 * (unit - UNITS + 1));
}

static void
check_usage(struct forwarder *f)
{
	static const struct {
		const char *const *value, *name;
	} NEEDED[] = {{&o_spool, "spool"}, {&o_collector_key, "collector-key"},
	    {&o_key, "key"}, {&o_agent, "agent"}};
	uint64_t n;

	for (size_t i = 0; i < sizeof(NEEDED) / sizeof(NEEDED[0]); i++)
		if (*NEEDED[i].value == NULL)
			cmdline_usage(&CMDLINE, "--%s is needed", NEEDED[i].name);
	if (o_collectors.n == 0 || o_collectors.n > LINK_COLLECTORS_MAX)
		cmdline_usage(&CMDLINE, "--collector is needed, at most %d times",
		    LINK_COLLECTORS_MAX);
	if (str_u64(o_queues, FORWARD_QUEUES_MAX, &n) == -1)
		cmdline_usage(&CMDLINE, "--queues %s: a number up to %d", o_queues,
		    FORWARD_QUEUES_MAX);
	f->queues_n = n;
	f->control = o_control;
}

/* Keys and addresses, while files and names are still in reach. */
static int
load_link(struct forwarder *f, struct link_options *o, char *error, size_t size)
{
	*o = (struct link_options){.given = {o_collectors.v[0]}};
	if (keyfile_read(o_key, &o->own, error, size) == -1 ||
	    keyfile_read_public(o_collector_key, o->collector, error, size) == -1)
		return -1;
	for (size_t i = 0; i < o_collectors.n; i++) {
		const char *given = o_collectors.v[i];
		char *url = o->url[o->urls_n];

		if (link_resolve(given, url, error, size) == 0) {
			f->named = f->named || strcmp(given, url) != 0;
			o->given[o->urls_n++] = given;
			continue;
		}
		if (errno == EINVAL)
			return -1;
		/* The network may not be there yet; the spool has to be. */
		f->named = true;
		log_warn(
		    "collector.address: %s; tried again later, records wait in "
		    "the spool",
		    error);
	}
	f->unresolved = o->urls_n == 0;
	return 0;
}

static int
load_spool(struct forwarder *f, char *error, size_t size)
{
	char *boot = str_read_file("/proc/sys/kernel/random/boot_id", 64, NULL);
	struct spool_options o = {.path = o_spool,
	    .agent = o_agent,
	    .boot = boot != NULL ? str_trim(boot) : "unknown",
	    .quota = parse_size(o_quota)};

	f->spool = spool_open(&o, error, size);
	free(boot);
	return f->spool == NULL ? -1 : 0;
}

static int
load(struct forwarder *f, char *error, size_t size)
{
	struct sandbox sandbox = {.root = o_root};
	struct sender_names names = {
	    .agent = o_agent, .tenant = o_tenant, .host = o_host};
	struct link_options link;

	if (load_link(f, &link, error, size) == -1 ||
	    load_spool(f, error, size) == -1 ||
	    sandbox_enter(SANDBOX_FORWARDER, &sandbox, error, size) == -1)
		return -1;
	f->loop = loop_new();
	f->link = link_new(&link);
	explicit_bzero(&link.own, sizeof(link.own));
	if (f->loop != NULL && f->link != NULL)
		f->sender = sender_new(f->spool, f->link, &names);
	if (f->sender != NULL) {
		forwarder_tell_init(&f->tell, f->spool, f->sender);
		return 0;
	}
	snprintf(error, size, "cannot start: %s", strerror(errno));
	return -1;
}

static int
watch_all(struct forwarder *f)
{
	for (size_t i = 0; i < f->queues_n; i++) {
		f->queue[i] =
		    (struct queue){.fd = ROLE_FD_QUEUES + (int)i, .open = true};
		if (loop_watch(f->loop, f->queue[i].fd, LOOP_READ, on_queue, f) ==
		    -1)
			return -1;
	}
	f->queues_open = f->queues_n;
	watch_link(f);
	if (f->control &&
	    (loop_watch(f->loop, ROLE_FD_CONTROL, LOOP_READ, on_control, f) == -1 ||
		ipc_send(ROLE_FD_CONTROL, ROLE_READY, NULL, 0, -1) == -1))
		return -1;
	if (loop_signal(f->loop, SIGTERM, on_signal, f) == -1 ||
	    loop_signal(f->loop, SIGINT, on_signal, f) == -1)
		return -1;
	return loop_timer(f->loop, TICK_US, TICK_US, on_tick, f) == NULL ||
		loop_timer(f->loop, BEAT_US, BEAT_US, on_beat, f) == NULL
	    ? -1
	    : 0;
}

int
main(int argc, char **argv)
{
	static struct forwarder f;
	char error[512];
	int status = EXIT_FAILED;

	log_init(PROGRAM);
	cmdline_parse(&CMDLINE, argc, argv);
	if (o_make_key != NULL)
		return make_key(o_make_key);
	check_usage(&f);
	if (load(&f, error, sizeof(error)) == -1) {
		log_error("%s", error);
	} else if (watch_all(&f) == -1) {
		log_error("cannot watch the queues: %s; are --queues and --control "
			  "right?",
		    strerror(errno));
	} else {
		f.stats_due = f.apart_us = clock_mono_us();
		forwarder_tell_start(&f.tell);
		status = loop_run(f.loop) == -1 ? EXIT_FAILED
		    : f.again			? ROLE_EXIT_AGAIN
						: EXIT_DONE;
	}
	sender_free(f.sender);
	link_free(f.link);
	spool_close(f.spool);
	loop_free(f.loop);
	return status;
}
