/* SPDX-License-Identifier: EUPL-1.2 */
/* Records as their readers need them: EVE's members, our object last. */
#include "agent/event/event.h"
#include "agent/flow/dpi.h"
#include "common/json.h"
#include "common/table.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TIME	    1764000000123456ll
#define RECORDS_MAX 8

static struct {
	struct json_doc *doc[RECORDS_MAX];
	enum record_class cls[RECORDS_MAX];
	size_t n;
} got;

/* Every record must be JSON and take what its bearer adds. */
static void
sink(
    void *arg, enum record_class cls, int64_t time_us, const char *json, size_t len)
{
	const struct record_origin origin = {
	    .tenant = "zwolle", .agent = "sw-1", .seq = 7};
	char error[200];
	struct buf whole;

	(void)arg;
	(void)time_us;
	buf_init(&whole, 1u << 20);
	assert_int_equal(record_finish(json, len, &origin, &whole), 0);
	assert_in_range(got.n, 0, RECORDS_MAX - 1);
	got.cls[got.n] = cls;
	got.doc[got.n] =
	    json_read((char *)whole.data, whole.len, error, sizeof(error));
	if (got.doc[got.n] == NULL)
		fail_msg("%s: %.*s", error, (int)len, json);
	assert_string_equal(
	    json_str(got.doc[got.n], "stadswacht.tenant"), "zwolle");
	got.n++;
	buf_release(&whole);
}

static int
forget(void **state)
{
	(void)state;
	while (got.n > 0)
		json_free(got.doc[--got.n]);
	return 0;
}

static struct event_builder *
builder(struct event_config c)
{
	struct event_builder *b = event_builder_new(&c, sink, NULL);

	assert_non_null(b);
	return b;
}

static struct flow
a_flow(void)
{
	return (struct flow){
	    .key = {.a = {4, {10, 0, 0, 5}},
		.b = {4, {192, 0, 2, 80}},
		.aport = 40000,
		.bport = 80,
		.proto = IPPROTO_TCP},
	    .id = 99,
	    .life = FLOW_CLOSED,
	    .first_us = TIME - 2000000,
	    .last_us = TIME,
	    .pkts_to_server = 3,
	    .bytes_to_server = 180,
	    .tcp_flags_to_server = TCP_SYN | TCP_ACK,
	    .tcp_flags_to_client = TCP_SYN | TCP_ACK | TCP_FIN,
	};
}

static struct packet
a_packet(struct flow *f)
{
	static const uint8_t bytes[] = "GET /\x01\xff\"";
	struct packet p = {
	    .time_us = TIME,
	    .number = 4,
	    .linktype = 1,
	    .flags = PACKET_TO_CLIENT,
	    .src = f->key.b,
	    .dst = f->key.a,
	    .sport = 80,
	    .dport = 40000,
	    .proto = IPPROTO_TCP,
	    .vlan = {100, 20},
	    .vlans = 2,
	    .flow = f,
	};

	p.frame = p.payload = (struct span){bytes, sizeof(bytes) - 1};
	p.l4_hdr = p.frame;
	return p;
}

