/* SPDX-License-Identifier: EUPL-1.2 */
/* "field|modifier|...: value": modifiers checked against each other, values
 * compiled. */
#include "collector/correlate/sigma_parse.h"
#include "collector/correlate/sigma_pattern.h"
#include "collector/correlate/sigma_regex.h"
#include "common/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	ALL = 1 << 0,
	CONTAINS = 1 << 1,
	STARTS = 1 << 2,
	ENDS = 1 << 3,
	CASED = 1 << 4,
	WINDASH = 1 << 5,
	NEQ = 1 << 6,
	EXISTS = 1 << 7,
	RE = 1 << 8,
	RE_I = 1 << 9,
	RE_M = 1 << 10,
	RE_S = 1 << 11,
	BASE64 = 1 << 12,
	OFFSET = 1 << 13,
	UTF16_LE = 1 << 14,
	UTF16_BE = 1 << 15,
	UTF16_BOM = 1 << 16,
	LT = 1 << 17,
	LTE = 1 << 18,
	GT = 1 << 19,
	GTE = 1 << 20,
	CIDR = 1 << 21,
	FIELDREF = 1 << 22,

	PLACE = CONTAINS | STARTS | ENDS,
	UTF16 = UTF16_LE | UTF16_BE | UTF16_BOM,
	ENCODE = BASE64 | OFFSET | UTF16,
	FLAGS = RE_I | RE_M | RE_S,
	NUMBER = LT | LTE | GT | GTE,
};

/* with: what it may stand beside; after: what may only come before it. */
static const struct modifier {
	const char *name;
	int bit, with, after;
} modifiers[] = {
    {"all", ALL, PLACE | CASED | WINDASH | NEQ | RE | FLAGS | ENCODE | CIDR, 0},
    {"contains", CONTAINS, ALL | CASED | WINDASH | NEQ | ENCODE, 0},
    {"startswith", STARTS, ALL | CASED | WINDASH | NEQ | ENCODE, 0},
    {"endswith", ENDS, ALL | CASED | WINDASH | NEQ | ENCODE, 0},
    {"cased", CASED, ALL | PLACE | WINDASH | NEQ | ENCODE | FIELDREF, 0},
    {"windash", WINDASH, ALL | PLACE | CASED | NEQ, 0},
    {"neq", NEQ,
	ALL | PLACE | CASED | WINDASH | ENCODE | RE | FLAGS | CIDR | FIELDREF, 0},
    {"exists", EXISTS, 0, 0},
    {"re", RE, ALL | NEQ | FLAGS, FLAGS},
    {"i", RE_I, RE | RE_M | RE_S | ALL | NEQ, 0},
    {"ignorecase", RE_I, RE | RE_M | RE_S | ALL | NEQ, 0},
    {"m", RE_M, RE | RE_I | RE_S | ALL | NEQ, 0},
    {"multiline", RE_M, RE | RE_I | RE_S | ALL | NEQ, 0},
    {"s", RE_S, RE | RE_I | RE_M | ALL | NEQ, 0},
    {"dotall", RE_S, RE | RE_I | RE_M | ALL | NEQ, 0},
    {"base64", BASE64, ALL | PLACE | CASED | NEQ | UTF16, PLACE},
    {"base64offset", OFFSET, ALL | PLACE | CASED | NEQ | UTF16, PLACE},
    {"utf16le", UTF16_LE, ALL | PLACE | CASED | NEQ | BASE64 | OFFSET,
	PLACE | BASE64 | OFFSET},
    {"wide", UTF16_LE, ALL | PLACE | CASED | NEQ | BASE64 | OFFSET,
	PLACE | BASE64 | OFFSET},
    {"utf16be", UTF16_BE, ALL | PLACE | CASED | NEQ | BASE64 | OFFSET,
	PLACE | BASE64 | OFFSET},
    {"utf16", UTF16_BOM, ALL | PLACE | CASED | NEQ | BASE64 | OFFSET,
	PLACE | BASE64 | OFFSET},
    {"lt", LT, 0, 0},
    {"lte", LTE, 0, 0},
    {"gt", GT, 0, 0},
    {"gte", GTE, 0, 0},
    {"cidr", CIDR, ALL | NEQ, 0},
    {"fieldref", FIELDREF, CASED | NEQ, 0},
};

