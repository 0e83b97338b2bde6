/* SPDX-License-Identifier: EUPL-1.2 */
/* Transactions of a flow: made by parsers, read by detection, then forgotten. */
#include "agent/app/inside.h"

#include "agent/limits.h"
#include "common/jw.h"

#include <stdlib.h>

bool
app_asked(const struct app_flow *a)
{
	return !a->app->config.unasked;
}

void
app_cut(struct app_flow *a)
{
	a->app->stats.part_cap++;
}

bool
app_hold(struct app_flow *a, size_t n)
{
	if (n > APP_BYTES_MAX - a->app->stats.bytes) {
		a->app->stats.no_memory++;
		return false;
	}
	a->app->stats.bytes += n;
	a->held += n;
	return true;
}

void
app_drop(struct app_flow *a, size_t n)
{
	a->app->stats.bytes -= n;
	a->held -= n;
}

void
app_mime_capped(struct app_flow *a)
{
	a->app->stats.mime_cap++;
}

/* Nothing more is waited for in the oldest that is open. */
static void
close_oldest(struct app_flow *a)
{
	const uint8_t *done = a->parser->done;
	struct app_tx *tx = a->first;

	while (tx != NULL && tx->progress[APP_TS] >= done[APP_TS] &&
	    tx->progress[APP_TC] >= done[APP_TC])
		tx = tx->next;
	if (tx == NULL)
		return;
	tx->progress[APP_TS] = done[APP_TS];
	tx->progress[APP_TC] = done[APP_TC];
}

struct app_tx *
app_tx_new(struct app_flow *a, size_t size)
{
	struct app_tx *tx;

	if (a->txs > APP_TX_MAX) {
		a->app->stats.tx_cap++;
		/* They go when detection had the packet: never twice as many. */
		if (a->parser->keeps_oldest || a->txs >= 2 * APP_TX_MAX)
			return NULL;
		close_oldest(a);
	}
	if ((tx = calloc(1, size)) == NULL) {
		a->app->stats.no_memory++;
		return NULL;
	}
	tx->id = a->next_tx++;
	for (int d = 0; d < APP_DIRS; d++)
		if (a->stopped[d])
			tx->progress[d] = a->parser->done[d];
	*(a->last == NULL ? &a->first : &a->last->next) = tx;
	a->last = tx;
	a->txs++;
	a->app->stats.txs[a->parser->id]++;
	return tx;
}

void
app_tx_event(struct app_tx *tx, unsigned event)
{
	tx->events |= (uint64_t)1 << event;
}

static void
tx_free(struct app_flow *a, struct app_tx *tx)
{
	if (a->app->config.over != NULL)
		a->app->config.over(a->app->config.over_arg, a->flow, tx);
	if (a->parser->tx_release != NULL)
		a->parser->tx_release(a, tx);
	free(tx->detect);
	free(tx);
	a->txs--;
}

void
inside_txs_free(struct app_flow *a)
{
	struct app_tx *tx, *next;

	for (tx = a->first; tx != NULL; tx = next) {
		next = tx->next;
		tx_free(a, tx);
	}
	a->first = a->last = NULL;
}

/* Nothing more comes this way. */
void
inside_txs_finish(struct app_flow *a, enum app_dir d)
{
	for (struct app_tx *tx = a->first; tx != NULL; tx = tx->next)
		tx->progress[d] = a->parser->done[d];
}

static bool
is_over(const struct app_flow *a, const struct app_tx *tx)
{
	for (int d = 0; d < APP_DIRS; d++)
		if (tx->progress[d] < a->parser->done[d] ||
		    (a->app->config.inspected && !tx->inspected[d]))
			return false;
	return true;
}

void
app_clean(struct flow *f)
{
	struct app_flow *a = f->slot[FLOW_SLOT_APP];
	struct app_tx **at, *last = NULL;

	if (a == NULL)
		return;
	a->events = 0;
	if (a->encrypted && !(f->flags & FLOW_NO_PAYLOAD_INSPECT)) {
		f->flags |= FLOW_NO_PAYLOAD_INSPECT;
		stream_finish_inspecting(f, a->encrypted_first == APP_TS);
		stream_stop_inspecting(f, a->encrypted_first != APP_TS);
	}
	inside_frames_clean(a);
	for (at = &a->first; *at != NULL;) {
		struct app_tx *tx = *at;

		if (is_over(a, tx)) {
			*at = tx->next;
			tx_free(a, tx);
			continue;
		}
		last = tx;
		at = &tx->next;
	}
	a->last = last;
}

