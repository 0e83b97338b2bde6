/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/receive/agents.h"
#include "collector/limits.h"
#include "common/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct agents {
	struct table *by_name;
};

static int
load_one(void *arg, const struct store_agent *a)
{
	return agents_put(arg, a) == NULL;
}

struct agents *
agents_load(struct store *s)
{
	struct agents *l;

	if ((l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	if ((l->by_name = table_new(RECEIVE_AGENTS_MAX, free)) != NULL &&
	    store_agents(s, load_one, l) == 0)
		return l;
	agents_free(l);
	return NULL;
}

void
agents_free(struct agents *l)
{
	if (l == NULL)
		return;
	table_free(l->by_name);
	free(l);
}

struct agent *
agents_get(struct agents *l, const char *name)
{
	return table_get(l->by_name, name, strlen(name));
}

struct agent *
agents_put(struct agents *l, const struct store_agent *a)
{
	struct agent *g = agents_get(l, a->name);

	if (g != NULL) {
		g->a = *a;
		return g;
	}
	if ((g = calloc(1, sizeof(*g))) == NULL)
		return NULL;
	g->a = *a;
	if (table_put(l->by_name, a->name, strlen(a->name), g) == 0)
		return g;
	free(g);
	return NULL;
}

struct agent *
agents_next(struct agents *l, size_t *pos)
{
	return table_next(l->by_name, pos, NULL, NULL);
}
