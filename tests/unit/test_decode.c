/* SPDX-License-Identifier: EUPL-1.2 */
/* Frames of every kind we read: what comes out whole, and what of a part. */
#include "agent/decode/checksum.h"
#include "agent/decode/decode.h"
#include "agent/decode/events.h"
#include "tests/unit/frames.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ETHERNET 1
#define DATA	 "some data"
#define DATA_LEN 9

/* What came out of the last frame. */
static struct packet got[DECODE_EVENTS_TOTAL];
static size_t got_n;

static void
keep(void *arg, struct packet *p)
{
	(void)arg;
	got[got_n++] = *p;
}

static struct decoder *
new_decoder(void)
{
	struct decoder_config c = {.verify_checksums = true, .vlan_in_key = true};
	struct decoder *d = decoder_new(&c, keep, NULL);

	assert_non_null(d);
	return d;
}

/* In memory of just its size, so that a sanitizer sees a step too far. */
static void
decode_n(struct decoder *d, int linktype, const uint8_t *p, size_t n)
{
	uint8_t *copy = malloc(n > 0 ? n : 1);

	assert_non_null(copy);
	memcpy(copy, p, n);
	got_n = 0;
	decoder_frame(
	    d, linktype, (struct span){.p = copy, .len = n}, (uint32_t)n, 0, 1);
	free(copy);
}

static const struct packet *
last(void)
{
	return &got[got_n - 1];
}

static bool
has_event(unsigned event)
{
	for (size_t i = 0; i < got_n; i++)
		if (packet_has_event(&got[i], event))
			return true;
	return false;
}

static size_t
events_of(const struct packet *p)
{
	size_t n = 0;

	for (unsigned e = 0; e < DECODE_EVENTS_TOTAL; e++)
		n += packet_has_event(p, e);
	return n;
}

/* --- good frames -----------------------------------------------------------------
 */

static void
inner(struct frame *f)
{
	frame_payload(f, DATA, DATA_LEN);
	frame_udp(f, 1000, 2000);
	frame_ipv4(f, IPPROTO_UDP, 1, 2);
}

static void
inner_ethernet(struct frame *f)
{
	inner(f);
	frame_ethernet(f, 0x0800);
}

static void
over_udp(struct frame *f, uint16_t port)
{
	frame_udp(f, 40000, port);
	frame_ipv4(f, IPPROTO_UDP, 8, 9);
	frame_ethernet(f, 0x0800);
}

static void
over_gre(struct frame *f, const void *head, size_t n)
{
	frame_push(f, head, n);
	frame_ipv4(f, IPPROTO_GRE, 8, 9);
	frame_ethernet(f, 0x0800);
}

static void
make_udp4(struct frame *f)
{
	inner_ethernet(f);
}

static void
make_udp6(struct frame *f)
{
	frame_payload(f, DATA, DATA_LEN);
	frame_udp(f, 1000, 2000);
	frame_ipv6(f, IPPROTO_UDP, 1, 2);
	frame_ethernet(f, 0x86dd);
}

static void
make_vlans(struct frame *f)
{
	inner(f);
	frame_vlan(f, 0x2005, 0x0800);
	frame_vlan(f, 6, 0x8100);
	frame_vlan(f, 7, 0x8100);
	frame_ethernet(f, 0x88a8);
}

static void
make_mpls(struct frame *f)
{
	inner(f);
	frame_push(f, "\x00\x06\x40\x40\x00\x06\x51\x40", 8);
	frame_ethernet(f, 0x8847);
}

static void
make_pseudowire(struct frame *f)
{
	inner_ethernet(f);
	frame_push(f, "\x00\x06\x51\x40\x00\x00\x00\x00", 8);
	frame_ethernet(f, 0x8847);
}

static void
make_pppoe(struct frame *f)
{
	inner(f);
	frame_push(f, "\x11\x00\x00\x01\x00\x27\x00\x21", 8);
	frame_ethernet(f, 0x8864);
}

static void
make_vntag(struct frame *f)
{
	inner(f);
	frame_push(f, "\x80\x00\x00\x01\x08\x00", 6);
	frame_ethernet(f, 0x8926);
}

static void
make_8021ah(struct frame *f)
{
	inner_ethernet(f);
	frame_push(f, "\x00\x00\x00\x01", 4);
	frame_ethernet(f, 0x88e7);
}

static void
make_fabric_path(struct frame *f)
{
	inner_ethernet(f);
	frame_push(f, "\x00\x01", 2);
	frame_ethernet(f, 0x8903);
}

