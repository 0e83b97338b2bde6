/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * stadswacht-sensor: the stages of the pipe in their order, which is known only
 * here.  capture -> decode -> flow -> nDPI -> stream -> app -> detect -> event;
 * live into the parent's queue, offline (--pcap) into an EVE file.
 */
#include "agent/app/app.h"
#include "agent/app/magic.h"
#include "agent/capture/capture.h"
#include "agent/event/event.h"
#include "agent/event/file.h"
#include "agent/flow/dpi.h"
#include "agent/limits.h"
#include "agent/role.h"
#include "agent/sandbox.h"
#include "agent/sensor_files.h"
#include "agent/sensor_live.h"
#include "agent/sensor_options.h"
#include "agent/sensor_reload.h"
#include "agent/sensor_rules.h"
#include "common/clock.h"
#include "common/ipc.h"
#include "common/log.h"
#include "common/record.h"
#include "common/table.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BATCH_FRAMES  256 /* between two looks at the clock and the parent */
#define BATCHES_LAST  64  /* what was captured before we were told to end */
#define STATS_SECONDS 60

struct sensor {
	struct sensor_options o;
	struct capture *capture;
	struct decoder *decoder;
	struct flow_table *flows;
	struct dpi *dpi; /* NULL with --no-ndpi */
	struct stream_engine *stream;
	struct app *app;
	struct magic_base *magic; /* NULL: not to be had */
	struct sensor_rules rules;
	struct sensor_reload reload;
	struct detect *detect; /* NULL: no rules */
	struct event_builder *events;
	struct event_file *stats; /* of --stats-out; NULL: none */
	struct event_file *eve;	  /* one of these two takes the records */
	struct record_writer *queue;
	struct sensor_files *files; /* NULL: none are handed on */
	struct detect_result result;
	struct flow_stats flow_stats; /* kept when the table is gone */
	int64_t started_us, first_us, last_us, expired_us;
	unsigned seconds;
};

/* --- the pipe, in order ----------------------------------------------------- */

static void
inspect(void *arg, struct packet *p)
{
	struct sensor *s = arg;

	if (s->detect == NULL)
		return;
	detect_packet(s->detect, p, &s->result);
	event_detected(s->events, p, &s->result);
}

static void
on_packet(void *arg, struct packet *p)
{
	struct sensor *s = arg;

	flow_table_packet(s->flows, p);
	if (p->flow != NULL && s->dpi != NULL)
		dpi_packet(s->dpi, p, p->flow);
	if (p->flow != NULL) {
		stream_packet(s->stream, p);
		flow_table_settle(s->flows, p->flow);
	}
	inspect(s, p);
	if (p->flow == NULL)
		return;
	app_clean(p->flow);
	stream_clean(p->flow);
	event_risks(s->events, p->flow, p->time_us);
}

static void
on_frame(struct sensor *s, const struct capture_frame *f)
{
	if (s->first_us == 0)
		s->first_us = s->expired_us = f->time_us;
	s->last_us = f->time_us;
	if (f->time_us - s->expired_us >= CLOCK_US || f->time_us < s->expired_us) {
		flow_table_expire(s->flows, f->time_us);
		s->expired_us = f->time_us;
	}
	decoder_frame(s->decoder, capture_linktype(s->capture), f->data,
	    f->wire_len, f->time_us, f->number);
}

static void
on_flow_end(void *arg, struct flow *f, const char *reason)
{
	struct sensor *s = arg;

	if (s->dpi != NULL)
		dpi_flow_end(s->dpi, f);
	stream_flow_end(s->stream, f, inspect, s);
	event_risks(s->events, f, f->last_us);
	event_flow_end(s->events, f, reason);
}

/* --- making and ending it --------------------------------------------------- */

static void
on_record(
    void *arg, enum record_class cls, int64_t time_us, const char *json, size_t len)
{
	struct sensor *s = arg;

	if (s->queue != NULL)
		record_write(s->queue, cls, time_us, json, len);
	else
		event_file_write(s->eve, cls, time_us, json, len);
}

static void
on_tx_over(void *arg, const struct flow *f, const struct app_tx *tx)
{
	struct sensor *s = arg;

	if (s->o.fileinfo)
		event_files(s->events, f, tx, f->last_us);
	if (s->files != NULL)
		sensor_files_send(s->files, s->events, f, tx, f->last_us);
}

/* What is worked out of files. */
static unsigned
file_sums(const struct sensor *s)
{
	return (s->rules.set == NULL ? 0 : ruleset_file_sums(s->rules.set)) |
	    (s->o.fileinfo ? APP_SUM_SHA256 : 0);
}

