/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Keywords on application layers: sticky buffers, the older modifiers of the
 * content before them, numbers, events (guide, "HTTP Keywords" and after).
 */
#include "agent/detect/buffers.h"
#include "agent/detect/match.h"
#include "agent/detect/parser.h"
#include "agent/detect/transform.h"

#include "common/str.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int
not_built(struct rule_parser *p)
{
	return parser_fail(p, "%s", keyword_needs_text(KW_NEEDS_APP));
}

static int
add_list(struct rule_parser *p, int buffer)
{
	struct rule *r = p->r;
	struct rule_list *l;

	if (r->lists_n == RULE_LISTS_MAX)
		return parser_fail(p, "more than %d buffers", RULE_LISTS_MAX);
	if ((l = realloc(r->list, (r->lists_n + 1) * sizeof(*l))) == NULL)
		return parser_no_memory(p);
	r->list = l;
	l[r->lists_n] = (struct rule_list){.buffer = buffer};
	return (int)r->lists_n++;
}

/* The rule's list of a buffer; -1 after a failure. */
static int
list_of(struct rule_parser *p, enum app_buffer_id b, bool continues)
{
	int buffer = buffers_of_app(b);

	p->r->flags |= RULE_NOT_IP_ONLY;
	for (size_t i = 0; continues && i < p->r->lists_n; i++)
		if (p->r->list[i].buffer == buffer && p->r->list[i].chain == NULL)
			return (int)i;
	return add_list(p, buffer);
}

int
kw_app_list(struct rule_parser *p, const char *buffer, bool continues)
{
	enum app_buffer_id b = app_buffer_find(buffer);

	return b == APP_BUFFER_NONE ? not_built(p) : list_of(p, b, continues);
}

int
kw_app_list_of(struct rule_parser *p, enum app_buffer_id b)
{
	return list_of(p, b, false);
}

int
kw_app_buffer(struct rule_parser *p, char *value)
{
	enum app_buffer_id b = app_buffer_find(p->keyword);

	(void)value;
	if (b == APP_BUFFER_NONE)
		return not_built(p);
	/* Of several instances, what follows must hold in one. */
	p->list = list_of(p, b, !(app_buffer_row(b)->flags & APP_BUFFER_MULTI));
	return p->list == -1 ? -1 : 0;
}

/* Behind a sticky buffer, before its first content. */
int
kw_transform(struct rule_parser *p, char *value)
{
	struct transform_chain *c;
	char why[100];
	int buffer;

	if (p->list == -1 || p->r->list[p->list].buffer == BUFFER_PAYLOAD ||
	    p->r->list[p->list].buffer == BUFFER_BASE64)
		return parser_fail(p, "needs a sticky buffer before it");
	buffer = p->r->list[p->list].buffer;
	/* What stands in the list already is of the buffer without it. */
	if (p->r->list[p->list].n > 0 && (p->list = add_list(p, buffer)) == -1)
		return -1;
	c = transform_chain_add(
	    p->r->list[p->list].chain, p->keyword, value, why, sizeof(why));
	if (c == NULL)
		return parser_fail(p, "%s", why);
	transform_chain_free(p->r->list[p->list].chain);
	p->r->list[p->list].chain = c;
	return 0;
}

/* --- modifiers --------------------------------------------------------------- */

static void
list_drop(struct rule *r, size_t i)
{
	free(r->list[i].op);
	memmove(
	    &r->list[i], &r->list[i + 1], (r->lists_n - i - 1) * sizeof(*r->list));
	r->lists_n--;
}

static struct op *
last_anchor(struct rule_list *l)
{
	for (size_t i = l->n; i-- > 0;)
		if (l->op[i].kind == OP_CONTENT || l->op[i].kind == OP_PCRE)
			return &l->op[i];
	return NULL;
}

/* Is something in the list relative to what stands before it? */
static void
unmark(struct rule_list *l)
{
	struct op *before = last_anchor(l);

	if (before != NULL)
		before->flags &= ~(uint32_t)OP_RELATIVE_NEXT;
}

