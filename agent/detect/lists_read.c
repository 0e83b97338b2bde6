/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Reading an address or port list (engine.md 1.1): items into ranges, with a stack
 * of the lists and variables that are open, so that depth has a bound.
 */
#include "agent/detect/lists_read.h"

#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lists inside lists, and variables inside variables. */
#define LISTS_DEPTH_MAX 16

struct frame {
	const char *text; /* what is left, when it is a variable's */
	struct list_ranges plus[FAMILIES], minus[FAMILIES];
	bool has_plus;
	bool negated;	  /* it goes to its parent's minus */
	bool bracket;	  /* ends at ']', else at the end of text */
	const char *name; /* of the variable */
};

struct reader {
	struct lists_read *q;
	struct frame frame[LISTS_DEPTH_MAX];
	size_t depth;
};

const struct list_key lists_read_max[FAMILIES] = {
    {0, UINT32_MAX}, {UINT64_MAX, UINT64_MAX}};

static int
reader_fail(struct reader *r, const char *what, const char *item, size_t len)
{
	snprintf(r->q->error, r->q->error_size, "%s \"%.*s\": %s",
	    r->q->ports ? "port list" : "address list", (int)(len > 80 ? 80 : len),
	    item, what);
	errno = EINVAL;
	return -1;
}

static struct list_key
key_full(const struct reader *r, int family)
{
	return r->q->ports ? (struct list_key){0, 65535} : lists_read_max[family];
}

static int
add_everything(const struct reader *r, struct list_ranges set[FAMILIES])
{
	for (int i = 0; i < (r->q->ports ? 1 : FAMILIES); i++)
		if (ranges_add(&set[i], (struct list_key){0, 0}, key_full(r, i)) ==
		    -1)
			return -1;
	return 0;
}

static int
port_item(const char *s, struct list_ranges set[FAMILIES])
{
	char *colon = strchr(s, ':');
	uint64_t from = 0, to = 65535;

	if (colon == NULL) {
		if (str_u64(s, 65535, &from) == -1)
			return -1;
		to = from;
	} else {
		*colon = '\0';
		if (s[0] != '\0' && str_u64(s, 65535, &from) == -1)
			return -1;
		if (colon[1] != '\0' && str_u64(colon + 1, 65535, &to) == -1)
			return -1;
		if (s[0] == '\0' && colon[1] == '\0')
			return -1;
	}
	if (from > to)
		return -1;
	return ranges_add(
	    &set[0], (struct list_key){0, from}, (struct list_key){0, to});
}

/* Leading ones of a netmask written as an address; -1 when it has holes. */
static int
mask_bits(const struct addr *m)
{
	uint32_t v = (uint32_t)ranges_key(m).lo;
	int bits = 0;

	while (bits < 32 && (v & 0x80000000u)) {
		v <<= 1;
		bits++;
	}
	return v == 0 ? bits : -1;
}

static int
net_bits(const char *s, const struct addr *a)
{
	struct addr m;
	uint64_t bits;

	if (a->family == 4 && strchr(s, '.') != NULL)
		return addr_parse(s, &m) == -1 || m.family != 4 ? -1
								: mask_bits(&m);
	if (str_u64(s, a->family == 4 ? 32 : 128, &bits) == -1)
		return -1;
	return (int)bits;
}

static int
addr_item(char *s, struct list_ranges set[FAMILIES])
{
	char *slash = strchr(s, '/'), *dash = strchr(s, '-');
	struct addr a, b;
	struct list_key from, to;
	int bits, width;

	if (slash != NULL)
		*slash = '\0';
	if (dash != NULL)
		*dash = '\0';
	if (addr_parse(str_trim(s), &a) == -1)
		return -1;
	from = to = ranges_key(&a);
	if (dash != NULL) {
		if (slash != NULL || addr_parse(str_trim(dash + 1), &b) == -1 ||
		    b.family != a.family)
			return -1;
		to = ranges_key(&b);
	} else if (slash != NULL) {
		width = a.family == 4 ? 32 : 128;
		if ((bits = net_bits(slash + 1, &a)) == -1)
			return -1;
		for (int i = 0; i < width - bits; i++) {
			uint64_t *w = i < 64 ? &to.lo : &to.hi;
			uint64_t *f = i < 64 ? &from.lo : &from.hi;

			*w |= (uint64_t)1 << (i % 64);
			*f &= ~((uint64_t)1 << (i % 64));
		}
	}
	if (ranges_key_cmp(from, to) > 0)
		return -1;
	return ranges_add(&set[a.family == 4 ? FAMILY_V4 : FAMILY_V6], from, to);
}

static int
add_item(
    struct reader *r, struct frame *f, const char *text, size_t len, bool negated)
{
	char item[LISTS_READ_ITEM_MAX];
	struct list_ranges *set = negated ? f->minus : f->plus;

