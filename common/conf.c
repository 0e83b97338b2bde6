/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/conf.h"
#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loader {
	const char *path;
	const struct conf_key *keys;
	char *base;
	char *error;
	size_t error_size;
};

__attribute__((format(printf, 3, 4))) static int
complain(struct loader *l, unsigned line, const char *fmt, ...)
{
	int n = line > 0
	    ? snprintf(l->error, l->error_size, "%s:%u: ", l->path, line)
	    : snprintf(l->error, l->error_size, "%s: ", l->path);
	va_list ap;

	if (n < 0 || (size_t)n >= l->error_size)
		return -1;
	va_start(ap, fmt);
	vsnprintf(l->error + n, l->error_size - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit SIZES[] = {
    {"", 1}, {"K", 1u << 10}, {"M", 1u << 20}, {"G", 1u << 30}, {NULL, 0}};
static const struct unit DURATIONS[] = {{"ms", 1000}, {"s", 1000000},
    {"m", 60000000}, {"h", 3600000000}, {"d", 86400000000}, {NULL, 0}};

/* A number with one of the units behind it. */
static int
parse_with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	char digits[24];
	size_t n = strspn(text, "0123456789");
	uint64_t v;

	if (n == 0 || n >= sizeof(digits))
		return -1;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (str_u64(digits, UINT64_MAX, &v) == -1)
		return -1;
	for (; units->name != NULL; units++) {
		if (strcmp(units->name, text + n) != 0)
			continue;
		if (v > UINT64_MAX / units->factor)
			return -1;
		*out = v * units->factor;
		return 0;
	}
	return -1;
}

static int
parse_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);
	int i = 0;

	for (const char *p = choices;; p++, i++) {
		size_t n = strcspn(p, "|");

		if (n == len && memcmp(p, text, n) == 0)
			return i;
		p += n;
		if (*p == '\0')
			return -1;
	}
}

static int
set_text(
    struct loader *l, const struct conf_key *k, const char *text, unsigned line)
{
	char **to = (char **)(void *)(l->base + k->offset);

	if (k->type == CONF_PATH && text[0] != '/' && text[0] != '\0')
		return complain(l, line, "%s: \"%s\" is no full path; begin with /",
		    k->name, text);
	free(*to);
	if ((*to = strdup(text)) == NULL)
		return complain(l, line, "out of memory");
	return 0;
}

static int
set_number(
    struct loader *l, const struct conf_key *k, const char *text, unsigned line)
{
	static const char *const WANT[] = {
	    [CONF_UINT] = "a whole number",
	    [CONF_SIZE] = "a size such as 64K, 256M or 2G",
	    [CONF_DURATION] = "a duration such as 200ms, 5s, 10m, 24h or 7d",
	};
	uint64_t v = 0;
	int rc;

	if (k->type == CONF_UINT)
		rc = str_u64(text, UINT64_MAX, &v);
	else
		rc = parse_with_unit(
		    text, k->type == CONF_SIZE ? SIZES : DURATIONS, &v);
	if (rc == -1)
		return complain(
		    l, line, "%s: \"%s\" is not %s", k->name, text, WANT[k->type]);
	if ((k->min != 0 || k->max != 0) && (v < k->min || v > k->max))
		return complain(l, line,
		    "%s: %s is out of range; from %llu to %llu", k->name, text,
		    (unsigned long long)k->min, (unsigned long long)k->max);
	memcpy(l->base + k->offset, &v, sizeof(v));
	return 0;
}

static int
set_bool(
    struct loader *l, const struct conf_key *k, const char *text, unsigned line)
{
	bool v = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

	if (!v && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		return complain(
		    l, line, "%s: \"%s\" is neither yes nor no", k->name, text);
	memcpy(l->base + k->offset, &v, sizeof(v));
	return 0;
}

static int
set_choice(
    struct loader *l, const struct conf_key *k, const char *text, unsigned line)
{
	int v = parse_choice(k->choices, text);

	if (v == -1)
		return complain(l, line, "%s: \"%s\" is not one of %s", k->name,
		    text, k->choices);
	memcpy(l->base + k->offset, &v, sizeof(v));
	return 0;
}

static int
add_item(
    struct loader *l, const struct conf_key *k, const char *text, unsigned line)
{
	struct conf_list *list = (struct conf_list *)(void *)(l->base + k->offset);

