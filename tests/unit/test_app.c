/* SPDX-License-Identifier: EUPL-1.2 */
/* Which parser reads a flow, with parsers made for the test. */
#include "agent/app/parser.h"
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
	uint64_t missing, bytes;
	bool last_to_server;
} seen;

static enum app_guess
probe(const struct flow *f, enum app_dir d, struct span bytes)
{
	(void)f;
	(void)d;
	seen.probes++;
	if (bytes.len < 2)
		return APP_MORE;
	return memcmp(bytes.p, "ok", 2) == 0 ? APP_YES : APP_NO;
}

static enum app_guess
probe_other(const struct flow *f, enum app_dir d, struct span bytes)
{
	(void)f;
	(void)d;
	return bytes.len > 0 && bytes.p[0] == 'x' ? APP_YES : APP_NO;
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

/* Each line that was told whole is a transaction; "!" hands over to another. */
static size_t
read_news(struct app_flow *a, const struct stream_news *n)
{
	seen.reads++;
	seen.ends += n->kind == STREAM_END;
	seen.missing += n->missing;
	seen.bytes += n->data.len;
	seen.last_to_server = n->to_server;
	if (n->data.len == 0)
		return 0;
	for (size_t i = 0; i < n->data.len; i++)
		if (n->data.p[i] == '!') {
			app_change(a, APP_TLS);
			return i + 1;
		}
	app_tx_new(a, sizeof(struct app_tx));
	return n->data.len;
}

static enum app_have
buffer(const struct app_flow *a, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	(void)a;
	(void)tx;
	(void)b;
	(void)d;
	(void)instance;
	(void)out;
	return APP_ABSENT;
}

static const struct app_parser echo = {.id = APP_DNS,
    .name = "echo",
    .word = "echo",
    .over = APP_OVER_UDP | APP_OVER_TCP,
    .done = {1, 1},
    .probe = probe,
    .state_new = state_new,
    .state_free = state_free,
    .read = read_news,
    .buffer = buffer};
static const struct app_parser careful = {.id = APP_DNS,
    .name = "echo",
    .word = "echo",
    .over = APP_OVER_TCP,
    .done = {1, 1},
    .probe = probe,
    .state_new = state_new,
    .state_free = state_free,
    .read = read_news,
    .buffer = buffer,
    .takes_gaps = true,
    .client_first = true};
static const struct app_parser other = {.id = APP_SSH,
    .name = "other",
    .over = APP_OVER_TCP,
    .done = {1, 1},
    .probe = probe_other,
    .state_new = state_new,
    .state_free = state_free,
    .read = read_news,
    .buffer = buffer};
static const struct app_parser *const all[] = {&echo, &other, NULL};
static const struct app_parser *const gaps[] = {&careful, NULL};

static struct app *app;

static void
open_app(const struct app_parser *const *parsers, bool inspected)
{
	const struct app_config c = {.parsers = parsers, .inspected = inspected};

	app_free(app);
	assert_non_null(app = app_new(&c));
}

static void
say(struct flow *f, bool to_server, const char *text)
{
	struct stream_news n = {
	    .kind = f->key.proto == IPPROTO_UDP ? STREAM_DATAGRAM : STREAM_DATA,
	    .to_server = to_server,
	    .data = {.p = (const uint8_t *)text, .len = strlen(text)},
	};

	app_read(app, f, &n);
}

static void
finish(struct flow *f)
{
	struct stream_news n = {.kind = STREAM_END};

	app_read(app, f, &n);
	n.to_server = true;
	app_read(app, f, &n);
	app_slot_free(f->slot[FLOW_SLOT_APP]);
	app_free(app);
	app = NULL;
}

static int
setup(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	open_app(all, false);
	return 0;
}

static void
a_known_flow_is_read_to_its_end(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};

	(void)state;
	assert_null(app_name(&f));
	say(&f, true, "ok1");
	assert_string_equal(app_name(&f), "echo");
	assert_int_equal(app_id(&f, APP_TS), APP_DNS);
	assert_int_equal(app_id(&f, APP_TC), APP_UNKNOWN);
	say(&f, false, "ok2");
	assert_false(seen.last_to_server);
	say(&f, true, "no");
	assert_true(seen.last_to_server);
	assert_int_equal(seen.reads, 3);
	finish(&f);
	assert_int_equal(seen.ends, 2);
	assert_int_equal(seen.frees, 1);
}

static void
what_came_before_it_was_known_is_read_too(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	say(&f, true, "o");
	assert_null(app_name(&f));
	say(&f, true, "k and more");
	assert_string_equal(app_name(&f), "echo");
	assert_int_equal(seen.bytes, 11);
	finish(&f);
}

static void
an_unknown_flow_is_failed_when_both_ways_are(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	say(&f, true, "what");
	assert_null(app_name(&f));
	say(&f, false, "is this");
	assert_string_equal(app_name(&f), "failed");
	say(&f, true, "ok");
	assert_int_equal(seen.probes, 2);
	assert_int_equal(seen.reads, 0);
	finish(&f);
	assert_int_equal(seen.frees, 0);
}