static const char *const not_yet[] = {
    "minute", "hour", "day", "week", "month", "year", "expand"};

static const struct modifier *
find_modifier(const char *name)
{
	for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
		if (strcmp(modifiers[i].name, name) == 0)
			return &modifiers[i];
	}
	return NULL;
}

static int
unknown_modifier(struct sigma_parse *p, unsigned line, const char *name)
{
	for (size_t i = 0; i < sizeof(not_yet) / sizeof(not_yet[0]); i++) {
		if (strcmp(not_yet[i], name) == 0)
			return sigma_fail(p, line,
			    "modifier \"%s\" is not supported yet; leave this rule "
			    "out or "
			    "write it without",
			    name);
	}
	return sigma_fail(p, line,
	    "unknown modifier \"%s\"; docs/sigma.md lists those there are", name);
}

/* Each pair once; the name of what came first is in names. */
static int
check_pairs(struct sigma_parse *p, unsigned line, const struct modifier *m, int had)
{
	for (size_t i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++) {
		const struct modifier *o = &modifiers[i];

		if ((had & o->bit) == 0)
			continue;
		if (o->bit == m->bit)
			return sigma_fail(
			    p, line, "modifier \"%s\" stands twice", m->name);
		if ((m->with & o->bit) == 0)
			return sigma_fail(p, line,
			    "modifiers \"%s\" and \"%s\" cannot go together",
			    o->name, m->name);
		if ((m->after & o->bit) != 0 && m->bit != RE)
			return sigma_fail(p, line,
			    "modifier \"%s\" must come before \"%s\"", m->name,
			    o->name);
	}
	return 0;
}

static int
read_modifiers(struct sigma_parse *p, unsigned line, char *names, int *bits)
{
	char *next;

	*bits = 0;
	for (char *name = names; name != NULL; name = next) {
		const struct modifier *m;

		if ((next = strchr(name, '|')) != NULL)
			*next++ = '\0';
		if ((m = find_modifier(name)) == NULL)
			return unknown_modifier(p, line, name);
		if (check_pairs(p, line, m, *bits) == -1)
			return -1;
		*bits |= m->bit;
	}
	if ((*bits & FLAGS) != 0 && (*bits & RE) == 0)
		return sigma_fail(p, line, "modifiers i, m and s belong to \"re\"");
	if ((*bits & UTF16) != 0 && (*bits & (BASE64 | OFFSET)) == 0)
		return sigma_fail(p, line,
		    "a UTF-16 modifier needs base64 or base64offset after it: "
		    "records are "
		    "UTF-8");
	return 0;
}

static bool
is_number(const struct yaml_node *n, double *v)
{
	char *end;

	if (!n->plain || n->text[0] == '\0' ||
	    strspn(n->text, "+-.0123456789eE") != strlen(n->text))
		return false;
	*v = strtod(n->text, &end);
	return *end == '\0' && isfinite(*v);
}

static int
add_pattern(struct sigma_parse *p, const struct yaml_node *n, const char *text,
    unsigned flags, struct sigma_value *v)
{
	uint32_t *code = sigma_alloc(p, strlen(text) + 2, sizeof(*code));
	long len;

	if (code == NULL)
		return -1;
	if ((len = sigma_pattern_compile(text, flags, code)) == -1)
		return sigma_fail(
		    p, n->line, "the value is not UTF-8; save the file as UTF-8");
	v->pattern[v->patterns++] =
	    (struct sigma_pattern){.code = code, .len = (size_t)len};
	return 0;
}

static unsigned
pattern_flags(int bits, bool keyword)
{
	unsigned f = 0;

	if ((bits & (CONTAINS | ENDS)) || keyword)
		f |= SIGMA_PATTERN_OPEN;
	if ((bits & (CONTAINS | STARTS)) || keyword)
		f |= SIGMA_PATTERN_CLOSE;
	if (bits & CASED)
		f |= SIGMA_PATTERN_CASED;
	if (bits & WINDASH)
		f |= SIGMA_PATTERN_WINDASH;
	return f;
}

