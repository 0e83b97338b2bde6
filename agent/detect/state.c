/* SPDX-License-Identifier: EUPL-1.2 */
/* Bits and numbers of flows, bits of hosts, tags.  Caps stand in limits.h. */
#include "agent/detect/state_private.h"

#include "agent/detect/ruleset.h"

#include "common/jw.h"

#include <stdlib.h>
#include <string.h>

struct state *
state_new(const struct ruleset *rs)
{
	struct state *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->rs = rs;
	s->bits = ruleset_names(rs, RULESET_FLOWBITS);
	s->ints = ruleset_names(rs, RULESET_FLOWINTS);
	if ((s->hosts = table_new(DETECT_HOST_BITS_MAX, free)) == NULL ||
	    (s->tags = table_new(DETECT_TAGS_MAX, free)) == NULL) {
		state_free(s);
		return NULL;
	}
	return s;
}

void
state_free(struct state *s)
{
	if (s == NULL)
		return;
	table_free(s->hosts);
	table_free(s->tags);
	free(s);
}

uint64_t
state_full(const struct state *s)
{
	return s->full;
}

/* --- flows ----------------------------------------------------------------- */

struct flow_memory *
state_memory_new(const struct state *s)
{
	size_t words = WORDS(s->bits) + WORDS(s->ints) + (s->ints + 1) / 2;
	struct flow_memory *slot =
	    calloc(1, sizeof(*slot) + words * sizeof(uint64_t));

	if (slot == NULL)
		return NULL;
	slot->bits = s->bits;
	slot->ints = s->ints;
	return slot;
}

static struct flow_memory *
slot_make(const struct state *s, struct flow *f)
{
	if (f->slot[FLOW_SLOT_DETECT] == NULL)
		f->slot[FLOW_SLOT_DETECT] = state_memory_new(s);
	return f->slot[FLOW_SLOT_DETECT];
}

void
state_flow_free(void *slot)
{
	free(slot);
}

bool
state_flowbit(const struct flow *f, uint16_t id)
{
	const struct flow_memory *slot = f->slot[FLOW_SLOT_DETECT];

	return slot != NULL && id < slot->bits &&
	    ((slot->words[id / 64] >> (id % 64)) & 1);
}

void
state_flowbit_put(const struct state *s, struct flow *f, uint16_t id, bool on)
{
	struct flow_memory *slot = f->slot[FLOW_SLOT_DETECT];
	uint64_t bit = (uint64_t)1 << (id % 64);

	if (slot == NULL && (!on || (slot = slot_make(s, f)) == NULL))
		return;
	if (id >= slot->bits)
		return;
	if (on)
		slot->words[id / 64] |= bit;
	else
		slot->words[id / 64] &= ~bit;
}

bool
state_flowint(const struct flow *f, uint16_t id, uint32_t *value)
{
	struct flow_memory *slot = f->slot[FLOW_SLOT_DETECT];

	if (slot == NULL || id >= slot->ints ||
	    !((state_ints_set(slot)[id / 64] >> (id % 64)) & 1))
		return false;
	*value = state_ints_value(slot)[id];
	return true;
}

void
state_flowint_put(
    const struct state *s, struct flow *f, uint16_t id, uint32_t value)
{
	struct flow_memory *slot = slot_make(s, f);

	if (slot == NULL || id >= slot->ints)
		return;
	state_ints_set(slot)[id / 64] |= (uint64_t)1 << (id % 64);
	state_ints_value(slot)[id] = value;
}

int
state_flow_write(const struct state *s, const struct flow *f, struct jw *w)
{
	struct flow_memory *slot = f->slot[FLOW_SLOT_DETECT];
	size_t bits = 0, ints = 0;
	uint32_t v;

	if (slot == NULL)
		return 0;
	for (size_t i = 0; i < slot->bits; i++)
		bits += state_flowbit(f, (uint16_t)i);
	for (size_t i = 0; i < slot->ints; i++)
		ints += state_flowint(f, (uint16_t)i, &v);
	if (bits > 0) {
		jw_array(w, "flowbits");
		for (size_t i = 0; i < slot->bits; i++)
			if (state_flowbit(f, (uint16_t)i))
				jw_str(w, NULL,
				    ruleset_name(s->rs, RULESET_FLOWBITS, i));
		jw_end_array(w);
	}
	if (ints > 0) {
		jw_object(w, "flowints");
		for (size_t i = 0; i < slot->ints; i++)
			if (state_flowint(f, (uint16_t)i, &v)) {
				const char *name =
				    ruleset_name(s->rs, RULESET_FLOWINTS, i);

				jw_key(w, name, strlen(name));
				jw_uint(w, NULL, v);
			}
		jw_end_object(w);
	}
	return bits + ints > 0;
}

