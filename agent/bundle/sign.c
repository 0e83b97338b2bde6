/* SPDX-License-Identifier: EUPL-1.2 */
/* Ed25519 over head and table, and the files of its keys. */
#include "agent/bundle/private.h"

#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE    "stadswacht-signing-key 1"
#define KEY_FILE_MAX  65536
#define KEY_TEXT_SIZE (2 * crypto_sign_PUBLICKEYBYTES + 1)

static int
complain(char *error, size_t size, const char *path, const char *what)
{
	snprintf(error, size, "%s: %s", path, what);
	return -1;
}

static void
key_id(const uint8_t *public, uint8_t id[BUNDLE_KEY_ID_SIZE])
{
	uint8_t digest[BUNDLE_DIGEST_SIZE];

	crypto_generichash(
	    digest, sizeof(digest), public, crypto_sign_PUBLICKEYBYTES, NULL, 0);
	memcpy(id, digest, BUNDLE_KEY_ID_SIZE);
}

/* --- files of keys -------------------------------------------------------------- */

static int
write_file(
    const char *path, mode_t mode, const char *text, char *error, size_t size)
{
	int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	size_t len = strlen(text);
	bool ok;

	if (fd == -1)
		return complain(error, size, path,
		    errno == EEXIST ? "is there already; remove it yourself first"
				    : strerror(errno));
	ok = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
	if (close(fd) == -1 || !ok) {
		unlink(path);
		return complain(
		    error, size, path, "could not be written; is there room?");
	}
	return 0;
}

int
bundle_key_make(const char *secret, char *error, size_t size)
{
	uint8_t pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES],
	    seed[crypto_sign_SEEDBYTES];
	char public[PATH_MAX], hex[KEY_TEXT_SIZE], text[256];
	int rc = -1;

	if (sodium_init() == -1)
		return complain(error, size, secret, "libsodium does not start");
	if (snprintf(public, sizeof(public), "%s.pub", secret) >=
	    (int)sizeof(public))
		return complain(error, size, secret, "the name is too long");
	crypto_sign_keypair(pk, sk);
	crypto_sign_ed25519_sk_to_seed(seed, sk);
	str_hex(seed, sizeof(seed), hex);
	snprintf(text, sizeof(text), "%s\nsecret %s\n", FIRST_LINE, hex);
	if (write_file(secret, 0600, text, error, size) == -1)
		goto done;
	str_hex(pk, sizeof(pk), hex);
	snprintf(text, sizeof(text), "%s\n", hex);
	rc = write_file(public, 0644, text, error, size);
done:
	sodium_memzero(sk, sizeof(sk));
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(text, sizeof(text));
	sodium_memzero(hex, sizeof(hex));
	return rc;
}

static int
key_of_line(struct bundle_keys *k, char *line)
{
	line[strcspn(line, "#")] = '\0';
	line = str_trim(line);
	if (*line == '\0')
		return 0;
	if (k->n == BUNDLE_KEYS_MAX ||
	    str_unhex(line, strlen(line), k->key[k->n], sizeof(k->key[0])) !=
		(int)sizeof(k->key[0]))
		return -1;
	k->n++;
	return 0;
}

int
bundle_keys_read(struct bundle_keys *k, const char *path, char *error, size_t size)
{
	char *text = str_read_file(path, KEY_FILE_MAX, NULL), *rest = text, *line;
	unsigned number = 0;
	size_t before = k->n;
	char what[120] = "";

	if (text == NULL)
		return complain(error, size, path, strerror(errno));
	while ((line = strsep(&rest, "\n")) != NULL && what[0] == '\0') {
		number++;
		if (key_of_line(k, line) == -1)
			snprintf(what, sizeof(what),
			    "line %u is no public key of 64 hexadecimal digits, or "
			    "there are more than %d",
			    number, BUNDLE_KEYS_MAX);
	}
	free(text);
	if (what[0] == '\0' && k->n == before)
		snprintf(what, sizeof(what),
		    "holds no key; put SECRET.pub of stadswacht-signatures keygen "
		    "there");
	return what[0] == '\0' ? 0 : complain(error, size, path, what);
}

static int
secret_read(const char *path, uint8_t sk[crypto_sign_SECRETKEYBYTES], char *error,
    size_t size)
{
	static const char HEAD[] = FIRST_LINE "\nsecret ";
	uint8_t seed[crypto_sign_SEEDBYTES], pk[crypto_sign_PUBLICKEYBYTES];
	struct stat st;
	char *text;
	int n = -1;

	if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
		return complain(
		    error, size, path, "others may read it; chmod 600 it");
	if ((text = str_read_file(path, KEY_FILE_MAX, NULL)) == NULL)
		return complain(error, size, path, strerror(errno));
	if (str_starts(text, HEAD)) {
		const char *hex = text + sizeof(HEAD) - 1;

		n = str_unhex(hex, strcspn(hex, "\n"), seed, sizeof(seed));
	}
	sodium_memzero(text, strlen(text));
	free(text);
	if (n != (int)sizeof(seed))
		return complain(error, size, path,
		    "holds no signing key; make one with stadswacht-signatures "
		    "keygen");
	crypto_sign_seed_keypair(pk, sk, seed);
	sodium_memzero(seed, sizeof(seed));
	return 0;
}

/* --- signatures ------------------------------------------------------------------ */

int
bundle_sign(int fd, const char *secret, char *error, size_t size)
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES], pk[crypto_sign_PUBLICKEYBYTES];
	uint8_t end[BUNDLE_END_BYTES] = BUNDLE_END_MAGIC;
	struct bundle *b = bundle_open(fd, error, size);
	int rc = -1;

	if (b == NULL)
		return -1;
	/* What is signed must be what was compiled. */
	if (bundle_check(b, error, size) == -1 ||
	    secret_read(secret, sk, error, size) == -1)
		goto done;
	crypto_sign_ed25519_sk_to_pk(pk, sk);
	key_id(pk, end + 8);
	crypto_sign_detached(
	    end + BUNDLE_SIGNATURE_AT, NULL, b->table, b->table_len, sk);
	sodium_memzero(sk, sizeof(sk));
	rc = pwrite(fd, end, sizeof(end), (off_t)(b->len - sizeof(end))) ==
		(ssize_t)sizeof(end)
	    ? 0
	    : -1;
	if (rc == -1)
		snprintf(error, size, "%s", strerror(errno));
done:
	bundle_free(b);
	return rc;
}

int
bundle_verify(
    const struct bundle *b, const struct bundle_keys *k, char *error, size_t size)
{
	char hex[2 * BUNDLE_KEY_ID_SIZE + 1];
	uint8_t id[BUNDLE_KEY_ID_SIZE];

	if (!b->head.signature) {
		snprintf(error, size,
		    "it is not signed; sign it with stadswacht-signatures sign");
		return -1;
	}
	str_hex(b->head.key, sizeof(b->head.key), hex);
	for (size_t i = 0; i < k->n; i++) {
		key_id(k->key[i], id);
		if (memcmp(id, b->head.key, sizeof(id)) != 0)
			continue;
		if (crypto_sign_verify_detached(
			b->signature, b->table, b->table_len, k->key[i]) == 0)
			return 0;
		snprintf(error, size,
		    "its signature is not that of key %s: it was changed after it "
		    "was signed; fetch it again",
		    hex);
		return -1;
	}
	snprintf(error, size,
	    "it is signed with key %s, which is none of the %zu given; add its "
	    "public half if you trust it",
	    hex, k->n);
	return -1;
}
