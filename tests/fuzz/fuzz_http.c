/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any bytes both ways through HTTP/1.  Input: pieces, each with a byte for its
 * direction and kind and one for its length.
 */
#include "agent/app/http.h"
#include "agent/limits.h"

#include <assert.h>
#include <netinet/in.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t sink;

/* Ask for everything, touch every byte. */
static void
look(struct flow *f, struct app_tx *tx, enum app_dir d)
{
	struct app_bytes out;

	if (app_flow_id(f) != APP_HTTP1)
		return;
	assert(tx->progress[d] <= HTTP_DONE);
	for (const struct app_use *u = http_uses; u->buffer != APP_BUFFER_NONE; u++)
		for (unsigned i = 0; u->progress[d] != APP_NEVER &&
		     app_buffer(f, tx, u->buffer, d, i, &out) == APP_HAVE;
		     i++) {
			assert(i <= HTTP_FIELDS_MAX);
			for (size_t k = 0; k < out.bytes.len; k++)
				sink ^= out.bytes.p[k];
		}
	app_tx_inspected(f, tx, d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct app_config config = {.inspected = true, .frames = UINT64_MAX};
	struct flow f = {.key = {.proto = IPPROTO_TCP}};
	struct app *app = app_new(&config);
	struct cursor c = cur_of(data, size);
	struct stream_news n = {0};

	assert(app != NULL);
	while (c.left >= 2) {
		uint8_t how = cur_u8(&c), len = cur_u8(&c);

		n.kind = (how & 0xf0) == 0xf0 ? STREAM_GAP : STREAM_DATA;
		n.to_server = (how & 1) != 0;
		n.missing = len;
		n.data = (struct span){NULL, 0};
		if (n.kind == STREAM_DATA) {
			n.data.len = len < c.left ? len : c.left;
			n.data.p = cur_take(&c, n.data.len);
		}
		app_read(app, &f, &n);
		for (struct app_tx *tx = app_tx_first(&f); tx != NULL;
		     tx = tx->next)
			look(&f, tx, n.to_server ? APP_TS : APP_TC);
		app_clean(&f);
	}
	n = (struct stream_news){.kind = STREAM_END};
	app_read(app, &f, &n);
	n.to_server = true;
	app_read(app, &f, &n);
	app_slot_free(f.slot[FLOW_SLOT_APP]);
	assert(app_stats(app)->bytes == 0);
	app_free(app);
	return 0;
}