/* One loaded rule, as the events see it. */
static struct ruleset *
rule_of(const char *text, struct detect_result *r, const struct packet *like)
{
	char path[] = "/tmp/test_event_XXXXXX", error[300];
	int fd = mkstemp(path);
	struct ruleset *rs;
	struct detect *d;
	struct packet p = *like;

	assert_true(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	rs = ruleset_new(&(struct ruleset_config){0}, error, sizeof(error));
	assert_non_null(rs);
	assert_int_equal(ruleset_load(rs, path), 0);
	unlink(path);
	assert_int_equal(ruleset_loaded(rs), 1);
	assert_int_equal(ruleset_finish(rs, error, sizeof(error)), 0);
	d = detect_new(rs, &(struct detect_config){0});
	assert_non_null(d);
	p.flow = NULL;
	detect_packet(d, &p, r);
	assert_int_equal(r->n, 1);
	detect_free(d);
	return rs;
}

static void
alert_has_the_members_of_eve(void **state)
{
	struct flow f = a_flow();
	struct packet p = a_packet(&f);
	struct detect_result r;
	struct ruleset *rs = rule_of(
	    "alert tcp any any -> any any (msg:\"a \\\"test\\\"\"; ttl:0; gid:3; "
	    "priority:2; target:dest_ip; metadata:mitre_technique_id T1190, "
	    "deployment "
	    "Perimeter; sid:12; rev:5;)\n",
	    &r, &p);
	struct event_builder *b = builder((struct event_config){.payload = true});
	const struct json_doc *d;

	(void)state;
	event_detected(b, &p, &r);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.cls[0], RECORD_ALERT);
	d = got.doc[0];
	assert_string_equal(
	    json_str(d, "timestamp"), "2025-11-24T16:00:00.123456+0000");
	assert_int_equal(json_int(d, "flow_id", 0), 99);
	assert_int_equal(json_int(d, "pcap_cnt", 0), 4);
	assert_string_equal(json_str(d, "event_type"), "alert");
	assert_int_equal(json_int(d, "vlan.0", 0), 100);
	assert_string_equal(json_str(d, "src_ip"), "192.0.2.80");
	assert_int_equal(json_int(d, "src_port", 0), 80);
	assert_string_equal(json_str(d, "proto"), "TCP");
	assert_string_equal(json_str(d, "direction"), "to_client");
	assert_string_equal(json_str(d, "flow.src_ip"), "10.0.0.5");
	assert_int_equal(json_int(d, "flow.pkts_toserver", 0), 3);
	assert_string_equal(json_str(d, "alert.action"), "allowed");
	assert_int_equal(json_int(d, "alert.gid", 0), 3);
	assert_int_equal(json_int(d, "alert.signature_id", 0), 12);
	assert_int_equal(json_int(d, "alert.rev", 0), 5);
	assert_int_equal(json_int(d, "alert.severity", 0), 2);
	assert_string_equal(json_str(d, "alert.signature"), "a \"test\"");
	assert_string_equal(json_str(d, "alert.target.ip"), "10.0.0.5");
	assert_string_equal(json_str(d, "alert.source.ip"), "192.0.2.80");
	assert_string_equal(
	    json_str(d, "alert.metadata.deployment.0"), "Perimeter");
	assert_string_equal(json_str(d, "payload"), "R0VUIC8B/yI=");
	assert_string_equal(json_str(d, "payload_printable"), "GET /..\"");
	assert_int_equal(json_int(d, "stream", 9), 0);
	assert_int_equal(json_int(d, "packet_info.linktype", 0), 1);
	assert_string_equal(json_str(d, "stadswacht.class"), "alert");
	assert_string_equal(json_str(d, "stadswacht.engine"), "rules");
	assert_string_equal(json_str(d, "stadswacht.attack.0"), "T1190");
	event_builder_free(b);
	ruleset_free(rs);
}

static void
live_records_hold_no_payload(void **state)
{
	struct flow f = a_flow();
	struct packet p = a_packet(&f);
	struct detect_result r;
	struct ruleset *rs = rule_of(
	    "alert tcp any any -> any any (msg:\"by jan@x.nl\"; ttl:0; sid:1;)\n",
	    &r, &p);
	struct event_builder *b = builder((struct event_config){
	    .interface = "eth0", .zone = "dmz", .private = true});
	const struct json_doc *d;

	(void)state;
	r.tagged = true;
	event_detected(b, &p, &r);
	assert_int_equal(got.n, 2);
	d = got.doc[0];
	assert_string_equal(json_str(d, "in_iface"), "eth0");
	assert_string_equal(json_str(d, "stadswacht.zone"), "dmz");
	assert_string_equal(json_str(d, "alert.signature"), "by <mail>");
	assert_null(json_at(d, "pcap_cnt"));
	assert_null(json_at(d, "payload"));
	assert_null(json_at(d, "packet"));
	assert_string_equal(json_str(got.doc[1], "event_type"), "packet");
	assert_int_equal(got.cls[1], RECORD_TELEMETRY);
	assert_null(json_at(got.doc[1], "packet"));
	assert_int_equal(event_builder_stats(b)->private, 1);
	event_builder_free(b);
	ruleset_free(rs);
}

static void
tunnel_names_its_carrier(void **state)
{
	struct flow f = a_flow();
	struct packet outer = a_packet(&f), middle = outer, p = outer;
	struct detect_result r;
	struct ruleset *rs =
	    rule_of("alert ip any any -> any any (ttl:0; sid:1;)\n", &r, &p);
	struct event_builder *b = builder((struct event_config){.payload = false});

	(void)state;
	outer.proto = IPPROTO_GRE;
	outer.number = 3;
	middle.outer = &outer;
	p.outer = &middle;
	p.flags |= PACKET_TUNNELED;
	event_detected(b, &p, &r);
	assert_int_equal(json_int(got.doc[0], "tunnel.depth", 0), 2);
	assert_string_equal(json_str(got.doc[0], "tunnel.proto"), "GRE");
	assert_int_equal(json_int(got.doc[0], "tunnel.pcap_cnt", 0), 3);
	assert_null(json_at(got.doc[0], "tunnel.src_port"));
	event_builder_free(b);
	ruleset_free(rs);
}

static void
flow_end_tells_how_it_went(void **state)
{
	struct flow f = a_flow();
	struct event_builder *b = builder((struct event_config){.payload = false});
	const struct json_doc *d;

	(void)state;
	f.flags = FLOW_ALERTED;
	f.dpi_protocol = "HTTP";
	event_flow_end(b, &f, "timeout");
	d = got.doc[0];
	assert_int_equal(got.cls[0], RECORD_TELEMETRY);
	assert_string_equal(json_str(d, "event_type"), "flow");
	assert_string_equal(json_str(d, "flow.state"), "closed");
	assert_string_equal(json_str(d, "flow.reason"), "timeout");
	assert_int_equal(json_int(d, "flow.age", 0), 2);
	assert_true(json_bool(d, "flow.alerted", false));
	assert_string_equal(json_str(d, "tcp.tcp_flags"), "13");
	assert_string_equal(json_str(d, "tcp.tcp_flags_ts"), "12");
	assert_true(json_bool(d, "tcp.fin", false));
	assert_null(json_at(d, "tcp.rst"));
	assert_string_equal(json_str(d, "stadswacht.ndpi.protocol"), "HTTP");
	event_builder_free(b);
}

