/* SPDX-License-Identifier: EUPL-1.2 */
/* Categories and lists of reputations: two sorted arrays, of addresses and of nets. */
#include "agent/detect/reputation.h"

#include "agent/detect/source.h"
#include "agent/limits.h"

#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCORE_MAX     127
#define FAMILIES      2
#define LENGTHS	      129 /* of prefixes, 0 to 128 */
#define CATEGORY_FORM "\"id,short name,description\" with id 1 to 59"
#define ENTRY_FORM    "\"address or net,category,score\" with category 1 to 59"

struct entry {
	struct addr addr;
	uint8_t category, bits, score;
	uint32_t order; /* in which they were read */
};

struct entries {
	struct entry *e;
	size_t n, cap;
};

struct reputation {
	char name[REPUTATION_CATEGORIES][REPUTATION_NAME_MAX];
	struct entries hosts; /* by address, then category */
	struct entries nets;  /* by category, family, length, address */
	bool length[REPUTATION_CATEGORIES][FAMILIES][LENGTHS]; /* there are such */
};

/* --- lines -------------------------------------------------------------------- */

/* Digits alone. */
static int
number(const char *s, uint64_t max, uint64_t *out)
{
	return strspn(s, "0123456789") == strlen(s) ? str_u64(s, max, out) : -1;
}

/* The last name of a number stays. */
static const char *
read_category(struct reputation *r, char *line)
{
	const char *id = strsep(&line, ","), *name = strsep(&line, ",");
	uint64_t n;

	if (name == NULL || name[0] == '\0' ||
	    number(id, REPUTATION_CATEGORIES - 1, &n) == -1 || n == 0)
		return "a line is " CATEGORY_FORM;
	if (strlen(name) >= REPUTATION_NAME_MAX)
		return "the short name has more than 31 letters";
	str_copy(r->name[n], REPUTATION_NAME_MAX, name);
	return NULL;
}

static void
mask(struct addr *a, unsigned bits)
{
	for (unsigned i = bits; i < 128; i++)
		a->b[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
}

static const char *
add(struct entries *l, const struct entry *e)
{
	if (l->n == REPUTATION_ENTRIES_MAX)
		return "more addresses or nets than a sensor holds (1,048,576 of "
		       "each)";
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 1024 : l->cap * 2;
		struct entry *bigger = realloc(l->e, cap * sizeof(*bigger));

		if (bigger == NULL)
			return "out of memory";
		l->e = bigger;
		l->cap = cap;
	}
	l->e[l->n] = *e;
	l->e[l->n].order = (uint32_t)l->n;
	l->n++;
	return NULL;
}

static const char *
read_entry(struct reputation *r, char *line)
{
	char *address = strsep(&line, ","), *category = strsep(&line, ","),
	     *score = strsep(&line, ","), *bits;
	uint64_t c, s, width;
	struct entry e;

	if (score == NULL || line != NULL ||
	    number(category, REPUTATION_CATEGORIES - 1, &c) == -1 || c == 0)
		return "a line is " ENTRY_FORM;
	if (number(score, SCORE_MAX, &s) == -1)
		return "a score is a number from 0 to 127";
	bits = address;
	strsep(&bits, "/");
	memset(&e, 0, sizeof(e));
	if (addr_parse(address, &e.addr) == -1)
		return "not an address";
	e.category = (uint8_t)c;
	e.score = (uint8_t)s;
	if (bits == NULL)
		return add(&r->hosts, &e);
	if (number(bits, e.addr.family == 4 ? 32 : 128, &width) == -1)
		return "the length of a net is 0 to 32, of IPv6 0 to 128";
	e.bits = (uint8_t)width;
	mask(&e.addr, e.bits);
	r->length[c][e.addr.family == 6][width] = true;
	return add(&r->nets, &e);
}

typedef const char *line_fn(struct reputation *r, char *line);

static int
read_file(struct reputation *r, const struct ruleset_source *source,
    const char *path, line_fn *read_line, char *error, size_t size)
{
	char *text, *rest, *line;
	const char *why = NULL;
	unsigned n = 0;
	size_t len;

	if ((text = source_read(source, path, REPUTATION_FILE_MAX, &len)) == NULL) {
		snprintf(error, size, "%.200s: %s", path, strerror(errno));
		return -1;
	}
	/* It would end the text unseen. */
	if (memchr(text, '\0', len) != NULL) {
		snprintf(error, size, "%.200s: is not text", path);
		free(text);
		return -1;
	}
	for (rest = text; why == NULL && (line = strsep(&rest, "\n")) != NULL;) {
		n++;
		line = str_trim(line);
		if (*line != '\0' && *line != '#')
			why = read_line(r, line);
	}
	free(text);
	if (why == NULL)
		return 0;
	snprintf(error, size, "%.200s:%u: %s", path, n, why);
	return -1;
}

