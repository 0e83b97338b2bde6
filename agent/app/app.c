/* SPDX-License-Identifier: EUPL-1.2 */
/* Choosing the parser of a flow, and telling it the news. */
#include "agent/app/app.h"

#include "agent/limits.h"

#include <stdlib.h>

struct app_flow {
	const struct app_proto *proto; /* NULL: nobody knew it */
	void *state;
};

/* Shared by every flow that no parser wanted. */
static struct app_flow nobody;

static struct app_flow *
begin(const struct app_proto *proto)
{
	struct app_flow *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return &nobody;
	a->proto = proto;
	if ((a->state = proto->state_new()) == NULL) {
		free(a);
		return &nobody;
	}
	return a;
}

/* The flow's reader by what it says now; NULL while that is not clear. */
static struct app_flow *
choose(const struct app_proto *const *protos, const struct flow *f,
    const struct stream_news *n)
{
	bool more = false;

	for (; *protos != NULL; protos++) {
		enum app_guess guess = APP_NO;

		if ((*protos)->proto == f->key.proto)
			guess = (*protos)->probe(f, n);
		if (guess == APP_YES)
			return begin(*protos);
		more = more || guess == APP_MORE;
	}
	return more && n->offset < APP_PROBE_BYTES_MAX ? NULL : &nobody;
}

void
app_read(void *protos, struct flow *f, const struct stream_news *n)
{
	struct app_flow *a = f->slot[FLOW_SLOT_APP];

	if (a == NULL && n->kind != STREAM_END)
		f->slot[FLOW_SLOT_APP] = a = choose(protos, f, n);
	if (a != NULL && a->proto != NULL)
		a->proto->read(a->state, n);
}

void
app_slot_free(void *slot)
{
	struct app_flow *a = slot;

	if (a == NULL || a == &nobody)
		return;
	a->proto->state_free(a->state);
	free(a);
}

const char *
app_name(const struct flow *f)
{
	const struct app_flow *a = f->slot[FLOW_SLOT_APP];

	return a == NULL || a->proto == NULL ? NULL : a->proto->name;
}