/* Mapped whatever the rules: those that come later cannot open it any more. */
static struct magic_base *
open_magic(struct sensor *s, unsigned sums)
{
	s->magic = magic_base_open(MAGIC_BASE_PATH);
	if (s->magic == NULL && (sums & APP_SUM_MAGIC))
		log_warn("%s: %s; rules on file.magic match nothing: install "
			 "libmagic-mgc",
		    MAGIC_BASE_PATH, strerror(errno));
	return s->magic;
}

static int
make_stages(struct sensor *s)
{
	const struct decoder_config decoder = {
	    .verify_checksums = s->o.verify_checksums,
	    .vlan_in_key = true,
	    .hosts = &s->o.hosts};
	unsigned sums = file_sums(s);
	const struct app_config app = {.unasked = s->rules.set == NULL,
	    .inspected = s->rules.set != NULL,
	    .file_sums = sums,
	    .magic = open_magic(s, sums),
	    .copies = s->files != NULL,
	    .over = s->files != NULL || s->o.fileinfo ? on_tx_over : NULL,
	    .over_arg = s,
	    .frames = s->rules.set == NULL ? 0 : ruleset_frames(s->rules.set)};
	struct stream_config stream = {
	    .reader = app_read,
	    .unfinished = app_has_rest,
	    .hosts = &s->o.hosts,
	    .midstream = s->o.midstream,
	    .async = s->o.async,
	    .overlap = s->o.strict ? STREAM_CHUNK_BYTES : 0,
	    .inspected = s->rules.set != NULL,
	};
	const struct flow_config flows = {
	    .vlan_in_key = true, .fixed_ids = s->o.pcap != NULL};
	const struct flow_hooks hooks = {
	    .end = on_flow_end,
	    .arg = s,
	    .slot_free = {[FLOW_SLOT_DPI] = dpi_slot_free,
		[FLOW_SLOT_STREAM] = stream_slot_free,
		[FLOW_SLOT_APP] = app_slot_free,
		[FLOW_SLOT_DETECT] = detect_slot_free},
	};
	struct event_config events = {
	    .types = s->o.eve_types,
	    .interface = s->o.interface,
	    .zone = s->o.zone,
	    .payload = s->o.payload,
	    .private = s->queue != NULL,
	};

	if ((s->app = stream.arg = app_new(&app)) == NULL ||
	    (s->stream = stream_engine_new(&stream)) == NULL ||
	    (s->decoder = decoder_new(&decoder, on_packet, s)) == NULL ||
	    (s->flows = flow_table_new(&flows, &hooks)) == NULL)
		goto fail;
	if (!s->o.no_ndpi && (s->dpi = dpi_new()) == NULL)
		goto fail;
	if (s->rules.set != NULL &&
	    (s->detect = detect_new(s->rules.set, &(struct detect_config){0})) ==
		NULL)
		goto fail;
	events.detect = s->detect;
	if ((s->events = event_builder_new(&events, on_record, s)) == NULL)
		goto fail;
	/* What reading and compiling rules took besides is the system's again. */
	malloc_trim(0);
	return 0;

fail:
	log_error("cannot make the pipe: %s; give this process more memory",
	    strerror(errno));
	return -1;
}

static void
count(struct sensor *s, struct event_counts *c)
{
	struct capture_stats seen;

	capture_stats(s->capture, &seen);
	if (s->flows != NULL)
		s->flow_stats = *flow_table_stats(s->flows);
	*c = (struct event_counts){
	    .uptime_us = s->o.pcap != NULL ? s->last_us - s->first_us
					   : clock_mono_us() - s->started_us,
	    .capture_packets = seen.received,
	    .capture_dropped = seen.dropped_kernel,
	    .interface_dropped = seen.dropped_interface,
	    .decoder = decoder_stats(s->decoder),
	    .flow = &s->flow_stats,
	    .stream = stream_stats(s->stream),
	    .app = app_stats(s->app),
	    .detect = s->detect == NULL ? NULL : detect_stats(s->detect),
	};
	c->files = s->files != NULL;
	sensor_files_counts(s->files, &c->files_handed, &c->files_lost);
	if (s->rules.set == NULL)
		return;
	c->rules_loaded = ruleset_loaded(s->rules.set);
	c->rules_refused = sensor_rules_refused(&s->rules);
}

/* The flows that are left end, then the last counters are told. */
static void
end_pipe(struct sensor *s, int64_t time_us)
{
	struct event_counts c;

	s->flow_stats = *flow_table_stats(s->flows);
	flow_table_free(s->flows);
	s->flows = NULL;
	count(s, &c);
	event_stats(s->events, time_us, &c);
}

/* -1 after saying that something written to it was lost. */
static int
close_file(struct event_file **f, const char *name)
{
	struct event_file *file = *f;

	*f = NULL;
	if (file == NULL || event_file_close(file) == 0)
		return 0;
	log_error("%s: %s; not everything could be written", name, strerror(errno));
	return -1;
}

