/* SPDX-License-Identifier: EUPL-1.2 */
#include "agent/bundle_rules.h"

#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETS_MAX 1024

struct bundle_rules {
	struct bundle_rules_config config;
	struct bundle *bundle;
	struct ruleset_source source;
	uint64_t compiled;
	const uint8_t *map; /* of the whole file, when it is placed */
	size_t map_len;
	char *variables; /* text that the first of sets point into */
	const char *set[SETS_MAX];
	size_t sets;
	const char **iprep; /* names of the lists of reputations */
	size_t iprep_n;
	struct ruleset *rs;
	uint64_t refused; /* when it was made */
	/* The part at hand. */
	size_t part;
	char *text; /* NULL when it is placed */
	struct span rest;
	unsigned line;
};

/* --- what the ruleset asks for ---------------------------------------------------- */

static char *
on_read(void *arg, const char *path, size_t max, size_t *len)
{
	static const enum bundle_kind KINDS[] = {BUNDLE_CLASSIFICATION,
	    BUNDLE_THRESHOLD, BUNDLE_FILE, BUNDLE_IPREP_CATEGORIES, BUNDLE_IPREP};
	const struct bundle_rules *r = arg;
	const struct bundle_part *part = NULL;

	for (size_t i = 0; part == NULL && i < sizeof(KINDS) / sizeof(KINDS[0]);
	     i++)
		part = bundle_find(r->bundle, KINDS[i], path);
	if (part == NULL || part->len > max) {
		errno = part == NULL ? ENOENT : EFBIG;
		return NULL;
	}
	if (len != NULL)
		*len = (size_t)part->len;
	return bundle_read(r->bundle, part);
}

static bool
on_find(void *arg, const char *name, struct ruleset_database *db)
{
	const struct bundle_rules *r = arg;
	const struct bundle_part *part = bundle_find(
	    r->bundle, r->map != NULL ? BUNDLE_PLACED : BUNDLE_PATTERNS, name);
	const uint8_t *bytes;

	if (part == NULL)
		return false;
	bytes = r->map != NULL ? r->map + part->offset
			       : (uint8_t *)bundle_read(r->bundle, part);
	*db = (struct ruleset_database){
	    {bytes, (size_t)part->len}, .placed = r->map != NULL};
	return bytes != NULL;
}

static int
on_keep(void *arg, const char *name, bool placed, struct span bytes)
{
	const struct bundle_rules *r = arg;

	return r->config.keep(r->config.keep_arg, name, placed, bytes);
}

/* --- making it -------------------------------------------------------------------- */

static int
map(struct bundle_rules *r)
{
	struct stat st;
	void *p;

	if (fstat(r->config.fd, &st) == -1 || st.st_size <= 0)
		return -1;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, r->config.fd, 0);
	if (p == MAP_FAILED)
		return -1;
	r->map = p;
	r->map_len = (size_t)st.st_size;
	return 0;
}

