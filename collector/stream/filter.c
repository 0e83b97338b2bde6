/* SPDX-License-Identifier: EUPL-1.2 */
/* Filters on rows. */
#include "collector/stream/filter.h"

#include <string.h>

static const struct kind {
	const char *event_type;
	enum filter_kind kind;
	const char *name;
} kinds[] = {
    {"alert", FILTER_ALERT, "alert"},
    {"incident", FILTER_INCIDENT, "incident"},
    {"triage", FILTER_INCIDENT, "incident"},
    {"agent_state", FILTER_AGENT, "agent"},
};

void
filter_init(struct filter *f, unsigned which)
{
	memset(f, 0, sizeof(*f));
	f->kinds = which;
	f->cls = -1;
}

static const struct kind *
kind_of(const struct store_row *r)
{
	size_t i;

	for (i = 0; r->event_type != NULL && i < sizeof(kinds) / sizeof(*kinds);
	     i++)
		if (strcmp(kinds[i].event_type, r->event_type) == 0)
			return &kinds[i];
	return NULL;
}

const char *
filter_kind_name(const struct store_row *r)
{
	const struct kind *k = kind_of(r);

	return k == NULL ? NULL : k->name;
}

static bool
same(const char *want, const char *have)
{
	return want[0] == '\0' || (have != NULL && strcmp(want, have) == 0);
}

static bool
holds(const char *text, const char *part)
{
	return text != NULL && strcasestr(text, part) != NULL;
}

static bool
filter_alert(const struct filter *f, const struct store_row *r)
{
	if (f->max_severity > 0 &&
	    (r->severity < 1 || r->severity > f->max_severity))
		return false;
	if (f->sid > 0 && r->sid != f->sid)
		return false;
	if (f->cls >= 0 && (int)r->cls != f->cls)
		return false;
	if (!same(f->engine, r->engine) || !same(f->agent, r->agent))
		return false;
	return f->text[0] == '\0' || holds(r->signature, f->text) ||
	    holds(r->category, f->text) || holds(r->src_ip, f->text) ||
	    holds(r->dest_ip, f->text) || holds(r->host, f->text) ||
	    holds(r->agent, f->text);
}

bool
filter_row(const struct filter *f, const struct store_row *r)
{
	const struct kind *k = kind_of(r);

	if (k == NULL || (f->kinds & k->kind) == 0 || !same(f->tenant, r->tenant))
		return false;
	return k->kind != FILTER_ALERT || filter_alert(f, r);
}
