/* SPDX-License-Identifier: EUPL-1.2 */
/* dcerpc.iface and dcerpc.opnum (guide, "DCERPC Keywords"). */
#include "agent/detect/parser.h"

#include "agent/app/dcerpc.h"
#include "common/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- dcerpc.iface ------------------------------------------------------------------ */

static bool
read_uuid(const char *text, uint8_t out[DCERPC_UUID_SIZE])
{
	size_t at = 0;

	if (strlen(text) != 2 * DCERPC_UUID_SIZE + 4)
		return false;
	for (size_t i = 0; i < DCERPC_UUID_SIZE; i++, at += 2) {
		char digits[3];

		if (i == 4 || i == 6 || i == 8 || i == 10)
			if (text[at++] != '-')
				return false;
		if (!isxdigit((unsigned char)text[at]) ||
		    !isxdigit((unsigned char)text[at + 1]))
			return false;
		memcpy(digits, text + at, 2);
		digits[2] = '\0';
		out[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

/* The id is a content, so that it can be the rule's fast pattern. */
static int
add_uuid(struct rule_parser *p, const uint8_t id[DCERPC_UUID_SIZE])
{
	struct op *op = parser_add_op(p, OP_CONTENT);

	if (op == NULL)
		return -1;
	op->flags = OP_STARTSWITH | OP_DEPTH;
	op->content.offset.var = op->content.depth.var = -1;
	op->content.distance.var = op->content.within.var = -1;
	op->content.depth.value = DCERPC_UUID_SIZE;
	if ((op->content.bytes = malloc(DCERPC_UUID_SIZE)) == NULL)
		return parser_no_memory(p);
	memcpy(op->content.bytes, id, DCERPC_UUID_SIZE);
	op->content.len = DCERPC_UUID_SIZE;
	return 0;
}

/* A number at an offset of the buffer. */
static int
add_test(struct rule_parser *p, int64_t offset, int64_t n, int kind, int64_t value)
{
	struct op *op = parser_add_op(p, OP_BYTE_TEST);

	if (op == NULL)
		return -1;
	op->flags = OP_LITTLE | (kind == -1 ? OP_NEGATED : 0u);
	op->bytes.op = kind == -1 ? BYTE_EQ : (enum byte_op)kind;
	op->bytes.nbytes = (struct operand){n, -1};
	op->bytes.offset = (struct operand){offset, -1};
	op->bytes.value = (struct operand){value, -1};
	op->bytes.multiplier = 1;
	op->bytes.result = -1;
	return 0;
}

/* "=1", "<2", ">0", "!3". */
static int
add_version(struct rule_parser *p, const char *text)
{
	static const char signs[] = "=<>!";
	static const int kinds[] = {BYTE_EQ, BYTE_LT, BYTE_GT, -1};
	const char *sign = strchr(signs, *text);
	int64_t version;

	if (*text == '\0' || sign == NULL)
		return parser_fail(p, "\"%.30s\" is no version", text);
	if (parser_int(p, text + 1, 0, UINT16_MAX, &version) == -1)
		return -1;
	return add_test(p, DCERPC_UUID_SIZE, 2, kinds[sign - signs], version);
}

static int
add_iface(struct rule_parser *p, char *value)
{
	char *rest = value, *item = parser_item(&rest, ',');
	uint8_t id[DCERPC_UUID_SIZE];
	bool any = false;

	if (item == NULL || !read_uuid(item, id))
		return parser_fail(p, "\"%.60s\" is no id of an interface",
		    item == NULL ? "" : item);
	if (add_uuid(p, id) == -1)
		return -1;
	while ((item = parser_item(&rest, ',')) != NULL) {
		if (strcasecmp(item, "any_frag") == 0)
			any = true;
		else if (add_version(p, item) == -1)
			return -1;
	}
	return any ? 0 : add_test(p, DCERPC_IFACE_SIZE - 1, 1, BYTE_EQ, 1);
}

int
kw_dce_iface(struct rule_parser *p, char *value)
{
	int before = p->list, moved = p->moved, rc;

	if ((p->list = kw_app_list(p, "dcerpc.iface", false)) == -1)
		return -1;
	rc = add_iface(p, value);
	p->list = before;
	p->moved = moved;
	return rc;
}

/* --- dcerpc.opnum ------------------------------------------------------------------- */

static int
read_range(struct rule_parser *p, char *text, struct num_range *out)
{
	char *dash = strchr(text, '-');
	int64_t a, b;

	if (dash != NULL)
		*dash = '\0';
	if (parser_int(p, str_trim(text), 0, UINT16_MAX, &a) == -1)
		return -1;
	b = a;
	if (dash != NULL &&
	    parser_int(p, str_trim(dash + 1), 0, UINT16_MAX, &b) == -1)
		return -1;
	if (b < a)
		return parser_fail(p, "the range %lld-%lld ends before it begins",
		    (long long)a, (long long)b);
	*out = (struct num_range){(uint64_t)a, (uint64_t)b};
	return 0;
}

/* "15", "15,17,20-22": any of them. */
static int
add_opnums(struct rule_parser *p, char *value)
{
	struct op *op = parser_add_op(p, OP_NUMBER_SET);
	char *rest = value, *item;

	if (op == NULL)
		return -1;
	while ((item = parser_item(&rest, ',')) != NULL) {
		struct num_range *r =
		    realloc(op->set.range, (op->set.n + 1) * sizeof(*r));

		if (r == NULL)
			return parser_no_memory(p);
		op->set.range = r;
		if (read_range(p, item, &r[op->set.n]) == -1)
			return -1;
		op->set.n++;
	}
	return op->set.n > 0 ? 0 : parser_fail(p, "no number");
}

int
kw_dce_opnum(struct rule_parser *p, char *value)
{
	int before = p->list, moved = p->moved, rc;

	if ((p->list = kw_app_list(p, "dcerpc.opnum", false)) == -1)
		return -1;
	rc = add_opnums(p, value);
	p->list = before;
	p->moved = moved;
	return rc;
}
