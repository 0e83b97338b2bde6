/* SPDX-License-Identifier: EUPL-1.2 */
/* The set of Sigma rules: memory, loading, finding by id or name. */
#include "collector/correlate/sigma.h"

#include "collector/correlate/sigma_parse.h"
#include "collector/correlate/sigma_regex.h"
#include "common/crc32c.h"
#include "common/str.h"
#include "common/table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct block {
	struct block *next;
	max_align_t data[];
};

struct kept_regex {
	struct kept_regex *next;
	struct sigma_regex *regex;
};

struct sigma_set {
	struct block *blocks;
	struct kept_regex *regexes;
	struct sigma_rule **rule;
	size_t rules, room;
	struct table *names; /* id and name -> rule */
};

static const char *const levels[] = {
    [SIGMA_INFORMATIONAL] = "informational",
    [SIGMA_LOW] = "low",
    [SIGMA_MEDIUM] = "medium",
    [SIGMA_HIGH] = "high",
    [SIGMA_CRITICAL] = "critical",
};

const char *
sigma_level_name(enum sigma_level l)
{
	return levels[l];
}

struct sigma_set *
sigma_new(void)
{
	struct sigma_set *s = calloc(1, sizeof(*s));

	if (s != NULL &&
	    (s->names = table_new(2 * SIGMA_RULES_MAX, NULL)) == NULL) {
		free(s);
		return NULL;
	}
	return s;
}

void
sigma_free(struct sigma_set *s)
{
	if (s == NULL)
		return;
	for (struct kept_regex *k = s->regexes; k != NULL; k = k->next)
		sigma_regex_free(k->regex);
	while (s->blocks != NULL) {
		struct block *b = s->blocks;

		s->blocks = b->next;
		free(b);
	}
	table_free(s->names);
	free(s->rule);
	free(s);
}

void *
sigma_alloc(struct sigma_parse *p, size_t n, size_t size)
{
	struct block *b = NULL;

	if (n <= (SIZE_MAX / 2 - sizeof(*b)) / size)
		b = calloc(1, sizeof(*b) + n * size);
	if (b == NULL) {
		sigma_fail(p, 0, "out of memory");
		return NULL;
	}
	b->next = p->set->blocks;
	p->set->blocks = b;
	return b->data;
}

const char *
sigma_copy(struct sigma_parse *p, const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = sigma_alloc(p, n, 1);

	return copy == NULL ? NULL : memcpy(copy, text, n);
}

int
sigma_keep_regex(struct sigma_parse *p, struct sigma_regex *r)
{
	struct kept_regex *k = sigma_alloc(p, 1, sizeof(*k));

	if (k == NULL) {
		sigma_regex_free(r);
		return -1;
	}
	*k = (struct kept_regex){.next = p->set->regexes, .regex = r};
	p->set->regexes = k;
	return 0;
}

int
sigma_fail(struct sigma_parse *p, unsigned line, const char *fmt, ...)
{
	va_list ap;

	if (p->failed)
		return -1;
	p->failed = true;
	p->line = line;
	va_start(ap, fmt);
	vsnprintf(p->error, sizeof(p->error), fmt, ap);
	va_end(ap);
	return -1;
}

int
sigma_field(
    struct sigma_parse *p, unsigned line, const char *name, struct field_ref *f)
{
	const char *copy = sigma_copy(p, name);

	if (copy == NULL)
		return -1;
	if (strlen(name) >= SIGMA_FIELD_NAME_MAX || fields_find(copy, f) == -1)
		return sigma_fail(p, line,
		    "no record has a field \"%.80s\"; docs/sigma.md lists the "
		    "fields",
		    name);
	return 0;
}

struct sigma_rule *
sigma_find(struct sigma_set *s, const char *name)
{
	return table_get(s->names, name, strlen(name));
}

/* --- one document ------------------------------------------------------------ */

static int
read_level(struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	const char *text = yaml_text(doc, "level", "medium");

	for (int i = 0; i < SIGMA_LEVELS; i++) {
		if (strcmp(levels[i], text) == 0) {
			r->level = (enum sigma_level)i;
			return 0;
		}
	}
	return sigma_fail(p, yaml_get(doc, "level")->line,
	    "level \"%s\": it is informational, low, medium, high or critical",
	    text);
}

/* "attack.t1110.001" is a technique; tactics and other name spaces are left alone.
 */
