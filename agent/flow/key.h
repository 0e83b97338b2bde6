/* SPDX-License-Identifier: EUPL-1.2 */
/* Inside the flow stage: a packet's key, from its sender's side. */
#ifndef AGENT_FLOW_KEY_H
#define AGENT_FLOW_KEY_H

#include "agent/flow/flow.h"

/* Has it a flow at all?  As in Suricata: what our decoder reads to the end. */
bool flow_key_exists(const struct packet *p);
void flow_key_of(const struct packet *p, bool with_vlan, struct flow_key *k);
/* The keyed hash over both ends in a fixed order, so that directions meet. */
uint32_t flow_key_tag(const struct flow_key *k);
/* Do they name one flow, in either direction? */
bool flow_key_is_same(const struct flow_key *f, const struct flow_key *k);
/* Do both ends stand in the same order? */
bool flow_key_is_forward(const struct flow_key *f, const struct flow_key *k);

#endif
