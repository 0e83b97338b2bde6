/* SPDX-License-Identifier: EUPL-1.2 */
/* Indexes of rules without a pattern. */
#include "agent/detect/plain.h"

#include "agent/detect/parser.h"

#include <netinet/in.h>
#include <stdlib.h>

/* Address lists beyond this many addresses say nothing: the rule is always tried. */
#define BROAD_LIST (1u << 28)
/* Ranges of a port list likewise, and sizes of payloads. */
#define BROAD_PORTS 4096
#define BROAD_SIZES 256
#define SIZES	    65536

enum transport {
	T_TCP,
	T_UDP,
	T_ICMP,
	T_ICMPV6,
	T_SCTP,
	T_OTHER,
	TRANSPORTS
};

static const int TRANSPORT_PROTO[TRANSPORTS] = {
    IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, -1};

enum {
	BY_NOTHING, /* key 0 */
	BY_DPORT,
	BY_SPORT,
	BY_TYPE, /* ICMP type or TCP flags */
	BY_SIZE, /* of the payload */
	BY_APP,	 /* enum app_id of the flow */
	KEYS
};

enum {
	SRC4,
	SRC6,
	DST4,
	DST6,
	ANY_ADDR, /* key 0 */
	ADDRS
};

/* Once built, those without rules are NULL. */
struct plain {
	struct index *packet[TRANSPORTS][KEYS];
	struct index *ip_only[ADDRS];
	struct index *event;
	struct index *tx[APP_DIRS]; /* key: enum app_id */
};

#define INDEXES (sizeof(struct plain) / sizeof(struct index *))

static struct list_key
key_of(uint64_t v)
{
	return (struct list_key){0, v};
}

/* Every index, for what is done to all of them. */
static void
all(struct plain *f, struct index **out[INDEXES])
{
	size_t n = 0;

	for (int t = 0; t < TRANSPORTS; t++)
		for (int k = 0; k < KEYS; k++)
			out[n++] = &f->packet[t][k];
	for (int i = 0; i < ADDRS; i++)
		out[n++] = &f->ip_only[i];
	for (int d = 0; d < APP_DIRS; d++)
		out[n++] = &f->tx[d];
	out[n] = &f->event;
}

struct plain *
plain_new(void)
{
	struct plain *f = calloc(1, sizeof(*f));
	struct index **x[INDEXES];

	if (f == NULL)
		return NULL;
	all(f, x);
	for (size_t i = 0; i < INDEXES; i++)
		if ((*x[i] = index_new()) == NULL) {
			plain_free(f);
			return NULL;
		}
	return f;
}

void
plain_free(struct plain *f)
{
	struct index **x[INDEXES];

	if (f == NULL)
		return;
	all(f, x);
	for (size_t i = 0; i < INDEXES; i++)
		index_free(*x[i]);
	free(f);
}

int
plain_build(struct plain *f)
{
	struct index **x[INDEXES];

	all(f, x);
	for (size_t i = 0; i < INDEXES; i++) {
		if (index_build(*x[i]) == -1)
			return -1;
		if (index_pieces(*x[i]) == 0) {
			index_free(*x[i]);
			*x[i] = NULL;
		}
	}
	return 0;
}

/* --- adding -------------------------------------------------------------------- */

static const struct test *
find_test(const struct rule *r, test_fn *fn)
{
	for (size_t i = 0; i < r->tests_n; i++)
		if (r->test[i].fn == fn)
			return &r->test[i];
	return NULL;
}

static bool
allows_proto(const struct rule *r, int proto)
{
	const struct test *t = find_test(r, kw_test_ip_proto);

	return (r->any_proto || ((r->proto[proto / 64] >> (proto % 64)) & 1)) &&
	    (t == NULL || parser_num_holds(&t->num, (uint64_t)proto));
}

static bool
is_named(int proto)
{
	for (int t = 0; t < T_OTHER; t++)
		if (TRANSPORT_PROTO[t] == proto)
			return true;
	return false;
}

static bool
allows(const struct rule *r, enum transport t)
{
	if (t != T_OTHER)
		return allows_proto(r, TRANSPORT_PROTO[t]);
	for (int i = 0; i < 256; i++)
		if (!is_named(i) && allows_proto(r, i))
			return true;
	return false;
}

/* ICMP by type, TCP by flags: for each value that the test lets through. */
static int
add_types(struct index *x, const struct rule *r, const struct test *itype,
    const struct test *flags)
{
	for (unsigned v = 0; v < 256; v++) {
		bool in = itype != NULL ? parser_num_holds(&itype->num, v)
					: kw_flags_hold(&flags->mask, (uint8_t)v);

		if (in && index_add(x, key_of(v), key_of(v), r->number) == -1)
			return -1;
	}
	return 0;
}

static size_t
sizes_in(const struct test *t)
{
	size_t n = 0;

	for (unsigned v = 0; v < SIZES; v++)
		n += parser_num_holds(&t->num, v);
	return n;
}

static int
add_sizes(struct index *x, const struct rule *r, const struct test *size)
{
	for (unsigned v = 0; v < SIZES; v++)
		if (parser_num_holds(&size->num, v) &&
		    index_add(x, key_of(v), key_of(v), r->number) == -1)
			return -1;
	return 0;
}

