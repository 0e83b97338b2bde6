/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/crc32c.h"

#include <stdbool.h>
#include <string.h>

#define CRC32C_POLY 0x82f63b78u /* reflected */

static uint32_t table[256];

static void
make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;

		for (int k = 0; k < 8; k++)
			c = (c >> 1) ^ ((c & 1) ? CRC32C_POLY : 0);
		table[i] = c;
	}
}

static uint32_t
by_table(uint32_t c, const uint8_t *p, size_t len)
{
	if (table[1] == 0)
		make_table();
	for (; len > 0; len--)
		c = table[(c ^ *p++) & 0xff] ^ (c >> 8);
	return c;
}

#ifdef __x86_64__
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t c, const uint8_t *p, size_t len)
{
	uint64_t c64 = c, v;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		c64 = _mm_crc32_u64(c64, v);
	}
	c = (uint32_t)c64;
	for (; len > 0; len--)
		c = _mm_crc32_u8(c, *p++);
	return c;
}

static bool
have_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#else
#define by_instruction by_table

static bool
have_instruction(void)
{
	return false;
}
#endif

uint32_t
crc32c(uint32_t crc, const void *p, size_t len)
{
	if (have_instruction())
		return ~by_instruction(~crc, p, len);
	return ~by_table(~crc, p, len);
}
