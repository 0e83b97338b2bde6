/* SPDX-License-Identifier: EUPL-1.2 */
/* CRC-32C (Castagnoli; RFC 3720, appendix B.4), with the CPU's instruction where it
 * has one. */
#ifndef COMMON_CRC32C_H
#define COMMON_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Start with crc 0; feed the result back to go on. */
uint32_t crc32c(uint32_t crc, const void *p, size_t len);

#endif
