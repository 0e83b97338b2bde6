/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Rules on transactions: which protocols and directions have all that they ask
 * for, and in which order it becomes known (engine.md 1.2, 1.5).
 */
#include "agent/detect/buffers.h"
#include "agent/detect/ruleset.h"

#include <stdlib.h>

/* Behind every progress: what belongs to the packet. */
#define PROGRESS_LAST 256

/* The protocols that have the buffer this way. */
static uint64_t
having(enum app_buffer_id b, enum app_dir d)
{
	uint64_t apps = 0;

	for (int id = 0; id < APP_IDS; id++)
		if (app_buffer_progress((enum app_id)id, b, d) != -1)
			apps |= APP_BIT(id);
	return apps;
}

static bool
is_on_transactions(const struct rule *r)
{
	if (r->app_events_n > 0)
		return true;
	for (size_t i = 0; i < r->lists_n; i++)
		if (buffers_app(r->list[i].buffer) != APP_BUFFER_NONE)
			return true;
	return false;
}

static const char *
narrow_events(const struct rule *r, uint64_t *apps)
{
	for (size_t i = 0; i < r->app_events_n; i++)
		*apps &= APP_BIT(r->app_event[i].id);
	return *apps == 0 ? "an event is of another protocol than the rule" : NULL;
}

static const char *
narrow_buffers(const struct rule *r, uint64_t *apps, bool way[APP_DIRS])
{
	for (size_t i = 0; i < r->lists_n; i++) {
		enum app_buffer_id b = buffers_app(r->list[i].buffer);
		uint64_t ts, tc;

		if (b == APP_BUFFER_NONE)
			continue;
		ts = having(b, APP_TS) & *apps;
		tc = having(b, APP_TC) & *apps;
		if ((*apps &= ts | tc) == 0)
			return "a buffer is of another protocol than the rule";
		way[APP_TS] = way[APP_TS] && ts != 0;
		way[APP_TC] = way[APP_TC] && tc != 0;
	}
	if (!way[APP_TS] && !way[APP_TC])
		return "its buffers are of different directions";
	return NULL;
}

static const char *
narrow_direction(struct rule *r, const bool way[APP_DIRS])
{
	if ((r->flags & RULE_TO_SERVER) && !way[APP_TS])
		return "flow says to_server, a buffer is of what goes to the "
		       "client";
	if ((r->flags & RULE_TO_CLIENT) && !way[APP_TC])
		return "flow says to_client, a buffer is of what goes to the "
		       "server";
	if (!way[APP_TC])
		r->flags |= RULE_TO_SERVER;
	if (!way[APP_TS])
		r->flags |= RULE_TO_CLIENT;
	return NULL;
}

/* Suricata's load error: of this buffer the direction is not taken from it. */
static bool
wants_direction(const struct rule *r)
{
	if (r->flags & (RULE_TO_SERVER | RULE_TO_CLIENT))
		return false;
	for (size_t i = 0; i < r->lists_n; i++)
		if (buffers_app(r->list[i].buffer) == APP_HTTP_HEADER_RAW)
			return true;
	return false;
}

static bool
is_frame(const struct rule_list *l)
{
	enum app_buffer_id b = buffers_app(l->buffer);

	return b != APP_BUFFER_NONE &&
	    (app_buffer_row(b)->flags & APP_BUFFER_FRAME);
}

/* Suricata's load error: a frame is no part of a transaction. */
static bool
mixes_frames(const struct rule *r)
{
	size_t frames = 0, buffers = 0;

	for (size_t i = 0; i < r->lists_n; i++) {
		frames += is_frame(&r->list[i]);
		buffers += buffers_app(r->list[i].buffer) != APP_BUFFER_NONE;
	}
	return frames > 0 && (buffers > frames || r->app_events_n > 0);
}

/* When the list can first be asked, in any protocol and direction of the rule. */
static int
progress_of(const struct rule_list *l, uint64_t apps)
{
	enum app_buffer_id b = buffers_app(l->buffer);
	int least = PROGRESS_LAST;

	for (int id = 0; b != APP_BUFFER_NONE && id < APP_IDS; id++)
		for (int d = 0; d < APP_DIRS && ((apps >> id) & 1); d++) {
			int p = app_buffer_progress(
			    (enum app_id)id, b, (enum app_dir)d);

			if (p != -1 && p < least)
				least = p;
		}
	return least;
}

static void
sort_lists(struct rule *r)
{
	for (size_t i = 1; i < r->lists_n; i++) {
		struct rule_list l = r->list[i];
		size_t k = i;

		for (; k > 0 &&
		     progress_of(&r->list[k - 1], r->apps) >
			 progress_of(&l, r->apps);
		     k--)
			r->list[k] = r->list[k - 1];
		r->list[k] = l;
	}
}

const char *
ruleset_classify_app(struct rule *r)
{
	uint64_t apps = r->apps == 0 ? UINT64_MAX : r->apps;
	bool way[APP_DIRS] = {true, true};
	const char *why;

	if (!is_on_transactions(r)) {
		r->class = r->apps != 0 && r->class != RULE_CLASS_STREAM &&
			r->class != RULE_CLASS_PACKET_STREAM
		    ? RULE_CLASS_APP
		    : r->class;
		return NULL;
	}
	if (r->flags & RULE_NEEDS_PACKET)
		return "keywords on packet headers or dsize cannot be joined with "
		       "buffers of an application layer";
	if (mixes_frames(r))
		return "a frame cannot be joined with buffers of an application "
		       "layer";
	if (wants_direction(r))
		return "http.header.raw needs flow to say to_server or to_client";
	if ((why = narrow_events(r, &apps)) != NULL ||
	    (why = narrow_buffers(r, &apps, way)) != NULL ||
	    (why = narrow_direction(r, way)) != NULL)
		return why;
	r->apps = apps;
	r->class = RULE_CLASS_TX;
	sort_lists(r);
	return NULL;
}

unsigned
ruleset_file_sums(const struct ruleset *rs)
{
	static const struct {
		enum app_buffer_id buffer;
		unsigned sum;
	} ROWS[] = {
	    {APP_FILE_MD5, APP_SUM_MD5},
	    {APP_FILE_SHA1, APP_SUM_SHA1},
	    {APP_FILE_SHA256, APP_SUM_SHA256},
	    {APP_FILE_SIZE, APP_SUM_SIZE},
	    {APP_FILE_MAGIC, APP_SUM_MAGIC},
	};
	size_t rules;
	struct rule *const *rule = ruleset_rules(rs, &rules);
	unsigned sums = 0;

	for (size_t i = 0; i < rules; i++)
		for (size_t k = 0; k < rule[i]->lists_n; k++)
			for (size_t n = 0; n < sizeof(ROWS) / sizeof(ROWS[0]); n++)
				if (buffers_app(rule[i]->list[k].buffer) ==
				    ROWS[n].buffer)
					sums |= ROWS[n].sum;
	return sums;
}

uint64_t
ruleset_frames(const struct ruleset *rs)
{
	size_t rules;
	struct rule *const *rule = ruleset_rules(rs, &rules);
	uint64_t frames = 0;

	for (size_t i = 0; i < rules; i++)
		for (size_t k = 0; k < rule[i]->lists_n; k++)
			if (is_frame(&rule[i]->list[k]))
				frames |= (uint64_t)1
				    << (buffers_app(rule[i]->list[k].buffer) -
					   APP_FRAMES);
	return frames;
}
