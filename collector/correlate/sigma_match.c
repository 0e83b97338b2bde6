/* SPDX-License-Identifier: EUPL-1.2 */
/* One record against one detection. */
#include "collector/correlate/event.h"
#include "collector/correlate/sigma.h"
#include "collector/correlate/sigma_pattern.h"
#include "collector/correlate/sigma_regex.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct search {
	const struct event *e;
	const struct sigma_item *item;
	const struct sigma_value *value;
	const char *text; /* fieldref: the one side while the other is walked */
	bool any;	  /* the field has some value */
	uint64_t *limits;
};

static bool
number_of(const struct json_doc *d, double *v)
{
	const char *text;
	char *end;

	switch (json_kind(d)) {
	case 'i':
		*v = (double)json_int(d, "", 0);
		return true;
	case 'r':
		*v = json_number(d, 0);
		return true;
	case 's':
		text = json_str(d, "");
		*v = strtod(text, &end);
		return end != text && *end == '\0';
	default:
		return false;
	}
}

static bool
text_matches(struct search *s, const char *text)
{
	for (unsigned i = 0; i < s->value->patterns; i++) {
		if (sigma_pattern_match(
			&s->value->pattern[i], text, s->item->cased))
			return true;
	}
	return false;
}

static bool
regex_matches(struct search *s, const char *text)
{
	int found = sigma_regex_search(s->value->regex, text);

	if (found == -1)
		++*s->limits;
	return found == 1;
}

static bool
compare_matches(const struct sigma_value *v, const struct json_doc *d)
{
	double n;

	if (!number_of(d, &n))
		return false;
	switch (v->compare) {
	case SIGMA_LT:
		return n < v->number;
	case SIGMA_LTE:
		return n <= v->number;
	case SIGMA_GT:
		return n > v->number;
	default:
		return n >= v->number;
	}
}

static bool
cidr_matches(const struct sigma_value *v, const char *text)
{
	struct addr a;

	return addr_parse(text, &a) == 0 && addr_in(&a, &v->net, v->bits);
}

static bool
number_matches(struct search *s, const struct json_doc *d, const char *text)
{
	char kind = json_kind(d);
	double n;

	if (kind == 'i' || kind == 'r')
		return number_of(d, &n) && !(n < s->value->number) &&
		    !(n > s->value->number);
	return text_matches(s, text);
}

static bool
is_same_text(void *arg, const struct json_doc *d)
{
	struct search *s = arg;
	char buffer[40];
	const char *text = event_text(d, buffer, sizeof(buffer));

	if (text == NULL)
		return false;
	return (s->item->cased ? strcmp(text, s->text)
			       : strcasecmp(text, s->text)) == 0;
}

static bool
value_matches(void *arg, const struct json_doc *d)
{
	struct search *s = arg;
	char buffer[40];
	const char *text;

	if (json_kind(d) != 'n')
		s->any = true;
	if (s->value->kind == SIGMA_EXISTS)
		return s->any = true;
	if (s->value->kind == SIGMA_NULL ||
	    (text = event_text(d, buffer, sizeof(buffer))) == NULL)
		return false;
	switch (s->value->kind) {
	case SIGMA_TEXT:
		return text_matches(s, text);
	case SIGMA_NUMBER:
		return number_matches(s, d, text);
	case SIGMA_RE:
		return regex_matches(s, text);
	case SIGMA_CIDR:
		return cidr_matches(s->value, text);
	case SIGMA_COMPARE:
		return compare_matches(s->value, d);
	case SIGMA_FIELDREF:
		s->text = text;
		return event_each(s->e, &s->value->other, is_same_text, s);
	default:
		return false;
	}
}

static bool
one_value(struct search *s)
{
	bool found;

	s->any = false;
	found = s->item->keyword
	    ? event_each_scalar(s->e, value_matches, s)
	    : event_each(s->e, &s->item->field, value_matches, s);
	if (s->value->kind == SIGMA_NULL)
		return !s->any;
	if (s->value->kind == SIGMA_EXISTS)
		return s->any == s->value->flag;
	return found;
}

static bool
item_matches(const struct sigma_item *item, const struct event *e, uint64_t *limits)
{
	struct search s = {.e = e, .item = item, .limits = limits};
	bool matched = item->all;

	for (size_t i = 0; i < item->values && matched == item->all; i++) {
		s.value = &item->value[i];
		matched = one_value(&s);
	}
	return matched != item->negate;
}

static bool
selection_matches(
    const struct sigma_selection *s, const struct event *e, uint64_t *limits)
{
	for (size_t i = 0; i < s->maps; i++) {
		size_t k = 0;

		while (k < s->map[i].items &&
		    item_matches(&s->map[i].item[k], e, limits))
			k++;
		if (k == s->map[i].items)
			return true;
	}
	return false;
}

static bool
source_matches(const struct logsource *l, const struct event *e)
{
	return (l->event_type == NULL ||
		   strcmp(l->event_type, e->event_type) == 0) &&
	    (l->engine == NULL || strcmp(l->engine, e->engine) == 0);
}

static bool
condition_holds(const struct sigma_rule *r, uint64_t hits)
{
	bool stack[SIGMA_CONDITION_MAX] = {false};
	size_t n = 0;

	for (size_t i = 0; i < r->ops; i++) {
		const struct sigma_op *op = &r->op[i];

		switch (op->code) {
		case SIGMA_OP_ANY:
			stack[n++] = (hits & op->mask) != 0;
			break;
		case SIGMA_OP_ALL:
			stack[n++] = (hits & op->mask) == op->mask;
			break;
		case SIGMA_OP_NOT:
			stack[n - 1] = !stack[n - 1];
			break;
		case SIGMA_OP_AND:
			n--;
			stack[n - 1] = stack[n - 1] && stack[n];
			break;
		case SIGMA_OP_OR:
			n--;
			stack[n - 1] = stack[n - 1] || stack[n];
			break;
		}
	}
	return stack[0];
}

bool
sigma_match(
    const struct sigma_rule *r, const struct event *e, uint64_t *regex_limits)
{
	uint64_t hits = 0;

	if (r->correlation != NULL || !source_matches(&r->source, e))
		return false;
	for (size_t i = 0; i < r->selections; i++) {
		if (selection_matches(&r->selection[i], e, regex_limits))
			hits |= UINT64_C(1) << i;
	}
	return condition_holds(r, hits);
}
