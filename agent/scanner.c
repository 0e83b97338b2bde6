/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The scanner process: open files in, records out.  Serving an agent it gets
 * descriptors from the parent and can open no path; by hand it scans paths
 * (--scan) and writes the records to a file.
 */
#include "agent/bundle_yara.h"
#include "agent/event/privacy.h"
#include "agent/limits.h"
#include "agent/role.h"
#include "agent/sandbox.h"
#include "agent/scan/file.h"
#include "agent/scan/offline.h"
#include "agent/scan/yara.h"
#include "common/clock.h"
#include "common/cmdline.h"
#include "common/cursor.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/record.h"
#include "common/str.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	bool serve, image, files;
	const char *root, *memory, *out, *jobs, *cache, *zone, *bundle;
	struct cmdline_list paths, rules, keys;
} args = {.out = "-", .jobs = "1", .memory = "0"};

static const struct cmdline_option OPTIONS[] = {
    {"scan", "PATH", "scan this file or folder", .list = &args.paths},
    {"yara", "FILE|DIR", "YARA rules: a file, or a folder of *.yar and *.yara",
	.list = &args.rules},
    {"bundle", "FILE", "the YARA rules of a bundle, instead", .text = &args.bundle},
    {"bundle-key", "FILE",
	"public keys of which one has to have signed it; may be repeated",
	.list = &args.keys},
    {"eve-out", "FILE", "write records there, one a line (- is standard output)",
	.text = &args.out},
    {"jobs", "N", "threads (1)", .text = &args.jobs},
    {"cache", "FILE", "remember results there and skip unchanged files",
	.text = &args.cache},
    {"zone", "NAME", "name of the network zone, put in each record",
	.text = &args.zone},
    {"serve", NULL, "work for stadswacht-agent, which alone uses this",
	.flag = &args.serve},
    {"image", NULL, "with --serve: descriptor 5 has the rules",
	.flag = &args.image},
    {"files", NULL, "with --serve: descriptor 6 has files out of traffic",
	.flag = &args.files},
    {"root", "DIR", "with --serve: empty folder to be the root",
	.text = &args.root},
    {"memory", "BYTES", "with --serve: address space limit", .text = &args.memory},
    {.name = NULL},
};

static const struct cmdline CMDLINE = {
    .program = "stadswacht-scanner",
    .summary = "scan files with YARA rules",
    .options = OPTIONS,
    .footer = "A record's time is the time its file last changed, so that the same "
	      "input\ngives the same output.  Exit status: 0 done, 1 failed, 2 "
	      "wrong usage.",
};

static void
on_refused(void *arg, const char *file, unsigned line, const char *reason)
{
	(void)arg;
	/* Each one is told: a rule that is silently not there protects nobody. */
	if (line != 0)
		fprintf(stderr, "%s:%u: %s; the file's rules are not loaded\n",
		    file, line, reason);
	else
		fprintf(stderr, "%s: %s; its rules are not loaded\n", file, reason);
}

/* Signed by somebody we know?  By hand the user may leave that open. */
static int
verify(const struct bundle *b, char *error, size_t size)
{
	struct bundle_keys keys = {.n = 0};

	if (args.keys.n == 0) {
		log_warn("%s: nobody's signature was asked for; give --bundle-key",
		    args.bundle);
		return 0;
	}
	for (size_t i = 0; i < args.keys.n; i++)
		if (bundle_keys_read(&keys, args.keys.v[i], error, size) == -1)
			return -1;
	return bundle_verify(b, &keys, error, size);
}

/* Of the bundle behind fd: the one by hand, or our parent's, who had it looked at. */
static struct yara *
load_bundle(int fd, const char *name, struct yara_totals *totals)
{
	char error[512] = "";
	struct bundle *b = bundle_open(fd, error, sizeof(error));
	struct yara *y = NULL;

	if (b != NULL && (args.image || verify(b, error, sizeof(error)) == 0) &&
	    (y = bundle_yara_load(b, on_refused, NULL, totals)) == NULL)
		snprintf(error, sizeof(error), "YARA rules: %s", strerror(errno));
	if (y == NULL)
		log_error("%s: %s", name, error);
	bundle_free(b);
	return y;
}

