/* SPDX-License-Identifier: EUPL-1.2 */
/* DER elements, object identifiers and times (X.690; RFC 5280, section 4.1.2.5). */
#include "agent/app/der.h"

#include <stdio.h>

enum {
	LONG_FORM = 0x80,
	LENGTH_BYTES_MAX = 4,
	HIGH_TAG = 0x1f,
};

enum der_result
der_read(struct cursor *c, struct der *out)
{
	struct cursor at = *c;
	uint8_t first;
	uint32_t len;

	out->tag = cur_u8(&at);
	first = cur_u8(&at);
	len = first;
	if (!cur_ok(&at))
		return DER_SHORT;
	if ((out->tag & HIGH_TAG) == HIGH_TAG)
		return DER_BAD;
	if (first & LONG_FORM) {
		unsigned n = first & ~(unsigned)LONG_FORM;

		if (n == 0 || n > LENGTH_BYTES_MAX)
			return DER_BAD;
		for (len = 0; n > 0; n--)
			len = len << 8 | cur_u8(&at);
		if (!cur_ok(&at))
			return DER_SHORT;
		if (len > INT32_MAX)
			return DER_BAD;
	}
	out->body = (struct span){at.pos, len};
	if (len > at.left)
		return DER_SHORT;
	cur_take(&at, len);
	*c = at;
	return DER_OK;
}

enum der_result
der_expect(struct cursor *c, uint8_t tag, struct der *out)
{
	enum der_result r = der_read(c, out);

	return r == DER_OK && out->tag != tag ? DER_BAD : r;
}

/* Base 128, the first number holding two (X.690, section 8.19). */
bool
der_oid_text(struct span body, char *out, size_t size)
{
	struct cursor c = cur_of_span(body);
	bool first = true;
	size_t n = 0;

	while (c.left > 0) {
		uint64_t v = 0;
		uint8_t b;
		int add;

		do {
			b = cur_u8(&c);
			if (v > UINT32_MAX)
				return false;
			v = v << 7 | (b & 0x7f);
		} while ((b & 0x80) && c.left > 0);
		if (b & 0x80)
			return false;
		if (first) {
			uint64_t top = v < 80 ? v / 40 : 2;

			add = snprintf(out + n, size - n, "%u.%llu", (unsigned)top,
			    (unsigned long long)(v - top * 40));
		} else
			add = snprintf(
			    out + n, size - n, ".%llu", (unsigned long long)v);
		if (add < 0 || (size_t)add >= size - n)
			return false;
		n += (size_t)add;
		first = false;
	}
	return !first;
}

static bool
digits(struct cursor *c, unsigned n, int *out)
{
	*out = 0;
	for (; n > 0; n--) {
		uint8_t d = cur_u8(c);

		if (d < '0' || d > '9')
			return false;
		*out = *out * 10 + (d - '0');
	}
	return true;
}

/* Days from 1970-01-01 of the Gregorian calendar: years begin with March, so
 * that a leap day is a year's last. */
static int64_t
days_of(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	    719468;
}

bool
der_time(const struct der *e, int64_t *out)
{
	struct cursor c = cur_of_span(e->body);
	int year, month, day, hour, minute, second = 0;

	if (e->tag != DER_UTC_TIME && e->tag != DER_GENERAL_TIME)
		return false;
	if (!digits(&c, e->tag == DER_UTC_TIME ? 2 : 4, &year) ||
	    !digits(&c, 2, &month) || !digits(&c, 2, &day) ||
	    !digits(&c, 2, &hour) || !digits(&c, 2, &minute))
		return false;
	if (cur_peek(&c, 1) != NULL && *cur_peek(&c, 1) != 'Z' &&
	    !digits(&c, 2, &second))
		return false;
	if (cur_u8(&c) != 'Z' || month < 1 || month > 12 || day < 1 || day > 31 ||
	    hour > 23 || minute > 59 || second > 60)
		return false;
	if (e->tag == DER_UTC_TIME)
		year += year < 50 ? 2000 : 1900;
	*out =
	    ((days_of(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
	return true;
}