static void
make_nsh(struct frame *f)
{
	inner(f);
	frame_push(f, "\x0f\xc2\x02\x01\x00\x00\x01\xff", 8);
	frame_ethernet(f, 0x894f);
}

static void
make_ipip(struct frame *f)
{
	inner(f);
	frame_ipv4(f, IPPROTO_IPIP, 8, 9);
	frame_ethernet(f, 0x0800);
}

static void
make_4in6(struct frame *f)
{
	inner(f);
	frame_ipv6(f, IPPROTO_IPIP, 8, 9);
	frame_ethernet(f, 0x86dd);
}

static void
inner6(struct frame *f)
{
	frame_payload(f, DATA, DATA_LEN);
	frame_udp(f, 1000, 2000);
	frame_ipv6(f, IPPROTO_UDP, 1, 2);
}

static void
make_6in4(struct frame *f)
{
	inner6(f);
	frame_ipv4(f, IPPROTO_IPV6, 8, 9);
	frame_ethernet(f, 0x0800);
}

static void
make_6in6(struct frame *f)
{
	inner6(f);
	frame_ipv6(f, IPPROTO_IPV6, 8, 9);
	frame_ethernet(f, 0x86dd);
}

static void
make_gre(struct frame *f)
{
	inner(f);
	over_gre(f,
	    "\xb0\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02", 16);
}

static void
make_pptp(struct frame *f)
{
	inner(f);
	frame_push(f, "\xff\x03\x00\x21", 4);
	over_gre(f,
	    "\x30\x81\x88\x0b\x00\x2b\x00\x00\x00\x00\x00\x01\x00\x00\x00\x02", 16);
}

static void
make_gre_bridge(struct frame *f)
{
	inner_ethernet(f);
	over_gre(f, "\x00\x00\x65\x58", 4);
}

static void
make_erspan1(struct frame *f)
{
	inner_ethernet(f);
	over_gre(f, "\x00\x00\x88\xbe", 4);
}

static void
make_erspan2(struct frame *f)
{
	inner_ethernet(f);
	frame_push(f, "\x10\x17\x08\x64\x00\x00\x00\x00", 8);
	over_gre(f, "\x10\x00\x88\xbe\x00\x00\x00\x07", 8);
}

static void
make_vxlan(struct frame *f)
{
	inner_ethernet(f);
	frame_push(f, "\x08\x00\x00\x00\x00\x00\x7b\x00", 8);
	over_udp(f, 4789);
}

static void
make_geneve(struct frame *f)
{
	inner_ethernet(f);
	frame_push(f, "\x01\x00\x65\x58\x00\x00\x0a\x00\x01\x02\x03\x00", 12);
	over_udp(f, 6081);
}

static void
make_teredo(struct frame *f)
{
	inner6(f);
	frame_push(f, "\x00\x00\x80\x00\x01\x02\x03\x04", 8);
	frame_push(f, "\x00\x01\x00\x00\x01\x02\x03\x04\x05\x06\x07\x08\x00", 13);
	over_udp(f, 3544);
}

static void
make_raw(struct frame *f)
{
	inner(f);
}

static void
make_sll(struct frame *f)
{
	inner(f);
	frame_push(f,
	    "\x00\x00\x00\x01\x00\x06\x00\x11\x22\x33\x44\x55\x00\x00\x08\x00", 16);
}

static void
make_sll2(struct frame *f)
{
	uint8_t h[20] = {0x08, 0x00};

	inner(f);
	frame_push(f, h, sizeof(h));
}

static void
make_null(struct frame *f)
{
	inner(f);
	frame_push(f, "\x02\x00\x00\x00", 4);
}

static void
make_loop(struct frame *f)
{
	inner(f);
	frame_push(f, "\x00\x00\x00\x02", 4);
}

static void
make_ppp(struct frame *f)
{
	inner(f);
	frame_push(f, "\x21", 1);
}

static void
make_chdlc(struct frame *f)
{
	inner(f);
	frame_push(f, "\x0f\x00\x08\x00", 4);
}

static void
make_extensions(struct frame *f)
{
	frame_payload(f, DATA, DATA_LEN);
	frame_udp(f, 1000, 2000);
	frame_push(
	    f, "\x11\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01", 12); /* AH */
	frame_push(f, "\x33\x00\x02\x00\x00\x00\x00\x00", 8); /* routing */
	frame_push(f,
	    "\x2b\x02\xc9\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	    "\x00\x00\x00\x01\x02\x00\x00",
	    24);					      /* destination */
	frame_push(f, "\x3c\x00\x05\x02\x00\x00\x01\x00", 8); /* hop by hop */
	frame_ipv6(f, IPPROTO_HOPOPTS, 1, 2);
	frame_ethernet(f, 0x86dd);
}