static int
read_tags(struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	const struct yaml_node *tags = yaml_get(doc, "tags");
	const char **attack = sigma_alloc(p, SIGMA_TECHNIQUES_MAX, sizeof(*attack));

	if (attack == NULL)
		return -1;
	r->attack = attack;
	if (tags == NULL)
		return 0;
	for (const struct yaml_node *t = tags->child; t != NULL; t = t->next) {
		char text[24];

		if (t->kind != YAML_SCALAR)
			return sigma_fail(
			    p, t->line, "a tag is one word, as attack.t1110");
		if (!str_starts(t->text, "attack.t") ||
		    !isdigit((unsigned char)t->text[8]))
			continue;
		if (r->attacks == SIGMA_TECHNIQUES_MAX ||
		    str_copy(text, sizeof(text), t->text + 7) == -1)
			return sigma_fail(p, t->line,
			    "too long, or more than %d techniques",
			    SIGMA_TECHNIQUES_MAX);
		text[0] = 'T';
		if ((attack[r->attacks++] = sigma_copy(p, text)) == NULL)
			return -1;
	}
	return 0;
}

static int
read_text(struct sigma_parse *p, const struct yaml_node *doc, const char *key,
    const char **out)
{
	const struct yaml_node *n = yaml_get(doc, key);

	*out = NULL;
	if (n == NULL)
		return 0;
	if (n->kind != YAML_SCALAR || n->text[0] == '\0' || strlen(n->text) > 256)
		return sigma_fail(
		    p, n->line, "\"%s\" is a text of 1 to 256 bytes", key);
	return (*out = sigma_copy(p, n->text)) == NULL ? -1 : 0;
}

/* "stadswacht: {title_nl: ...}": our own key, as the specification allows. */
static int
read_own(struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	const struct yaml_node *own = yaml_get(doc, "stadswacht");

	if (own == NULL)
		return 0;
	if (own->kind != YAML_MAP)
		return sigma_fail(p, own->line, "\"stadswacht\" holds title_nl");
	for (const struct yaml_node *n = own->child; n != NULL; n = n->next) {
		if (strcmp(n->key, "title_nl") != 0)
			return sigma_fail(p, n->line,
			    "\"stadswacht\" holds title_nl, not \"%.80s\"", n->key);
	}
	return read_text(p, own, "title_nl", &r->title_nl);
}

static int
read_meta(struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	char key[512];

	if (read_text(p, doc, "title", &r->title) == -1 ||
	    read_text(p, doc, "id", &r->id) == -1 ||
	    read_text(p, doc, "name", &r->name) == -1 ||
	    read_own(p, doc, r) == -1 || read_level(p, doc, r) == -1 ||
	    read_tags(p, doc, r) == -1)
		return -1;
	if (r->title == NULL)
		return sigma_fail(p, doc->line, "a rule needs a \"title\"");
	snprintf(key, sizeof(key), "%s", r->title);
	r->key = r->id != NULL ? r->id
	    : r->name != NULL  ? r->name
			       : sigma_copy(p, key);
	if (r->key == NULL)
		return -1;
	r->sid = crc32c(0, r->key, strlen(r->key)) & 0x7fffffffu;
	return 0;
}

static int
refuse_kind(struct sigma_parse *p, const struct yaml_node *doc)
{
	const struct yaml_node *n;

	if ((n = yaml_get(doc, "filter")) != NULL)
		return sigma_fail(p, n->line,
		    "filter documents are not supported yet; put the exclusion in "
		    "the rule");
	if ((n = yaml_get(doc, "action")) != NULL)
		return sigma_fail(p, n->line,
		    "\"action\" is no longer Sigma; write each document in full");
	return sigma_fail(
	    p, doc->line, "neither \"detection\" nor \"correlation\" is here");
}

static int
add_name(struct sigma_parse *p, const char *name, struct sigma_rule *r)
{
	if (name == NULL)
		return 0;
	if (sigma_find(p->set, name) != NULL)
		return sigma_fail(p, r->line,
		    "\"%s\" is also the id or name of %s:%u", name,
		    sigma_find(p->set, name)->file, sigma_find(p->set, name)->line);
	if (table_put(p->set->names, name, strlen(name), r) == -1)
		return sigma_fail(
		    p, r->line, "more than %d rules", SIGMA_RULES_MAX);
	return 0;
}

static int
add_rule(struct sigma_parse *p, struct sigma_rule *r)
{
	struct sigma_set *s = p->set;

	if (s->rules == SIGMA_RULES_MAX)
		return sigma_fail(
		    p, r->line, "more than %d rules", SIGMA_RULES_MAX);
	if (s->rules == s->room) {
		size_t room = s->room == 0 ? 64 : 2 * s->room;
		struct sigma_rule **more = realloc(s->rule, room * sizeof(*more));

		if (more == NULL)
			return sigma_fail(p, r->line, "out of memory");
		s->rule = more;
		s->room = room;
	}
	if (add_name(p, r->id, r) == -1)
		return -1;
	if (add_name(p, r->name, r) == -1) {
		if (r->id != NULL)
			table_take(s->names, r->id, strlen(r->id));
		return -1;
	}
	r->index = (unsigned)s->rules;
	s->rule[s->rules++] = r;
	return 0;
}

