/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/clock.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

static int64_t
now_us(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * CLOCK_US + ts.tv_nsec / 1000;
}

int64_t
clock_wall_us(void)
{
	return now_us(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return now_us(CLOCK_BOOTTIME);
}

/* The last n decimal digits of v; each record holds a few such times. */
static void
put_digits(char *to, int v, int n)
{
	for (; n > 0; n--, v /= 10)
		to[n - 1] = (char)('0' + v % 10);
}

char *
clock_text(int64_t time_us, char out[CLOCK_TEXT_SIZE])
{
	int64_t sec = time_us / CLOCK_US, us = time_us % CLOCK_US;
	struct tm tm;
	time_t t;

	if (us < 0) {
		us += CLOCK_US;
		sec--;
	}
	t = (time_t)sec;
	if (gmtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	put_digits(out, tm.tm_year + 1900, 4);
	put_digits(out + 5, tm.tm_mon + 1, 2);
	put_digits(out + 8, tm.tm_mday, 2);
	put_digits(out + 11, tm.tm_hour, 2);
	put_digits(out + 14, tm.tm_min, 2);
	put_digits(out + 17, tm.tm_sec, 2);
	put_digits(out + 20, (int)us, 6);
	out[4] = out[7] = '-';
	out[10] = 'T';
	out[13] = out[16] = ':';
	out[19] = '.';
	memcpy(out + 26, "+0000", sizeof("+0000"));
	return out;
}

/* Exactly n digits; -1 when they are not there. */
static int
digits(const char **s, int n)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (!isdigit((unsigned char)**s))
			return -1;
		v = v * 10 + (**s - '0');
	}
	return v;
}

static bool
expect(const char **s, const char *set)
{
	if (**s == '\0' || strchr(set, **s) == NULL)
		return false;
	(*s)++;
	return true;
}

/* A fraction of a second, up to nine digits of which six count. */
static int
fraction(const char **s)
{
	int us = 0, n = 0;

	for (; isdigit((unsigned char)**s); (*s)++, n++)
		if (n < 6)
			us = us * 10 + (**s - '0');
	if (n == 0 || n > 9)
		return -1;
	for (; n < 6; n++)
		us *= 10;
	return us;
}

/* "Z", "+HHMM" or "+HH:MM", in seconds east of UTC. */
static int
offset(const char **s, int *seconds)
{
	int sign, h, m;

	if (expect(s, "Zz")) {
		*seconds = 0;
		return 0;
	}
	sign = **s == '-' ? -1 : 1;
	if (!expect(s, "+-") || (h = digits(s, 2)) == -1)
		return -1;
	expect(s, ":");
	if ((m = digits(s, 2)) == -1 || h > 23 || m > 59)
		return -1;
	*seconds = sign * (h * 3600 + m * 60);
	return 0;
}

int
clock_parse(const char *text, int64_t *time_us)
{
	struct tm tm = {0};
	const char *s = text;
	int us = 0, east;
	bool ok;

	ok = (tm.tm_year = digits(&s, 4)) != -1 && expect(&s, "-") &&
	    (tm.tm_mon = digits(&s, 2)) != -1 && expect(&s, "-") &&
	    (tm.tm_mday = digits(&s, 2)) != -1 && expect(&s, "Tt ") &&
	    (tm.tm_hour = digits(&s, 2)) != -1 && expect(&s, ":") &&
	    (tm.tm_min = digits(&s, 2)) != -1 && expect(&s, ":") &&
	    (tm.tm_sec = digits(&s, 2)) != -1;
	if (ok && expect(&s, "."))
		ok = (us = fraction(&s)) != -1;
	ok = ok && offset(&s, &east) == 0 && *s == '\0' && tm.tm_mon >= 1 &&
	    tm.tm_mon <= 12 && tm.tm_mday >= 1 && tm.tm_mday <= 31 &&
	    tm.tm_hour <= 23 && tm.tm_min <= 59 && tm.tm_sec <= 60;
	if (!ok) {
		errno = EINVAL;
		return -1;
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*time_us = ((int64_t)timegm(&tm) - east) * CLOCK_US + us;
	return 0;
}
