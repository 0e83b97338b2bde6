/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The bytes of a segment file: one header, then records.  Numbers are
 * little-endian.  Every record's CRC is seeded with its segment's own, so that old
 * blocks of another segment are never taken for records of this one.
 */
#ifndef AGENT_SPOOL_SEGMENT_H
#define AGENT_SPOOL_SEGMENT_H

#include "common/buf.h"
#include "common/record.h"

#include <stddef.h>
#include <stdint.h>

#define SEGMENT_EPOCH_BYTES  16
#define SEGMENT_AGENT_MAX    64
#define SEGMENT_HEADER_BYTES 116
/* What a record takes beside its JSON. */
#define SEGMENT_RECORD_BYTES 44

struct segment_header {
	enum record_class cls;
	uint32_t number; /* of the segment within its class, rising */
	uint8_t epoch[SEGMENT_EPOCH_BYTES];
	uint64_t first; /* sequence of its first record */
	int64_t created_us;
	char agent[SEGMENT_AGENT_MAX];
	uint32_t crc; /* set by both functions; the seed of the records' */
};

struct segment_record {
	uint64_t seq, writer, number;
	int64_t time_us;
	const char *json; /* on loan */
	size_t json_len;
	size_t size; /* bytes it takes in the file */
};

/* Appends SEGMENT_HEADER_BYTES to out and sets h->crc.  -1 when there is no room.
 */
int segment_put_header(struct segment_header *h, struct buf *out);
/* -1 when these bytes are no whole, sound header. */
int segment_get_header(const void *p, size_t len, struct segment_header *h);

int segment_put_record(
    uint32_t seed, const struct segment_record *r, struct buf *out);

enum segment_found {
	SEGMENT_RECORD, /* a whole, sound record */
	SEGMENT_SHORT,	/* it may be one, were there more bytes */
	SEGMENT_BAD,
};

enum segment_found segment_get_record(
    uint32_t seed, const void *p, size_t len, struct segment_record *r);
/* Where, from offset from on, a record may begin; len when nowhere. */
size_t segment_next(const void *p, size_t len, size_t from);

#endif
