/* SPDX-License-Identifier: EUPL-1.2 */
/* The objects of DNP3's messages, as rules and records ask for them. */
#include "agent/app/dnp3.h"

#include "agent/limits.h"

#include <stdlib.h>

enum {
	REQUEST_HEAD = 2,
	RESPONSE_HEAD = 4, /* with the internal indications */
};

size_t
dnp3_head_size(enum app_dir d)
{
	return d == APP_TS ? REQUEST_HEAD : RESPONSE_HEAD;
}

static bool
keep_object(struct app_flow *a, struct dnp3_tx *t, const struct dnp3_object *o)
{
	struct dnp3_object *more = t->object;
	bool full = (t->objects & (t->objects - 1)) == 0; /* 0, 1, 2, 4, 8... */

	if (!app_hold(a, sizeof(*o)))
		return false;
	if (full)
		more = realloc(
		    t->object, (t->objects == 0 ? 1 : 2 * t->objects) * sizeof(*o));
	if (more == NULL) {
		app_drop(a, sizeof(*o));
		return false;
	}
	t->object = more;
	t->object[t->objects++] = *o;
	return true;
}

static void
object_event(struct dnp3_tx *t, enum dnp3_object_is is)
{
	if (is == DNP3_OBJECT_UNKNOWN)
		app_tx_event(&t->tx, DNP3_EVENT_UNKNOWN_OBJECT);
	if (is == DNP3_OBJECT_POINTS)
		app_tx_event(&t->tx, DNP3_EVENT_POINTS);
}

void
dnp3_read_objects(struct app_flow *a, struct dnp3_tx *t)
{
	struct cursor c = cur_of(t->message.data, t->message.len);
	uint32_t points = DNP3_POINTS_MAX;
	enum dnp3_object_is is;
	struct dnp3_object o;

	cur_take(&c, dnp3_head_size(t->d));
	while (c.left > 0) {
		if (t->objects == DNP3_OBJECTS_MAX) {
			app_tx_event(&t->tx, DNP3_EVENT_OBJECTS);
			return;
		}
		if (!dnp3_object_head(&c, &o, &is) || !keep_object(a, t, &o))
			return;
		if (is == DNP3_OBJECT_GOOD)
			is = dnp3_object_points(&c, &o, &points);
		object_event(t, is);
		if (is != DNP3_OBJECT_GOOD)
			return;
	}
	t->complete = true;
}
