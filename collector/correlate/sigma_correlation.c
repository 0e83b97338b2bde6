/* SPDX-License-Identifier: EUPL-1.2 */
/* A correlation document, and tying it to the rules it names. */
#include "collector/correlate/sigma_parse.h"
#include "common/str.h"

#include <string.h>

static const char *const types[] = {
    [SIGMA_EVENT_COUNT] = "event_count",
    [SIGMA_VALUE_COUNT] = "value_count",
};

static const char *const types_not_yet[] = {"temporal", "temporal_ordered",
    "ordered_temporal", "value_sum", "value_avg", "value_percentile",
    "value_median"};

static const char *const keys[] = {
    "type", "rules", "group-by", "timespan", "condition", "aliases", "generate"};

const char *
sigma_type_name(enum sigma_type t)
{
	return types[t];
}

static int
read_type(
    struct sigma_parse *p, const struct yaml_node *c, struct sigma_correlation *k)
{
	const char *type = yaml_text(c, "type", "");

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i], type) == 0) {
			k->type = (enum sigma_type)i;
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(types_not_yet) / sizeof(types_not_yet[0]);
	     i++) {
		if (strcmp(types_not_yet[i], type) == 0)
			return sigma_fail(p, yaml_get(c, "type")->line,
			    "correlation type \"%s\" is not supported yet; use "
			    "event_count "
			    "or value_count, or leave this document out",
			    type);
	}
	return sigma_fail(p, c->line,
	    "correlation type \"%s\" is unknown; use event_count or "
	    "value_count",
	    type);
}

/* One text or a list of texts, copied.  The number of them, or -1. */
static long
read_list(struct sigma_parse *p, const struct yaml_node *n, size_t max,
    const char *what, const char *const **list)
{
	bool many = n->kind == YAML_LIST;
	const struct yaml_node *c = many ? n->child : n;
	const char **names = sigma_alloc(p, max, sizeof(*names));
	size_t k = 0;

	if (names == NULL)
		return -1;
	for (; c != NULL; c = many ? c->next : NULL) {
		if (c->kind != YAML_SCALAR || c->text[0] == '\0')
			return sigma_fail(
			    p, c->line, "%s is a list of names", what);
		if (k == max)
			return sigma_fail(
			    p, c->line, "%s has at most %zu names", what, max);
		if ((names[k++] = sigma_copy(p, c->text)) == NULL)
			return -1;
	}
	if (k == 0)
		return sigma_fail(p, n->line, "%s is empty", what);
	*list = names;
	return (long)k;
}

static int
read_timespan(
    struct sigma_parse *p, const struct yaml_node *c, struct sigma_correlation *k)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	const struct yaml_node *n = yaml_get(c, "timespan");
	char text[32];
	size_t len;
	uint64_t v;

	if (n == NULL || n->kind != YAML_SCALAR)
		return sigma_fail(
		    p, c->line, "a correlation needs a \"timespan\", as 10m");
	len = strlen(n->text);
	if (len >= 2 && str_copy(text, sizeof(text), n->text) == 0) {
		text[len - 1] = '\0';
		for (size_t i = 0; i < 4; i++) {
			if (n->text[len - 1] != units[i].unit ||
			    str_u64(text, SIGMA_TIMESPAN_DAYS_MAX * 86400, &v) ==
				-1 ||
			    v == 0)
				continue;
			k->timespan_us = (int64_t)v * units[i].seconds * 1000000;
			if (k->timespan_us <=
			    SIGMA_TIMESPAN_DAYS_MAX * INT64_C(86400000000))
				return 0;
		}
	}
	return sigma_fail(p, n->line,
	    "timespan \"%s\": a whole number and s, m, h or d, at most %d days",
	    n->text, SIGMA_TIMESPAN_DAYS_MAX);
}

static int
read_bound(
    struct sigma_parse *p, const struct yaml_node *n, struct sigma_correlation *k)
{
	bool gt = strcmp(n->key, "gt") == 0;
	uint64_t v;

