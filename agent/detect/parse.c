/* SPDX-License-Identifier: EUPL-1.2 */
/* A rule's text into a struct rule (engine.md 1.1; guide, "Rules Format"). */
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"

#include "common/str.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OPTIONS_MAX 1024
#define WORD_MAX    64

struct option {
	char *name, *value; /* value NULL: there was no ':' */
};

/* --- helpers of the kw_*.c files -------------------------------------------- */

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

/* --- header ---------------------------------------------------------------- */

static const struct parser_word ACTIONS[] = {
    {"alert", RULE_ALERT},
    {"pass", RULE_PASS},
    {"drop", RULE_DROP},
    {"reject", RULE_REJECT},
    {"rejectsrc", RULE_REJECT},
    {"rejectdst", RULE_REJECT},
    {"rejectboth", RULE_REJECT},
    {"config", RULE_CONFIG},
    {NULL, 0},
};

/* proto -1: any; the second only for icmp. */
static const struct {
	const char *name;
	int proto, second;
	unsigned flags;
} PROTOS[] = {
    {"ip", -1, -1, 0},
    {"pkthdr", -1, -1, 0},
    {"tcp", IPPROTO_TCP, -1, 0},
    {"tcp-pkt", IPPROTO_TCP, -1, RULE_TCP_PKT},
    {"tcp-stream", IPPROTO_TCP, -1, RULE_TCP_STREAM},
    {"udp", IPPROTO_UDP, -1, 0},
    {"icmp", IPPROTO_ICMP, IPPROTO_ICMPV6, 0},
    {"icmpv4", IPPROTO_ICMP, -1, 0},
    {"icmp4", IPPROTO_ICMP, -1, 0},
    {"icmpv6", IPPROTO_ICMPV6, -1, 0},
    {"icmp6", IPPROTO_ICMPV6, -1, 0},
    {"sctp", IPPROTO_SCTP, -1, 0},
    {"ipv4", -1, -1, RULE_IPV4},
    {"ip4", -1, -1, RULE_IPV4},
    {"ipv6", -1, -1, RULE_IPV6},
    {"ip6", -1, -1, RULE_IPV6},
};

static void
allow_proto(struct rule *r, int proto)
{
	if (proto == -1)
		r->any_proto = true;
	else
		r->proto[proto / 64] |= (uint64_t)1 << (proto % 64);
}

static int
read_proto(struct rule_parser *p, const char *word)
{
	unsigned over;
	bool known;

	for (size_t i = 0; i < sizeof(PROTOS) / sizeof(PROTOS[0]); i++) {
		if (strcasecmp(PROTOS[i].name, word) != 0)
			continue;
		allow_proto(p->r, PROTOS[i].proto);
		if (PROTOS[i].second != -1)
			allow_proto(p->r, PROTOS[i].second);
		p->r->flags |= PROTOS[i].flags;
		return 0;
	}
	p->r->apps = app_word(word, &known, &over);
	if (!known)
		return parser_fail(p, "unknown protocol \"%.30s\"", word);
	if (p->r->apps == 0)
		return parser_fail(p, "protocol \"%.30s\": %s", word,
		    keyword_needs_text(KW_NEEDS_APP));
	if (over & APP_OVER_TCP)
		allow_proto(p->r, IPPROTO_TCP);
	if (over & APP_OVER_UDP)
		allow_proto(p->r, IPPROTO_UDP);
	return 0;
}

static int
read_action(struct rule_parser *p, const char *word)
{
	int action = parser_word(ACTIONS, word);

	if (action == -1)
		return parser_fail(p,
		    "unknown action \"%.30s\": it is alert, pass, drop or reject",
		    word);
	if (action == RULE_CONFIG)
		return parser_fail(
		    p, "action \"config\": %s", keyword_needs_text(KW_NEEDS_LATER));
	p->r->meta.action = (enum rule_action)action;
	return 0;
}

/* The next word of the header; white space inside brackets is part of it. */
static char *
header_word(char **rest)
{
	char *s = *rest, *word;
	int depth = 0;

	while (isspace((unsigned char)*s))
		s++;
	word = s;
	for (; *s != '\0' && (depth > 0 || !isspace((unsigned char)*s)); s++) {
		if (*s == '(')
			break;
		depth += (*s == '[') - (*s == ']');
	}
	*rest = s;
	return word;
}

enum {
	H_ACTION,
	H_PROTO,
	H_SRC,
	H_SPORT,
	H_DIR,
	H_DST,
	H_DPORT,
	H_WORDS
};

