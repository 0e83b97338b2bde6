/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any packets of one TCP flow.  Input: a byte of options, then packets: flags of
 * TCP, options and direction, sequence and acknowledgement as distances from
 * the first (two bytes each), window, size of the payload, and so many bytes.
 * What is told must stand where the last ended; all memory must come back.
 */
#include "agent/limits.h"
#include "agent/stream/stream.h"
#include "common/cursor.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>

#define OVERLAP 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct stream_engine *engines[64];
static uint64_t told[2], inspected[2];
static unsigned ends[2];
static bool strict;
static volatile uint8_t sink;

static void
touch(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		sink ^= s.p[i];
}

static void
on_news(void *arg, struct flow *f, const struct stream_news *n)
{
	int side = n->to_server ? 0 : 1;

	(void)arg;
	assert(f->slot[FLOW_SLOT_STREAM] != NULL || n->kind == STREAM_END);
	assert(ends[side] == 0);
	ends[side] += n->kind == STREAM_END;
	if (n->kind == STREAM_END)
		return;
	assert(n->offset == told[side]);
	assert(n->data.len + n->missing > 0);
	told[side] += n->data.len + n->missing;
	touch(n->data);
}

static void
take_chunks(struct packet *p)
{
	int side = p->flags & PACKET_TO_CLIENT ? 1 : 0;
	const struct stream_chunk *c;
	size_t n = stream_chunks(p, &c);

	assert(n <= STREAM_CHUNKS_MAX);
	for (size_t i = 0; i < n; i++) {
		assert(c[i].data.len > 0);
		assert(c[i].before <= c[i].offset);
		assert(c[i].offset + (strict ? OVERLAP : 0) >= inspected[side]);
		touch(stream_chunk_whole(p, &c[i]));
		inspected[side] = c[i].offset + c[i].data.len;
		touch(c[i].data);
	}
}

static void
on_pseudo(void *arg, struct packet *p)
{
	(void)arg;
	take_chunks(p);
}

static struct stream_engine *
engine_of(uint8_t options)
{
	struct stream_engine **e = &engines[options % 64];
	const struct stream_config c = {.reader = on_news,
	    .policy = (enum stream_policy)(options / 8 % STREAM_POLICIES),
	    .midstream = (options & 1) != 0,
	    .async = (options & 2) != 0,
	    .overlap = (options & 4) != 0 ? OVERLAP : 0,
	    .inspected = true,
	    .sessions_max = 1};

	/* Kept: making one takes 48 MB of zero pages. */
	if (*e == NULL)
		*e = stream_engine_new(&c);
	if (*e == NULL)
		abort();
	return *e;
}

static void
one_packet(struct stream_engine *e, struct flow *f, struct cursor *c)
{
	struct packet p = {.proto = IPPROTO_TCP, .flow = f};
	uint8_t options, *bytes = NULL;
	size_t len;

	p.tcp_flags = cur_u8(c);
	options = cur_u8(c);
	p.flags = options & 1 ? PACKET_TO_CLIENT : PACKET_TO_SERVER;
	p.tcp_seq = UINT32_MAX - 100 + cur_be16(c);
	p.tcp_ack = UINT32_MAX - 100 + cur_be16(c);
	p.tcp_window = cur_be16(c);
	p.tcp_wscale = options & 2 ? 0xff : options;
	p.tcp_has_ts = (options & 4) != 0;
	p.tcp_ts_val = options;
	p.tcp_has_tfo = (options & 8) != 0;
	len = cur_u8(c) * (options & 16 ? 64u : 1u);
	if (!cur_ok(c))
		return;
	/* A block of its own: the sanitizer sees who keeps what was on loan. */
	if (len > 0 && (bytes = calloc(1, len)) == NULL)
		abort();
	p.payload = (struct span){bytes, len};
	stream_packet(e, &p);
	if (options & 32)
		stream_flush(f, (options & 1) == 0);
	if (options & 128)
		stream_set_window(f, (options & 1) == 0, (uint32_t)len);
	if (options & 64)
		take_chunks(&p);
	stream_clean(f);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_of(data, size);
	uint8_t options = cur_u8(&c), text[200];
	struct flow f = {.key.proto = IPPROTO_TCP};
	struct stream_engine *e = engine_of(options);

	strict = (options & 4) != 0;
	for (int i = 0; i < 2; i++)
		told[i] = inspected[i] = ends[i] = 0;
	while (cur_ok(&c) && c.left > 0)
		one_packet(e, &f, &c);
	assert(stream_dump(&f, true, text, sizeof(text)) <= sizeof(text));
	assert(stream_dump(&f, false, text, sizeof(text)) <= sizeof(text));
	stream_flow_end(e, &f, on_pseudo, NULL);
	assert(ends[0] == 1 && ends[1] == 1);
	stream_slot_free(f.slot[FLOW_SLOT_STREAM]);
	assert(stream_stats(e)->pool_active == 0);
	assert(stream_stats(e)->sessions_active == 0);
	return 0;
}