static const struct kind {
	void (*make)(struct frame *f);
	int linktype;
	size_t packets;
	enum packet_source source; /* of the last */
} KINDS[] = {
    {make_udp4, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_udp6, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_vlans, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_mpls, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_pseudowire, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_pppoe, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_vntag, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_8021ah, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_fabric_path, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_nsh, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_extensions, ETHERNET, 1, PACKET_SRC_WIRE},
    {make_ipip, ETHERNET, 2, PACKET_SRC_IPV4_TUNNEL},
    {make_4in6, ETHERNET, 2, PACKET_SRC_IPV6_TUNNEL},
    {make_6in4, ETHERNET, 2, PACKET_SRC_IPV4_TUNNEL},
    {make_6in6, ETHERNET, 2, PACKET_SRC_IPV6_TUNNEL},
    {make_gre, ETHERNET, 2, PACKET_SRC_GRE},
    {make_pptp, ETHERNET, 2, PACKET_SRC_GRE},
    {make_gre_bridge, ETHERNET, 2, PACKET_SRC_GRE},
    {make_erspan1, ETHERNET, 2, PACKET_SRC_ERSPAN1},
    {make_erspan2, ETHERNET, 2, PACKET_SRC_ERSPAN2},
    {make_vxlan, ETHERNET, 2, PACKET_SRC_VXLAN},
    {make_geneve, ETHERNET, 2, PACKET_SRC_GENEVE},
    {make_teredo, ETHERNET, 2, PACKET_SRC_TEREDO},
    {make_raw, 12, 1, PACKET_SRC_WIRE},
    {make_raw, 228, 1, PACKET_SRC_WIRE},
    {make_sll, 113, 1, PACKET_SRC_WIRE},
    {make_sll2, 276, 1, PACKET_SRC_WIRE},
    {make_null, 0, 1, PACKET_SRC_WIRE},
    {make_loop, 108, 1, PACKET_SRC_WIRE},
    {make_ppp, 9, 1, PACKET_SRC_WIRE},
    {make_chdlc, 104, 1, PACKET_SRC_WIRE},
};
#define KINDS_N (sizeof(KINDS) / sizeof(KINDS[0]))

static void
test_every_kind_gives_its_inner_packet(void **state)
{
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	for (size_t i = 0; i < KINDS_N; i++) {
		KINDS[i].make(&f);
		assert_true(decoder_knows(KINDS[i].linktype));
		decode_n(d, KINDS[i].linktype, frame_bytes(&f), f.len);
		assert_int_equal(got_n, KINDS[i].packets);
		assert_int_equal(last()->source, KINDS[i].source);
		assert_int_equal(last()->sport, 1000);
		assert_int_equal(last()->dport, 2000);
		assert_int_equal(last()->payload.len, DATA_LEN);
		assert_int_equal(
		    last()->src.b[last()->src.family == 4 ? 3 : 15], 1);
		assert_int_equal(last()->flags & PACKET_INVALID, 0);
		assert_int_equal(last()->tunnel_depth, got_n - 1);
		assert_int_equal(got_n > 1, (last()->flags & PACKET_TUNNELED) != 0);
		assert_int_equal(last()->number, 1);
	}
	decoder_free(d);
}

/* A part of a frame gives no layer 4, and says why wherever IP began. */
static void
test_every_truncation(void **state)
{
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	for (size_t i = 0; i < KINDS_N; i++) {
		KINDS[i].make(&f);
		for (size_t n = 0; n < f.len; n++) {
			decode_n(d, KINDS[i].linktype, frame_bytes(&f), n);
			assert_int_equal(got_n, 1);
			assert_int_equal(got[0].l4_hdr.len, 0);
			assert_int_equal(got[0].payload.len, 0);
			assert_true(events_of(&got[0]) > 0);
		}
	}
	assert_true(decoder_stats(d)->invalid > 0);
	decoder_free(d);
}

