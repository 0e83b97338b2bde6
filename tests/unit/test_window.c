/* SPDX-License-Identifier: EUPL-1.2 */
/* Sliding windows: thresholds to the event and the second, order, lateness, caps.
 */
#include "collector/correlate/full.h"
#include "collector/correlate/window.h"
#include "collector/limits.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* clang-format off */
#include <cmocka.h>
/* clang-format on */

#define S    INT64_C(1000000)
#define SPAN 60
#define LATE (600 * S)
#define BASE (INT64_C(1795435200) * S)

struct bench {
	struct sigma_set *set;
	const struct sigma_rule *rule;
	struct windows *w;
	struct window_firing firing;
	int64_t ids[64];
	size_t ids_n;
	int64_t next_id;
};

static void
complain(void *arg, const char *file, unsigned line, const char *text)
{
	(void)arg;
	fail_msg("%s:%u: %s", file, line, text);
}

static void
open_bench(struct bench *b, const char *type, int at_least)
{
	char text[1024];

	memset(b, 0, sizeof(*b));
	snprintf(text, sizeof(text),
	    "title: d\nname: d\nlogsource:\n  product: stadswacht\ndetection:\n"
	    "  s:\n    proto: TCP\n  condition: s\n---\n"
	    "title: c\ncorrelation:\n  type: %s\n  rules: d\n  group-by: src_ip\n"
	    "  timespan: %ds\n  condition:\n    gte: %d\n%s",
	    type, SPAN, at_least, type[0] == 'v' ? "    field: dest_ip\n" : "");
	b->set = sigma_new();
	assert_int_equal(
	    sigma_load_text(b->set, "t.yml", text, strlen(text), complain, NULL),
	    0);
	assert_int_equal(sigma_link(b->set, complain, NULL), 0);
	b->rule = sigma_at(b->set, 1);
	assert_non_null(b->w = window_new(LATE));
}

static void
close_bench(struct bench *b)
{
	window_free(b->w);
	sigma_free(b->set);
}

/* An event of group g at second time, arriving at second arrived. */
static enum window_result
add_full(
    struct bench *b, const char *g, int64_t time, int64_t arrived, uint64_t value)
{
	struct window_event e = {.id = ++b->next_id,
	    .time_us = BASE + time * S,
	    .arrived_us = BASE + arrived * S,
	    .value = value};

	return window_add(
	    b->w, b->rule, g, strlen(g), &e, &b->firing, b->ids, 64, &b->ids_n);
}

static enum window_result
add(struct bench *b, int64_t time)
{
	return add_full(b, "a", time, time, 0);
}

static void
test_fires_at_n_and_not_before(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 3);
	assert_int_equal(add(&b, 0), WINDOW_QUIET);
	assert_int_equal(add(&b, 1), WINDOW_QUIET);
	assert_int_equal(add(&b, 2), WINDOW_FIRED);
	assert_int_equal(b.firing.first_id, 1);
	assert_int_equal(b.firing.count, 3);
	assert_int_equal(b.ids_n, 3);
	assert_int_equal(b.ids[2], 3);
	close_bench(&b);
}

static void
test_the_last_second_counts_the_next_does_not(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 2);
	assert_int_equal(add(&b, 0), WINDOW_QUIET);
	assert_int_equal(add(&b, SPAN), WINDOW_FIRED);
	close_bench(&b);
	open_bench(&b, "event_count", 2);
	assert_int_equal(add(&b, 0), WINDOW_QUIET);
	assert_int_equal(add(&b, SPAN + 1), WINDOW_QUIET);
	/* the window slides: this one is near the second, not the first */
	assert_int_equal(add(&b, SPAN + 30), WINDOW_FIRED);
	assert_int_equal(b.firing.first_id, 2);
	close_bench(&b);
}

static void
test_a_firing_goes_on_and_ends(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 2);
	add(&b, 0);
	assert_int_equal(add(&b, 1), WINDOW_FIRED);
	assert_int_equal(add(&b, 2), WINDOW_GOES_ON);
	assert_int_equal(b.firing.count, 3);
	/* within a timespan of the last event the episode is the same one */
	assert_int_equal(add(&b, 2 + SPAN), WINDOW_GOES_ON);
	assert_int_equal(b.firing.count, 4);
	/* then quiet: two events make a new one */
	assert_int_equal(add(&b, 200), WINDOW_QUIET);
	assert_int_equal(add(&b, 201), WINDOW_FIRED);
	assert_int_equal(b.firing.first_id, 5);
	close_bench(&b);
}

