/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Keywords on packet headers, each with its test (guide, "Header Keywords").
 * RFC 791 (IPv4), 8200 (IPv6), 9293 (TCP), 792 and 4443 (ICMP).
 */
#include "agent/decode/checksum.h"
#include "agent/decode/decode.h"
#include "agent/decode/events.h"
#include "agent/detect/match.h"
#include "agent/detect/parser.h"

#include "common/str.h"

#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A test that makes the rule a packet rule (engine.md 1.2, point 1). */
static struct test *
packet_test(struct rule_parser *p, test_fn *fn)
{
	p->r->flags |= RULE_NEEDS_PACKET | RULE_NOT_IP_ONLY;
	return parser_add_test(p, fn);
}

static int
num_keyword(struct rule_parser *p, char *value, uint64_t max, test_fn *fn)
{
	struct num_test num;
	struct test *t;

	if (parser_num(p, value, max, &num) == -1 ||
	    (t = packet_test(p, fn)) == NULL)
		return -1;
	t->num = num;
	return 0;
}

/* "[!]N" only. */
static int
exact_keyword(struct rule_parser *p, char *value, uint64_t max, test_fn *fn)
{
	char *s = str_trim(value);
	bool negated = *s == '!';
	uint64_t v;
	struct test *t;

	if (str_u64(str_trim(s + negated), max, &v) == -1)
		return parser_fail(p, "\"%.30s\" is no number from 0 to %llu",
		    value, (unsigned long long)max);
	if ((t = packet_test(p, fn)) == NULL)
		return -1;
	t->negated = negated;
	t->value = (uint32_t)v;
	return 0;
}

static bool
is_ip(const struct packet *p)
{
	return p->src.family != 0;
}

static bool
has_l4(const struct packet *p, uint8_t proto)
{
	return is_ip(p) && p->proto == proto && !(p->flags & PACKET_FRAGMENT);
}

static bool
is_icmp(const struct packet *p)
{
	return has_l4(p, IPPROTO_ICMP) || has_l4(p, IPPROTO_ICMPV6);
}

/* --- size ------------------------------------------------------------------ */

static bool
test_dsize(const struct test *t, struct match_context *m)
{
	if ((m->p->flags & (PACKET_FRAGMENT | PACKET_PSEUDO)) || !is_ip(m->p))
		return false;
	return parser_num_holds(&t->num, m->p->payload.len);
}

int
kw_dsize(struct rule_parser *p, char *value)
{
	for (size_t i = 0; i < p->r->tests_n; i++)
		if (p->r->test[i].fn == test_dsize)
			return parser_fail(p, "may stand once in a rule");
	return num_keyword(p, value, 65535, test_dsize);
}

/* --- IP -------------------------------------------------------------------- */

static bool
test_ttl(const struct test *t, struct match_context *m)
{
	return is_ip(m->p) && parser_num_holds(&t->num, m->p->ttl);
}

int
kw_ttl(struct rule_parser *p, char *value)
{
	return num_keyword(p, value, 255, test_ttl);
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
		return exact_keyword(p, hex, 255, test_tos);
	}
	return exact_keyword(p, value, 255, test_tos);
}

static bool
test_id(const struct test *t, struct match_context *m)
{
	return m->p->src.family == 4 && (m->p->ip_id == t->value) != t->negated;
}

int
kw_id(struct rule_parser *p, char *value)
{
	return exact_keyword(p, value, 65535, test_id);
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
	if ((t = packet_test(p, test_ipopts)) == NULL)
		return -1;
	t->value = (uint32_t)w->value;
	return 0;
}

bool
kw_flags_hold(const struct mask_test *m, uint8_t flags)
{
	flags = (uint8_t)(flags & ~m->ignore);
	switch (m->modifier) {
	case '+':
		return (flags & m->want) == m->want;
	case '*':
		return (flags & m->want) != 0;
	case '!':
		return (flags & m->want) != m->want;
	default:
		return flags == m->want;
	}
}

static int
letters(const char *s, const char *known, const uint8_t *bits, uint8_t *out)
{
	*out = 0;
	for (; *s != '\0'; s++) {
		const char *at;

		if (isspace((unsigned char)*s))
			continue;
		if ((at = strchr(known, toupper((unsigned char)*s))) == NULL)
			return -1;
		*out |= bits[at - known];
	}
	return 0;
}

