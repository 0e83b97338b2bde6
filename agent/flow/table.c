/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The flow table.  One pool, taken at start; buckets of chains, hashed with a
 * keyed hash over both ends in a fixed order, so that both directions meet; and
 * a list a time-out, longest silent first, so that ending flows costs nothing.
 */
#include "agent/flow/flow.h"

#include "agent/flow/key.h"
#include "agent/limits.h"
#include "common/clock.h"
#include "common/str.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* EVE's flow_id is a whole number that JavaScript can hold. */
#define ID_MASK ((UINT64_C(1) << 51) - 1)

/* Suricata's (guide, "Flow Settings"). */
enum timeout {
	TIMEOUT_NEW,
	TIMEOUT_TCP_NEW,
	TIMEOUT_TCP_CLOSED,
	TIMEOUT_ESTABLISHED,
	TIMEOUT_TCP_ESTABLISHED,
	TIMEOUTS,
};

static const int64_t TIMEOUT_US[TIMEOUTS] = {
    [TIMEOUT_NEW] = 30ll * CLOCK_US,
    [TIMEOUT_TCP_NEW] = 60ll * CLOCK_US,
    [TIMEOUT_TCP_CLOSED] = 60ll * CLOCK_US,
    [TIMEOUT_ESTABLISHED] = 300ll * CLOCK_US,
    [TIMEOUT_TCP_ESTABLISHED] = 600ll * CLOCK_US,
};

struct flow_table {
	struct flow_config config;
	struct flow_hooks hooks;
	struct flow_stats stats;
	struct flow *pool;
	size_t untouched;   /* pool entries from here on were never used */
	struct flow *spare; /* chain of those that were freed */
	struct flow **buckets;
	size_t mask;
	struct list by_age[TIMEOUTS];
	uint64_t next_id;
};

static size_t
buckets_for(size_t flows)
{
	size_t n = 1024;

	while (n < flows)
		n *= 2;
	return n;
}

struct flow_table *
flow_table_new(const struct flow_config *c, const struct flow_hooks *h)
{
	struct flow_table *t = calloc(1, sizeof(*t));
	size_t buckets;

	if (t == NULL)
		return NULL;
	t->config = *c;
	t->hooks = *h;
	if (t->config.max_flows == 0)
		t->config.max_flows = FLOW_MAX;
	buckets = buckets_for(t->config.max_flows);
	t->mask = buckets - 1;
	for (int i = 0; i < TIMEOUTS; i++)
		list_init(&t->by_age[i]);
	if (!c->fixed_ids)
		str_random(&t->next_id, sizeof(t->next_id));
	/* Zero pages: memory is only used once a flow is. */
	t->pool = calloc(t->config.max_flows, sizeof(*t->pool));
	t->buckets = calloc(buckets, sizeof(*t->buckets));
	if (t->pool != NULL && t->buckets != NULL)
		return t;
	flow_table_free(t);
	return NULL;
}

static void
unchain(struct flow_table *t, struct flow *f)
{
	struct flow **at = &t->buckets[f->tag & t->mask];

	while (*at != f)
		at = &(*at)->chain;
	*at = f->chain;
}

static void
end_flow(struct flow_table *t, struct flow *f, const char *reason)
{
	if (t->hooks.end != NULL)
		t->hooks.end(t->hooks.arg, f, reason);
	for (int i = 0; i < FLOW_SLOTS; i++)
		if (f->slot[i] != NULL && t->hooks.slot_free[i] != NULL)
			t->hooks.slot_free[i](f->slot[i]);
	unchain(t, f);
	list_remove(&f->by_age);
	f->in_use = false;
	f->chain = t->spare;
	t->spare = f;
	t->stats.active--;
}

void
flow_table_free(struct flow_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->untouched; i++)
		if (t->pool[i].in_use)
			end_flow(t, &t->pool[i], "shutdown");
	free(t->pool);
	free(t->buckets);
	free(t);
}

void
flow_table_each(
    struct flow_table *t, void (*fn)(void *arg, struct flow *f), void *arg)
{
	for (size_t i = 0; i < t->untouched; i++)
		if (t->pool[i].in_use)
			fn(arg, &t->pool[i]);
}