/* The same, cut inside IP: its length is right, what it carries is short. */
static void
test_every_truncation_within_ip(void **state)
{
	static const struct {
		void (*make)(struct frame *f);
		size_t ip; /* where IP begins */
	} cases[] = {{make_udp4, 14}, {make_ipip, 14}, {make_gre, 14},
	    {make_pptp, 14}, {make_erspan2, 14}, {make_vxlan, 14},
	    {make_geneve, 14}, {make_teredo, 14}};
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cases[i].make(&f);
		for (size_t n = cases[i].ip + 20; n < f.len; n++) {
			uint8_t *bytes = f.room + FRAME_ROOM - f.len;

			frame_put16(bytes + cases[i].ip + 2, n - cases[i].ip);
			decode_n(d, ETHERNET, bytes, n);
			assert_true(got_n <= 2);
			assert_true(last()->sport != 1000 ||
			    (last()->flags & PACKET_INVALID) != 0);
		}
	}
	decoder_free(d);
}

static void
test_tags_and_depth_are_told(void **state)
{
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	make_vlans(&f);
	decode_n(d, ETHERNET, frame_bytes(&f), f.len);
	assert_int_equal(last()->vlans, 3);
	assert_int_equal(last()->vlan[0], 7);
	assert_int_equal(last()->vlan[1], 6);
	assert_int_equal(last()->vlan[2], 5);
	make_erspan2(&f);
	decode_n(d, ETHERNET, frame_bytes(&f), f.len);
	assert_int_equal(last()->vlans, 1);
	assert_int_equal(last()->vlan[0], 23);
	assert_int_equal(got[0].vlans, 0);
	decoder_free(d);
}

static void
test_tunnels_end_somewhere(void **state)
{
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	frame_payload(&f, DATA, DATA_LEN);
	for (int i = 0; i < 60; i++)
		frame_ipv4(&f, IPPROTO_IPIP, 1, 2);
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_int_equal(got_n, 9);
	assert_true(packet_has_event(last(), DECODE_TOO_MANY_LAYERS));
	assert_int_equal(decoder_stats(d)->too_deep, 1);

	inner(&f);
	frame_vlan(&f, 1, 0x0800);
	for (int i = 0; i < 3; i++)
		frame_vlan(&f, 1, 0x8100);
	frame_ethernet(&f, 0x8100);
	decode_n(d, ETHERNET, frame_bytes(&f), f.len);
	assert_true(has_event(DECODE_VLAN_TOO_MANY_LAYERS));
	assert_true((last()->flags & PACKET_INVALID) != 0);
	decoder_free(d);
}

/* --- odd headers
 * ------------------------------------------------------------------- */

