/* SPDX-License-Identifier: EUPL-1.2 */
/* Flows that ended, the pipe's counters and what the sensor says of itself. */
#include "agent/event/build.h"

#include <netinet/in.h>
#include <stdio.h>

static void
write_flags(struct jw *w, const char *key, uint8_t flags)
{
	char hex[3];

	snprintf(hex, sizeof(hex), "%02x", flags);
	jw_str(w, key, hex);
}

static void
write_tcp(struct jw *w, const struct flow *f)
{
	static const struct {
		uint8_t flag;
		const char *name;
	} bits[] = {
	    {TCP_SYN, "syn"},
	    {TCP_FIN, "fin"},
	    {TCP_RST, "rst"},
	    {TCP_PSH, "psh"},
	    {TCP_ACK, "ack"},
	    {TCP_URG, "urg"},
	    {TCP_ECE, "ecn"},
	    {TCP_CWR, "cwr"},
	};
	uint8_t all = f->tcp_flags_to_server | f->tcp_flags_to_client;

	jw_object(w, "tcp");
	write_flags(w, "tcp_flags", all);
	write_flags(w, "tcp_flags_ts", f->tcp_flags_to_server);
	write_flags(w, "tcp_flags_tc", f->tcp_flags_to_client);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (all & bits[i].flag)
			jw_bool(w, bits[i].name, true);
	jw_end_object(w);
}

void
event_flow_end(struct event_builder *b, const struct flow *f, const char *reason)
{
	struct jw *w = &b->w;
	char text[CLOCK_TEXT_SIZE];

	if (!event_wanted(b, EVENT_FLOW))
		return;
	event_builder_flow_head(b, f, f->last_us, "flow");
	event_write_app(w, f);
	jw_object(w, "flow");
	event_write_flow_counts(w, f);
	jw_str(w, "end", clock_text(f->last_us, text));
	jw_int(w, "age", (f->last_us - f->first_us) / CLOCK_US);
	jw_str(w, "state", flow_life_name(f->life));
	jw_str(w, "reason", reason);
	jw_bool(w, "alerted", (f->flags & FLOW_ALERTED) != 0);
	jw_end_object(w);
	if (f->key.proto == IPPROTO_TCP)
		write_tcp(w, f);
	event_ours(w, RECORD_TELEMETRY, "agent", b->config.zone);
	event_write_ndpi(w, f);
	event_builder_send(b, RECORD_TELEMETRY, f->last_us, &b->stats.flows);
}

struct counter {
	const char *name;
	uint64_t value;
};

static void
write_counters(struct jw *w, const char *key, const struct counter *c, size_t n)
{
	jw_object(w, key);
	for (size_t i = 0; i < n; i++)
		jw_uint(w, c[i].name, c[i].value);
	jw_end_object(w);
}

#define COUNTERS(w, key, ...)                                                      \
	do {                                                                       \
		const struct counter rows_[] = {__VA_ARGS__};                      \
		write_counters(                                                    \
		    (w), (key), rows_, sizeof(rows_) / sizeof(rows_[0]));          \
	} while (0)

/* Suricata's app_layer.flow and .tx, and what did not fit. */
static void
write_app(struct jw *w, const struct app_stats *s)
{
	jw_object(w, "app_layer");
	jw_object(w, "flow");
	for (int id = APP_FAILED; id < APP_IDS; id++)
		if (app_id_name((enum app_id)id) != NULL)
			jw_uint(w, app_id_name((enum app_id)id), s->flows[id]);
	jw_end_object(w);
	jw_object(w, "tx");
	for (int id = APP_HTTP1; id < APP_IDS; id++)
		if (app_id_name((enum app_id)id) != NULL)
			jw_uint(w, app_id_name((enum app_id)id), s->txs[id]);
	jw_end_object(w);
	jw_uint(w, "gaps", s->gaps);
	jw_uint(w, "tx_max_hit", s->tx_cap);
	jw_uint(w, "parts_max_hit", s->part_cap);
	jw_uint(w, "memcap_hit", s->no_memory);
	jw_uint(w, "expectations_lost", s->expect_lost);
	jw_uint(w, "mime_max_hit", s->mime_cap);
	jw_uint(w, "file_copies_cut", s->copies_cut);
	jw_uint(w, "memuse", s->bytes);
	jw_end_object(w);
}

