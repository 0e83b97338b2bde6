/* SPDX-License-Identifier: EUPL-1.2 */
/* A rule grows: operations, tests and what is done on a match. */
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
parser_fail(struct rule_parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, sizeof(p->error), fmt, ap);
	va_end(ap);
	return -1;
}

int
parser_no_memory(struct rule_parser *p)
{
	return parser_fail(p, "out of memory");
}

/* The payload's list is opened by the first operation on it. */
static int
open_payload(struct rule_parser *p)
{
	struct rule *r = p->r;
	struct rule_list *l = realloc(r->list, (r->lists_n + 1) * sizeof(*l));

	if (l == NULL)
		return parser_no_memory(p);
	r->list = l;
	l[r->lists_n] = (struct rule_list){.buffer = BUFFER_PAYLOAD};
	p->list = (int)r->lists_n++;
	return 0;
}

struct op *
parser_add_op(struct rule_parser *p, enum op_kind kind)
{
	struct rule_list *l;
	struct op *op;

	if (p->list == -1 && open_payload(p) == -1)
		return NULL;
	l = &p->r->list[p->list];
	if ((op = realloc(l->op, (l->n + 1) * sizeof(*op))) == NULL) {
		parser_no_memory(p);
		return NULL;
	}
	l->op = op;
	op += l->n++;
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	return op;
}

struct op *
parser_add_relative(struct rule_parser *p, enum op_kind kind, bool relative)
{
	int before = p->list;
	struct op *op;

	if (!relative || p->moved == -1)
		return parser_add_op(p, kind);
	p->list = p->moved;
	op = parser_add_op(p, kind);
	p->list = before;
	return op;
}

static struct test *
add_test(struct rule_parser *p, struct test **list, size_t *n, test_fn *fn)
{
	struct test *t = realloc(*list, (*n + 1) * sizeof(*t));

	if (t == NULL) {
		parser_no_memory(p);
		return NULL;
	}
	*list = t;
	t += (*n)++;
	memset(t, 0, sizeof(*t));
	t->fn = fn;
	return t;
}

struct test *
parser_add_test(struct rule_parser *p, test_fn *fn)
{
	return add_test(p, &p->r->test, &p->r->tests_n, fn);
}

struct test *
parser_add_post(struct rule_parser *p, test_fn *fn)
{
	return add_test(p, &p->r->post, &p->r->posts_n, fn);
}

int
parser_at_hand(const struct rule_parser *p)
{
	return p->moved != -1 ? p->moved : p->list;
}

struct op *
parser_last(struct rule_parser *p, bool pcre)
{
	struct rule_list *l;

	if (parser_at_hand(p) == -1)
		return NULL;
	l = &p->r->list[parser_at_hand(p)];
	for (size_t i = l->n; i-- > 0;)
		if (l->op[i].kind == OP_CONTENT ||
		    (pcre && l->op[i].kind == OP_PCRE))
			return &l->op[i];
	return NULL;
}

void
parser_set_relative(struct rule_parser *p)
{
	struct op *op = parser_last(p, true);

	if (op != NULL)
		op->flags |= OP_RELATIVE_NEXT;
}
