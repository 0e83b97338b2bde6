/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/unpack.h"
#include "common/crc32c.h"

#include <stdlib.h>
#include <zstd.h>

struct unpack {
	ZSTD_DCtx *zstd;
	uint8_t *items;
};

struct unpack *
unpack_new(void)
{
	struct unpack *u;

	if ((u = calloc(1, sizeof(*u))) == NULL)
		return NULL;
	u->zstd = ZSTD_createDCtx();
	u->items = malloc(WIRE_BATCH_MAX);
	if (u->zstd != NULL && u->items != NULL)
		return u;
	unpack_free(u);
	return NULL;
}

void
unpack_free(struct unpack *u)
{
	if (u == NULL)
		return;
	ZSTD_freeDCtx(u->zstd);
	free(u->items);
	free(u);
}

int
unpack_items(struct unpack *u, const struct wire_batch *b, struct cursor *items)
{
	const uint8_t *p = b->packed.p;
	size_t n = b->packed.len;

	if (b->packing == WIRE_ZSTD) {
		n = ZSTD_decompressDCtx(
		    u->zstd, u->items, WIRE_BATCH_MAX, b->packed.p, b->packed.len);
		p = u->items;
		if (ZSTD_isError(n))
			return -1;
	}
	if (n != b->items_len || crc32c(0, p, n) != b->items_crc)
		return -1;
	*items = cur_of(p, n);
	return 0;
}
