/* SPDX-License-Identifier: EUPL-1.2 */
/* dataset and datarep: a whole buffer against a set (guide, "Datasets"). */
#include "agent/detect/buffers.h"
#include "agent/detect/dataset.h"
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"

#include "common/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct parser_word COMMANDS[] = {
    {"isset", DATASET_ISSET},
    {"isnotset", DATASET_ISNOTSET},
    {"set", DATASET_SET},
    {"unset", DATASET_UNSET},
    {NULL, 0},
};

static const struct parser_word TYPES[] = {
    {"string", DATASET_STRING},
    {"md5", DATASET_MD5},
    {"sha256", DATASET_SHA256},
    {"ipv4", DATASET_IPV4},
    {"ip", DATASET_IP},
    {NULL, 0},
};

enum {
	WORD_TYPE,
	WORD_LOAD,
	WORD_MEMCAP,
	WORD_HASHSIZE,
	WORD_WRITES,
};

static const struct parser_word WORDS[] = {
    {"type", WORD_TYPE},
    {"load", WORD_LOAD},
    {"memcap", WORD_MEMCAP},
    {"hashsize", WORD_HASHSIZE},
    {"state", WORD_WRITES},
    {"save", WORD_WRITES},
    {NULL, 0},
};

int
kw_path_beside(struct rule_parser *p, const char *name, char *out)
{
	const char *slash = strrchr(p->r->file, '/');
	int folder =
	    name[0] == '/' || slash == NULL ? 0 : (int)(slash - p->r->file + 1);
	int n = snprintf(out, PATH_MAX, "%.*s%s", folder, p->r->file, name);

	return n < PATH_MAX ? 0 : parser_fail(p, "the file's name is too long");
}

/* "64mb", "88074": bytes. */
static int
read_memcap(struct rule_parser *p, const char *text, uint64_t *out)
{
	static const struct parser_word UNITS[] = {
	    {"", 0}, {"b", 0}, {"kb", 10}, {"mb", 20}, {"gb", 30}, {NULL, 0}};
	size_t digits = strspn(text, "0123456789");
	char number[20];
	int shift = parser_word(UNITS, text + digits);

	if (digits == 0 || digits >= 12 || shift == -1)
		return parser_fail(
		    p, "memcap \"%.30s\" is not bytes, kb, mb or gb", text);
	memcpy(number, text, digits);
	number[digits] = '\0';
	*out = strtoull(number, NULL, 10) << shift;
	return *out > 0 ? 0 : parser_fail(p, "memcap is 0");
}

static int
read_word(struct rule_parser *p, char *item, struct dataset_config *c,
    char path[PATH_MAX])
{
	size_t n = strcspn(item, " \t");
	const char *value = item + n;
	int64_t ignored;
	int type;

	if (*value != '\0') {
		item[n] = '\0';
		value = str_trim(item + n + 1);
	}
	if (*value == '\0')
		return parser_fail(p, "\"%.30s\" needs a value", item);
	switch (parser_word(WORDS, item)) {
	case WORD_TYPE:
		if ((type = parser_word(TYPES, value)) == -1)
			return parser_fail(p, "unknown type \"%.20s\"", value);
		c->type = (enum dataset_type)type;
		return 0;
	case WORD_LOAD:
		c->load = path;
		return kw_path_beside(p, value, path);
	case WORD_MEMCAP:
		return read_memcap(p, value, &c->memcap);
	case WORD_HASHSIZE: /* our tables grow */
		return parser_int(p, value, 1, UINT32_MAX, &ignored);
	case WORD_WRITES:
		return parser_fail(p,
		    "%s writes a file, which this version does not do; use load",
		    item);
	default:
		return parser_fail(p, "unknown word \"%.30s\"", item);
	}
}

static int
add(struct rule_parser *p, struct op_dataset read, const char *name, char *rest)
{
	struct dataset_config c = {.name = name, .type = DATASET_ANY};
	char path[PATH_MAX], why[140], *item;
	struct op *op;

	if (p->list == -1 || p->r->list[p->list].buffer == BUFFER_PAYLOAD)
		return parser_fail(p, "needs a sticky buffer before it");
	if (*name == '\0' || strlen(name) >= DATASET_NAME_MAX)
		return parser_fail(p, "the set's name is empty or too long");
	while ((item = parser_item(&rest, ',')) != NULL)
		if (read_word(p, item, &c, path) == -1)
			return -1;
	read.set = datasets_get(ruleset_datasets(p->rs), &c, why, sizeof(why));
	if (read.set == NULL)
		return parser_fail(p, "%s", why);
	if ((op = parser_add_op(p, OP_DATASET)) == NULL)
		return -1;
	op->dataset = read;
	return 0;
}

/* "isset,name,type string,load file" */
int
kw_dataset(struct rule_parser *p, char *value)
{
	char *rest = value, *command = parser_item(&rest, ','),
	     *name = parser_item(&rest, ',');
	int kind = parser_word(COMMANDS, command);

	if (name == NULL)
		return parser_fail(p, "is \"command, name[, ...]\"");
	if (kind == -1)
		return parser_fail(p, "unknown command \"%.20s\"", command);
	return add(p, (struct op_dataset){.command = (enum dataset_command)kind},
	    name, rest);
}

/* "name,>,200,load file,type string" */
int
kw_datarep(struct rule_parser *p, char *value)
{
	static const struct parser_word SIGNS[] = {
	    {">", NUM_GT}, {"<", NUM_LT}, {"==", NUM_EQ}, {NULL, 0}};
	char *rest = value, *name = parser_item(&rest, ','),
	     *sign = parser_item(&rest, ','), *number = parser_item(&rest, ',');
	struct op_dataset op = {.command = DATASET_REP};
	int64_t n;
	int cmp;

	if (number == NULL)
		return parser_fail(p, "is \"name, operator, value[, ...]\"");
	if ((cmp = parser_word(SIGNS, sign)) == -1)
		return parser_fail(p, "operator \"%.10s\" is not <, > or ==", sign);
	if (parser_int(p, number, 0, UINT16_MAX, &n) == -1)
		return -1;
	op.rep = (struct num_test){.op = (enum num_op)cmp, .a = (uint64_t)n};
	return add(p, op, name, rest);
}
