/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Deaths between queue and store.  A real forwarder and a real ingest on loopback, in
 * a folder of its own; this program writes numbered records into the queue, kills one
 * of the two, at random or at a named place, starts it again, and goes on.  At the end
 * every record that was accepted must be in the store, once.
 *
 *	crash FOLDER-OF-PROGRAMS DEATHS [SEED]
 */
#include "collector/receive/server.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/ipc.h"
#include "common/jw.h"
#include "common/record.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_FD      5
#define RECORDS_MAX   4000000
#define QUIET_US      (60 * INT64_C(1000000))
#define FAULT_WAIT_US (3 * INT64_C(1000000))

enum {
	FORWARDER,
	INGEST
};

static const struct place {
	int who;
	const char *name;
} PLACES[] = {
    {FORWARDER, "append-not-consumed"},
    {FORWARDER, "segment-created"},
    {FORWARDER, "batch-sent"},
    {FORWARDER, "ack-taken"},
    {INGEST, "row-appended"},
    {INGEST, "before-commit"},
    {INGEST, "after-commit"},
};

#define PLACES_N (sizeof(PLACES) / sizeof(PLACES[0]))

static const char *programs;
static char folder[] = "/tmp/stadswacht-crash.XXXXXX";
static char config[64], collector_key[64], agent_key[64], spool[64], listen_at[64],
    uri[64];
static char log_path[64];
static int queue[2]; /* ours, the forwarder's; both stay open here */
static pid_t pids[2];
static unsigned fired[PLACES_N];
static struct record_writer *writer;
static uint64_t sent;
static uint8_t *times; /* each record was seen in the store */

static void
die(const char *what)
{
	fprintf(stderr, "crash: %s: %s; see %s\n", what, strerror(errno), folder);
	for (int i = 0; i < 2; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	exit(1);
}

static uint32_t
dice(uint32_t n)
{
	return (uint32_t)random() % n;
}

static void
nap(int64_t us)
{
	struct timespec t = {
	    .tv_sec = us / CLOCK_US, .tv_nsec = us % CLOCK_US * 1000};

	nanosleep(&t, NULL);
}

/* --- the two programs -------------------------------------------------------------- */

static void
exec_program(const char *name, const char *const argv[])
{
	char path[512];
	int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);

	snprintf(path, sizeof(path), "%s/stadswacht-%s", programs, name);
	dup2(log, STDERR_FILENO);
	execv(path, (char *const *)(uintptr_t)argv);
	_exit(127);
}

static void
start(int who, const char *fault)
{
	static const char *const FORWARD[] = {"forwarder", "--spool", spool,
	    "--collector", listen_at, "--collector-key", collector_key, "--key",
	    agent_key, "--agent", "sw-crash", "--host", "crash", "--queues", "1",
	    "--quota", "1G", NULL};
	static const char *const RECEIVE[] = {"ingest", "--config", config, NULL};

	if ((pids[who] = fork()) == -1)
		die("fork");
	if (pids[who] != 0)
		return;
	if (fault != NULL)
		setenv("STADSWACHT_FAULT", fault, 1);
	if (who == FORWARDER && dup2(queue[1], QUEUE_FD) == -1)
		_exit(127);
	exec_program(who == FORWARDER ? "forwarder" : "ingest",
	    who == FORWARDER ? FORWARD : RECEIVE);
}

static void
run_once(const char *name, const char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		exec_program(name, argv);
	if (pid == -1 || waitpid(pid, &status, 0) == -1 || status != 0)
		die(name);
}

/* 1 when it is dead; a death that was not a kill is a failure of its own. */
static int
reap(int who, int flags)
{
	int status;
	pid_t pid = waitpid(pids[who], &status, flags);

	if (pid == 0)
		return 0;
	if (pid != pids[who] || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL) {
		fprintf(stderr, "crash: %s ended by itself, status %x\n",
		    who == FORWARDER ? "forwarder" : "ingest", (unsigned)status);
		die("unexpected end");
	}
	return 1;
}

/* A port that is free now; only this machine sees it. */
static unsigned
free_port(void)
{
	struct sockaddr_in a = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (s == -1 || bind(s, (struct sockaddr *)&a, len) == -1 ||
	    getsockname(s, (struct sockaddr *)&a, &len) == -1)
		die("port");
	close(s);
	return ntohs(a.sin_port);
}

