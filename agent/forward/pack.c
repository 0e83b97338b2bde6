/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/forward/pack.h"
#include "common/crc32c.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

/* Level 1: about a third of the size for 3 microseconds a KiB. */
#define LEVEL 1

struct pack {
	ZSTD_CCtx *zstd;
	struct buf items, message;
	uint8_t *packed;
	size_t packed_max;
};

struct pack *
pack_new(void)
{
	struct pack *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	buf_init(&p->items, WIRE_BATCH_MAX);
	buf_init(&p->message, WIRE_MESSAGE_MAX);
	p->packed_max = ZSTD_compressBound(WIRE_BATCH_MAX);
	p->packed = malloc(p->packed_max);
	p->zstd = ZSTD_createCCtx();
	if (p->packed != NULL && p->zstd != NULL)
		return p;
	pack_free(p);
	return NULL;
}

void
pack_free(struct pack *p)
{
	if (p == NULL)
		return;
	ZSTD_freeCCtx(p->zstd);
	free(p->packed);
	buf_release(&p->items);
	buf_release(&p->message);
	free(p);
}

/* Fill items from one epoch; the cursor ends before what did not fit or belong. */
static void
gather(struct pack *p, struct spool *s, struct spool_cursor *at,
    uint8_t epoch[WIRE_EPOCH_BYTES])
{
	struct spool_cursor before = *at;
	struct spool_item i;

	buf_reset(&p->items);
	while (spool_read(s, at, &i) == 1) {
		struct wire_item w = {.gap = i.gap,
		    .first = i.first,
		    .last = i.last,
		    .time_us = i.time_us,
		    .json = i.json,
		    .json_len = i.json_len};

		if (p->items.len == 0)
			memcpy(epoch, i.epoch, WIRE_EPOCH_BYTES);
		if (memcmp(epoch, i.epoch, WIRE_EPOCH_BYTES) != 0 ||
		    wire_put_item(&p->items, &w) == -1) {
			*at = before;
			return;
		}
		before = *at;
	}
}

int
pack_next(struct pack *p, struct spool *s, struct spool_cursor *at, uint64_t number,
    const struct buf **message)
{
	uint8_t epoch[WIRE_EPOCH_BYTES];
	struct wire_batch b = {.number = number, .epoch = epoch, .cls = at->cls};
	size_t n;

	gather(p, s, at, epoch);
	if (p->items.len == 0)
		return 0;
	b.items_len = p->items.len;
	b.items_crc = crc32c(0, p->items.data, p->items.len);
	b.packed = (struct span){.p = p->items.data, .len = p->items.len};
	n = ZSTD_compressCCtx(
	    p->zstd, p->packed, p->packed_max, p->items.data, p->items.len, LEVEL);
	if (!ZSTD_isError(n) && n < p->items.len) {
		b.packing = WIRE_ZSTD;
		b.packed = (struct span){.p = p->packed, .len = n};
	}
	buf_reset(&p->message);
	if (wire_put_batch(&p->message, &b) == -1) {
		errno = ENOMEM;
		return -1;
	}
	*message = &p->message;
	return 1;
}
