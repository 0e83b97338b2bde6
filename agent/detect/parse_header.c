/* SPDX-License-Identifier: EUPL-1.2 */
/* What stands before the options: action, protocol, addresses, ports, direction. */
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"

#include <ctype.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

static const struct parser_word ACTIONS[] = {
    {"alert", RULE_ALERT},
    {"pass", RULE_PASS},
    {"drop", RULE_DROP},
    {"reject", RULE_REJECT},
    {"rejectsrc", RULE_REJECT},
    {"rejectdst", RULE_REJECT},
    {"rejectboth", RULE_REJECT},
    {"config", RULE_CONFIG},
    {NULL, 0},
};

/* proto -1: any; the second only for icmp. */
static const struct {
	const char *name;
	int proto, second;
	unsigned flags;
} PROTOS[] = {
    {"ip", -1, -1, 0},
    {"pkthdr", -1, -1, 0},
    {"tcp", IPPROTO_TCP, -1, 0},
    {"tcp-pkt", IPPROTO_TCP, -1, RULE_TCP_PKT},
    {"tcp-stream", IPPROTO_TCP, -1, RULE_TCP_STREAM},
    {"udp", IPPROTO_UDP, -1, 0},
    {"icmp", IPPROTO_ICMP, IPPROTO_ICMPV6, 0},
    {"icmpv4", IPPROTO_ICMP, -1, 0},
    {"icmp4", IPPROTO_ICMP, -1, 0},
    {"icmpv6", IPPROTO_ICMPV6, -1, 0},
    {"icmp6", IPPROTO_ICMPV6, -1, 0},
    {"sctp", IPPROTO_SCTP, -1, 0},
    {"ipv4", -1, -1, RULE_IPV4},
    {"ip4", -1, -1, RULE_IPV4},
    {"ipv6", -1, -1, RULE_IPV6},
    {"ip6", -1, -1, RULE_IPV6},
};

static void
allow_proto(struct rule *r, int proto)
{
	if (proto == -1)
		r->any_proto = true;
	else
		r->proto[proto / 64] |= (uint64_t)1 << (proto % 64);
}

static int
read_proto(struct rule_parser *p, const char *word)
{
	unsigned over;
	bool known;

	for (size_t i = 0; i < sizeof(PROTOS) / sizeof(PROTOS[0]); i++) {
		if (strcasecmp(PROTOS[i].name, word) != 0)
			continue;
		allow_proto(p->r, PROTOS[i].proto);
		if (PROTOS[i].second != -1)
			allow_proto(p->r, PROTOS[i].second);
		p->r->flags |= PROTOS[i].flags;
		return 0;
	}
	p->r->apps = app_word(word, &known, &over);
	if (!known)
		return parser_fail(p, "unknown protocol \"%.30s\"", word);
	if (p->r->apps == 0)
		return parser_fail(p, "protocol \"%.30s\": %s", word,
		    keyword_needs_text(KW_NEEDS_APP));
	if (over & APP_OVER_TCP)
		allow_proto(p->r, IPPROTO_TCP);
	if (over & APP_OVER_UDP)
		allow_proto(p->r, IPPROTO_UDP);
	return 0;
}

static int
read_action(struct rule_parser *p, const char *word)
{
	int action = parser_word(ACTIONS, word);

	if (action == -1)
		return parser_fail(p,
		    "unknown action \"%.30s\": it is alert, pass, drop or reject",
		    word);
	if (action == RULE_CONFIG)
		return parser_fail(
		    p, "action \"config\": %s", keyword_needs_text(KW_NEEDS_LATER));
	p->r->meta.action = (enum rule_action)action;
	return 0;
}

/* The next word of the header; white space inside brackets is part of it. */
static char *
header_word(char **rest)
{
	char *s = *rest, *word;
	int depth = 0;

	while (isspace((unsigned char)*s))
		s++;
	word = s;
	for (; *s != '\0' && (depth > 0 || !isspace((unsigned char)*s)); s++) {
		if (*s == '(')
			break;
		depth += (*s == '[') - (*s == ']');
	}
	*rest = s;
	return word;
}

enum {
	H_ACTION,
	H_PROTO,
	H_SRC,
	H_SPORT,
	H_DIR,
	H_DST,
	H_DPORT,
	H_WORDS
};

int
parser_header(struct rule_parser *p, char **text)
{
	static const char *const WHAT[H_WORDS] = {"action", "protocol",
	    "source address", "source port", "direction", "destination address",
	    "destination port"};
	char *word[H_WORDS], *end[H_WORDS], *rest = *text;
	struct rule *r = p->r;
	struct lists *l = ruleset_lists(p->rs);

	for (int i = 0; i < H_WORDS; i++) {
		word[i] = header_word(&rest);
		end[i] = rest;
		if (end[i] == word[i])
			return parser_fail(p, "the %s is missing", WHAT[i]);
	}
	while (isspace((unsigned char)*rest))
		rest++;
	if (*rest != '(')
		return parser_fail(p, "a \"(\" must follow the destination port");
	*text = rest + 1;
	for (int i = 0; i < H_WORDS; i++)
		*end[i] = '\0';
	if (read_action(p, word[H_ACTION]) == -1 ||
	    read_proto(p, word[H_PROTO]) == -1)
		return -1;
	if (strcmp(word[H_DIR], "<>") == 0)
		r->flags |= RULE_BIDIRECTIONAL;
	else if (strcmp(word[H_DIR], "->") != 0)
		return parser_fail(
		    p, "direction \"%.10s\" is not \"->\" or \"<>\"", word[H_DIR]);
	if ((r->src = lists_addr(l, word[H_SRC], p->error, sizeof(p->error))) ==
		NULL ||
	    (r->sport = lists_port(l, word[H_SPORT], p->error, sizeof(p->error))) ==
		NULL ||
	    (r->dst = lists_addr(l, word[H_DST], p->error, sizeof(p->error))) ==
		NULL ||
	    (r->dport = lists_port(l, word[H_DPORT], p->error, sizeof(p->error))) ==
		NULL)
		return -1;
	if (r->src->negated || r->dst->negated)
		r->flags |= RULE_NEGATED_ADDRESS;
	return 0;
}
