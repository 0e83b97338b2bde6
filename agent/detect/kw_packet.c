/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * What keywords on packets share, and those on no header of one protocol: size,
 * checksums, events (guide, "Header Keywords").
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

struct test *
kw_packet_test(struct rule_parser *p, test_fn *fn)
{
	p->r->flags |= RULE_NEEDS_PACKET | RULE_NOT_IP_ONLY;
	return parser_add_test(p, fn);
}

int
kw_packet_num(struct rule_parser *p, char *value, uint64_t max, test_fn *fn)
{
	struct num_test num;
	struct test *t;

	if (parser_num(p, value, max, &num) == -1 ||
	    (t = kw_packet_test(p, fn)) == NULL)
		return -1;
	t->num = num;
	return 0;
}

int
kw_packet_exact(struct rule_parser *p, char *value, uint64_t max, test_fn *fn)
{
	char *s = str_trim(value);
	bool negated = *s == '!';
	uint64_t v;
	struct test *t;

	if (str_u64(str_trim(s + negated), max, &v) == -1)
		return parser_fail(p, "\"%.30s\" is no number from 0 to %llu",
		    value, (unsigned long long)max);
	if ((t = kw_packet_test(p, fn)) == NULL)
		return -1;
	t->negated = negated;
	t->value = (uint32_t)v;
	return 0;
}

bool
kw_packet_is_ip(const struct packet *p)
{
	return p->src.family != 0;
}

bool
kw_packet_has_l4(const struct packet *p, uint8_t proto)
{
	return kw_packet_is_ip(p) && p->proto == proto &&
	    !(p->flags & PACKET_FRAGMENT);
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

int
kw_flags_letters(
    const char *s, const char *known, const uint8_t *bits, uint8_t *out)
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

char
kw_flags_modifier(char **s)
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

/* --- size ------------------------------------------------------------------ */

bool
kw_test_dsize(const struct test *t, struct match_context *m)
{
	if ((m->p->flags & (PACKET_FRAGMENT | PACKET_PSEUDO)) ||
	    !kw_packet_is_ip(m->p))
		return false;
	/* Nobody looks at encrypted bytes: only "less than" asks. */
	if ((m->p->flags & PACKET_NO_PAYLOAD_INSPECT) && m->d->chunks == 0 &&
	    m->p->payload.len > 0 && t->num.op != NUM_LT)
		return false;
	return parser_num_holds(&t->num, m->p->payload.len);
}

int
kw_dsize(struct rule_parser *p, char *value)
{
	for (size_t i = 0; i < p->r->tests_n; i++)
		if (p->r->test[i].fn == kw_test_dsize)
			return parser_fail(p, "may stand once in a rule");
	return kw_packet_num(p, value, 65535, kw_test_dsize);
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
	    (row->proto && !kw_packet_has_l4(m->p, row->proto)))
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
	if ((t = kw_packet_test(p, test_csum)) == NULL)
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
