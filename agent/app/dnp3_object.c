/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Objects of DNP3's messages: a head says how many points follow, their size is
 * known by group and variation (IEEE 1815, chapter 11 and annex A).
 */
#include "agent/app/dnp3.h"

enum kind {
	FIXED,		/* size bytes a point */
	PACKED,		/* all points in count / 8 + 1 bytes, as Suricata has it */
	SIZED,		/* as the point's prefix says, at least size */
	PARTS,		/* size bytes, and what the lengths among them say */
	PARTS_AND_REST, /* the same, and what the prefix says is left */
};

/* Of a variation with two rows the second stands behind the first. */
struct layout {
	uint8_t group, variation;
	uint8_t kind;
	uint8_t size;
	uint8_t parts;
	uint8_t length_at[3]; /* of 16 bits, of each part */
};

static const struct layout LAYOUTS[] = {
    {1, 1, PACKED, 0, 0, {0}},
    {1, 2, FIXED, 1, 0, {0}},
    {2, 1, FIXED, 1, 0, {0}},
    {2, 2, FIXED, 7, 0, {0}},
    {2, 3, FIXED, 3, 0, {0}},
    {3, 1, PACKED, 0, 0, {0}},
    {3, 2, FIXED, 1, 0, {0}},
    {4, 1, FIXED, 1, 0, {0}},
    {4, 2, FIXED, 7, 0, {0}},
    {4, 3, FIXED, 3, 0, {0}},
    {10, 1, PACKED, 0, 0, {0}},
    {10, 2, FIXED, 1, 0, {0}},
    {11, 1, FIXED, 1, 0, {0}},
    {11, 2, FIXED, 7, 0, {0}},
    {12, 1, FIXED, 11, 0, {0}},
    {12, 2, FIXED, 11, 0, {0}},
    {12, 3, PACKED, 0, 0, {0}},
    {13, 1, FIXED, 1, 0, {0}},
    {13, 2, FIXED, 7, 0, {0}},
    {20, 1, FIXED, 5, 0, {0}},
    {20, 2, FIXED, 3, 0, {0}},
    {20, 3, FIXED, 5, 0, {0}},
    {20, 4, FIXED, 3, 0, {0}},
    {20, 5, FIXED, 4, 0, {0}},
    {20, 6, FIXED, 2, 0, {0}},
    {20, 7, FIXED, 4, 0, {0}},
    {20, 8, FIXED, 2, 0, {0}},
    {21, 1, FIXED, 5, 0, {0}},
    {21, 2, FIXED, 3, 0, {0}},
    {21, 3, FIXED, 5, 0, {0}},
    {21, 4, FIXED, 3, 0, {0}},
    {21, 5, FIXED, 11, 0, {0}},
    {21, 6, FIXED, 9, 0, {0}},
    {21, 7, FIXED, 11, 0, {0}},
    {21, 8, FIXED, 9, 0, {0}},
    {21, 9, FIXED, 4, 0, {0}},
    {21, 10, FIXED, 2, 0, {0}},
    {21, 11, FIXED, 4, 0, {0}},
    {21, 12, FIXED, 2, 0, {0}},
    {22, 1, FIXED, 5, 0, {0}},
    {22, 2, FIXED, 3, 0, {0}},
    {22, 3, FIXED, 5, 0, {0}},
    {22, 4, FIXED, 3, 0, {0}},
    {22, 5, FIXED, 11, 0, {0}},
    {22, 6, FIXED, 9, 0, {0}},
    {22, 7, FIXED, 11, 0, {0}},
    {22, 8, FIXED, 9, 0, {0}},
    {23, 1, FIXED, 5, 0, {0}},
    {23, 2, FIXED, 3, 0, {0}},
    {23, 3, FIXED, 5, 0, {0}},
    {23, 4, FIXED, 3, 0, {0}},
    {23, 5, FIXED, 11, 0, {0}},
    {23, 6, FIXED, 9, 0, {0}},
    {23, 7, FIXED, 11, 0, {0}},
    {23, 8, FIXED, 9, 0, {0}},
    {30, 1, FIXED, 5, 0, {0}},
    {30, 2, FIXED, 3, 0, {0}},
    {30, 3, FIXED, 4, 0, {0}},
    {30, 4, FIXED, 2, 0, {0}},
    {30, 5, FIXED, 5, 0, {0}},
    {30, 6, FIXED, 9, 0, {0}},
    {31, 1, FIXED, 5, 0, {0}},
    {31, 2, FIXED, 3, 0, {0}},
    {31, 3, FIXED, 11, 0, {0}},
    {31, 4, FIXED, 9, 0, {0}},
    {31, 5, FIXED, 4, 0, {0}},
    {31, 6, FIXED, 2, 0, {0}},
    {31, 7, FIXED, 5, 0, {0}},
    {31, 8, FIXED, 9, 0, {0}},
    {32, 1, FIXED, 5, 0, {0}},
    {32, 2, FIXED, 3, 0, {0}},
    {32, 3, FIXED, 11, 0, {0}},
    {32, 4, FIXED, 9, 0, {0}},
    {32, 5, FIXED, 5, 0, {0}},
    {32, 6, FIXED, 9, 0, {0}},
    {32, 7, FIXED, 11, 0, {0}},
    {32, 8, FIXED, 15, 0, {0}},
    {33, 1, FIXED, 5, 0, {0}},
    {33, 2, FIXED, 3, 0, {0}},
    {33, 3, FIXED, 11, 0, {0}},
    {33, 4, FIXED, 9, 0, {0}},
    {33, 5, FIXED, 5, 0, {0}},
    {33, 6, FIXED, 9, 0, {0}},
    {33, 7, FIXED, 11, 0, {0}},
    {33, 8, FIXED, 15, 0, {0}},
    {34, 1, FIXED, 2, 0, {0}},
    {34, 2, FIXED, 4, 0, {0}},
    {34, 3, FIXED, 4, 0, {0}},
    {40, 1, FIXED, 5, 0, {0}},
    {40, 2, FIXED, 3, 0, {0}},
    {40, 3, FIXED, 5, 0, {0}},
    {40, 4, FIXED, 9, 0, {0}},
    {41, 1, FIXED, 5, 0, {0}},
    {41, 2, FIXED, 3, 0, {0}},
    {41, 3, FIXED, 5, 0, {0}},
    {41, 4, FIXED, 9, 0, {0}},
    {42, 1, FIXED, 5, 0, {0}},
    {42, 2, FIXED, 3, 0, {0}},
    {42, 3, FIXED, 11, 0, {0}},
    {42, 4, FIXED, 9, 0, {0}},
    {42, 5, FIXED, 5, 0, {0}},
    {42, 6, FIXED, 9, 0, {0}},
    {42, 7, FIXED, 11, 0, {0}},
    {42, 8, FIXED, 15, 0, {0}},
    {43, 1, FIXED, 5, 0, {0}},
    {43, 2, FIXED, 3, 0, {0}},
    {43, 3, FIXED, 11, 0, {0}},
    {43, 4, FIXED, 9, 0, {0}},
    {43, 5, FIXED, 5, 0, {0}},
    {43, 6, FIXED, 9, 0, {0}},
    {43, 7, FIXED, 11, 0, {0}},
    {43, 8, FIXED, 15, 0, {0}},
    {50, 1, FIXED, 6, 0, {0}},
    {50, 2, FIXED, 10, 0, {0}},
    {50, 3, FIXED, 6, 0, {0}},
    {50, 4, FIXED, 11, 0, {0}},
    {51, 1, FIXED, 6, 0, {0}},
    {51, 2, FIXED, 6, 0, {0}},
    {52, 1, FIXED, 2, 0, {0}},
    {52, 2, FIXED, 2, 0, {0}},
    {70, 1, PARTS, 2, 1, {0}},
    {70, 1, PARTS, 34, 1, {32}},
    {70, 2, PARTS, 12, 2, {2, 6}},
    {70, 3, PARTS, 26, 1, {2}},
    {70, 4, SIZED, 13, 0, {0}},
    {70, 5, SIZED, 8, 0, {0}},
    {70, 6, SIZED, 9, 0, {0}},
    {70, 7, PARTS, 20, 1, {2}},
    {70, 8, SIZED, 0, 0, {0}},
    {80, 1, PACKED, 0, 0, {0}},
    {81, 1, FIXED, 3, 0, {0}},
    {83, 1, PARTS, 8, 1, {6}},
    {86, 2, FIXED, 1, 0, {0}},
    {102, 1, FIXED, 1, 0, {0}},
    {120, 1, SIZED, 8, 0, {0}},
    {120, 2, SIZED, 6, 0, {0}},
    {120, 3, FIXED, 6, 0, {0}},
    {120, 4, FIXED, 2, 0, {0}},
    {120, 5, PARTS_AND_REST, 11, 1, {9}},
    {120, 6, SIZED, 5, 0, {0}},
    {120, 7, SIZED, 15, 0, {0}},
    {120, 8, SIZED, 2, 0, {0}},
    {120, 9, SIZED, 0, 0, {0}},
    {120, 10, PARTS, 16, 3, {10, 12, 14}},
    {120, 11, PARTS, 5, 2, {1, 3}},
    {120, 12, PARTS, 8, 1, {6}},
    {120, 13, PARTS, 8, 1, {6}},
    {120, 14, SIZED, 0, 0, {0}},
    {120, 15, SIZED, 0, 0, {0}},
    {121, 1, FIXED, 7, 0, {0}},
    {122, 1, FIXED, 7, 0, {0}},
    {122, 2, FIXED, 13, 0, {0}},
    {0, 0, FIXED, 0, 0, {0}},
};

