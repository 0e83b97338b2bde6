/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Which parser reads a flow.  Each direction is asked by its first bytes, as
 * Suricata does; the direction that is known first decides (engine.md 3.3).
 */
#include "agent/app/inside.h"

#include "agent/limits.h"

#include <netinet/in.h>
#include <stdlib.h>

struct app *
app_new(const struct app_config *c)
{
	struct app *app = calloc(1, sizeof(*app));

	if (app == NULL)
		return NULL;
	app->config = *c;
	if (app->config.parsers == NULL)
		app->config.parsers = app_registry;
	for (const struct app_parser *const *p = app->config.parsers; *p != NULL;
	     p++)
		if ((*p)->start != NULL)
			(*p)->start();
	return app;
}

void
app_sum_files(struct app *app, unsigned sums)
{
	app->config.file_sums = sums;
}

void
app_free(struct app *app)
{
	free(app);
}

const struct app_stats *
app_stats(const struct app *app)
{
	return &app->stats;
}

/* --- a parser and its flow --------------------------------------------------- */

static void
parser_end(struct app_flow *a)
{
	if (a->parser == NULL)
		return;
	inside_txs_free(a);
	inside_frames_free(a);
	a->parser->state_free(a->state);
	a->parser = NULL;
	a->state = NULL;
	app_drop(a, a->held);
}

static bool
parser_begin(struct app_flow *a, const struct app_parser *p)
{
	if ((a->state = p->state_new()) == NULL) {
		a->app->stats.no_memory++;
		return false;
	}
	a->parser = p;
	inside_frames_begin(a);
	a->app->stats.flows[p->id]++;
	return true;
}

static void
wait_over(struct app_flow *a, enum app_dir d)
{
	if (a->waits[d])
		app_drop(a, a->begin[d].len);
	a->waits[d] = false;
}

/* The protocol changed: the next bytes say to what. */
static void
begin_anew(struct app_flow *a)
{
	a->before = a->parser->id;
	parser_end(a);
	a->changed = false;
	for (int d = 0; d < APP_DIRS; d++) {
		wait_over(a, (enum app_dir)d);
		a->id[d] = APP_UNKNOWN;
		a->stopped[d] = false;
		buf_reset(&a->begin[d]);
	}
}

/* Bytes for a parser that only the other direction can name. */
static void
wait_more(struct app_flow *a, enum app_dir d, struct span bytes)
{
	if (a->begin[d].len + bytes.len <= APP_WAIT_BYTES_MAX &&
	    app_hold(a, bytes.len)) {
		if (buf_add(&a->begin[d], bytes.p, bytes.len) == 0)
			return;
		app_drop(a, bytes.len);
	}
	app_stop(a, d);
}

/* All of them, which may be kept already. */
static void
wait_begin(struct app_flow *a, enum app_dir d, struct span all)
{
	size_t kept = a->begin[d].len;

	if (kept > APP_WAIT_BYTES_MAX || !app_hold(a, kept)) {
		app_stop(a, d);
		return;
	}
	a->waits[d] = true;
	if (kept == 0)
		wait_more(a, d, all);
}

void
app_stop(struct app_flow *a, enum app_dir d)
{
	a->stopped[d] = true;
	wait_over(a, d);
	buf_release(&a->begin[d]);
	if (a->parser != NULL)
		inside_txs_finish(a, d);
}

void
app_encrypted(struct app_flow *a, enum app_dir d)
{
	if (!a->encrypted)
		a->encrypted_first = d;
	a->encrypted = true;
}

bool
app_change(struct app_flow *a, enum app_id expected)
{
	if (a->changing[APP_TS] || a->changing[APP_TC])
		return false;
	a->changed = true;
	a->expected = expected;
	for (int d = 0; d < APP_DIRS; d++) {
		a->changing[d] = true;
		inside_txs_finish(a, (enum app_dir)d);
	}
	return true;
}

/* --- finding the protocol ----------------------------------------------------- */

static void
flow_event(struct app_flow *a, enum app_flow_event e)
{
	a->events |= 1u << e;
}

static void
stop_both(struct app_flow *a)
{
	app_stop(a, APP_TS);
	app_stop(a, APP_TC);
}

