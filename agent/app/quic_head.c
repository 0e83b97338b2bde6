/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Headers of QUIC's packets (RFC 9000, section 17; RFC 9369, section 3.2), and of
 * Google's before, in the forms that Suricata 7 reads.
 */
#include "agent/app/quic.h"

enum {
	FORM_LONG = 0x80,
	FIXED = 0x40,
	TYPE_SHIFT = 4,
	TYPE_MASK = 3,
	/* Of Google's public header. */
	PUBLIC_VERSION = 0x01,
	PUBLIC_NONCE = 0x04,
	PUBLIC_ID = 0x08,
	PUBLIC_NUMBER_SHIFT = 4,
	NONCE_SIZE = 32,
	ID_SIZE = 8,
	HASH_SIZE = 12,
	Q046_NUMBER_SIZE = 4,
};

uint64_t
quic_number(struct cursor *c)
{
	uint8_t first = cur_u8(c);
	uint64_t v = first & 0x3f;

	for (unsigned n = (1u << (first >> 6)) - 1; n > 0; n--)
		v = v << 8 | cur_u8(c);
	return cur_ok(c) ? v : 0;
}

/* RFC 9369, section 3.2: version 2 counts the types from another one on. */
static enum quic_kind
kind_of(uint8_t first, uint32_t version)
{
	static const enum quic_kind kinds[] = {
	    QUIC_INITIAL, QUIC_OTHER, QUIC_OTHER, QUIC_RETRY};
	unsigned type = first >> TYPE_SHIFT & TYPE_MASK;

	if (version == 0) /* its negotiation */
		return QUIC_OTHER;
	return kinds[(version == QUIC_2 ? type - 1 : type) & TYPE_MASK];
}

/* Lengths of 0, or of 4 to 18, in four bits each. */
static void
read_q046(struct cursor *c, struct quic_head *out)
{
	uint8_t sizes = cur_u8(c);
	size_t to = sizes >> 4, from = sizes & 0xf;
	struct cursor id = cur_sub(c, to > 0 ? to + 3 : 0);

	out->dcid = cur_rest(&id);
	cur_take(c, from > 0 ? from + 3 : 0);
	if (out->kind == QUIC_INITIAL)
		cur_take(c, Q046_NUMBER_SIZE + HASH_SIZE);
}

static void
read_ids(struct cursor *c, struct quic_head *out)
{
	struct cursor id = cur_sub(c, cur_u8(c));

	out->dcid = cur_rest(&id);
	cur_take(c, cur_u8(c));
}

static void
read_long(struct cursor *c, uint8_t first, struct quic_head *out)
{
	uint64_t token;

	out->is_long = true;
	out->version = cur_be32(c);
	out->kind = kind_of(first, out->version);
	if (out->version == QUIC_Q046) {
		read_q046(c, out);
		return;
	}
	read_ids(c, out);
	if (out->kind != QUIC_INITIAL)
		return;
	token = quic_number(c);
	cur_take(c, token < SIZE_MAX ? (size_t)token : SIZE_MAX);
}

/* Google's before version 44; what has no version in it is opaque. */
static void
read_public(struct cursor *c, uint8_t first, struct quic_head *out)
{
	static const uint8_t number_sizes[] = {1, 2, 4, 6};

	if ((first & FIXED) || !(first & PUBLIC_VERSION)) {
		out->kind = QUIC_SHORT;
		return;
	}
	out->kind = QUIC_INITIAL;
	if (first & PUBLIC_ID) {
		struct cursor id = cur_sub(c, ID_SIZE);

		out->dcid = cur_rest(&id);
	} else if (first & PUBLIC_NONCE)
		cur_take(c, NONCE_SIZE);
	out->version = cur_be32(c);
	cur_take(c, number_sizes[first >> PUBLIC_NUMBER_SHIFT & 3]);
	if (out->dcid.len > 0)
		cur_take(c, HASH_SIZE);
}

bool
quic_head_read(struct cursor *c, struct quic_head *out)
{
	size_t before = c->left;
	uint8_t first = cur_u8(c);
	uint64_t len;

	*out = (struct quic_head){.kind = QUIC_SHORT};
	if (first & FORM_LONG)
		read_long(c, first, out);
	else
		read_public(c, first, out);
	len = c->left;
	if (out->kind == QUIC_INITIAL && out->is_long && out->version != QUIC_Q046)
		len = quic_number(c);
	out->size = before - c->left;
	if (!cur_ok(c) || len > c->left)
		return false;
	out->payload = (struct span){cur_take(c, (size_t)len), (size_t)len};
	return true;
}
