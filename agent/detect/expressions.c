/* SPDX-License-Identifier: EUPL-1.2 */
/* Literals as Vectorscan's expressions, with decoys. */
#include "agent/detect/expressions.h"

#include <stdio.h>
#include <stdlib.h>

/* A byte is written "\xHH". */
#define BYTE_TEXT 4

/*
 * Decoys.  Vectorscan misses matches near the end of a buffer on processors with
 * AVX-512 when a set is so small or so alike that it skips ahead by looking for a
 * few bytes (vectorscan issue 317, pull request 378).  Measured on Debian 12's
 * 5.4.9: one match in sixty of sets of up to five patterns, none with decoys;
 * Debian 13's 5.4.11 is older than the corrections.  Literals that begin with bytes
 * from all over keep it from skipping.  Offsets and SINGLEMATCH, which take patterns
 * to its automata, are worse: mpm.c does both instead.
 */
#define DECOYS	  16
#define DECOY_LEN 8

static void
decoy(unsigned n, uint8_t bytes[DECOY_LEN])
{
	unsigned b = n * (256 / DECOYS);

	for (unsigned i = 0; i < DECOY_LEN; i++, b = b * 181 + 37)
		bytes[i] = (uint8_t)b;
}

static char *
write_literal(char *out, const uint8_t *bytes, size_t len)
{
	static const char HEX[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		*out++ = '\\';
		*out++ = 'x';
		*out++ = HEX[bytes[i] >> 4];
		*out++ = HEX[bytes[i] & 15];
	}
	*out++ = '\0';
	return out;
}

/* What patterns_build() takes. */
struct texts {
	const char **text;
	unsigned *flags, *ids;
	char *bytes;
};

static void
release(struct texts *t)
{
	free(t->text);
	free(t->flags);
	free(t->ids);
	free(t->bytes);
}

static int
write_all(struct texts *t, const struct expression *e, size_t n)
{
	size_t all = n + DECOYS, room = DECOYS * (DECOY_LEN * BYTE_TEXT + 1);
	char *out;

	for (size_t i = 0; i < n; i++)
		room += e[i].p->len * BYTE_TEXT + 1;
	t->text = calloc(all, sizeof(*t->text));
	t->flags = calloc(all, sizeof(*t->flags));
	t->ids = calloc(all, sizeof(*t->ids));
	t->bytes = out = malloc(room);
	if (t->text == NULL || t->flags == NULL || t->ids == NULL || out == NULL)
		return -1;
	for (size_t i = 0; i < all; i++) {
		uint8_t bytes[DECOY_LEN];

		t->text[i] = out;
		t->flags[i] = HS_FLAG_DOTALL;
		if (i >= n) {
			decoy((unsigned)(i - n), bytes);
			out = write_literal(out, bytes, sizeof(bytes));
			t->ids[i] = EXPRESSIONS_DECOY;
			continue;
		}
		out = write_literal(out, e[i].p->bytes, e[i].p->len);
		t->flags[i] |= e[i].p->nocase ? HS_FLAG_CASELESS : 0u;
		t->ids[i] = e[i].id;
	}
	return 0;
}

int
expressions_compile(const struct expression *e, size_t n,
    const struct ruleset_source *source, hs_database_t **db, bool *ours,
    char *error, size_t size)
{
	struct texts t = {NULL, NULL, NULL, NULL};
	int rc = -1;

	if (write_all(&t, e, n) == -1)
		snprintf(error, size, "out of memory");
	else
		rc = patterns_build(&(struct patterns){t.text, t.flags, t.ids,
					(unsigned)(n + DECOYS)},
		    source, db, ours, error, size);
	release(&t);
	return rc;
}
