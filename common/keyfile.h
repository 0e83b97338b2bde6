/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Files of CURVE keys, as text in Z85 (ZeroMQ RFC 32).  A secret one is 0600:
 *
 *	stadswacht-key 1
 *	public KEY
 *	secret KEY
 *
 * A public one holds the key on its first line and nothing else.
 */
#ifndef COMMON_KEYFILE_H
#define COMMON_KEYFILE_H

#include <stdbool.h>
#include <stddef.h>

#define KEYFILE_Z85 41 /* 40 characters and the end */

struct keyfile {
	char public[KEYFILE_Z85], secret[KEYFILE_Z85];
};

/* All return -1 with error filled ("FILE: what, remedy"). */

/* Never overwrites: a key that agents trust must not vanish by a mistake. */
int keyfile_write(
    const char *path, const struct keyfile *k, char *error, size_t size);
int keyfile_read(const char *path, struct keyfile *k, char *error, size_t size);
int keyfile_write_public(
    const char *path, const char *key, char *error, size_t size);
/* Takes a secret file too: then its public half. */
int keyfile_read_public(
    const char *path, char key[KEYFILE_Z85], char *error, size_t size);
/* 40 characters of Z85's alphabet? */
bool keyfile_is_key(const char *text);

#endif
