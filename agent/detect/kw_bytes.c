/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Numbers in payloads: byte_test, byte_jump, byte_extract, byte_math (guide,
 * "Payload Keywords").
 */
#include "agent/detect/buffers.h"
#include "agent/detect/parser.h"

#include "common/str.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BYTES_BINARY_MAX 8
#define BYTES_STRING_MAX 23 /* 2^64 - 1 in octal, and a little more */

enum {
	WORD_RELATIVE,
	WORD_BIG,
	WORD_LITTLE,
	WORD_STRING,
	WORD_HEX,
	WORD_OCT,
	WORD_DEC,
	WORD_DCE,
	WORD_ALIGN,
	WORD_FROM_BEGINNING,
	WORD_FROM_END,
	WORD_MULTIPLIER,
	WORD_POST_OFFSET,
	WORD_BITMASK,
};

static const struct parser_word WORDS[] = {
    {"relative", WORD_RELATIVE},
    {"big", WORD_BIG},
    {"little", WORD_LITTLE},
    {"string", WORD_STRING},
    {"hex", WORD_HEX},
    {"oct", WORD_OCT},
    {"dec", WORD_DEC},
    {"dce", WORD_DCE},
    {"align", WORD_ALIGN},
    {"from_beginning", WORD_FROM_BEGINNING},
    {"from_end", WORD_FROM_END},
    {"multiplier", WORD_MULTIPLIER},
    {"post_offset", WORD_POST_OFFSET},
    {"bitmask", WORD_BITMASK},
    {NULL, 0},
};

#define ALLOW(w) (1u << (w))
#define ALLOW_ALL                                                                  \
	(ALLOW(WORD_RELATIVE) | ALLOW(WORD_BIG) | ALLOW(WORD_LITTLE) |             \
	    ALLOW(WORD_STRING) | ALLOW(WORD_HEX) | ALLOW(WORD_OCT) |               \
	    ALLOW(WORD_DEC) | ALLOW(WORD_DCE) | ALLOW(WORD_BITMASK))

static int
set_bitmask(struct rule_parser *p, struct op *op, const char *text)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 16);

	if (end == text || *end != '\0' || v == 0 || v > UINT32_MAX)
		return parser_fail(
		    p, "bitmask \"%.20s\" is not 0x1 to 0xffffffff", text);
	op->flags |= OP_BITMASK;
	op->bytes.bitmask = v;
	op->bytes.bitmask_shift = (uint8_t)__builtin_ctzll(v);
	return 0;
}

static int
set_number(struct rule_parser *p, struct op *op, int word, const char *text)
{
	int64_t n;

	if (word == WORD_BITMASK)
		return set_bitmask(p, op, text);
	if (word == WORD_MULTIPLIER) {
		if (parser_int(p, text, 1, 65535, &n) == -1)
			return -1;
		op->bytes.multiplier = (uint32_t)n;
		return 0;
	}
	if (word == WORD_POST_OFFSET) {
		if (parser_int(p, text, -65535, 65535, &n) == -1)
			return -1;
		op->bytes.post_offset = (int32_t)n;
		return 0;
	}
	if (parser_int(p, text, 2, 4, &n) == -1 || n == 3)
		return parser_fail(p, "align is 2 or 4");
	op->bytes.align = (uint8_t)n;
	return 0;
}

/* Only the stub of a call has a sender who said its byte order. */
static int
check_dce(struct rule_parser *p, const struct op *op)
{
	int list = op->flags & OP_RELATIVE ? parser_at_hand(p) : p->list;

	if (list == -1 || buffers_app(p->r->list[list].buffer) != APP_DCERPC_STUB)
		return parser_fail(p, "dce needs dcerpc.stub_data before it");
	return 0;
}

static int
set_word(struct op *op, int word)
{
	switch (word) {
	case WORD_RELATIVE:
		op->flags |= OP_RELATIVE;
		return 0;
	case WORD_LITTLE:
		op->flags |= OP_LITTLE;
		return 0;
	case WORD_STRING:
		op->flags |= OP_STRING;
		if (op->bytes.base == 0)
			op->bytes.base = 10;
		return 0;
	case WORD_HEX:
	case WORD_OCT:
	case WORD_DEC:
		op->bytes.base = word == WORD_HEX ? 16 : word == WORD_OCT ? 8 : 10;
		return 0;
	case WORD_ALIGN:
		op->flags |= OP_ALIGN;
		op->bytes.align = 4;
		return 0;
	case WORD_FROM_BEGINNING:
		op->flags |= OP_FROM_BEGINNING;
		return 0;
	case WORD_FROM_END:
		op->flags |= OP_FROM_END;
		return 0;
	case WORD_DCE:
		op->flags |= OP_DCE;
		return 0;
	default:
		return 0;
	}
}