/* --- what detection and events ask ------------------------------------------ */

struct app_tx *
app_tx_first(const struct flow *f)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	return a == NULL ? NULL : a->first;
}

bool
app_tx_done(const struct flow *f, const struct app_tx *tx, enum app_dir d)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	return tx->progress[d] >= a->parser->done[d];
}

void
app_tx_inspected(struct flow *f, struct app_tx *tx, enum app_dir d)
{
	struct app_flow *a = f->slot[FLOW_SLOT_APP];

	if (a->parser->inspected != NULL)
		a->parser->inspected(a, tx, d);
	if (tx->progress[d] >= a->parser->done[d])
		tx->inspected[d] = true;
}

bool
app_has_rest(const struct flow *f, bool to_server)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];
	enum app_dir d = to_server ? APP_TS : APP_TC;

	if (a != NULL && inside_frames_rest(a, d))
		return true;
	for (const struct app_tx *tx = app_tx_first(f); tx != NULL; tx = tx->next)
		if (!tx->inspected[d])
			return true;
	return false;
}

/* The registry as a table, as loading rules asks for each of them: progress + 1. */
static uint16_t progress_of[APP_IDS][APP_BUFFER_IDS][APP_DIRS];

static void
fill_progress(void)
{
	for (const struct app_parser *const *p = app_registry; *p != NULL; p++) {
		for (const struct app_use *u = (*p)->use;
		     u != NULL && u->buffer != APP_BUFFER_NONE; u++)
			for (int d = 0; d < APP_DIRS; d++)
				if (u->progress[d] != APP_NEVER)
					progress_of[(*p)->id][u->buffer][d] =
					    (uint16_t)(u->progress[d] + 1);
		for (int d = 0; (*p)->over & APP_OVER_TCP && d < APP_DIRS; d++)
			progress_of[(*p)->id][APP_FRAME_STREAM][d] = 1;
	}
}

int
app_buffer_progress(enum app_id id, enum app_buffer_id b, enum app_dir d)
{
	static bool filled;

	if (!filled)
		fill_progress();
	filled = true;
	return progress_of[id][b][d] - 1;
}

enum app_have
app_buffer(const struct flow *f, const struct app_tx *tx, enum app_buffer_id b,
    enum app_dir d, unsigned instance, struct app_bytes *out)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	*out = (struct app_bytes){.complete = true};
	if (instance > 0 && !(app_buffer_row(b)->flags & APP_BUFFER_MULTI))
		return APP_ABSENT;
	if (tx->frame)
		return inside_frames_buffer(tx, b, out);
	if (app_buffer_row(b)->flags & APP_BUFFER_FRAME)
		return APP_ABSENT;
	return a->parser->buffer(a, tx, b, d, instance, out);
}

bool
app_file(const struct flow *f, const struct app_tx *tx, enum app_dir d, unsigned i,
    struct app_file *out)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	*out = (struct app_file){.size = 0};
	return a->parser->file != NULL && a->parser->file(a, tx, d, i, out);
}

const struct app_tx *
app_tx_find(const struct flow *f, uint64_t tx_id)
{
	const struct app_tx *tx = app_tx_first(f);

	while (tx != NULL && tx->id != tx_id)
		tx = tx->next;
	return tx;
}

void
app_tx_write(const struct flow *f, uint64_t tx_id, struct jw *w)
{
	const struct app_tx *tx = app_tx_find(f, tx_id);

	if (tx != NULL)
		app_tx_tell(f, tx, w);
}

void
app_tx_tell(const struct flow *f, const struct app_tx *tx, struct jw *w)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	if (a->parser == NULL || a->parser->write == NULL)
		return;
	jw_object(
	    w, a->parser->object == NULL ? a->parser->word : a->parser->object);
	a->parser->write(a, tx, w);
	jw_end_object(w);
	if (a->parser->write_beside != NULL)
		a->parser->write_beside(a, tx, w);
}
