/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Weeks as ISO 8601 numbers them, from Monday 00:00 to Monday 00:00 in the
 * Netherlands.  Its clock is computed by the rule of the European Union (directive
 * 2000/84/EC): summer time from the last Sunday of March to that of October, 01:00
 * UTC; so a report does not hang on a machine's time zone files.
 */
#ifndef COLLECTOR_REPORT_WEEK_H
#define COLLECTOR_REPORT_WEEK_H

#include <stdint.h>

struct week {
	int year, number;
	int64_t from_us, to_us; /* [from, to) */
	int64_t day_us[8];	/* where each day begins; [7] is to_us */
};

/* "2026-W47"; -1 when text is none, or that year has no such week. */
int week_parse(const char *text, struct week *w);
/* The week before it. */
void week_before(const struct week *w, struct week *before);
/* The day of the week (0 is Monday) that holds the time; -1 when none does. */
int week_day(const struct week *w, int64_t time_us);

/* A moment as the Dutch clock shows it. */
struct week_clock {
	int year, month, day, hour, minute;
	int offset_minutes;
};
void week_local(int64_t time_us, struct week_clock *c);

#endif
