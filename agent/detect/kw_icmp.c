/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords on ICMP (RFC 792, 4443; guide, "Header Keywords"). */
#include "agent/detect/match.h"
#include "agent/detect/parser.h"

#include <netinet/in.h>

static bool
is_icmp(const struct packet *p)
{
	return kw_packet_has_l4(p, IPPROTO_ICMP) ||
	    kw_packet_has_l4(p, IPPROTO_ICMPV6);
}

bool
kw_test_itype(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && parser_num_holds(&t->num, m->p->icmp_type);
}

int
kw_itype(struct rule_parser *p, char *value)
{
	return kw_packet_num(p, value, 255, kw_test_itype);
}

static bool
test_icode(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && parser_num_holds(&t->num, m->p->icmp_code);
}

int
kw_icode(struct rule_parser *p, char *value)
{
	return kw_packet_num(p, value, 255, test_icode);
}

static bool
test_icmp_id(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && m->p->icmp_has_id && m->p->icmp_id == t->value;
}

int
kw_icmp_id(struct rule_parser *p, char *value)
{
	return kw_packet_exact(p, value, 65535, test_icmp_id);
}

static bool
test_icmp_seq(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && m->p->icmp_has_id && m->p->icmp_seq == t->value;
}

int
kw_icmp_seq(struct rule_parser *p, char *value)
{
	return kw_packet_exact(p, value, 65535, test_icmp_seq);
}

static bool
test_icmpv6_mtu(const struct test *t, struct match_context *m)
{
	return kw_packet_has_l4(m->p, IPPROTO_ICMPV6) && m->p->icmpv6_has_mtu &&
	    parser_num_holds(&t->num, m->p->icmpv6_mtu);
}

int
kw_icmpv6_mtu(struct rule_parser *p, char *value)
{
	return kw_packet_num(p, value, UINT32_MAX, test_icmpv6_mtu);
}