static void
write_stats(struct sensor *s)
{
	struct event_counts c;
	struct buf b;
	struct jw w;

	if (s->stats == NULL)
		return;
	count(s, &c);
	buf_init(&b, RECORD_JSON_MAX);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_int(&w, "elapsed_us", clock_mono_us() - s->started_us);
	event_write_counts(s->events, &w, &c);
	jw_end_object(&w);
	event_file_write(
	    s->stats, RECORD_TELEMETRY, 0, (const char *)b.data, b.len);
	buf_release(&b);
}

static void
release(struct sensor *s)
{
	flow_table_free(s->flows);
	stream_engine_free(s->stream);
	app_free(s->app);
	magic_base_free(s->magic);
	event_builder_free(s->events);
	detect_free(s->detect);
	dpi_free(s->dpi);
	decoder_free(s->decoder);
	sensor_reload_release(&s->reload);
	sensor_rules_release(&s->rules);
	capture_close(s->capture);
	record_writer_free(s->queue);
	sensor_files_free(s->files);
	close_file(&s->eve, s->o.eve_out);
	close_file(&s->stats, s->o.stats_out);
}

/* --- offline ---------------------------------------------------------------- */

static int
run_file(struct sensor *s)
{
	struct capture_frame f;
	enum capture_verdict v;
	int status = 0;

	while ((v = capture_next(s->capture, &f)) == CAPTURE_FRAME)
		on_frame(s, &f);
	/* A capture that was cut while it was made is as good as its whole frames. */
	if (v == CAPTURE_CUT_SHORT) {
		log_warn("%s", capture_error(s->capture));
	} else if (v != CAPTURE_END) {
		log_error("%s", capture_error(s->capture));
		status = -1;
	}
	end_pipe(s, s->last_us);
	return status;
}

/* --- live ------------------------------------------------------------------- */

static int
on_frames(void *arg)
{
	struct sensor *s = arg;
	struct capture_frame f;

	for (unsigned n = 0; n < BATCH_FRAMES; n++) {
		switch (capture_next(s->capture, &f)) {
		case CAPTURE_FRAME:
			on_frame(s, &f);
			break;
		case CAPTURE_NONE:
			return 0;
		default:
			log_error("%s", capture_error(s->capture));
			return -1;
		}
	}
	return 1;
}

static int
on_second(void *arg, struct role_beat *beat)
{
	struct sensor *s = arg;
	int64_t now = clock_wall_us();
	struct rusage use;
	struct event_counts c;

	flow_table_expire(s->flows, now);
	s->expired_us = now;
	count(s, &c);
	event_capture_drops(s->events, now, c.capture_dropped + c.interface_dropped,
	    c.capture_packets);
	if (++s->seconds % STATS_SECONDS == 0)
		event_stats(s->events, now, &c);
	beat->work = c.capture_packets;
	beat->dropped_kernel = c.capture_dropped;
	if (getrusage(RUSAGE_SELF, &use) == 0)
		beat->memory_bytes = (uint64_t)use.ru_maxrss * 1024;
	if (s->queue == NULL)
		return event_file_flush(s->eve); /* close_file() says why */
	record_writer_flush(s->queue);
	for (int cls = 0; cls < RECORD_CLASSES; cls++)
		beat->dropped_here +=
		    record_writer_dropped(s->queue, (enum record_class)cls);
	return 0;
}

/* --- other rules ---------------------------------------------------------------- */

struct handing_on {
	struct detect_heir *heir;
	uint64_t flows;
};

static void
hand_on(void *arg, struct flow *f)
{
	struct handing_on *h = arg;

	detect_heir_flow(h->heir, f);
	h->flows++;
}

/* Between two packets.  -1: without memory, and nothing has changed. */
static int
take_rules(struct sensor *s, uint64_t *flows)
{
	const struct sensor_rules next = s->reload.next, old = s->rules;
	struct detect *d = detect_new(next.set, &(struct detect_config){0});
	struct handing_on h = {.heir = NULL};

	if (d == NULL || s->detect == NULL ||
	    (h.heir = detect_inherit(d, s->detect)) == NULL) {
		detect_free(d);
		return -1;
	}
	ruleset_inherit(next.set, old.set);
	flow_table_each(s->flows, hand_on, &h);
	detect_heir_free(h.heir);
	detect_free(s->detect);
	s->detect = d;
	s->rules = next;
	app_sum_files(s->app, file_sums(s));
	event_builder_detect(s->events, d);
	sensor_reload_taken(&s->reload, &old);
	*flows = h.flows;
	return 0;
}

