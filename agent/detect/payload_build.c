/* SPDX-License-Identifier: EUPL-1.2 */
/* Patterns in payloads into sets by transport, direction, protocol and port. */
#include "agent/detect/payload_sets.h"

#include "agent/detect/array.h"
#include "agent/detect/index.h"
#include "agent/detect/ruleset.h"
#include "common/table.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule with more ports is in the set of all ports; with more protocols likewise. */
#define PORTS_MAX 256
#define APPS_MAX  4
#define SETS_MAX  UINT16_MAX

const struct payload_pair payload_pairs[PAYLOAD_PAIRS] = {
    {APP_HTTP1, 80},

};

static int
set_init(struct payload_set *s)
{
	memset(s, 0, sizeof(*s));
	return (s->mpm = mpm_new()) == NULL ? -1 : 0;
}

static void
set_release(struct payload_set *s)
{
	mpm_free(s->mpm);
	mpm_free(s->placed);
	free(s->rule);
}

static struct payload_set *
set_new(void)
{
	struct payload_set *s = malloc(sizeof(*s));

	if (s != NULL && set_init(s) == -1) {
		free(s);
		return NULL;
	}
	return s;
}

static void
set_free(struct payload_set *s)
{
	if (s != NULL)
		set_release(s);
	free(s);
}

static int
set_add(struct payload_set *s, const struct rule *r)
{
	const struct rule_list *l = &r->list[r->fast_list];
	const bool placed = r->placed_op != -1;
	const struct mpm_pattern p =
	    ruleset_pattern(l, placed ? r->placed_op : r->fast_op);

	if (array_grow(&s->rule, s->n, &s->cap, 1, sizeof(*s->rule)) == -1)
		return -1;
	s->rule[s->n++] = r;
	s->gate |= r->gate;
	if (mpm_add(s->mpm, &p, r->number) == -1)
		return -1;
	if (!placed)
		return 0;
	if (s->placed == NULL && (s->placed = mpm_new()) == NULL)
		return -1;
	return mpm_add(s->placed, &p, r->number);
}

static int
set_add_all(struct payload_set *s, const struct payload_set *from)
{
	for (size_t i = 0; i < from->n; i++)
		if (set_add(s, from->rule[i]) == -1)
			return -1;
	return 0;
}

static int
set_build(struct payload_set *s, const struct ruleset_source *source, char *error,
    size_t size)
{
	free(s->rule);
	s->rule = NULL;
	s->n = s->cap = 0;
	if (mpm_build(s->mpm, source, error, size) == -1)
		return -1;
	return s->placed == NULL ? 0 : mpm_build(s->placed, source, error, size);
}

static int
set_fit(const struct payload_set *s, struct mpm_scratch *scratch)
{
	if (s == NULL)
		return 0;
	if (mpm_scratch_fit(scratch, s->mpm) == -1)
		return -1;
	return s->placed == NULL ? 0 : mpm_scratch_fit(scratch, s->placed);
}

static int
group_init(struct payload_group *g)
{
	for (int i = 0; i < PAYLOAD_SIDES; i++)
		if ((g->ports[i] = index_new()) == NULL)
			return -1;
	return set_init(&g->base);
}

static void
group_release(struct payload_group *g)
{
	set_release(&g->base);
	for (int i = 0; i < APP_IDS; i++)
		set_free(g->app[i]);
	for (int i = 0; i < PAYLOAD_PAIRS; i++)
		for (int side = 0; side < PAYLOAD_SIDES; side++)
			set_free(g->pair[i][side]);
	for (size_t i = 0; i < g->port_sets; i++)
		set_release(&g->port_set[i]);
	free(g->port_set);
	free(g->bound);
	for (int i = 0; i < PAYLOAD_SIDES; i++) {
		ports_release(&g->by_port[i]);
		index_free(g->ports[i]);
	}
}

struct payload *
payload_new(void)
{
	struct payload *f = calloc(1, sizeof(*f));

	for (int i = 0; f != NULL && i < PAYLOAD_GROUPS; i++)
		if (group_init(&f->group[i]) == -1) {
			payload_free(f);
			return NULL;
		}
	return f;
}

void
payload_free(struct payload *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		group_release(&f->group[i]);
	free(f);
}

static int
add_to_apps(struct payload_group *g, const struct rule *r)
{
	for (int i = 0; i < APP_IDS; i++) {
		if (!((r->apps >> i) & 1))
			continue;
		if (g->app[i] == NULL && (g->app[i] = set_new()) == NULL)
			return -1;
		if (set_add(g->app[i], r) == -1)
			return -1;
	}
	return 0;
}

