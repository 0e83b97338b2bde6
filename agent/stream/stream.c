/* SPDX-License-Identifier: EUPL-1.2 */
/* Datagrams, TCP sessions from their first packet to the end of their flow. */
#include "agent/stream/stream.h"

#include "agent/stream/session.h"

#include <netinet/in.h>
#include <stdlib.h>

/* As Suricata 7.0 was seen to do. */
static const enum stream_policy POLICIES[OS_POLICIES] = {
    [OS_BSD] = STREAM_POLICY_BSD,
    [OS_BSD_RIGHT] = STREAM_POLICY_BSD,
    [OS_FIRST] = STREAM_POLICY_FIRST,
    [OS_HPUX10] = STREAM_POLICY_BSD,
    [OS_HPUX11] = STREAM_POLICY_SOLARIS,
    [OS_IRIX] = STREAM_POLICY_BSD,
    [OS_LAST] = STREAM_POLICY_LAST,
    [OS_LINUX] = STREAM_POLICY_LINUX,
    [OS_MACOS] = STREAM_POLICY_BSD,
    [OS_OLD_LINUX] = STREAM_POLICY_OLD_LINUX,
    [OS_OLD_SOLARIS] = STREAM_POLICY_SOLARIS,
    [OS_SOLARIS] = STREAM_POLICY_SOLARIS,
    [OS_VISTA] = STREAM_POLICY_FIRST,
    [OS_WINDOWS] = STREAM_POLICY_BSD,
    [OS_WINDOWS2K3] = STREAM_POLICY_BSD,
};

struct stream_engine *
stream_engine_new(const struct stream_config *c)
{
	struct stream_engine *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->config = *c;
	s->sessions_max =
	    c->sessions_max == 0 ? STREAM_SESSIONS_MAX : c->sessions_max;
	s->scratch_size = 2 * STREAM_DEPTH + c->overlap + STREAM_WINDOW_MAX;
	/* Zero pages, both: memory is only used once a session is. */
	s->sessions = calloc(s->sessions_max, sizeof(*s->sessions));
	s->scratch = calloc(1, s->scratch_size);
	s->pool = pieces_new();
	if (s->sessions != NULL && s->scratch != NULL && s->pool != NULL)
		return s;
	stream_engine_free(s);
	return NULL;
}

void
stream_engine_free(struct stream_engine *s)
{
	if (s == NULL)
		return;
	pieces_free(s->pool);
	free(s->sessions);
	free(s->scratch);
	free(s);
}

const struct stream_stats *
stream_stats(const struct stream_engine *s)
{
	return &s->stats;
}

enum stream_policy
session_policy(struct session *n, int from)
{
	const struct stream_config *c = &n->owner->config;
	struct side *d = &n->side[from];

	if (c->hosts == NULL)
		return c->policy;
	if (!(d->flags & SIDE_POLICY)) {
		const struct flow_key *k = &n->flow->key;

		d->policy = (uint8_t)POLICIES[os_networks_policy(
		    c->hosts, from == 0 ? &k->b : &k->a)];
		d->flags |= SIDE_POLICY;
	}
	return (enum stream_policy)d->policy;
}

/* --- sessions ------------------------------------------------------------------ */

static struct session *
session_take(struct stream_engine *s, struct flow *f)
{
	struct session *n = s->spare;

	if (n != NULL) {
		s->spare = n->spare;
		memset(n, 0, sizeof(*n));
	} else if (s->untouched < s->sessions_max) {
		n = &s->sessions[s->untouched++];
	} else {
		s->stats.sessions_refused++;
		return NULL;
	}
	n->owner = s;
	n->flow = f;
	n->depth = STREAM_DEPTH;
	if (!s->config.inspected)
		n->side[0].flags = n->side[1].flags = SIDE_NOT_INSPECTED;
	f->slot[FLOW_SLOT_STREAM] = n;
	s->stats.sessions++;
	s->stats.sessions_active++;
	return n;
}

