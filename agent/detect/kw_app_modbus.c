/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * "modbus: unit 10, access write holding, address 100<>200, value >5" (guide, "Modbus
 * Keyword").  Each part is a test of a number of the request.
 */
#include "agent/detect/parser.h"

#include "common/str.h"

#include <ctype.h>
#include <string.h>

static const struct parser_word CATEGORIES[] = {{"assigned", MODBUS_ASSIGNED},
    {"unassigned", MODBUS_UNASSIGNED},
    {"public", MODBUS_ASSIGNED | MODBUS_UNASSIGNED}, {"user", MODBUS_USER},
    {"reserved", MODBUS_RESERVED}, {"all", MODBUS_ALL}, {NULL, 0}};

static const struct parser_word ACCESSES[] = {{"read", MODBUS_READ},
    {"write", MODBUS_WRITE}, {"read coils", MODBUS_READ | MODBUS_COILS},
    {"read discretes", MODBUS_READ | MODBUS_DISCRETES},
    {"read input", MODBUS_READ | MODBUS_INPUT},
    {"read holding", MODBUS_READ | MODBUS_HOLDING},
    {"write coils", MODBUS_WRITE | MODBUS_COILS},
    {"write holding", MODBUS_WRITE | MODBUS_HOLDING}, {NULL, 0}};

/* As Suricata keeps them: "<8" from 0, ">8" to UINT16_MAX. */
struct range {
	uint64_t start, end;
};

static int
add(struct rule_parser *p, enum app_buffer_id b, enum num_op op, uint64_t v)
{
	struct num_test t = {.op = op, .a = v};

	return kw_app_add_number(p, b, &t);
}

/* The value behind a word and spaces; NULL: another word. */
static char *
behind(char *part, const char *word)
{
	size_t len = strlen(word);

	if (part == NULL || strncmp(part, word, len) != 0 || part[len] != ' ')
		return NULL;
	return str_trim(part + len);
}

static int
read_number(struct rule_parser *p, const char *text, uint64_t max, uint64_t *out)
{
	if (strspn(text, "0123456789") != strlen(text) ||
	    str_u64(text, max, out) == -1)
		return parser_fail(p, "\"%.20s\" is no number up to %llu", text,
		    (unsigned long long)max);
	return 0;
}

static int
read_range(struct rule_parser *p, char *text, struct range *out)
{
	char *between = strstr(text, "<>");

	*out = (struct range){0, UINT16_MAX};
	if (between == text)
		return parser_fail(p, "\"<>\" stands between two numbers");
	if (between != NULL) {
		*between = '\0';
		return read_number(p, str_trim(text), UINT16_MAX, &out->start) ==
			    -1 ||
			read_number(
			    p, str_trim(between + 2), UINT16_MAX, &out->end) == -1
		    ? -1
		    : 0;
	}
	if (*text == '<')
		return read_number(p, str_trim(text + 1), UINT16_MAX, &out->end);
	if (*text == '>')
		return read_number(p, str_trim(text + 1), UINT16_MAX, &out->start);
	if (read_number(p, text, UINT16_MAX, &out->start) == -1)
		return -1;
	out->end = out->start;
	return 0;
}

/* Does any number from first to last fit?  Bounds are outside the range, but for the
 * 0 that "<8" begins with. */
static int
add_range(struct rule_parser *p, enum app_buffer_id first, enum app_buffer_id last,
    const struct range *r)
{
	if (r->start == r->end)
		return add(p, first, NUM_LE, r->start) == -1 ||
			add(p, last, NUM_GE, r->start) == -1
		    ? -1
		    : 0;
	if (r->start == 0)
		return add(p, first, NUM_LT, r->end);
	if (r->end != UINT16_MAX && add(p, first, NUM_LT, r->end) == -1)
		return -1;
	return add(p, last, NUM_GT, r->start);
}

/* --- parts ---------------------------------------------------------------------------- */

static int
add_function(struct rule_parser *p, char *value)
{
	bool negated = *value == '!';
	struct num_range bit[4];
	uint64_t function;
	size_t n = 0;
	int category;

	if (isdigit((unsigned char)*value)) {
		if (read_number(p, value, UINT8_MAX, &function) == -1)
			return -1;
		return function == 0
		    ? parser_fail(p, "there is no function 0")
		    : add(p, APP_MODBUS_FUNCTION, NUM_EQ, function);
	}
	if ((category = parser_word(CATEGORIES, value + negated)) == -1)
		return parser_fail(p, "unknown function \"%.20s\"", value);
	category = negated ? MODBUS_ALL & ~category : category;
	for (uint64_t b = 1; b <= MODBUS_ALL; b <<= 1)
		if ((uint64_t)category & b)
			bit[n++] = (struct num_range){b, b};
	if (n == 0) /* "!all" */
		bit[n++] = (struct num_range){UINT64_MAX, UINT64_MAX};
	return kw_app_add_ranges(p, APP_MODBUS_CATEGORY, bit, n);
}

static int
add_subfunction(struct rule_parser *p, const char *value, bool of_category)
{
	uint64_t sub;

	if (read_number(p, value, UINT16_MAX, &sub) == -1)
		return -1;
	if (of_category) /* which Suricata does not ask then */
		return 0;
	return add(p, APP_MODBUS_SUBFUNCTION, NUM_EQ, sub);
}

static int
add_access(struct rule_parser *p, const char *value)
{
	struct num_range fits[MODBUS_ACCESS_MAX + 1];
	int access = parser_word(ACCESSES, value);
	size_t n = 0;

	if (access == -1)
		return parser_fail(p, "unknown access \"%.40s\"", value);
	for (uint64_t v = 0; v <= MODBUS_ACCESS_MAX; v++)
		if ((v & (uint64_t)access) == (uint64_t)access)
			fits[n++] = (struct num_range){v, v};
	return kw_app_add_ranges(p, APP_MODBUS_ACCESS, fits, n);
}

/* What is written at that address. */
static int
add_value(struct rule_parser *p, const struct range *address, char *value)
{
	struct num_range fits;
	struct range r;

	if (address->start != address->end)
		return parser_fail(p, "a value needs one address");
	if (read_range(p, value, &r) == -1)
		return -1;
	fits = (struct num_range){r.start, r.end};
	if (r.start != r.end) {
		fits.first += r.start != 0;
		fits.last -= r.start == 0 || r.end != UINT16_MAX;
	}
	fits.first |= address->start << 16;
	fits.last |= address->start << 16;
	return kw_app_add_ranges(p, APP_MODBUS_VALUE, &fits, 1);
}

static int
add_address(struct rule_parser *p, char *address, char *value)
{
	struct range r;

	if (read_range(p, address, &r) == -1 ||
	    add_range(p, APP_MODBUS_FIRST, APP_MODBUS_LAST, &r) == -1)
		return -1;
	return value == NULL ? 0 : add_value(p, &r, value);
}

/* One space between words, however many there were. */
static void
squeeze(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++)
		if (*s != ' ' || s[1] != ' ')
			*to++ = *s;
	*to = '\0';
}

