/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Any payload and header bytes against rules that use every packet keyword, with
 * and without the prefilter.  Input: 16 bytes that choose the packet's fields,
 * then its bytes.
 */
#include "agent/detect/match.h"
#include "agent/detect/prefilter.h"
#include "agent/detect/ruleset.h"

#include "common/table.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD 16

/* Without keywords that remember: the two ways must see the same state. */
static const char RULES[] =
#define R(proto, options, sid)                                                     \
	"alert " proto " any any -> any any (" options " sid:" #sid ";)\n"
    R("tcp", "content:\"ab\"; content:\"cd\"; distance:1; within:5;", 1) R(
	"udp", "content:\"ab\"; nocase; content:!\"cd\"; within:5;", 2) R("ip",
	"content:\"a\"; content:\"b\"; distance:0; content:\"c\"; within:3;",
	3) R("ip", "byte_extract:1,0,n; content:\"x\"; offset:n; depth:n;",
	4) R("ip", "byte_extract:2,1,n,little; byte_test:1,>,n,0; isdataat:n;",
	5) R("ip", "byte_jump:2,0,align,post_offset -3; content:\"a\"; within:4;",
	6) R("ip",
	"byte_jump:4,0,relative,from_end,multiplier 3; isdataat:1,relative;",
	7) R("ip",
	"byte_jump:3,1,string,dec; byte_test:2,=,17,-1,relative,string,hex;",
	8) R("ip",
	"byte_math:bytes 2, offset 0, oper *, rvalue 77, result r; "
	"byte_test:8,!&,r,0,bitmask 0xff00;",
	9) R("ip",
	"byte_math:bytes 3, offset 0, oper /, rvalue 3, result r, string dec; "
	"content:\"a\"; distance:r; within:9;",
	10) R("ip", "pcre:\"/a(b+|c)*d/\"; content:\"e\"; distance:-3; within:7;",
	11) R("ip", "content:\"a\"; pcre:\"/^[b-d]+e?/R\"; isdataat:!1,relative;",
	12) R("tcp",
	"tcp.hdr; content:\"|00|\"; offset:3; bsize:20<>40; byte_test:1,&,1,13;",
	13) R("ip",
	"ipv4.hdr; content:\"E\"; startswith; pkt_data; content:\"a\"; endswith;",
	14) R("icmp",
	"itype:<9; icode:0; icmp_id:3; icmpv4.hdr; content:\"|08|\"; depth:1;",
	15) R("icmpv6", "icmpv6.mtu:>100; icmpv6.hdr; content:\"a\";", 16) R("udp",
	"udp.hdr; content:\"|00|\"; dsize:<50; udpv4-csum:valid;",
	17) R("tcp", "flags:S,CE; seq:1; ack:2; window:!0; tcp.mss:>3;",
	18) R("tcp", "flow:established,to_client; flags:*PA; tcpv4-csum:invalid;",
	19) R("ip", "ttl:<9; tos:!0; id:7; fragbits:M+; fragoffset:>0; ipopts:any;",
	20) R("pkthdr", "decode-event:ipv4.trunc_pkt;", 21) R("ip",
	"sameip; ip_proto:>5; ipv4-csum:valid;", 22) R("ip",
	"content:\"aaaa\"; content:\"aaa\"; distance:-2; content:\"b\"; within:1;",
	23) "alert tcp 10.0.0.0/8 1:100 <> !10.0.0.0/9 any (content:\"a\"; "
	    "sid:24;)\n"
	    "alert ip [10.0.0.0/30,fd00::/8] any -> any any (sid:25;)\n";

static struct ruleset *rs;
static struct detect *d;