static struct yara *
load_rules(struct yara_totals *totals)
{
	struct yara *y;
	int fd;

	if (args.image)
		return load_bundle(ROLE_FD_RULES, "the image of rules", totals);
	if (args.bundle != NULL) {
		if ((fd = open(args.bundle, O_RDONLY | O_CLOEXEC)) == -1) {
			log_error("%s: %s", args.bundle, strerror(errno));
			return NULL;
		}
		y = load_bundle(fd, args.bundle, totals);
		close(fd);
		return y;
	}
	y = yara_load(args.rules.v, args.rules.n, on_refused, NULL, totals);
	if (y == NULL)
		log_error("YARA rules: %s", strerror(errno));
	return y;
}

/* --- by hand ---------------------------------------------------------------- */

static FILE *
open_out(void)
{
	FILE *f = strcmp(args.out, "-") == 0 ? stdout : fopen(args.out, "we");

	if (f == NULL)
		log_error("%s: %s", args.out, strerror(errno));
	return f;
}

static void
say_totals(const struct offline_totals *t)
{
	const struct scan_counts *s = &t->scanned;

	fprintf(stderr,
	    "%llu files and %llu archive members scanned (%llu bytes), %llu "
	    "unchanged, "
	    "%llu not regular, %llu not readable; %llu matches, %llu not fully "
	    "looked "
	    "at\n",
	    (unsigned long long)s->files, (unsigned long long)s->members,
	    (unsigned long long)s->bytes, (unsigned long long)t->cached,
	    (unsigned long long)t->skipped,
	    (unsigned long long)(t->unreadable + s->failed),
	    (unsigned long long)s->matches, (unsigned long long)s->findings);
}

static int
scan_paths(void)
{
	struct offline o = {.paths = args.paths.v,
	    .paths_n = args.paths.n,
	    .cache = args.cache,
	    .zone = args.zone};
	struct offline_totals totals;
	struct yara_totals rules;
	char error[4400];
	uint64_t jobs;
	int status = EXIT_FAILED;

	if (str_u64(args.jobs, 64, &jobs) == -1 || jobs == 0)
		cmdline_usage(
		    &CMDLINE, "--jobs %s: give a number from 1 to 64", args.jobs);
	if ((args.rules.n == 0) == (args.bundle == NULL))
		cmdline_usage(
		    &CMDLINE, "--scan needs --yara FILE|DIR, or --bundle FILE");
	o.jobs = (unsigned)jobs;
	if ((o.rules = load_rules(&rules)) == NULL)
		return EXIT_FAILED;
	if (rules.rules == 0) {
		log_error("no YARA rule was loaded; see the messages above, or "
			  "give other "
			  "files with --yara");
		goto done;
	}
	if ((o.out = open_out()) == NULL)
		goto done;
	if (offline_run(&o, &totals, error, sizeof(error)) == -1)
		log_error("%s", error);
	else
		status = EXIT_DONE;
	if (o.out != stdout && fclose(o.out) == EOF && status == EXIT_DONE) {
		log_error("%s: %s", args.out, strerror(errno));
		status = EXIT_FAILED;
	}
	if (status == EXIT_DONE)
		say_totals(&totals);
done:
	yara_free(o.rules);
	return status;
}

/* --- for the agent -------------------------------------------------------------
 */

struct server {
	struct loop *loop;
	struct record_writer *writer;
	struct scan *scan;
	struct buf clean;
	uint64_t work;
	uint64_t private_failed; /* records that could not be made private */
	uint8_t message[IPC_MESSAGE_MAX];
};

static void
on_record(
    void *arg, enum record_class cls, int64_t time_us, const char *json, size_t len)
{
	struct server *s = arg;

	if (event_privacy(json, len, &s->clean) == -1) {
		s->private_failed++;
		return;
	}
	if (record_write(s->writer, cls, time_us, (const char *)s->clean.data,
		s->clean.len) == -1)
		log_warn("a record was not written: %s", strerror(errno));
}

