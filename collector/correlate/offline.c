/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/offline.h"

#include "collector/correlate/correlate.h"
#include "collector/limits.h"
#include "common/cmdline.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct offline {
	const char *path;
	FILE *in, *again; /* again: to look a line up */
	FILE *out;
	struct correlator *correlator;
	off_t *start; /* of each line, by its number less one */
	size_t lines, room, bad;
	int64_t arrived_us;
	char *line, *line_again;
	size_t size, size_again;
};

static void
emit(void *arg, int64_t time_us, const char *json, size_t len)
{
	struct offline *o = arg;

	(void)time_us;
	(void)fwrite(json, 1, len, o->out);
	(void)fputc('\n', o->out);
}

static void
fetch(void *arg, int64_t id, correlate_see_fn *see, void *see_arg)
{
	struct offline *o = arg;
	struct json_doc *body;
	struct event e;
	ssize_t n;

	if (id < 1 || (size_t)id > o->lines ||
	    fseeko(o->again, o->start[id - 1], SEEK_SET) == -1 ||
	    (n = getline(&o->line_again, &o->size_again, o->again)) == -1 ||
	    (body = json_read(o->line_again, (size_t)n, NULL, 0)) == NULL)
		return;
	event_from(&e, body);
	e.id = id;
	see(see_arg, &e);
	json_free(body);
}

static int
remember(struct offline *o, off_t at)
{
	if (o->lines == o->room) {
		size_t room = o->room == 0 ? 1024 : 2 * o->room;
		off_t *more = realloc(o->start, room * sizeof(*more));

		if (more == NULL)
			return -1;
		o->start = more;
		o->room = room;
	}
	o->start[o->lines++] = at;
	return 0;
}

static void
one_line(struct offline *o, size_t len)
{
	char error[160];
	struct json_doc *body = json_read(o->line, len, error, sizeof(error));
	struct event e;

	if (body == NULL || json_kind(body) != 'o') {
		o->bad++;
		fprintf(stderr, "stadswacht-correlate: %s:%zu: no record: %s\n",
		    o->path, o->lines, body == NULL ? error : "not an object");
		json_free(body);
		return;
	}
	event_from(&e, body);
	e.id = (int64_t)o->lines;
	if (e.time_us > o->arrived_us)
		o->arrived_us = e.time_us;
	e.arrived_us = o->arrived_us;
	correlate_event(o->correlator, &e, false);
	json_free(body);
}

static int
read_lines(struct offline *o)
{
	off_t at = 0;
	ssize_t n;

	while ((n = getline(&o->line, &o->size, o->in)) != -1) {
		if (remember(o, at) == -1)
			return -1;
		at += n;
		if (n > 0 && strspn(o->line, " \t\r\n") != (size_t)n)
			one_line(o, (size_t)n);
	}
	return ferror(o->in) ? -1 : 0;
}

static int
complain(const char *path, const char *remedy)
{
	fprintf(stderr, "stadswacht-correlate: %s: %s; %s\n", path, strerror(errno),
	    remedy);
	return EXIT_FAILED;
}

static int
replay(struct offline *o, const struct sigma_set *set, const char *out_path)
{
	struct correlate_ops ops = {.emit = emit, .fetch = fetch, .arg = o};
	const struct correlate_counters *c;
	const struct window_counters *lost;

	o->in = fopen(o->path, "re");
	o->again = fopen(o->path, "re");
	if (o->in == NULL || o->again == NULL)
		return complain(o->path, "give an EVE file that can be read");
	if ((o->out = fopen(out_path, "we")) == NULL)
		return complain(out_path, "give --out a place that can be written");
	o->correlator = correlate_new(set, CORRELATE_LATENESS_US, &ops);
	if (o->correlator == NULL || read_lines(o) == -1)
		return complain(o->path, "reading stopped");
	correlate_flush(o->correlator);
	if (fflush(o->out) != 0 || ferror(o->out))
		return complain(out_path, "is the disk full?");
	c = correlate_counters(o->correlator);
	lost = window_counters(correlate_windows(o->correlator));
	fprintf(stderr,
	    "stadswacht-correlate: %zu lines, %zu bad; %" PRIu64
	    " matches, %" PRIu64 " firings; %" PRIu64
	    " without a field of the group, %" PRIu64
	    " regular expressions given up, %" PRIu64
	    " events forgotten for want of room\n",
	    o->lines, o->bad, c->matches, c->firings, c->ungrouped, c->regex_limits,
	    lost->events_evicted);
	return EXIT_DONE;
}

int
offline_run(const struct sigma_set *set, const char *eve_path, const char *out_path)
{
	struct offline o = {.path = eve_path};
	int status = replay(&o, set, out_path);

	if (o.in != NULL)
		fclose(o.in);
	if (o.again != NULL)
		fclose(o.again);
	if (o.out != NULL && fclose(o.out) != 0 && status == EXIT_DONE)
		status = complain(out_path, "is the disk full?");
	correlate_free(o.correlator);
	free(o.start);
	free(o.line);
	free(o.line_again);
	return status;
}
