/* SPDX-License-Identifier: EUPL-1.2 */
/* Candidates for a packet. */
#include "agent/detect/prefilter.h"

#include "agent/detect/buffers.h"
#include "agent/detect/gate.h"
#include "agent/detect/index.h"
#include "agent/detect/match.h"
#include "agent/detect/mpm.h"
#include "agent/detect/parser.h"
#include "agent/detect/transform.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Address lists beyond this many addresses say nothing: the rule is always tried. */
#define BROAD_LIST (1u << 28)
/* Ranges of a port list likewise. */
#define BROAD_PORTS 4096
/* Beyond this an insertion sort is slower than qsort(). */
#define FEW 24

/* Payload databases: contents of TCP and UDP go one way mostly; TCP's are of the
 * stream, of the packet, or of both. */
enum payload_group {
	STREAM_TS,
	STREAM_TC,
	TCP_TS,
	TCP_TC,
	UDP_TS,
	UDP_TC,
	OTHER,
	PAYLOAD_GROUPS
};

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

/* Rules without a pattern, of one transport. */
struct plain {
	struct index *always; /* key 0 */
	struct index *dport, *sport;
	struct index *type; /* ICMP type or TCP flags */
};

/* Patterns in one buffer after one chain of transforms. */
struct app_set {
	struct app_set *next;
	const struct transform_chain *chain;
	struct mpm *mpm;
};

struct prefilter {
	struct rule *const *rule;
	size_t rules;
	struct mpm *payload[PAYLOAD_GROUPS];
	struct mpm *header[BUFFERS];
	/* Of transactions; NULL where no rule looks. */
	struct app_set *app[APP_DIRS][APP_BUFFER_IDS];
	struct index *app_always[APP_DIRS]; /* key: enum app_id */
	uint64_t looked[APP_IDS][APP_DIRS][PREFILTER_WORDS];
	int16_t progress[APP_IDS][APP_DIRS][APP_BUFFER_IDS]; /* -1: never */
	struct plain plain[TRANSPORTS];
	struct index *event;
	struct index *src4, *src6, *dst4, *dst6, *ip_always; /* IP-only rules */
};

struct prefilter_scratch {
	struct mpm_scratch *mpm;
	uint32_t *seen; /* a rule: the round that it came up in */
	uint32_t round;
	uint32_t *out;
	size_t n;
	uint64_t gate;
	const struct prefilter *f;
};

static const struct list_key ZERO = {0, 0};

static struct list_key
key_of(uint64_t v)
{
	return (struct list_key){0, v};
}

/* --- building -------------------------------------------------------------- */

static bool
allows(const struct rule *r, enum transport t)
{
	int proto = TRANSPORT_PROTO[t];

	if (r->any_proto)
		return true;
	if (proto != -1)
		return (r->proto[proto / 64] >> (proto % 64)) & 1;
	for (int i = 0; i < 256; i++)
		if ((r->proto[i / 64] >> (i % 64)) & 1) {
			bool named = false;

			for (int k = 0; k < T_OTHER; k++)
				named |= TRANSPORT_PROTO[k] == i;
			if (!named)
				return true;
		}
	return false;
}

/* Where a content can end, for the matcher to stop early. */
static struct mpm_pattern
pattern_of(const struct op *op)
{
	const struct op_content *c = &op->content;
	struct mpm_pattern p = {
	    c->bytes, c->len, (op->flags & OP_NOCASE) != 0, 0, 0};
	size_t cut_front = 0;

	if (op->flags & OP_FAST_CHOP) {
		p.bytes += c->fast_offset;
		p.len = c->fast_len;
		cut_front = c->fast_offset;
	}
	if (p.len > MPM_PATTERN_MAX)
		p.len = MPM_PATTERN_MAX;
	if (op->flags & (OP_DISTANCE | OP_WITHIN) || c->offset.var != -1 ||
	    c->depth.var != -1)
		return p;
	p.min_end = (size_t)c->offset.value + cut_front + p.len;
	if (op->flags & OP_DEPTH)
		p.max_end = (size_t)c->offset.value + (size_t)c->depth.value -
		    (c->len - cut_front - p.len);
	return p;
}

/* Can the rule match this way? */
static bool
goes(const struct rule *r, enum app_dir d)
{
	return !(r->flags & (d == APP_TS ? RULE_TO_CLIENT : RULE_TO_SERVER));
}