/* The bundle's variables first: later ones win. */
static int
collect_sets(struct bundle_rules *r)
{
	const struct bundle_part *part =
	    bundle_find(r->bundle, BUNDLE_VARIABLES, NULL);
	char *rest, *line;

	if (part != NULL && (r->variables = bundle_read(r->bundle, part)) == NULL)
		return -1;
	for (rest = r->variables; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0' && r->sets < SETS_MAX)
			r->set[r->sets++] = line;
	for (size_t i = 0; i < r->config.sets_n && r->sets < SETS_MAX; i++)
		r->set[r->sets++] = r->config.sets[i];
	errno = E2BIG;
	return r->sets < SETS_MAX ? 0 : -1;
}

static int
count_refused(struct bundle_rules *r)
{
	const struct bundle_part *part =
	    bundle_find(r->bundle, BUNDLE_REFUSED, NULL);
	char *text;

	if (part == NULL)
		return 0;
	if ((text = bundle_read(r->bundle, part)) == NULL)
		return -1;
	for (const char *s = text; (s = strchr(s, '\n')) != NULL; s++)
		r->refused++;
	free(text);
	return 0;
}

static const char *
part_name(const struct bundle *b, enum bundle_kind kind)
{
	const struct bundle_part *part = bundle_find(b, kind, NULL);

	return part == NULL ? NULL : part->name;
}

static int
collect_iprep(struct bundle_rules *r)
{
	const struct bundle_part *part;
	size_t n = bundle_parts(r->bundle, &part);

	if ((r->iprep = calloc(n + 1, sizeof(*r->iprep))) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (part[i].kind == BUNDLE_IPREP)
			r->iprep[r->iprep_n++] = part[i].name;
	return 0;
}

struct bundle_rules *
bundle_rules_new(const struct bundle_rules_config *c, char *error, size_t size)
{
	struct bundle_rules *r = calloc(1, sizeof(*r));
	struct ruleset_config config = {.keep_text = c->keep_text};

	snprintf(error, size, "out of memory");
	if (r == NULL)
		return NULL;
	r->config = *c;
	r->source = (struct ruleset_source){.arg = r,
	    .read = on_read,
	    .find = on_find,
	    .keep = c->keep == NULL ? NULL : on_keep,
	    .place = c->keep != NULL,
	    .compiled = &r->compiled};
	if ((r->bundle = bundle_open(c->fd, error, size)) == NULL)
		goto fail;
	if ((c->placed && map(r) == -1) || collect_sets(r) == -1 ||
	    count_refused(r) == -1 || collect_iprep(r) == -1) {
		snprintf(error, size, "%s", strerror(errno));
		goto fail;
	}
	config.sets = r->set;
	config.sets_n = r->sets;
	config.classification = part_name(r->bundle, BUNDLE_CLASSIFICATION);
	config.threshold = part_name(r->bundle, BUNDLE_THRESHOLD);
	config.iprep_categories = part_name(r->bundle, BUNDLE_IPREP_CATEGORIES);
	config.iprep = r->iprep;
	config.iprep_n = r->iprep_n;
	config.source = &r->source;
	if ((r->rs = ruleset_new(&config, error, size)) == NULL)
		goto fail;
	return r;

fail:
	bundle_rules_free(r);
	return NULL;
}

void
bundle_rules_free(struct bundle_rules *r)
{
	if (r == NULL)
		return;
	ruleset_free(r->rs);
	if (r->map != NULL)
		munmap((void *)(uintptr_t)r->map, r->map_len);
	bundle_free(r->bundle);
	free(r->text);
	free(r->variables);
	free(r->iprep);
	free(r);
}

const struct bundle *
bundle_rules_bundle(const struct bundle_rules *r)
{
	return r->bundle;
}

struct ruleset *
bundle_rules_set(const struct bundle_rules *r)
{
	return r->rs;
}

uint64_t
bundle_rules_compiled(const struct bundle_rules *r)
{
	return r->compiled;
}

uint64_t
bundle_rules_refused(const struct bundle_rules *r)
{
	return r->refused + ruleset_refusals(r->rs, NULL);
}

/* --- loading ---------------------------------------------------------------------- */

/* About two milliseconds. */
#define RULES_AT_ONCE 128

static int
begin_part(struct bundle_rules *r, const struct bundle_part *part)
{
	r->line = 0;
	if (r->map != NULL) {
		r->rest = (struct span){r->map + part->offset, (size_t)part->len};
		return 0;
	}
	free(r->text);
	if ((r->text = bundle_read(r->bundle, part)) == NULL)
		return -1;
	r->rest = (struct span){(uint8_t *)r->text, (size_t)part->len};
	return 0;
}

static int
load_failed(const struct bundle_part *part, char *error, size_t size)
{
	snprintf(error, size, "its rules of %.200s: %s", part->name,
	    errno == EBADMSG ? "they are damaged; fetch the bundle again"
			     : strerror(errno));
	return -1;
}

/* Text that was read once need not count as this process's memory. */
static void
forget_part(const struct bundle_rules *r, const struct bundle_part *part)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t from = (size_t)part->offset / page * page;

	if (r->map != NULL)
		madvise((void *)(uintptr_t)(r->map + from),
		    (size_t)(part->offset + part->len) - from, MADV_DONTNEED);
}

int
bundle_rules_load_some(struct bundle_rules *r, char *error, size_t size)
{
	const struct bundle_part *part;
	size_t n = bundle_parts(r->bundle, &part);

	if (r->rest.len > 0)
		return ruleset_load_lines(r->rs, &r->rest, RULES_AT_ONCE,
			   part[r->part - 1].name, &r->line) == -1
		    ? load_failed(&part[r->part - 1], error, size)
		    : 1;
	if (r->part > 0 && r->part <= n)
		forget_part(r, &part[r->part - 1]);
	while (r->part < n && part[r->part].kind != BUNDLE_RULES)
		r->part++;
	if (r->part < n)
		return begin_part(r, &part[r->part++]) == -1
		    ? load_failed(&part[r->part - 1], error, size)
		    : 1;
	free(r->text);
	r->text = NULL;
	return ruleset_finish_some(r->rs, error, size);
}

int
bundle_rules_load(struct bundle_rules *r, char *error, size_t size)
{
	int more;

	while ((more = bundle_rules_load_some(r, error, size)) == 1)
		;
	return more;
}

int
bundle_rules_free_some(struct bundle_rules *r)
{
	if (r->rs != NULL && ruleset_free_some(r->rs) == 1)
		return 1;
	r->rs = NULL;
	bundle_rules_free(r);
	return 0;
}
