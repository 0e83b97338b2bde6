/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of Kerberos that are no plain buffers (guide, "Kerberos Keywords"). */
#include "agent/detect/parser.h"

#include "agent/app/krb5.h"
#include "common/str.h"

#include <stdlib.h>
#include <string.h>

#define TYPE_MAX UINT8_MAX
#define WEAK	 "weak"

static int
add_exact(
    struct rule_parser *p, enum app_buffer_id b, const char *value, int64_t max)
{
	struct num_test t = {.op = NUM_EQ};
	int64_t v;

	if (parser_int(p, value, 0, max, &v) == -1)
		return -1;
	t.a = (uint64_t)v;
	return kw_app_add_number(p, b, &t);
}

int
kw_krb5_msg_type(struct rule_parser *p, char *value)
{
	return add_exact(p, APP_KRB5_MSG_TYPE, value, TYPE_MAX);
}

int
kw_krb5_err_code(struct rule_parser *p, char *value)
{
	return add_exact(p, APP_KRB5_ERR_CODE, value, INT32_MAX);
}

/* --- krb5.ticket_encryption -------------------------------------------------------- */

static int
add_etype(struct rule_parser *p, struct op *op, const char *item)
{
	int32_t etype;
	int64_t v;

	if (!krb5_etype_find(item, &etype)) {
		if (parser_int(p, item, INT32_MIN, INT32_MAX, &v) == -1)
			return -1;
		etype = (int32_t)v;
	}
	op->set.range[op->set.n++] =
	    (struct num_range){(uint32_t)etype, (uint32_t)etype};
	return 0;
}

static int
add_etypes(struct rule_parser *p, struct op *op, char *value)
{
	char *rest = value, *item;
	size_t n = 1;

	for (const char *s = value; (s = strchr(s, ',')) != NULL; s++)
		n++;
	if ((op->set.range = calloc(n, sizeof(*op->set.range))) == NULL)
		return parser_no_memory(p);
	while ((item = parser_item(&rest, ',')) != NULL)
		if (add_etype(p, op, str_trim(item)) == -1)
			return -1;
	return 0;
}

/* As krb5_etype_is_weak() says. */
static int
add_strength(struct rule_parser *p, struct op *op, bool weak)
{
	static const struct num_range rows[2][3] = {
	    {{17, 20}, {25, 26}, {25, 26}},
	    {{0, 16}, {21, 24}, {27, UINT32_MAX}},
	};

	if ((op->set.range = malloc(sizeof(rows[0]))) == NULL)
		return parser_no_memory(p);
	memcpy(op->set.range, rows[weak], sizeof(rows[weak]));
	op->set.n = sizeof(rows[0]) / sizeof(rows[0][0]);
	return 0;
}

/* "weak", "!weak", or a list of names and numbers. */
static int
add_test(struct rule_parser *p, char *value)
{
	struct op *op = parser_add_op(p, OP_NUMBER_SET);
	bool strong = *value == '!';

	if (op == NULL)
		return -1;
	if (strcmp(value + strong, WEAK) == 0)
		return add_strength(p, op, !strong);
	return add_etypes(p, op, value);
}

int
kw_krb5_ticket_encryption(struct rule_parser *p, char *value)
{
	int before = p->list, moved = p->moved, rc;

	if ((p->list = kw_app_list(p, "krb5.ticket_encryption", false)) == -1)
		return -1;
	rc = add_test(p, str_trim(value));
	p->list = before;
	p->moved = moved;
	return rc;
}
