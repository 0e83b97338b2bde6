/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Two bytes of a literal are compared at 16 places in one step; where both stand,
 * the rest is.
 */
#include "agent/detect/literal.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What an ASCII letter's two cases differ in; 0 for what has one form only. */
static uint8_t
case_bit(const struct literal *l, uint8_t byte)
{
	return l->nocase && byte >= 'a' && byte <= 'z' ? 0x20 : 0;
}

bool
literal_is_at(const struct literal *l, const uint8_t *at)
{
	if (!l->nocase)
		return memcmp(at, l->bytes, l->len) == 0;
	for (size_t i = 0; i < l->len; i++)
		if ((at[i] | case_bit(l, l->bytes[i])) != l->bytes[i])
			return false;
	return true;
}

bool
literal_is_common(uint8_t b)
{
	return b == 0 || b == 1 || b == 0xff || b == ' ' || b == '\r' ||
	    b == '\n' || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z');
}

void
literal_choose(struct literal *l)
{
	size_t one = 0, other = l->len - 1;

	while (one + 1 < l->len && literal_is_common(l->bytes[one]))
		one++;
	if (literal_is_common(l->bytes[one]))
		one = 0;
	while (other > one + 1 && literal_is_common(l->bytes[other]))
		other--;
	if (literal_is_common(l->bytes[other]))
		other = one == l->len - 1 ? 0 : l->len - 1;
	l->one = (uint16_t)one;
	l->other = (uint16_t)other;
}

static const uint8_t *
find_slowly(const struct literal *l, const uint8_t *hay, size_t places)
{
	uint8_t bit = case_bit(l, l->bytes[0]);

	for (size_t i = 0; i < places; i++)
		if ((hay[i] | bit) == l->bytes[0] && literal_is_at(l, hay + i))
			return hay + i;
	return NULL;
}

#ifdef __SSE2__
#define STEP 16

struct two {
	__m128i one, one_bit, other, other_bit;
};

/* A bit for each of the 16 places from at where both bytes stand. */
static inline unsigned
both_at(const struct two *t, const struct literal *l, const uint8_t *at)
{
	__m128i a = _mm_loadu_si128((const __m128i *)(const void *)(at + l->one)),
		b = _mm_loadu_si128((const __m128i *)(const void *)(at + l->other));

	a = _mm_cmpeq_epi8(_mm_or_si128(a, t->one_bit), t->one);
	b = _mm_cmpeq_epi8(_mm_or_si128(b, t->other_bit), t->other);
	return (unsigned)_mm_movemask_epi8(_mm_and_si128(a, b));
}

static const uint8_t *
among(const struct literal *l, const uint8_t *at, unsigned places)
{
	for (; places != 0; places &= places - 1) {
		const uint8_t *here = at + __builtin_ctz(places);

		if (literal_is_at(l, here))
			return here;
	}
	return NULL;
}

const uint8_t *
literal_find(const struct literal *l, const uint8_t *hay, size_t len)
{
	const uint8_t one = l->bytes[l->one], other = l->bytes[l->other];
	const struct two t = {_mm_set1_epi8((char)one),
	    _mm_set1_epi8((char)case_bit(l, one)), _mm_set1_epi8((char)other),
	    _mm_set1_epi8((char)case_bit(l, other))};
	const uint8_t *found;
	size_t places, i = 0;

	if (l->len > len)
		return NULL;
	places = len - l->len + 1;
	if (places < STEP)
		return find_slowly(l, hay, places);
	for (; i + STEP <= places; i += STEP)
		if ((found = among(l, hay + i, both_at(&t, l, hay + i))) != NULL)
			return found;
	/* The last step takes some places a second time. */
	i = places - STEP;
	return among(l, hay + i, both_at(&t, l, hay + i));
}
#else
const uint8_t *
literal_find(const struct literal *l, const uint8_t *hay, size_t len)
{
	return l->len > len ? NULL : find_slowly(l, hay, len - l->len + 1);
}
#endif