/* --- order -------------------------------------------------------------------- */

static int
host_cmp(const struct entry *a, const struct entry *b)
{
	int c = addr_cmp(&a->addr, &b->addr);

	return c != 0 ? c : (int)a->category - b->category;
}

static int
net_cmp(const struct entry *a, const struct entry *b)
{
	if (a->category != b->category)
		return (int)a->category - b->category;
	return a->bits != b->bits ? (int)a->bits - b->bits
				  : addr_cmp(&a->addr, &b->addr);
}

/* Of the same address the last line counts, of the same net the first. */
static int
host_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = host_cmp(a, b);

	return c != 0 ? c : a->order < b->order ? 1 : -1;
}

static int
net_order(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int c = net_cmp(a, b);

	return c != 0 ? c : a->order < b->order ? -1 : 1;
}

typedef int entry_cmp(const struct entry *a, const struct entry *b);

/* The first of those that are alike stays. */
static void
settle(struct entries *l, int (*order)(const void *, const void *), entry_cmp *cmp)
{
	size_t kept = 0;

	if (l->n == 0)
		return;
	qsort(l->e, l->n, sizeof(l->e[0]), order);
	for (size_t i = 1; i < l->n; i++)
		if (cmp(&l->e[kept], &l->e[i]) != 0)
			l->e[++kept] = l->e[i];
	l->n = kept + 1;
}

/* Index of the first that is not before key. */
static size_t
find(const struct entries *l, const struct entry *key, entry_cmp *cmp)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cmp(&l->e[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* --- the public side ------------------------------------------------------------ */

struct reputation *
reputation_new(const struct ruleset_config *c, char *error, size_t size)
{
	struct reputation *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		snprintf(error, size, "reputations: %s", strerror(errno));
		return NULL;
	}
	if (read_file(r, c->source, c->iprep_categories, read_category, error,
		size) == -1)
		goto fail;
	for (size_t i = 0; i < c->iprep_n; i++)
		if (read_file(r, c->source, c->iprep[i], read_entry, error, size) ==
		    -1)
			goto fail;
	settle(&r->hosts, host_order, host_cmp);
	settle(&r->nets, net_order, net_cmp);
	return r;

fail:
	reputation_free(r);
	return NULL;
}

void
reputation_free(struct reputation *r)
{
	if (r == NULL)
		return;
	free(r->hosts.e);
	free(r->nets.e);
	free(r);
}

int
reputation_category(const struct reputation *r, const char *name)
{
	for (int i = 1; i < REPUTATION_CATEGORIES; i++)
		if (name[0] != '\0' && strcmp(r->name[i], name) == 0)
			return i;
	return -1;
}

/* Is the address listed itself, in any category? */
static bool
host_score(
    const struct entries *l, uint8_t category, const struct addr *a, int *out)
{
	struct entry key = {.addr = *a};
	size_t at = find(l, &key, host_cmp);

	if (at == l->n || addr_cmp(&l->e[at].addr, a) != 0)
		return false;
	key.category = category;
	at = find(l, &key, host_cmp);
	*out = at < l->n && host_cmp(&l->e[at], &key) == 0 ? l->e[at].score : 0;
	return true;
}

int
reputation_score(const struct reputation *r, uint8_t category, const struct addr *a)
{
	struct entry key = {.addr = *a, .category = category};
	const bool *length = r->length[category][a->family == 6];
	int score;
	size_t at;

	if (a->family == 0)
		return -1;
	if (host_score(&r->hosts, category, a, &score))
		return score;
	for (int bits = a->family == 4 ? 32 : 128; bits >= 0; bits--) {
		if (!length[bits])
			continue;
		key.bits = (uint8_t)bits;
		mask(&key.addr, (unsigned)bits);
		at = find(&r->nets, &key, net_cmp);
		if (at < r->nets.n && net_cmp(&r->nets.e[at], &key) == 0)
			return r->nets.e[at].score;
	}
	return -1;
}