static char
take_modifier(char **s)
{
	char c = '\0';
	size_t n = strlen(*s);

	if (**s != '\0' && strchr("+*!", **s) != NULL) {
		c = **s;
		*s = str_trim(*s + 1);
	} else if (n > 0 && strchr("+*!", (*s)[n - 1]) != NULL) {
		c = (*s)[n - 1];
		(*s)[n - 1] = '\0';
	}
	return c;
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

	mask.modifier = take_modifier(&value);
	if (letters(value, "MDR", BITS, &mask.want) == -1 || mask.want == 0)
		return parser_fail(
		    p, "\"%.20s\" is not made of M, D, R and + * !", value);
	if ((t = packet_test(p, test_fragbits)) == NULL)
		return -1;
	t->mask = mask;
	return 0;
}

static bool
test_fragoffset(const struct test *t, struct match_context *m)
{
	/* Rules count in units of eight bytes, as the header does. */
	return is_ip(m->p) && parser_num_holds(&t->num, m->p->frag_offset / 8u);
}

int
kw_fragoffset(struct rule_parser *p, char *value)
{
	return num_keyword(p, value, 65535, test_fragoffset);
}

static bool
test_ip_proto(const struct test *t, struct match_context *m)
{
	return is_ip(m->p) && parser_num_holds(&t->num, m->p->proto);
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
	/* Not a packet_test(): IP-only rules may have it. */
	if ((t = parser_add_test(p, test_ip_proto)) == NULL)
		return -1;
	t->num = (struct num_test){op, v, 0};
	return 0;
}

static bool
test_sameip(const struct test *t, struct match_context *m)
{
	(void)t;
	return is_ip(m->p) && addr_cmp(&m->p->src, &m->p->dst) == 0;
}

int
kw_sameip(struct rule_parser *p, char *value)
{
	(void)value;
	return packet_test(p, test_sameip) == NULL ? -1 : 0;
}

/* --- ICMP ------------------------------------------------------------------ */

bool
kw_test_itype(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && parser_num_holds(&t->num, m->p->icmp_type);
}

int
kw_itype(struct rule_parser *p, char *value)
{
	return num_keyword(p, value, 255, kw_test_itype);
}

static bool
test_icode(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && parser_num_holds(&t->num, m->p->icmp_code);
}

int
kw_icode(struct rule_parser *p, char *value)
{
	return num_keyword(p, value, 255, test_icode);
}

static bool
test_icmp_id(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && m->p->icmp_has_id && m->p->icmp_id == t->value;
}

int
kw_icmp_id(struct rule_parser *p, char *value)
{
	return exact_keyword(p, value, 65535, test_icmp_id);
}

static bool
test_icmp_seq(const struct test *t, struct match_context *m)
{
	return is_icmp(m->p) && m->p->icmp_has_id && m->p->icmp_seq == t->value;
}

int
kw_icmp_seq(struct rule_parser *p, char *value)
{
	return exact_keyword(p, value, 65535, test_icmp_seq);
}

static bool
test_icmpv6_mtu(const struct test *t, struct match_context *m)
{
	return has_l4(m->p, IPPROTO_ICMPV6) && m->p->icmpv6_has_mtu &&
	    parser_num_holds(&t->num, m->p->icmpv6_mtu);
}

int
kw_icmpv6_mtu(struct rule_parser *p, char *value)
{
	return num_keyword(p, value, UINT32_MAX, test_icmpv6_mtu);
}

/* --- TCP ------------------------------------------------------------------- */

bool
kw_test_tcp_flags(const struct test *t, struct match_context *m)
{
	return has_l4(m->p, IPPROTO_TCP) &&
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

	mask.modifier = take_modifier(&want);
	if (*want == '\0' || letters(want, KNOWN, BITS, &mask.want) == -1 ||
	    (rest != NULL && letters(rest, KNOWN, BITS, &mask.ignore) == -1))
		return parser_fail(
		    p, "flags are of F S R P A U C E 0, with + * ! and \",mask\"");
	for (size_t i = 0; i < p->r->tests_n; i++)
		if (p->r->test[i].fn == kw_test_tcp_flags)
			return parser_fail(p, "may stand once in a rule");
	if ((t = packet_test(p, kw_test_tcp_flags)) == NULL)
		return -1;
	t->mask = mask;
	return 0;
}

