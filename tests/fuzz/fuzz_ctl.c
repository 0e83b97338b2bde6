/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any bytes as the collector's answer to stadswachtctl.  First byte: where the stream is
 * cut.  Cut or whole it gives the same events, and no control character comes out.
 */
#include "collector/ctl/show.h"
#include "collector/ctl/sse.h"
#include "collector/ctl/term.h"
#include "common/crc32c.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	struct buf out;
	uint32_t crc;
};

static void
assert_harmless(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++) {
		assert(b->data[i] == '\n' || b->data[i] >= 0x20);
		assert(b->data[i] != 0x7f);
		assert(b->data[i] != 0xc2 ||
		    (i + 1 < b->len && b->data[i + 1] >= 0xa0));
	}
}

static bool
on_event(void *arg, const char *event, int64_t id, const char *data, size_t len)
{
	struct seen *s = arg;
	struct json_doc *d = json_read(data, len, NULL, 0);

	s->crc = crc32c(s->crc, event, strlen(event));
	s->crc = crc32c(s->crc, &id, sizeof(id));
	s->crc = crc32c(s->crc, data, len);
	buf_reset(&s->out);
	if (d != NULL && json_kind(d) == 'o') {
		show_row(&s->out, event, d, false);
		show_raw(&s->out, data, len);
	}
	term_text(&s->out, event, len % 40);
	assert_harmless(&s->out);
	json_free(d);
	return true;
}

static uint32_t
feed(const char *p, size_t len, size_t cut)
{
	struct seen seen = {.crc = 0};
	struct sse s;

	buf_init(&seen.out, 1 << 20);
	sse_init(&s, on_event, &seen);
	(void)sse_feed(&s, p, cut);
	(void)sse_feed(&s, p + cut, len - cut);
	sse_release(&s);
	buf_release(&seen.out);
	return seen.crc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data + 1;
	size_t at = 0, len;
	const char *element;

	if (size == 0)
		return 0;
	size--;
	assert(feed(p, size, size) == feed(p, size, size * data[0] / 255));
	while (show_next(p, size, "alerts", &at, &element, &len))
		assert(element >= p && len <= size - (size_t)(element - p));
	return 0;
}
