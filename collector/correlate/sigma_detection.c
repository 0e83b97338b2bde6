/* SPDX-License-Identifier: EUPL-1.2 */
/* A detection document: log source, search identifiers, condition. */
#include "collector/correlate/sigma_parse.h"

#include <string.h>

static size_t
count_children(const struct yaml_node *n)
{
	size_t k = 0;

	for (const struct yaml_node *c = n->child; c != NULL; c = c->next)
		k++;
	return k;
}

static int
read_logsource(
    struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	static const char *const known[] = {
	    "category", "product", "service", "definition"};
	const struct yaml_node *l = yaml_get(doc, "logsource");
	const char *category, *product, *service;

	if (l == NULL || l->kind != YAML_MAP)
		return sigma_fail(p, l == NULL ? doc->line : l->line,
		    "a detection needs a \"logsource\" map");
	for (const struct yaml_node *c = l->child; c != NULL; c = c->next) {
		size_t i = 0;

		while (i < 4 && strcmp(known[i], c->key) != 0)
			i++;
		if (i == 4)
			return sigma_fail(p, c->line,
			    "\"logsource\" has category, product, service and "
			    "definition; "
			    "not \"%s\"",
			    c->key);
	}
	category = yaml_text(l, "category", NULL);
	product = yaml_text(l, "product", NULL);
	service = yaml_text(l, "service", NULL);
	if (fields_logsource(category, product, service, &r->source) == -1)
		return sigma_fail(p, l->line,
		    "no records for logsource category \"%s\", product \"%s\", "
		    "service "
		    "\"%s\"; docs/sigma.md lists those there are",
		    category == NULL ? "" : category,
		    product == NULL ? "" : product, service == NULL ? "" : service);
	return 0;
}

/* A map of fields: every one must match. */
static int
read_map(struct sigma_parse *p, const struct yaml_node *n, struct sigma_map *m)
{
	struct sigma_item *item;
	size_t i = 0;

	m->items = count_children(n);
	if (m->items == 0)
		return sigma_fail(
		    p, n->line, "an empty map would match everything");
	if ((item = sigma_alloc(p, m->items, sizeof(*item))) == NULL)
		return -1;
	m->item = item;
	for (const struct yaml_node *c = n->child; c != NULL; c = c->next) {
		if (sigma_value_item(p, c, &item[i++]) == -1)
			return -1;
	}
	return 0;
}

/* A text in a list of a search identifier: a keyword by itself. */
static int
read_keyword(struct sigma_parse *p, const struct yaml_node *n, struct sigma_map *m)
{
	struct sigma_item *item = sigma_alloc(p, 1, sizeof(*item));

	if (item == NULL)
		return -1;
	m->item = item;
	m->items = 1;
	return sigma_value_item(p, n, item);
}

static int
read_selection(
    struct sigma_parse *p, const struct yaml_node *n, struct sigma_selection *s)
{
	bool list = n->kind == YAML_LIST;
	const struct yaml_node *c = list ? n->child : n;
	struct sigma_map *m;

	s->line = n->line;
	s->maps = list ? count_children(n) : 1;
	if ((s->name = sigma_copy(p, n->key)) == NULL)
		return -1;
	if (s->maps == 0)
		return sigma_fail(p, n->line, "\"%s\" is empty", n->key);
	if (n->kind == YAML_SCALAR)
		return sigma_fail(
		    p, n->line, "\"%s\" must be a map or a list", n->key);
	if ((m = sigma_alloc(p, s->maps, sizeof(*m))) == NULL)
		return -1;
	s->map = m;
	for (size_t i = 0; i < s->maps; i++, c = c->next) {
		if (c->kind == YAML_LIST)
			return sigma_fail(
			    p, c->line, "a list within a list has no meaning here");
		if ((c->kind == YAML_MAP ? read_map(p, c, &m[i])
					 : read_keyword(p, c, &m[i])) == -1)
			return -1;
	}
	return 0;
}

int
sigma_detection_read(
    struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	const struct yaml_node *d = yaml_get(doc, "detection"), *condition;
	struct sigma_selection *s;

	if (read_logsource(p, doc, r) == -1)
		return -1;
	if (d->kind != YAML_MAP)
		return sigma_fail(p, d->line, "\"detection\" must be a map");
	if ((condition = yaml_get(d, "condition")) == NULL)
		return sigma_fail(p, d->line, "\"detection\" has no \"condition\"");
	if (yaml_get(d, "timeframe") != NULL)
		return sigma_fail(p, yaml_get(d, "timeframe")->line,
		    "\"timeframe\" is no longer Sigma; write a correlation "
		    "document instead");
	if ((r->selections = count_children(d) - 1) == 0)
		return sigma_fail(
		    p, d->line, "\"detection\" has no search identifier");
	if (r->selections > SIGMA_SELECTIONS_MAX)
		return sigma_fail(p, d->line,
		    "a rule has at most %d search identifiers",
		    SIGMA_SELECTIONS_MAX);
	if ((s = sigma_alloc(p, r->selections, sizeof(*s))) == NULL)
		return -1;
	r->selection = s;
	for (const struct yaml_node *c = d->child; c != NULL; c = c->next) {
		if (c != condition && read_selection(p, c, s++) == -1)
			return -1;
	}
	return sigma_condition_read(p, condition, r);
}
