/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The defragmenter.  A datagram under way is a list of copied fragments by
 * offset; when they cover it, they are laid down in order of arrival, each
 * eight bytes going to the fragment that the policy prefers.
 */
#include "agent/decode/defrag.h"

#include "agent/decode/checksum.h"
#include "agent/decode/events.h"
#include "agent/limits.h"
#include "common/list.h"
#include "common/table.h"

#include <stdlib.h>
#include <string.h>

#define UNIT   8u
#define NOBODY 0xffffu

struct fragment {
	struct list by_offset;
	struct fragment *next; /* by arrival */
	size_t offset, len;
	uint16_t index; /* by arrival */
	uint8_t bytes[];
};

struct key {
	uint8_t src[16], dst[16];
	uint32_t id;
	uint16_t vlan[2];
	uint8_t family, proto, depth, zero;
};

struct tracker {
	struct list by_age;
	struct key key;
	int64_t last_us;
	struct list fragments;	       /* by offset */
	struct fragment *first, *last; /* by arrival */
	size_t total;	/* payload of the datagram; 0: not known yet */
	size_t end;	/* the furthest byte so far */
	size_t payload; /* bytes in fragments, twice where they overlap */
	size_t bytes;	/* memory of all this */
	uint16_t count;
	uint8_t next_header;
	size_t patch;
	uint8_t *head; /* link layer and IP header of the first fragment */
	size_t head_len, link_len;
};

struct defrag {
	struct defrag_config config;
	struct defrag_stats stats;
	struct table *trackers;
	struct list by_age; /* longest silent first */
	size_t bytes;
	uint8_t *given[DECODE_PACKETS_MAX];
	size_t given_n;
	uint16_t owner[DEFRAG_DATAGRAM_MAX / UNIT + 1];
	struct fragment *by_index[DEFRAG_FRAGMENTS_MAX];
};

struct defrag *
defrag_new(const struct defrag_config *c)
{
	struct defrag *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->config = *c;
	if (d->config.max_bytes == 0)
		d->config.max_bytes = DEFRAG_BYTES_MAX;
	list_init(&d->by_age);
	if ((d->trackers = table_new(DEFRAG_TRACKERS_MAX, NULL)) == NULL) {
		free(d);
		return NULL;
	}
	return d;
}

static void
tracker_free(struct defrag *d, struct tracker *t)
{
	struct fragment *f, *next;

	for (f = t->first; f != NULL; f = next) {
		next = f->next;
		free(f);
	}
	table_take(d->trackers, &t->key, sizeof(t->key));
	list_remove(&t->by_age);
	d->bytes -= t->bytes;
	free(t->head);
	free(t);
}

void
defrag_free(struct defrag *d)
{
	if (d == NULL)
		return;
	defrag_reset(d);
	while (!list_empty(&d->by_age))
		tracker_free(d, LIST_OF(d->by_age.next, struct tracker, by_age));
	table_free(d->trackers);
	free(d);
}

void
defrag_reset(struct defrag *d)
{
	while (d->given_n > 0)
		free(d->given[--d->given_n]);
}

const struct defrag_stats *
defrag_stats(const struct defrag *d)
{
	return &d->stats;
}

/* --- trackers --------------------------------------------------------------- */

static void
expire(struct defrag *d, int64_t now_us)
{
	while (!list_empty(&d->by_age)) {
		struct tracker *t = LIST_OF(d->by_age.next, struct tracker, by_age);

		if (now_us - t->last_us < DEFRAG_TIMEOUT_US)
			return;
		tracker_free(d, t);
		d->stats.timeouts++;
	}
}

/* Room for n bytes more: the datagrams that are longest silent give way. */
static bool
make_room(struct defrag *d, const struct tracker *keep, size_t n)
{
	while (d->bytes + n > d->config.max_bytes) {
		struct tracker *t;

		if (list_empty(&d->by_age))
			return false;
		t = LIST_OF(d->by_age.next, struct tracker, by_age);
		if (t == keep)
			return false;
		tracker_free(d, t);
		d->stats.full++;
	}
	return true;
}

