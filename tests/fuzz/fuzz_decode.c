/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any frames through decoder and flow table.  Input: a byte that chooses the
 * link type, one for options, then frames, each with its length in two bytes.
 */
#include "agent/decode/decode.h"
#include "agent/decode/events.h"
#include "agent/flow/flow.h"
#include "agent/limits.h"
#include "common/clock.h"
#include "common/table.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct flow_table *flows;
static volatile uint8_t sink;

/* Touch every byte, so that the sanitizer sees those that are not ours. */
static void
touch(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		sink ^= s.p[i];
}

static void
on_packet(void *arg, struct packet *p)
{
	char text[ADDR_TEXT_SIZE], id[FLOW_COMMUNITY_SIZE];
	uint64_t *packets = arg;

	(*packets)++;
	touch(p->frame);
	touch(p->l3);
	touch(p->ip_hdr);
	touch(p->l4_hdr);
	touch(p->payload);
	assert(p->tunnel_depth <= DECODE_TUNNELS_MAX);
	assert(p->vlans <= PACKET_VLANS_MAX);
	assert(p->l4_hdr.len == 0 || p->src.family != 0);
	assert(packet_source_name(p->source) != NULL);
	for (const struct packet *o = p->outer; o != NULL; o = o->outer)
		assert(o != p);
	flow_table_packet(flows, p);
	if (p->flow == NULL)
		return;
	assert((p->flags & (PACKET_FRAGMENT | PACKET_INVALID)) == 0);
	assert(((p->flags & PACKET_TO_SERVER) != 0) !=
	    ((p->flags & PACKET_TO_CLIENT) != 0));
	addr_text(&p->flow->key.a, text);
	flow_community_id(&p->flow->key, id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int linktypes[] = {
	    1, 1, 1, 0, 9, 12, 104, 108, 113, 228, 229, 276, 51};
	struct cursor c = cur_of(data, size);
	int linktype =
	    linktypes[cur_u8(&c) % (sizeof(linktypes) / sizeof(linktypes[0]))];
	uint8_t options = cur_u8(&c);
	struct decoder_config dc = {.verify_checksums = (options & 1) != 0,
	    .vlan_in_key = (options & 2) != 0,
	    .defrag_policy = (enum defrag_policy)((options >> 2) % 7),
	    .defrag_max_bytes = (options & 0x80) != 0 ? 4096 : 0};
	struct flow_config fc = {.max_flows = 16, .fixed_ids = true};
	struct flow_hooks h = {0};
	uint64_t packets = 0, number = 0;
	struct decoder *d;

	table_fixed_key();
	d = decoder_new(&dc, on_packet, &packets);
	flows = flow_table_new(&fc, &h);
	assert(d != NULL && flows != NULL);
	while (cur_ok(&c) && c.left > 0) {
		size_t len = cur_be16(&c);
		struct cursor f = cur_sub(&c, len < c.left ? len : c.left);
		struct span s = cur_rest(&f);
		/* In memory of its own, so that a step too far is seen. */
		uint8_t *copy = malloc(s.len + 1);

		assert(copy != NULL);
		if (s.len > 0)
			memcpy(copy, s.p, s.len);
		s.p = copy;
		number++;
		decoder_frame(d, linktype, s, (uint32_t)s.len,
		    (int64_t)number * 3 * CLOCK_US, number);
		free(copy);
	}
	assert(packets >= number && packets <= number * DECODE_PACKETS_MAX);
	flow_table_free(flows);
	decoder_free(d);
	return 0;
}
