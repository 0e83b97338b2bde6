/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/correlate/outcome.h"

#include "collector/correlate/correlate.h"
#include "common/clock.h"
#include "common/crc32c.h"
#include "common/json.h"
#include "common/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void
outcome_name(struct outcome *o)
{
	snprintf(o->id, sizeof(o->id), "%08" PRIx32 "-%" PRId64 "-%08" PRIx32,
	    o->rule->sid, o->firing.first_id,
	    crc32c(0, o->group, strlen(o->group)));
}

static int
severity_of(enum sigma_level l)
{
	static const int severity[] = {[SIGMA_INFORMATIONAL] = 4,
	    [SIGMA_LOW] = 3,
	    [SIGMA_MEDIUM] = 2,
	    [SIGMA_HIGH] = 1,
	    [SIGMA_CRITICAL] = 1};

	return severity[l];
}

static void
write_addresses(struct jw *w, const struct outcome *o, const struct event *e)
{
	const char *src = json_str(e->body, "src_ip"),
		   *dest = json_str(e->body, "dest_ip");

	/* Of a correlation only those that the whole group shares. */
	for (size_t i = 0; o->rule->correlation != NULL && i < 2; i++) {
		const char **which = i == 0 ? &src : &dest;
		bool shared = false;

		for (size_t k = 0; k < o->named_n && *which != NULL; k++)
			shared |= strcmp(o->named[k].value, *which) == 0;
		if (!shared)
			*which = NULL;
	}
	if (src != NULL)
		jw_str(w, "src_ip", src);
	if (dest != NULL)
		jw_str(w, "dest_ip", dest);
}

static void
write_explanation(struct jw *w, const struct outcome *o)
{
	const struct sigma_correlation *k = o->rule->correlation;
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, "correlation");
	jw_str(w, "id", o->id);
	jw_str(w, "rule", o->rule->key);
	if (o->rule->title_nl != NULL)
		jw_str(w, "title_nl", o->rule->title_nl);
	jw_str(w, "type", k == NULL ? "detection" : sigma_type_name(k->type));
	jw_str(w, "level", sigma_level_name(o->rule->level));
	if (k != NULL) {
		jw_int(w, "timespan_s", k->timespan_us / 1000000);
		jw_uint(w, "threshold", k->at_least);
		jw_uint(w, "reached",
		    k->type == SIGMA_VALUE_COUNT ? o->firing.distinct
						 : o->firing.count);
	}
	jw_raw(w, "group", o->group, strlen(o->group));
	jw_str(w, "first", clock_text(o->firing.first_us, time));
	jw_str(w, "last", clock_text(o->firing.last_us, time));
	jw_uint(w, "count", o->firing.count);
	jw_int(w, "first_event", o->firing.first_id);
	jw_int(w, "last_event", o->firing.last_id);
	jw_array(w, "events");
	for (size_t i = 0; i < o->events; i++)
		jw_int(w, NULL, o->event[i]);
	jw_end_array(w);
	jw_end_object(w);
}

void
outcome_write(struct jw *w, const struct outcome *o, const struct event *e)
{
	char time[CLOCK_TEXT_SIZE];

	jw_object(w, NULL);
	jw_str(w, "timestamp", clock_text(e->time_us, time));
	jw_str(w, "event_type", "alert");
	write_addresses(w, o, e);
	jw_object(w, "alert");
	jw_str(w, "action", "allowed");
	jw_int(w, "gid", CORRELATE_GID);
	jw_uint(w, "signature_id", o->rule->sid);
	jw_int(w, "rev", 1);
	jw_str(w, "signature", o->rule->title);
	jw_str(w, "category", "Correlation");
	jw_int(w, "severity", severity_of(o->rule->level));
	jw_end_object(w);
	write_explanation(w, o);
	jw_object(w, "stadswacht");
	jw_int(w, "v", RECORD_VERSION);
	jw_str(w, "class", record_class_name(RECORD_ALERT));
	jw_str(w, "engine", "sigma");
	jw_array(w, "attack");
	for (size_t i = 0; i < o->rule->attacks; i++)
		jw_str(w, NULL, o->rule->attack[i]);
	jw_end_array(w);
	if (e->tenant[0] != '\0')
		jw_str(w, "tenant", e->tenant);
	jw_end_object(w);
	jw_end_object(w);
}