void
event_write_counts(
    const struct event_builder *b, struct jw *w, const struct event_counts *c)
{
	const struct decoder_stats *d = c->decoder;
	const struct flow_stats *f = c->flow;
	const struct event_stats *e = &b->stats;

	jw_int(w, "uptime", c->uptime_us / CLOCK_US);
	COUNTERS(w, "capture", {"kernel_packets", c->capture_packets},
	    {"kernel_drops", c->capture_dropped},
	    {"kernel_ifdrops", c->interface_dropped});
	COUNTERS(w, "decoder", {"frames", d->frames}, {"pkts", d->packets},
	    {"bytes", d->bytes}, {"invalid", d->invalid}, {"ipv4", d->ipv4},
	    {"ipv6", d->ipv6}, {"tcp", d->tcp}, {"udp", d->udp},
	    {"icmpv4", d->icmp}, {"icmpv6", d->icmpv6}, {"sctp", d->sctp},
	    {"other", d->other}, {"tunnels", d->tunnels},
	    {"too_many_layers", d->too_deep});
	COUNTERS(w, "defrag", {"fragments", d->fragments},
	    {"reassembled", d->rebuilt}, {"timeouts", d->defrag_timeouts},
	    {"max_hit", d->defrag_full});
	COUNTERS(w, "flow", {"total", f->made}, {"active", f->active},
	    {"peak", f->peak}, {"timed_out", f->timed_out}, {"evicted", f->evicted},
	    {"closed", f->closed}, {"refused", f->refused});
	if (c->files)
		COUNTERS(w, "files", {"handed", c->files_handed},
		    {"lost", c->files_lost});
	if (c->stream != NULL) {
		const struct stream_stats *s = c->stream;

		/* Names as in Suricata's stats where it has the same. */
		COUNTERS(w, "tcp", {"sessions", s->sessions},
		    {"active_sessions", s->sessions_active},
		    {"ssn_memcap_drop", s->sessions_refused},
		    {"midstream_pickups", s->midstream}, {"pseudo", s->pseudo},
		    {"invalid", s->invalid}, {"segments", s->segments},
		    {"segment_memcap_drop", s->no_memory},
		    {"stream_depth_reached", s->depth}, {"reassembly_gap", s->gaps},
		    {"gap_bytes", s->gap_bytes}, {"overlap", s->overlaps},
		    {"overlap_diff_data", s->differing},
		    {"reassembly_pressed", s->pressed},
		    {"reassembly_memuse", s->pool_active});
	}
	if (c->app != NULL)
		write_app(w, c->app);
	if (c->detect != NULL) {
		const struct detect_stats *s = c->detect;

		COUNTERS(w, "detect", {"rules_loaded", c->rules_loaded},
		    {"rules_failed", c->rules_refused}, {"packets", s->packets},
		    {"alert", s->alerts}, {"alert_queue_overflow", s->discarded},
		    {"alerts_suppressed", s->suppressed},
		    {"candidates", s->candidates}, {"evaluated", s->evaluated},
		    {"pcre_limits", s->pcre_limits},
		    {"recursion_limits", s->recursion_limits},
		    {"threshold_full", s->threshold_full});
	}
	COUNTERS(w, "event", {"alerts", e->alerts}, {"risks", e->risks},
	    {"flows", e->flows}, {"packets", e->packets}, {"others", e->others},
	    {"calmed", e->calmed}, {"private", e->private}, {"lost", e->lost});
}

void
event_stats(struct event_builder *b, int64_t time_us, const struct event_counts *c)
{
	struct jw *w = &b->w;

	if (!event_wanted(b, EVENT_STATS))
		return;
	event_builder_begin(b, time_us, NULL, NULL, "stats");
	jw_object(w, "stats");
	event_write_counts(b, w, c);
	jw_end_object(w);
	event_ours(w, RECORD_TELEMETRY, "agent", b->config.zone);
	event_builder_send(b, RECORD_TELEMETRY, time_us, &b->stats.others);
}

void
event_capture_drops(
    struct event_builder *b, int64_t time_us, uint64_t dropped, uint64_t received)
{
	struct jw *w = &b->w;

	if (dropped <= b->dropped_told || !event_wanted(b, EVENT_ALERT))
		return;
	event_builder_begin(b, time_us, NULL, NULL, "alert");
	event_alert_open(w,
	    &(struct event_alert){.action = "allowed",
		.gid = EVENT_GID_AGENT,
		.signature_id = EVENT_STATE_CAPTURE_DROPS,
		.rev = 1,
		.signature = "stadswacht capture lost packets",
		.category = "Agent state",
		.severity = 2});
	jw_end_object(w);
	jw_object(w, "agent_state");
	jw_uint(w, "dropped", dropped - b->dropped_told);
	jw_uint(w, "dropped_total", dropped);
	jw_uint(w, "received_total", received);
	jw_end_object(w);
	event_ours(w, RECORD_HEALTH, "agent", b->config.zone);
	event_builder_send(b, RECORD_HEALTH, time_us, &b->stats.others);
	b->dropped_told = dropped;
}