const struct flow_stats *
flow_table_stats(const struct flow_table *t)
{
	return &t->stats;
}

const char *
flow_life_name(enum flow_life l)
{
	static const char *const names[] = {"new", "established", "closed"};

	return names[l];
}

/* --- finding ----------------------------------------------------------------- */

static struct flow *
find(const struct flow_table *t, const struct flow_key *k, uint32_t tag)
{
	struct flow *f;

	for (f = t->buckets[tag & t->mask]; f != NULL; f = f->chain)
		if (f->tag == tag && flow_key_is_same(&f->key, k))
			return f;
	return NULL;
}

/* --- time-outs ---------------------------------------------------------------- */

static enum timeout
timeout_of(const struct flow *f)
{
	if (f->key.proto != IPPROTO_TCP)
		return f->life == FLOW_NEW ? TIMEOUT_NEW : TIMEOUT_ESTABLISHED;
	switch (f->life) {
	case FLOW_NEW:
		return TIMEOUT_TCP_NEW;
	case FLOW_ESTABLISHED:
		return TIMEOUT_TCP_ESTABLISHED;
	default:
		return TIMEOUT_TCP_CLOSED;
	}
}

static struct flow *
longest_silent(const struct flow_table *t, enum timeout i)
{
	return list_empty(&t->by_age[i])
	    ? NULL
	    : LIST_OF(t->by_age[i].next, struct flow, by_age);
}

/* In whole seconds of the clock, as Suricata. */
static bool
is_over(const struct flow *f, int64_t now_us)
{
	return now_us / CLOCK_US - f->last_us / CLOCK_US >
	    TIMEOUT_US[f->timeout] / CLOCK_US;
}

void
flow_table_expire(struct flow_table *t, int64_t now_us)
{
	struct flow *f;

	for (enum timeout i = 0; i < TIMEOUTS; i++) {
		while ((f = longest_silent(t, i)) != NULL && is_over(f, now_us)) {
			t->stats.timed_out++;
			end_flow(t, f, "timeout");
		}
	}
}

/* Full: first who never got an answer, then who is done, then the idle. */
static bool
evict(struct flow_table *t)
{
	static const enum timeout order[][2] = {
	    {TIMEOUT_NEW, TIMEOUT_TCP_NEW},
	    {TIMEOUT_TCP_CLOSED, TIMEOUT_TCP_CLOSED},
	    {TIMEOUT_ESTABLISHED, TIMEOUT_TCP_ESTABLISHED},
	};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct flow *f = longest_silent(t, order[i][0]);
		struct flow *g = longest_silent(t, order[i][1]);

		if (f == NULL || (g != NULL && g->last_us < f->last_us))
			f = g;
		if (f == NULL)
			continue;
		t->stats.evicted++;
		end_flow(t, f, "forced");
		return true;
	}
	return false;
}

/* --- making ------------------------------------------------------------------- */

/* Neighbours in order must not be neighbours in number (splitmix64's mixer). */
static uint64_t
id_of(uint64_t n)
{
	n += 0x9e3779b97f4a7c15u;
	n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9u;
	n = (n ^ (n >> 27)) * 0x94d049bb133111ebu;
	n = (n ^ (n >> 31)) & ID_MASK;
	return n == 0 ? 1 : n;
}

static struct flow *
take_spare(struct flow_table *t)
{
	struct flow *f;

	if (t->spare == NULL && t->untouched == t->config.max_flows && !evict(t))
		return NULL;
	if ((f = t->spare) != NULL) {
		t->spare = f->chain;
		memset(f, 0, sizeof(*f));
		return f;
	}
	return &t->pool[t->untouched++];
}

