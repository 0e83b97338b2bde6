/* SPDX-License-Identifier: EUPL-1.2 */
/* Sets of patterns in buffers of transactions. */
#include "agent/detect/appsets.h"

#include "agent/detect/buffers.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/transform.h"

#include <stdlib.h>

/* Patterns in one buffer after one chain of transforms. */
struct set {
	struct set *next;
	const struct transform_chain *chain;
	struct mpm *mpm;
};

struct appsets {
	struct set *set[APP_DIRS][APP_BUFFER_IDS]; /* NULL where no rule looks */
	uint64_t looked[APP_IDS][APP_DIRS][APPSETS_WORDS];
	int16_t progress[APP_IDS][APP_DIRS][APP_BUFFER_IDS];
};

struct appsets *
appsets_new(void)
{
	return calloc(1, sizeof(struct appsets));
}

static void
free_list(struct set *s)
{
	struct set *next;

	for (; s != NULL; s = next) {
		next = s->next;
		mpm_free(s->mpm);
		free(s);
	}
}

void
appsets_free(struct appsets *f)
{
	for (int d = 0; f != NULL && d < APP_DIRS; d++)
		for (int b = 0; b < APP_BUFFER_IDS; b++)
			free_list(f->set[d][b]);
	free(f);
}

/* --- building ------------------------------------------------------------------ */

static struct set *
set_of(struct set **first, const struct transform_chain *chain)
{
	struct set *s = *first;

	while (s != NULL && !transform_chain_same(s->chain, chain))
		s = s->next;
	if (s != NULL || (s = calloc(1, sizeof(*s))) == NULL)
		return s;
	s->chain = chain;
	s->next = *first;
	*first = s;
	return (s->mpm = mpm_new()) == NULL ? NULL : s;
}

int
appsets_add(struct appsets *f, const struct rule *r)
{
	const struct rule_list *l = &r->list[r->fast_list];
	const struct mpm_pattern p = ruleset_pattern(l, r->fast_op);
	const bool way[APP_DIRS] = {[APP_TS] = !(r->flags & RULE_TO_CLIENT),
	    [APP_TC] = !(r->flags & RULE_TO_SERVER)};

	for (int d = 0; d < APP_DIRS; d++) {
		struct set *s;

		if (!way[d])
			continue;
		s = set_of(&f->set[d][buffers_app(l->buffer)], l->chain);
		if (s == NULL || mpm_add(s->mpm, &p, r->number) == -1)
			return -1;
	}
	return 0;
}

static void
note_buffer(struct appsets *f, enum app_id id, enum app_dir d, enum app_buffer_id b)
{
	int progress = app_buffer_progress(id, b, d);

	f->progress[id][d][b] = (int16_t)progress;
	if (progress != -1 && f->set[d][b] != NULL)
		f->looked[id][d][b / 64] |= (uint64_t)1 << (b % 64);
}

static void
note_buffers(struct appsets *f, enum app_id id)
{
	for (int d = 0; d < APP_DIRS; d++)
		for (int b = 0; b < APP_BUFFER_IDS; b++)
			note_buffer(f, id, (enum app_dir)d, (enum app_buffer_id)b);
}

int
appsets_build(struct appsets *f, size_t part, const struct ruleset_source *source,
    char *error, size_t size)
{
	if (part < APP_IDS) {
		note_buffers(f, (enum app_id)part);
		return 0;
	}
	part -= APP_IDS;
	for (struct set *s = f->set[part / APP_BUFFER_IDS][part % APP_BUFFER_IDS];
	     s != NULL; s = s->next)
		if (mpm_build(s->mpm, source, error, size) == -1)
			return -1;
	return 0;
}

int
appsets_fit(const struct appsets *f, struct mpm_scratch *scratch)
{
	for (int d = 0; d < APP_DIRS; d++)
		for (int b = 0; b < APP_BUFFER_IDS; b++)
			for (const struct set *s = f->set[d][b]; s != NULL;
			     s = s->next)
				if (mpm_scratch_fit(scratch, s->mpm) == -1)
					return -1;
	return 0;
}

/* --- running ------------------------------------------------------------------- */

const uint64_t *
appsets_looked(const struct appsets *f, enum app_id id, enum app_dir d)
{
	return f->looked[id][d];
}

int
appsets_progress(
    const struct appsets *f, enum app_id id, enum app_dir d, enum app_buffer_id b)
{
	return f->progress[id][d][b];
}

void
appsets_scan(const struct appsets *f, struct mpm_scratch *scratch,
    struct content_scratch *c, enum app_buffer_id b, enum app_dir d,
    struct span bytes, mpm_fn *fn, void *arg)
{
	for (const struct set *s = f->set[d][b]; s != NULL; s = s->next)
		mpm_scan(s->mpm, scratch,
		    transform_run(s->chain, &c->transform, c->pcre, bytes), fn,
		    arg);
}
