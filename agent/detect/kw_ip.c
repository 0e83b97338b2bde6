/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords on the header of IP (RFC 791, 8200; guide, "Header Keywords"). */
#include "agent/decode/events.h"
#include "agent/detect/match.h"
#include "agent/detect/parser.h"

#include "common/str.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool
test_ttl(const struct test *t, struct match_context *m)
{
	return kw_packet_is_ip(m->p) && parser_num_holds(&t->num, m->p->ttl);
}

int
kw_ttl(struct rule_parser *p, char *value)
{
	return kw_packet_num(p, value, 255, test_ttl);
}

static bool
test_tos(const struct test *t, struct match_context *m)
{
	return m->p->src.family == 4 && (m->p->tos == t->value) != t->negated;
}

int
kw_tos(struct rule_parser *p, char *value)
{
	char hex[16];
	char *s = str_trim(value);
	bool negated = *s == '!';

	/* "x1f" is hexadecimal. */
	s = str_trim(s + negated);
	if (tolower((unsigned char)s[0]) == 'x' && strlen(s) < 8) {
		hex[0] = negated ? '!' : ' ';
		hex[1] = '0';
		str_copy(hex + 2, sizeof(hex) - 2, s);
		return kw_packet_exact(p, hex, 255, test_tos);
	}
	return kw_packet_exact(p, value, 255, test_tos);
}

static bool
test_id(const struct test *t, struct match_context *m)
{
	return m->p->src.family == 4 && (m->p->ip_id == t->value) != t->negated;
}

int
kw_id(struct rule_parser *p, char *value)
{
	return kw_packet_exact(p, value, 65535, test_id);
}

static const struct parser_word IPOPTS[] = {
    {"rr", IPOPT_SEEN_RR},
    {"eol", IPOPT_SEEN_EOL},
    {"nop", IPOPT_SEEN_NOP},
    {"ts", IPOPT_SEEN_TS},
    {"sec", IPOPT_SEEN_SEC},
    {"esec", IPOPT_SEEN_ESEC},
    {"lsrr", IPOPT_SEEN_LSRR},
    {"lsrre", IPOPT_SEEN_LSRR},
    {"ssrr", IPOPT_SEEN_SSRR},
    {"satid", IPOPT_SEEN_SATID},
    {"any", -1},
    {NULL, 0},
};

static bool
test_ipopts(const struct test *t, struct match_context *m)
{
	return m->p->src.family == 4 && (m->p->ip_options & t->value) != 0;
}

int
kw_ipopts(struct rule_parser *p, char *value)
{
	const struct parser_word *w = IPOPTS;
	struct test *t;

	while (w->name != NULL && strcasecmp(w->name, value) != 0)
		w++;
	if (w->name == NULL)
		return parser_fail(p,
		    "\"%.30s\" is not rr, eol, nop, ts, sec, esec, "
		    "lsrr, ssrr, satid or any",
		    value);
	if ((t = kw_packet_test(p, test_ipopts)) == NULL)
		return -1;
	t->value = (uint32_t)w->value;
	return 0;
}

static bool
test_fragbits(const struct test *t, struct match_context *m)
{
	return m->p->src.family == 4 && kw_flags_hold(&t->mask, m->p->frag_flags);
}

int
kw_fragbits(struct rule_parser *p, char *value)
{
	static const uint8_t BITS[] = {1, 2, 4};
	struct mask_test mask = {0, 0, 0};
	struct test *t;

	mask.modifier = kw_flags_modifier(&value);
	if (kw_flags_letters(value, "MDR", BITS, &mask.want) == -1 ||
	    mask.want == 0)
		return parser_fail(
		    p, "\"%.20s\" is not made of M, D, R and + * !", value);
	if ((t = kw_packet_test(p, test_fragbits)) == NULL)
		return -1;
	t->mask = mask;
	return 0;
}

static bool
test_fragoffset(const struct test *t, struct match_context *m)
{
	/* Rules count in units of eight bytes, as the header does. */
	return kw_packet_is_ip(m->p) &&
	    parser_num_holds(&t->num, m->p->frag_offset / 8u);
}

int
kw_fragoffset(struct rule_parser *p, char *value)
{
	return kw_packet_num(p, value, 65535, test_fragoffset);
}

bool
kw_test_ip_proto(const struct test *t, struct match_context *m)
{
	return kw_packet_is_ip(m->p) && parser_num_holds(&t->num, m->p->proto);
}