static const struct layout *
layout_of(const struct dnp3_object *o)
{
	for (size_t i = 0; i < sizeof(LAYOUTS) / sizeof(LAYOUTS[0]); i++)
		if (LAYOUTS[i].group == o->group &&
		    LAYOUTS[i].variation == o->variation)
			return &LAYOUTS[i];
	return NULL;
}

/* --- heads ---------------------------------------------------------------------- */

#define RANGE_CODE(qualifier)  ((qualifier)&0x0f)
#define PREFIX_CODE(qualifier) ((qualifier) >> 4 & 0x07)

/* Little-endian, of so many bytes. */
static uint32_t
number(struct cursor *c, unsigned size)
{
	switch (size) {
	case 1:
		return cur_u8(c);
	case 2:
		return cur_le16(c);
	case 4:
		return cur_le32(c);
	default:
		return 0;
	}
}

/* IEEE 1815, 4.2.2.7.3.3. */
static bool
read_range(struct cursor *c, struct dnp3_object *o)
{
	static const uint8_t from_to[] = {1, 2, 4, 1, 2, 4};
	static const uint8_t counted[] = {[7] = 1, [8] = 2, [9] = 4, [11] = 1};
	unsigned code = RANGE_CODE(o->qualifier);

	if (code < sizeof(from_to)) {
		uint32_t start = number(c, from_to[code]),
			 stop = number(c, from_to[code]);

		if (!cur_ok(c))
			return false;
		o->start = start;
		o->stop = stop;
		if (stop >= start)
			o->count = stop - start < UINT32_MAX ? stop - start + 1
							     : UINT32_MAX;
		return true;
	}
	if (code == 6)
		return true;
	if (code >= sizeof(counted) || counted[code] == 0)
		return false;
	o->count = number(c, counted[code]);
	return cur_ok(c);
}