static void
send_beat(void *arg)
{
	struct server *s = arg;
	struct role_beat beat = {
	    .work = s->work, .dropped_here = s->private_failed};

	for (int c = 0; c < RECORD_CLASSES; c++)
		beat.dropped_here +=
		    record_writer_dropped(s->writer, (enum record_class)c);
	record_writer_flush(s->writer);
	/* A full control queue only means that the parent is late. */
	if (ipc_send(ROLE_FD_CONTROL, ROLE_BEAT, &beat, sizeof(beat), -1) == -1 &&
	    errno == EPIPE)
		loop_stop(s->loop);
}

static void
scan_message(struct server *s, const struct ipc_message *m)
{
	struct role_scanned done;
	struct role_scan head;
	struct scan_file f = {
	    .fd = m->fd, .time_us = clock_wall_us(), .zone = args.zone};
	char path[4200];
	size_t len;

	if (m->fd == -1 || m->len < sizeof(head) ||
	    (len = m->len - sizeof(head)) >= sizeof(path)) {
		log_warn("a scan order made no sense");
		return;
	}
	memcpy(&head, m->body, sizeof(head));
	memcpy(path, m->body + sizeof(head), len);
	path[len] = '\0';
	f.path = path;
	scan_file(s->scan, &f);
	s->work++;
	done.ticket = head.ticket;
	if (ipc_send(ROLE_FD_CONTROL, ROLE_SCANNED, &done, sizeof(done), -1) ==
		-1 &&
	    errno == EPIPE)
		loop_stop(s->loop);
	send_beat(s);
}

static void
on_control(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	struct ipc_message m = {.fd = -1};
	int r = ipc_recv(fd, s->message, &m);

	(void)events;
	if (r == 0 || (r == -1 && errno != EAGAIN && errno != EBADMSG))
		loop_stop(s->loop);
	if (r != 1)
		return;
	if (m.type == ROLE_SCAN)
		scan_message(s, &m);
	else if (m.type == ROLE_STOP)
		loop_stop(s->loop);
	if (m.fd != -1)
		close(m.fd);
}

/* Texts of a message, one after the other; false: they do not fit it. */
static bool
read_file(const struct ipc_message *m, struct role_file *head, struct scan_file *f,
    char name[ROLE_FILE_NAME_MAX + 1])
{
	struct cursor c = cur_of(m->body, m->len);
	const uint8_t *p = cur_take(&c, sizeof(*head));

	if (p == NULL)
		return false;
	memcpy(head, p, sizeof(*head));
	if (head->name > ROLE_FILE_NAME_MAX ||
	    (p = cur_take(&c, head->name)) == NULL)
		return false;
	memcpy(name, p, head->name);
	name[head->name] = '\0';
	f->before_len = head->before;
	f->before = (const char *)cur_take(&c, head->before);
	f->after_len = head->after;
	f->after = (const char *)cur_take(&c, head->after);
	f->time_us = head->time_us;
	f->cut = head->cut != 0;
	return cur_ok(&c);
}

/* Parent, should we end at it: it was none of yours. */
static void
say_elsewhere(uint64_t elsewhere)
{
	ipc_send(
	    ROLE_FD_CONTROL, ROLE_ELSEWHERE, &elsewhere, sizeof(elsewhere), -1);
}

static void
traffic_message(struct server *s, const struct ipc_message *m)
{
	char name[ROLE_FILE_NAME_MAX + 1];
	struct scan_file f = {.fd = m->fd, .path = name, .zone = args.zone};
	struct role_file head;

	if (m->type != ROLE_FILE || m->fd == -1 || !read_file(m, &head, &f, name)) {
		log_warn("a file out of traffic made no sense");
		return;
	}
	say_elsewhere(1);
	scan_file(s->scan, &f);
	say_elsewhere(0);
	s->work++;
	send_beat(s);
}