static int
read_document(struct sigma_parse *p, const struct yaml_node *doc)
{
	struct sigma_rule *r = sigma_alloc(p, 1, sizeof(*r));
	bool correlation, detection;

	if (r == NULL)
		return -1;
	if (doc == NULL || doc->kind != YAML_MAP)
		return sigma_fail(
		    p, doc == NULL ? 1 : doc->line, "a Sigma document is a map");
	r->file = p->file;
	r->line = doc->line;
	correlation = yaml_get(doc, "correlation") != NULL;
	detection = yaml_get(doc, "detection") != NULL;
	if (correlation == detection)
		return correlation
		    ? sigma_fail(p, doc->line,
			  "\"detection\" and \"correlation\" in one document")
		    : refuse_kind(p, doc);
	if (read_meta(p, doc, r) == -1)
		return -1;
	if ((correlation ? sigma_correlation_read(p, doc, r)
			 : sigma_detection_read(p, doc, r)) == -1)
		return -1;
	return add_rule(p, r);
}

/* --- loading ------------------------------------------------------------------ */

static int
read_documents(struct sigma_set *s, const char *path, const struct yaml_doc *y,
    sigma_error_fn *fn, void *arg)
{
	struct sigma_parse p = {.set = s};
	const char *file = sigma_copy(&p, path);
	int refused = 0;

	if (file == NULL) {
		fn(arg, path, 0, p.error);
		return 1;
	}
	for (size_t i = 0; i < yaml_count(y); i++) {
		p = (struct sigma_parse){.set = s, .file = file};
		if (read_document(&p, yaml_root(y, i)) == -1) {
			fn(arg, file, p.line, p.error);
			refused++;
		}
	}
	return refused;
}

int
sigma_load_text(struct sigma_set *s, const char *file, const char *text, size_t len,
    sigma_error_fn *fn, void *arg)
{
	struct yaml_error e;
	struct yaml_doc *y = yaml_parse(text, len, &e);
	int refused;

	if (y == NULL) {
		fn(arg, file, e.line, e.text);
		return 1;
	}
	refused = read_documents(s, file, y, fn, arg);
	yaml_free(y);
	return refused;
}

static int
load_file(struct sigma_set *s, const char *path, sigma_error_fn *fn, void *arg)
{
	struct yaml_error e;
	struct yaml_doc *y = yaml_parse_file(path, &e);
	int refused;

	if (y == NULL) {
		fn(arg, path, e.line, e.text);
		return e.line == 0 ? -1 : 1;
	}
	refused = read_documents(s, path, y, fn, arg);
	yaml_free(y);
	return refused;
}

static int
is_sigma_file(const struct dirent *d)
{
	return d->d_name[0] != '.' &&
	    (str_ends(d->d_name, ".yml") || str_ends(d->d_name, ".yaml"));
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
load_folder(struct sigma_set *s, const char *path, sigma_error_fn *fn, void *arg)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, is_sigma_file, by_name), refused = 0;

	if (n == -1) {
		fn(arg, path, 0, strerror(errno));
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char file[4096];
		int bad = -1;

		if (snprintf(file, sizeof(file), "%s/%s", path, list[i]->d_name) <
		    (int)sizeof(file))
			bad = load_file(s, file, fn, arg);
		refused = bad == -1 || refused == -1 ? -1 : refused + bad;
		free(list[i]);
	}
	free(list);
	return refused;
}

int
sigma_load(struct sigma_set *s, const char *path, sigma_error_fn *fn, void *arg)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		fn(arg, path, 0, strerror(errno));
		return -1;
	}
	return S_ISDIR(st.st_mode) ? load_folder(s, path, fn, arg)
				   : load_file(s, path, fn, arg);
}

/* A refused correlation is taken out, so that its parts speak for themselves. */
int
sigma_link(struct sigma_set *s, sigma_error_fn *fn, void *arg)
{
	size_t kept = 0;
	int refused = 0;

	for (size_t i = 0; i < s->rules; i++) {
		struct sigma_rule *r = s->rule[i];
		struct sigma_parse p = {.set = s, .file = r->file};

		if (r->correlation != NULL && sigma_correlation_link(&p, r) == -1) {
			fn(arg, r->file, p.line, p.error);
			refused++;
			continue;
		}
		r->index = (unsigned)kept;
		s->rule[kept++] = r;
	}
	s->rules = kept;
	return refused;
}

size_t
sigma_count(const struct sigma_set *s)
{
	return s->rules;
}

const struct sigma_rule *
sigma_at(const struct sigma_set *s, size_t i)
{
	return s->rule[i];
}