/* Change one byte of a good frame and expect one event. */
static void
test_one_wrong_byte(void **state)
{
	static const struct {
		void (*make)(struct frame *f);
		int linktype;
		size_t at;
		uint8_t value;
		enum decode_event event;
	} cases[] = {
	    {make_udp4, ETHERNET, 14, 0x55, DECODE_IPV4_WRONG_IP_VERSION},
	    {make_udp4, ETHERNET, 14, 0x44, DECODE_IPV4_HLEN_TOO_SMALL},
	    {make_udp4, ETHERNET, 17, 0x10, DECODE_IPV4_IPLEN_SMALLER_THAN_HLEN},
	    {make_udp4, ETHERNET, 17, 0xff, DECODE_IPV4_TRUNC_PKT},
	    {make_udp4, ETHERNET, 23, 58, DECODE_IPV4_ICMPV6},
	    {make_udp4, ETHERNET, 38, 0xff, DECODE_UDP_PKT_TOO_SMALL},
	    {make_udp4, ETHERNET, 39, 0x07, DECODE_UDP_LEN_INVALID},
	    {make_udp4, ETHERNET, 39, 0x09, DECODE_UDP_HLEN_INVALID},
	    {make_udp6, ETHERNET, 14, 0x40, DECODE_IPV6_WRONG_IP_VERSION},
	    {make_udp6, ETHERNET, 19, 0xff, DECODE_IPV6_TRUNC_PKT},
	    {make_udp6, ETHERNET, 20, 1, DECODE_IPV6_ICMPV4},
	    {make_udp6, ETHERNET, 20, 99, DECODE_IPV6_UNKNOWN_NEXT_HEADER},
	    {make_udp6, ETHERNET, 20, 59, DECODE_IPV6_DATA_AFTER_NONE_HEADER},
	    {make_udp6, ETHERNET, 20, 0, DECODE_IPV6_TRUNC_EXTHDR},
	    {make_extensions, ETHERNET, 56, 0x1e, DECODE_IPV6_HOPOPTS_UNKNOWN_OPT},
	    {make_extensions, ETHERNET, 57, 3, DECODE_IPV6_EXTHDR_INVALID_OPTLEN},
	    {make_extensions, ETHERNET, 64, 0x1e, DECODE_IPV6_DSTOPTS_UNKNOWN_OPT},
	    {make_extensions, ETHERNET, 88, 0, DECODE_IPV6_RH_TYPE_0},
	    {make_extensions, ETHERNET, 96, 1, DECODE_IPV6_EXTHDR_AH_RES_NOT_NULL},
	    {make_extensions, ETHERNET, 54, 0, DECODE_IPV6_EXTHDR_DUPL_HH},
	    {make_extensions, ETHERNET, 64, 1, DECODE_IPV6_DSTOPTS_ONLY_PADDING},
	    {make_extensions, ETHERNET, 86, 43, DECODE_IPV6_EXTHDR_DUPL_RH},
	    {make_extensions, ETHERNET, 86, 44, DECODE_IPV6_EXTHDR_USELESS_FH},
	    {make_4in6, ETHERNET, 54, 0x55, DECODE_IPV4_IN_IPV6_WRONG_VERSION},
	    {make_6in6, ETHERNET, 54, 0x55, DECODE_IPV6_IN_IPV6_WRONG_VERSION},
	    {make_vlans, ETHERNET, 25, 1, DECODE_VLAN_UNKNOWN_TYPE},
	    {make_vntag, ETHERNET, 19, 1, DECODE_VNTAG_UNKNOWN_TYPE},
	    {make_nsh, ETHERNET, 14, 0x4f, DECODE_NSH_UNSUPPORTED_VERSION},
	    {make_nsh, ETHERNET, 15, 0xc1, DECODE_NSH_BAD_HEADER_LENGTH},
	    {make_nsh, ETHERNET, 15, 0xff, DECODE_NSH_BAD_HEADER_LENGTH},
	    {make_nsh, ETHERNET, 16, 0, DECODE_NSH_RESERVED_TYPE},
	    {make_nsh, ETHERNET, 16, 3, DECODE_NSH_UNSUPPORTED_TYPE},
	    {make_nsh, ETHERNET, 17, 9, DECODE_NSH_UNKNOWN_PAYLOAD},
	    {make_mpls, ETHERNET, 19, 0, DECODE_MPLS_BAD_LABEL_RESERVED},
	    {make_pppoe, ETHERNET, 21, 0x23, DECODE_PPP_UNSUP_PROTO},
	    {make_pppoe, ETHERNET, 21, 0x91, DECODE_PPP_WRONG_TYPE},
	    {make_gre, ETHERNET, 34, 0xb1, DECODE_GRE_VERSION0_RECUR},
	    {make_gre, ETHERNET, 35, 0x08, DECODE_GRE_VERSION0_FLAGS},
	    {make_gre, ETHERNET, 35, 0x02, DECODE_GRE_WRONG_VERSION},
	    {make_gre, ETHERNET, 34, 0xf0, DECODE_GRE_VERSION0_MALFORMED_SRE_HDR},
	    {make_pptp, ETHERNET, 34, 0xb0, DECODE_GRE_VERSION1_CHKSUM},
	    {make_pptp, ETHERNET, 34, 0x70, DECODE_GRE_VERSION1_ROUTE},
	    {make_pptp, ETHERNET, 34, 0x38, DECODE_GRE_VERSION1_SSR},
	    {make_pptp, ETHERNET, 34, 0x31, DECODE_GRE_VERSION1_RECUR},
	    {make_pptp, ETHERNET, 34, 0x10, DECODE_GRE_VERSION1_NO_KEY},
	    {make_pptp, ETHERNET, 35, 0x89, DECODE_GRE_VERSION1_FLAGS},
	    {make_pptp, ETHERNET, 36, 0x08, DECODE_GRE_VERSION1_WRONG_PROTOCOL},
	    {make_erspan2, ETHERNET, 42, 0x20, DECODE_ERSPAN_UNSUPPORTED_VERSION},
	    {make_vxlan, ETHERNET, 62, 0x07, DECODE_VXLAN_UNKNOWN_PAYLOAD_TYPE},
	    {make_geneve, ETHERNET, 44, 0x64, DECODE_GENEVE_UNKNOWN_PAYLOAD_TYPE},
	    {make_null, 0, 0, 0x77, DECODE_LTNULL_UNSUPPORTED_TYPE},
	    {make_raw, 12, 0, 0x85, DECODE_IPRAW_INVALID_IP_VERSION},
	};
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cases[i].make(&f);
		decode_n(d, cases[i].linktype, frame_bytes(&f), f.len);
		if (has_event(cases[i].event))
			fail_msg("already %s", decode_event_name(cases[i].event));
		f.room[FRAME_ROOM - f.len + cases[i].at] = cases[i].value;
		decode_n(d, cases[i].linktype, frame_bytes(&f), f.len);
		if (!has_event(cases[i].event))
			fail_msg("no event %s", decode_event_name(cases[i].event));
	}
	decoder_free(d);
}

