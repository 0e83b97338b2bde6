/* SPDX-License-Identifier: EUPL-1.2 */
/* BER, element by element, without recursion. */
#include "agent/detect/asn1.h"

#include "agent/limits.h"

#include <ctype.h>
#include <string.h>

enum {
	CLASS = 0xc0,
	CONSTRUCTED = 0x20,
	NUMBER = 0x1f,
	LONG = 0x80,
	TAG_BYTES_MAX = 5,
	BOOLEAN = 1,
	BIT_STRING = 3,
	REAL = 9,
	UTF8_STRING = 12,
	SEQUENCE = 16,
	SET = 17,
	NUMERIC_STRING = 18,
	PRINTABLE_STRING = 19,
	IA5_STRING = 22,
	UTC_TIME = 23,
	GENERAL_TIME = 24,
	VISIBLE_STRING = 26,
	/* X.690, section 8.5.6: decimal, as text. */
	REAL_NOT_DECIMAL = 0xc0,
	REAL_MAX = 256,
	TIME_MIN = 10,
	TIME_MAX = 19,
};

struct element {
	bool universal, constructed, indefinite;
	uint64_t number;
	size_t len;
};

/* A SEQUENCE or SET that was entered. */
struct container {
	struct cursor rest; /* behind it */
	size_t begin;	    /* what was left at its contents */
	bool indefinite;
};

static bool
read_tag(struct cursor *c, struct element *e)
{
	uint8_t b = cur_u8(c), more = LONG;

	e->universal = (b & CLASS) == 0;
	e->constructed = (b & CONSTRUCTED) != 0;
	e->number = b & NUMBER;
	if (e->number != NUMBER)
		return cur_ok(c);
	e->number = 0;
	for (int i = 0; i < TAG_BYTES_MAX && (more & LONG); i++) {
		more = cur_u8(c);
		e->number = e->number << 7 | (more & ~LONG & 0xff);
	}
	return cur_ok(c) && !(more & LONG);
}

static bool
read_length(struct cursor *c, struct element *e)
{
	uint8_t b = cur_u8(c);

	e->indefinite = b == LONG;
	e->len = b;
	if (b < LONG || e->indefinite)
		return cur_ok(c);
	if (b == 0xff)
		return false;
	e->len = 0;
	for (int i = b & ~LONG & 0xff; i > 0; i--) {
		if (e->len > SIZE_MAX >> 8)
			return false;
		e->len = e->len << 8 | cur_u8(c);
	}
	return cur_ok(c);
}

static bool
is_utf8(struct span s)
{
	for (size_t i = 0; i < s.len;) {
		uint8_t b = s.p[i++];
		int more = b < 0x80	    ? 0
		    : b >= 0xc2 && b < 0xe0 ? 1
		    : b >= 0xe0 && b < 0xf0 ? 2
		    : b >= 0xf0 && b < 0xf5 ? 3
					    : -1;

		if (more == -1)
			return false;
		for (; more > 0; more--)
			if (i == s.len || (s.p[i++] & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static bool
all(struct span s, bool (*fits)(uint8_t))
{
	for (size_t i = 0; i < s.len; i++)
		if (!fits(s.p[i]))
			return false;
	return true;
}

static bool
fits_numeric(uint8_t b)
{
	return isdigit(b) || b == ' ';
}

static bool
fits_printable(uint8_t b)
{
	return isalnum(b) || (b != 0 && strchr(" '()+,-./:=?", b) != NULL);
}

static bool
fits_ia5(uint8_t b)
{
	return b < 0x80;
}

static bool
fits_visible(uint8_t b)
{
	return b >= ' ' && b <= '~';
}

static bool
is_time(struct span s)
{
	struct span digits = {s.p, TIME_MIN};

	return s.len >= TIME_MIN && s.len <= TIME_MAX &&
	    all(digits, fits_numeric) && memchr(s.p, ' ', TIME_MIN) == NULL;
}

/* Values that Suricata's reader does not take end the search. */
static bool
is_valid(const struct element *e, struct span body)
{
	if (!e->universal || e->constructed)
		return true;
	switch (e->number) {
	case BOOLEAN:
		return body.len == 1;
	case BIT_STRING:
		return body.len > 0;
	case UTF8_STRING:
		return is_utf8(body);
	case NUMERIC_STRING:
		return all(body, fits_numeric);
	case PRINTABLE_STRING:
		return all(body, fits_printable);
	case IA5_STRING:
		return all(body, fits_ia5);
	case VISIBLE_STRING:
		return all(body, fits_visible);
	case UTC_TIME:
	case GENERAL_TIME:
		return is_time(body);
	default:
		return true;
	}
}

static bool
is_wrong(const struct asn1_test *t, const struct element *e, struct span body)
{
	if (t->oversize && body.len > t->max)
		return true;
	if (!e->universal || e->constructed)
		return false;
	if (t->bitstring_overflow && e->number == BIT_STRING && body.len > 0 &&
	    body.p[0] > body.len * 8)
		return true;
	return t->double_overflow && e->number == REAL && body.len > REAL_MAX &&
	    (body.p[0] & REAL_NOT_DECIMAL) == 0;
}

static bool
is_entered(const struct element *e)
{
	return e->universal && e->constructed &&
	    (e->number == SEQUENCE || e->number == SET);
}

/* Step out of what ends here.  false: contents go on behind their end. */
static void
leave(const struct asn1_test *t, struct cursor *c, struct container *in,
    size_t *depth, bool *found)
{
	while (*depth > 0 && !in[*depth - 1].indefinite && c->left == 0) {
		*found |= t->oversize && in[*depth - 1].begin > t->max;
		*c = in[--*depth].rest;
	}
}

/*
 * One element and all that is in it; c is behind it then.  false: it cannot be
 * read.  *budget counts elements down; 0: there were too many.
 */
static bool
walk(const struct asn1_test *t, struct cursor *c, unsigned *budget, bool *found)
{
	struct container in[ASN1_ELEMENTS_MAX];
	size_t depth = 0;

	do {
		struct element e;
		struct span body;

		if (*budget == 0)
			return false;
		--*budget;
		if (!read_tag(c, &e) || !read_length(c, &e))
			return false;
		if (depth > 0 && in[depth - 1].indefinite && e.universal &&
		    !e.constructed && e.number == 0 && e.len == 0) {
			++*budget; /* the end is no element */
			*found |= t->oversize &&
			    in[depth - 1].begin - c->left > (size_t)t->max + 2;
			in[--depth].rest = *c;
			leave(t, c, in, &depth, found);
			continue;
		}
		if (e.indefinite ? !is_entered(&e) : e.len > c->left)
			return false;
		if (is_entered(&e)) {
			in[depth].indefinite = e.indefinite;
			in[depth].begin = e.indefinite ? c->left : e.len;
			in[depth].rest = *c;
			if (!e.indefinite) {
				cur_take(&in[depth].rest, e.len);
				*c = cur_sub(c, e.len);
			}
			depth++;
		} else {
			body = (struct span){cur_take(c, e.len), e.len};
			if (!is_valid(&e, body))
				return false;
			*found |= is_wrong(t, &e, body);
		}
		leave(t, c, in, &depth, found);
	} while (depth > 0);
	return true;
}

bool
asn1_find(const struct asn1_test *t, struct span bytes)
{
	struct cursor c = cur_of_span(bytes);
	unsigned budget = ASN1_ELEMENTS_MAX;
	bool any = false, found = false;

	while (c.left > 0 && walk(t, &c, &budget, &found)) {
		any = any || found;
		found = false;
	}
	return any && (c.left == 0 || budget > 0);
}
