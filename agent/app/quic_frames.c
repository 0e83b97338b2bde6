/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Frames of QUIC's first packets (RFC 9000, section 19), and of Google's before;
 * also of packets that nobody has keys of, as Suricata reads them.
 */
#include "agent/app/quic.h"

static struct quic_side *
side_of(const struct quic_reading *r)
{
	struct quic_state *s = r->a->state;

	return &s->side[r->d];
}

static void
forget_crypto(struct app_flow *a, struct quic_side *side)
{
	quic_crypto_free(a, side->crypto);
	side->crypto = NULL;
}

enum {
	FRAME_PADDING = 0x00,
	FRAME_PING = 0x01,
	FRAME_ACK = 0x02,
	FRAME_ACK_ECN = 0x03,
	FRAME_CRYPTO = 0x06,
	FRAME_CRYPTO_Q050 = 0x08,
	FRAME_STREAM = 0x80, /* Google's, and what stands in its other bits */
	STREAM_LENGTH = 0x20,
	STREAM_OFFSET_SHIFT = 2,
	STREAM_OFFSET_MASK = 7,
	STREAM_ID_MASK = 3,
};

static struct span
take_span(struct cursor *c, uint64_t n)
{
	struct cursor s = cur_sub(c, n < SIZE_MAX ? (size_t)n : SIZE_MAX);

	return cur_rest(&s);
}

/* RFC 9000, section 19.3. */
static void
read_ack(struct cursor *c, bool ecn)
{
	uint64_t ranges;

	quic_number(c);
	quic_number(c);
	ranges = quic_number(c);
	quic_number(c);
	for (; ranges > 0 && cur_ok(c); ranges--) {
		quic_number(c);
		quic_number(c);
	}
	for (int i = 0; ecn && i < 3; i++)
		quic_number(c);
}

static void
read_crypto(struct quic_reading *r, struct cursor *c)
{
	struct quic_side *side = side_of(r);
	uint64_t offset = quic_number(c);
	struct span bytes = take_span(c, quic_number(c));
	enum quic_added added = QUIC_NO_ROOM;

	if (!cur_ok(c))
		return;
	if (side->crypto == NULL)
		side->crypto = quic_crypto_new(r->a);
	if (side->crypto != NULL)
		added = quic_crypto_add(r->a, side->crypto, offset, bytes);
	if (added == QUIC_TOO_LONG)
		r->events |= 1u << QUIC_EVENT_CRYPTO_TOO_LONG;
	if (added == QUIC_NO_ROOM)
		app_cut(r->a);
	r->forget = r->forget || added != QUIC_ADDED;
}

static void
read_crypto_q050(struct quic_reading *r, struct cursor *c)
{
	struct span bytes;

	quic_number(c);
	bytes = take_span(c, quic_number(c));
	if (cur_ok(c))
		quic_said_tags(&r->said, &r->text, bytes, r->head->version);
}

static void
read_stream(struct quic_reading *r, uint8_t type, struct cursor *c)
{
	unsigned offset = type >> STREAM_OFFSET_SHIFT & STREAM_OFFSET_MASK;
	struct span bytes;

	cur_take(c, (type & STREAM_ID_MASK) + 1u);
	cur_take(c, offset > 0 ? offset + 1 : 0);
	bytes = type & STREAM_LENGTH ? take_span(c, cur_be16(c)) : cur_rest(c);
	if (cur_ok(c))
		quic_said_tags(&r->said, &r->text, bytes, r->head->version);
}

static void
read_frame(struct quic_reading *r, struct cursor *c)
{
	uint8_t type = cur_u8(c);

	if (type & FRAME_STREAM) {
		read_stream(r, type, c);
		return;
	}
	switch (type) {
	case FRAME_PADDING:
	case FRAME_PING:
		break;
	case FRAME_ACK:
	case FRAME_ACK_ECN:
		read_ack(c, type == FRAME_ACK_ECN);
		break;
	case FRAME_CRYPTO:
		read_crypto(r, c);
		break;
	case FRAME_CRYPTO_Q050:
		read_crypto_q050(r, c);
		break;
	default: /* how long it is nobody says */
		cur_rest(c);
		break;
	}
}

/* False: the message is none that QUIC begins with. */
static bool
read_message(struct quic_reading *r)
{
	struct quic_side *side = side_of(r);
	enum quic_hello hello = QUIC_HELLO_SHORT;
	struct buf message;

	if (side->crypto == NULL)
		return true;
	buf_init(&message, QUIC_CRYPTO_MAX);
	if (quic_crypto_message(side->crypto, &message))
		hello = quic_said_hello(&r->said, &r->text,
		    (struct span){message.data, message.len}, r->d);
	buf_release(&message);
	side->hello = hello == QUIC_HELLO;
	r->forget = r->forget || hello != QUIC_HELLO_SHORT;
	return hello != QUIC_HELLO_BAD;
}

void
quic_frames_read(struct quic_reading *r, struct span frames)
{
	struct cursor c = cur_of_span(frames);

	while (c.left > 0)
		read_frame(r, &c);
	if (!cur_ok(&c) || !read_message(r)) {
		r->events = 1u << QUIC_EVENT_DATA;
		r->said = (struct quic_said){0};
		r->forget = true;
	}
	if (r->forget)
		forget_crypto(r->a, side_of(r));
}