/* The words behind the numbers, each allowed by a bit. */
static int
read_words(struct rule_parser *p, struct op *op, char *rest, unsigned allowed)
{
	unsigned numbers =
	    ALLOW(WORD_MULTIPLIER) | ALLOW(WORD_POST_OFFSET) | ALLOW(WORD_BITMASK);
	char *item;

	while ((item = parser_item(&rest, ',')) != NULL) {
		size_t n = strcspn(item, " \t");
		char *argument = item[n] == '\0' ? NULL : str_trim(item + n + 1);
		int word;

		item[n] = '\0';
		word = parser_word(WORDS, item);
		if (word == -1 || !(allowed & ALLOW(word)))
			return parser_fail(p, "unknown word \"%.40s\"", item);
		if (argument == NULL) {
			if (numbers & ALLOW(word))
				return parser_fail(p, "%s needs a number", item);
			if (set_word(op, word) == -1)
				return -1;
		} else if (!((numbers | ALLOW(WORD_ALIGN)) & ALLOW(word))) {
			return parser_fail(p, "%s has no number", item);
		} else if (set_number(p, op, word, argument) == -1) {
			return -1;
		}
	}
	if (op->bytes.base != 0 && !(op->flags & OP_STRING))
		return parser_fail(p, "hex, dec and oct need \"string\"");
	/* byte_jump alone reads on: the order means nothing there. */
	if ((op->flags & OP_STRING) && (op->flags & OP_LITTLE) &&
	    op->kind != OP_BYTE_JUMP)
		return parser_fail(p, "a string has no byte order");
	if ((op->flags & OP_DCE) && (op->flags & (OP_STRING | OP_LITTLE)))
		return parser_fail(p, "dce says the byte order, or another word");
	if ((op->flags & OP_FROM_BEGINNING) && (op->flags & OP_FROM_END))
		return parser_fail(
		    p, "from_beginning and from_end exclude each other");
	return 0;
}

static int
check_count(struct rule_parser *p, const struct op *op, int64_t min)
{
	int64_t max = op->flags & OP_STRING ? BYTES_STRING_MAX : BYTES_BINARY_MAX;

	if (op->bytes.nbytes.var == -1 &&
	    (op->bytes.nbytes.value > max || op->bytes.nbytes.value < min))
		return parser_fail(p, "%lld bytes is not %lld to %lld",
		    (long long)op->bytes.nbytes.value, (long long)min,
		    (long long)max);
	return 0;
}

/* Add what was read to the list, now that all of it is right. */
static int
add(struct rule_parser *p, const struct op *made)
{
	struct op *op;

	if ((made->flags & OP_DCE) && check_dce(p, made) == -1)
		return -1;
	if (made->flags & OP_RELATIVE)
		parser_set_relative(p);
	if ((op = parser_add_relative(
		 p, made->kind, (made->flags & OP_RELATIVE) != 0)) == NULL)
		return -1;
	*op = *made;
	return 0;
}

static struct op
empty(enum op_kind kind)
{
	struct op op = {.kind = kind};

	op.bytes.nbytes.var = op.bytes.offset.var = op.bytes.value.var = -1;
	op.bytes.multiplier = 1;
	op.bytes.result = -1;
	return op;
}

static const struct parser_word TEST_OPS[] = {
    {"<", BYTE_LT},
    {">", BYTE_GT},
    {"<=", BYTE_LE},
    {">=", BYTE_GE},
    {"=", BYTE_EQ},
    {"&", BYTE_AND},
    {"^", BYTE_XOR},
    {NULL, 0},
};

