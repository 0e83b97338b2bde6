/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The spool opened on a segment file of any bytes: it opens, what it gives back is in
 * order, and it takes a record afterwards.  Checksums are put right first, so that the
 * fuzzer gets behind them; the low bit of the last byte says not to.
 */
#include "agent/spool/segment.h"
#include "agent/spool/spool.h"
#include "common/crc32c.h"
#include "common/log.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT (64u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/dev/shm/fuzz_spool.XXXXXX";

static void
put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void
mend(uint8_t *p, size_t size)
{
	uint32_t seed;

	if (size < SEGMENT_HEADER_BYTES || (p[size - 1] & 1) != 0)
		return;
	seed = crc32c(0, p, SEGMENT_HEADER_BYTES - 4);
	put32(p + SEGMENT_HEADER_BYTES - 4, seed);
	for (size_t at = SEGMENT_HEADER_BYTES; size - at >= SEGMENT_RECORD_BYTES;) {
		struct segment_record r;
		size_t len;

		segment_get_record(seed, p + at, size - at, &r);
		len = r.json_len + SEGMENT_RECORD_BYTES;
		if (len > size - at)
			break;
		put32(p + at + 4, crc32c(seed, p + at + 8, len - 8));
		at += len;
	}
}

static void
put_file(const char *name, const uint8_t *p, size_t size)
{
	char path[80];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert(fd != -1 && write(fd, p, size) == (ssize_t)size);
	close(fd);
}

static void
remove_all(void)
{
	static const char *const NAMES[] = {
	    "1-0000000001.seg", "1-0000000002.seg", "state", "lock"};
	char path[80];

	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, NAMES[i]);
		unlink(path);
	}
}

static size_t
read_all(struct spool *s)
{
	struct spool_cursor at;
	struct spool_item i;
	uint8_t epoch[SPOOL_EPOCH_BYTES] = {0};
	uint64_t last = 0;
	size_t n = 0;

	spool_rewind(s, RECORD_ALERT, &at);
	while (spool_read(s, &at, &i) == 1) {
		if (memcmp(epoch, i.epoch, sizeof(epoch)) != 0)
			last = i.first - 1;
		memcpy(epoch, i.epoch, sizeof(epoch));
		assert(i.first == last + 1 && i.last >= i.first);
		last = i.last;
		n += !i.gap;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spool_options o = {.path = folder,
	    .agent = "sw-a",
	    .boot = "boot",
	    .quota = 16 * SEGMENT,
	    .segment_bytes = SEGMENT};
	struct record r = {.cls = RECORD_ALERT,
	    .writer = 1,
	    .number = 1,
	    .json = "{}",
	    .json_len = 2};
	char error[256];
	struct spool *s;
	uint8_t *copy;
	size_t n;

	if (folder[sizeof(folder) - 2] == 'X') {
		assert(mkdtemp(folder) != NULL);
		log_set_level(LOG_LEVEL_ERROR);
	}
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	mend(copy, size);
	put_file("1-0000000001.seg", copy, size);
	free(copy);
	s = spool_open(&o, error, sizeof(error));
	assert(s != NULL);
	n = read_all(s);
	assert(spool_append(s, &r) == 0);
	assert(read_all(s) == n + 1);
	spool_close(s);
	remove_all();
	return 0;
}