/* --- options
 * ------------------------------------------------------------------------ */

static void
decode_ip_options(struct decoder *d, const void *options, size_t n)
{
	struct frame f;
	uint8_t *ip;

	frame_payload(&f, DATA, DATA_LEN);
	frame_udp(&f, 1000, 2000);
	frame_push(&f, options, n);
	ip = frame_ipv4(&f, IPPROTO_UDP, 1, 2);
	ip[0] = (uint8_t)(0x45 + n / 4);
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_int_equal(got_n, 1);
	/* Odd options never hide what comes after them. */
	assert_int_equal(last()->sport, 1000);
}

static void
test_ipv4_options(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		int event; /* -1: none */
		uint32_t seen;
	} cases[] = {
	    {"\x94\x04\x00\x00\x01\x01\x01\x00", 8, -1,
		IPOPT_SEEN_RTRALT | IPOPT_SEEN_NOP | IPOPT_SEEN_EOL},
	    {"\x94\x04\x00\x00", 4, DECODE_IPV4_OPT_PAD_REQUIRED,
		IPOPT_SEEN_RTRALT},
	    {"\x83\x07\x04\x01\x02\x03\x04\x00", 8, -1,
		IPOPT_SEEN_LSRR | IPOPT_SEEN_EOL},
	    {"\x83\x07\x03\x01\x02\x03\x04\x00", 8, DECODE_IPV4_OPT_MALFORMED,
		IPOPT_SEEN_EOL},
	    {"\x83\x07\x0c\x01\x02\x03\x04\x00", 8, DECODE_IPV4_OPT_MALFORMED,
		IPOPT_SEEN_EOL},
	    {"\x44\x08\x05\x00\x01\x02\x03\x04", 8, -1, IPOPT_SEEN_TS},
	    {"\x44\x08\x05\x02\x01\x02\x03\x04", 8, DECODE_IPV4_OPT_MALFORMED, 0},
	    {"\x94\x03\x00\x01\x01\x01\x01\x00", 8, DECODE_IPV4_OPT_INVALID_LEN,
		IPOPT_SEEN_NOP | IPOPT_SEEN_EOL},
	    {"\x94\x01\x00\x01\x01\x01\x01\x00", 8, DECODE_IPV4_OPT_INVALID_LEN, 0},
	    {"\x94\x40\x00\x01\x01\x01\x01\x00", 8, DECODE_IPV4_OPT_INVALID_LEN, 0},
	    {"\x94\x04\x00\x00\x94\x04\x00\x00", 8, DECODE_IPV4_OPT_DUPLICATE,
		IPOPT_SEEN_RTRALT},
	    {"\x5e\x04\x00\x00\x01\x01\x01\x00", 8, DECODE_IPV4_OPT_UNKNOWN,
		IPOPT_SEEN_OTHER | IPOPT_SEEN_NOP | IPOPT_SEEN_EOL},
	    {"\x01\x01\x01\x01\x01\x01\x01\x94", 8, DECODE_IPV4_OPT_EOL_REQUIRED,
		IPOPT_SEEN_NOP},
	};
	struct decoder *d = new_decoder();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		decode_ip_options(d, cases[i].bytes, cases[i].n);
		assert_int_equal(last()->ip_options, cases[i].seen);
		assert_int_equal(events_of(last()), cases[i].event >= 0);
		if (cases[i].event >= 0)
			assert_true(has_event((unsigned)cases[i].event));
	}
	decoder_free(d);
}

static void
decode_tcp_options(struct decoder *d, const void *options, size_t n)
{
	struct frame f;

	frame_payload(&f, DATA, DATA_LEN);
	frame_push(&f, options, n);
	frame_tcp(&f, 1000, 80, 5, 6, TCP_SYN);
	f.room[FRAME_ROOM - f.len + 12] = (uint8_t)((5 + n / 4) << 4);
	frame_ipv4(&f, IPPROTO_TCP, 1, 2);
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_int_equal(got_n, 1);
	assert_int_equal(last()->payload.len, DATA_LEN);
}

