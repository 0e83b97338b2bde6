/* SPDX-License-Identifier: EUPL-1.2 */
/* Looking for patterns in payloads. */
#include "agent/detect/payload_sets.h"

#include "agent/detect/gate.h"
#include "agent/detect/literal.h"
#include "agent/detect/ruleset.h"

#include <netinet/in.h>

struct scanner {
	const struct payload_of *of;
	struct mpm_scratch *scratch;
	mpm_fn *fn;
	void *arg;
};

static void
scan_set(const struct scanner *c, const struct payload_set *s, struct span bytes,
    struct span whole)
{
	if (!gate_lets(s->gate, c->of->gate))
		return;
	mpm_scan(s->mpm, c->scratch, bytes, c->fn, c->arg);
	if (whole.len != bytes.len && s->placed != NULL)
		mpm_scan(s->placed, c->scratch, whole, c->fn, c->arg);
}

static void
scan_port(const struct scanner *c, const struct payload_group *g, int side,
    uint16_t port, struct span bytes, struct span whole)
{
	unsigned n = ports_get(&g->by_port[side], port);

	if (n != 0)
		scan_set(c, &g->port_set[n - 1], bytes, whole);
}

/* The set for the protocol at its usual port, which is at *side; NULL: none. */
static const struct payload_set *
pair_of(const struct payload_group *g, const struct packet *p, enum app_id id,
    int *side)
{
	for (int i = 0; i < PAYLOAD_PAIRS; i++) {
		if (payload_pairs[i].app != id)
			continue;
		*side = p->dport == payload_pairs[i].port ? PAYLOAD_DPORT
							  : PAYLOAD_SPORT;
		return p->dport == payload_pairs[i].port ||
			p->sport == payload_pairs[i].port
		    ? g->pair[i][*side]
		    : NULL;
	}
	return NULL;
}

static void
scan_group(const struct scanner *c, const struct payload_group *g,
    struct span bytes, struct span whole)
{
	const struct packet *p = c->of->p;
	const enum app_id id = p->flow == NULL ? APP_UNKNOWN : app_flow_id(p->flow);
	const struct payload_set *pair = NULL;
	int side = PAYLOAD_SIDES;

	if (p->flags & PACKET_FRAGMENT) { /* has no ports */
		scan_set(c, &g->base, bytes, whole);
		if (g->app[id] != NULL)
			scan_set(c, g->app[id], bytes, whole);
		return;
	}
	if ((pair = pair_of(g, p, id, &side)) != NULL) {
		scan_set(c, pair, bytes, whole);
	} else {
		side = PAYLOAD_SIDES;
		scan_set(c, &g->base, bytes, whole);
		if (g->app[id] != NULL)
			scan_set(c, g->app[id], bytes, whole);
	}
	if (side != PAYLOAD_DPORT)
		scan_port(c, g, PAYLOAD_DPORT, p->dport, bytes, whole);
	if (side != PAYLOAD_SPORT)
		scan_port(c, g, PAYLOAD_SPORT, p->sport, bytes, whole);
}

void
payload_scan(const struct payload *f, struct mpm_scratch *s,
    const struct payload_of *of, mpm_fn *fn, void *arg)
{
	const struct packet *p = of->p;
	const struct scanner c = {of, s, fn, arg};
	bool tc = (p->flags & PACKET_TO_CLIENT) != 0;
	bool tcp = p->proto == IPPROTO_TCP;
	const struct payload_group *stream =
	    &f->group[tc ? PAYLOAD_STREAM_TC : PAYLOAD_STREAM_TS];
	const struct payload_group *packet = tcp
	    ? &f->group[tc ? PAYLOAD_TCP_TC : PAYLOAD_TCP_TS]
	    : p->proto == IPPROTO_UDP
	    ? &f->group[tc ? PAYLOAD_UDP_TC : PAYLOAD_UDP_TS]
	    : &f->group[PAYLOAD_OTHER];

	if (p->payload.len > 0) {
		scan_group(&c, packet, p->payload, p->payload);
		/* Not in the stream: as if it were a chunk. */
		if (tcp && !(p->flags & PACKET_IN_STREAM))
			scan_group(&c, stream, p->payload, p->payload);
	}
	for (size_t i = 0; i < of->chunks; i++)
		scan_group(&c, stream, of->chunk[i].data,
		    of->chunk[i].before == 0
			? of->chunk[i].data
			: stream_chunk_whole(p, &of->chunk[i]));
}

/* --- windows --------------------------------------------------------------------- */

static bool
is_in(const struct mpm_pattern *p, struct span bytes)
{
	const struct literal l = {p->bytes, p->len, p->nocase, 0, 0};
	size_t from = p->min_end > p->len ? p->min_end - p->len : 0;
	size_t to =
	    p->max_end != 0 && p->max_end < bytes.len ? p->max_end : bytes.len;

	return from < to && literal_find(&l, bytes.p + from, to - from) != NULL;
}

bool
payload_confirms(const struct rule *r, const struct payload_of *of)
{
	const struct mpm_pattern p =
	    ruleset_pattern(&r->list[r->fast_list], r->fast_op);
	bool stream = r->payload == RULE_CLASS_STREAM;

	if ((!stream || !(of->p->flags & PACKET_IN_STREAM)) &&
	    is_in(&p, of->p->payload))
		return true;
	for (size_t i = 0; i < of->chunks; i++)
		if ((stream || r->payload == RULE_CLASS_PACKET_STREAM) &&
		    is_in(&p, of->chunk[i].data))
			return true;
	return false;
}