static void
key_of(const struct defrag *d, const struct packet *p, struct key *k)
{
	memset(k, 0, sizeof(*k));
	memcpy(k->src, p->src.b, sizeof(k->src));
	memcpy(k->dst, p->dst.b, sizeof(k->dst));
	k->id = p->ip_id;
	k->family = p->src.family;
	k->proto = p->src.family == 4 ? p->proto : 0;
	k->depth = p->tunnel_depth;
	if (d->config.vlan_in_key)
		memcpy(k->vlan, p->vlan, sizeof(k->vlan));
}

static struct tracker *
tracker_of(struct defrag *d, const struct packet *p)
{
	struct tracker *t;
	struct key k;

	key_of(d, p, &k);
	if ((t = table_get(d->trackers, &k, sizeof(k))) != NULL) {
		list_remove(&t->by_age);
		list_push(&d->by_age, &t->by_age);
		return t;
	}
	if (!make_room(d, NULL, sizeof(*t)) || (t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->key = k;
	list_init(&t->fragments);
	if (table_put(d->trackers, &k, sizeof(k), t) == -1) {
		free(t);
		return NULL;
	}
	t->bytes = sizeof(*t);
	d->bytes += t->bytes;
	list_push(&d->by_age, &t->by_age);
	return t;
}

/* --- adding ----------------------------------------------------------------- */

/* Keep the headers that the datagram will have: those of its first fragment. */
static bool
keep_head(struct defrag *d, struct tracker *t, const struct defrag_piece *piece)
{
	size_t len = piece->link.len + piece->ip.len;

	if (t->head != NULL)
		return true;
	if (!make_room(d, t, len) || (t->head = malloc(len)) == NULL)
		return false;
	if (piece->link.len > 0)
		memcpy(t->head, piece->link.p, piece->link.len);
	memcpy(t->head + piece->link.len, piece->ip.p, piece->ip.len);
	t->head_len = len;
	t->link_len = piece->link.len;
	t->next_header = piece->next_header;
	t->patch = piece->patch;
	t->bytes += len;
	d->bytes += len;
	return true;
}

/* Put f in its place by offset; true when it lies over another one. */
static bool
insert_by_offset(struct tracker *t, struct fragment *f)
{
	struct list *at = t->fragments.prev;
	bool overlap = false;

	/* Mostly they come in order: look from the end. */
	while (at != &t->fragments) {
		struct fragment *o = LIST_OF(at, struct fragment, by_offset);

		if (o->offset <= f->offset)
			break;
		overlap |= o->offset < f->offset + f->len;
		at = at->prev;
	}
	list_insert_between(&f->by_offset, at, at->next);
	/* Those that begin before it may be long, so all of them count. */
	for (; !overlap && at != &t->fragments; at = at->prev) {
		struct fragment *o = LIST_OF(at, struct fragment, by_offset);

		overlap = o->offset + o->len > f->offset;
	}
	return overlap;
}

/* The cheap answer first: nothing reaches as far as where f begins. */
static bool
link_fragment(struct tracker *t, struct fragment *f)
{
	bool overlap = false;

	if (f->offset >= t->end)
		list_push(&t->fragments, &f->by_offset);
	else
		overlap = insert_by_offset(t, f);
	if (t->last != NULL)
		t->last->next = f;
	else
		t->first = f;
	t->last = f;
	f->index = t->count++;
	t->payload += f->len;
	if (f->offset + f->len > t->end)
		t->end = f->offset + f->len;
	return overlap;
}

static bool
add_fragment(struct defrag *d, struct tracker *t, const struct defrag_piece *piece,
    bool *overlap)
{
	size_t size = sizeof(struct fragment) + piece->data.len;
	struct fragment *f;

	if (t->count == DEFRAG_FRAGMENTS_MAX || !make_room(d, t, size) ||
	    (f = malloc(size)) == NULL)
		return false;
	f->next = NULL;
	f->offset = piece->offset;
	f->len = piece->data.len;
	if (f->len > 0)
		memcpy(f->bytes, piece->data.p, f->len);
	t->bytes += size;
	d->bytes += size;
	*overlap = link_fragment(t, f);
	return true;
}

static bool
is_covered(const struct tracker *t)
{
	const struct list *at, *next;
	size_t reach = 0;

	if (t->total == 0 || t->payload < t->total || t->head == NULL)
		return false;
	LIST_FOREACH (at, next, &t->fragments) {
		const struct fragment *f =
		    LIST_OF(at, const struct fragment, by_offset);

		if (f->offset > reach)
			return false;
		if (f->offset + f->len > reach)
			reach = f->offset + f->len;
	}
	return reach >= t->total;
}

/* --- laying down ------------------------------------------------------------ */

/* As Suricata 7.0 was seen to do; to Novak, HP-UX 11, macOS and old Solaris are "first". */
static const enum defrag_policy POLICIES[OS_POLICIES] = {
    [OS_BSD] = DEFRAG_BSD,
    [OS_BSD_RIGHT] = DEFRAG_BSD_RIGHT,
    [OS_FIRST] = DEFRAG_FIRST,
    [OS_HPUX10] = DEFRAG_BSD,
    [OS_IRIX] = DEFRAG_BSD,
    [OS_LAST] = DEFRAG_LAST,
    [OS_LINUX] = DEFRAG_LINUX,
    [OS_OLD_LINUX] = DEFRAG_LINUX,
    [OS_SOLARIS] = DEFRAG_SOLARIS,
    [OS_HPUX11] = DEFRAG_WINDOWS,
    [OS_MACOS] = DEFRAG_WINDOWS,
    [OS_OLD_SOLARIS] = DEFRAG_WINDOWS,
    [OS_VISTA] = DEFRAG_WINDOWS,
    [OS_WINDOWS] = DEFRAG_WINDOWS,
    [OS_WINDOWS2K3] = DEFRAG_WINDOWS,
};

static enum defrag_policy
policy_of(const struct defrag *d, const struct tracker *t)
{
	struct addr to = {.family = t->key.family};

	if (d->config.hosts == NULL)
		return d->config.policy;
	memcpy(to.b, t->key.dst, sizeof(to.b));
	return POLICIES[os_networks_policy(d->config.hosts, &to)];
}

static bool
newer_wins(
    enum defrag_policy policy, const struct fragment *n, const struct fragment *o)
{
	size_t n_end = n->offset + n->len, o_end = o->offset + o->len;

	switch (policy) {
	case DEFRAG_FIRST:
		return false;
	case DEFRAG_LAST:
		return true;
	case DEFRAG_BSD:
		return n->offset < o->offset;
	case DEFRAG_BSD_RIGHT:
		return n->offset >= o->offset;
	case DEFRAG_LINUX:
		return n->offset <= o->offset;
	case DEFRAG_SOLARIS:
		return n->offset < o->offset && n_end >= o_end;
	case DEFRAG_WINDOWS:
		return n->offset < o->offset && n_end > o_end;
	}
	return false;
}

static void
lay_down(struct defrag *d, const struct tracker *t, uint8_t *to)
{
	size_t units = (t->total + UNIT - 1) / UNIT;
	enum defrag_policy policy = policy_of(d, t);

	memset(d->owner, 0xff, units * sizeof(d->owner[0]));
	for (struct fragment *f = t->first; f != NULL; f = f->next) {
		d->by_index[f->index] = f;
		for (size_t at = 0; at < f->len && f->offset + at < t->total;
		     at += UNIT) {
			uint16_t *owner = &d->owner[(f->offset + at) / UNIT];
			size_t n = f->len - at < UNIT ? f->len - at : UNIT;

			if (f->offset + at + n > t->total)
				n = t->total - f->offset - at;
			if (*owner != NOBODY &&
			    !newer_wins(policy, f, d->by_index[*owner]))
				continue;
			*owner = f->index;
			memcpy(to + f->offset + at, f->bytes + at, n);
		}
	}
}

/* Make the headers say what they said before the datagram was cut. */
static void
mend_head(const struct tracker *t, uint8_t *ip, size_t ip_len)
{
	size_t total = ip_len + t->total;
	uint16_t sum;

	if (t->key.family == 6) {
		total -= 40;
		ip[4] = (uint8_t)(total >> 8);
		ip[5] = (uint8_t)total;
		ip[t->patch] = t->next_header;
		return;
	}
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	ip[6] &= 0x40; /* keep "don't fragment" */
	ip[7] = 0;
	ip[10] = ip[11] = 0;
	sum = checksum_bytes((struct span){.p = ip, .len = ip_len}, 0);
	ip[10] = (uint8_t)(sum >> 8);
	ip[11] = (uint8_t)sum;
}

static bool
rebuild(struct defrag *d, struct tracker *t, struct span *whole, size_t *link_len)
{
	size_t most = DEFRAG_DATAGRAM_MAX + (t->key.family == 6 ? 40 : 0);
	uint8_t *to;

	if (d->given_n == DECODE_PACKETS_MAX ||
	    t->head_len - t->link_len + t->total > most ||
	    (to = malloc(t->head_len + t->total)) == NULL) {
		d->stats.full++;
		return false;
	}
	d->given[d->given_n++] = to;
	memcpy(to, t->head, t->head_len);
	lay_down(d, t, to + t->head_len);
	mend_head(t, to + t->link_len, t->head_len - t->link_len);
	*whole = (struct span){.p = to, .len = t->head_len + t->total};
	*link_len = t->link_len;
	d->stats.rebuilt++;
	return true;
}

static bool
is_sound(struct packet *p, const struct defrag_piece *piece)
{
	bool v4 = p->src.family == 4;
	size_t head = v4 ? piece->ip.len : 0;

	if (head + piece->offset + piece->data.len > DEFRAG_DATAGRAM_MAX) {
		packet_set_event(p,
		    v4 ? DECODE_IPV4_FRAG_PKT_TOO_LARGE
		       : DECODE_IPV6_FRAG_PKT_TOO_LARGE);
		return false;
	}
	if (!v4 && piece->more && piece->data.len % UNIT != 0) {
		packet_set_event(p, DECODE_IPV6_FRAG_INVALID_LENGTH);
		return false;
	}
	return true;
}

bool
defrag_add(struct defrag *d, struct packet *p, const struct defrag_piece *piece,
    struct span *whole, size_t *link_len)
{
	struct defrag_piece cut = *piece;
	bool v4 = p->src.family == 4, overlap = false, done;
	struct tracker *t;

	expire(d, p->time_us);
	if (!is_sound(p, piece))
		return false;
	/* A hole of less than eight bytes could never be filled (IPv4). */
	if (piece->more)
		cut.data.len -= cut.data.len % UNIT;
	if (piece->more && cut.data.len == 0)
		return false;
	t = tracker_of(d, p);
	if (t == NULL || (piece->offset == 0 && !keep_head(d, t, piece)) ||
	    !add_fragment(d, t, &cut, &overlap)) {
		packet_set_event(
		    p, v4 ? DECODE_IPV4_FRAG_IGNORED : DECODE_IPV6_FRAG_IGNORED);
		d->stats.full++;
		return false;
	}
	t->last_us = p->time_us;
	if (!piece->more)
		t->total = piece->offset + piece->data.len;
	if (overlap)
		packet_set_event(
		    p, v4 ? DECODE_IPV4_FRAG_OVERLAP : DECODE_IPV6_FRAG_OVERLAP);
	if (!is_covered(t))
		return false;
	done = rebuild(d, t, whole, link_len);
	tracker_free(d, t);
	return done;
}
