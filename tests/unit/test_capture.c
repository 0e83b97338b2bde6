/* SPDX-License-Identifier: EUPL-1.2 */
/* Captures: whole ones, cut ones, and what is no capture. */
#include "agent/capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD   24
#define RECORD 16
#define FRAME  20

static char path[64];

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* A little-endian pcap of two frames of 20 bytes; returns its length. */
static size_t
make_pcap(uint8_t *out, uint32_t magic, uint32_t linktype, uint32_t fraction)
{
	size_t n = HEAD;

	memset(out, 0, HEAD);
	put32(out, magic);
	out[4] = 2;
	out[6] = 4;
	put32(out + 16, 65535);
	put32(out + 20, linktype);
	for (uint8_t i = 0; i < 2; i++) {
		put32(out + n, 1000u + i);
		put32(out + n + 4, fraction);
		put32(out + n + 8, FRAME);
		put32(out + n + 12, 60);
		memset(out + n + RECORD, i, FRAME);
		n += RECORD + FRAME;
	}
	return n;
}

static void
write_file(const uint8_t *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static bool
knows_ethernet(int linktype)
{
	return linktype == 1;
}

static struct capture *
open_bytes(const uint8_t *p, size_t n, char *error)
{
	write_file(p, n);
	return capture_open_file(path, knows_ethernet, error);
}

static void
test_reads_frames_to_the_end(void **state)
{
	uint8_t b[256];
	char error[CAPTURE_ERROR_SIZE];
	struct capture *c = open_bytes(b, make_pcap(b, 0xa1b2c3d4, 1, 7), error);
	struct capture_frame f;
	struct capture_stats s;

	(void)state;
	assert_non_null(c);
	assert_int_equal(capture_linktype(c), 1);
	assert_int_equal(capture_fd(c), -1);
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(f.data.len, FRAME);
	assert_int_equal(f.data.p[0], 1);
	assert_int_equal(f.wire_len, 60);
	assert_int_equal(f.number, 2);
	assert_true(f.time_us == 1001 * 1000000ll + 7);
	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	assert_int_equal(capture_next(c, &f), CAPTURE_END);
	assert_string_equal(capture_error(c), "");
	capture_stats(c, &s);
	assert_int_equal(s.received, 2);
	assert_int_equal(s.dropped_kernel, 0);
	capture_close(c);
}

static void
test_nanoseconds_become_microseconds(void **state)
{
	uint8_t b[256];
	char error[CAPTURE_ERROR_SIZE];
	struct capture *c =
	    open_bytes(b, make_pcap(b, 0xa1b23c4d, 1, 123456789), error);
	struct capture_frame f;

	(void)state;
	assert_non_null(c);
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_true(f.time_us == 1000 * 1000000ll + 123456);
	capture_close(c);
}

/* Whole frames come out, and the cut is told unless it is between two frames. */
static void
test_every_truncation(void **state)
{
	uint8_t b[256];
	char error[CAPTURE_ERROR_SIZE];
	size_t whole = make_pcap(b, 0xa1b2c3d4, 1, 0);
	struct capture_frame f;

	(void)state;
	for (size_t n = 0; n < whole; n++) {
		struct capture *c = open_bytes(b, n, error);
		size_t frames = n < HEAD ? 0 : (n - HEAD) / (RECORD + FRAME);
		bool between = n >= HEAD && (n - HEAD) % (RECORD + FRAME) == 0;
		enum capture_verdict v;

		if (n < HEAD) {
			assert_null(c);
			assert_non_null(strstr(error, path));
			continue;
		}
		assert_non_null(c);
		for (size_t i = 0; i < frames; i++)
			assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
		v = capture_next(c, &f);
		assert_int_equal(v, between ? CAPTURE_END : CAPTURE_CUT_SHORT);
		assert_int_equal(capture_next(c, &f), v);
		if (!between)
			assert_non_null(strstr(capture_error(c), "cut short"));
		capture_close(c);
	}
}

/* A damaged length ends the file as a cut does. */
static void
test_damaged_frame(void **state)
{
	uint8_t b[256];
	char error[CAPTURE_ERROR_SIZE];
	size_t n = make_pcap(b, 0xa1b2c3d4, 1, 0);
	struct capture_frame f;
	struct capture *c;

	(void)state;
	put32(b + HEAD + RECORD + FRAME + 8, 0x420000);
	c = open_bytes(b, n, error);
	assert_non_null(c);
	assert_int_equal(capture_next(c, &f), CAPTURE_FRAME);
	assert_int_equal(capture_next(c, &f), CAPTURE_CUT_SHORT);
	assert_non_null(strstr(capture_error(c), "inside frame 2"));
	capture_close(c);
}

static void
test_errors_name_file_and_remedy(void **state)
{
	uint8_t b[256];
	char error[CAPTURE_ERROR_SIZE];

	(void)state;
	assert_null(capture_open_file("/nonexistent/x.pcap", NULL, error));
	assert_non_null(strstr(error, "/nonexistent/x.pcap: No such file"));
	assert_non_null(strstr(error, "check the name"));
	assert_null(
	    open_bytes((const uint8_t *)"not a capture, really not", 25, error));
	assert_non_null(strstr(error, "give a pcap or pcapng file"));
	assert_null(capture_open_file("/", NULL, error));
	assert_non_null(strstr(error, "/: "));
	assert_null(open_bytes(b, make_pcap(b, 0xa1b2c3d4, 147, 0), error));
	assert_non_null(strstr(error, "link type 147"));
}

/* A pcapng whose second interface has another link type than the first. */
static void
test_two_link_types(void **state)
{
	uint8_t b[28 + 20 + 20] = {0};
	char error[CAPTURE_ERROR_SIZE];
	struct capture_frame f;
	struct capture *c;

	(void)state;
	put32(b, 0x0a0d0d0a); /* section header */
	put32(b + 4, 28);
	put32(b + 8, 0x1a2b3c4d);
	b[12] = 1;
	memset(b + 16, 0xff, 8);
	put32(b + 24, 28);
	for (size_t i = 0; i < 2; i++) { /* interface descriptions */
		uint8_t *d = b + 28 + 20 * i;

		put32(d, 1);
		put32(d + 4, 20);
		d[8] = i == 0 ? 1 : 113;
		put32(d + 12, 65535);
		put32(d + 16, 20);
	}
	c = open_bytes(b, sizeof(b), error);
	if (c != NULL) { /* as libpcap reads ahead or not */
		assert_int_equal(capture_next(c, &f), CAPTURE_FAILED);
		snprintf(error, sizeof(error), "%s", capture_error(c));
	}
	assert_non_null(
	    strstr(error, "of the first interface; keep one interface"));
	capture_close(c);
}

static void
test_unknown_interface(void **state)
{
	char error[CAPTURE_ERROR_SIZE];
	struct capture_live l = {.interface = "no-such-if0"};

	(void)state;
	assert_null(capture_open_live(&l, NULL, error));
	assert_non_null(strstr(error, "no-such-if0: "));
}

static int
make_path(void **state)
{
	int fd;

	(void)state;
	snprintf(path, sizeof(path), "/tmp/test_capture.XXXXXX");
	if ((fd = mkstemp(path)) == -1)
		return -1;
	return close(fd);
}

static int
remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reads_frames_to_the_end),
	    cmocka_unit_test(test_nanoseconds_become_microseconds),
	    cmocka_unit_test(test_every_truncation),
	    cmocka_unit_test(test_damaged_frame),
	    cmocka_unit_test(test_errors_name_file_and_remedy),
	    cmocka_unit_test(test_two_link_types),
	    cmocka_unit_test(test_unknown_interface),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
