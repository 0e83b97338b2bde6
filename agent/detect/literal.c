/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A literal's first and last byte are compared at 16 places in one step; where
 * both stand, the rest is.
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

struct ends {
	__m128i first, first_bit, last, last_bit;
};

/* A bit for each of the 16 places from at where both ends stand. */
static inline unsigned
ends_at(const struct ends *e, const uint8_t *at, size_t len)
{
	__m128i a = _mm_loadu_si128((const __m128i *)(const void *)at),
		b = _mm_loadu_si128((const __m128i *)(const void *)(at + len - 1));

	a = _mm_cmpeq_epi8(_mm_or_si128(a, e->first_bit), e->first);
	b = _mm_cmpeq_epi8(_mm_or_si128(b, e->last_bit), e->last);
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
	const uint8_t first = l->bytes[0], last = l->bytes[l->len - 1];
	const struct ends e = {_mm_set1_epi8((char)first),
	    _mm_set1_epi8((char)case_bit(l, first)), _mm_set1_epi8((char)last),
	    _mm_set1_epi8((char)case_bit(l, last))};
	const uint8_t *found;
	size_t places, i = 0;

	if (l->len > len)
		return NULL;
	places = len - l->len + 1;
	if (places < STEP)
		return find_slowly(l, hay, places);
	for (; i + STEP <= places; i += STEP)
		if ((found = among(l, hay + i, ends_at(&e, hay + i, l->len))) !=
		    NULL)
			return found;
	/* The last step takes some places a second time. */
	i = places - STEP;
	return among(l, hay + i, ends_at(&e, hay + i, l->len));
}
#else
const uint8_t *
literal_find(const struct literal *l, const uint8_t *hay, size_t len)
{
	return l->len > len ? NULL : find_slowly(l, hay, len - l->len + 1);
}
#endif
