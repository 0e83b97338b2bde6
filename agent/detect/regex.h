/* SPDX-License-Identifier: EUPL-1.2 */
/* Regular expressions: PCRE2 with JIT, met only here. */
#ifndef AGENT_DETECT_REGEX_H
#define AGENT_DETECT_REGEX_H

#include "common/cursor.h"

struct pcre;
struct pcre_scratch;

enum regex_flag {
	REGEX_NOCASE = 1u << 0,
	REGEX_DOTALL = 1u << 1,
	REGEX_MULTILINE = 1u << 2,
	REGEX_EXTENDED = 1u << 3,
	REGEX_ANCHORED = 1u << 4,
	REGEX_DOLLAR_END = 1u << 5,
	REGEX_UNGREEDY = 1u << 6,
	REGEX_NO_LIMIT = 1u << 7, /* only PCRE2's own limits */
};

/* NULL with error filled. */
struct pcre *regex_new(const char *text, unsigned flags, char *error, size_t size);
void regex_free(struct pcre *re);

struct pcre_scratch *regex_scratch_new(void);
void regex_scratch_free(struct pcre_scratch *s);
/*
 * Search from offset start of the bytes.  1 with the match's ends, 0 no match, -1
 * a limit was reached (which counts as no match).
 */
int regex_search(struct pcre_scratch *s, struct pcre *re, struct span bytes,
    size_t start, size_t *from, size_t *to);

/* How many groups capture. */
unsigned regex_groups(const struct pcre *re);
/* The bytes of the first group that took part; 1, 0 or -1 as above. */
int regex_group(struct pcre_scratch *s, struct pcre *re, struct span bytes,
    size_t *from, size_t *to);

#endif