static void
test_groups_are_apart(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 2);
	assert_int_equal(add_full(&b, "a", 0, 0, 0), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "b", 1, 1, 0), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 2, 2, 0), WINDOW_FIRED);
	assert_int_equal(window_groups(b.w), 2);
	close_bench(&b);
}

static void
test_order_of_arrival_does_not_matter(void **state)
{
	static const int orders[][3] = {{0, 30, 60}, {0, 60, 30}, {30, 0, 60},
	    {30, 60, 0}, {60, 0, 30}, {60, 30, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		struct bench b;

		open_bench(&b, "event_count", 3);
		assert_int_equal(
		    add_full(&b, "a", orders[i][0], 100, 0), WINDOW_QUIET);
		assert_int_equal(
		    add_full(&b, "a", orders[i][1], 101, 0), WINDOW_QUIET);
		assert_int_equal(
		    add_full(&b, "a", orders[i][2], 102, 0), WINDOW_FIRED);
		assert_int_equal(b.firing.first_us, BASE);
		assert_int_equal(b.firing.last_us, BASE + 60 * S);
		close_bench(&b);
	}
}

/* An agent that was away for hours: its events count by their own times. */
static void
test_a_backlog_is_counted(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 3);
	assert_int_equal(add_full(&b, "a", 36000, 36000, 0), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 10, 36001, 0), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 20, 36002, 0), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 30, 36003, 0), WINDOW_FIRED);
	assert_int_equal(b.firing.count, 3);
	assert_int_equal(b.firing.first_id, 2);
	close_bench(&b);
}

static void
test_lateness_ends(void **state)
{
	struct bench b;
	int64_t late = LATE / S;

	(void)state;
	open_bench(&b, "event_count", 2);
	add_full(&b, "a", 0, 0, 0);
	assert_int_equal(add_full(&b, "a", 1, SPAN + late, 0), WINDOW_FIRED);
	close_bench(&b);
	open_bench(&b, "event_count", 2);
	add_full(&b, "a", 0, 0, 0);
	assert_int_equal(add_full(&b, "a", 1, SPAN + late + 1, 0), WINDOW_QUIET);
	close_bench(&b);
}

static void
test_values_are_counted_once(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "value_count", 3);
	assert_int_equal(add_full(&b, "a", 0, 0, 11), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 1, 1, 12), WINDOW_QUIET);
	for (int i = 2; i < 20; i++)
		assert_int_equal(add_full(&b, "a", i, i, 12), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 20, 20, 13), WINDOW_FIRED);
	assert_int_equal(b.firing.distinct, 3);
	close_bench(&b);
	open_bench(&b, "value_count", 3);
	add_full(&b, "a", 0, 0, 11);
	add_full(&b, "a", 1, 1, 12);
	assert_int_equal(add_full(&b, "a", SPAN + 1, SPAN + 1, 13), WINDOW_QUIET);
	close_bench(&b);
}

/* A flood of one value must not push out the others. */
static void
test_one_busy_value_hides_nothing(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "value_count", 3);
	add_full(&b, "a", 0, 0, 11);
	add_full(&b, "a", 1, 1, 12);
	for (int i = 0; i < 3 * SIGMA_WINDOW_EVENTS_MAX; i++)
		assert_int_equal(add_full(&b, "a", 2, 2, 12), WINDOW_QUIET);
	assert_int_equal(add_full(&b, "a", 3, 3, 13), WINDOW_FIRED);
	assert_int_equal(window_counters(b.w)->events_evicted, 0);
	close_bench(&b);
}

static void
test_state_has_a_cap_that_is_counted(void **state)
{
	struct bench b;
	char g[16];

	(void)state;
	open_bench(&b, "event_count", 2);
	for (int i = 0; i < SIGMA_GROUPS_MAX + 10; i++) {
		snprintf(g, sizeof(g), "g%d", i);
		add_full(&b, g, 0, 0, 0);
	}
	assert_int_equal(window_groups(b.w), SIGMA_GROUPS_MAX);
	assert_int_equal(window_counters(b.w)->groups_evicted, 10);
	/* the newest are still there */
	assert_int_equal(add_full(&b, g, 1, 1, 0), WINDOW_FIRED);
	close_bench(&b);
}

