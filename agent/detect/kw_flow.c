/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * flow: direction and state of the conversation; stream_size and stream-event
 * (guide, "Flow Keywords").
 */
#include "agent/detect/match.h"
#include "agent/detect/parser.h"
#include "agent/stream/events.h"
#include "common/str.h"

#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

static const struct parser_word WORDS[] = {
    {"to_server", RULE_TO_SERVER},
    {"from_client", RULE_TO_SERVER},
    {"to_client", RULE_TO_CLIENT},
    {"from_server", RULE_TO_CLIENT},
    {"established", RULE_ESTABLISHED},
    {"not_established", RULE_NOT_ESTABLISHED},
    {"stateless", RULE_STATELESS},
    {"only_stream", RULE_ONLY_STREAM},
    {"no_stream", RULE_NO_STREAM},
    {"no_frag", RULE_NO_FRAG},
    {"only_frag", RULE_ONLY_FRAG},
    {NULL, 0},
};

/* Of each group one word at most. */
static const unsigned GROUPS[] = {
    RULE_TO_SERVER | RULE_TO_CLIENT,
    RULE_ESTABLISHED | RULE_NOT_ESTABLISHED | RULE_STATELESS,
    RULE_ONLY_STREAM | RULE_NO_STREAM,
    RULE_NO_FRAG | RULE_ONLY_FRAG,
};

static int
add_word(struct rule_parser *p, const char *word, unsigned *seen)
{
	int flag = parser_word(WORDS, word);

	if (flag == -1)
		return parser_fail(p, "unknown word \"%.40s\"", word);
	if (*seen & (unsigned)flag)
		return parser_fail(p, "\"%s\" stands twice", word);
	for (size_t i = 0; i < sizeof(GROUPS) / sizeof(GROUPS[0]); i++)
		if (((unsigned)flag & GROUPS[i]) && (*seen & GROUPS[i]))
			return parser_fail(
			    p, "\"%s\" contradicts a word before it", word);
	*seen |= (unsigned)flag;
	return 0;
}

int
kw_flow(struct rule_parser *p, char *value)
{
	char *rest = value, *word;
	unsigned seen = 0;

	if (p->r->flags & RULE_HAS_FLOW)
		return parser_fail(p, "may stand once in a rule");
	while ((word = parser_item(&rest, ',')) != NULL)
		if (add_word(p, word, &seen) == -1)
			return -1;
	p->r->flags |= seen | RULE_HAS_FLOW;
	return 0;
}

/* --- streams --------------------------------------------------------------- */

static bool
test_stream_size(const struct test *t, struct match_context *m)
{
	const struct flow *f = m->p->flow;
	bool client, server;

	if (f == NULL || m->p->proto != IPPROTO_TCP ||
	    f->slot[FLOW_SLOT_STREAM] == NULL)
		return false;
	client = parser_num_holds(&t->stream_size.num, stream_size(f, true));
	server = parser_num_holds(&t->stream_size.num, stream_size(f, false));
	switch (t->stream_size.side) {
	case STREAM_SIDE_CLIENT:
		return client;
	case STREAM_SIDE_SERVER:
		return server;
	case STREAM_SIDE_BOTH:
		return client && server;
	default:
		return client || server;
	}
}

/* "server,<,5" */
int
kw_stream_size(struct rule_parser *p, char *value)
{
	static const struct parser_word sides[] = {
	    {"client", STREAM_SIDE_CLIENT},
	    {"server", STREAM_SIDE_SERVER},
	    {"both", STREAM_SIDE_BOTH},
	    {"either", STREAM_SIDE_EITHER},
	    {NULL, 0},
	};
	static const struct parser_word ops[] = {
	    {"<", NUM_LT},
	    {">", NUM_GT},
	    {"=", NUM_EQ},
	    {"!=", NUM_NE},
	    {"<=", NUM_LE},
	    {">=", NUM_GE},
	    {NULL, 0},
	};
	char *rest = value, *side = parser_item(&rest, ','),
	     *op = parser_item(&rest, ','), *size = parser_item(&rest, ',');
	struct num_test num = {.op = NUM_EQ};
	struct test *t;

	if (size == NULL || rest != NULL || parser_word(sides, side) == -1 ||
	    parser_word(ops, op) == -1 || str_u64(size, UINT32_MAX, &num.a) == -1)
		return parser_fail(p,
		    "write it as client, server, both or either, then <, >, =, "
		    "!=, <= or >=, then a size, with commas between");
	p->r->flags |= RULE_STREAM_SIZE | RULE_NOT_IP_ONLY;
	if ((t = parser_add_test(p, test_stream_size)) == NULL)
		return -1;
	num.op = (enum num_op)parser_word(ops, op);
	t->stream_size.num = num;
	t->stream_size.side = (enum stream_side)parser_word(sides, side);
	return 0;
}

static bool
test_stream_event(const struct test *t, struct match_context *m)
{
	return packet_has_event(m->p, t->value);
}

int
kw_stream_event(struct rule_parser *p, char *value)
{
	int event = stream_event_parse(value), *e;
	struct test *t;

	if (event == -1)
		return parser_fail(p, "unknown stream event \"%.60s\"", value);
	e = realloc(p->r->event, (p->r->events_n + 1) * sizeof(*e));
	if (e == NULL)
		return parser_no_memory(p);
	p->r->event = e;
	e[p->r->events_n++] = event;
	if ((t = parser_add_test(p, test_stream_event)) == NULL)
		return -1;
	t->value = (uint32_t)event;
	return 0;
}

/* --- the flow's age, and what of it is looked at ----------------------------- */

/* In seconds of the clock, as Suricata counts. */
static bool
test_age(const struct test *t, struct match_context *m)
{
	const int64_t second = 1000000;
	int64_t age;

	if (m->p->flow == NULL)
		return false;
	age = m->p->time_us / second - m->p->flow->first_us / second;
	return parser_num_holds(&t->num, age < 0 ? 0 : (uint64_t)age);
}

int
kw_flow_age(struct rule_parser *p, char *value)
{
	struct num_test num;
	struct test *t;

	p->r->flags |= RULE_NOT_IP_ONLY;
	if (parser_num(p, value, UINT32_MAX, &num) == -1 ||
	    (t = parser_add_test(p, test_age)) == NULL)
		return -1;
	t->num = num;
	return 0;
}

/* Behind the match nothing of the flow is looked at. */
static bool
post_bypass(const struct test *t, struct match_context *m)
{
	(void)t;
	if (m->p->flow != NULL)
		m->p->flow->flags |= FLOW_NO_PACKET_INSPECT;
	return true;
}

int
kw_bypass(struct rule_parser *p, char *value)
{
	(void)value;
	p->r->flags |= RULE_NOT_IP_ONLY;
	return parser_add_post(p, post_bypass) == NULL ? -1 : 0;
}
