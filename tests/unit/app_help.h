/* SPDX-License-Identifier: EUPL-1.2 */
/* A flow whose bytes go to one parser, for the tests of parsers. */
#ifndef TESTS_UNIT_APP_HELP_H
#define TESTS_UNIT_APP_HELP_H

#include "agent/app/parser.h"
#include "common/jw.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct talk {
	const struct app_parser *parsers[2];
	struct app *app;
	struct flow flow;
	uint64_t sent[APP_DIRS];
};

static inline void
talk_begin(struct talk *t, const struct app_parser *p, uint8_t proto, uint16_t port)
{
	memset(t, 0, sizeof(*t));
	t->parsers[0] = p;
	t->app = app_new(&(struct app_config){.parsers = t->parsers});
	assert_non_null(t->app);
	t->flow.key.proto = proto;
	t->flow.key.aport = 40000;
	t->flow.key.bport = port;
}

static inline void
talk_end(struct talk *t)
{
	app_slot_free(t->flow.slot[FLOW_SLOT_APP]);
	assert_int_equal(app_stats(t->app)->bytes, 0);
	app_free(t->app);
}

/* The bytes in memory of their own, so that a step too far is seen. */
static inline void
talk_tell(struct talk *t, enum stream_kind kind, enum app_dir d, const void *p,
    size_t len)
{
	uint8_t *copy = malloc(len + 1);
	struct stream_news n = {
	    .kind = kind, .to_server = d == APP_TS, .offset = t->sent[d]};

	assert_non_null(copy);
	if (len > 0)
		memcpy(copy, p, len);
	n.data = (struct span){copy, len};
	n.missing = kind == STREAM_GAP ? 100 : 0;
	t->sent[d] += len + n.missing;
	app_read(t->app, &t->flow, &n);
	free(copy);
}

/* In pieces of size bytes. */
static inline void
talk_say(struct talk *t, enum app_dir d, const void *p, size_t len, size_t size)
{
	const uint8_t *b = p;

	for (size_t at = 0; at < len; at += size)
		talk_tell(
		    t, STREAM_DATA, d, b + at, size < len - at ? size : len - at);
}

static inline struct app_tx *
talk_tx(const struct talk *t, uint64_t id)
{
	struct app_tx *tx = app_tx_first(&t->flow);

	while (tx != NULL && tx->id != id)
		tx = tx->next;
	return tx;
}

/* A buffer as text; "-" when it is absent, "?" when it is not there yet. */
static inline const char *
talk_buffer(const struct talk *t, uint64_t id, enum app_buffer_id b, enum app_dir d,
    unsigned instance)
{
	static char text[4096];
	struct app_bytes out;
	struct app_tx *tx = talk_tx(t, id);
	enum app_have have;

	assert_non_null(tx);
	have = app_buffer(&t->flow, tx, b, d, instance, &out);
	if (have != APP_HAVE)
		return have == APP_ABSENT ? "-" : "?";
	assert_true(out.bytes.len < sizeof(text));
	if (out.bytes.len > 0)
		memcpy(text, out.bytes.p, out.bytes.len);
	text[out.bytes.len] = '\0';
	return text;
}

static inline int64_t
talk_number(const struct talk *t, uint64_t id, enum app_buffer_id b, enum app_dir d,
    unsigned instance)
{
	struct app_bytes out;

	if (app_buffer(&t->flow, talk_tx(t, id), b, d, instance, &out) != APP_HAVE)
		return -1;
	return (int64_t)out.number;
}

static inline bool
talk_event(const struct talk *t, uint64_t id, const char *name)
{
	for (int i = 0; t->parsers[0]->events[i] != NULL; i++)
		if (strcmp(t->parsers[0]->events[i], name) == 0)
			return (talk_tx(t, id)->events >> i) & 1;
	fail_msg("no event %s", name);
	return false;
}

/* EVE's object of a transaction. */
static inline const char *
talk_json(const struct talk *t, uint64_t id, struct buf *b)
{
	struct jw w;

	buf_reset(b);
	jw_init(&w, b);
	jw_object(&w, NULL);
	app_tx_write(&t->flow, id, &w);
	jw_end_object(&w);
	return buf_str(b);
}

#endif
