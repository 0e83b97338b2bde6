/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The decoder's entry: walks the layers of a packet, and the packets of a frame.
 */
#include "agent/decode/decode.h"

#include "agent/decode/checksum.h"
#include "agent/decode/decoder.h"

#include <stdlib.h>

/* libpcap's link types (DLT_*), by number: they are fixed for good. */
static const struct {
	int linktype;
	enum layer layer;
} LINKTYPES[] = {
    {0, LAYER_NULL},	       /* NULL */
    {1, LAYER_ETHERNET},       /* EN10MB */
    {9, LAYER_PPP},	       /* PPP */
    {12, LAYER_RAW_IP},	       /* RAW */
    {14, LAYER_RAW_IP},	       /* RAW on OpenBSD */
    {50, LAYER_PPP},	       /* PPP_SERIAL */
    {51, LAYER_PPPOE_SESSION}, /* PPP_ETHER */
    {101, LAYER_RAW_IP},       /* LINKTYPE_RAW */
    {104, LAYER_CHDLC},	       /* C_HDLC */
    {108, LAYER_LOOP},	       /* LOOP */
    {113, LAYER_SLL},	       /* LINUX_SLL */
    {228, LAYER_IPV4},	       /* IPV4 */
    {229, LAYER_IPV6},	       /* IPV6 */
    {276, LAYER_SLL2},	       /* LINUX_SLL2 */
};

#define LINKTYPE_ETHERNET 1
#define LINKTYPE_RAW	  12

static uint32_t
layer_of_linktype(int linktype)
{
	for (size_t i = 0; i < sizeof(LINKTYPES) / sizeof(LINKTYPES[0]); i++)
		if (LINKTYPES[i].linktype == linktype)
			return LINKTYPES[i].layer;
	return LAYER_DONE;
}

bool
decoder_knows(int linktype)
{
	return layer_of_linktype(linktype) != LAYER_DONE;
}

static layer_fn *
reader_of(uint32_t layer)
{
	switch (layer) {
	case LAYER_IPV4:
		return ipv4_decode;
	case LAYER_IPV6:
		return ipv6_decode;
	case LAYER_TCP:
		return transport_tcp;
	case LAYER_UDP:
		return transport_udp;
	case LAYER_ICMP:
		return icmp_v4;
	case LAYER_ICMPV6:
		return icmp_v6;
	case LAYER_SCTP:
		return transport_sctp;
	case LAYER_ESP:
		return transport_esp;
	case LAYER_GRE:
		return tunnel_gre;
	case LAYER_IPV4_IN_IP:
		return tunnel_ipv4;
	case LAYER_IPV6_IN_IP:
		return tunnel_ipv6;
	case LAYER_ERSPAN2:
		return tunnel_erspan2;
	case LAYER_ETHERNET:
	case LAYER_BRIDGE:
		return link_ethernet;
	case LAYER_VLAN:
	case LAYER_QINQ:
	case LAYER_QINQ_OLD:
		return link_vlan;
	case LAYER_MPLS:
	case LAYER_MPLS_MULTICAST:
		return link_mpls;
	case LAYER_PPPOE_DISCOVERY:
		return link_pppoe_discovery;
	case LAYER_PPPOE_SESSION:
		return link_pppoe_session;
	case LAYER_8021AH:
		return link_8021ah;
	case LAYER_FABRIC_PATH:
		return link_fabric_path;
	case LAYER_VNTAG:
		return link_vntag;
	case LAYER_NSH:
		return link_nsh;
	case LAYER_RAW_IP:
		return link_raw_ip;
	case LAYER_SLL:
		return link_sll;
	case LAYER_SLL2:
		return link_sll2;
	case LAYER_NULL:
		return link_null;
	case LAYER_LOOP:
		return link_loop;
	case LAYER_PPP:
		return link_ppp;
	case LAYER_CHDLC:
		return link_chdlc;
	default:
		return NULL;
	}
}

/* A tag whose content we cannot read is odd; an EtherType we do not read is not. */
static void
note_unread(struct packet *p, layer_fn *before, uint32_t layer)
{
	if (layer == LAYER_DONE || layer == LAYER_ARP)
		return;
	if (before == link_vlan)
		packet_set_event(p, DECODE_VLAN_UNKNOWN_TYPE);
	else if (before == link_vntag)
		packet_set_event(p, DECODE_VNTAG_UNKNOWN_TYPE);
}

static void
decode_layers(struct decoder *d, struct packet *p, uint32_t layer, struct cursor c)
{
	layer_fn *before = NULL;

	for (unsigned n = 0; n < DECODE_LAYERS_MAX; n++) {
		layer_fn *read = reader_of(layer);

		if (read == NULL) {
			note_unread(p, before, layer);
			return;
		}
		layer = read(d, p, &c);
		before = read;
	}
	packet_spoil(p, DECODE_TOO_MANY_LAYERS);
}

/* --- the packets of a frame -----------------------------------------------------
 */

void
decoder_carry(
    struct decoder *d, enum packet_source source, uint32_t layer, struct span frame)
{
	d->carried = (struct carried){
	    .there = true, .source = source, .layer = layer, .frame = frame};
}

