/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Signatures as one file (architecture, section 6).  Little endian:
 *
 *	head	8 "SWBUNDLE"  4 format  4 bytes of head and table  8 bytes in all
 *		8 serial  8 supersedes  8 made  8 expires (seconds since 1970)
 *		4 oldest program that may read it  4 parts
 *	table	a part: 4 kind  4 bytes of its name  8 offset  8 bytes
 *		32 BLAKE2b-256 of them, then the name and zeros up to 8 bytes
 *	parts	each at 64 bytes, zeros between
 *	end	8 "SWSIGNED"  8 key  64 Ed25519 of head and table; zeros: not signed
 *
 * The table's digests carry the signature over to the parts.  Every number is
 * checked against the file before anything is used.
 */
#ifndef AGENT_BUNDLE_BUNDLE_H
#define AGENT_BUNDLE_BUNDLE_H

#include "common/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_FORMAT	    1
#define BUNDLE_DIGEST_SIZE  32
#define BUNDLE_KEY_ID_SIZE  8
#define BUNDLE_ALIGN	    64
#define BUNDLE_HEAD_BYTES   64
#define BUNDLE_END_BYTES    80
#define BUNDLE_SIGNATURE_AT 16 /* in the end */

enum bundle_kind {
	BUNDLE_RULES = 1,	 /* text; the name is that of its file */
	BUNDLE_CLASSIFICATION,	 /* classification.config, at most one */
	BUNDLE_THRESHOLD,	 /* threshold.config, at most one */
	BUNDLE_VARIABLES,	 /* lines of NAME=VALUE, at most one */
	BUNDLE_FILE,		 /* what rules name: sets of values */
	BUNDLE_PATTERNS,	 /* a Vectorscan database as it travels */
	BUNDLE_PLACED,		 /* one as it is used, for this host only */
	BUNDLE_YARA,		 /* rules for files, as text */
	BUNDLE_YARA_INCLUDED,	 /* text that those include */
	BUNDLE_REFUSED,		 /* a line for each rule that was left out */
	BUNDLE_IPREP_CATEGORIES, /* of reputations, at most one */
	BUNDLE_IPREP,		 /* a list of reputations */
	BUNDLE_KINDS
};

struct bundle_head {
	uint64_t serial;
	uint64_t supersedes;	/* may replace serials up to this one; 0: none */
	uint64_t made, expires; /* seconds since 1970; 0: never */
	uint32_t oldest;	/* major << 16 | minor << 8 | patch */
	bool signature;		/* it has one; bundle_verify() says whether good */
	uint8_t key[BUNDLE_KEY_ID_SIZE];
};

struct bundle_part {
	enum bundle_kind kind;
	const char *name; /* "" when it has none */
	uint64_t offset, len;
	uint8_t digest[BUNDLE_DIGEST_SIZE];
};

struct bundle;

/*
 * Read and check head and table of the file behind fd, which is on loan and must
 * stay open.  NULL with error filled ("what, remedy").
 */
struct bundle *bundle_open(int fd, char *error, size_t size);
void bundle_free(struct bundle *b);

const struct bundle_head *bundle_head(const struct bundle *b);
size_t bundle_parts(const struct bundle *b, const struct bundle_part **part);
/* name NULL: the first of its kind.  NULL when there is none. */
const struct bundle_part *bundle_find(
    const struct bundle *b, enum bundle_kind kind, const char *name);
/* "rules", "patterns"... */
const char *bundle_kind_name(enum bundle_kind kind);

/*
 * A part's bytes, checked against its digest, with a zero behind them; free() it.
 * NULL with errno: EBADMSG when the digest is another.
 */
char *bundle_read(const struct bundle *b, const struct bundle_part *part);
/* Are all parts as their digests say?  -1 with error filled. */
int bundle_check(const struct bundle *b, char *error, size_t size);

/* --- signatures ---------------------------------------------------------------- */

#define BUNDLE_KEYS_MAX 16 /* current and next of a few publishers */

struct bundle_keys {
	uint8_t key[BUNDLE_KEYS_MAX][32];
	size_t n;
};

/* Add the public keys of a file, one a line in hexadecimal; "#" begins a remark. */
int bundle_keys_read(
    struct bundle_keys *k, const char *path, char *error, size_t size);
/* Is it signed by one of the keys?  -1 with error filled. */
int bundle_verify(
    const struct bundle *b, const struct bundle_keys *k, char *error, size_t size);
/* Make a pair: SECRET for its owner alone and SECRET.pub; never overwrites. */
int bundle_key_make(const char *secret, char *error, size_t size);
/* Sign the bundle behind fd (read and write) with the key in that file. */
int bundle_sign(int fd, const char *secret, char *error, size_t size);

/* --- writing ------------------------------------------------------------------- */

struct bundle_writer;

/* NULL with errno. */
struct bundle_writer *bundle_writer_new(void);
void bundle_writer_free(struct bundle_writer *w);
/* Add a copy of the bytes.  -1 with errno; EEXIST: kind and name are there. */
int bundle_writer_add(struct bundle_writer *w, enum bundle_kind kind,
    const char *name, struct span bytes);
/* All of it, not signed, to an empty file.  -1 with errno. */
int bundle_writer_write(
    struct bundle_writer *w, const struct bundle_head *h, int fd);

/* --- which may follow which ------------------------------------------------------ */

/* May a bundle replace one of serial last (0: none before)? */
bool bundle_may_follow(const struct bundle_head *h, uint64_t last);
/* Of STADSWACHT_VERSION's form; 0 when it is not. */
uint32_t bundle_version(const char *text);

#endif
