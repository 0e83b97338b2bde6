/* SPDX-License-Identifier: EUPL-1.2 */
/* Names of decoder events and of what packets came from. */
#include "agent/decode/events.h"

#include "agent/decode/decode.h"

#include <assert.h>
#include <string.h>

#define DECODE_EVENT_NAME(constant, name) name,
static const char *const EVENT_NAMES[] = {DECODE_EVENTS(DECODE_EVENT_NAME)};

static_assert(DECODE_EVENTS_TOTAL <= PACKET_EVENT_WORDS * 64,
    "every event has a bit in a packet");

/* As EVE's pkt_src has them (Suricata guide, "Eve JSON Format"). */
static const char *const SOURCE_NAMES[] = {
    [PACKET_SRC_WIRE] = "wire/pcap",
    [PACKET_SRC_DEFRAG] = "defrag",
    [PACKET_SRC_GRE] = "gre tunnel",
    [PACKET_SRC_IPV4_TUNNEL] = "ipv4 tunnel",
    [PACKET_SRC_IPV6_TUNNEL] = "ipv6 tunnel",
    [PACKET_SRC_TEREDO] = "teredo tunnel",
    [PACKET_SRC_VXLAN] = "vxlan encapsulation",
    [PACKET_SRC_GENEVE] = "geneve encapsulation",
    [PACKET_SRC_ERSPAN1] = "gre tunnel",
    [PACKET_SRC_ERSPAN2] = "gre tunnel",
    [PACKET_SRC_NSH] = "nsh",
    [PACKET_SRC_FLOW_END] = "stream (flow timeout)",
    [PACKET_SRC_OTHER] = "other",
};

int
decode_event_parse(const char *name)
{
	for (int i = 0; i < DECODE_EVENTS_TOTAL; i++)
		if (strcmp(EVENT_NAMES[i], name) == 0)
			return i;
	return -1;
}

const char *
decode_event_name(unsigned event)
{
	return event < DECODE_EVENTS_TOTAL ? EVENT_NAMES[event] : NULL;
}

const char *
packet_source_name(enum packet_source s)
{
	return SOURCE_NAMES[s];
}
