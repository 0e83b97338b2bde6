/* SPDX-License-Identifier: EUPL-1.2 */
/* Alerts, risks and tagged packets as records; members in EVE's own order. */
#include "agent/event/build.h"

#include "agent/app/app.h"
#include "agent/flow/dpi.h"
#include "agent/limits.h"
#include "agent/stream/stream.h"

#include <netinet/in.h>
#include <string.h>

/* The carrier that the capture saw. */
static void
write_tunnel(struct jw *w, const struct packet *p)
{
	const struct packet *root = p;
	unsigned depth = 0;

	if ((p->flags & PACKET_TUNNELED) == 0)
		return;
	for (; root->outer != NULL; root = root->outer)
		depth++;
	jw_object(w, "tunnel");
	if (root->src.family != 0) {
		event_write_pair(w, &root->src, root->sport, &root->dst,
		    root->dport, root->proto);
		event_proto(w, root->proto);
	}
	jw_uint(w, "depth", depth);
	jw_uint(w, "pcap_cnt", root->number);
	jw_str(w, "pkt_src", packet_source_name(root->source));
	jw_end_object(w);
}

/* What a person can read of the bytes; the rest as dots. */
static void
write_printable(struct event_builder *b, const char *key, struct span s)
{
	buf_reset(&b->clean);
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];
		bool plain = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r';

		buf_addc(&b->clean, plain ? (char)c : '.');
	}
	jw_strn(&b->w, key, b->clean.data, b->clean.len);
}

static void
write_packet(struct jw *w, const struct packet *p)
{
	jw_base64(w, "packet", p->frame.p, p->frame.len);
	jw_object(w, "packet_info");
	jw_int(w, "linktype", p->linktype);
	jw_end_object(w);
}

static void
write_payload(struct event_builder *b, const struct packet *p, bool from_stream)
{
	struct jw *w = &b->w;
	uint8_t stream[EVENT_STREAM_BYTES_MAX];
	struct span payload = {stream, 0};

	if (!b->config.payload)
		return;
	if (from_stream && p->flow != NULL)
		payload.len = stream_dump(p->flow,
		    (p->flags & PACKET_TO_CLIENT) == 0, stream, sizeof(stream));
	if (payload.len == 0)
		payload = p->payload;
	if (payload.len > 0) {
		jw_base64(w, "payload", payload.p, payload.len);
		write_printable(b, "payload_printable", payload);
	}
	jw_int(w, "stream", from_stream);
	if (p->frame.len > 0)
		write_packet(w, p);
}

static void
write_side(
    struct jw *w, const char *key, const struct addr *a, uint16_t port, bool ports)
{
	jw_object(w, key);
	event_addr(w, "ip", a);
	if (ports)
		jw_uint(w, "port", port);
	jw_end_object(w);
}

/* "target:src_ip" says who is attacked; the other end attacks. */
static void
write_target(struct jw *w, const struct packet *p, const char *target)
{
	bool src = target != NULL && strcmp(target, "src_ip") == 0;
	bool ports = event_has_ports(p->proto);

	if (target == NULL || p->src.family == 0)
		return;
	write_side(
	    w, "source", src ? &p->dst : &p->src, src ? p->dport : p->sport, ports);
	write_side(
	    w, "target", src ? &p->src : &p->dst, src ? p->sport : p->dport, ports);
}

/* The techniques that the rule's author named, as they stand in its metadata. */
static void
write_attack(struct jw *w, const char *metadata_json)
{
	static const char key[] = "\"mitre_technique_id\":";
	const char *list, *end;

	if (metadata_json == NULL || (list = strstr(metadata_json, key)) == NULL)
		return;
	list += sizeof(key) - 1;
	if (*list == '[' && (end = strchr(list, ']')) != NULL)
		jw_raw(w, "attack", list, (size_t)(end - list) + 1);
}

static void
write_alert(struct jw *w, const struct packet *p, const struct rule_meta *m)
{
	event_alert_open(w,
	    &(struct event_alert){.action = "allowed",
		.gid = m->gid,
		.signature_id = m->sid,
		.rev = m->rev,
		.signature = m->msg,
		.category = m->category,
		.severity = m->priority});
	write_target(w, p, m->target);
	if (m->metadata_json != NULL)
		jw_raw(w, "metadata", m->metadata_json, strlen(m->metadata_json));
	jw_end_object(w);
}

/* The flow's bits; the object is taken back when there are none. */
static void
write_metadata(struct event_builder *b, const struct flow *f)
{
	struct jw before = b->w;
	size_t len = b->json.len;

	if (f == NULL || b->config.detect == NULL)
		return;
	jw_object(&b->w, "metadata");
	if (detect_flow_metadata(b->config.detect, f, &b->w) > 0) {
		jw_end_object(&b->w);
		return;
	}
	b->w = before;
	b->json.len = len;
}

