/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The steps of a session that is not established yet.  Each says whether the packet
 * fits; when not, it was noted why.  Private to agent/stream.
 */
#ifndef AGENT_STREAM_HANDSHAKE_H
#define AGENT_STREAM_HANDSHAKE_H

#include "agent/stream/at_hand.h"

/* No session yet: any packet. */
bool handshake_none(struct at_hand *h);

/* A SYN was seen; now another, its answer, or an ACK. */
bool handshake_syn_sent_syn(struct at_hand *h);
bool handshake_syn_sent_syn_ack(struct at_hand *h);
bool handshake_syn_sent_ack(struct at_hand *h);

/* It was answered. */
bool handshake_syn_recv_syn(struct at_hand *h);
bool handshake_syn_recv_syn_ack(struct at_hand *h);
bool handshake_syn_recv_ack(struct at_hand *h);

/* Does the timestamp that the server echoes come from the client? */
bool handshake_echo_fits(const struct at_hand *h);

#endif
