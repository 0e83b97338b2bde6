/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/spool/segment.h"
#include "common/crc32c.h"
#include "common/cursor.h"

#include <string.h>

#define HEADER_MAGIC 0x50535753u /* "SWSP" */
#define RECORD_MARK  0x52535753u /* "SWSR" */
#define FORMAT	     1
/* magic and CRC stand before what the CRC covers. */
#define UNCOVERED 8
/* The collector's store has signed integers. */
#define SEQ_MAX ((uint64_t)INT64_MAX)

int
segment_put_header(struct segment_header *h, struct buf *out)
{
	size_t at = out->len;

	if (buf_reserve(out, SEGMENT_HEADER_BYTES) == -1)
		return -1;
	buf_add_le32(out, HEADER_MAGIC);
	buf_add_le16(out, FORMAT);
	buf_add_le16(out, (uint16_t)h->cls);
	buf_add_le32(out, h->number);
	buf_add_le32(out, 0);
	buf_add(out, h->epoch, sizeof(h->epoch));
	buf_add_le64(out, h->first);
	buf_add_le64(out, (uint64_t)h->created_us);
	buf_add(out, h->agent, sizeof(h->agent));
	h->crc = crc32c(0, out->data + at, out->len - at);
	return buf_add_le32(out, h->crc);
}

int
segment_get_header(const void *p, size_t len, struct segment_header *h)
{
	struct cursor c = cur_of(p, len);
	uint32_t magic = cur_le32(&c);
	uint16_t format = cur_le16(&c), cls = cur_le16(&c);

	h->number = cur_le32(&c);
	cur_le32(&c);
	cur_copy(&c, h->epoch, sizeof(h->epoch));
	h->first = cur_le64(&c);
	h->created_us = (int64_t)cur_le64(&c);
	cur_copy(&c, h->agent, sizeof(h->agent));
	h->crc = cur_le32(&c);
	if (!cur_ok(&c) || magic != HEADER_MAGIC || format != FORMAT ||
	    cls >= RECORD_CLASSES || h->agent[sizeof(h->agent) - 1] != '\0' ||
	    crc32c(0, p, SEGMENT_HEADER_BYTES - 4) != h->crc)
		return -1;
	h->cls = (enum record_class)cls;
	return h->first == 0 || h->first > SEQ_MAX ? -1 : 0;
}

int
segment_put_record(uint32_t seed, const struct segment_record *r, struct buf *out)
{
	size_t at = out->len;
	uint32_t crc;

	if (r->json_len > RECORD_JSON_MAX ||
	    buf_reserve(out, SEGMENT_RECORD_BYTES + r->json_len) == -1)
		return -1;
	buf_add_le32(out, RECORD_MARK);
	buf_add_le32(out, 0);
	buf_add_le32(out, (uint32_t)r->json_len);
	buf_add_le64(out, r->seq);
	buf_add_le64(out, r->writer);
	buf_add_le64(out, r->number);
	buf_add_le64(out, (uint64_t)r->time_us);
	buf_add(out, r->json, r->json_len);
	crc = crc32c(seed, out->data + at + UNCOVERED, out->len - at - UNCOVERED);
	for (size_t i = 0; i < 4; i++)
		out->data[at + 4 + i] = (uint8_t)(crc >> (8 * i));
	return 0;
}

enum segment_found
segment_get_record(
    uint32_t seed, const void *p, size_t len, struct segment_record *r)
{
	struct cursor c = cur_of(p, len);
	uint32_t magic, crc, json_len;

	if (len < SEGMENT_RECORD_BYTES)
		return SEGMENT_SHORT;
	magic = cur_le32(&c);
	crc = cur_le32(&c);
	json_len = cur_le32(&c);
	r->seq = cur_le64(&c);
	r->writer = cur_le64(&c);
	r->number = cur_le64(&c);
	r->time_us = (int64_t)cur_le64(&c);
	r->json = (const char *)c.pos;
	r->json_len = json_len;
	r->size = SEGMENT_RECORD_BYTES + json_len;
	if (magic != RECORD_MARK || json_len > RECORD_JSON_MAX || r->seq > SEQ_MAX)
		return SEGMENT_BAD;
	if (cur_take(&c, json_len) == NULL)
		return SEGMENT_SHORT;
	if (crc32c(seed, (const uint8_t *)p + UNCOVERED, r->size - UNCOVERED) !=
	    crc)
		return SEGMENT_BAD;
	return SEGMENT_RECORD;
}

size_t
segment_next(const void *p, size_t len, size_t from)
{
	static const uint8_t MARK[] = {'S', 'W', 'S', 'R'};
	const uint8_t *at;

	if (from >= len)
		return len;
	at = memmem((const uint8_t *)p + from, len - from, MARK, sizeof(MARK));
	return at == NULL ? len : (size_t)(at - (const uint8_t *)p);
}