static void
test_tcp_options(void **state)
{
	struct decoder *d = new_decoder();

	(void)state;
	decode_tcp_options(d,
	    "\x02\x04\x05\xb4\x04\x02\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02\x01"
	    "\x03\x03\x07",
	    20);
	assert_int_equal(events_of(last()), 0);
	assert_int_equal(last()->tcp_mss, 1460);
	assert_true(
	    last()->tcp_has_mss && last()->tcp_sack_ok && last()->tcp_has_ts);
	assert_int_equal(last()->tcp_wscale, 7);
	assert_int_equal(last()->tcp_ts_val, 1);
	assert_int_equal(last()->tcp_ts_ecr, 2);
	decode_tcp_options(d, "\x01\x01\x01\x01", 4);
	assert_int_equal(last()->tcp_wscale, 0xff);
	decode_tcp_options(d, "\x02\x03\x05\xb4", 4);
	assert_true(has_event(DECODE_TCP_OPT_INVALID_LEN));
	assert_false(last()->tcp_has_mss);
	decode_tcp_options(d, "\x01\x01\x02\x09", 4);
	assert_true(has_event(DECODE_TCP_OPT_INVALID_LEN));
	decode_tcp_options(d, "\x02\x04\x05\xb4\x02\x04\x00\x01", 8);
	assert_true(has_event(DECODE_TCP_OPT_DUPLICATE));
	assert_int_equal(last()->tcp_mss, 1460);
	decode_tcp_options(d, "\x05\x02\x01\x01", 4);
	assert_int_equal(events_of(last()), 0);
	decode_tcp_options(d, "\x22\x06\xbb\x6e\xec\x9d\x01\x01", 8);
	assert_int_equal(events_of(last()), 0);
	assert_true(last()->tcp_has_tfo);
	decoder_free(d);
}

static void
test_tcp_lengths(void **state)
{
	struct decoder *d = new_decoder();
	struct frame f;

	(void)state;
	frame_payload(&f, NULL, 0);
	frame_tcp(&f, 1000, 80, 5, 6, TCP_ACK);
	frame_ipv4(&f, IPPROTO_TCP, 1, 2);
	f.room[FRAME_ROOM - 20 + 12] = 0x60;
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_true(has_event(DECODE_TCP_HLEN_TOO_SMALL));
	f.room[FRAME_ROOM - 20 + 12] = 0x40;
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_true(has_event(DECODE_TCP_INVALID_OPTLEN));
	assert_int_equal(last()->sport, 0);
	frame_put16(f.room + FRAME_ROOM - f.len + 2, 39);
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_true(has_event(DECODE_TCP_PKT_TOO_SMALL));
	decoder_free(d);
}

/* --- ICMP
 * --------------------------------------------------------------------------- */

static void
decode_icmp(struct decoder *d, bool v6, uint8_t type, uint8_t code, size_t inside)
{
	struct frame f;
	uint8_t zeros[64] = {0};

	frame_payload(&f, zeros, inside);
	frame_icmp(&f, type, code);
	if (v6)
		frame_ipv6(&f, IPPROTO_ICMPV6, 1, 2);
	else
		frame_ipv4(&f, IPPROTO_ICMP, 1, 2);
	decode_n(d, 12, frame_bytes(&f), f.len);
	assert_int_equal(got_n, 1);
	assert_int_equal(last()->payload.len, inside);
}

