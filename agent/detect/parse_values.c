/* SPDX-License-Identifier: EUPL-1.2 */
/* What keywords say: numbers, ranges, variables, words, lists. */
#include "agent/detect/parser.h"

#include "common/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

int
parser_var_find(struct rule_parser *p, const char *name)
{
	for (int i = 0; i < p->r->vars; i++)
		if (strcmp(p->var[i], name) == 0)
			return i;
	return parser_fail(p,
	    "\"%.30s\" is neither a number nor a variable of an earlier "
	    "byte_extract or "
	    "byte_math",
	    name);
}

int
parser_var_add(struct rule_parser *p, const char *name)
{
	for (int i = 0; i < p->r->vars; i++)
		if (strcmp(p->var[i], name) == 0)
			return parser_fail(p, "the name \"%.30s\" is taken", name);
	if (!isalpha((unsigned char)name[0]))
		return parser_fail(p, "\"%.30s\" is no variable name", name);
	if (p->r->vars == RULE_VARS_MAX)
		return parser_fail(p, "more than %d variables", RULE_VARS_MAX);
	if (str_copy(p->var[p->r->vars], RULE_VAR_NAME_MAX, name) == -1)
		return parser_fail(p, "the variable's name is too long");
	return p->r->vars++;
}

int
parser_int(
    struct rule_parser *p, const char *text, int64_t min, int64_t max, int64_t *out)
{
	if (str_i64(text, min, max, out) == -1)
		return parser_fail(p, "\"%.30s\" is no number from %lld to %lld",
		    text, (long long)min, (long long)max);
	return 0;
}

int
parser_operand(struct rule_parser *p, const char *text, int64_t min, int64_t max,
    struct operand *o)
{
	int var;

	o->var = -1;
	if (text[0] == '-' || text[0] == '+' || isdigit((unsigned char)text[0])) {
		/* A byte_test value may use all 64 bits. */
		if (max == INT64_MAX && text[0] != '-' &&
		    str_u64(text, UINT64_MAX, (uint64_t *)&o->value) == 0)
			return 0;
		return parser_int(p, text + (text[0] == '+'), min, max, &o->value);
	}
	if ((var = parser_var_find(p, text)) == -1)
		return -1;
	o->var = (int8_t)var;
	return 0;
}

static int
num_range(struct rule_parser *p, char *text, char *sign, size_t len, uint64_t max,
    struct num_test *out)
{
	*sign = '\0';
	out->op = NUM_RANGE;
	if (str_u64(str_trim(text), max, &out->a) == -1 ||
	    str_u64(str_trim(sign + len), max, &out->b) == -1)
		return parser_fail(p,
		    "is no range \"from<>to\" of numbers up to %llu",
		    (unsigned long long)max);
	if (out->b <= out->a + 1 || out->b == 0)
		return parser_fail(
		    p, "the range is empty: its bounds are not part of it");
	return 0;
}

int
parser_num(struct rule_parser *p, char *text, uint64_t max, struct num_test *out)
{
	static const struct {
		const char *sign;
		enum num_op op;
	} SIGNS[] = {
	    {"<=", NUM_LE},
	    {">=", NUM_GE},
	    {"!=", NUM_NE},
	    {"<", NUM_LT},
	    {">", NUM_GT},
	    {"!", NUM_NE},
	    {"=", NUM_EQ},
	};
	char *s = str_trim(text), *sign;

	memset(out, 0, sizeof(*out));
	if ((sign = strstr(s, "<>")) != NULL && sign != s)
		return num_range(p, s, sign, 2, max, out);
	if ((sign = strchr(s, '-')) != NULL && sign != s)
		return num_range(p, s, sign, 1, max, out);
	for (size_t i = 0; i < sizeof(SIGNS) / sizeof(SIGNS[0]); i++)
		if (str_starts(s, SIGNS[i].sign)) {
			out->op = SIGNS[i].op;
			s = str_trim(s + strlen(SIGNS[i].sign));
			break;
		}
	if (str_u64(s, max, &out->a) == -1)
		return parser_fail(p, "\"%.30s\" is no number up to %llu", s,
		    (unsigned long long)max);
	if ((out->op == NUM_LT && out->a == 0) ||
	    (out->op == NUM_GT && out->a == max))
		return parser_fail(p, "can never match");
	return 0;
}

bool
parser_num_holds(const struct num_test *t, uint64_t v)
{
	switch (t->op) {
	case NUM_EQ:
		return v == t->a;
	case NUM_NE:
		return v != t->a;
	case NUM_LT:
		return v < t->a;
	case NUM_GT:
		return v > t->a;
	case NUM_LE:
		return v <= t->a;
	case NUM_GE:
		return v >= t->a;
	case NUM_RANGE:
		return v > t->a && v < t->b;
	case NUM_BITS:
		return (v & t->a) != 0;
	case NUM_NO_BITS:
		return (v & t->a) == 0;
	}
	return false;
}

char *
parser_item(char **rest, char separator)
{
	char *item = *rest, *end;

	if (item == NULL)
		return NULL;
	if ((end = strchr(item, separator)) != NULL)
		*end++ = '\0';
	*rest = end;
	return str_trim(item);
}

int
parser_word(const struct parser_word *table, const char *word)
{
	for (; table->name != NULL; table++)
		if (strcasecmp(table->name, word) == 0)
			return table->value;
	return -1;
}
