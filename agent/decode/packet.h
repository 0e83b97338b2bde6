/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A packet: one captured frame, one packet inside a tunnel, or one put together
 * from fragments.  Everything in it is on loan from the capture buffer (or the
 * defragmenter) until the next frame is read.
 */
#ifndef AGENT_DECODE_PACKET_H
#define AGENT_DECODE_PACKET_H

#include "common/addr.h"
#include "common/cursor.h"

#include <stdbool.h>
#include <stdint.h>

struct flow;

#define PACKET_VLANS_MAX 3

enum packet_flag {
	PACKET_FRAGMENT = 1u << 0,   /* a raw fragment: no layer 4 */
	PACKET_REBUILT = 1u << 1,    /* put together from fragments */
	PACKET_TUNNELED = 1u << 2,   /* was carried by another packet */
	PACKET_BAD_IP_SUM = 1u << 3, /* set only where checksums are verified */
	PACKET_BAD_L4_SUM = 1u << 4,
	PACKET_IN_STREAM = 1u << 5, /* its payload went to the stream engine */
	PACKET_PSEUDO = 1u << 6,    /* end of flow: no bytes of its own */
	PACKET_NO_PAYLOAD_INSPECT = 1u << 7,
	PACKET_TO_SERVER = 1u << 8, /* set by the flow stage, like the next */
	PACKET_TO_CLIENT = 1u << 9,
	PACKET_ESTABLISHED = 1u << 10, /* flow:established holds for it */
	PACKET_INVALID =
	    1u << 11, /* a decoder gave up: only event rules look at it */
};

/* How the packet came to be: EVE's pkt_src. */
enum packet_source {
	PACKET_SRC_WIRE, /* "wire/pcap" */
	PACKET_SRC_DEFRAG,
	PACKET_SRC_GRE,
	PACKET_SRC_IPV4_TUNNEL, /* also 4in6: see packet_source_name() */
	PACKET_SRC_IPV6_TUNNEL,
	PACKET_SRC_TEREDO,
	PACKET_SRC_VXLAN,
	PACKET_SRC_GENEVE,
	PACKET_SRC_ERSPAN1,
	PACKET_SRC_ERSPAN2,
	PACKET_SRC_NSH,
	PACKET_SRC_FLOW_END, /* "stream (flow timeout)" */
	PACKET_SRC_OTHER,
};
const char *packet_source_name(enum packet_source s);

/* TCP flags (RFC 9293, section 3.1). */
#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_URG 0x20
#define TCP_ECE 0x40
#define TCP_CWR 0x80

/* Decoder events: one bit each; names as Suricata's decode-event (events.h). */
#define PACKET_EVENT_WORDS 4

struct packet {
	int64_t time_us;
	uint64_t number;   /* of the frame in the capture, from 1 */
	struct span frame; /* as captured, link layer and all */
	uint32_t wire_len;
	int linktype;	/* DLT_* of the capture */
	uint32_t flags; /* enum packet_flag */
	enum packet_source source;
	const struct packet *outer; /* the carrier of a tunnelled packet; of a
				       rebuilt one its last fragment's carrier */
	uint8_t tunnel_depth;	    /* carriers around it */

	uint8_t eth_src[6], eth_dst[6];
	uint16_t eth_type;
	uint16_t vlan[PACKET_VLANS_MAX]; /* ids, outermost first */
	uint8_t vlans;

	struct addr src, dst; /* family 0: not IP */
	uint8_t proto;	      /* IPPROTO_* after extension headers */
	uint8_t ttl;	      /* or hop limit */
	uint8_t tos;	      /* or traffic class */
	uint32_t ip_id;	      /* IPv4 id; IPv6 fragment id */
	uint8_t frag_flags;   /* bit 0 MF, 1 DF, 2 reserved */
	uint16_t frag_offset; /* bytes */
	uint32_t ip_options;  /* bits: enum ipopt_seen of events.h */

	uint16_t sport, dport;	      /* TCP, UDP, SCTP */
	uint8_t icmp_type, icmp_code; /* ICMP, ICMPv6 */
	uint16_t icmp_id, icmp_seq;   /* echo and the like */
	bool icmp_has_id;
	uint8_t tcp_flags;
	uint32_t tcp_seq, tcp_ack;
	uint16_t tcp_window; /* unscaled */
	uint16_t tcp_mss;    /* of a SYN's option; 0: none */
	uint8_t tcp_wscale;  /* 0xff: none */
	bool tcp_sack_ok, tcp_has_ts, tcp_has_mss, tcp_has_sack, tcp_has_tfo;
	uint32_t tcp_ts_val, tcp_ts_ecr;

	struct span l3;	     /* whole IP packet as on the wire */
	struct span ip_hdr;  /* IPv4 header with options; IPv6 fixed header
				with extensions */
	struct span l4_hdr;  /* TCP, UDP, SCTP, ICMP header with options; of
				some ICMP types it reaches into payload */
	struct span payload; /* what rules see as packet payload; ICMP: after
				the first eight bytes */
	uint32_t icmpv6_mtu;
	bool icmpv6_has_mtu;

	uint64_t events[PACKET_EVENT_WORDS];
	struct flow *flow; /* NULL: none (not IP, or table full) */
};

static inline bool
packet_has_event(const struct packet *p, unsigned event)
{
	return (p->events[event / 64] >> (event % 64)) & 1;
}

static inline void
packet_set_event(struct packet *p, unsigned event)
{
	p->events[event / 64] |= (uint64_t)1 << (event % 64);
}

#endif