	if (len == 0)
		return reader_fail(r, "an item is empty", text, len);
	if (len >= sizeof(item))
		return reader_fail(r, "an item is too long", text, len);
	memcpy(item, text, len);
	item[len] = '\0';
	f->has_plus |= !negated;
	if (strcasecmp(item, "any") == 0) {
		if (negated)
			return reader_fail(
			    r, "\"!any\" can never match", text, len);
		return add_everything(r, set);
	}
	if (r->q->ports ? port_item(item, set) == -1 : addr_item(item, set) == -1)
		return reader_fail(r,
		    r->q->ports ? "not a port, \"from:to\", \"any\" or a $VARIABLE"
				: "not an address, a net, \"any\" or a $VARIABLE",
		    text, len);
	return 0;
}

/* The set that an ended frame means, added to where it belongs. */
static int
frame_value(struct reader *r, struct frame *f, struct list_ranges out[FAMILIES])
{
	if (!f->has_plus && add_everything(r, f->plus) == -1)
		return -1;
	for (int i = 0; i < FAMILIES; i++) {
		ranges_tidy(&f->plus[i]);
		ranges_tidy(&f->minus[i]);
		if (ranges_subtract(&out[i], &f->plus[i], &f->minus[i]) == -1)
			return -1;
	}
	return 0;
}

static void
frame_release(struct frame *f)
{
	for (int i = 0; i < FAMILIES; i++) {
		free(f->plus[i].r);
		free(f->minus[i].r);
	}
	memset(f, 0, sizeof(*f));
}

static int
frame_push(struct reader *r, const char *text, const char *name, bool negated)
{
	struct frame *f;

	if (r->depth == LISTS_DEPTH_MAX)
		return reader_fail(
		    r, "lists are nested too deep", text, strlen(text));
	for (size_t i = 0; name != NULL && i < r->depth; i++)
		if (r->frame[i].name != NULL && strcmp(r->frame[i].name, name) == 0)
			return reader_fail(
			    r, "a variable contains itself", name, strlen(name));
	f = &r->frame[r->depth++];
	memset(f, 0, sizeof(*f));
	f->text = text;
	f->name = name;
	f->negated = negated;
	f->bracket = name == NULL && r->depth > 1;
	return 0;
}

static int
frame_pop(struct reader *r)
{
	struct frame *f = &r->frame[--r->depth], *up = f - 1;
	struct list_ranges *to = f->negated ? up->minus : up->plus;
	const char *text = f->text;
	bool bracket = f->bracket;
	int rc;

	up->has_plus |= !f->negated;
	rc = frame_value(r, f, to);
	frame_release(f);
	if (bracket) /* reading goes on behind the bracket */
		up->text = text;
	return rc;
}

static int
push_variable(struct reader *r, const char *name, size_t len, bool negated)
{
	char what[LISTS_READ_ITEM_MAX];
	const char *value = table_get(r->q->vars, name, len);

	if (value == NULL) {
		snprintf(what, sizeof(what),
		    "the variable is not defined; give it with --set %.*s=...",
		    (int)(len > 60 ? 60 : len), name);
		return reader_fail(r, what, name - 1, len + 1);
	}
	return frame_push(r, value, value, negated);
}

/* One step of the reader on the top frame: an item, a bracket or a variable. */
static int
read_item(struct reader *r)
{
	struct frame *f = &r->frame[r->depth - 1];
	const char *s = f->text;
	bool negated = false;
	size_t len;

	while (isspace((unsigned char)*s) || *s == '!') {
		negated ^= *s == '!';
		r->q->negated |= *s == '!';
		s++;
	}
	if (*s == '[') {
		f->text = s;
		return frame_push(r, s + 1, NULL, negated);
	}
	len = strcspn(s, ",[]");
	while (len > 0 && isspace((unsigned char)s[len - 1]))
		len--;
	f->text = s + strcspn(s, ",[]");
	if (*s == '$')
		return push_variable(r, s + 1, len - 1, negated);
	return add_item(r, f, s, len, negated);
}

/* After an item: what may follow.  1: an item, 0: all read, -1 wrong. */
static int
read_next(struct reader *r)
{
	for (;;) {
		struct frame *f = &r->frame[r->depth - 1];

		while (isspace((unsigned char)*f->text))
			f->text++;
		if (*f->text == ',') {
			f->text++;
			return 1;
		}
		if (*f->text == ']' && f->bracket)
			f->text++;
		else if (*f->text != '\0' || f->bracket)
			return reader_fail(r,
			    f->bracket ? "a \"]\" is missing" : "unexpected text",
			    f->text, strlen(f->text));
		else if (r->depth == 1)
			return 0;
		if (frame_pop(r) == -1)
			return -1;
	}
}

int
lists_read_text(
    struct lists_read *q, const char *text, struct list_ranges out[FAMILIES])
{
	struct reader r = {.q = q};
	size_t depth;
	int rc;

	if (frame_push(&r, text, NULL, false) == -1)
		return -1;
	do {
		do {
			depth = r.depth;
			if ((rc = read_item(&r)) == -1)
				goto done;
		} while (r.depth > depth);
	} while ((rc = read_next(&r)) == 1);
	if (rc == 0)
		rc = frame_value(&r, &r.frame[0], out);
	if (rc == 0 && out[0].n == 0 && out[1].n == 0)
		rc = reader_fail(&r, "nothing is left in it", text, strlen(text));
done:
	while (r.depth > 0)
		frame_release(&r.frame[--r.depth]);
	return rc;
}