static void
test_icmp(void **state)
{
	struct decoder *d = new_decoder();

	(void)state;
	decode_icmp(d, false, 8, 0, 32);
	assert_true(last()->icmp_has_id);
	assert_int_equal(last()->icmp_id, 7);
	assert_int_equal(last()->icmp_seq, 9);
	assert_int_equal(events_of(last()), 0);
	decode_icmp(d, false, 8, 1, 32);
	assert_true(has_event(DECODE_ICMPV4_UNKNOWN_CODE));
	decode_icmp(d, false, 99, 0, 32);
	assert_true(has_event(DECODE_ICMPV4_UNKNOWN_TYPE));
	decode_icmp(d, false, 3, 1, 12);
	assert_true(has_event(DECODE_ICMPV4_IPV4_TRUNC_PKT));
	decode_icmp(d, false, 3, 1, 28);
	assert_true(has_event(DECODE_ICMPV4_IPV4_UNKNOWN_VER));
	assert_false(last()->icmp_has_id);
	decode_icmp(d, false, 13, 0, 12);
	assert_int_equal(last()->l4_hdr.len, 20);
	decode_icmp(d, true, 128, 0, 8);
	assert_int_equal(events_of(last()), 0);
	assert_true(last()->icmp_has_id);
	decode_icmp(d, true, 2, 0, 40);
	assert_true(last()->icmpv6_has_mtu);
	assert_int_equal(last()->icmpv6_mtu, 0x70009);
	assert_true(has_event(DECODE_ICMPV6_IPV6_UNKNOWN_VERSION));
	decode_icmp(d, true, 1, 0, 10);
	assert_true(has_event(DECODE_ICMPV6_IPV6_TRUNC_PKT));
	decode_icmp(d, true, 131, 0, 16);
	assert_true(has_event(DECODE_ICMPV6_MLD_INVALID_HL));
	decode_icmp(d, true, 200, 0, 0);
	assert_true(has_event(DECODE_ICMPV6_EXPERIMENTATION_TYPE));
	decode_icmp(d, true, 50, 0, 0);
	assert_true(has_event(DECODE_ICMPV6_UNASSIGNED_TYPE));
	decode_icmp(d, true, 135, 9, 16);
	assert_true(has_event(DECODE_ICMPV6_UNKNOWN_CODE));
	decoder_free(d);
}

/* --- checksums
 * ---------------------------------------------------------------------- */

static void
test_checksums(void **state)
{
	/* RFC 1071's example, and a real echo request. */
	static const uint8_t example[] = {
	    0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
	static const uint8_t echo[] = {0x45, 0x00, 0x00, 0x1c, 0x00, 0x01, 0x00,
	    0x00, 0x40, 0x01, 0x66, 0xde, 0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00,
	    0x02, 0x08, 0x00, 0xf7, 0xfe, 0x00, 0x00, 0x00, 0x01};
	struct decoder *d = new_decoder();
	uint8_t bytes[sizeof(echo)];

	(void)state;
	assert_int_equal(checksum_bytes((struct span){.p = example, .len = 8}, 0),
	    0xffff & ~0xddf2);
	memcpy(bytes, echo, sizeof(bytes));
	decode_n(d, 12, bytes, sizeof(bytes));
	assert_int_equal(
	    last()->flags & (PACKET_BAD_IP_SUM | PACKET_BAD_L4_SUM), 0);
	bytes[27]++;
	decode_n(d, 12, bytes, sizeof(bytes));
	assert_int_equal(last()->flags & (PACKET_BAD_IP_SUM | PACKET_BAD_L4_SUM),
	    PACKET_BAD_L4_SUM);
	bytes[8]--;
	decode_n(d, 12, bytes, sizeof(bytes));
	assert_true((last()->flags & PACKET_BAD_IP_SUM) != 0);
	decoder_free(d);
}

/* --- names
 * -------------------------------------------------------------------------- */

static void
test_event_names_go_both_ways(void **state)
{
	(void)state;
	for (unsigned e = 0; e < DECODE_EVENTS_TOTAL; e++)
		assert_int_equal(decode_event_parse(decode_event_name(e)), (int)e);
	assert_int_equal(
	    decode_event_parse("ipv6.frag_overlap"), DECODE_IPV6_FRAG_OVERLAP);
	assert_int_equal(decode_event_parse("ipv6.no_such_thing"), -1);
	assert_null(decode_event_name(DECODE_EVENTS_TOTAL));
	assert_string_equal(packet_source_name(PACKET_SRC_WIRE), "wire/pcap");
}

static void
test_unknown_linktype(void **state)
{
	struct decoder *d = new_decoder();

	(void)state;
	assert_false(decoder_knows(147));
	decode_n(d, 147, (const uint8_t *)"xyz", 3);
	assert_int_equal(got_n, 1);
	assert_int_equal(last()->src.family, 0);
	decoder_free(d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_kind_gives_its_inner_packet),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_every_truncation_within_ip),
	    cmocka_unit_test(test_tags_and_depth_are_told),
	    cmocka_unit_test(test_tunnels_end_somewhere),
	    cmocka_unit_test(test_one_wrong_byte),
	    cmocka_unit_test(test_ipv4_options),
	    cmocka_unit_test(test_tcp_options),
	    cmocka_unit_test(test_tcp_lengths),
	    cmocka_unit_test(test_icmp),
	    cmocka_unit_test(test_checksums),
	    cmocka_unit_test(test_event_names_go_both_ways),
	    cmocka_unit_test(test_unknown_linktype),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