static void
on_files(void *arg, int fd, unsigned events)
{
	struct server *s = arg;
	struct ipc_message m = {.fd = -1};
	int r = ipc_recv(fd, s->message, &m);

	(void)events;
	if (r == 1)
		traffic_message(s, &m);
	else if (r == 0 || (errno != EAGAIN && errno != EBADMSG))
		loop_unwatch(s->loop, fd);
	if (r == 1 && m.fd != -1)
		close(m.fd);
}

static void
on_signal(void *arg, int signo)
{
	struct server *s = arg;

	(void)signo;
	loop_stop(s->loop);
}

/* What waits goes out, for as long as the queue is being emptied. */
static void
drain(struct server *s)
{
	for (int i = 0; i < 50 && record_writer_flush(s->writer) > 0; i++)
		usleep(100000);
}

static int
enter_sandbox(void)
{
	struct sandbox box = {.root = args.root};
	char error[300];

	if (str_u64(args.memory, UINT64_MAX, &box.memory_max) == -1)
		cmdline_usage(
		    &CMDLINE, "--memory %s: give a number of bytes", args.memory);
	if (sandbox_enter(SANDBOX_SCANNER, &box, error, sizeof(error)) == 0)
		return 0;
	log_error("%s", error);
	return -1;
}

static int
serve(void)
{
	static struct server s;
	struct yara_totals rules;
	struct yara *y;
	int status = EXIT_FAILED;

	signal(SIGPIPE, SIG_IGN);
	if (fcntl(ROLE_FD_CONTROL, F_GETFD) == -1 ||
	    fcntl(ROLE_FD_QUEUE, F_GETFD) == -1)
		cmdline_usage(
		    &CMDLINE, "--serve is for stadswacht-agent; use --scan PATH");
	if ((y = load_rules(&rules)) == NULL)
		return EXIT_FAILED;
	log_info("%zu YARA rules from %zu files; %zu files refused", rules.rules,
	    rules.files - rules.files_refused, rules.files_refused);
	if (rules.rules == 0)
		log_error(
		    "no YARA rule was loaded, so that no file is scanned: see "
		    "the lines above; the scanner's user must be able to read "
		    "what files.yara names");
	buf_init(&s.clean, RECORD_JSON_MAX);
	if ((s.loop = loop_new()) == NULL ||
	    (s.writer = record_writer_new(ROLE_FD_QUEUE, RECORD_OVERFLOW_MAX)) ==
		NULL ||
	    (s.scan = scan_new(y, SCAN_TIMEOUT_S, on_record, &s)) == NULL ||
	    loop_signal(s.loop, SIGTERM, on_signal, &s) == -1 ||
	    loop_signal(s.loop, SIGINT, on_signal, &s) == -1 ||
	    loop_watch(s.loop, ROLE_FD_CONTROL, LOOP_READ, on_control, &s) == -1 ||
	    (args.files &&
		loop_watch(s.loop, ROLE_FD_FILES, LOOP_READ, on_files, &s) == -1) ||
	    loop_timer(s.loop, CLOCK_US, CLOCK_US, send_beat, &s) == NULL) {
		log_error("cannot start: %s", strerror(errno));
		goto done;
	}
	if (enter_sandbox() == -1 ||
	    ipc_send(ROLE_FD_CONTROL, ROLE_READY, NULL, 0, -1) == -1)
		goto done;
	status = loop_run(s.loop) == 0 ? EXIT_DONE : EXIT_FAILED;
	drain(&s);
done:
	scan_free(s.scan);
	record_writer_free(s.writer);
	loop_free(s.loop);
	buf_release(&s.clean);
	yara_free(y);
	return status;
}

int
main(int argc, char **argv)
{
	log_init("stadswacht-scanner");
	/* libarchive turns member names into text by this; the same everywhere. */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (cmdline_parse(&CMDLINE, argc, argv) != argc)
		cmdline_usage(
		    &CMDLINE, "%s: not an option; use --scan PATH", argv[argc - 1]);
	if (args.serve)
		return serve();
	if (args.paths.n == 0)
		cmdline_usage(&CMDLINE, "give --scan PATH");
	return scan_paths();
}
