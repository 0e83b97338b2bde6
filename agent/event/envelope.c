/* SPDX-License-Identifier: EUPL-1.2 */
/* The first and last members of every record, and the members many share. */
#include "agent/event/envelope.h"

#include "common/clock.h"

#include <stdio.h>

void
event_begin(struct jw *w, struct buf *out, int64_t time_us)
{
	char text[CLOCK_TEXT_SIZE];

	buf_reset(out);
	jw_init(w, out);
	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(time_us, text));
}

void
event_ours(
    struct jw *w, enum record_class cls, const char *engine, const char *zone)
{
	jw_object(w, "stadswacht");
	jw_int(w, "v", RECORD_VERSION);
	jw_str(w, "class", record_class_name(cls));
	jw_str(w, "engine", engine);
	if (zone != NULL)
		jw_str(w, "zone", zone);
}

void
event_end(struct jw *w)
{
	jw_end_object(w);
	jw_end_object(w);
}

void
event_alert_open(struct jw *w, const struct event_alert *a)
{
	jw_object(w, "alert");
	jw_str(w, "action", a->action);
	jw_uint(w, "gid", a->gid);
	jw_uint(w, "signature_id", a->signature_id);
	jw_uint(w, "rev", a->rev);
	jw_str(w, "signature", a->signature);
	jw_str(w, "category", a->category);
	jw_uint(w, "severity", a->severity);
}

void
event_addr(struct jw *w, const char *key, const struct addr *a)
{
	char text[ADDR_TEXT_SIZE];

	if (a->family != 0)
		jw_str(w, key, addr_text(a, text));
}

void
event_proto(struct jw *w, uint8_t proto)
{
	/* IANA, "Assigned Internet Protocol Numbers". */
	static const char *const names[256] = {
	    [0] = "HOPOPT",
	    [1] = "ICMP",
	    [2] = "IGMP",
	    [4] = "IPv4",
	    [6] = "TCP",
	    [8] = "EGP",
	    [9] = "IGP",
	    [17] = "UDP",
	    [27] = "RDP",
	    [33] = "DCCP",
	    [41] = "IPv6",
	    [43] = "IPv6-Route",
	    [44] = "IPv6-Frag",
	    [46] = "RSVP",
	    [47] = "GRE",
	    [50] = "ESP",
	    [51] = "AH",
	    [55] = "MOBILE",
	    [58] = "IPv6-ICMP",
	    [59] = "IPv6-NoNxt",
	    [60] = "IPv6-Opts",
	    [88] = "EIGRP",
	    [89] = "OSPFIGP",
	    [94] = "IPIP",
	    [97] = "ETHERIP",
	    [98] = "ENCAP",
	    [103] = "PIM",
	    [108] = "IPComp",
	    [112] = "VRRP",
	    [115] = "L2TP",
	    [124] = "ISIS over IPv4",
	    [132] = "SCTP",
	    [133] = "FC",
	    [135] = "Mobility-Header",
	    [136] = "UDPLite",
	    [137] = "MPLS-in-IP",
	    [139] = "HIP",
	    [140] = "Shim6",
	    [143] = "Ethernet",
	};
	char number[4];

	snprintf(number, sizeof(number), "%03u", (unsigned)proto);
	jw_str(w, "proto", names[proto] == NULL ? number : names[proto]);
}
