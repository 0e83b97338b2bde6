/* SPDX-License-Identifier: EUPL-1.2 */
#include "collector/report/week.h"

#include <stdio.h>
#include <string.h>

#define HOUR_US INT64_C(3600000000)
#define DAY_US	(24 * HOUR_US)

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static int64_t
days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	    719468;
}

/* 0 is Monday; 1970-01-01 was a Thursday. */
static int
weekday(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7);
}

static int64_t
last_sunday(int year, int month)
{
	int64_t last =
	    days_of(year, month, 31); /* March and October both have 31 */

	return last - (weekday(last) + 1) % 7;
}

static int
year_of(int64_t days)
{
	int year = (int)(1970 + days / 366);

	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (days_of(year, 1, 1) > days)
		year--;
	return year;
}

static int64_t
floor_days(int64_t time_us)
{
	return (time_us >= 0 ? time_us : time_us - DAY_US + 1) / DAY_US;
}

static int64_t
offset_at(int64_t utc_us)
{
	int year = year_of(floor_days(utc_us));
	int64_t summer = last_sunday(year, 3) * DAY_US + HOUR_US;
	int64_t winter = last_sunday(year, 10) * DAY_US + HOUR_US;

	return utc_us >= summer && utc_us < winter ? 2 * HOUR_US : HOUR_US;
}

/* The clock never changes at midnight, so a day's beginning is one moment. */
static int64_t
midnight(int64_t days)
{
	int64_t utc = days * DAY_US - HOUR_US;

	return days * DAY_US - offset_at(utc);
}

/* The Monday of week 1: the week that holds 4 January (ISO 8601). */
static int64_t
first_monday(int year)
{
	int64_t fourth = days_of(year, 1, 4);

	return fourth - weekday(fourth);
}

static void
fill(struct week *w, int64_t monday)
{
	for (int i = 0; i < 8; i++)
		w->day_us[i] = midnight(monday + i);
	w->from_us = w->day_us[0];
	w->to_us = w->day_us[7];
}

int
week_parse(const char *text, struct week *w)
{
	int64_t monday;
	int n = 0;

	memset(w, 0, sizeof(*w));
	if (sscanf(text, "%4d-W%2d%n", &w->year, &w->number, &n) != 2 ||
	    text[n] != '\0' || n != 8 || text[0] == '-' || text[6] < '0' ||
	    text[6] > '9' || w->year < 1971 || w->year > 9998 || w->number < 1)
		return -1;
	monday = first_monday(w->year) + 7 * (w->number - 1);
	if (monday >= first_monday(w->year + 1))
		return -1;
	fill(w, monday);
	return 0;
}

void
week_before(const struct week *w, struct week *before)
{
	int64_t monday = first_monday(w->year) + 7 * (w->number - 2);

	before->year = w->number > 1 ? w->year : w->year - 1;
	before->number = (int)((monday - first_monday(before->year)) / 7) + 1;
	fill(before, monday);
}

int
week_day(const struct week *w, int64_t time_us)
{
	for (int i = 0; i < 7; i++) {
		if (time_us >= w->day_us[i] && time_us < w->day_us[i + 1])
			return i;
	}
	return -1;
}

void
week_local(int64_t time_us, struct week_clock *c)
{
	int64_t offset = offset_at(time_us), local = time_us + offset;
	int64_t days = floor_days(local),
		minutes = (local - days * DAY_US) / 60000000;

	c->year = year_of(days);
	c->month = 12;
	while (days_of(c->year, c->month, 1) > days)
		c->month--;
	c->day = (int)(days - days_of(c->year, c->month, 1)) + 1;
	c->hour = (int)(minutes / 60);
	c->minute = (int)(minutes % 60);
	c->offset_minutes = (int)(offset / 60000000);
}