/* A SYN with ACK comes from the server, whatever we missed before it. */
static void
orient(struct flow_key *k, const struct packet *p)
{
	struct addr addr = k->a;
	uint16_t port = k->aport;

	if (p->proto != IPPROTO_TCP ||
	    (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != (TCP_SYN | TCP_ACK))
		return;
	k->a = k->b;
	k->aport = k->bport;
	k->b = addr;
	k->bport = port;
}

static struct flow *
make(struct flow_table *t, const struct flow_key *k, uint32_t tag,
    const struct packet *p)
{
	struct flow *f = take_spare(t);

	if (f == NULL) {
		t->stats.refused++;
		return NULL;
	}
	f->key = *k;
	orient(&f->key, p);
	f->id = id_of(t->next_id++);
	f->first_us = p->time_us;
	f->in_use = true;
	f->tag = tag;
	f->chain = t->buckets[tag & t->mask];
	t->buckets[tag & t->mask] = f;
	list_init(&f->by_age);
	t->stats.made++;
	if (++t->stats.active > t->stats.peak)
		t->stats.peak = t->stats.active;
	return f;
}

/* --- packets -------------------------------------------------------------------
 */

static void
count(struct flow *f, const struct packet *p, bool to_server)
{
	if (to_server) {
		f->flags |= FLOW_SEEN_TO_SERVER;
		f->pkts_to_server++;
		f->bytes_to_server += p->frame.len;
		f->tcp_flags_to_server |= p->tcp_flags;
	} else {
		f->flags |= FLOW_SEEN_TO_CLIENT;
		f->pkts_to_client++;
		f->bytes_to_client += p->frame.len;
		f->tcp_flags_to_client |= p->tcp_flags;
	}
}

/* TCP's life is followed by the stream stage; others live by answers. */
static void
follow_life(struct flow *f, struct packet *p)
{
	uint32_t both = FLOW_SEEN_TO_SERVER | FLOW_SEEN_TO_CLIENT;

	if (p->proto != IPPROTO_TCP && (f->flags & both) == both)
		f->life = FLOW_ESTABLISHED;
	if (f->life != FLOW_NEW)
		p->flags |= PACKET_ESTABLISHED;
}

/*
 * Is this SYN the first of another connection than the one that f was?  Also
 * when it comes from the server, as far as that was to be seen without a SYN.
 */
static bool
is_reuse(const struct flow *f, const struct flow_key *k, const struct packet *p)
{
	if (p->proto != IPPROTO_TCP ||
	    (p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
		return false;
	return f->tcp_over ? p->tcp_seq != f->tcp_isn
			   : (f->flags & FLOW_MIDSTREAM) != 0 &&
		f->life == FLOW_NEW && !flow_key_is_forward(&f->key, k);
}

/* The flow that goes on with this packet; one that is over ends here. */
static struct flow *
find_living(struct flow_table *t, const struct flow_key *k, uint32_t tag,
    const struct packet *p)
{
	struct flow *f = find(t, k, tag);

	if (f == NULL)
		return NULL;
	if (is_over(f, p->time_us)) {
		t->stats.timed_out++;
		end_flow(t, f, "timeout");
		return NULL;
	}
	if (is_reuse(f, k, p)) {
		end_flow(t, f, "tcp_reuse");
		return NULL;
	}
	return f;
}

static void
place(struct flow_table *t, struct flow *f)
{
	f->timeout = (uint8_t)timeout_of(f);
	list_remove(&f->by_age);
	list_push(&t->by_age[f->timeout], &f->by_age);
}

void
flow_table_packet(struct flow_table *t, struct packet *p)
{
	struct flow_key k;
	struct flow *f;
	uint32_t tag;
	bool to_server;

	if (!flow_key_exists(p))
		return;
	flow_key_of(p, t->config.vlan_in_key, &k);
	tag = flow_key_tag(&k);
	if ((f = find_living(t, &k, tag, p)) == NULL &&
	    (f = make(t, &k, tag, p)) == NULL)
		return;
	p->flow = f;
	to_server = flow_key_is_forward(&f->key, &k);
	p->flags |= to_server ? PACKET_TO_SERVER : PACKET_TO_CLIENT;
	if (f->flags & FLOW_NO_PAYLOAD_INSPECT)
		p->flags |= PACKET_NO_PAYLOAD_INSPECT;
	if (p->time_us > f->last_us)
		f->last_us = p->time_us;
	count(f, p, to_server);
	follow_life(f, p);
	place(t, f);
}

void
flow_table_settle(struct flow_table *t, struct flow *f)
{
	if (f->timeout == timeout_of(f))
		return;
	t->stats.closed += f->life == FLOW_CLOSED;
	place(t, f);
}