/* Move the last operation of one list to the end of another. */
static int
move_last(struct rule_parser *p, int from, int to)
{
	struct rule_list *a = &p->r->list[from], *b = &p->r->list[to];
	struct op *op = realloc(b->op, (b->n + 1) * sizeof(*op)), *before;

	if (op == NULL)
		return parser_no_memory(p);
	b->op = op;
	before = last_anchor(b);
	op[b->n++] = a->op[--a->n];
	if (op[b->n - 1].flags & OP_RELATIVE) {
		unmark(a);
		if (before != NULL)
			before->flags |= OP_RELATIVE_NEXT;
	}
	return 0;
}

int
kw_app_modifier(struct rule_parser *p, char *value)
{
	enum app_buffer_id b = app_buffer_modifier(p->keyword);
	int from = p->list, to;
	struct rule_list *l;

	(void)value;
	if (b == APP_BUFFER_NONE)
		return not_built(p);
	if (from == -1 || p->r->list[from].n == 0 ||
	    p->r->list[from].buffer != BUFFER_PAYLOAD)
		return parser_fail(
		    p, "needs a content before it that has no other buffer");
	l = &p->r->list[from];
	if (l->op[l->n - 1].kind != OP_CONTENT)
		return parser_fail(p, "needs a content right before it");
	if (l->op[l->n - 1].flags & OP_RAWBYTES)
		return parser_fail(p, "cannot be joined with rawbytes");
	if ((to = list_of(p, b, true)) == -1 || move_last(p, from, to) == -1)
		return -1;
	if (p->r->list[from].n == 0) {
		list_drop(p->r, (size_t)from);
		to -= to > from;
		p->list = -1;
	}
	p->moved = to;
	return 0;
}

int
kw_uricontent(struct rule_parser *p, char *value)
{
	enum app_buffer_id b = app_buffer_modifier("http_uri");
	int before = p->list, rc;

	if (b == APP_BUFFER_NONE)
		return not_built(p);
	if ((p->list = list_of(p, b, true)) == -1)
		return -1;
	rc = kw_content(p, value);
	p->moved = p->list;
	p->list = before;
	return rc;
}

int
kw_app_pcre_list(struct rule_parser *p, char letter)
{
	enum app_buffer_id b = app_buffer_pcre(letter);

	if (b == APP_BUFFER_NONE)
		return parser_fail(
		    p, "flag %c: %s", letter, keyword_needs_text(KW_NEEDS_APP));
	return list_of(p, b, true);
}

bool
kw_app_pcre_is(const struct rule_parser *p, char letter, int list)
{
	enum app_buffer_id b = buffers_app(p->r->list[list].buffer);

	/* To Suricata 7 bodies of responses and file.data are one. */
	return b != APP_BUFFER_NONE &&
	    (app_buffer_row(b)->pcre == letter ||
		(letter == 'Q' && b == APP_FILE_DATA));
}

/* --- sizes and numbers --------------------------------------------------------- */

static int
add_size(
    struct rule_parser *p, int list, enum op_kind kind, const struct num_test *t)
{
	int before = p->list;
	struct op *op;

	if (list == -1)
		return -1;
	p->list = list;
	op = parser_add_op(p, kind);
	p->list = before;
	if (op == NULL)
		return -1;
	op->size = *t;
	return 0;
}

/* "dns.opcode:0": the keyword's name is the row's. */
int
kw_app_number(struct rule_parser *p, char *value)
{
	enum app_buffer_id b = app_buffer_find(p->keyword);
	struct num_test t;

	if (b == APP_BUFFER_NONE)
		return not_built(p);
	if (parser_num(p, value, UINT64_MAX, &t) == -1)
		return -1;
	return add_size(p, list_of(p, b, false), OP_NUMBER, &t);
}

int
kw_app_add_number(
    struct rule_parser *p, enum app_buffer_id b, const struct num_test *t)
{
	if (app_buffer_find(app_buffer_row(b)->name) == APP_BUFFER_NONE)
		return not_built(p);
	return add_size(p, list_of(p, b, false), OP_NUMBER, t);
}

int
kw_app_add_ranges(struct rule_parser *p, enum app_buffer_id b,
    const struct num_range *range, size_t n)
{
	int before = p->list;
	struct op *op;

	if (app_buffer_find(app_buffer_row(b)->name) == APP_BUFFER_NONE)
		return not_built(p);
	if ((p->list = list_of(p, b, false)) == -1)
		return -1;
	op = parser_add_op(p, OP_NUMBER_SET);
	p->list = before;
	if (op == NULL)
		return -1;
	if ((op->set.range = calloc(n, sizeof(*range))) == NULL)
		return parser_no_memory(p);
	memcpy(op->set.range, range, n * sizeof(*range));
	op->set.n = n;
	return 0;
}

