/* SPDX-License-Identifier: EUPL-1.2 */
/* Sigma's "re" modifier through PCRE2, met only here. */
#ifndef COLLECTOR_CORRELATE_SIGMA_REGEX_H
#define COLLECTOR_CORRELATE_SIGMA_REGEX_H

#include <stddef.h>

struct sigma_regex;

/* flags: letters of "ims".  NULL with error filled. */
struct sigma_regex *sigma_regex_new(
    const char *text, const char *flags, char *error, size_t size);
void sigma_regex_free(struct sigma_regex *r);
/* 1 found anywhere in text, 0 not, -1 given up at the match limit. */
int sigma_regex_search(const struct sigma_regex *r, const char *text);

#endif
