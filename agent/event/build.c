/* SPDX-License-Identifier: EUPL-1.2 */
/* Records in the making: their first members, their last, and what many share. */
#include "agent/event/build.h"

#include "agent/app/app.h"
#include "agent/event/privacy.h"
#include "agent/limits.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct event_builder *
event_builder_new(const struct event_config *c, event_sink_fn *sink, void *arg)
{
	struct event_builder *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->config = *c;
	b->sink = sink;
	b->arg = arg;
	buf_init(&b->json, c->payload ? EVENT_JSON_OFFLINE_MAX : RECORD_JSON_MAX);
	buf_init(&b->clean, RECORD_JSON_MAX);
	if ((b->calm = event_calm_new()) == NULL) {
		event_builder_free(b);
		errno = ENOMEM;
		return NULL;
	}
	return b;
}

void
event_builder_detect(struct event_builder *b, const struct detect *d)
{
	b->config.detect = d;
}

void
event_builder_free(struct event_builder *b)
{
	if (b == NULL)
		return;
	event_calm_free(b->calm);
	buf_release(&b->json);
	buf_release(&b->clean);
	free(b);
}

int
event_types_parse(const char *list, unsigned *types)
{
	static const struct {
		const char *name;
		enum event_type type;
	} rows[] = {
	    {"alert", EVENT_ALERT},
	    {"flow", EVENT_FLOW},
	    {"packet", EVENT_PACKET},
	    {"stats", EVENT_STATS},
	};
	size_t len, i;

	*types = 0;
	for (;; list += len + 1) {
		len = strcspn(list, ",");
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			if (strlen(rows[i].name) == len &&
			    memcmp(rows[i].name, list, len) == 0)
				break;
		if (i == sizeof(rows) / sizeof(rows[0]))
			return -1;
		*types |= (unsigned)rows[i].type;
		if (list[len] == '\0')
			return 0;
	}
}

bool
event_wanted(const struct event_builder *b, enum event_type type)
{
	return b->config.types == 0 || (b->config.types & (unsigned)type) != 0;
}

const struct event_stats *
event_builder_stats(const struct event_builder *b)
{
	return &b->stats;
}

void
event_builder_send(struct event_builder *b, enum record_class cls, int64_t time_us,
    uint64_t *count)
{
	const struct buf *json = &b->json;
	int dropped = 0;

	event_end(&b->w);
	if (!json->overflow && b->config.private) {
		dropped =
		    event_privacy((const char *)json->data, json->len, &b->clean);
		json = &b->clean;
	}
	if (json->overflow) {
		b->stats.lost++;
		return;
	}
	b->stats.private += (uint64_t)dropped;
	++*count;
	b->sink(b->arg, cls, time_us, (const char *)json->data, json->len);
}

bool
event_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP ||
	    proto == IPPROTO_SCTP;
}

static bool
is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

void
event_write_pair(struct jw *w, const struct addr *src, uint16_t sport,
    const struct addr *dst, uint16_t dport, uint8_t proto)
{
	event_addr(w, "src_ip", src);
	if (event_has_ports(proto))
		jw_uint(w, "src_port", sport);
	event_addr(w, "dest_ip", dst);
	if (event_has_ports(proto))
		jw_uint(w, "dest_port", dport);
}

void
event_builder_begin(struct event_builder *b, int64_t time_us, const struct flow *f,
    const struct packet *p, const char *type)
{
	struct jw *w = &b->w;

	event_begin(w, &b->json, time_us);
	if (f != NULL)
		jw_uint(w, "flow_id", f->id);
	if (b->config.interface != NULL)
		jw_str(w, "in_iface", b->config.interface);
	else if (p != NULL && (p->flags & PACKET_PSEUDO) == 0)
		jw_uint(w, "pcap_cnt", p->number);
	jw_str(w, "event_type", type);
}

static void
write_vlans(struct jw *w, const uint16_t *vlan, size_t n)
{
	if (n == 0)
		return;
	jw_array(w, "vlan");
	for (size_t i = 0; i < n; i++)
		jw_uint(w, NULL, vlan[i]);
	jw_end_array(w);
}

void
event_write_community_id(struct jw *w, const struct flow *f)
{
	char id[FLOW_COMMUNITY_SIZE];

	if (f != NULL)
		jw_str(w, "community_id", flow_community_id(&f->key, id));
}

void
event_builder_flow_head(struct event_builder *b, const struct flow *f,
    int64_t time_us, const char *type)
{
	const struct flow_key *k = &f->key;
	size_t vlans = k->vlan[0] == 0 ? 0 : k->vlan[1] == 0 ? 1 : 2;

	event_builder_begin(b, time_us, f, NULL, type);
	write_vlans(&b->w, k->vlan, vlans);
	event_write_pair(&b->w, &k->a, k->aport, &k->b, k->bport, k->proto);
	event_proto(&b->w, k->proto);
	if (is_icmp(k->proto))
		jw_uint(&b->w, "icmp_type", k->aport);
	event_write_community_id(&b->w, f);
}

void
event_builder_packet_head(
    struct event_builder *b, const struct packet *p, const char *type)
{
	struct jw *w = &b->w;

	event_builder_begin(b, p->time_us, p->flow, p, type);
	write_vlans(w, p->vlan, p->vlans);
	if (p->src.family != 0) {
		event_write_pair(w, &p->src, p->sport, &p->dst, p->dport, p->proto);
		event_proto(w, p->proto);
	}
	if (is_icmp(p->proto) && p->l4_hdr.len > 0) {
		jw_uint(w, "icmp_type", p->icmp_type);
		jw_uint(w, "icmp_code", p->icmp_code);
	}
	jw_str(w, "pkt_src", packet_source_name(p->source));
}

void
event_write_flow_counts(struct jw *w, const struct flow *f)
{
	char text[CLOCK_TEXT_SIZE];

	jw_uint(w, "pkts_toserver", f->pkts_to_server);
	jw_uint(w, "pkts_toclient", f->pkts_to_client);
	jw_uint(w, "bytes_toserver", f->bytes_to_server);
	jw_uint(w, "bytes_toclient", f->bytes_to_client);
	jw_str(w, "start", clock_text(f->first_us, text));
}

void
event_write_flow(struct jw *w, const struct flow *f)
{
	const struct flow_key *k = &f->key;

	jw_object(w, "flow");
	event_write_flow_counts(w, f);
	event_write_pair(w, &k->a, k->aport, &k->b, k->bport, k->proto);
	jw_end_object(w);
}

void
event_write_app(struct jw *w, const struct flow *f)
{
	const char *name = app_name(f);

	if (name != NULL)
		jw_str(w, "app_proto", name);
}

void
event_write_ndpi(struct jw *w, const struct flow *f)
{
	if (f == NULL || f->dpi_protocol == NULL)
		return;
	jw_object(w, "ndpi");
	jw_str(w, "protocol", f->dpi_protocol);
	if (f->dpi_category != NULL)
		jw_str(w, "category", f->dpi_category);
	jw_end_object(w);
}
