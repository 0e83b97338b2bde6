/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A stand-in for ingest, for tests of web: append --store URI [--delay MS] --
 * PROGRAM ARGS... starts the program with the line to ingest as descriptor 3,
 * appends each line of standard input (a record's JSON, or "agent NAME KEY TENANT
 * HOST STATE") to the store, tells the program, and answers its writes.  A program
 * left out: only appends.  Prints each row's id.
 */
#include "collector/role.h"
#include "collector/store/store.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/crc32c.h"
#include "common/ipc.h"
#include "common/json.h"
#include "common/log.h"
#include "common/str.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *store_uri;
static struct store *store;
static int web_fd = -1;
static uint64_t seq;

/* What ingest does with a body: its members become columns. */
static int64_t
append(const char *body, size_t len, enum record_class cls, const char *agent)
{
	struct json_doc *d = json_read(body, len, NULL, 0);
	struct store_row r = {.agent = agent,
	    .epoch = "test",
	    .cls = cls,
	    .seq = ++seq,
	    .body = body,
	    .body_len = len,
	    .received_us = clock_wall_us()};
	int64_t id = -1;

	r.crc = crc32c(0, body, len);
	r.time_us = r.received_us;
	if (d != NULL) {
		const char *when = json_str(d, "timestamp");
		const char *name = json_str(d, "stadswacht.class");

		if (when != NULL)
			(void)clock_parse(when, &r.time_us);
		if (name != NULL && record_class_parse(name) != -1)
			r.cls = (enum record_class)record_class_parse(name);
		if (json_str(d, "stadswacht.agent") != NULL)
			r.agent = json_str(d, "stadswacht.agent");
		r.tenant = json_str(d, "stadswacht.tenant");
		r.host = json_str(d, "stadswacht.host");
		r.engine = json_str(d, "stadswacht.engine");
		r.event_type = json_str(d, "event_type");
		r.signature = json_str(d, "alert.signature");
		r.category = json_str(d, "alert.category");
		r.gid = json_int(d, "alert.gid", 0);
		r.sid = json_int(d, "alert.signature_id", 0);
		r.severity = json_int(d, "alert.severity", 0);
		r.src_ip = json_str(d, "src_ip");
		r.dest_ip = json_str(d, "dest_ip");
		r.src_port = json_int(d, "src_port", 0);
		r.dest_port = json_int(d, "dest_port", 0);
	} else {
		r.event_type = "alert"; /* a broken record is stored as it came */
	}
	if (store_begin(store) == -1 || store_append(store, &r, &id) == -1 ||
	    store_commit(store) == -1)
		id = -EIO;
	json_free(d);
	return id;
}

static int64_t
put_agent(const struct store_agent *a)
{
	if (store_begin(store) == -1 || store_put_agent(store, a) == -1 ||
	    store_commit(store) == -1)
		return -EIO;
	return 0;
}

static void
tell(int64_t last_id)
{
	struct collector_new_rows n = {.last_id = last_id};

	if (web_fd != -1)
		(void)ipc_send(web_fd, COLLECTOR_NEW_ROWS, &n, sizeof(n), -1);
}

static void
on_line(char *line, size_t len)
{
	struct store_agent a = {0};
	char state[16];
	int64_t id;

	if (sscanf(line, "agent %63s %47s %63s %255s %15s", a.name, a.key, a.tenant,
		a.host, state) == 5) {
		a.state = strcmp(state, "active") == 0 ? STORE_AGENT_ACTIVE
		    : strcmp(state, "revoked") == 0    ? STORE_AGENT_REVOKED
						       : STORE_AGENT_PENDING;
		a.first_seen_us = clock_wall_us() - 86400 * INT64_C(1000000);
		a.last_seen_us =
		    a.state == STORE_AGENT_ACTIVE ? clock_wall_us() : 0;
		printf("agent %" PRId64 "\n", put_agent(&a));
	} else {
		id = append(line, len, RECORD_ALERT, "collector");
		printf("%" PRId64 "\n", id);
		tell(id);
	}
	fflush(stdout);
}

static int
on_web(void)
{
	static uint8_t buffer[IPC_MESSAGE_MAX];
	struct collector_append head;
	struct collector_appended answer;
	struct store_agent a;
	struct ipc_message m;
	int got;

	if ((got = ipc_recv(web_fd, buffer, &m)) != 1)
		return got == -1 && errno == EAGAIN ? 0 : -1;
	if (m.len < sizeof(head))
		return -1;
	memcpy(&head, m.body, sizeof(head));
	answer.ticket = head.ticket;
	if (m.type == COLLECTOR_PUT_AGENT && m.len == sizeof(head) + sizeof(a)) {
		memcpy(&a, m.body + sizeof(head), sizeof(a));
		answer.id = put_agent(&a);
		return ipc_send(
		    web_fd, COLLECTOR_AGENT_PUT, &answer, sizeof(answer), -1);
	}
	answer.id = -EINVAL;
	if (head.cls != COLLECTOR_APPEND_NOTHING)
		answer.id = append((const char *)m.body + sizeof(head),
		    m.len - sizeof(head), (enum record_class)head.cls, "collector");
	(void)ipc_send(web_fd, COLLECTOR_APPENDED, &answer, sizeof(answer), -1);
	tell(answer.id);
	return 0;
}

static pid_t
start(char **argv)
{
	int fds[2];
	pid_t pid;

	if (ipc_pair(fds, 1 << 20) == -1 || (pid = fork()) == -1)
		return -1;
	if (pid == 0) {
		if (fds[1] == ROLE_FD_INGEST || dup2(fds[1], ROLE_FD_INGEST) == -1)
			_exit(126);
		execv(argv[0], argv);
		_exit(127);
	}
	(void)close(fds[1]);
	web_fd = fds[0];
	return pid;
}

/* Until standard input ends (then the program is told to end too). */
static void
serve(void)
{
	struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
	    {.fd = web_fd, .events = POLLIN}};
	static char line[RECORD_JSON_MAX + 2];
	size_t have = 0;
	ssize_t n;
	char *end;

	while (poll(p, web_fd == -1 ? 1 : 2, -1) >= 0) {
		if (web_fd != -1 && p[1].revents != 0 && on_web() == -1)
			return;
		if (p[0].revents == 0)
			continue;
		if ((n = read(
			 STDIN_FILENO, line + have, sizeof(line) - 1 - have)) <= 0)
			return;
		have += (size_t)n;
		while ((end = memchr(line, '\n', have)) != NULL) {
			*end = '\0';
			on_line(line, (size_t)(end - line));
			have -= (size_t)(end + 1 - line);
			memmove(line, end + 1, have);
		}
	}
}

int
main(int argc, char **argv)
{
	static const struct cmdline_option options[] = {
	    {"store", "URI", "sqlite:/path", NULL, &store_uri, NULL},
	    {NULL, NULL, NULL, NULL, NULL, NULL},
	};
	static const struct cmdline c = {.program = "append",
	    .summary = "stand-in for ingest",
	    .options = options,
	    .arguments = "[-- PROGRAM ARGUMENTS]"};
	int first = cmdline_parse(&c, argc, argv), status = 0;
	char error[256];
	pid_t pid = 0;

	if (store_uri == NULL)
		cmdline_usage(&c, "--store is needed");
	if ((store = store_open(store_uri, STORE_WRITE, error, sizeof(error))) ==
	    NULL) {
		fprintf(stderr, "append: %s\n", error);
		return 1;
	}
	seq = (uint64_t)clock_wall_us();
	if (first < argc && (pid = start(argv + first)) == -1)
		return 1;
	serve();
	if (pid > 0) {
		(void)kill(pid, SIGTERM);
		(void)waitpid(pid, &status, 0);
	}
	store_close(store);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
