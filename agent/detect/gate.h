/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A word of 64 bits that turns most candidates away with one AND (engine.md 2.5).
 * A packet sets one bit of each group, a rule all bits that it allows.
 */
#ifndef AGENT_DETECT_GATE_H
#define AGENT_DETECT_GATE_H

#include "agent/detect/rule.h"

uint64_t gate_of_rule(const struct rule *r);
/* payload: there are bytes to look at, of its own or of its stream. */
uint64_t gate_of_packet(const struct packet *p, bool payload);

static inline bool
gate_lets(uint64_t rule, uint64_t packet)
{
	return (rule & packet) == packet;
}

#endif
