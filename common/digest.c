/* SPDX-License-Identifier: EUPL-1.2 */
/* MD5, SHA-1 and SHA-256: one way of filling blocks, three of mixing them. */
#include "common/digest.h"

#include "common/cursor.h"

static uint32_t
left(uint32_t v, unsigned n)
{
	return (v << n) | (v >> (32 - n));
}

static uint32_t
right(uint32_t v, unsigned n)
{
	return (v >> n) | (v << (32 - n));
}

/* --- MD5 (RFC 1321, section 3.4) --------------------------------------------- */

/* The table T: floor(2^32 * |sin(i + 1)|). */
static const uint32_t MD5_T[64] = {0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee,
    0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af,
    0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453,
    0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
    0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681,
    0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5,
    0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039,
    0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0,
    0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

static void
md5_mix(uint32_t h[8], struct cursor in)
{
	static const uint8_t turns[4][4] = {
	    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], x[16];

	for (unsigned i = 0; i < 16; i++)
		x[i] = cur_le32(&in);
	for (unsigned i = 0; i < 64; i++) {
		uint32_t f, next;
		unsigned k;

		if (i < 16) {
			f = (b & c) | (~b & d);
			k = i;
		} else if (i < 32) {
			f = (b & d) | (c & ~d);
			k = (5 * i + 1) % 16;
		} else if (i < 48) {
			f = b ^ c ^ d;
			k = (3 * i + 5) % 16;
		} else {
			f = c ^ (b | ~d);
			k = (7 * i) % 16;
		}
		next = b + left(a + f + x[k] + MD5_T[i], turns[i / 16][i % 4]);
		a = d;
		d = c;
		c = b;
		b = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

/* --- SHA-1 (FIPS 180-4, section 6.1) ------------------------------------------ */

static void
sha1_mix(uint32_t h[8], struct cursor in)
{
	uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], w[80];

	for (unsigned i = 0; i < 16; i++)
		w[i] = cur_be32(&in);
	for (unsigned i = 16; i < 80; i++)
		w[i] = left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (unsigned i = 0; i < 80; i++) {
		uint32_t f, next;

		if (i < 20)
			f = ((b & c) | (~b & d)) + 0x5a827999;
		else if (i < 40)
			f = (b ^ c ^ d) + 0x6ed9eba1;
		else if (i < 60)
			f = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
		else
			f = (b ^ c ^ d) + 0xca62c1d6;
		next = left(a, 5) + f + e + w[i];
		e = d;
		d = c;
		c = left(b, 30);
		b = a;
		a = next;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

/* --- SHA-256 (FIPS 180-4, section 6.2) ---------------------------------------- */

static const uint32_t SHA256_K[64] = {0x428a2f98, 0x71374491, 0xb5c0fbcf,
    0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
    0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e,
    0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
    0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee,
    0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2};

static void
sha256_mix(uint32_t h[8], struct cursor in)
{
	uint32_t v[8], w[64];

	memcpy(v, h, sizeof(v));
	for (unsigned i = 0; i < 16; i++)
		w[i] = cur_be32(&in);
	for (unsigned i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];

		w[i] = w[i - 16] + (right(x, 7) ^ right(x, 18) ^ (x >> 3)) +
		    w[i - 7] + (right(y, 17) ^ right(y, 19) ^ (y >> 10));
	}
	for (unsigned i = 0; i < 64; i++) {
		uint32_t e = v[4], a = v[0];
		uint32_t one = v[7] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
		    ((e & v[5]) ^ (~e & v[6])) + SHA256_K[i] + w[i];
		uint32_t two = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) +
		    ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(v[0]));
		v[4] += one;
		v[0] = one + two;
	}
	for (unsigned i = 0; i < 8; i++)
		h[i] += v[i];
}

/* --- what they share ------------------------------------------------------------ */

static const struct {
	size_t size;
	bool little; /* length and result */
	void (*mix)(uint32_t h[8], struct cursor in);
	uint32_t h[8];
} KINDS[] = {
    [DIGEST_MD5] = {DIGEST_MD5_SIZE, true, md5_mix,
	{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}},
    [DIGEST_SHA1] = {DIGEST_SHA1_SIZE, false, sha1_mix,
	{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}},
    [DIGEST_SHA256] = {DIGEST_SHA256_SIZE, false, sha256_mix,
	{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
	    0x1f83d9ab, 0x5be0cd19}},
};

void
digest_init(struct digest *d, enum digest_kind kind)
{
	d->kind = kind;
	d->bytes = 0;
	memcpy(d->h, KINDS[kind].h, sizeof(d->h));
}

void
digest_add(struct digest *d, const void *p, size_t n)
{
	struct cursor in = cur_of(p, n);
	size_t used = d->bytes % DIGEST_BLOCK;

	d->bytes += n;
	while (in.left > 0) {
		size_t take = DIGEST_BLOCK - used;

		if (used == 0 && in.left >= DIGEST_BLOCK) {
			KINDS[d->kind].mix(d->h, cur_sub(&in, DIGEST_BLOCK));
			continue;
		}
		take = take < in.left ? take : in.left;
		cur_copy(&in, d->block + used, take);
		used += take;
		if (used < DIGEST_BLOCK)
			return;
		KINDS[d->kind].mix(d->h, cur_of(d->block, DIGEST_BLOCK));
		used = 0;
	}
}

size_t
digest_end(struct digest *d, uint8_t out[DIGEST_SIZE_MAX])
{
	static const uint8_t pad[DIGEST_BLOCK] = {0x80};
	uint64_t bits = d->bytes * 8;
	bool little = KINDS[d->kind].little;
	uint8_t length[8];

	digest_add(d, pad,
	    1 + (2 * DIGEST_BLOCK - 9 - d->bytes % DIGEST_BLOCK) % DIGEST_BLOCK);
	for (unsigned i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (little ? 8 * i : 56 - 8 * i));
	digest_add(d, length, sizeof(length));
	for (unsigned i = 0; i < KINDS[d->kind].size; i++)
		out[i] = (uint8_t)(d->h[i / 4] >>
		    (little ? 8 * (i % 4) : 24 - 8 * (i % 4)));
	return KINDS[d->kind].size;
}

size_t
digest_of(
    enum digest_kind kind, const void *p, size_t n, uint8_t out[DIGEST_SIZE_MAX])
{
	struct digest d;

	digest_init(&d, kind);
	digest_add(&d, p, n);
	return digest_end(&d, out);
}

char *
digest_text_of(
    enum digest_kind kind, const void *p, size_t n, char out[DIGEST_TEXT_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	uint8_t sum[DIGEST_SIZE_MAX];
	size_t len = digest_of(kind, p, n, sum);

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = hex[sum[i] >> 4];
		out[2 * i + 1] = hex[sum[i] & 0xf];
	}
	out[2 * len] = '\0';
	return out;
}
