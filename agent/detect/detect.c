/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A packet against the rules, in Suricata's order: IP-only rules, packet rules,
 * then the queue of hits is sorted, thresholded and cut (engine.md 1.2, 8 to 10).
 */
#include "agent/detect/detect.h"

#include "agent/detect/base64.h"
#include "agent/detect/match.h"
#include "agent/detect/prefilter.h"
#include "agent/detect/regex.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/state.h"
#include "agent/detect/threshold.h"
#include "agent/detect/tx.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct detect *
detect_new(const struct ruleset *rs, const struct detect_config *c)
{
	struct detect *d = calloc(1, sizeof(*d));
	size_t rules;

	if (d == NULL)
		return NULL;
	d->rs = rs;
	ruleset_rules(rs, &rules);
	d->config = *c;
	if (d->config.alerts_max == 0)
		d->config.alerts_max = DETECT_ALERTS_MAX;
	if (d->config.alerts_max > DETECT_ALERTS_LIMIT)
		d->config.alerts_max = DETECT_ALERTS_LIMIT;
	transform_scratch_init(&d->content.transform);
	d->content.stats = &d->stats;
	d->content.choices = ruleset_longest_list(rs);
	/* Twice: a list may lead into one of base64_data. */
	d->content.choice =
	    calloc(2 * d->content.choices + 1, sizeof(*d->content.choice));
	d->content.pcre = regex_scratch_new();
	d->content.base64 = malloc(BASE64_OUT_MAX(BASE64_BYTES_MAX));
	d->prefilter = prefilter_scratch_new(ruleset_prefilter(rs));
	d->state = state_new(rs);
	d->thresholds = thresholds_new(DETECT_THRESHOLDS_MAX);
	d->tx_rule = calloc(rules + 1, sizeof(*d->tx_rule));
	d->hits.hit = calloc(DETECT_HITS_MAX, sizeof(*d->hits.hit));
	if (d->content.choice == NULL || d->content.pcre == NULL ||
	    d->content.base64 == NULL || d->prefilter == NULL || d->state == NULL ||
	    d->thresholds == NULL || d->hits.hit == NULL || d->tx_rule == NULL) {
		detect_free(d);
		return NULL;
	}
	return d;
}

void
detect_free(struct detect *d)
{
	if (d == NULL)
		return;
	transform_scratch_release(&d->content.transform);
	free(d->content.choice);
	free(d->content.base64);
	regex_scratch_free(d->content.pcre);
	prefilter_scratch_free(d->prefilter);
	state_free(d->state);
	thresholds_free(d->thresholds);
	free(d->hits.hit);
	free(d->tx_rule);
	free(d);
}

/* What a match does at once, whatever thresholds say of its alert. */
static void
on_match(struct detect *d, const struct rule *r, struct packet *p)
{
	struct match_context m = {d, p, r};

	for (size_t i = 0; i < r->posts_n; i++)
		r->post[i].fn(&r->post[i], &m);
	if (r->flags & RULE_NOALERT)
		return;
	if (d->hits.n == DETECT_HITS_MAX) {
		d->stats.discarded++;
		return;
	}
	d->hits.hit[d->hits.n++] = (struct hit){
	    .rule = r, .flags = d->from_stream ? DETECT_FROM_STREAM : 0};
}

static void
on_tx_match(struct detect *d, const struct rule *r, struct packet *p,
    const struct app_tx *tx)
{
	size_t before = d->hits.n;

	on_match(d, r, p);
	if (d->hits.n == before)
		return;
	d->hits.hit[before].has_tx = true;
	d->hits.hit[before].tx_id = tx->id;
}

static void
on_frame_match(struct detect *d, const struct rule *r, struct packet *p,
    const struct app_tx *tx)
{
	const struct app_frame *f = (const struct app_frame *)tx;
	size_t before = d->hits.n;

	on_match(d, r, p);
	if (d->hits.n == before)
		return;
	d->hits.hit[before].has_tx = f->has_tx;
	d->hits.hit[before].tx_id = tx->id;
	d->hits.hit[before].frame = f;
}

/*
 * A match on a stream, or in a datagram of a rule's own protocol, is told with
 * the transaction whose turn it is this way, as Suricata does.
 */
static void
on_app_match(struct detect *d, const struct rule *r, struct packet *p)
{
	enum app_dir dir = p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;
	bool datagram = r->apps != 0 && p->proto == IPPROTO_UDP;
	const struct app_tx *tx = NULL;

	if (p->flow != NULL && (d->from_stream || datagram))
		tx = app_tx_first(p->flow);
	while (tx != NULL && tx->inspected[dir])
		tx = tx->next;
	if (tx != NULL)
		on_tx_match(d, r, p, tx);
	else
		on_match(d, r, p);
}

static void
try_rules(struct detect *d, struct packet *p, const uint32_t *number, size_t n)
{
	size_t rules;
	struct rule *const *rule = ruleset_rules(d->rs, &rules);

	d->stats.candidates += n;
	for (size_t i = 0; i < n; i++) {
		const struct rule *r = rule[number[i]];

		if (r->class == RULE_CLASS_TX) { /* its turn comes */
			d->tx_rule[d->tx_rules++] = r->number;
			continue;
		}
		d->stats.evaluated++;
		if (match_rule(d, r, p))
			on_app_match(d, r, p);
	}
}

