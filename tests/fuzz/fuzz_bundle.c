/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A bundle of any bytes: opened, checked, and its rules loaded.  Digests are put
 * right first, so that the fuzzer gets behind them; the low bit of the last byte of
 * the head says not to.
 */
#include "agent/bundle_rules.h"
#include "common/log.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PARTS_AT    60
#define PART_NAME   4  /* bytes of its name, in a part */
#define PART_OFFSET 8  /* and its offset */
#define PART_LEN    16 /* its length */
#define PART_DIGEST 24
#define PART_END    56 /* its name */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t
get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void
mend(uint8_t *p, size_t size)
{
	size_t at = BUNDLE_HEAD_BYTES;

	if (size < BUNDLE_HEAD_BYTES || (p[PARTS_AT - 1] & 1) != 0)
		return;
	for (uint64_t n = get(p + PARTS_AT, 4); n > 0; n--) {
		uint64_t name, offset, len;

		if (size - at < PART_END)
			return;
		name = get(p + at + PART_NAME, 4);
		offset = get(p + at + PART_OFFSET, 8);
		len = get(p + at + PART_LEN, 8);
		if (offset <= size && len <= size - offset)
			crypto_generichash(p + at + PART_DIGEST, BUNDLE_DIGEST_SIZE,
			    p + offset, len, NULL, 0);
		at += PART_END;
		if (name > size - at)
			return;
		at += (size_t)((name + 8) / 8 * 8);
		if (at > size)
			return;
	}
}

static int
file_of(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);
	int fd = memfd_create("bundle", MFD_CLOEXEC);

	assert(copy != NULL && fd != -1);
	memcpy(copy, data, size);
	mend(copy, size);
	assert(write(fd, copy, size) == (ssize_t)size);
	free(copy);
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bundle_keys keys = {.n = 1};
	struct bundle_rules_config c = {.fd = -1};
	struct bundle_rules *r;
	struct bundle *b;
	char error[512];

	assert(sodium_init() != -1);
	log_set_level(LOG_LEVEL_ERROR);
	c.fd = file_of(data, size);
	if ((b = bundle_open(c.fd, error, sizeof(error))) != NULL) {
		assert(bundle_verify(b, &keys, error, sizeof(error)) == -1);
		bundle_check(b, error, sizeof(error));
		bundle_free(b);
		if ((r = bundle_rules_new(&c, error, sizeof(error))) != NULL)
			(void)!bundle_rules_load(r, error, sizeof(error));
		bundle_rules_free(r);
	}
	close(c.fd);
	return 0;
}
