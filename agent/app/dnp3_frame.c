/* SPDX-License-Identifier: EUPL-1.2 */
/* Frames of DNP3's data link: a head and blocks, each with its checksum. */
#include "agent/app/dnp3.h"

enum {
	START_SECOND = 0x64,
	LENGTH_AT = 2,
	LENGTH_LEAST = 5, /* control and both addresses */
	CRC_SIZE = 2,
	BLOCK_SIZE = 16,
};

/* IEEE 1815, 9.2.4: x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1,
 * lowest bit first. */
#define POLYNOMIAL 0xa6bcu

static uint16_t
checksum(const uint8_t *p, size_t len)
{
	unsigned crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
	}
	return (uint16_t)~crc;
}

bool
dnp3_frame_begins(const uint8_t *head)
{
	return head[0] == DNP3_START && head[1] == START_SECOND &&
	    head[LENGTH_AT] >= LENGTH_LEAST;
}

size_t
dnp3_frame_size(const uint8_t *head)
{
	size_t data = head[LENGTH_AT];

	if (!dnp3_frame_begins(head))
		return DNP3_FRAME_HEAD;
	data -= LENGTH_LEAST;
	return DNP3_FRAME_HEAD + data +
	    (data + BLOCK_SIZE - 1) / BLOCK_SIZE * CRC_SIZE;
}

/* The next n bytes and their checksum; NULL: it is wrong. */
static const uint8_t *
checked(struct cursor *c, size_t n)
{
	const uint8_t *p = cur_take(c, n);
	uint16_t said = cur_le16(c);

	return cur_ok(c) && checksum(p, n) == said ? p : NULL;
}

static bool
read_blocks(struct cursor *c, struct dnp3_frame *out)
{
	for (size_t at = 0, n; at < out->len; at += n) {
		const uint8_t *p;

		n = out->len - at < BLOCK_SIZE ? out->len - at : BLOCK_SIZE;
		if ((p = checked(c, n)) == NULL)
			return false;
		memcpy(out->data + at, p, n);
	}
	return true;
}

enum dnp3_frame_is
dnp3_frame_read(struct span bytes, struct dnp3_frame *out)
{
	struct cursor c = cur_of_span(bytes), head;
	const uint8_t *p = cur_peek(&c, DNP3_FRAME_HEAD);
	size_t length;

	if (p == NULL || p[0] != DNP3_START || p[1] != START_SECOND)
		return DNP3_FRAME_NONE;
	if (checked(&c, DNP3_FRAME_HEAD - CRC_SIZE) == NULL)
		return DNP3_FRAME_BAD_HEAD;
	head = cur_of(p + LENGTH_AT, DNP3_FRAME_HEAD - LENGTH_AT);
	length = cur_u8(&head);
	out->control = cur_u8(&head);
	out->to = cur_le16(&head);
	out->from = cur_le16(&head);
	if (length < LENGTH_LEAST)
		return DNP3_FRAME_SHORT;
	out->len = length - LENGTH_LEAST;
	return read_blocks(&c, out) ? DNP3_FRAME_GOOD : DNP3_FRAME_BAD_BLOCK;
}