void
decoder_fragment(struct decoder *d, struct packet *p, struct defrag_piece *piece)
{
	struct span whole;
	size_t link_len;

	p->flags |= PACKET_FRAGMENT;
	d->stats.fragments++;
	piece->link.p = p->frame.p;
	piece->link.len = (size_t)(p->l3.p - p->frame.p);
	if (!defrag_add(d->defrag, p, piece, &whole, &link_len))
		return;
	d->carried = (struct carried){
	    .there = true,
	    .source = PACKET_SRC_DEFRAG,
	    .layer = p->src.family == 4 ? LAYER_IPV4 : LAYER_IPV6,
	    .frame = whole,
	    .rebuilt = true,
	    .link_len = link_len,
	};
}

static void
begin_rebuilt(struct packet *p, const struct packet *last)
{
	p->flags |= PACKET_REBUILT | (last->flags & PACKET_TUNNELED);
	p->outer = last->outer;
	p->tunnel_depth = last->tunnel_depth;
	p->linktype = last->linktype;
	p->eth_type = last->eth_type;
	memcpy(p->eth_src, last->eth_src, sizeof(p->eth_src));
	memcpy(p->eth_dst, last->eth_dst, sizeof(p->eth_dst));
	memcpy(p->vlan, last->vlan, sizeof(p->vlan));
	p->vlans = last->vlans;
}

static void
begin_tunneled(struct packet *p, const struct packet *carrier, uint32_t layer)
{
	p->flags |= PACKET_TUNNELED;
	p->outer = carrier;
	p->tunnel_depth = (uint8_t)(carrier->tunnel_depth + 1);
	p->linktype = layer == LAYER_ETHERNET ? LINKTYPE_ETHERNET : LINKTYPE_RAW;
}

/* The packet that comes after `before` (NULL: the frame itself) in the chain. */
static void
begin_packet(
    struct packet *p, const struct packet *before, const struct carried *what)
{
	memset(p, 0, sizeof(*p));
	p->tcp_wscale = 0xff;
	p->source = what->source;
	p->frame = what->frame;
	p->wire_len = (uint32_t)what->frame.len;
	if (before == NULL)
		return;
	p->time_us = before->time_us;
	p->number = before->number;
	if (what->rebuilt)
		begin_rebuilt(p, before);
	else
		begin_tunneled(p, before, what->layer);
}

static void
count(struct decoder *d, const struct packet *p)
{
	d->stats.packets++;
	if ((p->flags & PACKET_INVALID) != 0)
		d->stats.invalid++;
	if (p->source != PACKET_SRC_WIRE && p->source != PACKET_SRC_DEFRAG)
		d->stats.tunnels++;
	if (p->src.family == 0 || p->l4_hdr.len == 0)
		d->stats.other++;
}

/* Decode what->frame as packet i of the chain. */
static struct packet *
decode_packet(struct decoder *d, size_t i, const struct carried *what)
{
	struct packet *p = &d->chain[i];
	struct cursor c = cur_of_span(what->frame);

	if (i > 0)
		begin_packet(p, &d->chain[i - 1], what);
	d->carried.there = false;
	cur_take(&c, what->link_len);
	decode_layers(d, p, what->layer, c);
	if (d->carried.there &&
	    (i + 1 == DECODE_PACKETS_MAX ||
		p->tunnel_depth == DECODE_TUNNELS_MAX)) {
		packet_set_event(p, DECODE_TOO_MANY_LAYERS);
		d->stats.too_deep++;
		d->carried.there = false;
	}
	if (d->config.verify_checksums && checksum_l4(p) == CHECKSUM_BAD)
		p->flags |= PACKET_BAD_L4_SUM;
	count(d, p);
	return p;
}

void
decoder_frame(struct decoder *d, int linktype, struct span frame, uint32_t wire_len,
    int64_t time_us, uint64_t number)
{
	struct carried what = {.source = PACKET_SRC_WIRE,
	    .layer = layer_of_linktype(linktype),
	    .frame = frame};
	struct packet *first = &d->chain[0];

	d->stats.frames++;
	d->stats.bytes += wire_len;
	begin_packet(first, NULL, &what);
	first->wire_len = wire_len;
	first->linktype = linktype;
	first->time_us = time_us;
	first->number = number;
	for (size_t i = 0;; i++) {
		struct packet *p = decode_packet(d, i, &what);

		what = d->carried;
		d->fn(d->arg, p);
		if (!what.there)
			break;
	}
	defrag_reset(d->defrag);
}

/* --- life -----------------------------------------------------------------------
 */

struct decoder *
decoder_new(const struct decoder_config *c, decode_fn *fn, void *arg)
{
	struct decoder *d = calloc(1, sizeof(*d));
	struct defrag_config defrag = {.max_bytes = c->defrag_max_bytes,
	    .hosts = c->hosts,
	    .policy = c->defrag_policy,
	    .vlan_in_key = c->vlan_in_key};

	if (d == NULL)
		return NULL;
	d->config = *c;
	d->fn = fn;
	d->arg = arg;
	if ((d->defrag = defrag_new(&defrag)) == NULL) {
		decoder_free(d);
		return NULL;
	}
	return d;
}

void
decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
	defrag_free(d->defrag);
	free(d);
}

const struct decoder_stats *
decoder_stats(struct decoder *d)
{
	const struct defrag_stats *s = defrag_stats(d->defrag);

	d->stats.rebuilt = s->rebuilt;
	d->stats.defrag_timeouts = s->timeouts;
	d->stats.defrag_full = s->full;
	return &d->stats;
}