static void
set_up(void)
{
	const char *add[] = {"ingest", "--config", config, "--add-agent", NULL,
	    "--tenant", "zwolle", NULL};
	struct keyfile mine, theirs;
	char error[256], option[128], path[64];
	FILE *f;

	if (mkdtemp(folder) == NULL || server_make_key(&mine) == -1 ||
	    server_make_key(&theirs) == -1)
		die("set up");
	snprintf(listen_at, sizeof(listen_at), "tcp://127.0.0.1:%u", free_port());
	snprintf(config, sizeof(config), "%s/collector.yaml", folder);
	snprintf(collector_key, sizeof(collector_key), "%s/collector.pub", folder);
	snprintf(agent_key, sizeof(agent_key), "%s/agent.key", folder);
	snprintf(spool, sizeof(spool), "%s/spool", folder);
	snprintf(uri, sizeof(uri), "sqlite:%s/store.db", folder);
	snprintf(log_path, sizeof(log_path), "%s/log", folder);
	snprintf(path, sizeof(path), "%s/collector.key", folder);
	if (keyfile_write(path, &theirs, error, sizeof(error)) == -1 ||
	    keyfile_write(agent_key, &mine, error, sizeof(error)) == -1 ||
	    keyfile_write_public(
		collector_key, theirs.public, error, sizeof(error)) == -1 ||
	    (f = fopen(config, "w")) == NULL)
		die("files");
	fprintf(f, "state: %s\nlisten: %s\n", folder, listen_at);
	fclose(f);
	snprintf(option, sizeof(option), "sw-crash=%s", mine.public);
	add[4] = option;
	run_once("ingest", add);
	if (ipc_pair(queue, 4u << 20) == -1 ||
	    (writer = record_writer_new(queue[0], 256u << 20)) == NULL)
		die("queue");
}

/* --- records ------------------------------------------------------------------------- */

static void
write_one(void)
{
	static const enum record_class CLASSES[] = {RECORD_ALERT, RECORD_ALERT,
	    RECORD_ALERT, RECORD_FINDING, RECORD_TELEMETRY, RECORD_HEALTH};
	enum record_class c = CLASSES[dice(sizeof(CLASSES) / sizeof(CLASSES[0]))];
	char json[2048], time[CLOCK_TEXT_SIZE];
	int64_t now = clock_wall_us();
	int len;

	len = snprintf(json, sizeof(json),
	    "{\"timestamp\":\"%s\",\"event_type\":\"alert\",\"n\":%llu,\"alert\":{"
	    "\"gid\":1,"
	    "\"signature_id\":1,\"signature\":\"crash\",\"severity\":3},\"pad\":\"%"
	    "*s\","
	    "\"stadswacht\":{\"v\":1,\"class\":\"%s\",\"engine\":\"rules\"}}",
	    clock_text(now, time), (unsigned long long)sent, (int)dice(1000), "",
	    record_class_name(c));
	/* What a full queue drops was never accepted: the number is used again. */
	if (sent < RECORDS_MAX &&
	    record_write(writer, c, now, json, (size_t)len) == 0)
		sent++;
}

static void
write_for(int64_t us)
{
	int64_t end = clock_mono_us() + us;

	while (clock_mono_us() < end) {
		for (uint32_t n = dice(40); n > 0; n--)
			write_one();
		record_writer_flush(writer);
		nap(1000);
	}
}

/* --- deaths --------------------------------------------------------------------------- */

static void
kill_at_random(void)
{
	int who = dice(2) == 0 ? FORWARDER : INGEST;

	write_for(5000 + dice(250000));
	kill(pids[who], SIGKILL);
	reap(who, 0);
	if (dice(4) == 0)
		write_for(dice(50000));
	start(who, NULL);
}

/* Start it again with a fault set, and write until it falls. */
static void
kill_at_place(size_t k)
{
	int who = PLACES[k].who;
	int64_t end = clock_mono_us() + FAULT_WAIT_US;
	char fault[64];

	snprintf(fault, sizeof(fault), "%s:%u", PLACES[k].name, 1 + dice(5));
	kill(pids[who], SIGKILL);
	reap(who, 0);
	start(who, fault);
	while (clock_mono_us() < end) {
		write_for(5000);
		if (reap(who, WNOHANG) == 1) {
			fired[k]++;
			start(who, NULL);
			return;
		}
	}
	kill(pids[who], SIGKILL);
	reap(who, 0);
	start(who, NULL);
}

