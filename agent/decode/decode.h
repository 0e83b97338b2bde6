/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Frames into packets.  One frame may give several: the carrier, what the tunnel
 * carried, and a packet put together from fragments.  Each is handed to the
 * caller's function in order, outermost first.
 */
#ifndef AGENT_DECODE_DECODE_H
#define AGENT_DECODE_DECODE_H

#include "agent/decode/defrag.h"
#include "agent/decode/packet.h"

struct decoder;

struct decoder_config {
	bool verify_checksums;
	bool vlan_in_key;	 /* fragments of other VLANs are other packets */
	size_t defrag_max_bytes; /* 0: DEFRAG_BYTES_MAX of limits.h */
	const struct os_networks *hosts;  /* of defrag.h, like the next */
	enum defrag_policy defrag_policy; /* 0: DEFRAG_WINDOWS */
};

typedef void decode_fn(void *arg, struct packet *p);

/* NULL with errno. */
struct decoder *decoder_new(
    const struct decoder_config *c, decode_fn *fn, void *arg);
void decoder_free(struct decoder *d);

/* Is this DLT_* one we read? */
bool decoder_knows(int linktype);

/*
 * Decode one frame and hand on its packets before returning.  number counts
 * frames from 1.  Never fails: what is odd becomes events on the packet.
 */
void decoder_frame(struct decoder *d, int linktype, struct span frame,
    uint32_t wire_len, int64_t time_us, uint64_t number);

struct decoder_stats {
	uint64_t frames, packets, bytes, invalid, tunnels, too_deep;
	uint64_t fragments, rebuilt, defrag_timeouts, defrag_full;
	uint64_t ipv4, ipv6, tcp, udp, icmp, icmpv6, sctp, other;
};
const struct decoder_stats *decoder_stats(struct decoder *d);

/* decode-event names as rules write them: "ipv4.pkt_too_small".  -1 if unknown. */
int decode_event_parse(const char *name);
const char *decode_event_name(unsigned event);

#endif
