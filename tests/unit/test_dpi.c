/* SPDX-License-Identifier: EUPL-1.2 */
/* nDPI names what it is shown, is shown little, and gives back what it holds. */
#include "agent/decode/decode.h"
#include "agent/flow/dpi.h"
#include "agent/limits.h"
#include "tests/unit/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct dpi *dpi;
static struct flow_table *table;
static struct decoder *decoder;
static const char *protocol, *category;
static uint64_t risks;

static void
on_packet(void *arg, struct packet *p)
{
	(void)arg;
	flow_table_packet(table, p);
	if (p->flow != NULL)
		dpi_packet(dpi, p, p->flow);
}

static void
on_end(void *arg, struct flow *f, const char *reason)
{
	(void)arg;
	(void)reason;
	dpi_flow_end(dpi, f);
	protocol = f->dpi_protocol;
	category = f->dpi_category;
	risks = f->dpi_risks;
}

static int
set_up(void **state)
{
	struct flow_config fc = {.fixed_ids = true};
	struct flow_hooks h = {
	    .end = on_end, .slot_free = {[FLOW_SLOT_DPI] = dpi_slot_free}};
	struct decoder_config dc = {0};

	(void)state;
	protocol = category = NULL;
	risks = 0;
	dpi = dpi_new();
	table = flow_table_new(&fc, &h);
	decoder = decoder_new(&dc, on_packet, NULL);
	return dpi == NULL || table == NULL || decoder == NULL ? -1 : 0;
}

static int
tear_down(void **state)
{
	(void)state;
	flow_table_free(table);
	decoder_free(decoder);
	dpi_free(dpi);
	table = NULL;
	return 0;
}

static void
send_frame(const struct frame *f)
{
	decoder_frame(decoder, 12, frame_span(f), (uint32_t)f->len, 0, 1);
}

static void
send_dns(uint16_t sport)
{
	static const char query[] =
	    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	    "\x07"
	    "example\x03org\x00\x00\x01\x00\x01";
	struct frame f;

	frame_payload(&f, query, sizeof(query) - 1);
	frame_udp(&f, sport, 53);
	frame_ipv4(&f, IPPROTO_UDP, 1, 2);
	send_frame(&f);
}

static void
send_tcp(
    bool to_server, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
	struct frame f;

	frame_payload(&f, text, strlen(text));
	frame_tcp(
	    &f, to_server ? 1000 : 80, to_server ? 80 : 1000, seq, ack, flags);
	frame_ipv4(&f, IPPROTO_TCP, to_server ? 1 : 2, to_server ? 2 : 1);
	send_frame(&f);
}

static void
end_flows(void)
{
	flow_table_expire(table, INT64_MAX);
}

static void
test_names_dns(void **state)
{
	(void)state;
	send_dns(4000);
	end_flows();
	assert_string_equal(protocol, "DNS");
	assert_string_equal(category, "Network");
}

static void
test_http_risk(void **state)
{
	const char *get =
	    "GET /a HTTP/1.1\r\nHost: 10.0.0.2\r\nUser-Agent: x\r\n\r\n";

	(void)state;
	send_tcp(true, TCP_SYN, 1, 0, "");
	send_tcp(false, TCP_SYN | TCP_ACK, 1, 2, "");
	send_tcp(true, TCP_ACK, 2, 2, "");
	send_tcp(true, TCP_ACK | TCP_PSH, 2, 2, get);
	send_tcp(false, TCP_ACK, 2, 2 + (uint32_t)strlen(get),
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	end_flows();
	assert_string_equal(protocol, "HTTP");
	/* "HTTP Numeric IP Address" */
	assert_true((risks & (UINT64_C(1) << 12)) != 0);
}

/* Nothing it knows: it is asked no more than so many times. */
static void
test_gives_up(void **state)
{
	struct frame f;

	(void)state;
	for (unsigned i = 0; i < 3 * DPI_PACKETS_MAX; i++) {
		frame_payload(&f, "\x91\x82\x73\x64\x55\x46\x37\x28", 8);
		frame_udp(&f, 41234, 45678);
		frame_ipv4(&f, IPPROTO_UDP, 1, 2);
		send_frame(&f);
	}
	assert_int_equal(dpi_stats(dpi)->packets, DPI_PACKETS_MAX);
	end_flows();
	assert_null(protocol);
}

/* More flows than states: the rest go unnamed, and states come back. */
static void
test_pool(void **state)
{
	struct frame f;

	(void)state;
	for (unsigned i = 0; i < DPI_FLOWS_MAX + 10; i++) {
		frame_payload(&f, "\x91\x82\x73\x64\x55\x46\x37\x28", 8);
		frame_udp(&f, (uint16_t)(20000 + i), 45678);
		frame_ipv4(&f, IPPROTO_UDP, 1, 2);
		send_frame(&f);
	}
	assert_int_equal(dpi_stats(dpi)->refused, 10);
	end_flows();
	send_dns(4000);
	assert_int_equal(dpi_stats(dpi)->refused, 10);
	end_flows();
	assert_string_equal(protocol, "DNS");
}

static void
test_risk_names(void **state)
{
	(void)state;
	assert_string_equal(dpi_risk_name(6), "Self-signed Certificate");
	assert_int_equal(dpi_risk_severity(6), 1);
	assert_int_equal(dpi_risk_severity(12), 3);
	assert_null(dpi_risk_name(0));
	assert_null(dpi_risk_name(dpi_risks()));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_names_dns, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_http_risk, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_gives_up, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_pool, set_up, tear_down),
	    cmocka_unit_test(test_risk_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
