/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Fragments into datagrams (RFC 791, section 3.2; RFC 8200, section 4.5).  Where
 * fragments overlap, hosts differ in whose bytes they keep: the policy says
 * which host we play (Novak, "Target-based fragmentation reassembly", 2005).
 */
#ifndef AGENT_DECODE_DEFRAG_H
#define AGENT_DECODE_DEFRAG_H

#include "agent/decode/packet.h"
#include "agent/os_policy.h"

enum defrag_policy {
	DEFRAG_WINDOWS, /* the old one, unless the new covers it on both sides */
	DEFRAG_FIRST,
	DEFRAG_LAST,
	DEFRAG_BSD,	  /* the new one where it begins earlier */
	DEFRAG_BSD_RIGHT, /* the new one unless it begins earlier */
	DEFRAG_LINUX,	  /* the new one where it does not begin later */
	DEFRAG_SOLARIS, /* the new one where it begins earlier, ends not earlier */
};

struct defrag_config {
	size_t max_bytes; /* 0: DEFRAG_BYTES_MAX */
	/* By the datagram's receiver; on loan.  NULL: policy, whoever it is. */
	const struct os_networks *hosts;
	enum defrag_policy policy;
	bool vlan_in_key;
};

struct defrag_stats {
	uint64_t rebuilt, timeouts, full;
};

struct defrag;

/* NULL with errno. */
struct defrag *defrag_new(const struct defrag_config *c);
void defrag_free(struct defrag *d);

/* One fragment; its packet's addresses, ip_id, vlans and depth are set. */
struct defrag_piece {
	size_t offset; /* bytes within the datagram's payload */
	bool more;
	uint8_t next_header; /* IPv6: of the fragment header */
	size_t patch;	     /* IPv6: where in ip that number goes */
	struct span link;    /* bytes in front of the IP header */
	struct span ip;	     /* IP header, IPv6: up to the fragment header */
	struct span data;
};

/*
 * Add a fragment (copied); what is odd becomes events on p.  True when the datagram
 * is whole: *whole is then link layer and IP packet of the first fragment as if it
 * never was cut, valid until defrag_reset(), and *link_len says where IP begins.
 */
bool defrag_add(struct defrag *d, struct packet *p,
    const struct defrag_piece *piece, struct span *whole, size_t *link_len);
/* The frame is done: release what defrag_add() gave. */
void defrag_reset(struct defrag *d);
const struct defrag_stats *defrag_stats(const struct defrag *d);

#endif