/* Where a rule on a frame matched; its bytes stay here without --eve-payload. */
static void
write_frame(struct event_builder *b, const struct packet *p,
    const struct detect_alert *a, const struct app_frame *f)
{
	const char *name = app_buffer_row(f->type)->name, *dot = strchr(name, '.');
	struct span bytes = {f->window.data, f->window.len};
	struct jw *w = &b->w;

	jw_object(w, "frame");
	jw_str(w, "type", dot == NULL ? name : dot + 1);
	jw_uint(w, "id", f->number);
	jw_str(
	    w, "direction", p->flags & PACKET_TO_CLIENT ? "toclient" : "toserver");
	if (p->proto == IPPROTO_TCP)
		jw_uint(w, "stream_offset", f->at);
	jw_uint(w, "length", f->next - f->at);
	jw_bool(w, "complete", f->complete);
	if (b->config.payload && bytes.len > 0) {
		if (bytes.len > EVENT_STREAM_BYTES_MAX)
			bytes.len = EVENT_STREAM_BYTES_MAX;
		jw_base64(w, "payload", bytes.p, bytes.len);
		write_printable(b, "payload_printable", bytes);
	}
	if (a->has_tx)
		jw_uint(w, "tx_id", a->tx_id);
	jw_end_object(w);
}

static void
tell_alert(
    struct event_builder *b, const struct packet *p, const struct detect_alert *a)
{
	const struct rule_meta *m = rule_meta(a->rule);
	struct jw *w = &b->w;

	event_builder_packet_head(b, p, "alert");
	write_metadata(b, p->flow);
	event_write_community_id(w, p->flow);
	if (a->has_tx)
		jw_uint(w, "tx_id", a->tx_id);
	if (a->has_tx && (a->flags & DETECT_FROM_STREAM))
		jw_bool(w, "tx_guessed", true);
	write_alert(w, p, m);
	if (a->frame != NULL)
		write_frame(b, p, a, a->frame);
	write_tunnel(w, p);
	if (a->has_tx && p->flow != NULL) {
		app_tx_write(p->flow, a->tx_id, w);
		event_write_files(w, p->flow, a->tx_id,
		    p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS);
	}
	if (p->flow != NULL) {
		event_write_app(w, p->flow);
		jw_str(w, "direction",
		    p->flags & PACKET_TO_CLIENT ? "to_client" : "to_server");
		event_write_flow(w, p->flow);
	}
	write_payload(b, p, (a->flags & DETECT_FROM_STREAM) != 0);
	event_ours(w, RECORD_ALERT, "rules", b->config.zone);
	write_attack(w, m->metadata_json);
	event_write_ndpi(w, p->flow);
	event_builder_send(b, RECORD_ALERT, p->time_us, &b->stats.alerts);
}

/* A packet that a rule's tag asked for.  Its bytes stay here without --eve-payload. */
static void
tell_packet(struct event_builder *b, const struct packet *p)
{
	event_builder_packet_head(b, p, "packet");
	write_tunnel(&b->w, p);
	if (b->config.payload)
		write_packet(&b->w, p);
	event_ours(&b->w, RECORD_TELEMETRY, "rules", b->config.zone);
	event_builder_send(b, RECORD_TELEMETRY, p->time_us, &b->stats.packets);
}

void
event_detected(
    struct event_builder *b, const struct packet *p, const struct detect_result *r)
{
	for (size_t i = 0; i < r->n && event_wanted(b, EVENT_ALERT); i++)
		tell_alert(b, p, &r->alert[i]);
	if (r->tagged && event_wanted(b, EVENT_PACKET))
		tell_packet(b, p);
}

static void
tell_risk(struct event_builder *b, const struct flow *f, int64_t time_us,
    unsigned risk, uint64_t repeats)
{
	struct jw *w = &b->w;

	event_builder_flow_head(b, f, time_us, "alert");
	event_alert_open(w,
	    &(struct event_alert){.action = "allowed",
		.gid = EVENT_GID_NDPI,
		.signature_id = risk,
		.rev = 1,
		.signature = dpi_risk_name(risk),
		.category = "Protocol risk",
		.severity = dpi_risk_severity(risk)});
	jw_end_object(w);
	event_write_app(w, f);
	event_write_flow(w, f);
	event_ours(w, RECORD_FINDING, "ndpi", b->config.zone);
	if (repeats > 0)
		jw_uint(w, "repeats", repeats);
	event_write_ndpi(w, f);
	event_builder_send(b, RECORD_FINDING, time_us, &b->stats.risks);
}

void
event_risks(struct event_builder *b, struct flow *f, int64_t time_us)
{
	uint64_t new_risks = f->dpi_risks & ~f->dpi_risks_told;
	uint64_t repeats;

	if (new_risks == 0 || !event_wanted(b, EVENT_ALERT))
		return;
	f->dpi_risks_told |= new_risks;
	for (unsigned risk = 0; new_risks != 0; risk++, new_risks >>= 1) {
		if ((new_risks & 1) == 0 || dpi_risk_name(risk) == NULL)
			continue;
		if (event_calm_ask(
			b->calm, &f->key.a, &f->key.b, risk, time_us, &repeats))
			tell_risk(b, f, time_us, risk, repeats);
		else
			b->stats.calmed++;
	}
}
