/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules that take over from others: what is remembered goes on by name. */
#include "tests/unit/detect_help.h"

#include "agent/detect/dataset.h"
#include "agent/detect/state.h"
#include "agent/detect/threshold.h"

static const struct addr A = {.family = 4, .b = {10, 0, 0, 1}},
			 B = {.family = 4, .b = {10, 0, 0, 2}};

static uint16_t
id_of(const struct engine *e, enum ruleset_names kind, const char *name)
{
	int id = ruleset_name_find(e->rs, kind, name);

	assert_true(id >= 0);
	return (uint16_t)id;
}

/* Hand over one flow; it was marked by the old rules. */
static void
hand_over(struct engine *to, struct engine *from, struct flow *f)
{
	struct detect_heir *h = detect_inherit(to->d, from->d);

	assert_non_null(h);
	ruleset_inherit(to->rs, from->rs);
	detect_heir_flow(h, f);
	detect_heir_free(h);
}

static void
test_bits_by_name(void **state)
{
	struct engine old, new;
	struct flow f = {.id = 1};
	uint32_t v = 0;

	(void)state;
	engine_open(&old,
	    "alert ip any any -> any any (flowbits:set,one; sid:1;)\n"
	    "alert ip any any -> any any (flowbits:set,gone; sid:2;)\n"
	    "alert ip any any -> any any (flowint:count,=,1; sid:3;)\n",
	    NULL);
	engine_open(&new,
	    "alert ip any any -> any any (flowbits:set,other; sid:4;)\n"
	    "alert ip any any -> any any (flowint:more,=,1; sid:5;)\n"
	    "alert ip any any -> any any (flowint:count,=,1; sid:3;)\n"
	    "alert ip any any -> any any (flowbits:isset,one; sid:1;)\n",
	    NULL);
	state_flowbit_put(
	    old.d->state, &f, id_of(&old, RULESET_FLOWBITS, "one"), true);
	state_flowbit_put(
	    old.d->state, &f, id_of(&old, RULESET_FLOWBITS, "gone"), true);
	state_flowint_put(
	    old.d->state, &f, id_of(&old, RULESET_FLOWINTS, "count"), 7);
	hand_over(&new, &old, &f);
	assert_true(state_flowbit(&f, id_of(&new, RULESET_FLOWBITS, "one")));
	assert_false(state_flowbit(&f, id_of(&new, RULESET_FLOWBITS, "other")));
	assert_true(state_flowint(&f, id_of(&new, RULESET_FLOWINTS, "count"), &v));
	assert_int_equal(v, 7);
	assert_false(state_flowint(&f, id_of(&new, RULESET_FLOWINTS, "more"), &v));
	detect_slot_free(f.slot[FLOW_SLOT_DETECT]);
	engine_close(&old);
	engine_close(&new);
}

static void
test_hosts(void **state)
{
	struct engine old, new;
	struct flow f = {.id = 1};

	(void)state;
	engine_open(&old,
	    "alert ip any any -> any any (xbits:set,x,track ip_src,expire 60; "
	    "sid:1;)\n"
	    "alert ip any any -> any any (hostbits:set,h; sid:2;)\n"
	    "alert ip any any -> any any (hostbits:set,gone; sid:3;)\n",
	    NULL);
	engine_open(&new,
	    "alert ip any any -> any any (hostbits:set,other; sid:4;)\n"
	    "alert ip any any -> any any (hostbits:isset,h; sid:2;)\n"
	    "alert ip any any -> any any (xbits:isset,x,track ip_src; sid:1;)\n",
	    NULL);
	state_host_bit_put(old.d->state, STATE_XBIT,
	    id_of(&old, RULESET_XBITS, "x"), &A, NULL, 100);
	state_host_bit_put(old.d->state, STATE_HOSTBIT,
	    id_of(&old, RULESET_HOSTBITS, "h"), &B, NULL, 100);
	state_host_bit_put(old.d->state, STATE_HOSTBIT,
	    id_of(&old, RULESET_HOSTBITS, "gone"), &A, NULL, 100);
	hand_over(&new, &old, &f);
	assert_true(state_host_bit(new.d->state, STATE_XBIT,
	    id_of(&new, RULESET_XBITS, "x"), &A, NULL, 50));
	assert_true(state_host_bit(new.d->state, STATE_HOSTBIT,
	    id_of(&new, RULESET_HOSTBITS, "h"), &B, NULL, 50));
	assert_false(state_host_bit(new.d->state, STATE_HOSTBIT,
	    id_of(&new, RULESET_HOSTBITS, "other"), &A, NULL, 50));
	assert_null(f.slot[FLOW_SLOT_DETECT]);
	engine_close(&old);
	engine_close(&new);
}

static void
test_data_sets(void **state)
{
	static const char RULES[] =
	    "alert dns any any -> any any (dns.query; dataset:set,seen,type "
	    "string; sid:1;)\n";
	const struct dataset_config c = {.name = "seen", .type = DATASET_ANY};
	const struct span word = {(const uint8_t *)"example", 7};
	struct engine old, new;
	struct flow f = {.id = 1};
	char error[200];

	(void)state;
	engine_open(&old, RULES, NULL);
	engine_open(&new, RULES, NULL);
	assert_true(dataset_add(
	    datasets_get(ruleset_datasets(old.rs), &c, error, sizeof(error)),
	    word));
	hand_over(&new, &old, &f);
	assert_true(dataset_has(
	    datasets_get(ruleset_datasets(new.rs), &c, error, sizeof(error)), word,
	    NULL));
	engine_close(&old);
	engine_close(&new);
}

/* In parts, as a sensor under traffic does it, the set is the same. */
static void
test_in_parts(void **state)
{
	static const char RULES[] =
	    "alert ip any any -> any any (sid:1;)\n\n"
	    "# a remark\n"
	    "alert ip any any -> any any (nonsense; sid:2;)\n"
	    "alert udp any any -> any any (content:\"x\"; sid:3;)";
	struct span text = {(const uint8_t *)RULES, sizeof(RULES) - 1};
	const struct ruleset_refusal *r;
	char error[200];
	struct ruleset *rs =
	    ruleset_new(&(struct ruleset_config){0}, error, sizeof(error));
	unsigned line = 0;
	int more, steps = 0;

	(void)state;
	assert_non_null(rs);
	while ((more = ruleset_load_lines(rs, &text, 1, "x", &line)) == 1)
		steps++;
	assert_int_equal(more, 0);
	assert_int_equal(steps, 4);
	assert_int_equal(ruleset_loaded(rs), 2);
	assert_int_equal(ruleset_refusals(rs, &r), 1);
	assert_int_equal(r[0].line, 4);
	while ((more = ruleset_finish_some(rs, error, sizeof(error))) == 1)
		;
	assert_int_equal(more, 0);
	assert_non_null(ruleset_prefilter(rs));
	while (ruleset_free_some(rs) == 1)
		;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bits_by_name),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_data_sets),
	    cmocka_unit_test(test_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
