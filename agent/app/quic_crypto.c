/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Bytes of CRYPTO frames in the order of their offsets.  They are kept as they
 * came, so that a frame far ahead costs no more than its own bytes; of what was
 * sent twice the later counts, as in Suricata.
 */
#include "agent/app/quic.h"

#include <stdlib.h>

#define PIECE_HEAD   8
#define MESSAGE_HEAD 4

struct quic_crypto *
quic_crypto_new(struct app_flow *a)
{
	struct quic_crypto *q;

	if (!app_hold(a, sizeof(*q)))
		return NULL;
	if ((q = calloc(1, sizeof(*q))) == NULL) {
		app_drop(a, sizeof(*q));
		return NULL;
	}
	buf_init(&q->held, QUIC_HELD_MAX);
	return q;
}

void
quic_crypto_free(struct app_flow *a, struct quic_crypto *q)
{
	if (q == NULL)
		return;
	if (a != NULL)
		app_drop(a, sizeof(*q) + q->held.len);
	buf_release(&q->held);
	free(q);
}

/* One more run, joined with those it touches. */
static bool
add_run(struct quic_crypto *q, uint32_t from, uint32_t to)
{
	unsigned i = 0, j;

	while (i < q->runs_n && q->run[i].to < from)
		i++;
	for (j = i; j < q->runs_n && q->run[j].from <= to; j++) {
		if (q->run[j].from < from)
			from = q->run[j].from;
		if (q->run[j].to > to)
			to = q->run[j].to;
	}
	if (i == j && q->runs_n == QUIC_RUNS_MAX)
		return false;
	memmove(&q->run[i + 1], &q->run[j], (q->runs_n - j) * sizeof(q->run[0]));
	q->runs_n = q->runs_n - (j - i) + 1;
	q->run[i].from = from;
	q->run[i].to = to;
	return true;
}

enum quic_added
quic_crypto_add(
    struct app_flow *a, struct quic_crypto *q, uint64_t offset, struct span bytes)
{
	size_t cost = PIECE_HEAD + bytes.len;

	if (bytes.len == 0)
		return QUIC_ADDED;
	if (offset > QUIC_CRYPTO_MAX || bytes.len > QUIC_CRYPTO_MAX - offset)
		return QUIC_TOO_LONG;
	if (cost > q->held.max - q->held.len || !app_hold(a, cost))
		return QUIC_NO_ROOM;
	if (!add_run(q, (uint32_t)offset, (uint32_t)(offset + bytes.len)) ||
	    buf_reserve(&q->held, cost) == -1) {
		app_drop(a, cost);
		return QUIC_NO_ROOM;
	}
	buf_add_le32(&q->held, (uint32_t)offset);
	buf_add_le32(&q->held, (uint32_t)bytes.len);
	buf_add(&q->held, bytes.p, bytes.len);
	return QUIC_ADDED;
}

static void
copy_pieces(const struct quic_crypto *q, uint8_t *to, size_t size)
{
	struct cursor c = cur_of(q->held.data, q->held.len);

	while (c.left > 0) {
		size_t at = cur_le32(&c), len = cur_le32(&c);
		const uint8_t *p = cur_take(&c, len);

		if (at < size)
			memcpy(to + at, p, len < size - at ? len : size - at);
	}
}

bool
quic_crypto_message(const struct quic_crypto *q, struct buf *out)
{
	size_t run = q->runs_n > 0 && q->run[0].from == 0 ? q->run[0].to : 0;
	struct cursor c;
	size_t len;

	buf_reset(out);
	if (run < MESSAGE_HEAD || buf_reserve(out, run) == -1)
		return false;
	copy_pieces(q, out->data, run);
	c = cur_of(out->data, run);
	cur_u8(&c);
	len = cur_be24(&c);
	if (len > c.left)
		return false;
	out->len = MESSAGE_HEAD + len;
	return true;
}