int
kw_byte_test(struct rule_parser *p, char *value)
{
	struct op op = empty(OP_BYTE_TEST);
	char *rest = value, *n = parser_item(&rest, ','),
	     *cmp = parser_item(&rest, ','), *v = parser_item(&rest, ','),
	     *offset = parser_item(&rest, ',');
	int kind = BYTE_EQ;

	if (offset == NULL)
		return parser_fail(
		    p, "is \"bytes, operator, value, offset[, ...]\"");
	if (*cmp == '!') {
		op.flags |= OP_NEGATED;
		cmp = str_trim(cmp + 1);
	}
	if (*cmp != '\0' && (kind = parser_word(TEST_OPS, cmp)) == -1)
		return parser_fail(p, "unknown operator \"%.10s\"", cmp);
	if (*cmp == '\0' && !(op.flags & OP_NEGATED))
		return parser_fail(p, "the operator is missing");
	op.bytes.op = (enum byte_op)kind;
	if (parser_operand(p, n, 0, BYTES_STRING_MAX, &op.bytes.nbytes) == -1 ||
	    parser_operand(p, v, INT64_MIN, INT64_MAX, &op.bytes.value) == -1 ||
	    parser_operand(p, offset, -65535, 65535, &op.bytes.offset) == -1 ||
	    read_words(p, &op, rest, ALLOW_ALL) == -1 ||
	    /* 0 of a string: as many digits as there are. */
	    check_count(p, &op, op.flags & OP_STRING ? 0 : 1) == -1)
		return -1;
	return add(p, &op);
}

int
kw_byte_jump(struct rule_parser *p, char *value)
{
	struct op op = empty(OP_BYTE_JUMP);
	char *rest = value, *n = parser_item(&rest, ','),
	     *offset = parser_item(&rest, ',');
	unsigned allowed = ALLOW_ALL | ALLOW(WORD_ALIGN) |
	    ALLOW(WORD_FROM_BEGINNING) | ALLOW(WORD_FROM_END) |
	    ALLOW(WORD_MULTIPLIER) | ALLOW(WORD_POST_OFFSET);

	if (offset == NULL)
		return parser_fail(p, "is \"bytes, offset[, ...]\"");
	if (parser_operand(p, n, 0, BYTES_STRING_MAX, &op.bytes.nbytes) == -1 ||
	    parser_operand(p, offset, -65535, 65535, &op.bytes.offset) == -1 ||
	    read_words(p, &op, rest, allowed) == -1 || check_count(p, &op, 0) == -1)
		return -1;
	return add(p, &op);
}

int
kw_byte_extract(struct rule_parser *p, char *value)
{
	struct op op = empty(OP_BYTE_EXTRACT);
	char *rest = value, *n = parser_item(&rest, ','),
	     *offset = parser_item(&rest, ','), *name = parser_item(&rest, ',');
	unsigned allowed = ALLOW_ALL | ALLOW(WORD_ALIGN) | ALLOW(WORD_MULTIPLIER);
	int64_t bytes;
	int var;

	if (name == NULL)
		return parser_fail(p, "is \"bytes, offset, name[, ...]\"");
	if (parser_int(p, n, 1, BYTES_STRING_MAX, &bytes) == -1 ||
	    parser_operand(p, offset, -65535, 65535, &op.bytes.offset) == -1)
		return -1;
	op.bytes.nbytes.value = bytes;
	if (op.bytes.offset.var != -1)
		return parser_fail(p, "the offset must be a number");
	if (read_words(p, &op, rest, allowed) == -1 || check_count(p, &op, 1) == -1)
		return -1;
	if ((op.flags & OP_ALIGN) && op.bytes.align == 0)
		op.bytes.align = 4;
	if ((var = parser_var_add(p, name)) == -1)
		return -1;
	op.bytes.result = (int8_t)var;
	return add(p, &op);
}

static const struct parser_word MATH_OPS[] = {
    {"+", BYTE_ADD},
    {"-", BYTE_SUB},
    {"*", BYTE_MUL},
    {"/", BYTE_DIV},
    {"<<", BYTE_LSHIFT},
    {">>", BYTE_RSHIFT},
    {NULL, 0},
};

enum {
	MATH_BYTES,
	MATH_OFFSET,
	MATH_OPER,
	MATH_RVALUE,
	MATH_RESULT,
	MATH_ENDIAN,
	MATH_STRING,
	MATH_BITMASK,
	MATH_RELATIVE,
	MATH_DCE,
};

