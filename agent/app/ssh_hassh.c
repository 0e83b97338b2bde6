/* SPDX-License-Identifier: EUPL-1.2 */
/* Fingerprints of SSH key exchanges: KEXINIT of RFC 4253, section 7.1. */
#include "agent/app/ssh.h"

#include "agent/limits.h"
#include "common/digest.h"

#include <string.h>

/* In the order of the message; each is a list of names with its length. */
enum {
	KEX,
	HOST_KEY,
	ENCRYPTION_TS,
	ENCRYPTION_TC,
	MAC_TS,
	MAC_TC,
	COMPRESSION_TS,
	COMPRESSION_TC,
	LANGUAGES_TS,
	LANGUAGES_TC,
	LISTS,
};

#define COOKIE_SIZE 16

static const uint8_t OF_CLIENT[] = {KEX, ENCRYPTION_TS, MAC_TS, COMPRESSION_TS};
static const uint8_t OF_SERVER[] = {KEX, ENCRYPTION_TC, MAC_TC, COMPRESSION_TC};

bool
ssh_hassh(
    struct span kexinit, bool client, struct buf *text, char hex[SSH_HASSH_SIZE])
{
	const uint8_t *wanted = client ? OF_CLIENT : OF_SERVER;
	struct cursor c = cur_of_span(kexinit);
	char digest[DIGEST_TEXT_SIZE];
	struct span list[LISTS];

	cur_take(&c, COOKIE_SIZE);
	for (size_t i = 0; i < LISTS; i++) {
		list[i].len = cur_be32(&c);
		list[i].p = cur_take(&c, list[i].len);
	}
	if (!cur_ok(&c))
		return false;
	buf_init(text, SSH_RECORD_MAX);
	for (size_t i = 0; i < sizeof(OF_CLIENT); i++) {
		if (i > 0)
			buf_addc(text, ';');
		buf_add(text, list[wanted[i]].p, list[wanted[i]].len);
	}
	if (text->overflow) {
		buf_release(text);
		return false;
	}
	digest_text_of(DIGEST_MD5, text->data, text->len, digest);
	memcpy(hex, digest, SSH_HASSH_SIZE);
	return true;
}