static void
test_one_window_has_a_cap_that_is_counted(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 4000);
	for (int i = 0; i < 3999; i++)
		assert_int_equal(add(&b, 0), WINDOW_QUIET);
	assert_int_equal(add(&b, 0), WINDOW_FIRED);
	for (int i = 0; i < 200; i++)
		assert_int_equal(add(&b, 1), WINDOW_GOES_ON);
	assert_int_equal(window_counters(b.w)->events_evicted, 200 - (4096 - 4000));
	close_bench(&b);
}

static void
test_quiet_groups_are_forgotten(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b, "event_count", 2);
	add_full(&b, "a", 0, 0, 0);
	add_full(&b, "b", 2000, 2000, 0);
	assert_int_equal(window_groups(b.w), 1);
	close_bench(&b);
}

/* The replay after a restart finds the firing again and tells nothing twice. */
static void
test_restore(void **state)
{
	struct bench b, c;
	struct window_firing known;

	(void)state;
	open_bench(&b, "event_count", 3);
	for (int i = 0; i < 5; i++)
		add(&b, i);
	known = b.firing;
	close_bench(&b);
	open_bench(&c, "event_count", 3);
	window_restore(c.w, c.rule, "a", 1, &known, BASE + 5 * S);
	assert_int_equal(add(&c, 0), WINDOW_QUIET);
	assert_int_equal(add(&c, 1), WINDOW_QUIET);
	for (int i = 2; i < 5; i++)
		assert_int_equal(add(&c, i), WINDOW_KNOWN);
	assert_int_equal(add(&c, 5), WINDOW_GOES_ON);
	assert_int_equal(c.firing.first_id, known.first_id);
	assert_int_equal(c.firing.count, 6);
	close_bench(&c);
}

/* What was forgotten is told once, soon, and then every ten minutes at most. */
static void
test_a_full_state_is_told(void **state)
{
	struct window_counters c = {0}, lost;
	struct full f = {.told_us = 0};
	struct json_doc *d;
	struct buf out;
	struct jw w;

	(void)state;
	assert_false(full_due(&f, &c, 1, &lost));
	c = (struct window_counters){.groups_evicted = 2, .events_evicted = 30};
	assert_true(full_due(&f, &c, 5, &lost));
	assert_int_equal(lost.events_evicted, 30);
	assert_false(full_due(&f, &c, 5 + CORRELATE_FULL_US, &lost));
	c.events_evicted = 37;
	assert_false(full_due(&f, &c, 4 + CORRELATE_FULL_US, &lost));
	assert_true(full_due(&f, &c, 5 + CORRELATE_FULL_US, &lost));
	assert_int_equal(lost.groups_evicted, 0);
	assert_int_equal(lost.events_evicted, 7);
	buf_init(&out, 4096);
	jw_init(&w, &out);
	full_write(&w, &lost, 1);
	d = json_read((const char *)out.data, out.len, NULL, 0);
	assert_non_null(d);
	assert_int_equal(json_int(d, "alert.gid", 0), 600);
	assert_int_equal(json_int(d, "alert.signature_id", 0), 106);
	assert_int_equal(json_int(d, "agent_state.events", 0), 7);
	assert_string_equal(json_str(d, "stadswacht.class"), "health");
	json_free(d);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fires_at_n_and_not_before),
	    cmocka_unit_test(test_the_last_second_counts_the_next_does_not),
	    cmocka_unit_test(test_a_firing_goes_on_and_ends),
	    cmocka_unit_test(test_groups_are_apart),
	    cmocka_unit_test(test_order_of_arrival_does_not_matter),
	    cmocka_unit_test(test_a_backlog_is_counted),
	    cmocka_unit_test(test_lateness_ends),
	    cmocka_unit_test(test_values_are_counted_once),
	    cmocka_unit_test(test_one_busy_value_hides_nothing),
	    cmocka_unit_test(test_state_has_a_cap_that_is_counted),
	    cmocka_unit_test(test_one_window_has_a_cap_that_is_counted),
	    cmocka_unit_test(test_quiet_groups_are_forgotten),
	    cmocka_unit_test(test_restore),
	    cmocka_unit_test(test_a_full_state_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