static bool
test_seq(const struct test *t, struct match_context *m)
{
	return has_l4(m->p, IPPROTO_TCP) && m->p->tcp_seq == t->value;
}

int
kw_seq(struct rule_parser *p, char *value)
{
	return exact_keyword(p, value, UINT32_MAX, test_seq);
}

static bool
test_ack(const struct test *t, struct match_context *m)
{
	return has_l4(m->p, IPPROTO_TCP) && m->p->tcp_ack == t->value;
}

int
kw_ack(struct rule_parser *p, char *value)
{
	return exact_keyword(p, value, UINT32_MAX, test_ack);
}

static bool
test_window(const struct test *t, struct match_context *m)
{
	return has_l4(m->p, IPPROTO_TCP) &&
	    (m->p->tcp_window == t->value) != t->negated;
}

int
kw_window(struct rule_parser *p, char *value)
{
	return exact_keyword(p, value, 65535, test_window);
}

static bool
test_tcp_mss(const struct test *t, struct match_context *m)
{
	return has_l4(m->p, IPPROTO_TCP) && m->p->tcp_has_mss &&
	    parser_num_holds(&t->num, m->p->tcp_mss);
}

int
kw_tcp_mss(struct rule_parser *p, char *value)
{
	return num_keyword(p, value, 65535, test_tcp_mss);
}

/* --- checksums and events -------------------------------------------------- */

static const struct csum_row {
	const char *name;
	uint8_t family, proto; /* proto 0: the IPv4 header */
} CSUMS[] = {
    [CSUM_IPV4] = {"ipv4-csum", 4, 0},
    [CSUM_TCPV4] = {"tcpv4-csum", 4, IPPROTO_TCP},
    [CSUM_TCPV6] = {"tcpv6-csum", 6, IPPROTO_TCP},
    [CSUM_UDPV4] = {"udpv4-csum", 4, IPPROTO_UDP},
    [CSUM_UDPV6] = {"udpv6-csum", 6, IPPROTO_UDP},
    [CSUM_ICMPV4] = {"icmpv4-csum", 4, IPPROTO_ICMP},
    [CSUM_ICMPV6] = {"icmpv6-csum", 6, IPPROTO_ICMPV6},
};

static bool
test_csum(const struct test *t, struct match_context *m)
{
	const struct csum_row *row = &CSUMS[t->csum.kind];
	enum checksum v;

	if (m->p->src.family != row->family ||
	    (row->proto && !has_l4(m->p, row->proto)))
		return false;
	v = row->proto == 0 ? checksum_ip(m->p) : checksum_l4(m->p);
	return v == (t->csum.valid ? CHECKSUM_GOOD : CHECKSUM_BAD);
}

int
kw_csum(struct rule_parser *p, char *value)
{
	bool valid = strcasecmp(value, "valid") == 0;
	unsigned kind = 0;
	struct test *t;

	if (!valid && strcasecmp(value, "invalid") != 0)
		return parser_fail(p, "\"%.20s\" is not valid or invalid", value);
	while (strcasecmp(CSUMS[kind].name, p->keyword) != 0)
		kind++;
	if ((t = packet_test(p, test_csum)) == NULL)
		return -1;
	t->csum.kind = (enum csum_kind)kind;
	t->csum.valid = valid;
	return 0;
}

static bool
test_decode_event(const struct test *t, struct match_context *m)
{
	return packet_has_event(m->p, t->value);
}

int
kw_decode_event(struct rule_parser *p, char *value)
{
	int event = decode_event_parse(value), *e;
	struct test *t;

	if (event == -1)
		return parser_fail(p, "unknown decoder event \"%.60s\"", value);
	e = realloc(p->r->event, (p->r->events_n + 1) * sizeof(*e));
	if (e == NULL)
		return parser_no_memory(p);
	p->r->event = e;
	e[p->r->events_n++] = event;
	if ((t = parser_add_test(p, test_decode_event)) == NULL)
		return -1;
	t->value = (uint32_t)event;
	return 0;
}