static int
add_apps(struct index *x, const struct rule *r)
{
	for (unsigned id = 0; id < APP_IDS; id++)
		if (((r->apps >> id) & 1) &&
		    index_add(x, key_of(id), key_of(id), r->number) == -1)
			return -1;
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
add_packet(struct plain *f, const struct rule *r, enum transport t)
{
	struct index **x = f->packet[t];
	bool icmp = t == T_ICMP || t == T_ICMPV6;
	const struct test *itype = icmp ? find_test(r, kw_test_itype) : NULL,
			  *flags =
			      t == T_TCP ? find_test(r, kw_test_tcp_flags) : NULL,
			  *size = find_test(r, kw_test_dsize);

	if (t == T_TCP || t == T_UDP || t == T_SCTP) {
		if (ports_in(r->dport) <= BROAD_PORTS)
			return index_add_ranges(
			    x[BY_DPORT], &r->dport->r, r->number);
		if (ports_in(r->sport) <= BROAD_PORTS)
			return index_add_ranges(
			    x[BY_SPORT], &r->sport->r, r->number);
	}
	if (itype != NULL || flags != NULL)
		return add_types(x[BY_TYPE], r, itype, flags);
	if (r->apps != 0)
		return add_apps(x[BY_APP], r);
	if (size != NULL && sizes_in(size) <= BROAD_SIZES)
		return add_sizes(x[BY_SIZE], r, size);
	return index_add(x[BY_NOTHING], key_of(0), key_of(0), r->number);
}

static uint64_t
addrs_in(const struct addr_set *s)
{
	uint64_t n = 0;

	if (s->any)
		return UINT64_MAX;
	for (size_t i = 0; i < s->v4.n; i++)
		n += s->v4.r[i].to.lo - s->v4.r[i].from.lo + 1;
	/* An IPv6 range counts by its networks of 64 bits. */
	for (size_t i = 0; i < s->v6.n && n <= BROAD_LIST; i++)
		n += s->v6.r[i].to.hi - s->v6.r[i].from.hi + 1;
	return n;
}

static int
add_ip_only(struct plain *f, const struct rule *r)
{
	uint64_t src = addrs_in(r->src), dst = addrs_in(r->dst);
	bool by_src = src < dst;
	const struct addr_set *s = by_src ? r->src : r->dst;

	if (src > BROAD_LIST && dst > BROAD_LIST)
		return index_add(
		    f->ip_only[ANY_ADDR], key_of(0), key_of(0), r->number);
	if (index_add_ranges(f->ip_only[by_src ? SRC4 : DST4], &s->v4, r->number) ==
	    -1)
		return -1;
	return index_add_ranges(
	    f->ip_only[by_src ? SRC6 : DST6], &s->v6, r->number);
}

static int
add_tx(struct plain *f, const struct rule *r)
{
	if (!(r->flags & RULE_TO_CLIENT) && add_apps(f->tx[APP_TS], r) == -1)
		return -1;
	return r->flags & RULE_TO_SERVER ? 0 : add_apps(f->tx[APP_TC], r);
}

int
plain_add(struct plain *f, const struct rule *r)
{
	if (r->class == RULE_CLASS_IP_ONLY)
		return add_ip_only(f, r);
	if (r->events_n > 0) {
		struct list_key k = key_of((uint64_t)r->event[0]);

		return index_add(f->event, k, k, r->number);
	}
	if (r->class == RULE_CLASS_TX)
		return add_tx(f, r);
	for (int t = 0; t < TRANSPORTS; t++)
		if (allows(r, (enum transport)t) &&
		    add_packet(f, r, (enum transport)t) == -1)
			return -1;
	return 0;
}

/* --- finding ------------------------------------------------------------------- */

struct finder {
	plain_fn *fn;
	void *arg;
};

static inline void
find(const struct finder *c, const struct index *x, struct list_key k)
{
	struct index_slice found;

	if (x == NULL)
		return;
	found = index_find(x, k);
	if (found.n > 0)
		c->fn(c->arg, found.rule, found.n);
}

void
plain_ip_only(
    const struct plain *f, const struct packet *p, plain_fn *fn, void *arg)
{
	const struct finder c = {fn, arg};
	bool v4 = p->src.family == 4;

	find(&c, f->ip_only[ANY_ADDR], key_of(0));
	find(&c, f->ip_only[v4 ? SRC4 : SRC6], ranges_key(&p->src));
	find(&c, f->ip_only[v4 ? DST4 : DST6], ranges_key(&p->dst));
}

void
plain_events(const struct plain *f, const struct packet *p, plain_fn *fn, void *arg)
{
	const struct finder c = {fn, arg};

	for (unsigned w = 0; w < PACKET_EVENT_WORDS; w++)
		for (uint64_t bits = p->events[w]; bits != 0; bits &= bits - 1)
			find(&c, f->event,
			    key_of(w * 64 + (unsigned)__builtin_ctzll(bits)));
}

static enum transport
transport_of(const struct packet *p)
{
	int t = 0;

	while (t < T_OTHER && TRANSPORT_PROTO[t] != p->proto)
		t++;
	return (enum transport)t;
}

void
plain_packet(const struct plain *f, const struct packet *p, plain_fn *fn, void *arg)
{
	const struct finder c = {fn, arg};
	enum transport t = transport_of(p);
	struct index *const *x = f->packet[t];

	find(&c, x[BY_NOTHING], key_of(0));
	if (p->flow != NULL)
		find(&c, x[BY_APP], key_of(app_flow_id(p->flow)));
	if (p->flags & PACKET_FRAGMENT) /* no ports, no type, no size */
		return;
	find(&c, x[BY_DPORT], key_of(p->dport));
	find(&c, x[BY_SPORT], key_of(p->sport));
	find(&c, x[BY_TYPE], key_of(t == T_TCP ? p->tcp_flags : p->icmp_type));
	find(&c, x[BY_SIZE], key_of(p->payload.len));
}

void
plain_tx(
    const struct plain *f, enum app_id id, enum app_dir d, plain_fn *fn, void *arg)
{
	const struct finder c = {fn, arg};

	find(&c, f->tx[d], key_of(id));
}