/* --- the end ---------------------------------------------------------------------------- */

struct tally {
	uint64_t seen, doubled, strange;
	int64_t after;
};

static int
tally_row(void *arg, const struct store_row *r)
{
	struct tally *t = arg;
	const char *n = strstr(r->body, "\"n\":");
	uint64_t number;

	t->after = r->id;
	if (strcmp(r->agent, "sw-crash") != 0 ||
	    strcmp(r->event_type, "alert") != 0) {
		t->strange += strcmp(r->event_type, "malformed") == 0 ||
		    strcmp(r->event_type, "gap") == 0 || r->gid == 600;
		return 0;
	}
	number = n != NULL ? strtoull(n + 4, NULL, 10) : UINT64_MAX;
	if (number >= sent) {
		t->strange++;
		return 0;
	}
	t->doubled += times[number] > 0;
	t->seen += times[number] == 0;
	times[number] = 1;
	return 0;
}

static void
read_new_rows(struct tally *t)
{
	char error[256];
	struct store *s = store_open(uri, STORE_READ, error, sizeof(error));
	struct store_query q = {.limit = 10000};

	if (s == NULL)
		return;
	do
		q.after_id = t->after;
	while (store_select(s, &q, tally_row, t) > 0);
	store_close(s);
}

/* Nobody dies any more: wait until all is there, or nothing comes for a long time. */
static void
settle(struct tally *t)
{
	int64_t moved = clock_mono_us();

	while (clock_mono_us() - moved < QUIET_US) {
		uint64_t before = t->seen;

		if (record_writer_flush(writer) == 0 && t->seen == sent)
			break;
		read_new_rows(t);
		if (t->seen != before)
			moved = clock_mono_us();
		nap(50000);
	}
	/* And what would come twice has its time. */
	nap(1000000);
	read_new_rows(t);
}

static int
report(const struct tally *t, unsigned deaths, unsigned seed)
{
	unsigned passed = 0, failed = 0, silent = 0;
	const bool checks[] = {t->seen == sent, t->doubled == 0, t->strange == 0};

	for (size_t k = 0; k < PLACES_N; k++) {
		printf("%-20s died there %u times\n", PLACES[k].name, fired[k]);
		silent += fired[k] == 0;
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		checks[i] ? passed++ : failed++;
	silent == 0 || deaths < 6 * PLACES_N ? passed++ : failed++;
	printf("%llu records, %u deaths, seed %u: lost %llu, doubled %llu, strange "
	       "rows %llu\n",
	    (unsigned long long)sent, deaths, seed,
	    (unsigned long long)(sent - t->seen), (unsigned long long)t->doubled,
	    (unsigned long long)t->strange);
	printf("%u passed, %u failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}

static void
clean_up(int result)
{
	char command[128];

	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGTERM);
		waitpid(pids[i], NULL, 0);
	}
	record_writer_free(writer);
	if (result != 0) {
		printf("left for you to look at: %s\n", folder);
		return;
	}
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	if (system(command) != 0)
		fprintf(stderr, "crash: %s is still there\n", folder);
}

int
main(int argc, char **argv)
{
	struct tally t = {0};
	unsigned deaths, seed;
	int result;

	if (argc < 3) {
		fprintf(stderr, "usage: crash FOLDER-OF-PROGRAMS DEATHS [SEED]\n");
		return 2;
	}
	programs = argv[1];
	deaths = (unsigned)strtoul(argv[2], NULL, 10);
	seed = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : (unsigned)getpid();
	srandom(seed);
	if ((times = calloc(RECORDS_MAX, 1)) == NULL)
		die("memory");
	set_up();
	start(INGEST, NULL);
	start(FORWARDER, NULL);
	for (unsigned i = 0; i < deaths; i++)
		if (i % 2 == 0)
			kill_at_place(i / 2 % PLACES_N);
		else
			kill_at_random();
	settle(&t);
	result = report(&t, deaths, seed);
	clean_up(result);
	free(times);
	return result;
}