	if (!gt && strcmp(n->key, "gte") != 0)
		return sigma_fail(p, n->line,
		    "condition \"%s\" is not supported yet: it can only be told "
		    "when a window "
		    "closes; use gte or gt",
		    n->key);
	if (k->at_least != 0)
		return sigma_fail(p, n->line, "the condition has two lower bounds");
	if (n->kind != YAML_SCALAR ||
	    str_u64(n->text, SIGMA_WINDOW_EVENTS_MAX - 1, &v) == -1)
		return sigma_fail(p, n->line, "\"%s\" is a whole number up to %d",
		    n->key, SIGMA_WINDOW_EVENTS_MAX - 1);
	k->at_least = v + gt;
	if (k->at_least == 0)
		return sigma_fail(p, n->line, "\"gte: 0\" would always be true");
	return 0;
}

static int
read_groups(struct sigma_parse *p, const struct yaml_node *n, const char *what,
    struct sigma_group **group, size_t *count)
{
	const char *const *names;
	struct sigma_group *g;
	long k = read_list(p, n, SIGMA_GROUP_MAX, what, &names);

	if (k == -1 || (g = sigma_alloc(p, (size_t)k, sizeof(*g))) == NULL)
		return -1;
	for (long i = 0; i < k; i++)
		g[i].name = names[i];
	*group = g;
	*count = (size_t)k;
	return 0;
}

static int
read_condition(
    struct sigma_parse *p, const struct yaml_node *c, struct sigma_correlation *k)
{
	const struct yaml_node *n = yaml_get(c, "condition"), *field;

	if (n == NULL || n->kind != YAML_MAP)
		return sigma_fail(
		    p, c->line, "a correlation needs a \"condition\", as gte: 10");
	field = yaml_get(n, "field");
	for (const struct yaml_node *b = n->child; b != NULL; b = b->next) {
		if (b != field && read_bound(p, b, k) == -1)
			return -1;
	}
	if (k->at_least == 0)
		return sigma_fail(p, n->line, "the condition has no gte or gt");
	if ((field != NULL) != (k->type == SIGMA_VALUE_COUNT))
		return sigma_fail(p, n->line,
		    field == NULL
			? "value_count needs condition.field: what is counted"
			: "event_count has no condition.field; use value_count");
	return field == NULL
	    ? 0
	    : read_groups(p, field, "condition.field", &k->value, &k->value_fields);
}

static int
check_keys(struct sigma_parse *p, const struct yaml_node *c)
{
	for (const struct yaml_node *n = c->child; n != NULL; n = n->next) {
		size_t i = 0;

		while (i < sizeof(keys) / sizeof(keys[0]) &&
		    strcmp(keys[i], n->key) != 0)
			i++;
		if (i == sizeof(keys) / sizeof(keys[0]))
			return sigma_fail(p, n->line,
			    "unknown key \"%s\" in \"correlation\"", n->key);
	}
	return 0;
}

/* aliases: alias -> (rule -> field). */
static int
read_aliases(
    struct sigma_parse *p, const struct yaml_node *n, struct sigma_correlation *k)
{
	struct sigma_alias *list = NULL;
	size_t count = 0;

	if (n == NULL)
		return 0;
	if ((list = sigma_alloc(p, SIGMA_CORRELATED_MAX, sizeof(*list))) == NULL)
		return -1;
	for (const struct yaml_node *a = n->child; a != NULL; a = a->next) {
		if (a->kind != YAML_MAP)
			return sigma_fail(
			    p, a->line, "an alias is a map of rule: field");
		for (const struct yaml_node *f = a->child; f != NULL; f = f->next) {
			if (f->kind != YAML_SCALAR || count == SIGMA_CORRELATED_MAX)
				return sigma_fail(p, f->line,
				    "an alias is a map of rule: "
				    "field, at most %d in all",
				    SIGMA_CORRELATED_MAX);
			list[count].alias = sigma_copy(p, a->key);
			list[count].rule = sigma_copy(p, f->key);
			list[count++].field = sigma_copy(p, f->text);
			if (p->failed)
				return -1;
		}
	}
	k->alias = list;
	k->aliases = count;
	return 0;
}

