/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules from texts and packets by hand, for the tests of agent/detect. */
#ifndef TESTS_UNIT_DETECT_HELP_H
#define TESTS_UNIT_DETECT_HELP_H

#include "agent/detect/match.h"
#include "agent/detect/prefilter.h"
#include "agent/detect/ruleset.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A loaded set and a worker on it. */
struct engine {
	struct ruleset *rs;
	struct detect *d;
	struct detect_result result;
};

static inline void
engine_open(struct engine *e, const char *rules, const char *threshold)
{
	struct ruleset_config c = {.threshold = threshold, .keep_text = true};
	struct detect_config dc = {0};
	char error[400] = "", *text = strdup(rules);

	e->rs = ruleset_new(&c, error, sizeof(error));
	assert_non_null(e->rs);
	assert_int_equal(ruleset_load_text(e->rs, text, "test.rules"), 0);
	free(text);
	if (ruleset_finish(e->rs, error, sizeof(error)) == -1)
		fail_msg("%s", error);
	e->d = detect_new(e->rs, &dc);
	assert_non_null(e->d);
}

static inline void
engine_close(struct engine *e)
{
	detect_free(e->d);
	ruleset_free(e->rs);
}

/* Every rule of the text must have loaded. */
static inline void
engine_open_all(struct engine *e, const char *rules)
{
	const struct ruleset_refusal *r;

	engine_open(e, rules, NULL);
	if (ruleset_refusals(e->rs, &r) > 0)
		fail_msg("%u: %s", r->line, r->reason);
}

static inline struct packet
packet_of(uint8_t proto, const void *payload, size_t len)
{
	struct packet p;

	memset(&p, 0, sizeof(p));
	p.time_us = 1700000000ll * 1000000;
	p.number = 1;
	p.proto = proto;
	addr_parse("192.168.1.2", &p.src);
	addr_parse("8.8.8.8", &p.dst);
	p.sport = 40000;
	p.dport = 80;
	p.ttl = 64;
	p.payload = (struct span){payload, len};
	p.flags = PACKET_TO_SERVER;
	return p;
}

/* Is there an alert of this sid on the packet? */
static inline bool
alerts(struct engine *e, struct packet *p, uint32_t sid)
{
	detect_packet(e->d, p, &e->result);
	for (size_t i = 0; i < e->result.n; i++)
		if (rule_meta(e->result.alert[i].rule)->sid == sid)
			return true;
	return false;
}

#endif