/* --- hosts ----------------------------------------------------------------- */

static struct host_key
host_key(enum state_kind k, uint16_t id, const struct addr *a, const struct addr *b)
{
	struct host_key key;

	memset(&key, 0, sizeof(key));
	key.kind = (uint8_t)k;
	key.id = id;
	key.a = *a;
	if (b != NULL) {
		bool swap = addr_cmp(a, b) > 0;

		key.pair = 1;
		key.a = swap ? *b : *a;
		key.b = swap ? *a : *b;
	}
	return key;
}

bool
state_host_bit(struct state *s, enum state_kind k, uint16_t id,
    const struct addr *a, const struct addr *b, int64_t now_us)
{
	struct host_key key = host_key(k, id, a, b);
	const struct host_bit *bit = table_get(s->hosts, &key, sizeof(key));

	if (bit == NULL)
		return false;
	if (now_us <= bit->until_us)
		return true;
	free(table_take(s->hosts, &key, sizeof(key)));
	return false;
}

void
state_host_bit_put(struct state *s, enum state_kind k, uint16_t id,
    const struct addr *a, const struct addr *b, int64_t until_us)
{
	struct host_key key = host_key(k, id, a, b);
	struct host_bit *bit = table_get(s->hosts, &key, sizeof(key));

	if (bit != NULL) {
		bit->until_us = until_us;
		return;
	}
	if (table_count(s->hosts) == DETECT_HOST_BITS_MAX) {
		const void *old;
		size_t pos = 0, len;

		/* The longest known goes: it is the likeliest to be over. */
		s->full++;
		if (table_next(s->hosts, &pos, &old, &len) != NULL)
			free(table_take(s->hosts, old, len));
	}
	if ((bit = malloc(sizeof(*bit))) == NULL)
		return;
	bit->until_us = until_us;
	if (table_put(s->hosts, &key, sizeof(key), bit) == -1) {
		s->full++;
		free(bit);
	}
}

void
state_host_bit_drop(struct state *s, enum state_kind k, uint16_t id,
    const struct addr *a, const struct addr *b)
{
	struct host_key key = host_key(k, id, a, b);

	free(table_take(s->hosts, &key, sizeof(key)));
}

/* --- tags ------------------------------------------------------------------ */

static void
tag_add(struct counted_tag *list, size_t *n, const struct tag *t, int64_t now_us)
{
	if (*n < FLOW_TAGS_MAX)
		list[(*n)++] = (struct counted_tag){*t, 0, now_us};
}

void
state_tag(struct state *s, const struct tag *t, struct packet *p)
{
	const struct addr *a = t->dst ? &p->dst : &p->src;
	struct host_tags *h;
	struct flow_memory *slot;

	if (t->session) {
		if (p->flow != NULL && (slot = slot_make(s, p->flow)) != NULL)
			tag_add(slot->tag, &slot->tags, t, p->time_us);
		return;
	}
	if ((h = table_get(s->tags, a, sizeof(*a))) == NULL) {
		if ((h = calloc(1, sizeof(*h))) == NULL)
			return;
		if (table_put(s->tags, a, sizeof(*a), h) == -1) {
			s->full++;
			free(h);
			return;
		}
	}
	tag_add(h->tag, &h->n, t, p->time_us);
}

/* Does it still run after this packet?  Count the packet if so. */
static bool
tag_runs(struct counted_tag *c, const struct packet *p)
{
	if (c->tag.metric == TAG_SECONDS)
		return p->time_us - c->start_us <= (int64_t)c->tag.count * 1000000;
	c->seen += c->tag.metric == TAG_BYTES ? p->wire_len : 1;
	return c->seen <= c->tag.count;
}

static bool
tags_run(struct counted_tag *list, size_t *n, const struct packet *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (tag_runs(&list[i], p))
			list[kept++] = list[i];
	*n = kept;
	return kept > 0;
}

static bool
host_tagged(struct state *s, const struct addr *a, const struct packet *p)
{
	struct host_tags *h = table_get(s->tags, a, sizeof(*a));

	if (h == NULL)
		return false;
	if (tags_run(h->tag, &h->n, p))
		return true;
	free(table_take(s->tags, a, sizeof(*a)));
	return false;
}

bool
state_tagged(struct state *s, const struct packet *p)
{
	struct flow_memory *slot =
	    p->flow == NULL ? NULL : p->flow->slot[FLOW_SLOT_DETECT];
	bool tagged =
	    slot != NULL && slot->tags > 0 && tags_run(slot->tag, &slot->tags, p);

	if (table_count(s->tags) > 0 && p->src.family != 0) {
		tagged |= host_tagged(s, &p->src, p);
		tagged |= host_tagged(s, &p->dst, p);
	}
	return tagged;
}