static void
tell_reloaded(const struct sensor *s, const struct role_reloaded *done)
{
	if (done->taken)
		log_info("%llu rules from now on; %llu flows go on",
		    (unsigned long long)done->rules,
		    (unsigned long long)done->flows);
	/* A parent that does not read now sends the image again. */
	if (s->o.queue)
		ipc_send(ROLE_FD_CONTROL, ROLE_RELOADED, done, sizeof(*done), -1);
}

static void
on_reload(void *arg, int fd, uint64_t number)
{
	struct sensor *s = arg;

	sensor_reload_begin(&s->reload, fd, number);
}

static int
on_work(void *arg)
{
	struct sensor *s = arg;
	struct role_reloaded done = {.number = s->reload.number};

	switch (sensor_reload_some(&s->reload)) {
	case SENSOR_RELOAD_MORE:
		return 1;
	case SENSOR_RELOAD_READY:
		done.taken = take_rules(s, &done.flows) == 0;
		done.rules = ruleset_loaded(s->rules.set);
		if (!done.taken)
			sensor_reload_refuse(&s->reload, "out of memory");
		tell_reloaded(s, &done);
		return 1;
	case SENSOR_RELOAD_FAILED:
		tell_reloaded(s, &done);
		return 0;
	default:
		return 0;
	}
}

static int
run_live(struct sensor *s)
{
	const struct sandbox box = {
	    .root = s->o.root, .memory_max = s->o.memory_max};
	const struct sensor_live live = {
	    .capture_fd = capture_fd(s->capture),
	    .control_fd = s->o.queue ? ROLE_FD_CONTROL : -1,
	    .arg = s,
	    .frames = on_frames,
	    .reload = on_reload,
	    .work = on_work,
	    .second = on_second,
	};
	char error[256];
	int status;

	if (sandbox_enter(SANDBOX_SENSOR, &box, error, sizeof(error)) == -1) {
		log_error("%s", error);
		return -1;
	}
	status = sensor_live_run(&live);
	for (unsigned n = 0; status == 0 && n < BATCHES_LAST && on_frames(s) > 0;
	     n++)
		;
	end_pipe(s, clock_wall_us());
	if (s->queue != NULL && record_writer_flush(s->queue) > 0)
		log_warn(
		    "the queue is full: the last records could not be handed over");
	return status;
}

/* --- start
 * ------------------------------------------------------------------------ */

static int
open_capture(struct sensor *s)
{
	const struct capture_live live = {
	    .interface = s->o.interface,
	    .snaplen = s->o.snaplen,
	    .buffer_bytes = s->o.buffer_bytes,
	    .fanout_group = s->o.fanout_group,
	    .sensors = s->o.fanout_size,
	};
	char error[CAPTURE_ERROR_SIZE];

	s->capture = s->o.pcap != NULL
	    ? capture_open_file(s->o.pcap, decoder_knows, error)
	    : capture_open_live(&live, decoder_knows, error);
	if (s->capture == NULL)
		log_error("%s", error);
	return s->capture == NULL ? -1 : 0;
}

/* -1 after saying why; *f stays NULL without a name. */
static int
open_file(struct event_file **f, const char *name)
{
	if (name == NULL || (*f = event_file_open(name)) != NULL)
		return 0;
	log_error("%s: %s; name a file that can be written", name, strerror(errno));
	return -1;
}

static int
open_output(struct sensor *s)
{
	/* A file over its limit is an error of write(), not the end. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (open_file(&s->eve, s->o.eve_out) == -1 ||
	    open_file(&s->stats, s->o.stats_out) == -1)
		return -1;
	if (s->o.files && (s->files = sensor_files_new(ROLE_FD_FILES)) == NULL) {
		log_error("files for the scanner: %s", strerror(errno));
		return -1;
	}
	if (!s->o.queue ||
	    (s->queue = record_writer_new(ROLE_FD_QUEUE, RECORD_OVERFLOW_MAX)) !=
		NULL)
		return 0;
	log_error("the record queue: %s", strerror(errno));
	return -1;
}

int
main(int argc, char **argv)
{
	static struct sensor s;
	int status = -1;

	log_init("stadswacht-sensor");
	sensor_options_read(&s.o, argc, argv);
	s.started_us = clock_mono_us();
	if (s.o.pcap != NULL)
		table_fixed_key();
	if (sensor_rules_load(&s.o, &s.rules) == -1 || open_capture(&s) == -1 ||
	    open_output(&s) == -1 || make_stages(&s) == -1)
		goto done;
	status = s.o.pcap != NULL ? run_file(&s) : run_live(&s);
	write_stats(&s);
	if (close_file(&s.eve, s.o.eve_out) == -1 ||
	    close_file(&s.stats, s.o.stats_out) == -1)
		status = -1;
done:
	release(&s);
	return status == 0 ? EXIT_DONE : EXIT_FAILED;
}