static struct app_set *
app_set_of(struct app_set **first, const struct transform_chain *chain)
{
	struct app_set *s = *first;

	while (s != NULL && !transform_chain_same(s->chain, chain))
		s = s->next;
	if (s != NULL || (s = calloc(1, sizeof(*s))) == NULL)
		return s;
	s->chain = chain;
	s->next = *first;
	*first = s;
	return (s->mpm = mpm_new()) == NULL ? NULL : s;
}

static int
add_app_pattern(struct prefilter *f, const struct rule *r, enum app_buffer_id b,
    const struct mpm_pattern *p)
{
	for (int d = 0; d < APP_DIRS; d++) {
		struct app_set *s;

		if (!goes(r, (enum app_dir)d))
			continue;
		s = app_set_of(&f->app[d][b], r->list[r->fast_list].chain);
		if (s == NULL || mpm_add(s->mpm, p, r->number) == -1)
			return -1;
	}
	return 0;
}

/* Tried on each transaction of its protocols. */
static int
add_app_always(struct prefilter *f, const struct rule *r)
{
	for (int d = 0; d < APP_DIRS; d++)
		for (unsigned id = 0; goes(r, (enum app_dir)d) && id < APP_IDS;
		     id++)
			if (((r->apps >> id) & 1) &&
			    index_add(f->app_always[d], key_of(id), key_of(id),
				r->number) == -1)
				return -1;
	return 0;
}

static int
add_pattern(struct prefilter *f, const struct rule *r)
{
	const struct rule_list *l = &r->list[r->fast_list];
	struct mpm_pattern p = pattern_of(&l->op[r->fast_op]);
	bool ts = !(r->flags & RULE_TO_CLIENT), tc = !(r->flags & RULE_TO_SERVER);
	bool tcp = allows(r, T_TCP);
	bool stream = r->payload == RULE_CLASS_STREAM;
	bool both = r->payload == RULE_CLASS_PACKET_STREAM;
	const bool in[PAYLOAD_GROUPS] = {
	    [STREAM_TS] = tcp && (stream || both) && ts,
	    [STREAM_TC] = tcp && (stream || both) && tc,
	    [TCP_TS] = tcp && !stream && ts,
	    [TCP_TC] = tcp && !stream && tc,
	    [UDP_TS] = allows(r, T_UDP) && ts,
	    [UDP_TC] = allows(r, T_UDP) && tc,
	    [OTHER] = allows(r, T_ICMP) || allows(r, T_ICMPV6) ||
		allows(r, T_SCTP) || allows(r, T_OTHER),
	};

	if (buffers_app(l->buffer) != APP_BUFFER_NONE)
		return add_app_pattern(f, r, buffers_app(l->buffer), &p);
	if (l->buffer != BUFFER_PAYLOAD)
		return mpm_add(f->header[l->buffer], &p, r->number);
	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		if (in[i] && mpm_add(f->payload[i], &p, r->number) == -1)
			return -1;
	return 0;
}

static const struct test *
find_test(const struct rule *r, test_fn *fn)
{
	for (size_t i = 0; i < r->tests_n; i++)
		if (r->test[i].fn == fn)
			return &r->test[i];
	return NULL;
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

static uint64_t
ports_in(const struct port_set *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->r.n; i++)
		n += s->r.r[i].to.lo - s->r.r[i].from.lo + 1;
	return n;
}

