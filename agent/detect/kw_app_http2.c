/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords on frames of HTTP/2 (guide, "HTTP2 Keywords"; names of RFC 9113). */
#include "agent/detect/parser.h"

#include "common/str.h"

#include <stdlib.h>
#include <string.h>

static const struct parser_word TYPES[] = {
    {"DATA", 0},
    {"HEADERS", 1},
    {"PRIORITY", 2},
    {"RSTSTREAM", 3},
    {"SETTINGS", 4},
    {"PUSHPROMISE", 5},
    {"PING", 6},
    {"GOAWAY", 7},
    {"WINDOWUPDATE", 8},
    {"CONTINUATION", 9},
    {NULL, 0},
};

static const struct parser_word ERRORS[] = {
    {"NO_ERROR", 0},
    {"PROTOCOL_ERROR", 1},
    {"INTERNAL_ERROR", 2},
    {"FLOW_CONTROL_ERROR", 3},
    {"SETTINGS_TIMEOUT", 4},
    {"STREAM_CLOSED", 5},
    {"FRAME_SIZE_ERROR", 6},
    {"REFUSED_STREAM", 7},
    {"CANCEL", 8},
    {"COMPRESSION_ERROR", 9},
    {"CONNECT_ERROR", 10},
    {"ENHANCE_YOUR_CALM", 11},
    {"INADEQUATE_SECURITY", 12},
    {"HTTP_1_1_REQUIRED", 13},
    {NULL, 0},
};

static const struct parser_word SETTINGS[] = {
    {"SETTINGS_HEADER_TABLE_SIZE", 1},
    {"SETTINGS_ENABLE_PUSH", 2},
    {"SETTINGS_MAX_CONCURRENT_STREAMS", 3},
    {"SETTINGS_INITIAL_WINDOW_SIZE", 4},
    {"SETTINGS_MAX_FRAME_SIZE", 5},
    {"SETTINGS_MAX_HEADER_LIST_SIZE", 6},
    {NULL, 0},
};

/* A name of the table, or its number. */
static int
read_word(struct rule_parser *p, const struct parser_word *table, char *value,
    uint64_t max, uint64_t *out)
{
	char *s = str_trim(value);
	int word = parser_word(table, s);

	if (word >= 0) {
		*out = (uint64_t)word;
		return 0;
	}
	if (str_u64(s, max, out) == -1)
		return parser_fail(p, "unknown value \"%.40s\"", s);
	return 0;
}

static int
add_word(struct rule_parser *p, enum app_buffer_id b,
    const struct parser_word *table, char *value, uint64_t max)
{
	struct num_test t = {.op = NUM_EQ};

	if (read_word(p, table, value, max, &t.a) == -1)
		return -1;
	return kw_app_add_number(p, b, &t);
}

int
kw_http2_frametype(struct rule_parser *p, char *value)
{
	return add_word(p, APP_HTTP2_FRAMETYPE, TYPES, value, UINT8_MAX);
}

int
kw_http2_errorcode(struct rule_parser *p, char *value)
{
	return add_word(p, APP_HTTP2_ERRORCODE, ERRORS, value, UINT32_MAX);
}

/* --- http2.settings -------------------------------------------------------------------- */

/* The values for which the test holds, at most two ranges of 32-bit numbers. */
static size_t
ranges(const struct num_test *t, struct num_range r[2])
{
	const uint64_t max = UINT32_MAX;

	r[0] = (struct num_range){0, max};
	switch (t->op) {
	case NUM_EQ:
		r[0] = (struct num_range){t->a, t->a};
		return 1;
	case NUM_NE:
		r[0] = (struct num_range){t->a + 1, max};
		r[1] = (struct num_range){0, t->a - 1};
		if (t->a == max)
			r[0] = r[1];
		return t->a == 0 || t->a == max ? 1 : 2;
	case NUM_LT:
		r[0].last = t->a - 1;
		return 1;
	case NUM_LE:
		r[0].last = t->a;
		return 1;
	case NUM_GT:
		r[0].first = t->a + 1;
		return 1;
	case NUM_GE:
		r[0].first = t->a;
		return 1;
	case NUM_RANGE:
		r[0] = (struct num_range){t->a + 1, t->b - 1};
		return 1;
	default:
		return 1;
	}
}

/* "SETTINGS_ENABLE_PUSH", or that with a test of its value behind it. */
static int
add_settings(struct rule_parser *p, char *value)
{
	size_t name = strcspn(value, "<>=! \t");
	struct num_range r[2] = {{0, UINT32_MAX}};
	uint64_t setting;
	size_t n = 1;
	struct num_test t;
	struct op *op;
	char *text;

	if (value[name] != '\0' && *str_trim(value + name) != '\0') {
		if (parser_num(p, value + name, UINT32_MAX, &t) == -1)
			return -1;
		n = ranges(&t, r);
	}
	if ((text = strndup(value, name)) == NULL)
		return parser_no_memory(p);
	if (read_word(p, SETTINGS, text, UINT16_MAX, &setting) == -1) {
		free(text);
		return -1;
	}
	free(text);
	if ((op = parser_add_op(p, OP_NUMBER_SET)) == NULL)
		return -1;
	if ((op->set.range = calloc(n, sizeof(r[0]))) == NULL)
		return parser_no_memory(p);
	for (size_t i = 0; i < n; i++)
		op->set.range[op->set.n++] = (struct num_range){
		    setting << 32 | r[i].first, setting << 32 | r[i].last};
	return 0;
}

int
kw_http2_settings(struct rule_parser *p, char *value)
{
	int before = p->list, moved = p->moved, rc;

	if ((p->list = kw_app_list(p, "http2.settings", false)) == -1)
		return -1;
	rc = add_settings(p, str_trim(value));
	p->list = before;
	p->moved = moved;
	return rc;
}