	if (list->n == CONF_LIST_MAX)
		return complain(
		    l, line, "%s: more than %d values", k->name, CONF_LIST_MAX);
	if ((list->v[list->n] = strdup(text)) == NULL)
		return complain(l, line, "out of memory");
	list->n++;
	return 0;
}

static int
set_scalar(
    struct loader *l, const struct conf_key *k, const char *text, unsigned line)
{
	switch (k->type) {
	case CONF_TEXT:
	case CONF_PATH:
		return set_text(l, k, text, line);
	case CONF_BOOL:
		return set_bool(l, k, text, line);
	case CONF_UINT:
	case CONF_SIZE:
	case CONF_DURATION:
		return set_number(l, k, text, line);
	case CONF_CHOICE:
		return set_choice(l, k, text, line);
	case CONF_LIST:
	case CONF_MAP:
	case CONF_LISTS:
		return text[0] == '\0' ? 0 : add_item(l, k, text, line);
	}
	return -1;
}

static int
set_list(struct loader *l, const struct conf_key *k, const struct yaml_node *n)
{
	if (k->type != CONF_LIST)
		return complain(l, n->line, "%s: one value, not a list", k->name);
	for (const struct yaml_node *i = n->child; i != NULL; i = i->next) {
		if (i->kind != YAML_SCALAR)
			return complain(
			    l, i->line, "%s: a list of plain values", k->name);
		if (add_item(l, k, i->text, i->line) == -1)
			return -1;
	}
	return 0;
}

static int
add_pair(struct loader *l, const struct conf_key *k, const char *key,
    const struct yaml_node *value)
{
	char text[1024];

	if (value->kind != YAML_SCALAR)
		return complain(l, value->line, "%s.%s: %s", k->name, key,
		    k->type == CONF_MAP ? "one plain value"
					: "a list of plain values");
	if (snprintf(text, sizeof(text), "%s=%s", key, value->text) >=
	    (int)sizeof(text))
		return complain(l, value->line, "%s.%s: too long", k->name, key);
	return add_item(l, k, text, value->line);
}

static int
set_map(struct loader *l, const struct conf_key *k, const struct yaml_node *n)
{
	for (const struct yaml_node *i = n->child; i != NULL; i = i->next)
		if (add_pair(l, k, i->key, i) == -1)
			return -1;
	return 0;
}

static int
set_lists(struct loader *l, const struct conf_key *k, const struct yaml_node *n)
{
	for (const struct yaml_node *i = n->child; i != NULL; i = i->next) {
		if (k->choices != NULL && parse_choice(k->choices, i->key) == -1)
			return complain(l, i->line, "%s: \"%s\" is not one of %s",
			    k->name, i->key, k->choices);
		if (i->kind != YAML_LIST && add_pair(l, k, i->key, i) == -1)
			return -1;
		for (const struct yaml_node *v = i->child;
		     i->kind == YAML_LIST && v != NULL; v = v->next)
			if (add_pair(l, k, i->key, v) == -1)
				return -1;
	}
	return 0;
}

static bool
is_list(const struct conf_key *k)
{
	return k->type == CONF_LIST || k->type == CONF_MAP || k->type == CONF_LISTS;
}

static const struct conf_key *
find_key(const struct conf_key *k, const char *name)
{
	for (; k->name != NULL; k++)
		if (strcmp(k->name, name) == 0)
			return k;
	return NULL;
}

static bool
is_level(const struct conf_key *k, const char *name)
{
	size_t n = strlen(name);

	for (; k->name != NULL; k++)
		if (strncmp(k->name, name, n) == 0 && k->name[n] == '.')
			return true;
	return false;
}

/* The known key that looks most like name, for the remedy; NULL if none does. */
static const char *
nearest(const struct conf_key *k, const char *name)
{
	const char *best = NULL;
	size_t most = 2;

	for (; k->name != NULL; k++) {
		size_t n = 0;

		while (name[n] != '\0' && name[n] == k->name[n])
			n++;
		if (n > most) {
			most = n;
			best = k->name;
		}
	}
	return best;
}

static int
on_node(struct loader *l, const char *name, const struct yaml_node *n)
{
	const struct conf_key *k = find_key(l->keys, name);
	const char *like;

	if (k == NULL) {
		like = nearest(l->keys, name);
		return complain(l, n->line, "unknown key \"%s\"; %s%s%s", name,
		    like != NULL ? "did you mean \"" : "--help-config lists them",
		    like != NULL ? like : "", like != NULL ? "\"?" : "");
	}
	if (is_list(k)) {
		struct conf_list *list =
		    (struct conf_list *)(void *)(l->base + k->offset);

		while (list->n > 0)
			free(list->v[--list->n]);
	}
	if (n->kind == YAML_LIST)
		return set_list(l, k, n);
	if (n->kind == YAML_MAP && k->type == CONF_MAP)
		return set_map(l, k, n);
	if (n->kind == YAML_MAP && k->type == CONF_LISTS)
		return set_lists(l, k, n);
	if (n->kind != YAML_SCALAR || k->type == CONF_MAP || k->type == CONF_LISTS)
		return complain(l, n->line, "%s: %s", name,
		    k->type == CONF_MAP		? "names with values (NAME: VALUE)"
			: k->type == CONF_LISTS ? "names with lists (NAME: [VALUE])"
						: "one plain value");
	return set_scalar(l, k, n->text, n->line);
}

/* Walk the levels without recursion: names have at most two dots. */
static int
walk(struct loader *l, const struct yaml_node *map, const char *prefix, int depth)
{
	char name[160];

	for (const struct yaml_node *n = map->child; n != NULL; n = n->next) {
		snprintf(name, sizeof(name), "%s%s%s", prefix, prefix[0] ? "." : "",
		    n->key);
		if (n->kind == YAML_MAP && depth < 3 && is_level(l->keys, name)) {
			if (walk(l, n, name, depth + 1) == -1)
				return -1;
			continue;
		}
		if (on_node(l, name, n) == -1)
			return -1;
	}
	return 0;
}

static int
set_defaults(struct loader *l)
{
	for (const struct conf_key *k = l->keys; k->name != NULL; k++)
		if (k->fallback != NULL && set_scalar(l, k, k->fallback, 0) == -1)
			return -1;
	return 0;
}

static int
check_required(struct loader *l, const struct yaml_node *root)
{
	for (const struct conf_key *k = l->keys; k->name != NULL; k++) {
		const struct yaml_node *n = root;
		char name[160], *save = NULL;

		if (k->fallback != NULL)
			continue;
		str_copy(name, sizeof(name), k->name);
		for (char *p = strtok_r(name, ".", &save); p != NULL;
		     p = strtok_r(NULL, ".", &save))
			n = yaml_get(n, p);
		if (n == NULL)
			return complain(
			    l, 0, "key \"%s\" is missing: %s", k->name, k->help);
	}
	return 0;
}

int
conf_load(const char *path, const struct conf_key *keys, void *into, char *error,
    size_t error_size)
{
	struct loader l = {.path = path,
	    .keys = keys,
	    .base = into,
	    .error = error,
	    .error_size = error_size};
	const struct yaml_node *root;
	struct yaml_doc *d;
	struct yaml_error e;
	int rc = -1;

	if (set_defaults(&l) == -1)
		return -1;
	if ((d = yaml_parse_file(path, &e)) == NULL)
		return complain(&l, e.line, "%s", e.text);
	root = yaml_root(d, 0);
	if (yaml_count(d) > 1)
		complain(
		    &l, yaml_root(d, 1)->line, "one document a file; drop the ---");
	else if (root != NULL && root->kind != YAML_MAP && !yaml_is_null(root))
		complain(
		    &l, root->line, "keys with values (NAME: VALUE), nothing else");
	else if (root != NULL && walk(&l, root, "", 1) == -1)
		rc = -1;
	else
		rc = check_required(&l, root);
	yaml_free(d);
	return rc;
}

void
conf_release(const struct conf_key *keys, void *into)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		char *at = (char *)into + k->offset;

		if (k->type == CONF_TEXT || k->type == CONF_PATH) {
			char **text = (char **)(void *)at;

			free(*text);
			*text = NULL;
		} else if (is_list(k)) {
			struct conf_list *list = (struct conf_list *)(void *)at;

			while (list->n > 0)
				free(list->v[--list->n]);
		}
	}
}

void
conf_print(const struct conf_key *keys)
{
	for (const struct conf_key *k = keys; k->name != NULL; k++) {
		printf("# %s\n", k->help);
		if (k->choices != NULL)
			printf("# one of: %s\n", k->choices);
		printf("%s%s: %s\n\n", k->fallback != NULL ? "#" : "", k->name,
		    k->fallback != NULL ? k->fallback : "(required)");
	}
}