/* Who knows a direction that begins like this?  NULL, and whether to wait. */
static const struct app_parser *
ask(const struct app_flow *a, enum app_dir d, struct span bytes, bool *wait)
{
	unsigned over =
	    a->flow->key.proto == IPPROTO_UDP ? APP_OVER_UDP : APP_OVER_TCP;

	*wait = false;
	for (const struct app_parser *const *p = a->app->config.parsers; *p != NULL;
	     p++) {
		enum app_guess guess = APP_NO;

		if ((*p)->over & over)
			guess = (*p)->probe(a->flow, d, bytes);
		if (guess == APP_YES)
			return *p;
		*wait = *wait || guess == APP_MORE;
	}
	return NULL;
}

static void
on_known(struct app_flow *a, enum app_dir d, const struct app_parser *p)
{
	a->id[d] = p->id;
	if (a->parser != NULL) { /* the other direction said what it is */
		if (p->id != a->parser->id)
			flow_event(a, APP_EVENT_MISMATCH);
		a->id[d] = a->parser->id;
		return;
	}
	if (a->before != APP_UNKNOWN && a->expected != APP_UNKNOWN &&
	    a->expected != p->id)
		flow_event(a,
		    a->expected == APP_TLS ? APP_EVENT_NO_TLS
					   : APP_EVENT_UNEXPECTED);
	if (p->client_first && d == APP_TC && a->first_spoke == APP_TC &&
	    a->before == APP_UNKNOWN && !(a->flow->flags & FLOW_MIDSTREAM)) {
		flow_event(a, APP_EVENT_WRONG_DIRECTION);
		a->id[APP_TS] = a->id[APP_TC] = APP_FAILED;
		stop_both(a);
		return;
	}
	if (!parser_begin(a, p)) {
		a->id[APP_TS] = a->id[APP_TC] = APP_FAILED;
		stop_both(a);
	}
}

/* All: what the direction said. */
static void
on_unknown(struct app_flow *a, enum app_dir d, struct span all)
{
	enum app_dir other = d == APP_TS ? APP_TC : APP_TS;

	a->id[d] = APP_FAILED;
	if (a->parser != NULL) {
		flow_event(a, APP_EVENT_ONE_DIRECTION);
		return;
	}
	if (a->id[other] == APP_FAILED) {
		a->app->stats.flows[APP_FAILED]++;
		stop_both(a);
		return;
	}
	if (a->flow->key.proto == IPPROTO_UDP)
		app_stop(a, d);
	else
		wait_begin(a, d, all);
}

/* All bytes of the direction so far; decides, or keeps them and says false. */
static bool
decide(struct app_flow *a, enum app_dir d, struct span all, bool kept)
{
	const struct app_parser *p;
	bool wait;

	if ((p = ask(a, d, all, &wait)) != NULL)
		on_known(a, d, p);
	else if (!wait || all.len >= APP_PROBE_BYTES_MAX)
		on_unknown(a, d, all);
	else {
		if (!kept)
			buf_add(&a->begin[d], all.p, all.len);
		return a->begin[d].overflow;
	}
	return true;
}

/* --- news ---------------------------------------------------------------------- */

/* The parser gets the news, and its frames the bytes. */
static size_t
read_news(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	size_t used;

	a->told[d] = n->offset + n->data.len;
	used = a->parser->read(a, n);
	inside_frames_feed(a, d, n);
	for (int i = 0; i < APP_DIRS; i++)
		if (a->stopped[i])
			inside_frames_end(a, (enum app_dir)i);
	return used;
}

static void
tell(struct app_flow *a, enum app_dir d, struct stream_news *n)
{
	while (a->parser != NULL && !a->stopped[d] && n->data.len > 0) {
		size_t used = read_news(a, d, n);

		if (!a->changed || used >= n->data.len)
			return;
		n->data.p += used;
		n->data.len -= used;
		n->offset += used;
		begin_anew(a);
		a->changing[d] = false;
		if (!decide(a, d, n->data, false))
			return;
	}
}

/*
 * The other direction spoke first and could not be told by itself, as servers
 * that greet: now it is known, and what it said comes first.
 */
static void
tell_other(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	enum app_dir other = d == APP_TS ? APP_TC : APP_TS;
	struct buf begin = a->begin[other];
	struct stream_news all = *n;
	const struct app_parser *p;
	bool wait;

	if (a->parser == NULL || begin.len == 0 ||
	    (a->id[other] != APP_UNKNOWN && !a->waits[other]))
		return;
	wait_over(a, other);
	buf_init(&a->begin[other], begin.max);
	all.to_server = other == APP_TS;
	all.offset = a->begin_at[other];
	all.data = (struct span){begin.data, begin.len};
	if ((p = ask(a, other, all.data, &wait)) != NULL)
		on_known(a, other, p);
	else
		on_unknown(a, other, all.data);
	tell(a, other, &all);
	buf_release(&begin);
}

