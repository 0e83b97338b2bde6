/* SPDX-License-Identifier: EUPL-1.2 */
/* Datagrams, and the ends of flows.  Bytes of TCP are not put in order here yet. */
#include "agent/stream/stream.h"

#include <netinet/in.h>

void
stream_packet(const struct stream_config *c, const struct packet *p)
{
	struct stream_news n = {
	    .kind = STREAM_DATAGRAM,
	    .to_server = (p->flags & PACKET_TO_CLIENT) == 0,
	    .data = p->payload,
	    .packet = p,
	};

	if (p->proto == IPPROTO_UDP && p->payload.len > 0)
		c->reader(c->arg, p->flow, &n);
}

void
stream_flow_end(const struct stream_config *c, struct flow *f)
{
	struct stream_news n = {.kind = STREAM_END};

	for (int to_server = 0; to_server < 2; to_server++) {
		n.to_server = to_server == 1;
		c->reader(c->arg, f, &n);
	}
}
