/* SPDX-License-Identifier: EUPL-1.2 */
/* Both ends of the wire: any bytes as a message; a batch down to the rows of its records. */
#include "collector/receive/row.h"
#include "collector/receive/unpack.h"
#include "common/crc32c.h"
#include "common/wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct unpack *unpack;
static struct row row;

static void
items(struct cursor c)
{
	struct record_origin o = {
	    .tenant = "t", .agent = "a", .epoch = "e", .seq = 1};
	struct wire_item i;

	while (wire_get_item(&c, &i) == 1) {
		assert(i.first >= 1 && i.first <= i.last && i.last <= WIRE_SEQ_MAX);
		if (i.gap)
			continue;
		assert(row_fill(&row, i.json, i.json_len, i.time_us, RECORD_ALERT,
			   &o) == 0);
		assert(row.r.event_type != NULL && row.r.body_len > 0);
	}
}

static void
batch(struct cursor *c)
{
	struct wire_batch b;
	struct cursor found;

	if (wire_get_batch(c, &b) == -1)
		return;
	if (unpack_items(unpack, &b, &found) == 0)
		items(found);
	/* A checksum is not guessed: see what the items do without it. */
	items(cur_of_span(b.packed));
}

static void
marks_and_acks(struct cursor c, int type)
{
	struct wire_mark m;
	struct wire_ack a;
	uint64_t number;
	uint32_t beat;
	size_t n;

	if (type == WIRE_MARKS && wire_get_marks(&c, &beat, &n) == 0)
		while (n-- > 0 && wire_get_mark(&c, &m) == 0)
			continue;
	if (type == WIRE_ACK && wire_get_acks(&c, &number, &n) == 0)
		while (n-- > 0 && wire_get_ack(&c, &a) == 0)
			assert(a.cls < RECORD_CLASSES && a.seq <= WIRE_SEQ_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cur_of(data, size);
	static struct wire_hello h;
	enum wire_refusal reason;
	struct wire_text text;
	struct wire_ping p;
	int type;

	if (unpack == NULL) {
		unpack = unpack_new();
		row_init(&row);
	}
	type = wire_type(&c);
	if (type == WIRE_BATCH)
		batch(&c);
	else if (type == WIRE_HELLO)
		wire_get_hello(&c, &h);
	else if (type == WIRE_REFUSED)
		wire_get_refused(&c, &reason, &text);
	else if (type == WIRE_PING || type == WIRE_PONG)
		wire_get_ping(&c, &p);
	else
		marks_and_acks(c, type);
	return 0;
}
