/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords of MQTT that are no plain buffers (guide, "MQTT Keywords"). */
#include "agent/detect/parser.h"

#include "agent/app/mqtt.h"
#include "common/str.h"

#include <ctype.h>
#include <stdlib.h>

static const struct parser_word TYPES[] = {{"UNASSIGNED", MQTT_UNASSIGNED},
    {"CONNECT", MQTT_CONNECT}, {"CONNACK", MQTT_CONNACK}, {"PUBLISH", MQTT_PUBLISH},
    {"PUBACK", MQTT_PUBACK}, {"PUBREC", MQTT_PUBREC}, {"PUBREL", MQTT_PUBREL},
    {"PUBCOMP", MQTT_PUBCOMP}, {"SUBSCRIBE", MQTT_SUBSCRIBE},
    {"SUBACK", MQTT_SUBACK}, {"UNSUBSCRIBE", MQTT_UNSUBSCRIBE},
    {"UNSUBACK", MQTT_UNSUBACK}, {"PINGREQ", MQTT_PINGREQ},
    {"PINGRESP", MQTT_PINGRESP}, {"DISCONNECT", MQTT_DISCONNECT},
    {"AUTH", MQTT_AUTH}, {NULL, 0}};

static const struct parser_word TRUTHS[] = {
    {"yes", 1}, {"true", 1}, {"no", 0}, {"false", 0}, {NULL, 0}};

static const struct parser_word FLAGS[] = {
    {"dup", MQTT_BIT_DUP}, {"retain", MQTT_BIT_RETAIN}, {NULL, 0}};

static const struct parser_word CONNECT_FLAGS[] = {{"username", MQTT_HAS_USERNAME},
    {"password", MQTT_HAS_PASSWORD}, {"will", MQTT_WILL},
    {"will_retain", MQTT_WILL_RETAIN}, {"clean_session", MQTT_CLEAN_SESSION},
    {NULL, 0}};

#define QOS_MAX	      2
#define FLAG_BITS_MAX 0xffu

static int
add_word(struct rule_parser *p, enum app_buffer_id b,
    const struct parser_word *words, const char *value)
{
	struct num_test t = {.op = NUM_EQ};
	int v = parser_word(words, value);

	if (v == -1)
		return parser_fail(p, "unknown word \"%.20s\"", value);
	t.a = (uint64_t)v;
	return kw_app_add_number(p, b, &t);
}

int
kw_mqtt_type(struct rule_parser *p, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	int64_t v;

	if (!isdigit((unsigned char)*value))
		return add_word(p, APP_MQTT_TYPE, TYPES, value);
	if (parser_int(p, value, 0, MQTT_TYPES - 1, &v) == -1)
		return -1;
	t.a = (uint64_t)v;
	return kw_app_add_number(p, APP_MQTT_TYPE, &t);
}

int
kw_mqtt_qos(struct rule_parser *p, char *value)
{
	struct num_test t = {.op = NUM_EQ};
	int64_t v;

	if (parser_int(p, value, 0, QOS_MAX, &v) == -1)
		return -1;
	t.a = (uint64_t)v;
	return kw_app_add_number(p, APP_MQTT_QOS, &t);
}

int
kw_mqtt_session_present(struct rule_parser *p, char *value)
{
	return add_word(p, APP_MQTT_SESSION_PRESENT, TRUTHS, value);
}

/* --- flags -------------------------------------------------------------------------- */

/* "dup,!retain": the bits that must be set, and those that must not. */
static int
read_flags(struct rule_parser *p, const struct parser_word *words, char *value,
    unsigned *set, unsigned *unset)
{
	char *rest = value, *item;

	while ((item = parser_item(&rest, ',')) != NULL) {
		bool negated = *item == '!';
		int bit = parser_word(words, str_trim(item + negated));

		if (bit == -1)
			return parser_fail(p, "unknown flag \"%.20s\"", item);
		*(negated ? unset : set) |= (unsigned)bit;
	}
	return 0;
}

/* All values that fit, as ranges of one. */
static int
add_values(struct rule_parser *p, unsigned set, unsigned unset)
{
	struct op *op = parser_add_op(p, OP_NUMBER_SET);

	if (op == NULL)
		return -1;
	op->set.range = calloc(FLAG_BITS_MAX + 1, sizeof(*op->set.range));
	if (op->set.range == NULL)
		return parser_no_memory(p);
	for (unsigned v = 0; v <= FLAG_BITS_MAX; v++)
		if ((v & set) == set && (v & unset) == 0)
			op->set.range[op->set.n++] = (struct num_range){v, v};
	return op->set.n > 0 ? 0
			     : parser_fail(p, "wants a flag both set and not set");
}

static int
add_flags(struct rule_parser *p, const char *buffer,
    const struct parser_word *words, char *value)
{
	int before = p->list, moved = p->moved, rc;
	unsigned set = 0, unset = 0;

	if (read_flags(p, words, value, &set, &unset) == -1)
		return -1;
	if ((p->list = kw_app_list(p, buffer, false)) == -1)
		return -1;
	rc = add_values(p, set, unset);
	p->list = before;
	p->moved = moved;
	return rc;
}

int
kw_mqtt_flags(struct rule_parser *p, char *value)
{
	return add_flags(p, "mqtt.flags", FLAGS, value);
}

int
kw_mqtt_connect_flags(struct rule_parser *p, char *value)
{
	return add_flags(p, "mqtt.connect.flags", CONNECT_FLAGS, value);
}
