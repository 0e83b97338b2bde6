/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What rules remember: flowbits and flowints of a flow, xbits and hostbits of
 * hosts, tags.  Time is that of packets.
 */
#ifndef AGENT_DETECT_STATE_H
#define AGENT_DETECT_STATE_H

#include "agent/detect/rule.h"

struct jw;
struct ruleset;
struct state;

enum state_kind {
	STATE_XBIT,
	STATE_HOSTBIT
};

struct state *state_new(const struct ruleset *rs);
void state_free(struct state *s);

bool state_flowbit(const struct flow *f, uint16_t id);
/* Changes nothing when memory ran out. */
void state_flowbit_put(const struct state *s, struct flow *f, uint16_t id, bool on);
/* false: never set. */
bool state_flowint(const struct flow *f, uint16_t id, uint32_t *value);
void state_flowint_put(
    const struct state *s, struct flow *f, uint16_t id, uint32_t value);
void state_flow_free(void *slot);

/* Is the bit of a (and b, for pairs; else NULL) set at now_us? */
bool state_host_bit(struct state *s, enum state_kind k, uint16_t id,
    const struct addr *a, const struct addr *b, int64_t now_us);
/* until_us: when it ends. */
void state_host_bit_put(struct state *s, enum state_kind k, uint16_t id,
    const struct addr *a, const struct addr *b, int64_t until_us);
void state_host_bit_drop(struct state *s, enum state_kind k, uint16_t id,
    const struct addr *a, const struct addr *b);
/* Bits that did not fit. */
uint64_t state_full(const struct state *s);

void state_tag(struct state *s, const struct tag *t, struct packet *p);
/* Count this packet against the tags of its flow and hosts: does one want it? */
bool state_tagged(struct state *s, const struct packet *p);

/* "flowbits" and "flowints" of the flow; 0 when it has none. */
int state_flow_write(const struct state *s, const struct flow *f, struct jw *w);

#endif