static int
read_header(struct rule_parser *p, char **text)
{
	static const char *const WHAT[H_WORDS] = {"action", "protocol",
	    "source address", "source port", "direction", "destination address",
	    "destination port"};
	char *word[H_WORDS], *end[H_WORDS], *rest = *text;
	struct rule *r = p->r;
	struct lists *l = ruleset_lists(p->rs);

	for (int i = 0; i < H_WORDS; i++) {
		word[i] = header_word(&rest);
		end[i] = rest;
		if (end[i] == word[i])
			return parser_fail(p, "the %s is missing", WHAT[i]);
	}
	while (isspace((unsigned char)*rest))
		rest++;
	if (*rest != '(')
		return parser_fail(p, "a \"(\" must follow the destination port");
	*text = rest + 1;
	for (int i = 0; i < H_WORDS; i++)
		*end[i] = '\0';
	if (read_action(p, word[H_ACTION]) == -1 ||
	    read_proto(p, word[H_PROTO]) == -1)
		return -1;
	if (strcmp(word[H_DIR], "<>") == 0)
		r->flags |= RULE_BIDIRECTIONAL;
	else if (strcmp(word[H_DIR], "->") != 0)
		return parser_fail(
		    p, "direction \"%.10s\" is not \"->\" or \"<>\"", word[H_DIR]);
	if ((r->src = lists_addr(l, word[H_SRC], p->error, sizeof(p->error))) ==
		NULL ||
	    (r->sport = lists_port(l, word[H_SPORT], p->error, sizeof(p->error))) ==
		NULL ||
	    (r->dst = lists_addr(l, word[H_DST], p->error, sizeof(p->error))) ==
		NULL ||
	    (r->dport = lists_port(l, word[H_DPORT], p->error, sizeof(p->error))) ==
		NULL)
		return -1;
	if (r->src->negated || r->dst->negated)
		r->flags |= RULE_NEGATED_ADDRESS;
	return 0;
}

/* --- options --------------------------------------------------------------- */

/* Cut at each ';' that no backslash stands before; quotes mean nothing here. */
static int
cut_options(struct rule_parser *p, char *s, struct option *out, size_t *n)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	if (end == s || *--end != ')')
		return parser_fail(p, "the rule does not end with \")\"");
	*end = '\0';
	for (*n = 0;;) {
		char *semi, *colon;

		while (isspace((unsigned char)*s))
			s++;
		if (*s == '\0')
			return 0;
		for (semi = s; *semi != '\0' &&
		     (*semi != ';' || (semi > s && semi[-1] == '\\'));)
			semi++;
		if (*semi == '\0')
			return parser_fail(p, "no \";\" behind \"%.40s\"", s);
		if (*n == OPTIONS_MAX)
			return parser_fail(p, "more than %d options", OPTIONS_MAX);
		*semi = '\0';
		if ((colon = strchr(s, ':')) != NULL)
			*colon++ = '\0';
		out[*n].name = str_trim(s);
		out[*n].value = colon == NULL ? NULL : str_trim(colon);
		(*n)++;
		s = semi + 1;
	}
}

/* Negation and quotes as the keyword's row wants them; the bare value in *value. */
static int
check_value(struct rule_parser *p, const struct keyword *k, char **value)
{
	char *s = *value;
	size_t len;

	p->negated = false;
	if (s == NULL || *s == '\0') {
		if (k->flags & (KW_NO_VALUE | KW_OPTIONAL))
			return s == NULL
			    ? 0
			    : parser_fail(p, "the value behind \":\" is missing");
		return parser_fail(p, "needs a value");
	}
	if (k->flags & KW_NO_VALUE)
		return parser_fail(p, "takes no value");
	if (*s == '!' && (k->flags & KW_NEGATABLE)) {
		p->negated = true;
		s = str_trim(s + 1);
	}
	len = strlen(s);
	if ((k->flags & KW_QUOTED) && (len < 2 || *s != '"'))
		return parser_fail(p, "the value must stand in double quotes");
	if (*s == '"' && (k->flags & (KW_QUOTED | KW_QUOTABLE))) {
		if (len < 2 || s[len - 1] != '"')
			return parser_fail(p, "the closing quote is missing");
		s[len - 1] = '\0';
		s++;
	}
	*value = s;
	return 0;
}

static int
read_option(struct rule_parser *p, struct option *o, bool first)
{
	const struct keyword *k = keyword_find(o->name);
	char reason[sizeof(p->error)];

	p->keyword = o->name;
	if (k == NULL)
		return first ? 0
			     : parser_fail(p, "unknown keyword \"%.40s\"", o->name);
	if (((k->flags & KW_FIRST) != 0) != first)
		return 0;
	if (k->needs != KW_READY)
		parser_fail(p, "%s", keyword_needs_text(k->needs));
	else if (check_value(p, k, &o->value) == 0 && k->parse(p, o->value) == 0)
		return 0;
	memcpy(reason, p->error, sizeof(reason));
	return parser_fail(p, "keyword \"%s\": %.120s", k->name, reason);
}

/* A refusal names the sid, even when the header was not understood. */
static void
note_sid(struct rule_parser *p, const char *options)
{
	const char *sid = strstr(options, "sid:");

	if (sid != NULL)
		p->r->meta.sid = (uint32_t)strtoul(sid + 4, NULL, 10);
}

int
parser_rule(struct rule_parser *p, char *text)
{
	struct option option[OPTIONS_MAX];
	struct rule *r = p->r;
	size_t n = 0;

	p->list = p->moved = -1;
	r->meta.gid = 1;
	r->meta.priority = 3;
	r->meta.msg = r->meta.category = "";
	memset(r->roles, 3, sizeof(r->roles));
	r->fast_list = r->fast_op = -1;
	if (read_header(p, &text) == -1) {
		note_sid(p, text);
		return -1;
	}
	if (cut_options(p, text, option, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (read_option(p, &option[i], true) == -1)
			return -1;
	if (p->unmet)
		return 1;
	for (size_t i = 0; i < n; i++)
		if (read_option(p, &option[i], false) == -1)
			return -1;
	if (!(r->flags & RULE_HAS_SID))
		return parser_fail(p, "keyword \"sid\" is missing");
	return ruleset_classify(r, p->error, sizeof(p->error));
}