void
stream_slot_free(void *slot)
{
	struct session *n = slot;
	struct stream_engine *s;

	if (n == NULL)
		return;
	s = n->owner;
	for (int i = 0; i < 2; i++)
		assembly_clear(s->pool, &n->side[i].a);
	n->spare = s->spare;
	s->spare = n;
	s->stats.sessions_active--;
	s->stats.pool_active = pieces_active(s->pool);
}

/* Can this packet begin a session? */
static bool
begins(const struct stream_engine *s, const struct packet *p)
{
	uint32_t flags = p->tcp_flags & (TCP_SYN | TCP_ACK | TCP_RST);

	return flags == TCP_SYN || (s->config.midstream && (flags & TCP_ACK));
}

static void
tcp_packet(struct stream_engine *s, struct packet *p)
{
	struct session *n = p->flow->slot[FLOW_SLOT_STREAM];

	if (p->flags & PACKET_BAD_L4_SUM)
		return;
	if (n == NULL && begins(s, p) && (n = session_take(s, p->flow)) == NULL)
		return;
	if (n == NULL) { /* for its events */
		n = &s->none;
		*n = (struct session){.owner = s, .flow = p->flow};
	}
	if (!session_packet(n, p))
		s->stats.invalid++;
}

void
stream_clean(struct flow *f)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];

	if (n != NULL)
		session_trim(n);
}

void
stream_packet(struct stream_engine *s, struct packet *p)
{
	struct stream_news n = {
	    .kind = STREAM_DATAGRAM,
	    .to_server = (p->flags & PACKET_TO_CLIENT) == 0,
	    .data = p->payload,
	    .packet = p,
	};

	if (p->proto == IPPROTO_TCP)
		tcp_packet(s, p);
	else if (p->proto == IPPROTO_UDP && p->payload.len > 0)
		s->config.reader(s->config.arg, p->flow, &n);
}

/* --- the end --------------------------------------------------------------------- */

/* A packet without bytes of its own, as if the side sent it last. */
static void
pseudo_packet(struct flow *f, int side, struct packet *p)
{
	const struct flow_key *k = &f->key;
	bool to_server = side == 0;

	*p = (struct packet){
	    .time_us = f->last_us,
	    .flags = PACKET_PSEUDO | PACKET_ESTABLISHED |
		(to_server ? PACKET_TO_SERVER : PACKET_TO_CLIENT),
	    .source = PACKET_SRC_FLOW_END,
	    .tunnel_depth = k->tunnel_depth,
	    .vlan = {k->vlan[0], k->vlan[1]},
	    .vlans = (uint8_t)(k->vlan[0] == 0 ? 0
		    : k->vlan[1] == 0	       ? 1
					       : 2),
	    .src = to_server ? k->a : k->b,
	    .dst = to_server ? k->b : k->a,
	    .sport = to_server ? k->aport : k->bport,
	    .dport = to_server ? k->bport : k->aport,
	    .proto = k->proto,
	    .ttl = 64,
	    .tcp_flags = TCP_ACK,
	    .tcp_wscale = 0xff,
	    .flow = f,
	};
}

static void
end_session(
    struct stream_engine *s, struct session *n, stream_packet_fn *fn, void *arg)
{
	struct packet p;

	bool open = n->state >= SESSION_ESTABLISHED && n->state < SESSION_CLOSED;

	n->ending = true;
	for (int side = 0; side < 2; side++) {
		bool rest =
		    open || (n->state != SESSION_NONE && session_has_rest(n, side));

		session_tell(n, side, NULL);
		if (s->config.unfinished != NULL)
			rest = rest || s->config.unfinished(n->flow, side == 0);
		if (!rest || fn == NULL)
			continue;
		s->stats.pseudo++;
		pseudo_packet(n->flow, side, &p);
		fn(arg, &p);
	}
}

void
stream_flow_end(
    struct stream_engine *s, struct flow *f, stream_packet_fn *fn, void *arg)
{
	struct session *n = f->slot[FLOW_SLOT_STREAM];
	struct stream_news news = {.kind = STREAM_END};

	if (n != NULL) {
		end_session(s, n, fn, arg);
		return;
	}
	for (int side = 0; side < 2; side++) {
		news.to_server = side == 0;
		s->config.reader(s->config.arg, f, &news);
	}
}
