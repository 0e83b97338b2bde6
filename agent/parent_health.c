/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/parent_health.h"

#include "common/clock.h"
#include "common/jw.h"

#include <stddef.h>

#define GID_AGENT   600
#define RECORD_ROOM 4096

static void
write_details(struct jw *w, const struct parent_health_detail *d)
{
	jw_object(w, "agent_state");
	for (; d->name != NULL; d++)
		if (d->text != NULL)
			jw_str(w, d->name, d->text);
		else
			jw_uint(w, d->name, d->number);
	jw_end_object(w);
}

void
parent_health_tell(struct record_writer *writer, const char *zone,
    enum parent_health_id id, unsigned severity, const char *signature,
    const struct parent_health_detail *details)
{
	const int64_t now = clock_wall_us();
	char text[CLOCK_TEXT_SIZE];
	struct buf b;
	struct jw w;

	buf_init(&b, RECORD_ROOM);
	jw_init(&w, &b);
	jw_object(&w, NULL);
	jw_str(&w, "timestamp", clock_text(now, text));
	jw_str(&w, "event_type", "alert");
	jw_object(&w, "alert");
	jw_str(&w, "action", "allowed");
	jw_uint(&w, "gid", GID_AGENT);
	jw_uint(&w, "signature_id", id);
	jw_uint(&w, "rev", 1);
	jw_str(&w, "signature", signature);
	jw_str(&w, "category", "Agent state");
	jw_uint(&w, "severity", severity);
	jw_end_object(&w);
	write_details(&w, details);
	jw_object(&w, "stadswacht");
	jw_int(&w, "v", RECORD_VERSION);
	jw_str(&w, "class", record_class_name(RECORD_HEALTH));
	jw_str(&w, "engine", "agent");
	if (zone[0] != '\0')
		jw_str(&w, "zone", zone);
	jw_end_object(&w);
	jw_end_object(&w);
	if (!b.overflow)
		record_write(
		    writer, RECORD_HEALTH, now, (const char *)b.data, b.len);
	buf_release(&b);
}
