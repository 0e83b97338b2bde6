/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any conversation through one parser.  Input: pieces, each with a byte that says
 * which way (bit 0), whether it is a gap (bit 1), whether detection has what
 * there is (bit 2) and forgets (bit 3), then a length of two bytes, and bytes.
 */
#ifndef TESTS_FUZZ_FUZZ_APP_H
#define TESTS_FUZZ_FUZZ_APP_H

#include "agent/app/parser.h"
#include "common/jw.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_INSTANCES_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint8_t fuzz_app_sink;

static inline void
fuzz_app_buffers(const struct flow *f, const struct app_tx *tx, enum app_dir d)
{
	for (enum app_buffer_id b = APP_BUFFER_NONE + 1; b < APP_BUFFER_IDS; b++) {
		if (app_buffer_progress(app_flow_id(f), b, d) == -1)
			continue;
		for (unsigned i = 0; i < FUZZ_INSTANCES_MAX; i++) {
			struct app_bytes got;

			if (app_buffer(f, tx, b, d, i, &got) != APP_HAVE)
				break;
			for (size_t n = 0; n < got.bytes.len; n++)
				fuzz_app_sink ^= got.bytes.p[n];
		}
	}
}

/* Files are kept until their transaction is over, and told then. */
static inline void
fuzz_app_over(void *arg, const struct flow *f, const struct app_tx *tx)
{
	struct app_file file;
	struct buf json;
	struct jw w;

	(void)arg;
	buf_init(&json, 1u << 20);
	jw_init(&w, &json);
	jw_object(&w, NULL);
	app_tx_tell(f, tx, &w);
	jw_end_object(&w);
	for (int d = 0; d < APP_DIRS; d++)
		for (unsigned i = 0; app_file(f, tx, (enum app_dir)d, i, &file);
		     i++) {
			for (size_t n = 0; n < file.content.len; n++)
				fuzz_app_sink ^= file.content.p[n];
			for (size_t n = 0; n < file.name.len; n++)
				fuzz_app_sink ^= file.name.p[n];
		}
	buf_release(&json);
}

static inline void
fuzz_app_look(struct flow *f, bool inspected)
{
	struct buf json;
	struct jw w;

	buf_init(&json, 1u << 20);
	for (struct app_tx *tx = app_tx_first(f); tx != NULL; tx = tx->next) {
		for (int d = 0; d < APP_DIRS; d++) {
			fuzz_app_buffers(f, tx, (enum app_dir)d);
			if (inspected)
				app_tx_inspected(f, tx, (enum app_dir)d);
		}
		buf_reset(&json);
		jw_init(&w, &json);
		jw_object(&w, NULL);
		app_tx_write(f, tx->id, &w);
		jw_end_object(&w);
	}
	for (int d = 0; d < APP_DIRS; d++)
		for (struct app_frame *fr = NULL;
		     (fr = app_frame_next(f, (enum app_dir)d, fr)) != NULL;) {
			fuzz_app_buffers(f, &fr->tx, (enum app_dir)d);
			if (inspected)
				app_frame_inspected((enum app_dir)d, fr);
		}
	buf_release(&json);
}

static inline void
fuzz_app_news(struct app *app, struct flow *f, enum stream_kind kind,
    bool to_server, struct span bytes)
{
	struct stream_news n = {.kind = kind, .to_server = to_server};
	/* In memory of its own, so that a step too far is seen. */
	uint8_t *copy = malloc(bytes.len + 1);

	assert(copy != NULL);
	if (bytes.len > 0)
		memcpy(copy, bytes.p, bytes.len);
	if (kind == STREAM_GAP)
		n.missing = bytes.len + 1;
	else
		n.data = (struct span){copy, bytes.len};
	app_read(app, f, &n);
	free(copy);
}

static inline int
fuzz_app(const struct app_parser *const *parsers, struct flow *f,
    const uint8_t *data, size_t size)
{
	const struct app_config ac = {.parsers = parsers,
	    .inspected = true,
	    .frames = UINT64_MAX,
	    .file_sums = APP_SUM_DIGESTS,
	    .copies = true,
	    .over = fuzz_app_over};
	struct cursor c = cur_of(data, size);
	struct app *app = app_new(&ac);

	assert(app != NULL);
	while (cur_ok(&c) && c.left > 0) {
		uint8_t how = cur_u8(&c);
		size_t len = cur_be16(&c);
		struct cursor piece = cur_sub(&c, len < c.left ? len : c.left);

		fuzz_app_news(app, f,
		    f->key.proto == IPPROTO_UDP ? STREAM_DATAGRAM
			: how & 2		? STREAM_GAP
						: STREAM_DATA,
		    (how & 1) == 0, cur_rest(&piece));
		fuzz_app_look(f, how & 4);
		if (how & 8)
			app_clean(f);
	}
	fuzz_app_news(app, f, STREAM_END, true, (struct span){NULL, 0});
	fuzz_app_news(app, f, STREAM_END, false, (struct span){NULL, 0});
	fuzz_app_look(f, true);
	app_clean(f);
	app_slot_free(f->slot[FLOW_SLOT_APP]);
	assert(app_stats(app)->bytes == 0);
	app_free(app);
	return 0;
}

#endif