/*
 * Assigned protocol numbers (IANA) by the names that rules use.  Not from
 * /etc/protocols: a base system lacks it, and a rule must mean the same everywhere.
 */
static const struct {
	const char *name;
	uint8_t number;
} PROTOCOLS[] = {
    {"ip", 0},
    {"hopopt", 0},
    {"icmp", 1},
    {"igmp", 2},
    {"ggp", 3},
    {"ipencap", 4},
    {"ipip", 4},
    {"st", 5},
    {"tcp", 6},
    {"egp", 8},
    {"igp", 9},
    {"pup", 12},
    {"udp", 17},
    {"hmp", 20},
    {"xns-idp", 22},
    {"rdp", 27},
    {"iso-tp4", 29},
    {"dccp", 33},
    {"xtp", 36},
    {"ddp", 37},
    {"idpr-cmtp", 38},
    {"ipv6", 41},
    {"ipv6-route", 43},
    {"ipv6-frag", 44},
    {"idrp", 45},
    {"rsvp", 46},
    {"gre", 47},
    {"esp", 50},
    {"ipv6-crypt", 50},
    {"ah", 51},
    {"ipv6-auth", 51},
    {"skip", 57},
    {"ipv6-icmp", 58},
    {"icmpv6", 58},
    {"icmp6", 58},
    {"ipv6-nonxt", 59},
    {"ipv6-opts", 60},
    {"rspf", 73},
    {"vmtp", 81},
    {"eigrp", 88},
    {"ospf", 89},
    {"ax.25", 93},
    {"etherip", 97},
    {"encap", 98},
    {"pim", 103},
    {"ipcomp", 108},
    {"vrrp", 112},
    {"l2tp", 115},
    {"isis", 124},
    {"sctp", 132},
    {"fc", 133},
    {"mobility-header", 135},
    {"udplite", 136},
    {"mpls-in-ip", 137},
    {"manet", 138},
    {"hip", 139},
    {"shim6", 140},
    {"wesp", 141},
    {"rohc", 142},
};

static int
proto_number(const char *s, uint64_t *v)
{
	if (str_u64(s, 255, v) == 0)
		return 0;
	for (size_t i = 0; i < sizeof(PROTOCOLS) / sizeof(PROTOCOLS[0]); i++) {
		if (strcasecmp(s, PROTOCOLS[i].name) == 0) {
			*v = PROTOCOLS[i].number;
			return 0;
		}
	}
	return -1;
}

int
kw_ip_proto(struct rule_parser *p, char *value)
{
	enum num_op op = NUM_EQ;
	char *s = str_trim(value);
	struct test *t;
	uint64_t v;

	if (*s == '!' || *s == '<' || *s == '>') {
		op = *s == '!' ? NUM_NE : *s == '<' ? NUM_LT : NUM_GT;
		s = str_trim(s + 1);
	}
	if (proto_number(s, &v) == -1)
		return parser_fail(
		    p, "\"%.30s\" is no IP protocol (number or name)", value);
	if ((op == NUM_LT && v == 0) || (op == NUM_GT && v == 255))
		return parser_fail(p, "\"%.30s\" can never match", value);
	/* Not a kw_packet_test(): IP-only rules may have it. */
	if ((t = parser_add_test(p, kw_test_ip_proto)) == NULL)
		return -1;
	t->num = (struct num_test){op, v, 0};
	return 0;
}

static bool
test_sameip(const struct test *t, struct match_context *m)
{
	(void)t;
	return kw_packet_is_ip(m->p) && addr_cmp(&m->p->src, &m->p->dst) == 0;
}

int
kw_sameip(struct rule_parser *p, char *value)
{
	(void)value;
	return kw_packet_test(p, test_sameip) == NULL ? -1 : 0;
}

int
kw_l3_proto(struct rule_parser *p, char *value)
{
	static const struct parser_word words[] = {
	    {"ipv4", RULE_IPV4},
	    {"ip4", RULE_IPV4},
	    {"ipv6", RULE_IPV6},
	    {"ip6", RULE_IPV6},
	    {NULL, 0},
	};
	int flag = parser_word(words, value);

	if (flag == -1)
		return parser_fail(p, "\"%.30s\" is not ipv4 or ipv6", value);
	p->r->flags |= (uint32_t)flag;
	return 0;
}
