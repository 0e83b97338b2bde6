/* SPDX-License-Identifier: EUPL-1.2 */
/* The seam of streams and parsers, with a parser made for the test. */
#include "agent/app/app.h"
#include "agent/limits.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct {
	unsigned probes, reads, ends, frees;
	uint64_t missing;
	bool last_to_server;
} seen;

static enum app_guess
probe(const struct flow *f, const struct stream_news *n)
{
	(void)f;
	seen.probes++;
	if (n->data.len < 2)
		return APP_MORE;
	return memcmp(n->data.p, "ok", 2) == 0 ? APP_YES : APP_NO;
}

static void *
state_new(void)
{
	return malloc(1);
}

static void
state_free(void *state)
{
	seen.frees++;
	free(state);
}

static void
read_news(void *state, const struct stream_news *n)
{
	(void)state;
	seen.reads++;
	seen.ends += n->kind == STREAM_END;
	seen.missing += n->missing;
	seen.last_to_server = n->to_server;
}

static const struct app_proto echo = {
    "echo", IPPROTO_UDP, probe, state_new, state_free, read_news};
static const struct app_proto *const protos[] = {&echo, NULL};
static const struct stream_config config = {
    .reader = app_read, .arg = (void *)(uintptr_t)protos, .sessions_max = 4};
static struct stream_engine *stream;

static void
datagram(struct flow *f, const char *text, uint32_t direction)
{
	struct packet p = {.flow = f, .proto = f->key.proto, .flags = direction};

	p.payload = (struct span){.p = (const uint8_t *)text, .len = strlen(text)};
	stream_packet(stream, &p);
}

static void
finish(struct flow *f)
{
	stream_flow_end(stream, f, NULL, NULL);
	app_slot_free(f->slot[FLOW_SLOT_APP]);
}

static int
make_stream(void **state)
{
	(void)state;
	return (stream = stream_engine_new(&config)) == NULL ? -1 : 0;
}

static int
drop_stream(void **state)
{
	(void)state;
	stream_engine_free(stream);
	return 0;
}

static int
setup(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	return 0;
}

static void
a_known_flow_is_read_to_its_end(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};

	(void)state;
	assert_null(app_name(&f));
	datagram(&f, "o", PACKET_TO_SERVER);
	assert_null(app_name(&f));
	datagram(&f, "ok", PACKET_TO_CLIENT);
	assert_string_equal(app_name(&f), "echo");
	assert_false(seen.last_to_server);
	datagram(&f, "no", PACKET_TO_SERVER);
	assert_true(seen.last_to_server);
	assert_int_equal(seen.probes, 2);
	assert_int_equal(seen.reads, 2);
	finish(&f);
	assert_int_equal(seen.ends, 2);
	assert_int_equal(seen.frees, 1);
}

static void
a_gap_reaches_the_parser(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};
	struct stream_news gap = {.kind = STREAM_GAP, .missing = 1460};

	(void)state;
	datagram(&f, "ok", PACKET_TO_SERVER);
	app_read((void *)(uintptr_t)protos, &f, &gap);
	assert_int_equal(seen.missing, 1460);
	finish(&f);
}

static void
an_unknown_flow_is_asked_about_once(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};

	(void)state;
	datagram(&f, "other", PACKET_TO_SERVER);
	datagram(&f, "ok", PACKET_TO_SERVER);
	assert_int_equal(seen.probes, 1);
	assert_null(app_name(&f));
	finish(&f);
	assert_int_equal(seen.frees, 0);
}

static void
guessing_ends(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};
	struct stream_news late = {
	    .kind = STREAM_DATA, .offset = APP_PROBE_BYTES_MAX};

	(void)state;
	app_read((void *)(uintptr_t)protos, &f, &late);
	datagram(&f, "ok", PACKET_TO_SERVER);
	assert_int_equal(seen.probes, 1);
	finish(&f);
}

static void
other_transports_are_not_asked(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};
	struct stream_news n = {.kind = STREAM_DATA};

	(void)state;
	app_read((void *)(uintptr_t)protos, &f, &n);
	assert_int_equal(seen.probes, 0);
	finish(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(a_known_flow_is_read_to_its_end, setup),
	    cmocka_unit_test_setup(a_gap_reaches_the_parser, setup),
	    cmocka_unit_test_setup(an_unknown_flow_is_asked_about_once, setup),
	    cmocka_unit_test_setup(guessing_ends, setup),
	    cmocka_unit_test_setup(other_transports_are_not_asked, setup),
	};

	return cmocka_run_group_tests(tests, make_stream, drop_stream);
}