int
kw_app_add_content(struct rule_parser *p, enum app_buffer_id b, char *value)
{
	int before = p->list, rc;

	if (app_buffer_find(app_buffer_row(b)->name) == APP_BUFFER_NONE)
		return not_built(p);
	if ((p->list = list_of(p, b, false)) == -1)
		return -1;
	rc = kw_content(p, value);
	p->list = before;
	return rc;
}

/* "5<>10,norm": of the URI as it stands, or normalised. */
int
kw_urilen(struct rule_parser *p, char *value)
{
	char *rest = value, *size = parser_item(&rest, ','),
	     *form = parser_item(&rest, ',');
	bool raw = form != NULL && strcmp(form, "raw") == 0;
	enum app_buffer_id b = app_buffer_find(raw ? "http.uri.raw" : "http.uri");
	struct num_test t;

	if (b == APP_BUFFER_NONE)
		return not_built(p);
	if (form != NULL && !raw && strcmp(form, "norm") != 0)
		return parser_fail(p, "\"%.20s\" is not norm or raw", form);
	if (parser_num(p, size, UINT16_MAX, &t) == -1)
		return -1;
	return add_size(p, list_of(p, b, true), OP_BSIZE, &t);
}

/* --- events and protocols ------------------------------------------------------- */

static bool
test_flow_event(const struct test *t, struct match_context *m)
{
	return m->p->flow != NULL &&
	    ((app_flow_events(m->p->flow) >> t->value) & 1);
}

static int
add_app_event(struct rule_parser *p, enum app_id id, int bit)
{
	struct rule *r = p->r;
	struct rule_app_event *e =
	    realloc(r->app_event, (r->app_events_n + 1) * sizeof(*e));

	if (e == NULL)
		return parser_no_memory(p);
	r->app_event = e;
	e[r->app_events_n++] = (struct rule_app_event){id, (uint8_t)bit};
	r->flags |= RULE_NOT_IP_ONLY;
	return 0;
}

int
kw_app_event(struct rule_parser *p, char *value)
{
	enum app_id id = APP_UNKNOWN;
	struct test *t;
	int bit;

	if (strncasecmp(value, "applayer_", 9) != 0) {
		if ((bit = app_event_find(value, &id)) == -1)
			return parser_fail(p,
			    id == APP_UNKNOWN
				? "\"%.60s\" needs an application-layer parser, "
				  "which this version does not have"
				: "unknown event \"%.60s\"",
			    value);
		return add_app_event(p, id, bit);
	}
	if ((bit = app_flow_event_find(value)) == -1)
		return parser_fail(p, "unknown event \"%.60s\"", value);
	p->r->flags |= RULE_NOT_IP_ONLY;
	if ((t = parser_add_test(p, test_flow_event)) == NULL)
		return -1;
	t->value = (uint32_t)bit;
	return 0;
}

/* Of the packet's direction, once it is decided. */
static bool
test_app_protocol(const struct test *t, struct match_context *m)
{
	enum app_dir d = m->p->flags & PACKET_TO_CLIENT ? APP_TC : APP_TS;
	enum app_id id = m->p->flow == NULL ? APP_UNKNOWN : app_id(m->p->flow, d);

	return id != APP_UNKNOWN && ((t->apps >> id) & 1) != t->negated;
}

int
kw_app_protocol(struct rule_parser *p, char *value)
{
	unsigned over;
	bool known;
	uint64_t apps = strcasecmp(value, "failed") == 0
	    ? APP_BIT(APP_FAILED)
	    : app_word(value, &known, &over);
	struct test *t;

	if (apps == 0)
		return known ? not_built(p)
			     : parser_fail(p, "unknown protocol \"%.30s\"", value);
	if (p->r->apps != 0)
		return parser_fail(p, "the rule names its protocol already");
	p->r->flags |= RULE_NOT_IP_ONLY;
	if ((t = parser_add_test(p, test_app_protocol)) == NULL)
		return -1;
	p->r->app_protocols_n++;
	t->negated = p->negated;
	t->apps = apps;
	return 0;
}