/* The value's bytes, in UTF-16 where asked, as base64: once, or at each offset. */
static int
read_encoded(struct sigma_parse *p, const struct yaml_node *n, int bits,
    unsigned flags, struct sigma_value *v)
{
	size_t size = strlen(n->text) + 1;
	char *plain = sigma_alloc(p, size, 1);
	uint8_t *bytes = sigma_alloc(p, 2 * size + 2, 1);
	char *coded = sigma_alloc(p, 4 * size + 16, 1);
	long len;

	if (plain == NULL || bytes == NULL || coded == NULL)
		return -1;
	if (sigma_pattern_has_wildcard(n->text))
		return sigma_fail(p, n->line,
		    "a value for base64 cannot hold a wildcard; write \\* or \\? "
		    "for the "
		    "character itself");
	len = (long)sigma_pattern_unescape(n->text, plain);
	if (bits & UTF16)
		len = sigma_pattern_utf16(plain, (size_t)len,
		    bits & UTF16_LE	  ? SIGMA_UTF16_LE
			: bits & UTF16_BE ? SIGMA_UTF16_BE
					  : SIGMA_UTF16_BOM,
		    bytes);
	else
		memcpy(bytes, plain, (size_t)len);
	if (len < 1)
		return sigma_fail(p, n->line,
		    "nothing to encode: the value is empty or no UTF-8");
	for (int shift = bits & OFFSET ? 0 : -1; shift < (bits & OFFSET ? 3 : 0);
	     shift++) {
		sigma_pattern_base64(bytes, (size_t)len, shift, coded);
		if (add_pattern(p, n, coded, flags | SIGMA_PATTERN_LITERAL, v) ==
		    -1)
			return -1;
	}
	return 0;
}

static int
read_regex(struct sigma_parse *p, const struct yaml_node *n, int bits,
    struct sigma_value *v)
{
	char flags[4], error[160];
	size_t k = 0;
	struct sigma_regex *r;

	if (bits & RE_I)
		flags[k++] = 'i';
	if (bits & RE_M)
		flags[k++] = 'm';
	if (bits & RE_S)
		flags[k++] = 's';
	flags[k] = '\0';
	if ((r = sigma_regex_new(n->text, flags, error, sizeof(error))) == NULL)
		return sigma_fail(p, n->line, "regular expression: %s", error);
	v->kind = SIGMA_RE;
	v->regex = r;
	return sigma_keep_regex(p, r);
}

static int
read_cidr(struct sigma_parse *p, const struct yaml_node *n, struct sigma_value *v)
{
	char text[ADDR_TEXT_SIZE + 8];
	char *slash;
	uint64_t bits;

	v->kind = SIGMA_CIDR;
	if (str_copy(text, sizeof(text), n->text) == -1)
		return sigma_fail(p, n->line,
		    "\"%.60s\" is no network; write 10.0.0.0/8", n->text);
	if ((slash = strchr(text, '/')) != NULL)
		*slash++ = '\0';
	if (addr_parse(text, &v->net) == -1)
		return sigma_fail(
		    p, n->line, "\"%s\" is no network; write 10.0.0.0/8", n->text);
	bits = v->net.family == 4 ? 32 : 128;
	if (slash != NULL && str_u64(slash, bits, &bits) == -1)
		return sigma_fail(
		    p, n->line, "\"%s\" has no good prefix length", n->text);
	v->bits = (unsigned)bits;
	return 0;
}

static int
read_compare(struct sigma_parse *p, const struct yaml_node *n, int bits,
    struct sigma_value *v)
{
	v->kind = SIGMA_COMPARE;
	v->compare = bits & LT ? SIGMA_LT
	    : bits & LTE       ? SIGMA_LTE
	    : bits & GT	       ? SIGMA_GT
			       : SIGMA_GTE;
	if (!is_number(n, &v->number))
		return sigma_fail(p, n->line, "\"%s\" is no number", n->text);
	return 0;
}

static int
read_exists(struct sigma_parse *p, const struct yaml_node *n, struct sigma_value *v)
{
	v->kind = SIGMA_EXISTS;
	v->flag = strcmp(n->text, "true") == 0;
	if (!v->flag && strcmp(n->text, "false") != 0)
		return sigma_fail(p, n->line, "\"exists\" takes true or false");
	return 0;
}