static void
on_data(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	struct stream_news all = *n;
	struct buf *begin = &a->begin[d], was;
	bool kept;

	if (a->changed)
		begin_anew(a);
	a->changing[d] = false;
	if (a->stopped[d])
		return;
	if (!a->spoke) {
		a->spoke = true;
		a->first_spoke = d;
	}
	if (a->waits[d]) {
		wait_more(a, d, n->data);
		return;
	}
	if (a->id[d] != APP_UNKNOWN) {
		tell(a, d, &all);
		return;
	}
	kept = begin->len > 0;
	if (!kept)
		a->begin_at[d] = n->offset;
	if (kept && buf_add(begin, n->data.p, n->data.len) == -1) {
		on_unknown(a, d, n->data);
		return;
	}
	if (kept) {
		all.offset = a->begin_at[d];
		all.data = (struct span){begin->data, begin->len};
	}
	if (!decide(a, d, all.data, kept) || a->waits[d])
		return;
	was = *begin;
	buf_init(begin, was.max);
	tell_other(a, d, n);
	tell(a, d, &all);
	buf_release(&was);
}

static void
on_gap(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	if (a->stopped[d])
		return;
	if (a->parser != NULL && a->id[d] != APP_UNKNOWN && a->parser->takes_gaps &&
	    !a->changed) {
		inside_frames_gap(a, d, n);
		read_news(a, d, n);
		return;
	}
	inside_frames_end(a, d);
	a->app->stats.gaps++;
	if (a->id[d] == APP_UNKNOWN)
		on_unknown(a, d, n->data);
	app_stop(a, d);
}

static void
on_end(struct app_flow *a, enum app_dir d, const struct stream_news *n)
{
	if (a->parser != NULL && !a->stopped[d] && !a->changed)
		read_news(a, d, n);
	inside_frames_end(a, d);
	app_stop(a, d);
}

static struct app_flow *
flow_begin(struct app *app, struct flow *f)
{
	struct app_flow *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		app->stats.no_memory++;
		return NULL;
	}
	a->app = app;
	a->flow = f;
	for (int d = 0; d < APP_DIRS; d++)
		buf_init(&a->begin[d], 2 * APP_PROBE_BYTES_MAX + UINT16_MAX);
	return a;
}

void
app_read(void *arg, struct flow *f, const struct stream_news *n)
{
	struct app_flow *a = f->slot[FLOW_SLOT_APP];
	enum app_dir d = n->to_server ? APP_TS : APP_TC;

	if (a == NULL && n->kind != STREAM_END)
		f->slot[FLOW_SLOT_APP] = a = flow_begin(arg, f);
	if (a == NULL)
		return;
	switch (n->kind) {
	case STREAM_DATAGRAM:
	case STREAM_DATA:
		on_data(a, d, n);
		break;
	case STREAM_GAP:
		on_gap(a, d, n);
		break;
	case STREAM_END:
		on_end(a, d, n);
		break;
	}
}

void
app_slot_free(void *slot)
{
	struct app_flow *a = slot;

	if (a == NULL)
		return;
	parser_end(a);
	wait_over(a, APP_TS);
	wait_over(a, APP_TC);
	buf_release(&a->begin[APP_TS]);
	buf_release(&a->begin[APP_TC]);
	free(a);
}

/* --- what a flow is -------------------------------------------------------------- */

enum app_id
app_id(const struct flow *f, enum app_dir d)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	return a == NULL ? APP_UNKNOWN : a->id[d];
}

enum app_id
app_flow_id(const struct flow *f)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	if (a == NULL)
		return APP_UNKNOWN;
	if (a->parser != NULL)
		return a->parser->id;
	return a->id[APP_TS] == APP_FAILED && a->id[APP_TC] == APP_FAILED
	    ? APP_FAILED
	    : APP_UNKNOWN;
}

const char *
app_name(const struct flow *f)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	if (a != NULL && a->parser != NULL)
		return a->parser->name;
	return app_id_name(app_flow_id(f));
}

unsigned
app_flow_events(const struct flow *f)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	return a == NULL ? 0 : a->events;
}