static int
add_plain(struct prefilter *f, const struct rule *r, enum transport t)
{
	const struct test *itype = find_test(r, kw_test_itype),
			  *flags = find_test(r, kw_test_tcp_flags);
	struct plain *p = &f->plain[t];

	if (t == T_ICMP || t == T_ICMPV6)
		flags = NULL;
	else
		itype = NULL;
	if (t == T_TCP || t == T_UDP || t == T_SCTP) {
		if (!r->dport->any && ports_in(r->dport) <= BROAD_PORTS)
			return index_add_ranges(p->dport, &r->dport->r, r->number);
		if (!r->sport->any && ports_in(r->sport) <= BROAD_PORTS)
			return index_add_ranges(p->sport, &r->sport->r, r->number);
	}
	if (itype != NULL || (flags != NULL && t == T_TCP))
		return add_types(p->type, r, itype, flags);
	return index_add(p->always, ZERO, ZERO, r->number);
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
add_ip_only(struct prefilter *f, const struct rule *r)
{
	uint64_t src = addrs_in(r->src), dst = addrs_in(r->dst);

	if (src > BROAD_LIST && dst > BROAD_LIST)
		return index_add(f->ip_always, ZERO, ZERO, r->number);
	if (src < dst) {
		if (index_add_ranges(f->src4, &r->src->v4, r->number) == -1)
			return -1;
		return index_add_ranges(f->src6, &r->src->v6, r->number);
	}
	if (index_add_ranges(f->dst4, &r->dst->v4, r->number) == -1)
		return -1;
	return index_add_ranges(f->dst6, &r->dst->v6, r->number);
}

static int
add_rule(struct prefilter *f, const struct rule *r)
{
	if (r->class == RULE_CLASS_IP_ONLY)
		return add_ip_only(f, r);
	if (r->events_n > 0) {
		struct list_key k = key_of((uint64_t)r->event[0]);

		return index_add(f->event, k, k, r->number);
	}
	if (r->fast_list != -1)
		return add_pattern(f, r);
	if (r->class == RULE_CLASS_TX)
		return add_app_always(f, r);
	for (int t = 0; t < TRANSPORTS; t++)
		if (allows(r, (enum transport)t) &&
		    add_plain(f, r, (enum transport)t) == -1)
			return -1;
	return 0;
}

/* Every index of a prefilter, for what is done to all of them. */
#define INDEXES (8 + 4 * TRANSPORTS)

static void
all_indexes(struct prefilter *f, struct index **out[INDEXES])
{
	struct index **fixed[] = {&f->event, &f->src4, &f->src6, &f->dst4, &f->dst6,
	    &f->ip_always, &f->app_always[APP_TS], &f->app_always[APP_TC]};
	size_t n = 0;

	for (; n < sizeof(fixed) / sizeof(fixed[0]); n++)
		out[n] = fixed[n];
	for (int t = 0; t < TRANSPORTS; t++) {
		out[n++] = &f->plain[t].always;
		out[n++] = &f->plain[t].dport;
		out[n++] = &f->plain[t].sport;
		out[n++] = &f->plain[t].type;
	}
}

static struct app_set **
app_sets(struct prefilter *f, int i)
{
	return &f->app[i / APP_BUFFER_IDS][i % APP_BUFFER_IDS];
}

static int
make_parts(struct prefilter *f)
{
	struct index **x[INDEXES];

	all_indexes(f, x);
	for (size_t i = 0; i < INDEXES; i++)
		if ((*x[i] = index_new()) == NULL)
			return -1;
	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		if ((f->payload[i] = mpm_new()) == NULL)
			return -1;
	for (int i = 0; i < BUFFERS; i++)
		if ((f->header[i] = mpm_new()) == NULL)
			return -1;
	return 0;
}

static int
build_parts(struct prefilter *f, const struct ruleset_source *source, char *error,
    size_t size)
{
	struct index **x[INDEXES];

	all_indexes(f, x);
	for (size_t i = 0; i < INDEXES; i++)
		if (index_build(*x[i]) == -1) {
			snprintf(error, size, "rules: %s", strerror(errno));
			return -1;
		}
	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		if (mpm_build(f->payload[i], source, error, size) == -1)
			return -1;
	for (int i = 0; i < BUFFERS; i++)
		if (mpm_build(f->header[i], source, error, size) == -1)
			return -1;
	for (int i = 0; i < APP_DIRS * APP_BUFFER_IDS; i++)
		for (struct app_set *s = *app_sets(f, i); s != NULL; s = s->next)
			if (mpm_build(s->mpm, source, error, size) == -1)
				return -1;
	return 0;
}

static void
note_buffer(
    struct prefilter *f, enum app_id id, enum app_dir d, enum app_buffer_id b)
{
	int progress = app_buffer_progress(id, b, d);

	f->progress[id][d][b] = (int16_t)progress;
	if (progress != -1 && f->app[d][b] != NULL)
		f->looked[id][d][b / 64] |= (uint64_t)1 << (b % 64);
}

static void
note_buffers(struct prefilter *f)
{
	for (int id = 0; id < APP_IDS; id++)
		for (int d = 0; d < APP_DIRS; d++)
			for (int b = 0; b < APP_BUFFER_IDS; b++)
				note_buffer(f, (enum app_id)id, (enum app_dir)d,
				    (enum app_buffer_id)b);
}

struct prefilter *
prefilter_new(struct rule *const *rule, size_t n,
    const struct ruleset_source *source, char *error, size_t size)
{
	struct prefilter *f = calloc(1, sizeof(*f));

	if (f == NULL || make_parts(f) == -1)
		goto no_memory;
	f->rule = rule;
	f->rules = n;
	for (size_t i = 0; i < n; i++)
		if (add_rule(f, rule[i]) == -1)
			goto no_memory;
	note_buffers(f);
	if (build_parts(f, source, error, size) == -1)
		goto fail;
	return f;

no_memory:
	snprintf(error, size, "rules: %s", strerror(errno));
fail:
	prefilter_free(f);
	return NULL;
}

void
prefilter_free(struct prefilter *f)
{
	struct index **x[INDEXES];

	if (f == NULL)
		return;
	all_indexes(f, x);
	for (size_t i = 0; i < INDEXES; i++)
		index_free(*x[i]);
	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		mpm_free(f->payload[i]);
	for (int i = 0; i < BUFFERS; i++)
		mpm_free(f->header[i]);
	for (int i = 0; i < APP_DIRS * APP_BUFFER_IDS; i++)
		for (struct app_set *s = *app_sets(f, i), *next; s != NULL;
		     s = next) {
			next = s->next;
			mpm_free(s->mpm);
			free(s);
		}
	free(f);
}

/* --- running --------------------------------------------------------------- */

struct prefilter_scratch *
prefilter_scratch_new(const struct prefilter *f)
{
	struct prefilter_scratch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->f = f;
	s->seen = calloc(f->rules + 1, sizeof(*s->seen));
	s->out = calloc(f->rules + 1, sizeof(*s->out));
	s->mpm = mpm_scratch_new();
	if (s->seen == NULL || s->out == NULL || s->mpm == NULL)
		goto fail;
	for (int i = 0; i < PAYLOAD_GROUPS; i++)
		if (mpm_scratch_fit(s->mpm, f->payload[i]) == -1)
			goto fail;
	for (int i = 0; i < BUFFERS; i++)
		if (mpm_scratch_fit(s->mpm, f->header[i]) == -1)
			goto fail;
	for (int d = 0; d < APP_DIRS; d++)
		for (int i = 0; i < APP_BUFFER_IDS; i++)
			for (const struct app_set *a = f->app[d][i]; a != NULL;
			     a = a->next)
				if (mpm_scratch_fit(s->mpm, a->mpm) == -1)
					goto fail;
	return s;

fail:
	prefilter_scratch_free(s);
	return NULL;
}

void
prefilter_scratch_free(struct prefilter_scratch *s)
{
	if (s == NULL)
		return;
	mpm_scratch_free(s->mpm);
	free(s->seen);
	free(s->out);
	free(s);
}

static void
take(void *arg, const uint32_t *rule, size_t n)
{
	struct prefilter_scratch *s = arg;

	for (size_t i = 0; i < n; i++) {
		uint32_t r = rule[i];

		if (s->seen[r] == s->round ||
		    !gate_lets(s->f->rule[r]->gate, s->gate))
			continue;
		s->seen[r] = s->round;
		s->out[s->n++] = r;
	}
}

static void
take_found(struct prefilter_scratch *s, const struct index *x, struct list_key k)
{
	struct index_slice found = index_find(x, k);

	take(s, found.rule, found.n);
}

static void
begin(struct prefilter_scratch *s, const struct packet *p, bool payload)
{
	s->n = 0;
	s->gate = gate_of_packet(p, payload);
	if (++s->round == 0) { /* wrapped: old marks would lie */
		memset(s->seen, 0, s->f->rules * sizeof(*s->seen));
		s->round = 1;
	}
}

static int
number_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static size_t
end(struct prefilter_scratch *s, const uint32_t **rule)
{
	*rule = s->out;
	if (s->n > FEW) {
		qsort(s->out, s->n, sizeof(*s->out), number_cmp);
		return s->n;
	}
	for (size_t i = 1; i < s->n; i++) {
		uint32_t v = s->out[i];
		size_t k = i;

		for (; k > 0 && s->out[k - 1] > v; k--)
			s->out[k] = s->out[k - 1];
		s->out[k] = v;
	}
	return s->n;
}

size_t
prefilter_ip_only(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, const uint32_t **rule)
{
	begin(s, p, p->payload.len > 0);
	take_found(s, f->ip_always, ZERO);
	take_found(s, p->src.family == 4 ? f->src4 : f->src6, ranges_key(&p->src));
	take_found(s, p->dst.family == 4 ? f->dst4 : f->dst6, ranges_key(&p->dst));
	return end(s, rule);
}

static enum transport
transport_of(const struct packet *p)
{
	int t = 0;

	while (t < T_OTHER && TRANSPORT_PROTO[t] != p->proto)
		t++;
	return (enum transport)t;
}

static void
scan(const struct prefilter *f, struct prefilter_scratch *s, enum payload_group g,
    struct span bytes)
{
	if (bytes.len > 0)
		mpm_scan(f->payload[g], s->mpm, bytes, take, s);
}

static void
scan_payload(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, enum transport t)
{
	bool tc = (p->flags & PACKET_TO_CLIENT) != 0;

	if (t == T_UDP) {
		scan(f, s, tc ? UDP_TC : UDP_TS, p->payload);
	} else if (t == T_TCP) {
		scan(f, s, tc ? TCP_TC : TCP_TS, p->payload);
		/* Not in the stream: as if it were a chunk. */
		if (!(p->flags & PACKET_IN_STREAM))
			scan(f, s, tc ? STREAM_TC : STREAM_TS, p->payload);
	} else {
		scan(f, s, OTHER, p->payload);
	}
}

static void
scan_chunks(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, const struct stream_chunk *chunk, size_t chunks)
{
	bool tc = (p->flags & PACKET_TO_CLIENT) != 0;

	for (size_t i = 0; i < chunks; i++)
		scan(f, s, tc ? STREAM_TC : STREAM_TS, chunk[i].data);
}

static void
take_plain(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, enum transport t)
{
	const struct plain *plain = &f->plain[t];

	take_found(s, plain->always, ZERO);
	if (p->flags & PACKET_FRAGMENT)
		return;
	take_found(s, plain->dport, key_of(p->dport));
	take_found(s, plain->sport, key_of(p->sport));
	take_found(
	    s, plain->type, key_of(t == T_TCP ? p->tcp_flags : p->icmp_type));
}

static void
take_events(
    const struct prefilter *f, struct prefilter_scratch *s, const struct packet *p)
{
	for (unsigned w = 0; w < PACKET_EVENT_WORDS; w++)
		for (uint64_t bits = p->events[w]; bits != 0; bits &= bits - 1)
			take_found(s, f->event,
			    key_of(w * 64 + (unsigned)__builtin_ctzll(bits)));
}

size_t
prefilter_packet(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, const struct stream_chunk *chunk, size_t chunks,
    const uint32_t **rule)
{
	enum transport t = transport_of(p);

	begin(s, p, p->payload.len > 0 || chunks > 0);
	take_events(f, s, p);
	if (p->src.family != 0 && !(p->flags & PACKET_INVALID)) {
		if (!(p->flags & PACKET_NO_PAYLOAD_INSPECT)) {
			scan_payload(f, s, p, t);
			scan_chunks(f, s, p, chunk, chunks);
		}
		for (int b = BUFFER_PAYLOAD + 1; b < BUFFERS; b++)
			if (mpm_patterns(f->header[b]) > 0)
				mpm_scan(f->header[b], s->mpm,
				    buffers_span((enum buffer)b, p), take, s);
		take_plain(f, s, p, t);
	}
	return end(s, rule);
}

/* --- transactions ------------------------------------------------------------ */

void
prefilter_tx_begin(
    const struct prefilter *f, struct prefilter_scratch *s, const struct packet *p)
{
	enum app_dir d = p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;

	begin(s, p, p->payload.len > 0);
	take_found(s, f->app_always[d], key_of(app_flow_id(p->flow)));
}

const uint64_t *
prefilter_tx_looked(const struct prefilter *f, enum app_id id, enum app_dir d)
{
	return f->looked[id][d];
}

int
prefilter_tx_progress(
    const struct prefilter *f, enum app_id id, enum app_dir d, enum app_buffer_id b)
{
	return f->progress[id][d][b];
}

void
prefilter_tx_scan(const struct prefilter *f, struct prefilter_scratch *s,
    struct content_scratch *c, enum app_buffer_id b, enum app_dir d,
    struct span bytes)
{
	for (const struct app_set *a = f->app[d][b]; a != NULL; a = a->next)
		mpm_scan(a->mpm, s->mpm,
		    transform_run(a->chain, &c->transform, c->pcre, bytes), take,
		    s);
}

void
prefilter_tx_add(struct prefilter_scratch *s, uint32_t rule)
{
	if (s->seen[rule] == s->round)
		return;
	s->seen[rule] = s->round;
	s->out[s->n++] = rule;
}

size_t
prefilter_tx_end(struct prefilter_scratch *s, const uint32_t **rule)
{
	return end(s, rule);
}