/* IP-only rules see the first packet of each direction of a flow. */
static bool
first_of_direction(struct packet *p)
{
	uint32_t flag = p->flags & PACKET_TO_CLIENT ? FLOW_IPONLY_TO_CLIENT
						    : FLOW_IPONLY_TO_SERVER;

	if (p->src.family == 0 || (p->flags & (PACKET_INVALID | PACKET_PSEUDO)))
		return false;
	if (p->flow == NULL)
		return true;
	if (p->flow->flags & flag)
		return false;
	p->flow->flags |= flag;
	return true;
}

/*
 * The first packet of a direction whose protocol is known, or known not to be.
 * That of datagrams Suricata tells twice where it is not known.
 */
static bool
found_protocol(struct packet *p)
{
	bool to_client = (p->flags & PACKET_TO_CLIENT) != 0, again;
	uint32_t told = to_client ? FLOW_FOUND_TO_CLIENT : FLOW_FOUND_TO_SERVER;
	uint32_t more = to_client ? FLOW_AGAIN_TO_CLIENT : FLOW_AGAIN_TO_SERVER;
	enum app_id id;

	if (p->flow == NULL)
		return false;
	id = app_id(p->flow, to_client ? APP_TC : APP_TS);
	again = (p->flow->flags & more) != 0;
	p->flow->flags &= ~more;
	if (id == APP_UNKNOWN || (p->flow->flags & told))
		return again;
	p->flow->flags |= told;
	if (id == APP_FAILED && p->proto == IPPROTO_UDP)
		p->flow->flags |= FLOW_AGAIN_TO_SERVER | FLOW_AGAIN_TO_CLIENT;
	return true;
}

static int
hit_cmp(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->rule->number != y->rule->number)
		return x->rule->number < y->rule->number ? -1 : 1;
	/* Of one rule, later transactions first. */
	return x->tx_id > y->tx_id ? -1 : x->tx_id < y->tx_id;
}

/* Does a pass by this match take the whole flow? */
static bool
passes_flow(const struct hit *h)
{
	return (h->flags & DETECT_FROM_STREAM) ||
	    h->rule->class == RULE_CLASS_APP || h->rule->class == RULE_CLASS_TX ||
	    h->rule->class == RULE_CLASS_IP_ONLY ||
	    h->rule->class == RULE_CLASS_LIKE_IP_ONLY ||
	    h->rule->class == RULE_CLASS_FOUND;
}

static void
alert(struct detect *d, const struct hit *h, enum rule_action action,
    struct packet *p, struct detect_result *result)
{
	const struct rule *r = h->rule;
	uint32_t flags = h->flags;

	if (result->n == d->config.alerts_max) {
		result->discarded++;
		d->stats.discarded++;
		return;
	}
	if (action == RULE_DROP || action == RULE_REJECT)
		flags |= DETECT_DROPPED;
	result->alert[result->n++] = (struct detect_alert){.rule = r,
	    .flags = flags,
	    .tx_id = h->tx_id,
	    .has_tx = h->has_tx,
	    .frame = h->frame};
	d->stats.alerts++;
	for (size_t i = 0; i < r->tags_n; i++)
		state_tag(d->state, &r->tag[i], p);
	if (p->flow != NULL)
		p->flow->flags |= FLOW_ALERTED;
}

static void
finish(struct detect *d, struct packet *p, struct detect_result *result)
{
	if (d->hits.n > 1)
		qsort(d->hits.hit, d->hits.n, sizeof(*d->hits.hit), hit_cmp);
	for (size_t i = 0; i < d->hits.n; i++) {
		const struct hit *h = &d->hits.hit[i];
		enum rule_action action = h->rule->meta.action;

		if (thresholds_hit(d->thresholds, h->rule, p, &action) ==
		    THRESHOLD_SILENT)
			continue;
		if (action == RULE_PASS) {
			if (p->flow != NULL && passes_flow(h))
				p->flow->flags |= FLOW_NO_PACKET_INSPECT;
			return;
		}
		alert(d, h, action, p, result);
	}
}

void
detect_packet(struct detect *d, struct packet *p, struct detect_result *result)
{
	const struct prefilter *f = ruleset_prefilter(d->rs);
	const uint32_t *number;
	size_t n;

	result->n = 0;
	result->discarded = 0;
	result->tagged = state_tagged(d->state, p);
	d->hits.n = 0;
	d->stats.packets++;
	if (p->flow != NULL && (p->flow->flags & FLOW_NO_PACKET_INSPECT)) {
		stream_stop_inspecting(p->flow, (p->flags & PACKET_TO_CLIENT) == 0);
		tx_skip(p);
		return;
	}
	d->tx_rules = 0;
	d->found = found_protocol(p);
	d->chunks = stream_chunks(p, &d->chunk);
	if (first_of_direction(p)) {
		n = prefilter_ip_only(f, d->prefilter, p, &number);
		try_rules(d, p, number, n);
	}
	n = prefilter_packet(f, d->prefilter, p, d->chunk, d->chunks, &number);
	try_rules(d, p, number, n);
	if (p->flow != NULL) {
		tx_inspect_frames(d, p, on_frame_match);
		tx_inspect(d, p, on_tx_match);
	}
	finish(d, p, result);
	d->stats.suppressed = thresholds_suppressed(d->thresholds);
	d->stats.threshold_full =
	    thresholds_full(d->thresholds) + state_full(d->state);
}

void
detect_slot_free(void *slot)
{
	state_flow_free(slot);
}

int
detect_flow_metadata(const struct detect *d, const struct flow *f, struct jw *w)
{
	return state_flow_write(d->state, f, w);
}

const struct detect_stats *
detect_stats(const struct detect *d)
{
	return &d->stats;
}
