/* SPDX-License-Identifier: EUPL-1.2 */
/* Counting hits of rules. */
#include "agent/detect/threshold.h"

#include "common/table.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_US 1000000

struct counter {
	int64_t start_us;
	int64_t action_until_us; /* rate_filter: its action holds */
	uint32_t count;
};

struct counter_key {
	uint32_t gid, sid;
	uint8_t kind, track;
	uint8_t unused[2];
	struct addr a, b;
};

struct thresholds {
	struct table *counters;
	size_t max;
	uint64_t full, suppressed;
};

struct thresholds *
thresholds_new(size_t max)
{
	struct thresholds *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->max = max;
	if ((t->counters = table_new(max, free)) == NULL) {
		free(t);
		return NULL;
	}
	return t;
}

void
thresholds_free(struct thresholds *t)
{
	if (t == NULL)
		return;
	table_free(t->counters);
	free(t);
}

uint64_t
thresholds_full(const struct thresholds *t)
{
	return t->full;
}

uint64_t
thresholds_suppressed(const struct thresholds *t)
{
	return t->suppressed;
}

static struct counter_key
key_of(const struct rule *r, const struct threshold *th, const struct packet *p)
{
	struct counter_key k;
	bool swap = addr_cmp(&p->src, &p->dst) > 0;

	memset(&k, 0, sizeof(k));
	k.gid = r->meta.gid;
	k.sid = r->meta.sid;
	k.kind = (uint8_t)th->kind;
	k.track = (uint8_t)th->track;
	switch (th->track) {
	case TRACK_SRC:
		k.a = p->src;
		break;
	case TRACK_DST:
		k.a = p->dst;
		break;
	case TRACK_PAIR:
	case TRACK_BOTH:
		k.a = swap ? p->dst : p->src;
		k.b = swap ? p->src : p->dst;
		break;
	case TRACK_RULE:
		break;
	}
	return k;
}

/* The counter of this hit, new or not; NULL when there is no room. */
static struct counter *
counter_of(struct thresholds *t, const struct rule *r, const struct threshold *th,
    const struct packet *p)
{
	struct counter_key k = key_of(r, th, p);
	struct counter *c = table_get(t->counters, &k, sizeof(k));

	if (c != NULL)
		return c;
	if (table_count(t->counters) >= t->max) {
		const void *old;
		size_t pos = 0, len;

		t->full++;
		if (table_next(t->counters, &pos, &old, &len) != NULL)
			free(table_take(t->counters, old, len));
	}
	if ((c = calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->start_us = p->time_us;
	if (table_put(t->counters, &k, sizeof(k), c) == -1) {
		t->full++;
		free(c);
		return NULL;
	}
	return c;
}

/* Count the hit; the window restarts when it is over. */
static void
count(struct counter *c, const struct threshold *th, int64_t now_us)
{
	if (now_us - c->start_us > (int64_t)th->seconds * SECOND_US ||
	    now_us < c->start_us) {
		c->start_us = now_us;
		c->count = 0;
	}
	c->count++;
}

static bool
lets_through(struct counter *c, const struct threshold *th)
{
	switch (th->kind) {
	case THRESHOLD_LIMIT:
		return c->count <= th->count;
	case THRESHOLD_THRESHOLD:
		if (c->count < th->count)
			return false;
		c->count = 0;
		return true;
	case THRESHOLD_BOTH:
		return c->count == th->count;
	case THRESHOLD_DETECTION:
		return c->count > th->count;
	default:
		return true;
	}
}

static bool
check(struct thresholds *t, const struct rule *r, const struct threshold *th,
    const struct packet *p)
{
	struct counter *c;

	if (th->kind == THRESHOLD_NONE)
		return true;
	if ((c = counter_of(t, r, th, p)) == NULL)
		return true;
	count(c, th, p->time_us);
	return lets_through(c, th);
}

static bool
suppresses(const struct suppress *s, const struct packet *p)
{
	switch (s->track) {
	case TRACK_SRC:
		return lists_has_addr(s->net, &p->src);
	case TRACK_DST:
		return lists_has_addr(s->net, &p->dst);
	case TRACK_BOTH:
		return lists_has_addr(s->net, &p->src) ||
		    lists_has_addr(s->net, &p->dst);
	default:
		return true;
	}
}

/* rate_filter: from the Nth hit in its window its action holds for a time. */
static void
rate(struct thresholds *t, const struct rule *r, const struct packet *p,
    enum rule_action *action)
{
	const struct threshold *th = &r->rate;
	struct counter *c;

	if (th->kind == THRESHOLD_NONE || (c = counter_of(t, r, th, p)) == NULL)
		return;
	if (c->action_until_us != 0 && p->time_us <= c->action_until_us) {
		*action = th->new_action;
		return;
	}
	count(c, th, p->time_us);
	if (c->count < th->count)
		return;
	c->count = 0;
	c->action_until_us = p->time_us + (int64_t)th->timeout * SECOND_US;
	*action = th->new_action;
}

enum threshold_verdict
thresholds_hit(struct thresholds *t, const struct rule *r, const struct packet *p,
    enum rule_action *action)
{
	if (p->src.family == 0) /* nothing to count by */
		return THRESHOLD_ALERT;
	for (size_t i = 0; i < r->suppress_n; i++)
		if (suppresses(&r->suppress[i], p)) {
			t->suppressed++;
			return THRESHOLD_SILENT;
		}
	if (!check(t, r, &r->detection, p) || !check(t, r, &r->threshold, p)) {
		t->suppressed++;
		return THRESHOLD_SILENT;
	}
	rate(t, r, p, action);
	return THRESHOLD_ALERT;
}
