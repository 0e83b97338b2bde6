/* SPDX-License-Identifier: EUPL-1.2 */
/* Candidates for a packet, and for a transaction. */
#include "agent/detect/prefilter.h"

#include "agent/detect/appsets.h"
#include "agent/detect/buffers.h"
#include "agent/detect/gate.h"
#include "agent/detect/match.h"
#include "agent/detect/mpm.h"
#include "agent/detect/payload.h"
#include "agent/detect/plain.h"
#include "agent/detect/ruleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Beyond this an insertion sort is slower than qsort(). */
#define FEW 24

struct prefilter {
	struct rule *const *rule;
	size_t rules;
	uint64_t *gate; /* of each rule, close together */
	struct payload *payload;
	struct mpm *header[BUFFERS];
	struct appsets *app;
	struct plain *plain;
	const struct ruleset_source *source;
	size_t added, built; /* rules, and parts, until it is built */
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

/* --- building -------------------------------------------------------------- */

static int
add_rule(struct prefilter *f, const struct rule *r)
{
	const struct rule_list *l =
	    r->fast_list == -1 ? NULL : &r->list[r->fast_list];
	struct mpm_pattern p;

	f->gate[r->number] = r->gate;
	if (l == NULL || r->events_n > 0)
		return plain_add(f->plain, r);
	if (buffers_app(l->buffer) != APP_BUFFER_NONE)
		return appsets_add(f->app, r);
	if (l->buffer == BUFFER_PAYLOAD)
		return payload_add(f->payload, r);
	p = ruleset_pattern(l, r->fast_op);
	return mpm_add(f->header[l->buffer], &p, r->number);
}

static int
make_parts(struct prefilter *f)
{
	for (int i = 0; i < BUFFERS; i++)
		if ((f->header[i] = mpm_new()) == NULL)
			return -1;
	f->gate = calloc(f->rules + 1, sizeof(*f->gate));
	f->payload = payload_new();
	f->app = appsets_new();
	f->plain = plain_new();
	return f->gate == NULL || f->payload == NULL || f->app == NULL ||
		f->plain == NULL
	    ? -1
	    : 0;
}

struct prefilter *
prefilter_new(
    struct rule *const *rule, size_t n, const struct ruleset_source *source)
{
	struct prefilter *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->rule = rule;
	f->rules = n;
	f->source = source;
	if (make_parts(f) == 0)
		return f;
	prefilter_free(f);
	return NULL;
}

/* What is built one after another; each part some milliseconds at most. */
enum {
	PART_PLAIN,
	PART_HEADERS,
	PART_PAYLOAD,
	PART_APP = PART_PAYLOAD + PAYLOAD_PARTS,
	PARTS = PART_APP + APPSETS_PARTS
};

static int
build_part(struct prefilter *f, size_t i, char *error, size_t size)
{
	if (i == PART_PLAIN)
		return plain_build(f->plain);
	if (i >= PART_APP)
		return appsets_build(f->app, i - PART_APP, f->source, error, size);
	if (i >= PART_PAYLOAD)
		return payload_build(
		    f->payload, i - PART_PAYLOAD, f->source, error, size);
	for (int b = 0; b < BUFFERS; b++)
		if (mpm_build(f->header[b], f->source, error, size) == -1)
			return -1;
	return 0;
}

/* Rules added at one go: some milliseconds. */
#define RULES_AT_ONCE 2048
/* Most of the buffers no rule looks into. */
#define APP_AT_ONCE 32

int
prefilter_build_some(struct prefilter *f, char *error, size_t size)
{
	size_t end = f->added + RULES_AT_ONCE;

	snprintf(error, size, "rules: out of memory");
	if (f->added < f->rules) {
		for (; f->added < end && f->added < f->rules; f->added++)
			if (add_rule(f, f->rule[f->added]) == -1)
				return -1;
		return 1;
	}
	end = f->built + (f->built < PART_APP ? 1 : APP_AT_ONCE);
	for (; f->built < end && f->built < PARTS; f->built++)
		if (build_part(f, f->built, error, size) == -1)
			return -1;
	return f->built < PARTS;
}

void
prefilter_free(struct prefilter *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < BUFFERS; i++)
		mpm_free(f->header[i]);
	free(f->gate);
	payload_free(f->payload);
	appsets_free(f->app);
	plain_free(f->plain);
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
	if (payload_fit(f->payload, s->mpm) == -1 ||
	    appsets_fit(f->app, s->mpm) == -1)
		goto fail;
	for (int i = 0; i < BUFFERS; i++)
		if (mpm_scratch_fit(s->mpm, f->header[i]) == -1)
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

		if (s->seen[r] == s->round || !gate_lets(s->f->gate[r], s->gate))
			continue;
		s->seen[r] = s->round;
		s->out[s->n++] = r;
	}
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
	plain_ip_only(f->plain, p, take, s);
	return end(s, rule);
}

/* A window brings up what its own chunk would not: the fast pattern decides. */
static void
confirm(struct prefilter_scratch *s, const struct payload_of *of)
{
	bool window = false;
	size_t kept = 0;

	for (size_t i = 0; i < of->chunks; i++)
		window = window || of->chunk[i].before > 0;
	for (size_t i = 0; window && i < s->n; i++) {
		const struct rule *r = s->f->rule[s->out[i]];

		if (r->placed_op == -1 || payload_confirms(r, of))
			s->out[kept++] = s->out[i];
	}
	s->n = window ? kept : s->n;
}

static void
scan_headers(
    const struct prefilter *f, struct prefilter_scratch *s, const struct packet *p)
{
	for (int b = BUFFER_PAYLOAD + 1; b < BUFFERS; b++)
		if (mpm_patterns(f->header[b]) > 0)
			mpm_scan(f->header[b], s->mpm,
			    buffers_span((enum buffer)b, p), take, s);
}

size_t
prefilter_packet(const struct prefilter *f, struct prefilter_scratch *s,
    const struct packet *p, const struct stream_chunk *chunk, size_t chunks,
    const uint32_t **rule)
{
	struct payload_of of = {p, 0, chunk, chunks};

	begin(s, p, p->payload.len > 0 || chunks > 0);
	of.gate = s->gate;
	if (p->src.family != 0 && !(p->flags & PACKET_INVALID)) {
		if (!(p->flags & PACKET_NO_PAYLOAD_INSPECT)) {
			payload_scan(f->payload, s->mpm, &of, take, s);
			confirm(s, &of);
		}
		scan_headers(f, s, p);
		plain_packet(f->plain, p, take, s);
	}
	plain_events(f->plain, p, take, s);
	return end(s, rule);
}

/* --- transactions ------------------------------------------------------------ */

void
prefilter_tx_begin(
    const struct prefilter *f, struct prefilter_scratch *s, const struct packet *p)
{
	enum app_dir d = p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;

	begin(s, p, p->payload.len > 0);
	plain_tx(f->plain, app_flow_id(p->flow), d, take, s);
}

const uint64_t *
prefilter_tx_looked(const struct prefilter *f, enum app_id id, enum app_dir d)
{
	return appsets_looked(f->app, id, d);
}

int
prefilter_tx_progress(
    const struct prefilter *f, enum app_id id, enum app_dir d, enum app_buffer_id b)
{
	return appsets_progress(f->app, id, d, b);
}

void
prefilter_tx_scan(const struct prefilter *f, struct prefilter_scratch *s,
    struct content_scratch *c, enum app_buffer_id b, enum app_dir d,
    struct span bytes)
{
	appsets_scan(f->app, s->mpm, c, b, d, bytes, take, s);
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
