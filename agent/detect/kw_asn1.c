/* SPDX-License-Identifier: EUPL-1.2 */
/* The asn1 keyword (guide, "Payload Keywords"). */
#include "agent/detect/parser.h"

#include "common/str.h"

#include <string.h>

enum what {
	BITSTRING,
	DOUBLE,
	OVERSIZE,
	ABSOLUTE,
	RELATIVE,
};

static const struct parser_word WORDS[] = {
    {"bitstring_overflow", BITSTRING},
    {"double_overflow", DOUBLE},
    {"oversize_length", OVERSIZE},
    {"absolute_offset", ABSOLUTE},
    {"relative_offset", RELATIVE},
    {NULL, 0},
};

static int
number(struct rule_parser *p, char **rest, int64_t min, int64_t max, int64_t *n)
{
	char *word = *rest == NULL ? NULL : strsep(rest, ", ");

	if (word == NULL || *word == '\0')
		return parser_fail(p, "a number must follow its word");
	return parser_int(p, word, min, max, n);
}

static int
read_word(struct rule_parser *p, const char *word, char **rest, struct op_asn1 *a)
{
	int64_t n = 0;

	switch (parser_word(WORDS, word)) {
	case BITSTRING:
		a->test.bitstring_overflow = true;
		return 0;
	case DOUBLE:
		a->test.double_overflow = true;
		return 0;
	case OVERSIZE:
		a->test.oversize = true;
		if (number(p, rest, 0, UINT32_MAX, &n) == -1)
			return -1;
		a->test.max = (uint32_t)n;
		return 0;
	case ABSOLUTE:
		if (number(p, rest, 0, UINT16_MAX, &n) == -1)
			return -1;
		a->offset = (int32_t)n;
		return 0;
	case RELATIVE:
		if (number(p, rest, -UINT16_MAX, UINT16_MAX, &n) == -1)
			return -1;
		a->offset = (int32_t)n;
		a->relative = true;
		return 0;
	default:
		return parser_fail(p, "\"%.30s\" is none of its words", word);
	}
}

int
kw_asn1(struct rule_parser *p, char *value)
{
	struct op_asn1 a = {.offset = 0};
	char *rest = value, *word;
	struct op *op;

	while ((word = strsep(&rest, ", ")) != NULL)
		if (*word != '\0' && read_word(p, word, &rest, &a) == -1)
			return -1;
	if (a.relative)
		parser_set_relative(p);
	if ((op = parser_add_relative(p, OP_ASN1, a.relative)) == NULL)
		return -1;
	if (a.relative)
		op->flags |= OP_RELATIVE;
	op->asn1 = a;
	return 0;
}
