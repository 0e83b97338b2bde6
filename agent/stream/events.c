/* SPDX-License-Identifier: EUPL-1.2 */
/* Names of stream events. */
#include "agent/stream/events.h"

#include <stddef.h>
#include <strings.h>

int
stream_event_parse(const char *name)
{
#define STREAM_EVENT_ROW(constant, name) {STREAM_EVENT_##constant, name},
	static const struct {
		int event;
		const char *name;
	} rows[] = {STREAM_EVENTS(STREAM_EVENT_ROW)};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcasecmp(rows[i].name, name) == 0)
			return rows[i].event;
	return -1;
}