static uint64_t
ports_in(const struct port_set *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->r.n; i++)
		n += s->r.r[i].to.lo - s->r.r[i].from.lo + 1;
	return n;
}

static int
add_to_group(struct payload_group *g, const struct rule *r)
{
	uint64_t dports = ports_in(r->dport), sports = ports_in(r->sport);
	bool by_sport = sports < dports;

	if (r->apps != 0 && __builtin_popcountll(r->apps) <= APPS_MAX)
		return add_to_apps(g, r);
	if ((by_sport ? sports : dports) > PORTS_MAX)
		return set_add(&g->base, r);
	if (array_grow(
		&g->bound, g->bounds, &g->bounds_cap, 1, sizeof(*g->bound)) == -1)
		return -1;
	g->bound[g->bounds] = r;
	return index_add_ranges(g->ports[by_sport ? PAYLOAD_SPORT : PAYLOAD_DPORT],
	    &(by_sport ? r->sport : r->dport)->r, (uint32_t)g->bounds++);
}

static bool
allows(const struct rule *r, int proto)
{
	return r->any_proto || ((r->proto[proto / 64] >> (proto % 64)) & 1);
}

static bool
allows_others(const struct rule *r)
{
	uint64_t proto[4];

	memcpy(proto, r->proto, sizeof(proto));
	proto[IPPROTO_TCP / 64] &= ~((uint64_t)1 << (IPPROTO_TCP % 64));
	proto[IPPROTO_UDP / 64] &= ~((uint64_t)1 << (IPPROTO_UDP % 64));
	return r->any_proto || (proto[0] | proto[1] | proto[2] | proto[3]) != 0;
}

int
payload_add(struct payload *f, const struct rule *r)
{
	bool ts = !(r->flags & RULE_TO_CLIENT), tc = !(r->flags & RULE_TO_SERVER);
	bool tcp = allows(r, IPPROTO_TCP), udp = allows(r, IPPROTO_UDP);
	bool stream = r->payload == RULE_CLASS_STREAM;
	bool both = r->payload == RULE_CLASS_PACKET_STREAM;
	const bool in[PAYLOAD_GROUPS] = {
	    [PAYLOAD_STREAM_TS] = tcp && (stream || both) && ts,
	    [PAYLOAD_STREAM_TC] = tcp && (stream || both) && tc,
	    [PAYLOAD_TCP_TS] = tcp && !stream && ts,
	    [PAYLOAD_TCP_TC] = tcp && !stream && tc,
	    [PAYLOAD_UDP_TS] = udp && ts,
	    [PAYLOAD_UDP_TC] = udp && tc,
	    [PAYLOAD_OTHER] = allows_others(r),
	};

	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		if (in[i] && add_to_group(&f->group[i], r) == -1)
			return -1;
	return 0;
}

/* --- sets by port ---------------------------------------------------------------- */

/* The number, and one, of the set of these rules; 0 with errno. */
static unsigned
set_of(struct payload_group *g, struct table *known, struct index_slice s)
{
	void *at = table_get(known, s.rule, s.n * sizeof(*s.rule));
	struct payload_set *new;

	if (at != NULL)
		return (unsigned)(uintptr_t)at;
	if (array_grow(&g->port_set, g->port_sets, &g->port_sets_cap, 1,
		sizeof(*g->port_set)) == -1)
		return 0;
	new = &g->port_set[g->port_sets++];
	if (set_init(new) == -1)
		return 0;
	for (size_t i = 0; i < s.n; i++)
		if (set_add(new, g->bound[s.rule[i]]) == -1)
			return 0;
	if (table_put(known, s.rule, s.n * sizeof(*s.rule),
		(void *)(uintptr_t)g->port_sets) == -1)
		return 0;
	return (unsigned)g->port_sets;
}

static int
fill_side(struct payload_group *g, int side, struct table *known, uint16_t *value)
{
	const struct index *x = g->ports[side];

	for (size_t i = 0; i < index_pieces(x); i++) {
		struct list_key from, end = {0, PORTS_PAGES * PORTS_PAGE};
		struct index_slice s = index_piece(x, i, &from);
		unsigned set = 0;

		if (i + 1 < index_pieces(x))
			index_piece(x, i + 1, &end);
		if (s.n > 0 && (set = set_of(g, known, s)) == 0)
			return -1;
		for (uint64_t k = from.lo; k < end.lo; k++)
			value[k] = (uint16_t)set;
	}
	return index_pieces(x) == 0 ? 0 : ports_init(&g->by_port[side], value);
}

