/* SPDX-License-Identifier: EUPL-1.2 */
/* Address and port lists: text into ranges (engine.md 1.1). */
#include "agent/detect/lists.h"

#include "common/str.h"
#include "common/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lists inside lists, and variables inside variables. */
#define LISTS_DEPTH_MAX 16
/* A rule's text is at most 8 KiB; variables may be longer lists. */
#define LISTS_ITEM_MAX 256
#define LISTS_VARS_MAX 4096
#define LISTS_SETS_MAX (256u * 1024)

struct lists {
	struct table *vars;	     /* name -> text */
	struct table *addrs, *ports; /* text -> set */
};

/* --- ranges ---------------------------------------------------------------- */

int
lists_key_cmp(struct list_key a, struct list_key b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo == b.lo ? 0 : a.lo < b.lo ? -1 : 1;
}

static struct list_key
key_next(struct list_key k)
{
	k.hi += ++k.lo == 0;
	return k;
}

static struct list_key
key_before(struct list_key k)
{
	k.hi -= k.lo-- == 0;
	return k;
}

static int
ranges_add(struct list_ranges *s, struct list_key from, struct list_key to)
{
	if (s->n == s->cap) {
		size_t cap = s->cap == 0 ? 4 : s->cap * 2;
		struct list_range *r = realloc(s->r, cap * sizeof(*r));

		if (r == NULL)
			return -1;
		s->r = r;
		s->cap = cap;
	}
	s->r[s->n++] = (struct list_range){from, to};
	return 0;
}

static int
range_cmp(const void *a, const void *b)
{
	return lists_key_cmp(((const struct list_range *)a)->from,
	    ((const struct list_range *)b)->from);
}

/* Sort, and join what overlaps or touches. */
static void
ranges_tidy(struct list_ranges *s)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	qsort(s->r, s->n, sizeof(*s->r), range_cmp);
	for (size_t i = 1; i < s->n; i++) {
		struct list_range *last = &s->r[n];
		bool wraps = last->to.hi == UINT64_MAX && last->to.lo == UINT64_MAX;

		if (wraps || lists_key_cmp(s->r[i].from, key_next(last->to)) <= 0) {
			if (lists_key_cmp(s->r[i].to, last->to) > 0)
				last->to = s->r[i].to;
		} else {
			s->r[++n] = s->r[i];
		}
	}
	s->n = n + 1;
}

/* out = a - b, both tidy. */
static int
ranges_subtract(struct list_ranges *out, const struct list_ranges *a,
    const struct list_ranges *b)
{
	size_t j = 0;

	for (size_t i = 0; i < a->n; i++) {
		struct list_key from = a->r[i].from;
		bool done = false;

		while (j < b->n && lists_key_cmp(b->r[j].to, from) < 0)
			j++;
		for (size_t k = j; k < b->n && !done; k++) {
			if (lists_key_cmp(b->r[k].from, a->r[i].to) > 0)
				break;
			if (lists_key_cmp(b->r[k].from, from) > 0 &&
			    ranges_add(out, from, key_before(b->r[k].from)) == -1)
				return -1;
			if (lists_key_cmp(b->r[k].to, a->r[i].to) >= 0)
				done = true;
			else
				from = key_next(b->r[k].to);
		}
		if (!done && ranges_add(out, from, a->r[i].to) == -1)
			return -1;
	}
	return 0;
}

static bool
ranges_have(const struct list_ranges *s, struct list_key k)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (lists_key_cmp(s->r[mid].to, k) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->n && lists_key_cmp(s->r[lo].from, k) <= 0;
}

/* --- the reader: a stack of open lists and variables ----------------------- */

/* Ports use family 0 only; addresses 0 (IPv4) and 1 (IPv6). */
enum {
	FAMILY_V4,
	FAMILY_V6,
	FAMILIES
};

struct frame {
	const char *text; /* what is left, when it is a variable's */
	struct list_ranges plus[FAMILIES], minus[FAMILIES];
	bool has_plus;
	bool negated;	  /* it goes to its parent's minus */
	bool bracket;	  /* ends at ']', else at the end of text */
	const char *name; /* of the variable */
};

struct reader {
	struct lists *lists;
	bool ports;
	bool negated; /* a '!' stood somewhere */
	struct frame frame[LISTS_DEPTH_MAX];
	size_t depth;
	char *error;
	size_t error_size;
};

static const struct list_key KEY_MAX[FAMILIES] = {
    {0, UINT32_MAX}, {UINT64_MAX, UINT64_MAX}};

static int
reader_fail(struct reader *r, const char *what, const char *item, size_t len)
{
	snprintf(r->error, r->error_size, "%s \"%.*s\": %s",
	    r->ports ? "port list" : "address list", (int)(len > 80 ? 80 : len),
	    item, what);
	errno = EINVAL;
	return -1;
}

static struct list_key
key_full(const struct reader *r, int family)
{
	return r->ports ? (struct list_key){0, 65535} : KEY_MAX[family];
}

static int
add_everything(const struct reader *r, struct list_ranges set[FAMILIES])
{
	for (int i = 0; i < (r->ports ? 1 : FAMILIES); i++)
		if (ranges_add(&set[i], (struct list_key){0, 0}, key_full(r, i)) ==
		    -1)
			return -1;
	return 0;
}

