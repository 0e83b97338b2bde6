/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/wire.h"

#include <string.h>

#define MAGIC	    0x5753u /* "SW" */
#define ITEM_RECORD 0
#define ITEM_GAP    1
#define MARK_BYTES  (WIRE_EPOCH_BYTES + 8 * RECORD_CLASSES)
#define ACK_BYTES   (WIRE_EPOCH_BYTES + 1 + 8)

static void
put_head(struct buf *out, enum wire_type type)
{
	buf_add_le16(out, MAGIC);
	buf_addc(out, WIRE_VERSION);
	buf_addc(out, (char)type);
}

static int
done(const struct buf *out)
{
	return out->overflow ? -1 : 0;
}

int
wire_type(struct cursor *c)
{
	uint16_t magic = cur_le16(c);
	uint8_t version = cur_u8(c), type = cur_u8(c);

	if (!cur_ok(c) || magic != MAGIC || version != WIRE_VERSION ||
	    type < WIRE_HELLO || type > WIRE_PONG)
		return -1;
	return type;
}

/* --- texts ----------------------------------------------------------------------
 */

static void
put_text(struct buf *out, const char *s)
{
	size_t len = strnlen(s, WIRE_TEXT_MAX);

	buf_addc(out, (char)len);
	buf_add(out, s, len);
}

static void
get_text(struct cursor *c, struct wire_text *t)
{
	uint8_t len = cur_u8(c);

	cur_copy(c, t->s, len);
	t->s[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)t->s[i] < ' ' || t->s[i] == 0x7f)
			cur_spoil(c);
}

/* --- HELLO and MARKS
 * -------------------------------------------------------------- */

int
wire_put_hello(struct buf *out, const struct wire_hello *h)
{
	if (h->epochs_n > WIRE_EPOCHS_MAX)
		return -1;
	put_head(out, WIRE_HELLO);
	put_text(out, h->agent.s);
	put_text(out, h->tenant.s);
	put_text(out, h->host.s);
	put_text(out, h->program.s);
	buf_add_le16(out, (uint16_t)h->epochs_n);
	buf_add(out, h->epochs, h->epochs_n * WIRE_EPOCH_BYTES);
	return done(out);
}

int
wire_get_hello(struct cursor *c, struct wire_hello *h)
{
	get_text(c, &h->agent);
	get_text(c, &h->tenant);
	get_text(c, &h->host);
	get_text(c, &h->program);
	h->epochs_n = cur_le16(c);
	h->epochs = cur_take(c, h->epochs_n * WIRE_EPOCH_BYTES);
	return cur_ok(c) && c->left == 0 && h->epochs_n <= WIRE_EPOCHS_MAX ? 0 : -1;
}

int
wire_put_marks(
    struct buf *out, uint32_t beat_seconds, const struct wire_mark *m, size_t n)
{
	if (n > WIRE_EPOCHS_MAX)
		return -1;
	put_head(out, WIRE_MARKS);
	buf_add_le32(out, beat_seconds);
	buf_add_le16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_add(out, m[i].epoch, WIRE_EPOCH_BYTES);
		for (int k = 0; k < RECORD_CLASSES; k++)
			buf_add_le64(out, m[i].seq[k]);
	}
	return done(out);
}

int
wire_get_marks(struct cursor *c, uint32_t *beat_seconds, size_t *n)
{
	*beat_seconds = cur_le32(c);
	*n = cur_le16(c);
	return cur_ok(c) && *n <= WIRE_EPOCHS_MAX && c->left == *n * MARK_BYTES
	    ? 0
	    : -1;
}

int
wire_get_mark(struct cursor *c, struct wire_mark *m)
{
	cur_copy(c, m->epoch, WIRE_EPOCH_BYTES);
	for (int k = 0; k < RECORD_CLASSES; k++)
		if ((m->seq[k] = cur_le64(c)) > WIRE_SEQ_MAX)
			cur_spoil(c);
	return cur_ok(c) ? 0 : -1;
}

/* --- BATCH
 * ------------------------------------------------------------------------- */

int
wire_put_batch(struct buf *out, const struct wire_batch *b)
{
	if (b->items_len > WIRE_BATCH_MAX)
		return -1;
	put_head(out, WIRE_BATCH);
	buf_add_le64(out, b->number);
	buf_add(out, b->epoch, WIRE_EPOCH_BYTES);
	buf_addc(out, (char)b->cls);
	buf_addc(out, (char)b->packing);
	buf_add_le16(out, 0);
	buf_add_le32(out, (uint32_t)b->items_len);
	buf_add_le32(out, b->items_crc);
	buf_add(out, b->packed.p, b->packed.len);
	return done(out);
}

