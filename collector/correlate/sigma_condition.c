/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sigma's condition: "or" binds weakest, then "and", "not", "1 of" / "all of",
 * parentheses.  Read with an operator stack into reverse Polish order.
 */
#include "collector/correlate/sigma_parse.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

struct reader {
	struct sigma_parse *p;
	struct sigma_rule *r;
	unsigned line;
	const char *at;
	char word[128];
	int stack[SIGMA_CONDITION_MAX]; /* operators: a sigma_opcode, or PAREN */
	size_t depth;
	struct sigma_op out[SIGMA_CONDITION_MAX];
	size_t n;
	bool want_operand;
};

#define PAREN -1

/* The next word or parenthesis in r->word; false at the end. */
static bool
next_word(struct reader *r)
{
	size_t n = 0;

	while (isspace((unsigned char)*r->at))
		r->at++;
	if (*r->at == '\0')
		return false;
	if (strchr("()|", *r->at) != NULL) {
		r->word[n++] = *r->at++;
	} else {
		while (*r->at != '\0' && !isspace((unsigned char)*r->at) &&
		    strchr("()|", *r->at) == NULL) {
			if (n < sizeof(r->word) - 1)
				r->word[n++] = *r->at;
			r->at++;
		}
	}
	r->word[n] = '\0';
	return true;
}

static int
emit(struct reader *r, enum sigma_opcode code, uint64_t mask)
{
	if (r->n >= SIGMA_CONDITION_MAX)
		return sigma_fail(r->p, r->line,
		    "the condition is too long: at most %d terms",
		    SIGMA_CONDITION_MAX);
	r->out[r->n++] = (struct sigma_op){.code = code, .mask = mask};
	return 0;
}

static int
push(struct reader *r, int op)
{
	if (r->depth >= SIGMA_CONDITION_MAX)
		return sigma_fail(
		    r->p, r->line, "the condition is nested too deep");
	r->stack[r->depth++] = op;
	return 0;
}

/* Emit operators that bind at least as strong as op (they sort by strength). */
static int
unwind(struct reader *r, int op)
{
	while (r->depth > 0 && r->stack[r->depth - 1] != PAREN &&
	    r->stack[r->depth - 1] <= op) {
		if (emit(r, (enum sigma_opcode)r->stack[--r->depth], 0) == -1)
			return -1;
	}
	return 0;
}

static int
mask_of(struct reader *r, const char *pattern, uint64_t *mask)
{
	bool them = strcmp(pattern, "them") == 0;

	*mask = 0;
	for (size_t i = 0; i < r->r->selections; i++) {
		const char *name = r->r->selection[i].name;

		if (them ? name[0] != '_'
			 : fnmatch(pattern, name, FNM_NOESCAPE) == 0)
			*mask |= UINT64_C(1) << i;
	}
	if (*mask == 0)
		return sigma_fail(r->p, r->line,
		    "the condition names \"%s\", which is not under \"detection\"",
		    pattern);
	return 0;
}

/* "1 of X", "any of X", "all of X"; the quantity is in r->word. */
static int
read_quantity(struct reader *r, enum sigma_opcode code)
{
	uint64_t mask;

	next_word(r); /* "of": looked at before */
	if (!next_word(r) || strchr("()|", r->word[0]) != NULL)
		return sigma_fail(
		    r->p, r->line, "\"of\" wants \"them\" or a name with *");
	return mask_of(r, r->word, &mask) == -1 ? -1 : emit(r, code, mask);
}

static bool
of_follows(const struct reader *r)
{
	const char *s = r->at;

	while (isspace((unsigned char)*s))
		s++;
	return strncasecmp(s, "of", 2) == 0 && isspace((unsigned char)s[2]);
}

