/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * The protection of Initial packets, whose keys anybody can work out (RFC 9001,
 * sections 5.2 to 5.4; RFC 9369, section 3.3).  It is against mishaps, not readers.
 */
#include "agent/app/quic.h"

#include <gcrypt.h>
#include <stdio.h>

enum {
	SALT_SIZE = 20,
	SHA256_SIZE = 32,
	LABEL_MAX = 32,
	SAMPLE_SIZE = 16,
	TAG_SIZE = 16,
	NUMBER_MAX = 4, /* bytes of a packet number */
	LOW_BITS = 0x0f,
};

struct scheme {
	uint32_t first, last; /* versions */
	uint8_t salt[SALT_SIZE];
	const char *key, *iv, *mask; /* labels */
};

/* RFC 9001 and 9369, drafts 23 to 34 of RFC 9001; Q050 as Chromium has it. */
static const struct scheme SCHEMES[] = {
    {QUIC_1, QUIC_1,
	{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6,
	    0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
	"quic key", "quic iv", "quic hp"},
    {QUIC_2, QUIC_2,
	{0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe,
	    0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
	"quicv2 key", "quicv2 iv", "quicv2 hp"},
    {0xff000021, 0xff000022,
	{0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6,
	    0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
	"quic key", "quic iv", "quic hp"},
    {0xff00001d, 0xff000020,
	{0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1,
	    0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99},
	"quic key", "quic iv", "quic hp"},
    {0xff000017, 0xff00001c,
	{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43,
	    0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
	"quic key", "quic iv", "quic hp"},
    {QUIC_MVFST_27, QUIC_MVFST_27,
	{0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43,
	    0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02},
	"quic key", "quic iv", "quic hp"},
    {QUIC_Q050, QUIC_Q050,
	{0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc,
	    0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45},
	"quic key", "quic iv", "quic hp"},
};

void
quic_crypt_start(void)
{
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
		return;
	gcry_check_version(NULL);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

/* --- keys ------------------------------------------------------------------------- */

static bool
hmac(struct span key, struct span text, uint8_t out[SHA256_SIZE])
{
	uint8_t none = 0;
	gcry_buffer_t parts[2] = {
	    {.data = (void *)(key.len > 0 ? key.p : &none), .len = key.len},
	    {.data = (void *)(text.len > 0 ? text.p : &none), .len = text.len}};

	return gcry_md_hash_buffers(
		   GCRY_MD_SHA256, GCRY_MD_FLAG_HMAC, out, parts, 2) == 0;
}

/* HKDF-Expand-Label without a context, of at most one block (RFC 8446, 7.1). */
static bool
expand(const uint8_t secret[SHA256_SIZE], const char *label, uint8_t *out, size_t n)
{
	uint8_t info[4 + LABEL_MAX], block[SHA256_SIZE];
	int len = snprintf((char *)info + 3, LABEL_MAX - 1, "tls13 %s", label);

	info[0] = 0;
	info[1] = (uint8_t)n;
	info[2] = (uint8_t)len;
	info[3 + len] = 0;
	info[4 + len] = 1;
	if (!hmac((struct span){secret, SHA256_SIZE},
		(struct span){info, 5 + (size_t)len}, block))
		return false;
	memcpy(out, block, n);
	return true;
}

static bool
make_side(const struct scheme *s, const uint8_t initial[SHA256_SIZE],
    const char *label, struct quic_secret *out)
{
	uint8_t secret[SHA256_SIZE];

	return expand(initial, label, secret, sizeof(secret)) &&
	    expand(secret, s->key, out->key, sizeof(out->key)) &&
	    expand(secret, s->iv, out->iv, sizeof(out->iv)) &&
	    expand(secret, s->mask, out->mask, sizeof(out->mask));
}

bool
quic_keys_make(struct quic_keys *k, uint32_t version, struct span dcid)
{
	uint8_t initial[SHA256_SIZE];

	for (size_t i = 0; i < sizeof(SCHEMES) / sizeof(SCHEMES[0]); i++) {
		const struct scheme *s = &SCHEMES[i];

		if (version >= s->first && version <= s->last)
			return hmac((struct span){s->salt, SALT_SIZE}, dcid,
				   initial) &&
			    make_side(s, initial, "client in", &k->side[APP_TS]) &&
			    make_side(s, initial, "server in", &k->side[APP_TC]);
	}
	return false;
}

/* --- packets ------------------------------------------------------------------------ */

static gcry_cipher_hd_t
cipher_open(int mode, const uint8_t key[16])
{
	gcry_cipher_hd_t h;

	if (gcry_cipher_open(&h, GCRY_CIPHER_AES128, mode, 0) != 0)
		return NULL;
	if (gcry_cipher_setkey(h, key, 16) == 0)
		return h;
	gcry_cipher_close(h);
	return NULL;
}

static bool
mask_of(
    const struct quic_secret *s, const uint8_t *sample, uint8_t out[SAMPLE_SIZE])
{
	gcry_cipher_hd_t h = cipher_open(GCRY_CIPHER_MODE_ECB, s->mask);
	bool ok = h != NULL &&
	    gcry_cipher_encrypt(h, out, SAMPLE_SIZE, sample, SAMPLE_SIZE) == 0;

	gcry_cipher_close(h);
	return ok;
}

/* Bytes of the packet number, now readable as the first byte is; 0: no. */
static size_t
unmask(const struct quic_secret *s, uint8_t *packet, size_t head)
{
	uint8_t mask[SAMPLE_SIZE];
	size_t n;

	if (!mask_of(s, packet + head + NUMBER_MAX, mask))
		return 0;
	packet[0] ^= mask[0] & LOW_BITS;
	n = (packet[0] & 3u) + 1;
	for (size_t i = 0; i < n; i++)
		packet[head + i] ^= mask[1 + i];
	return n;
}

static bool
decrypt(const struct quic_secret *s, const uint8_t nonce[12], struct span head,
    uint8_t *body, size_t len)
{
	gcry_cipher_hd_t h = cipher_open(GCRY_CIPHER_MODE_GCM, s->key);
	bool ok = h != NULL && gcry_cipher_setiv(h, nonce, 12) == 0 &&
	    gcry_cipher_authenticate(h, head.p, head.len) == 0 &&
	    gcry_cipher_decrypt(h, body, len, NULL, 0) == 0 &&
	    gcry_cipher_checktag(h, body + len, TAG_SIZE) == 0;

	gcry_cipher_close(h);
	return ok;
}

bool
quic_unprotect(const struct quic_secret *s, struct span packet, size_t head,
    struct buf *work, struct span *frames)
{
	uint8_t nonce[sizeof(s->iv)];
	size_t number, clear;

	buf_reset(work);
	if (packet.len - head < NUMBER_MAX + SAMPLE_SIZE ||
	    buf_add(work, packet.p, packet.len) == -1 ||
	    (number = unmask(s, work->data, head)) == 0)
		return false;
	memcpy(nonce, s->iv, sizeof(nonce));
	for (size_t i = 0; i < number; i++)
		nonce[sizeof(nonce) - number + i] ^= work->data[head + i];
	clear = head + number;
	*frames = (struct span){work->data + clear, packet.len - clear - TAG_SIZE};
	return decrypt(s, nonce, (struct span){work->data, clear},
	    work->data + clear, frames->len);
}