static int
read_text(struct sigma_parse *p, const struct yaml_node *n, int bits, bool keyword,
    struct sigma_value *v)
{
	unsigned flags = pattern_flags(bits, keyword);

	if (bits & (BASE64 | OFFSET))
		return read_encoded(p, n, bits, flags, v);
	if ((bits & PLACE) == 0 && !keyword && is_number(n, &v->number))
		v->kind = SIGMA_NUMBER;
	return add_pattern(p, n, n->text, flags, v);
}

static int
read_value(struct sigma_parse *p, const struct yaml_node *n, int bits, bool keyword,
    bool alone, struct sigma_value *v)
{
	if (n->kind != YAML_SCALAR)
		return sigma_fail(
		    p, n->line, "a value is one text or number, or a list of them");
	if (strlen(n->text) > SIGMA_PATTERN_MAX)
		return sigma_fail(
		    p, n->line, "a value has at most %d bytes", SIGMA_PATTERN_MAX);
	v->kind = SIGMA_TEXT;
	if (yaml_is_null(n)) {
		if (!alone || keyword || (bits & ~NEQ) != 0)
			return sigma_fail(p, n->line,
			    "null stands alone, without modifiers; put it in a "
			    "selection of "
			    "its own");
		v->kind = SIGMA_NULL;
		return 0;
	}
	if (bits & RE)
		return read_regex(p, n, bits, v);
	if (bits & CIDR)
		return read_cidr(p, n, v);
	if (bits & NUMBER)
		return read_compare(p, n, bits, v);
	if (bits & EXISTS)
		return read_exists(p, n, v);
	if (bits & FIELDREF) {
		v->kind = SIGMA_FIELDREF;
		return sigma_field(p, n->line, n->text, &v->other);
	}
	return read_text(p, n, bits, keyword, v);
}

static size_t
count_children(const struct yaml_node *n)
{
	size_t k = 0;

	for (const struct yaml_node *c = n->child; c != NULL; c = c->next)
		k++;
	return k;
}

static int
read_values(struct sigma_parse *p, const struct yaml_node *n, int bits,
    struct sigma_item *item)
{
	bool list = n->kind == YAML_LIST;
	const struct yaml_node *c = list ? n->child : n;
	struct sigma_value *v;

	item->values = list ? count_children(n) : 1;
	if (item->values == 0 || item->values > SIGMA_VALUES_MAX)
		return sigma_fail(p, n->line,
		    "a list of values has 1 to %d of them", SIGMA_VALUES_MAX);
	if ((bits & ALL) && item->values == 1)
		return sigma_fail(
		    p, n->line, "\"all\" needs a list of more than one value");
	if ((bits & EXISTS) && list)
		return sigma_fail(
		    p, n->line, "\"exists\" takes one value: true or false");
	if ((v = sigma_alloc(p, item->values, sizeof(*v))) == NULL)
		return -1;
	item->value = v;
	for (size_t i = 0; i < item->values; i++, c = c->next) {
		if (read_value(p, c, bits, item->keyword, !list, &v[i]) == -1)
			return -1;
	}
	return 0;
}

int
sigma_value_item(
    struct sigma_parse *p, const struct yaml_node *node, struct sigma_item *item)
{
	const char *key = node->key == NULL ? "" : node->key;
	char name[256];
	char *bar;
	int bits = 0;

	item->line = node->line;
	if (str_copy(name, sizeof(name), key) == -1)
		return sigma_fail(p, node->line, "the field's name is too long");
	if ((bar = strchr(name, '|')) != NULL)
		*bar++ = '\0';
	if (bar != NULL && read_modifiers(p, node->line, bar, &bits) == -1)
		return -1;
	item->keyword = name[0] == '\0';
	if (item->keyword &&
	    (bits & ~(ALL | CASED | WINDASH | RE | FLAGS | CONTAINS | ENCODE)) != 0)
		return sigma_fail(p, node->line,
		    "a keyword takes only all, cased, contains, windash, re and "
		    "base64 "
		    "modifiers");
	if (!item->keyword && sigma_field(p, node->line, name, &item->field) == -1)
		return -1;
	item->all = (bits & ALL) != 0;
	item->negate = (bits & NEQ) != 0;
	item->cased = (bits & CASED) != 0;
	return read_values(p, node, bits, item);
}