static int
read_operand(struct reader *r)
{
	uint64_t mask;

	if (strcmp(r->word, "(") == 0)
		return push(r, PAREN);
	if (strcasecmp(r->word, "not") == 0)
		return push(r, SIGMA_OP_NOT);
	if (strcmp(r->word, ")") == 0 || strcmp(r->word, "|") == 0 ||
	    strcasecmp(r->word, "and") == 0 || strcasecmp(r->word, "or") == 0)
		return sigma_fail(
		    r->p, r->line, "a name is missing before \"%s\"", r->word);
	r->want_operand = false;
	if (of_follows(r)) {
		if (strcmp(r->word, "1") == 0 || strcasecmp(r->word, "any") == 0)
			return read_quantity(r, SIGMA_OP_ANY);
		if (strcasecmp(r->word, "all") == 0)
			return read_quantity(r, SIGMA_OP_ALL);
		return sigma_fail(r->p, r->line,
		    "\"%s of\": write \"1 of\" or \"all of\"", r->word);
	}
	if (strpbrk(r->word, "*?[") != NULL)
		return sigma_fail(r->p, r->line,
		    "\"%s\": a pattern needs \"1 of\" or \"all of\"", r->word);
	return mask_of(r, r->word, &mask) == -1 ? -1 : emit(r, SIGMA_OP_ANY, mask);
}

static int
read_operator(struct reader *r)
{
	if (strcmp(r->word, ")") == 0) {
		if (unwind(r, SIGMA_OP_OR) == -1)
			return -1;
		if (r->depth == 0)
			return sigma_fail(
			    r->p, r->line, "a \")\" without its \"(\"");
		r->depth--;
		return 0;
	}
	if (strcmp(r->word, "|") == 0)
		return sigma_fail(r->p, r->line,
		    "\"|\" (an aggregation) is no longer Sigma; write a "
		    "correlation document "
		    "instead");
	r->want_operand = true;
	if (strcasecmp(r->word, "and") == 0)
		return unwind(r, SIGMA_OP_AND) == -1 ? -1 : push(r, SIGMA_OP_AND);
	if (strcasecmp(r->word, "or") == 0)
		return unwind(r, SIGMA_OP_OR) == -1 ? -1 : push(r, SIGMA_OP_OR);
	return sigma_fail(
	    r->p, r->line, "\"and\" or \"or\" is missing before \"%s\"", r->word);
}

static int
read_text(struct reader *r, const struct yaml_node *n)
{
	if (n->kind != YAML_SCALAR || n->text[0] == '\0')
		return sigma_fail(
		    r->p, n->line, "the condition is a text, or a list of texts");
	r->line = n->line;
	r->at = n->text;
	r->depth = 0;
	r->want_operand = true;
	while (next_word(r)) {
		if ((r->want_operand ? read_operand(r) : read_operator(r)) == -1)
			return -1;
	}
	if (r->want_operand)
		return sigma_fail(r->p, r->line, "the condition ends too early");
	if (unwind(r, SIGMA_OP_OR) == -1)
		return -1;
	if (r->depth > 0)
		return sigma_fail(r->p, r->line, "a \"(\" without its \")\"");
	return 0;
}

int
sigma_condition_read(struct sigma_parse *p, const struct yaml_node *condition,
    struct sigma_rule *rule)
{
	bool list = condition->kind == YAML_LIST;
	const struct yaml_node *c = list ? condition->child : condition;
	struct reader r = {.p = p, .r = rule};
	struct sigma_op *op;

	if (c == NULL)
		return sigma_fail(p, condition->line, "the condition is empty");
	for (bool first = true; c != NULL;
	     c = list ? c->next : NULL, first = false) {
		if (read_text(&r, c) == -1 ||
		    (!first && emit(&r, SIGMA_OP_OR, 0) == -1))
			return -1;
	}
	if ((op = sigma_alloc(p, r.n, sizeof(*op))) == NULL)
		return -1;
	memcpy(op, r.out, r.n * sizeof(*op));
	rule->op = op;
	rule->ops = r.n;
	return 0;
}