struct list_key
lists_key(const struct addr *a)
{
	struct list_key k = {0, 0};
	int n = a->family == 4 ? 4 : 16;

	for (int i = 0; i < n; i++) {
		k.hi = (k.hi << 8) | (k.lo >> 56);
		k.lo = (k.lo << 8) | a->b[i];
	}
	return k;
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
	uint32_t v = (uint32_t)lists_key(m).lo;
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
	from = to = lists_key(&a);
	if (dash != NULL) {
		if (slash != NULL || addr_parse(str_trim(dash + 1), &b) == -1 ||
		    b.family != a.family)
			return -1;
		to = lists_key(&b);
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
	if (lists_key_cmp(from, to) > 0)
		return -1;
	return ranges_add(&set[a.family == 4 ? FAMILY_V4 : FAMILY_V6], from, to);
}

static int
add_item(
    struct reader *r, struct frame *f, const char *text, size_t len, bool negated)
{
	char item[LISTS_ITEM_MAX];
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
	if (r->ports ? port_item(item, set) == -1 : addr_item(item, set) == -1)
		return reader_fail(r,
		    r->ports ? "not a port, \"from:to\", \"any\" or a $VARIABLE"
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
	char what[LISTS_ITEM_MAX];
	const char *value = table_get(r->lists->vars, name, len);

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
		r->negated |= *s == '!';
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

static int
read_list(struct reader *r, const char *text, struct list_ranges out[FAMILIES])
{
	size_t depth;
	int rc;

	if (frame_push(r, text, NULL, false) == -1)
		return -1;
	do {
		do {
			depth = r->depth;
			if ((rc = read_item(r)) == -1)
				goto done;
		} while (r->depth > depth);
	} while ((rc = read_next(r)) == 1);
	if (rc == 0)
		rc = frame_value(r, &r->frame[0], out);
	if (rc == 0 && out[0].n == 0 && out[1].n == 0)
		rc = reader_fail(r, "nothing is left in it", text, strlen(text));
done:
	while (r->depth > 0)
		frame_release(&r->frame[--r->depth]);
	return rc;
}

/* --- the public side ------------------------------------------------------- */

static bool
ranges_full(const struct list_ranges *s, struct list_key max)
{
	return s->n == 1 && s->r[0].from.hi == 0 && s->r[0].from.lo == 0 &&
	    lists_key_cmp(s->r[0].to, max) == 0;
}

static void
addr_set_free(void *p)
{
	struct addr_set *s = p;

	if (s == NULL)
		return;
	free(s->v4.r);
	free(s->v6.r);
	free(s);
}

static void
port_set_free(void *p)
{
	struct port_set *s = p;

	if (s == NULL)
		return;
	free(s->r.r);
	free(s);
}

struct lists *
lists_new(void)
{
	struct lists *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	if ((l->vars = table_new(LISTS_VARS_MAX, free)) == NULL ||
	    (l->addrs = table_new(LISTS_SETS_MAX, addr_set_free)) == NULL ||
	    (l->ports = table_new(LISTS_SETS_MAX, port_set_free)) == NULL) {
		lists_free(l);
		return NULL;
	}
	return l;
}

void
lists_free(struct lists *l)
{
	if (l == NULL)
		return;
	table_free(l->vars);
	table_free(l->addrs);
	table_free(l->ports);
	free(l);
}

int
lists_set(
    struct lists *l, const char *name, const char *value, char *error, size_t size)
{
	size_t len = strlen(name);
	char *copy;

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			len = 0;
	if (len == 0 || len >= LISTS_ITEM_MAX) {
		snprintf(error, size,
		    "\"%.60s\" is no variable name (letters, digits and _)", name);
		return -1;
	}
	free(table_take(l->vars, name, len));
	if ((copy = strdup(value)) == NULL ||
	    table_put(l->vars, name, len, copy) == -1) {
		free(copy);
		snprintf(error, size, "variable %s: %s", name, strerror(errno));
		return -1;
	}
	return 0;
}

const struct addr_set *
lists_addr(struct lists *l, const char *text, char *error, size_t size)
{
	struct reader r = {.lists = l, .error = error, .error_size = size};
	struct list_ranges out[FAMILIES] = {{NULL, 0, 0}, {NULL, 0, 0}};
	struct addr_set *s = table_get(l->addrs, text, strlen(text));

	if (s != NULL)
		return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		goto fail;
	if (read_list(&r, text, out) == -1)
		goto fail;
	s->v4 = out[FAMILY_V4];
	s->v6 = out[FAMILY_V6];
	s->any = ranges_full(&s->v4, KEY_MAX[FAMILY_V4]) &&
	    ranges_full(&s->v6, KEY_MAX[FAMILY_V6]);
	s->negated = r.negated;
	if (table_put(l->addrs, text, strlen(text), s) == -1) {
		addr_set_free(s);
		return NULL;
	}
	return s;

fail:
	free(out[FAMILY_V4].r);
	free(out[FAMILY_V6].r);
	free(s);
	return NULL;
}

const struct port_set *
lists_port(struct lists *l, const char *text, char *error, size_t size)
{
	struct reader r = {
	    .lists = l, .ports = true, .error = error, .error_size = size};
	struct list_ranges out[FAMILIES] = {{NULL, 0, 0}, {NULL, 0, 0}};
	struct port_set *s = table_get(l->ports, text, strlen(text));

	if (s != NULL)
		return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		goto fail;
	if (read_list(&r, text, out) == -1)
		goto fail;
	s->r = out[0];
	s->any = ranges_full(&s->r, (struct list_key){0, 65535});
	if (table_put(l->ports, text, strlen(text), s) == -1) {
		port_set_free(s);
		return NULL;
	}
	return s;

fail:
	free(out[0].r);
	free(s);
	return NULL;
}

bool
lists_has_addr(const struct addr_set *s, const struct addr *a)
{
	if (s->any)
		return true;
	if (a->family == 0)
		return false;
	return ranges_have(a->family == 4 ? &s->v4 : &s->v6, lists_key(a));
}

bool
lists_has_port(const struct port_set *s, uint16_t port)
{
	return s->any || ranges_have(&s->r, (struct list_key){0, port});
}
