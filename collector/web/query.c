/* SPDX-License-Identifier: EUPL-1.2 */
/* Query strings, from one table of parameters. */
#include "collector/web/query.h"

#include "collector/limits.h"
#include "common/clock.h"
#include "common/str.h"

#include <stdio.h>
#include <string.h>

#define ROWS_DEFAULT 100

int
query_parse_since(const char *text, int64_t now_us, int64_t *since_us)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	char number[16];
	size_t len = strlen(text), i;
	uint64_t n;

	if (len >= 2 && len < sizeof(number)) {
		memcpy(number, text, len - 1);
		number[len - 1] = '\0';
		for (i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (text[len - 1] == units[i].unit &&
			    str_u64(number, 1000000, &n) == 0) {
				*since_us = now_us -
				    (int64_t)n * units[i].seconds * CLOCK_US;
				return 0;
			}
	}
	return clock_parse(text, since_us);
}

/* --- one function a kind of parameter: -1 when the value is wrong
 * ------------------ */

struct context {
	struct query *q;
	int64_t now_us;
};

static int
take_since(struct context *c, const char *v)
{
	return query_parse_since(v, c->now_us, &c->q->since_us);
}

static int
take_limit(struct context *c, const char *v)
{
	uint64_t n;

	if (str_u64(v, WEB_ROWS_MAX, &n) == -1 || n == 0)
		return -1;
	c->q->limit = (size_t)n;
	return 0;
}

static int
take_after(struct context *c, const char *v)
{
	return str_i64(v, 0, INT64_MAX, &c->q->after_id);
}

static int
take_before(struct context *c, const char *v)
{
	return str_i64(v, 1, INT64_MAX, &c->q->before_id);
}

static int
take_severity(struct context *c, const char *v)
{
	return str_i64(v, 1, 255, &c->q->filter.max_severity);
}

static int
take_sid(struct context *c, const char *v)
{
	return str_i64(v, 1, INT64_MAX, &c->q->filter.sid);
}

static int
take_class(struct context *c, const char *v)
{
	c->q->filter.cls = record_class_parse(v);
	return c->q->filter.cls == -1 ? -1 : 0;
}

static int
take_tenant(struct context *c, const char *v)
{
	return str_copy(c->q->filter.tenant, sizeof(c->q->filter.tenant), v);
}

static int
take_engine(struct context *c, const char *v)
{
	return str_copy(c->q->filter.engine, sizeof(c->q->filter.engine), v);
}

static int
take_agent(struct context *c, const char *v)
{
	return str_copy(c->q->filter.agent, sizeof(c->q->filter.agent), v);
}

static int
take_text(struct context *c, const char *v)
{
	return str_copy(c->q->filter.text, sizeof(c->q->filter.text), v);
}

static const struct parameter {
	const char *name;
	int (*take)(struct context *c, const char *value);
	const char *form;
} parameters[] = {
    {"since", take_since, "a time (2026-11-23T12:00:00Z) or an age (30m, 2h, 7d)"},
    {"limit", take_limit, "a number from 1 to 1000"},
    {"after", take_after, "the id of a row"},
    {"before", take_before, "the id of a row"},
    {"severity", take_severity, "a number; 1 is the highest"},
    {"sid", take_sid, "a signature id"},
    {"class", take_class, "health, alert, finding or telemetry"},
    {"tenant", take_tenant, "a name of at most 63 bytes"},
    {"engine", take_engine, "a name of at most 23 bytes"},
    {"agent", take_agent, "a name of at most 63 bytes"},
    {"text", take_text, "at most 127 bytes"},
};

enum query_result
query_parse(struct query *q, unsigned kinds, const char *tenant, query_get_fn *get,
    const void *from, int64_t now_us, char *error, size_t size)
{
	struct context c = {.q = q, .now_us = now_us};
	const char *v;
	size_t i;

	memset(q, 0, sizeof(*q));
	filter_init(&q->filter, kinds);
	q->after_id = -1;
	q->limit = ROWS_DEFAULT;
	for (i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
		if ((v = get(from, parameters[i].name)) == NULL || v[0] == '\0')
			continue;
		if (parameters[i].take(&c, v) == -1) {
			(void)snprintf(error, size, "%s: expected %s",
			    parameters[i].name, parameters[i].form);
			return QUERY_WRONG;
		}
	}
	if (tenant[0] == '\0')
		return QUERY_OK;
	if (q->filter.tenant[0] != '\0' && strcmp(q->filter.tenant, tenant) != 0)
		return QUERY_FORBIDDEN;
	return str_copy(q->filter.tenant, sizeof(q->filter.tenant), tenant) == -1
	    ? QUERY_FORBIDDEN
	    : QUERY_OK;
}
