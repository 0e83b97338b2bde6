/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * base64_decode and base64_data: what stands decoded in a buffer (guide, "Base64
 * keywords"; RFC 4648, section 4).
 */
#include "agent/detect/base64.h"
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"

#include <stdlib.h>
#include <string.h>

enum {
	WORD_BYTES,
	WORD_OFFSET,
	WORD_RELATIVE,
};

static const struct parser_word WORDS[] = {
    {"bytes", WORD_BYTES},
    {"offset", WORD_OFFSET},
    {"relative", WORD_RELATIVE},
    {NULL, 0},
};

static int
read_word(struct rule_parser *p, char *item, struct op *op)
{
	size_t n = strcspn(item, " \t");
	const char *argument = item + n;
	int64_t v = 0;
	int word;

	if (*argument != '\0') {
		item[n] = '\0';
		argument += 1 + strspn(argument + 1, " \t");
	}
	if ((word = parser_word(WORDS, item)) == -1)
		return parser_fail(p, "unknown word \"%.40s\"", item);
	if (word == WORD_RELATIVE) {
		op->flags |= OP_RELATIVE;
		return *argument == '\0'
		    ? 0
		    : parser_fail(p, "relative takes no number");
	}
	if (parser_int(p, argument, word == WORD_BYTES, BASE64_BYTES_MAX, &v) == -1)
		return -1;
	if (word == WORD_BYTES)
		op->base64.bytes = (uint32_t)v;
	else
		op->base64.offset = (uint32_t)v;
	return 0;
}

int
kw_base64_decode(struct rule_parser *p, char *value)
{
	struct op read = {.kind = OP_BASE64}, *op;
	char *rest = value, *item;

	while (value != NULL && (item = parser_item(&rest, ',')) != NULL)
		if (read_word(p, item, &read) == -1)
			return -1;
	if (parser_at_hand(p) != -1 &&
	    p->r->list[parser_at_hand(p)].buffer == BUFFER_BASE64)
		return parser_fail(p, "cannot be used in base64_data");
	/* Where the last content went, relative to it or not. */
	if ((op = parser_add_relative(p, OP_BASE64, true)) == NULL)
		return -1;
	*op = read;
	return 0;
}

static bool
has_decode(const struct rule *r)
{
	for (size_t i = 0; i < r->lists_n; i++)
		for (size_t k = 0; k < r->list[i].n; k++)
			if (r->list[i].op[k].kind == OP_BASE64)
				return true;
	return false;
}

int
kw_base64_data(struct rule_parser *p, char *value)
{
	struct rule *r = p->r;
	struct rule_list *l;

	(void)value;
	if (!has_decode(r))
		return parser_fail(p, "needs a base64_decode before it");
	p->moved = -1;
	for (size_t i = 0; i < r->lists_n; i++)
		if (r->list[i].buffer == BUFFER_BASE64) {
			p->list = (int)i;
			return 0;
		}
	if (r->lists_n == RULE_LISTS_MAX)
		return parser_fail(p, "more than %d buffers", RULE_LISTS_MAX);
	if ((l = realloc(r->list, (r->lists_n + 1) * sizeof(*l))) == NULL)
		return parser_no_memory(p);
	r->list = l;
	p->list = (int)r->lists_n++;
	l[p->list] = (struct rule_list){.buffer = BUFFER_BASE64};
	return 0;
}

/* --- decoding ----------------------------------------------------------------- */

static int
sextet(uint8_t c)
{
	static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
				      "qrstuvwxyz0123456789+/";
	const char *at = c == 0 ? NULL : strchr(LETTERS, c);

	return at == NULL ? -1 : (int)(at - LETTERS);
}

size_t
base64_decode(struct span in, uint8_t *out)
{
	size_t n = 0, have = 0, padding = 0;
	uint32_t word = 0;

	for (size_t i = 0; i < in.len; i++) {
		int v = sextet(in.p[i]);

		if (v == -1 && in.p[i] != '=')
			break;
		padding += v == -1;
		word = word << 6 | (uint32_t)(v == -1 ? 0 : v);
		if (++have < 4)
			continue;
		for (size_t k = 0; k + padding < 3; k++)
			out[n++] = (uint8_t)(word >> (16 - 8 * k));
		have = padding = 0;
		word = 0;
	}
	/* What the letters behind the last four hold in full. */
	word <<= have == 0 ? 0 : 6 * (4 - have);
	for (size_t k = 0; k + 1 + padding < have; k++)
		out[n++] = (uint8_t)(word >> (16 - 8 * k));
	return n;
}
