/* SPDX-License-Identifier: EUPL-1.2 */
/* Building frames for tests, from the inside out: each call puts a header in front.
 */
#ifndef TESTS_UNIT_FRAMES_H
#define TESTS_UNIT_FRAMES_H

#include "common/cursor.h"

#include <netinet/in.h>
#include <string.h>

#define FRAME_ROOM 2048

/* The frame is the last len bytes of room. */
struct frame {
	uint8_t room[FRAME_ROOM];
	size_t len;
};

static inline const uint8_t *
frame_bytes(const struct frame *f)
{
	return f->room + FRAME_ROOM - f->len;
}

static inline struct span
frame_span(const struct frame *f)
{
	return (struct span){.p = frame_bytes(f), .len = f->len};
}

/* Put n bytes in front and return where they are. */
static inline uint8_t *
frame_push(struct frame *f, const void *p, size_t n)
{
	f->len += n;
	memcpy(f->room + FRAME_ROOM - f->len, p, n);
	return f->room + FRAME_ROOM - f->len;
}

static inline void
frame_put16(uint8_t *p, size_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
frame_put32(uint8_t *p, uint32_t v)
{
	frame_put16(p, v >> 16);
	frame_put16(p + 2, v & 0xffff);
}

static inline void
frame_payload(struct frame *f, const void *p, size_t n)
{
	f->len = 0;
	if (n > 0)
		frame_push(f, p, n);
}

static inline void
frame_tcp(struct frame *f, uint16_t sport, uint16_t dport, uint32_t seq,
    uint32_t ack, uint8_t flags)
{
	uint8_t h[20] = {0};

	frame_put16(h, sport);
	frame_put16(h + 2, dport);
	frame_put32(h + 4, seq);
	frame_put32(h + 8, ack);
	h[12] = 0x50;
	h[13] = flags;
	frame_put16(h + 14, 8192);
	frame_push(f, h, sizeof(h));
}

static inline void
frame_udp(struct frame *f, uint16_t sport, uint16_t dport)
{
	uint8_t h[8] = {0};

	frame_put16(h, sport);
	frame_put16(h + 2, dport);
	frame_put16(h + 4, f->len + 8);
	frame_push(f, h, sizeof(h));
}

static inline void
frame_sctp(struct frame *f, uint16_t sport, uint16_t dport)
{
	uint8_t h[12] = {0};

	frame_put16(h, sport);
	frame_put16(h + 2, dport);
	frame_push(f, h, sizeof(h));
}

static inline void
frame_icmp(struct frame *f, uint8_t type, uint8_t code)
{
	uint8_t h[8] = {type, code, 0, 0, 0, 7, 0, 9};

	frame_push(f, h, sizeof(h));
}

/* 10.0.0.from to 10.0.0.to; returns the header for the test to change. */
static inline uint8_t *
frame_ipv4(struct frame *f, uint8_t proto, uint8_t from, uint8_t to)
{
	uint8_t h[20] = {0x45, 0, 0, 0, 0x12, 0x34, 0, 0, 64, proto, 0, 0, 10, 0, 0,
	    from, 10, 0, 0, to};

	frame_put16(h + 2, f->len + 20);
	return frame_push(f, h, sizeof(h));
}

/* fd00::from to fd00::to. */
static inline uint8_t *
frame_ipv6(struct frame *f, uint8_t next, uint8_t from, uint8_t to)
{
	uint8_t h[40] = {0x60, 0, 0, 0, 0, 0, next,
	    64, [8] = 0xfd, [23] = from, [24] = 0xfd, [39] = to};

	frame_put16(h + 4, f->len);
	return frame_push(f, h, sizeof(h));
}

static inline void
frame_ethernet(struct frame *f, uint16_t type)
{
	uint8_t h[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

	frame_put16(h + 12, type);
	frame_push(f, h, sizeof(h));
}

/* A VLAN tag, to be followed by frame_ethernet(f, 0x8100). */
static inline void
frame_vlan(struct frame *f, uint16_t id, uint16_t type)
{
	uint8_t h[4];

	frame_put16(h, id);
	frame_put16(h + 2, type);
	frame_push(f, h, sizeof(h));
}

#endif
