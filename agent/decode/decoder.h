/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Inside the decode stage: what its files share.  Each layer's decoder reads
 * from a cursor, fills the packet, and says which layer comes next; a loop in
 * decode.c walks them, so no input makes us recurse.
 */
#ifndef AGENT_DECODE_DECODER_H
#define AGENT_DECODE_DECODER_H

#include "agent/decode/decode.h"
#include "agent/decode/defrag.h"
#include "agent/decode/events.h"
#include "agent/limits.h"

#include <netinet/in.h>

/* What comes next: an EtherType, or one of our own numbers above those. */
enum layer {
	LAYER_IPV4 = 0x0800,
	LAYER_ARP = 0x0806,
	LAYER_VLAN = 0x8100,
	LAYER_IPV6 = 0x86dd,
	LAYER_GRE_PPP = 0x880b,
	LAYER_MPLS = 0x8847,
	LAYER_MPLS_MULTICAST = 0x8848,
	LAYER_PPPOE_DISCOVERY = 0x8863,
	LAYER_PPPOE_SESSION = 0x8864,
	LAYER_QINQ = 0x88a8,
	LAYER_ERSPAN = 0x88be,
	LAYER_8021AH = 0x88e7,
	LAYER_FABRIC_PATH = 0x8903,
	LAYER_VNTAG = 0x8926,
	LAYER_NSH = 0x894f,
	LAYER_QINQ_OLD = 0x9100,
	LAYER_BRIDGE = 0x6558,

	LAYER_DONE = 0x10000,
	LAYER_ETHERNET,
	LAYER_RAW_IP,
	LAYER_SLL,
	LAYER_SLL2,
	LAYER_NULL,
	LAYER_LOOP,
	LAYER_PPP,
	LAYER_CHDLC,
	LAYER_ERSPAN2,
	/* Above IP. */
	LAYER_TCP,
	LAYER_UDP,
	LAYER_ICMP,
	LAYER_ICMPV6,
	LAYER_SCTP,
	LAYER_GRE,
	LAYER_ESP,
	LAYER_IPV4_IN_IP,
	LAYER_IPV6_IN_IP,
};

/* A packet inside the present one, which is decoded after it. */
struct carried {
	bool there;
	enum packet_source source;
	uint32_t layer;
	struct span frame;
	bool rebuilt;
	size_t link_len; /* rebuilt: bytes of link layer in front */
};

struct decoder {
	struct decoder_config config;
	decode_fn *fn;
	void *arg;
	struct decoder_stats stats;
	struct defrag *defrag;
	struct carried carried;
	struct packet chain[DECODE_PACKETS_MAX]; /* those of the present frame */
};

/* Read one layer from c into p; returns the next layer, or LAYER_DONE. */
typedef uint32_t layer_fn(struct decoder *d, struct packet *p, struct cursor *c);

layer_fn link_ethernet, link_sll, link_sll2, link_null, link_loop, link_raw_ip,
    link_ppp, link_chdlc, link_vlan, link_mpls, link_pppoe_discovery,
    link_pppoe_session, link_8021ah, link_fabric_path, link_vntag, link_nsh;
layer_fn ipv4_decode, ipv6_decode;
layer_fn transport_tcp, transport_udp, transport_sctp, transport_esp;
layer_fn icmp_v4, icmp_v6;
layer_fn tunnel_gre, tunnel_erspan2, tunnel_ipv4, tunnel_ipv6;

/* Look for a tunnel in a UDP packet's payload, by its ports. */
void tunnel_udp(struct decoder *d, struct packet *p);
/* Remember what p carries. */
void decoder_carry(struct decoder *d, enum packet_source source, uint32_t layer,
    struct span frame);
/* Give a fragment to the defragmenter, and carry the datagram that it completes. */
void decoder_fragment(
    struct decoder *d, struct packet *p, struct defrag_piece *piece);

/* Note an event that leaves nothing more to decode; returns LAYER_DONE. */
static inline uint32_t
packet_spoil(struct packet *p, enum decode_event event)
{
	packet_set_event(p, event);
	p->flags |= PACKET_INVALID;
	return LAYER_DONE;
}

#endif