static void
one_direction_speaks_for_both(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	say(&f, true, "ok");
	app_clean(&f);
	say(&f, false, "what");
	assert_int_equal(app_flow_events(&f), 1u << APP_EVENT_ONE_DIRECTION);
	assert_int_equal(seen.bytes, 6);
	app_clean(&f);
	assert_int_equal(app_flow_events(&f), 0);
	finish(&f);
}

static void
what_the_server_said_first_is_read_first(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	say(&f, false, "o");
	assert_int_equal(seen.reads, 0);
	say(&f, true, "ok");
	assert_int_equal(seen.reads, 2);
	assert_true(seen.last_to_server);
	assert_int_equal(seen.bytes, 3);
	assert_int_equal(app_flow_events(&f), 1u << APP_EVENT_ONE_DIRECTION);
	finish(&f);
}

static void
directions_that_differ_are_an_event(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	say(&f, true, "ok");
	say(&f, false, "x");
	assert_int_equal(app_flow_events(&f), 1u << APP_EVENT_MISMATCH);
	assert_string_equal(app_name(&f), "echo");
	finish(&f);
}

static void
a_server_that_speaks_first_is_not_it(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	open_app(gaps, false);
	say(&f, false, "ok");
	assert_int_equal(app_flow_events(&f), 1u << APP_EVENT_WRONG_DIRECTION);
	assert_string_equal(app_name(&f), "failed");
	assert_int_equal(seen.reads, 0);
	finish(&f);
}

static void
a_gap_ends_what_cannot_take_it(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP}, g = f;
	struct stream_news gap = {
	    .kind = STREAM_GAP, .to_server = true, .missing = 1460};

	(void)state;
	say(&f, true, "ok");
	app_read(app, &f, &gap);
	say(&f, true, "more");
	assert_int_equal(seen.missing, 0);
	assert_int_equal(seen.reads, 1);
	assert_true(app_tx_done(&f, app_tx_first(&f), APP_TS));
	finish(&f);
	open_app(gaps, false);
	say(&g, true, "ok");
	app_read(app, &g, &gap);
	assert_int_equal(seen.missing, 1460);
	finish(&g);
}

static void
guessing_ends(void **state)
{
	static char zeros[APP_PROBE_BYTES_MAX + 1];
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	memset(zeros, 'z', APP_PROBE_BYTES_MAX);
	say(&f, true, zeros);
	say(&f, true, "ok");
	assert_int_equal(seen.probes, 1);
	finish(&f);
}

static void
another_protocol_may_follow(void **state)
{
	struct flow f = {.key.proto = IPPROTO_TCP};

	(void)state;
	say(&f, true, "ok!xyz");
	assert_string_equal(app_name(&f), "other");
	assert_int_equal(app_flow_events(&f), 1u << APP_EVENT_NO_TLS);
	assert_int_equal(seen.frees, 1);
	finish(&f);
	assert_int_equal(seen.frees, 2);
}

static void
transactions_wait_for_detection(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};
	struct app_tx *tx;

	(void)state;
	open_app(all, true);
	say(&f, true, "ok");
	say(&f, true, "more");
	assert_non_null(tx = app_tx_first(&f));
	tx->progress[APP_TS] = tx->progress[APP_TC] = 1;
	app_tx_inspected(&f, tx, APP_TS);
	app_clean(&f);
	assert_ptr_equal(app_tx_first(&f), tx);
	assert_true(app_has_rest(&f, false));
	app_tx_inspected(&f, tx, APP_TC);
	app_clean(&f);
	assert_int_equal(app_tx_first(&f)->id, 1);
	finish(&f);
}

static void
open_transactions_are_capped(void **state)
{
	struct flow f = {.key.proto = IPPROTO_UDP};

	(void)state;
	say(&f, true, "ok");
	for (int i = 0; i < APP_TX_MAX; i++)
		say(&f, true, "more");
	assert_int_equal(app_stats(app)->tx_cap, 0);
	assert_false(app_tx_done(&f, app_tx_first(&f), APP_TS));
	say(&f, true, "more"); /* the oldest makes room */
	assert_int_equal(app_stats(app)->tx_cap, 1);
	assert_true(app_tx_done(&f, app_tx_first(&f), APP_TS));
	assert_true(app_tx_done(&f, app_tx_first(&f), APP_TC));
	assert_false(app_tx_done(&f, app_tx_first(&f)->next, APP_TS));
	for (int i = 0; i < 2 * APP_TX_MAX; i++)
		say(&f, true, "more"); /* of one packet */
	assert_int_equal(app_stats(app)->txs[APP_DNS], 2 * APP_TX_MAX);
	finish(&f);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_known_flow_is_read_to_its_end),
	    TEST(what_came_before_it_was_known_is_read_too),
	    TEST(an_unknown_flow_is_failed_when_both_ways_are),
	    TEST(one_direction_speaks_for_both),
	    TEST(what_the_server_said_first_is_read_first),
	    TEST(directions_that_differ_are_an_event),
	    TEST(a_server_that_speaks_first_is_not_it),
	    TEST(a_gap_ends_what_cannot_take_it),
	    TEST(guessing_ends),
	    TEST(another_protocol_may_follow),
	    TEST(transactions_wait_for_detection),
	    TEST(open_transactions_are_capped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