/* --- the keyword ------------------------------------------------------------------------ */

static int
add_unit(struct rule_parser *p, char *value)
{
	struct range r;

	return read_range(p, value, &r) == -1
	    ? -1
	    : add_range(p, APP_MODBUS_UNIT, APP_MODBUS_UNIT, &r);
}

/* "function ...[, subfunction N]" or "access ...[, address ...[, value ...]]". */
static int
add_parts(struct rule_parser *p, char *part[3])
{
	char *function = behind(part[0], "function"),
	     *access = behind(part[0], "access"),
	     *sub = behind(part[1], "subfunction"),
	     *address = behind(part[1], "address"),
	     *value = behind(part[2], "value");

	if (function != NULL && (part[1] == NULL || sub != NULL) && part[2] == NULL)
		return add_function(p, function) == -1 ||
			(sub != NULL &&
			    add_subfunction(
				p, sub, !isdigit((unsigned char)*function)) == -1)
		    ? -1
		    : 0;
	if (access != NULL && (part[1] == NULL || address != NULL) &&
	    (part[2] == NULL || value != NULL))
		return add_access(p, access) == -1 ||
			(address != NULL && add_address(p, address, value) == -1)
		    ? -1
		    : 0;
	return parser_fail(p, "is not unit, function or access");
}

int
kw_modbus(struct rule_parser *p, char *value)
{
	char *rest = value, *part[4], *unit;

	squeeze(value);
	for (size_t i = 0; i < 4; i++)
		part[i] = parser_item(&rest, ',');
	if (rest != NULL || (part[3] != NULL && behind(part[0], "unit") == NULL))
		return parser_fail(p, "has too many parts");
	if ((unit = behind(part[0], "unit")) == NULL)
		return add_parts(p, part);
	if (add_unit(p, unit) == -1)
		return -1;
	return part[1] == NULL ? 0 : add_parts(p, part + 1);
}