static void
start(void)
{
	struct ruleset_config c = {0};
	struct detect_config dc = {0};
	const struct ruleset_refusal *r;
	char error[400], rules[sizeof(RULES)];

	table_fixed_key();
	memcpy(rules, RULES, sizeof(rules));
	rs = ruleset_new(&c, error, sizeof(error));
	assert(rs != NULL && ruleset_load_text(rs, rules, "fuzz") == 0);
	if (ruleset_refusals(rs, &r) > 0) {
		fprintf(stderr, "%u: %s\n", r->line, r->reason);
		abort();
	}
	assert(ruleset_finish(rs, error, sizeof(error)) == 0);
	d = detect_new(rs, &dc);
	assert(d != NULL);
}

/* The parts lie in one block of its exact size, as in a captured frame. */
static void
make_packet(struct packet *p, const uint8_t *h, const uint8_t *bytes, size_t size)
{
	static const uint8_t PROTOS[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP,
	    IPPROTO_ICMPV6, IPPROTO_SCTP, 0, 255, 47};
	struct cursor c = cur_of(bytes, size);
	size_t ip = h[1] % 60u, l4 = 20 + h[2] % 40u;

	memset(p, 0, sizeof(*p));
	p->proto = PROTOS[h[0] % sizeof(PROTOS)];
	p->src.family = p->dst.family = h[3] & 4 ? 4 : h[3] & 1 ? 6 : 0;
	p->src.b[0] = p->dst.b[0] = h[3] & 8 ? 10 : 0xfd;
	p->src.b[3] = h[4];
	p->dst.b[3] = h[5];
	p->flags = (uint32_t)(h[6] | h[7] << 8) & ~(uint32_t)PACKET_PSEUDO;
	if (p->flags & PACKET_TO_SERVER) /* one way only */
		p->flags &= ~(uint32_t)PACKET_TO_CLIENT;
	p->sport = h[8];
	p->dport = h[9];
	p->icmp_type = p->ttl = h[10];
	p->icmp_has_id = p->icmpv6_has_mtu = p->tcp_has_mss = h[11] & 1;
	p->icmp_id = p->tcp_mss = h[12];
	p->icmpv6_mtu = h[13];
	p->tcp_flags = p->frag_flags = h[14];
	p->frag_offset = (uint16_t)(h[15] * 8u);
	p->ip_options = h[15];
	p->events[0] = h[11];
	p->l3 = (struct span){bytes, size};
	/* What the decoder promises of a packet that it calls valid. */
	if (p->proto == 0 || cur_peek(&c, ip + l4) == NULL)
		p->flags |= PACKET_INVALID;
	p->ip_hdr.p = cur_take(&c, ip);
	p->ip_hdr.len = p->ip_hdr.p == NULL ? 0 : ip;
	p->l4_hdr.p = cur_take(&c, l4);
	p->l4_hdr.len = p->l4_hdr.p == NULL ? 0 : l4;
	p->payload = cur_rest(&c);
}

static void
compare(struct packet *p, bool ip_only)
{
	const struct prefilter *f = ruleset_prefilter(rs);
	const uint32_t *found;
	size_t rules, n, k = 0;
	struct rule *const *rule = ruleset_rules(rs, &rules);

	n = ip_only ? prefilter_ip_only(f, d->prefilter, p, &found)
		    : prefilter_packet(f, d->prefilter, p, NULL, 0, &found);
	for (size_t i = 0; i < rules; i++) {
		while (k < n && found[k] < i)
			k++;
		if ((rule[i]->class == RULE_CLASS_IP_ONLY) == ip_only &&
		    match_rule(d, rule[i], p))
			assert(k < n && found[k] == i);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct detect_result result;
	struct packet p;
	uint8_t *bytes;

	if (size < HEAD)
		return 0;
	if (rs == NULL)
		start();
	size -= HEAD;
	bytes = malloc(size + (size == 0));
	assert(bytes != NULL);
	memcpy(bytes, data + HEAD, size);
	make_packet(&p, data, bytes, size);
	compare(&p, false);
	if (p.src.family != 0 && !(p.flags & PACKET_INVALID))
		compare(&p, true);
	detect_packet(d, &p, &result);
	assert(result.n <= DETECT_ALERTS_MAX);
	free(bytes);
	return 0;
}