int
wire_get_batch(struct cursor *c, struct wire_batch *b)
{
	uint8_t cls, packing;

	b->number = cur_le64(c);
	b->epoch = cur_take(c, WIRE_EPOCH_BYTES);
	cls = cur_u8(c);
	packing = cur_u8(c);
	cur_le16(c);
	b->items_len = cur_le32(c);
	b->items_crc = cur_le32(c);
	if (!cur_ok(c) || cls >= RECORD_CLASSES || packing > WIRE_ZSTD ||
	    b->items_len > WIRE_BATCH_MAX)
		return -1;
	b->cls = (enum record_class)cls;
	b->packing = (enum wire_packing)packing;
	b->packed = cur_rest(c);
	return 0;
}

int
wire_put_item(struct buf *items, const struct wire_item *i)
{
	size_t size = i->gap ? 17 : 21 + i->json_len;

	if (buf_reserve(items, size) == -1)
		return -1;
	buf_addc(items, i->gap ? ITEM_GAP : ITEM_RECORD);
	buf_add_le64(items, i->first);
	if (i->gap)
		return buf_add_le64(items, i->last);
	buf_add_le64(items, (uint64_t)i->time_us);
	buf_add_le32(items, (uint32_t)i->json_len);
	return buf_add(items, i->json, i->json_len);
}

int
wire_get_item(struct cursor *items, struct wire_item *i)
{
	uint8_t kind;

	if (cur_ok(items) && items->left == 0)
		return 0;
	kind = cur_u8(items);
	*i = (struct wire_item){.gap = kind == ITEM_GAP};
	i->first = i->last = cur_le64(items);
	if (kind == ITEM_GAP) {
		i->last = cur_le64(items);
	} else if (kind == ITEM_RECORD) {
		i->time_us = (int64_t)cur_le64(items);
		i->json_len = cur_le32(items);
		i->json = (const char *)cur_take(items, i->json_len);
	} else {
		cur_spoil(items);
	}
	if (!cur_ok(items) || i->first == 0 || i->last < i->first ||
	    i->last > WIRE_SEQ_MAX || i->json_len > RECORD_JSON_MAX) {
		cur_spoil(items);
		return -1;
	}
	return 1;
}

/* --- ACK, REFUSED, PING, PONG
 * --------------------------------------------------------- */

int
wire_put_ack(struct buf *out, uint64_t number, const struct wire_ack *a, size_t n)
{
	if (n > WIRE_EPOCHS_MAX)
		return -1;
	put_head(out, WIRE_ACK);
	buf_add_le64(out, number);
	buf_add_le16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		buf_add(out, a[i].epoch, WIRE_EPOCH_BYTES);
		buf_addc(out, (char)a[i].cls);
		buf_add_le64(out, a[i].seq);
	}
	return done(out);
}

int
wire_get_acks(struct cursor *c, uint64_t *number, size_t *n)
{
	*number = cur_le64(c);
	*n = cur_le16(c);
	return cur_ok(c) && *n <= WIRE_EPOCHS_MAX && c->left == *n * ACK_BYTES ? 0
									       : -1;
}

int
wire_get_ack(struct cursor *c, struct wire_ack *a)
{
	uint8_t cls;

	cur_copy(c, a->epoch, WIRE_EPOCH_BYTES);
	cls = cur_u8(c);
	a->seq = cur_le64(c);
	if (!cur_ok(c) || cls >= RECORD_CLASSES || a->seq > WIRE_SEQ_MAX)
		return -1;
	a->cls = (enum record_class)cls;
	return 0;
}

int
wire_put_refused(struct buf *out, enum wire_refusal reason, const char *text)
{
	put_head(out, WIRE_REFUSED);
	buf_addc(out, (char)reason);
	put_text(out, text);
	return done(out);
}

int
wire_get_refused(
    struct cursor *c, enum wire_refusal *reason, struct wire_text *text)
{
	*reason = (enum wire_refusal)cur_u8(c);
	get_text(c, text);
	return cur_ok(c) && c->left == 0 ? 0 : -1;
}

int
wire_put_ping(struct buf *out, enum wire_type type, const struct wire_ping *p)
{
	put_head(out, type);
	buf_add_le64(out, p->ticket);
	buf_add_le64(out, (uint64_t)p->time_us);
	return done(out);
}

int
wire_get_ping(struct cursor *c, struct wire_ping *p)
{
	p->ticket = cur_le64(c);
	p->time_us = (int64_t)cur_le64(c);
	return cur_ok(c) && c->left == 0 ? 0 : -1;
}
