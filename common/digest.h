/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The digests that rules, fingerprints and community IDs are written in: MD5
 * (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4).  They name things here and guard
 * nothing; what must hold against an attacker goes through libsodium.
 */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include <stddef.h>
#include <stdint.h>

enum digest_kind {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA256,
	DIGEST_KINDS,
};

#define DIGEST_MD5_SIZE	   16
#define DIGEST_SHA1_SIZE   20
#define DIGEST_SHA256_SIZE 32
#define DIGEST_SIZE_MAX	   32
#define DIGEST_BLOCK	   64

struct digest {
	enum digest_kind kind;
	uint32_t h[8];
	uint64_t bytes;
	uint8_t block[DIGEST_BLOCK]; /* bytes % DIGEST_BLOCK of it are used */
};

void digest_init(struct digest *d, enum digest_kind kind);
void digest_add(struct digest *d, const void *p, size_t n);
/* Bytes written: the size of the kind.  d is to be initialised again. */
size_t digest_end(struct digest *d, uint8_t out[DIGEST_SIZE_MAX]);

/* Of one run of bytes. */
size_t digest_of(
    enum digest_kind kind, const void *p, size_t n, uint8_t out[DIGEST_SIZE_MAX]);
/* The same as lower-case hexadecimal with a terminator. */
#define DIGEST_TEXT_SIZE (2 * DIGEST_SIZE_MAX + 1)
char *digest_text_of(
    enum digest_kind kind, const void *p, size_t n, char out[DIGEST_TEXT_SIZE]);

#endif