/* Ports with the same rules share a set. */
static int
make_port_sets(struct payload_group *g)
{
	struct table *known = NULL;
	uint16_t *value = NULL;
	int rc = -1;

	for (int side = 0; side < PAYLOAD_SIDES; side++) {
		if (index_build(g->ports[side]) == -1)
			goto done;
		known = table_new(SETS_MAX, NULL);
		value = calloc(PORTS_PAGES * PORTS_PAGE, sizeof(*value));
		if (known == NULL || value == NULL ||
		    fill_side(g, side, known, value) == -1)
			goto done;
		table_free(known);
		free(value);
		known = NULL;
		value = NULL;
	}
	rc = 0;
done:
	table_free(known);
	free(value);
	return rc;
}

static int
make_pair(struct payload_group *g, int i, int side)
{
	const struct payload_set *app = g->app[payload_pairs[i].app];
	unsigned n = ports_get(&g->by_port[side], payload_pairs[i].port);
	struct payload_set *s;

	if (app == NULL || n == 0)
		return 0;
	if ((s = g->pair[i][side] = set_new()) == NULL)
		return -1;
	if (set_add_all(s, &g->base) == -1 || set_add_all(s, app) == -1)
		return -1;
	return set_add_all(s, &g->port_set[n - 1]);
}

/* The server's port is the destination of what goes to it, and the source of what
 * comes from it. */
static int
make_pairs(struct payload_group *g, int id)
{
	bool tc =
	    id == PAYLOAD_STREAM_TC || id == PAYLOAD_TCP_TC || id == PAYLOAD_UDP_TC;

	for (int i = 0; i < PAYLOAD_PAIRS; i++)
		if (make_pair(g, i, tc ? PAYLOAD_SPORT : PAYLOAD_DPORT) == -1)
			return -1;
	return 0;
}

static int
build_pairs(struct payload_group *g, const struct ruleset_source *source,
    char *error, size_t size)
{
	for (int i = 0; i < PAYLOAD_PAIRS; i++)
		for (int side = 0; side < PAYLOAD_SIDES; side++)
			if (g->pair[i][side] != NULL &&
			    set_build(g->pair[i][side], source, error, size) == -1)
				return -1;
	return 0;
}

static int
build_group(struct payload_group *g, int id, const struct ruleset_source *source,
    char *error, size_t size)
{
	if (make_port_sets(g) == -1 || make_pairs(g, id) == -1) {
		snprintf(error, size, "rules: %s", strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < g->port_sets; i++)
		if (set_build(&g->port_set[i], source, error, size) == -1)
			return -1;
	for (int i = 0; i < APP_IDS; i++)
		if (g->app[i] != NULL &&
		    set_build(g->app[i], source, error, size) == -1)
			return -1;
	for (int i = 0; i < PAYLOAD_SIDES; i++) {
		index_free(g->ports[i]);
		g->ports[i] = NULL;
	}
	free(g->bound);
	g->bound = NULL;
	if (build_pairs(g, source, error, size) == -1)
		return -1;
	return set_build(&g->base, source, error, size);
}

static_assert(PAYLOAD_PARTS == PAYLOAD_GROUPS, "each group is a part");

int
payload_build(struct payload *f, size_t part, const struct ruleset_source *source,
    char *error, size_t size)
{
	return build_group(&f->group[part], (int)part, source, error, size);
}

int
payload_fit(const struct payload *f, struct mpm_scratch *s)
{
	for (int i = 0; i < PAYLOAD_GROUPS; i++) {
		const struct payload_group *g = &f->group[i];

		if (set_fit(&g->base, s) == -1)
			return -1;
		for (int k = 0; k < APP_IDS; k++)
			if (set_fit(g->app[k], s) == -1)
				return -1;
		for (int k = 0; k < PAYLOAD_PAIRS; k++)
			if (set_fit(g->pair[k][PAYLOAD_DPORT], s) == -1 ||
			    set_fit(g->pair[k][PAYLOAD_SPORT], s) == -1)
				return -1;
		for (size_t k = 0; k < g->port_sets; k++)
			if (set_fit(&g->port_set[k], s) == -1)
				return -1;
	}
	return 0;
}
