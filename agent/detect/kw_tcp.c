/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords on the header of TCP (RFC 9293; guide, "Header Keywords"). */
#include "agent/decode/decode.h"
#include "agent/detect/match.h"
#include "agent/detect/parser.h"

#include <netinet/in.h>

bool
kw_test_tcp_flags(const struct test *t, struct match_context *m)
{
	return kw_packet_has_l4(m->p, IPPROTO_TCP) &&
	    kw_flags_hold(&t->mask, m->p->tcp_flags);
}

int
kw_tcp_flags(struct rule_parser *p, char *value)
{
	/* 1 and 2 are the old names of C and E; 0 is none. */
	static const char KNOWN[] = "FSRPAUCE120";
	static const uint8_t BITS[] = {TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK,
	    TCP_URG, TCP_CWR, TCP_ECE, TCP_CWR, TCP_ECE, 0};
	struct mask_test mask = {0, 0, 0};
	char *rest = value, *want = parser_item(&rest, ',');
	struct test *t;

	mask.modifier = kw_flags_modifier(&want);
	if (*want == '\0' ||
	    kw_flags_letters(want, KNOWN, BITS, &mask.want) == -1 ||
	    (rest != NULL &&
		kw_flags_letters(rest, KNOWN, BITS, &mask.ignore) == -1))
		return parser_fail(
		    p, "flags are of F S R P A U C E 0, with + * ! and \",mask\"");
	for (size_t i = 0; i < p->r->tests_n; i++)
		if (p->r->test[i].fn == kw_test_tcp_flags)
			return parser_fail(p, "may stand once in a rule");
	if ((t = kw_packet_test(p, kw_test_tcp_flags)) == NULL)
		return -1;
	t->mask = mask;
	return 0;
}

static bool
test_seq(const struct test *t, struct match_context *m)
{
	return kw_packet_has_l4(m->p, IPPROTO_TCP) && m->p->tcp_seq == t->value;
}

int
kw_seq(struct rule_parser *p, char *value)
{
	return kw_packet_exact(p, value, UINT32_MAX, test_seq);
}

static bool
test_ack(const struct test *t, struct match_context *m)
{
	return kw_packet_has_l4(m->p, IPPROTO_TCP) && m->p->tcp_ack == t->value;
}

int
kw_ack(struct rule_parser *p, char *value)
{
	return kw_packet_exact(p, value, UINT32_MAX, test_ack);
}

static bool
test_window(const struct test *t, struct match_context *m)
{
	return kw_packet_has_l4(m->p, IPPROTO_TCP) &&
	    (m->p->tcp_window == t->value) != t->negated;
}

int
kw_window(struct rule_parser *p, char *value)
{
	return kw_packet_exact(p, value, 65535, test_window);
}

static bool
test_tcp_mss(const struct test *t, struct match_context *m)
{
	return kw_packet_has_l4(m->p, IPPROTO_TCP) && m->p->tcp_has_mss &&
	    parser_num_holds(&t->num, m->p->tcp_mss);
}

int
kw_tcp_mss(struct rule_parser *p, char *value)
{
	return kw_packet_num(p, value, 65535, test_tcp_mss);
}