int
sigma_correlation_read(
    struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r)
{
	const struct yaml_node *c = yaml_get(doc, "correlation"), *rules;
	struct sigma_correlation *k = sigma_alloc(p, 1, sizeof(*k));
	const char *generate;
	long n;

	if (k == NULL)
		return -1;
	if (c->kind != YAML_MAP)
		return sigma_fail(p, c->line, "\"correlation\" must be a map");
	if (check_keys(p, c) == -1 || read_type(p, c, k) == -1)
		return -1;
	if ((rules = yaml_get(c, "rules")) == NULL)
		return sigma_fail(
		    p, c->line, "a correlation needs \"rules\": ids or names");
	if ((n = read_list(
		 p, rules, SIGMA_CORRELATED_MAX, "rules", &k->rule_name)) == -1)
		return -1;
	k->rules = (size_t)n;
	if (yaml_get(c, "group-by") != NULL &&
	    read_groups(p, yaml_get(c, "group-by"), "group-by", &k->group,
		&k->groups) == -1)
		return -1;
	if (read_timespan(p, c, k) == -1 || read_condition(p, c, k) == -1 ||
	    read_aliases(p, yaml_get(c, "aliases"), k) == -1)
		return -1;
	generate = yaml_text(c, "generate", "false");
	if (strcmp(generate, "true") != 0 && strcmp(generate, "false") != 0)
		return sigma_fail(p, yaml_get(c, "generate")->line,
		    "\"generate\" is true or false");
	k->generate = generate[0] == 't';
	r->correlation = k;
	return 0;
}

/* What the field is called in this rule's records. */
static const char *
name_in_rule(const struct sigma_correlation *k, const char *name,
    const struct sigma_rule *r, bool *alias)
{
	*alias = false;
	for (size_t i = 0; i < k->aliases; i++) {
		const struct sigma_alias *a = &k->alias[i];

		if (strcmp(a->alias, name) != 0)
			continue;
		*alias = true;
		if ((r->name != NULL && strcmp(a->rule, r->name) == 0) ||
		    (r->id != NULL && strcmp(a->rule, r->id) == 0))
			return a->field;
	}
	return *alias ? NULL : name;
}

static int
link_fields(struct sigma_parse *p, const struct sigma_rule *r,
    struct sigma_group *group, size_t groups)
{
	const struct sigma_correlation *k = r->correlation;

	for (size_t g = 0; g < groups; g++) {
		struct field_ref *f = sigma_alloc(p, k->rules, sizeof(*f));

		if (f == NULL)
			return -1;
		group[g].field = f;
		for (size_t i = 0; i < k->rules; i++) {
			bool alias;
			const char *name =
			    name_in_rule(k, group[g].name, k->rule[i], &alias);

			if (name == NULL)
				return sigma_fail(p, r->line,
				    "alias \"%s\" has no field for rule \"%s\"",
				    group[g].name, k->rule[i]->key);
			if (sigma_field(p, r->line, name, &f[i]) == -1)
				return -1;
		}
	}
	return 0;
}

int
sigma_correlation_link(struct sigma_parse *p, struct sigma_rule *r)
{
	struct sigma_correlation *k = r->correlation;

	if ((k->rule = sigma_alloc(p, k->rules, sizeof(*k->rule))) == NULL)
		return -1;
	for (size_t i = 0; i < k->rules; i++) {
		struct sigma_rule *part = sigma_find(p->set, k->rule_name[i]);

		if (part == NULL)
			return sigma_fail(p, r->line,
			    "rule \"%s\" is not loaded; give its id or name, and "
			    "mend or add it",
			    k->rule_name[i]);
		if (part->correlation != NULL)
			return sigma_fail(p, r->line,
			    "\"%s\" is a correlation; one over another is not "
			    "supported yet",
			    k->rule_name[i]);
		k->rule[i] = part;
	}
	if (link_fields(p, r, k->group, k->groups) == -1 ||
	    link_fields(p, r, k->value, k->value_fields) == -1)
		return -1;
	if (!k->generate) {
		for (size_t i = 0; i < k->rules; i++)
			sigma_find(p->set, k->rule_name[i])->silent = true;
	}
	return 0;
}