static const struct parser_word MATH_WORDS[] = {
    {"bytes", MATH_BYTES},
    {"offset", MATH_OFFSET},
    {"oper", MATH_OPER},
    {"rvalue", MATH_RVALUE},
    {"result", MATH_RESULT},
    {"endian", MATH_ENDIAN},
    {"string", MATH_STRING},
    {"bitmask", MATH_BITMASK},
    {"relative", MATH_RELATIVE},
    {"dce", MATH_DCE},
    {NULL, 0},
};

static int
math_word(struct rule_parser *p, struct op *op, int word, char *argument,
    const char **result)
{
	static const struct parser_word ENDIANS[] = {
	    {"big", 0}, {"little", 1}, {NULL, 0}};
	static const struct parser_word BASES[] = {
	    {"hex", 16}, {"dec", 10}, {"oct", 8}, {NULL, 0}};
	int v;

	switch (word) {
	case MATH_BYTES:
		return parser_operand(p, argument, 1, 10, &op->bytes.nbytes);
	case MATH_OFFSET:
		return parser_operand(
		    p, argument, -65535, 65535, &op->bytes.offset);
	case MATH_OPER:
		if ((v = parser_word(MATH_OPS, argument)) == -1)
			return parser_fail(
			    p, "unknown operator \"%.10s\"", argument);
		op->bytes.op = (enum byte_op)v;
		return 0;
	case MATH_RVALUE:
		if (parser_operand(p, argument, 0, UINT32_MAX, &op->bytes.value) ==
		    -1)
			return -1;
		if (op->bytes.value.var == -1 && op->bytes.value.value == 0)
			return parser_fail(p, "rvalue must not be 0");
		return 0;
	case MATH_RESULT:
		*result = argument;
		return 0;
	case MATH_ENDIAN:
		if ((v = parser_word(ENDIANS, argument)) == -1)
			return parser_fail(p, "endian is big or little");
		op->flags |= v ? OP_LITTLE : 0u;
		return 0;
	case MATH_STRING:
		if ((v = parser_word(BASES, argument)) == -1)
			return parser_fail(p, "string is hex, dec or oct");
		op->flags |= OP_STRING;
		op->bytes.base = (uint8_t)v;
		return 0;
	case MATH_BITMASK:
		return set_bitmask(p, op, argument);
	case MATH_DCE:
		return set_word(op, WORD_DCE);
	default:
		return set_word(op, WORD_RELATIVE);
	}
}

int
kw_byte_math(struct rule_parser *p, char *value)
{
	struct op op = empty(OP_BYTE_MATH);
	unsigned seen = 0,
		 must = ALLOW(MATH_BYTES) | ALLOW(MATH_OFFSET) | ALLOW(MATH_OPER) |
	    ALLOW(MATH_RVALUE) | ALLOW(MATH_RESULT);
	char *rest = value, *item;
	const char *result = NULL;
	int var;

	while ((item = parser_item(&rest, ',')) != NULL) {
		size_t n = strcspn(item, " \t");
		char *argument =
		    item[n] == '\0' ? item + n : str_trim(item + n + 1);
		int word;

		item[n] = '\0';
		if ((word = parser_word(MATH_WORDS, item)) == -1)
			return parser_fail(p, "unknown word \"%.40s\"", item);
		if (seen & ALLOW(word))
			return parser_fail(p, "%s stands twice", item);
		if (*argument == '\0' && word != MATH_RELATIVE && word != MATH_DCE)
			return parser_fail(p, "%s needs a value", item);
		seen |= ALLOW(word);
		if (math_word(p, &op, word, argument, &result) == -1)
			return -1;
	}
	if ((seen & must) != must)
		return parser_fail(
		    p, "needs bytes, offset, oper, rvalue and result");
	if ((op.bytes.op == BYTE_LSHIFT || op.bytes.op == BYTE_RSHIFT) &&
	    op.bytes.nbytes.var == -1 && op.bytes.nbytes.value > 4)
		return parser_fail(p, "shifts work on at most 4 bytes");
	if (!(op.flags & OP_STRING) && op.bytes.nbytes.var == -1 &&
	    op.bytes.nbytes.value > BYTES_BINARY_MAX)
		return parser_fail(p, "binary numbers have at most 8 bytes");
	if ((var = parser_var_add(p, result)) == -1)
		return -1;
	op.bytes.result = (int8_t)var;
	return add(p, &op);
}