bool
dnp3_object_head(struct cursor *c, struct dnp3_object *out, enum dnp3_object_is *is)
{
	*out = (struct dnp3_object){.group = cur_u8(c)};
	out->variation = cur_u8(c);
	out->qualifier = cur_u8(c);
	if (!cur_ok(c))
		return false;
	*is = read_range(c, out) ? DNP3_OBJECT_GOOD : DNP3_OBJECT_SHORT;
	return true;
}

/* --- points --------------------------------------------------------------------- */

static void
take_parts(struct cursor *c, const struct layout *l)
{
	struct cursor head = cur_sub(c, l->size);

	for (size_t i = 0; i < l->parts; i++) {
		struct cursor at = head;

		cur_take(&at, l->length_at[i]);
		cur_take(c, cur_le16(&at));
	}
}

static void
take_point(struct cursor *c, const struct layout *l, uint32_t prefix)
{
	size_t before = c->left;

	switch (l->kind) {
	case FIXED:
		cur_take(c, l->size);
		break;
	case SIZED:
		if (prefix < l->size)
			cur_spoil(c);
		cur_take(c, prefix);
		break;
	case PARTS:
		take_parts(c, l);
		break;
	case PARTS_AND_REST:
		take_parts(c, l);
		if (!cur_ok(c) || prefix < before - c->left)
			cur_spoil(c);
		else
			cur_take(c, prefix - (before - c->left));
		break;
	}
}

static void
take_points(struct cursor *c, const struct dnp3_object *o, const struct layout *l)
{
	static const uint8_t prefixes[] = {0, 1, 2, 4, 1, 2, 4, 0};
	unsigned size = prefixes[PREFIX_CODE(o->qualifier)];

	for (uint32_t i = 0; i < o->count && cur_ok(c); i++) {
		size_t before = c->left;
		uint32_t prefix = number(c, size);

		take_point(c, l, prefix);
		if (l[1].group == l->group && l[1].variation == l->variation)
			take_point(c, &l[1], prefix);
		if (c->left == before) /* the others are as empty */
			return;
	}
}

enum dnp3_object_is
dnp3_object_points(struct cursor *c, const struct dnp3_object *o, uint32_t *left)
{
	const struct layout *l = layout_of(o);

	if (o->variation == 0 || o->count == 0)
		return DNP3_OBJECT_GOOD;
	if (o->count > *left)
		return DNP3_OBJECT_POINTS;
	*left -= o->count;
	if (l == NULL)
		return DNP3_OBJECT_UNKNOWN;
	if (l->kind == PACKED)
		cur_take(c, o->count / 8 + 1);
	else
		take_points(c, o, l);
	return cur_ok(c) ? DNP3_OBJECT_GOOD : DNP3_OBJECT_UNKNOWN;
}
