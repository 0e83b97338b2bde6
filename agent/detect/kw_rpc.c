/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * rpc: program, version and procedure of a call of ONC RPC (RFC 5531, section 9)
 * that a packet begins with; over TCP behind a record mark (section 11).
 */
#include "agent/detect/match.h"
#include "agent/detect/parser.h"

#include "common/cursor.h"

#include <netinet/in.h>
#include <string.h>

enum {
	RECORD_MARK = 4,
	RPC_CALL = 0,
	RPC_VERSION = 2,
};

static bool
test_rpc(const struct test *t, struct match_context *m)
{
	struct cursor c = cur_of_span(m->p->payload);
	uint32_t type, version, said[RPC_WORDS];

	if (m->p->proto == IPPROTO_TCP)
		cur_take(&c, RECORD_MARK);
	else if (m->p->proto != IPPROTO_UDP)
		return false;
	cur_be32(&c); /* the call's number */
	type = cur_be32(&c);
	version = cur_be32(&c);
	for (int i = 0; i < RPC_WORDS; i++)
		said[i] = cur_be32(&c);
	if (!cur_ok(&c) || type != RPC_CALL || version != RPC_VERSION)
		return false;
	for (int i = 0; i < RPC_WORDS; i++)
		if (!t->rpc.any[i] && t->rpc.word[i] != said[i])
			return false;
	return true;
}

int
kw_rpc(struct rule_parser *p, char *value)
{
	struct test *t = kw_packet_test(p, test_rpc);
	char *rest = value, *item;
	int64_t n = 0;

	if (t == NULL)
		return -1;
	for (int i = 0; i < RPC_WORDS; i++) {
		item = parser_item(&rest, ',');
		t->rpc.any[i] = i > 0 && (item == NULL || strcmp(item, "*") == 0);
		if (t->rpc.any[i])
			continue;
		if (parser_int(p, item, 0, UINT32_MAX, &n) == -1)
			return -1;
		t->rpc.word[i] = (uint32_t)n;
	}
	return rest == NULL
	    ? 0
	    : parser_fail(p, "more than program, version, procedure");
}
