/* SPDX-License-Identifier: EUPL-1.2 */
/* Connections that another one announced. */
#include "agent/app/expect.h"

#include "agent/app/inside.h"

#include <string.h>

#define EXPECT_US (30 * 1000000ll) /* as Suricata */

static struct expect *
table_of(const struct flow *f)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	return &a->app->expect;
}

static bool
is_of(const struct expect_row *r, const struct flow *f)
{
	const struct addr *a = &f->key.a, *b = &f->key.b;

	return r->port == f->key.bport && f->last_us <= r->until_us &&
	    ((addr_cmp(a, &r->host[0]) == 0 && addr_cmp(b, &r->host[1]) == 0) ||
		(addr_cmp(a, &r->host[1]) == 0 && addr_cmp(b, &r->host[0]) == 0));
}

void
expect_add(struct app_flow *a, const struct expect_row *row)
{
	struct expect *e = &a->app->expect;
	struct expect_row *r = &e->row[e->next];

	if (r->id != APP_UNKNOWN && a->flow->last_us <= r->until_us)
		a->app->stats.expect_lost++;
	*r = *row;
	r->host[0] = a->flow->key.a;
	r->host[1] = a->flow->key.b;
	r->until_us = e->until_us = a->flow->last_us + EXPECT_US;
	e->next = (e->next + 1) % EXPECT_MAX;
}

const struct expect_row *
expect_find(const struct flow *f, enum app_id id)
{
	const struct expect *e = table_of(f);

	if (f->last_us > e->until_us)
		return NULL;
	for (size_t i = 0; i < EXPECT_MAX; i++)
		if (e->row[i].id == id && is_of(&e->row[i], f))
			return &e->row[i];
	return NULL;
}

bool
expect_take(struct app_flow *a, enum app_id id, struct expect_row *out)
{
	struct expect *e = &a->app->expect;
	const struct expect_row *r = expect_find(a->flow, id);

	if (r == NULL)
		return false;
	*out = *r;
	e->row[r - e->row].id = APP_UNKNOWN;
	return true;
}
