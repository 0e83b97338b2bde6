/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/report/figures_reader.h"

#include <stdlib.h>
#include <string.h>

static int
by_weight(const void *a, const void *b)
{
	const struct figures_incident *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? 1 : -1;
	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int
by_rule(const void *a, const void *b)
{
	const struct figures_rule *x = a, *y = b;

	if (x->alerts != y->alerts)
		return x->alerts < y->alerts ? 1 : -1;
	if (x->gid != y->gid)
		return x->gid < y->gid ? -1 : 1;
	if (x->sid != y->sid)
		return x->sid < y->sid ? -1 : 1;
	return strcmp(x->signature, y->signature);
}

static int
by_host(const void *a, const void *b)
{
	const struct figures_host *x = a, *y = b;

	if (x->alerts != y->alerts)
		return x->alerts < y->alerts ? 1 : -1;
	return strcmp(x->name, y->name);
}

static int
by_agent(const void *a, const void *b)
{
	return strcmp(((const struct figures_agent *)a)->name,
	    ((const struct figures_agent *)b)->name);
}

/* A sorted array of what the table holds; a whole empty one is fine. */
static void *
list_of(struct table *t, size_t size, int (*order)(const void *, const void *),
    size_t *n)
{
	char *list = calloc(table_count(t) + 1, size);
	size_t pos = 0;
	void *v;

	*n = 0;
	if (list == NULL)
		return NULL;
	while ((v = table_next(t, &pos, NULL, NULL)) != NULL)
		memcpy(list + (*n)++ * size, v, size);
	qsort(list, *n, size, order);
	return list;
}

int
figures_make_lists(struct figures_reader *r)
{
	struct figures *f = r->f;
	size_t kept = 0;

	f->rule = list_of(r->rules, sizeof(*f->rule), by_rule, &f->rules);
	f->host = list_of(r->hosts, sizeof(*f->host), by_host, &f->hosts);
	f->agent = list_of(r->agents, sizeof(*f->agent), by_agent, &f->agents);
	f->incident =
	    list_of(r->incidents, sizeof(*f->incident), by_weight, &f->incidents);
	if (f->rule == NULL || f->host == NULL || f->agent == NULL ||
	    f->incident == NULL)
		return -1;
	for (size_t i = 0; i < f->incidents; i++) {
		if (strcmp(f->incident[i].status, "merged") != 0)
			f->incident[kept++] = f->incident[i];
	}
	f->incidents = kept;
	return 0;
}
