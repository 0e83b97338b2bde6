/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The steps of a session that is established or closing.  Each says whether the
 * packet fits; when not, it was noted why.  Private to agent/stream.
 */
#ifndef AGENT_STREAM_OPEN_H
#define AGENT_STREAM_OPEN_H

#include "agent/stream/at_hand.h"

bool open_syn(struct at_hand *h);
bool open_syn_ack(struct at_hand *h);
bool open_fin(struct at_hand *h);
bool open_ack(struct at_hand *h);

#endif