/* A risk number of nDPI that has a name; 1 is one in every version. */
#define RISK 1u

static void
risks_are_told_once(void **state)
{
	struct flow f = a_flow(), again = a_flow();
	struct event_builder *b = builder((struct event_config){.payload = false});

	(void)state;
	f.dpi_risks = again.dpi_risks = (uint64_t)1 << RISK;
	event_risks(b, &f, TIME);
	event_risks(b, &f, TIME + 1);
	event_risks(b, &again, TIME + 2);
	assert_int_equal(got.n, 1);
	assert_int_equal(got.cls[0], RECORD_FINDING);
	assert_int_equal(json_int(got.doc[0], "alert.gid", 0), 200);
	assert_int_equal(json_int(got.doc[0], "alert.signature_id", 0), RISK);
	assert_string_equal(
	    json_str(got.doc[0], "alert.signature"), dpi_risk_name(RISK));
	assert_string_equal(json_str(got.doc[0], "stadswacht.engine"), "ndpi");
	assert_int_equal(event_builder_stats(b)->calmed, 1);
	event_builder_free(b);
}

static void
capture_drops_are_told_when_they_rise(void **state)
{
	struct event_builder *b =
	    builder((struct event_config){.interface = "eth0"});

	(void)state;
	event_capture_drops(b, TIME, 0, 100);
	assert_int_equal(got.n, 0);
	event_capture_drops(b, TIME, 5, 200);
	event_capture_drops(b, TIME, 5, 300);
	event_capture_drops(b, TIME, 7, 400);
	assert_int_equal(got.n, 2);
	assert_int_equal(got.cls[1], RECORD_HEALTH);
	assert_int_equal(json_int(got.doc[1], "alert.gid", 0), 600);
	assert_int_equal(json_int(got.doc[1], "agent_state.dropped", 0), 2);
	assert_int_equal(json_int(got.doc[1], "agent_state.dropped_total", 0), 7);
	event_builder_free(b);
}

static void
stats_count_the_pipe(void **state)
{
	struct decoder_stats decoder = {.frames = 10, .tcp = 4};
	struct flow_stats flow = {.made = 3};
	struct event_counts c = {.uptime_us = 5000000,
	    .capture_packets = 10,
	    .decoder = &decoder,
	    .flow = &flow};
	struct event_builder *b = builder((struct event_config){.payload = false});

	(void)state;
	event_stats(b, TIME, &c);
	assert_int_equal(json_int(got.doc[0], "stats.uptime", 0), 5);
	assert_int_equal(json_int(got.doc[0], "stats.decoder.tcp", 0), 4);
	assert_int_equal(json_int(got.doc[0], "stats.flow.total", 0), 3);
	assert_null(json_at(got.doc[0], "stats.detect"));
	event_builder_free(b);
}

static void
types_that_are_not_wanted_are_not_written(void **state)
{
	struct flow f = a_flow();
	struct event_config c = {0};
	struct event_builder *b;

	(void)state;
	assert_int_equal(event_types_parse("flow,alert", &c.types), 0);
	assert_int_equal(event_types_parse("flow", &c.types), 0);
	b = builder(c);
	f.dpi_risks = (uint64_t)1 << RISK;
	event_risks(b, &f, TIME);
	event_capture_drops(b, TIME, 5, 200);
	assert_int_equal(got.n, 0);
	event_flow_end(b, &f, "timeout");
	assert_int_equal(got.n, 1);
	assert_string_equal(json_str(got.doc[0], "event_type"), "flow");
	event_builder_free(b);
	for (const char *const *bad =
		 (const char *const[]){"", "flo", "flow,", "flow, alert", NULL};
	     *bad != NULL; bad++)
		assert_int_equal(event_types_parse(*bad, &c.types), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(alert_has_the_members_of_eve, forget),
	    cmocka_unit_test_teardown(live_records_hold_no_payload, forget),
	    cmocka_unit_test_teardown(tunnel_names_its_carrier, forget),
	    cmocka_unit_test_teardown(flow_end_tells_how_it_went, forget),
	    cmocka_unit_test_teardown(risks_are_told_once, forget),
	    cmocka_unit_test_teardown(
		capture_drops_are_told_when_they_rise, forget),
	    cmocka_unit_test_teardown(stats_count_the_pipe, forget),
	    cmocka_unit_test_teardown(
		types_that_are_not_wanted_are_not_written, forget),
	};

	table_fixed_key();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
