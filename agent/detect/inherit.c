/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A new ruleset takes over what an older one remembers: thresholds by rule, bits and
 * numbers by name, tags.  What a rule found in a transaction that is not over is
 * forgotten: its numbers mean other rules now.
 */
#include "agent/detect/match.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/state_private.h"

#include "agent/app/app.h"

#include <stdlib.h>
#include <string.h>

#define GONE (-1)

struct detect_heir {
	struct state *state;
	/* Old ids to new ones, or GONE. */
	int *id[RULESET_NAME_KINDS];
	size_t bits, ints; /* of the old set */
};

void
detect_heir_free(struct detect_heir *h)
{
	if (h == NULL)
		return;
	for (int i = 0; i < RULESET_NAME_KINDS; i++)
		free(h->id[i]);
	free(h);
}

static struct detect_heir *
heir_new(const struct detect *to, const struct detect *from)
{
	struct detect_heir *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	h->state = to->state;
	h->bits = from->state->bits;
	h->ints = from->state->ints;
	for (int i = 0; i < RULESET_NAME_KINDS; i++) {
		enum ruleset_names kind = (enum ruleset_names)i;
		size_t n = ruleset_names(from->rs, kind);

		if ((h->id[i] = calloc(n + 1, sizeof(int))) == NULL) {
			detect_heir_free(h);
			return NULL;
		}
		for (size_t k = 0; k < n; k++)
			h->id[i][k] = ruleset_name_find(
			    to->rs, kind, ruleset_name(from->rs, kind, k));
	}
	return h;
}

/* --- hosts ------------------------------------------------------------------------- */

static void
take_host_bits(const struct detect_heir *h, struct state *from)
{
	size_t pos = 0, len;
	const void *key;
	struct host_bit *bit;

	while ((bit = table_next(from->hosts, &pos, &key, &len)) != NULL) {
		struct host_key k;
		int id;

		memcpy(&k, key, sizeof(k));
		id = h->id[k.kind == STATE_XBIT ? RULESET_XBITS : RULESET_HOSTBITS]
			  [k.id];
		table_take(from->hosts, key, len);
		k.id = (uint16_t)id;
		if (id == GONE ||
		    table_put(h->state->hosts, &k, sizeof(k), bit) == -1)
			free(bit);
	}
}

struct detect_heir *
detect_inherit(struct detect *to, struct detect *from)
{
	struct detect_heir *h = heir_new(to, from);
	struct thresholds *thresholds = to->thresholds;
	struct table *tags = to->state->tags;

	if (h == NULL)
		return NULL;
	to->stats = from->stats;
	to->thresholds = from->thresholds;
	from->thresholds = thresholds;
	to->state->tags = from->state->tags;
	to->state->full = from->state->full;
	from->state->tags = tags;
	take_host_bits(h, from->state);
	return h;
}

/* --- flows ------------------------------------------------------------------------- */

static void
take_bits(const struct detect_heir *h, struct flow *f, struct flow *old)
{
	for (size_t i = 0; i < h->bits; i++)
		if (state_flowbit(old, (uint16_t)i) &&
		    h->id[RULESET_FLOWBITS][i] != GONE)
			state_flowbit_put(h->state, f,
			    (uint16_t)h->id[RULESET_FLOWBITS][i], true);
	for (size_t i = 0; i < h->ints; i++) {
		uint32_t v;

		if (state_flowint(old, (uint16_t)i, &v) &&
		    h->id[RULESET_FLOWINTS][i] != GONE)
			state_flowint_put(
			    h->state, f, (uint16_t)h->id[RULESET_FLOWINTS][i], v);
	}
}

void
detect_heir_flow(const struct detect_heir *h, struct flow *f)
{
	struct flow_memory *was = f->slot[FLOW_SLOT_DETECT], *is;
	struct flow old = {.slot = {[FLOW_SLOT_DETECT] = was}};

	for (struct app_tx *tx = app_tx_first(f); tx != NULL; tx = tx->next) {
		free(tx->detect);
		tx->detect = NULL;
	}
	if (was == NULL)
		return;
	f->slot[FLOW_SLOT_DETECT] = is = state_memory_new(h->state);
	if (is != NULL) {
		memcpy(is->tag, was->tag, sizeof(is->tag));
		is->tags = was->tags;
		take_bits(h, f, &old);
	}
	free(was);
}
