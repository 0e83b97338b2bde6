/* SPDX-License-Identifier: EUPL-1.2 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "collector/correlate/sigma_regex.h"

#include "collector/limits.h"

#include <pcre2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sigma_regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static uint32_t
options_of(const char *flags)
{
	uint32_t o = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;

	for (; *flags != '\0'; flags++) {
		o |= *flags == 'i'  ? PCRE2_CASELESS
		    : *flags == 'm' ? PCRE2_MULTILINE
				    : PCRE2_DOTALL;
	}
	return o;
}

struct sigma_regex *
sigma_regex_new(const char *text, const char *flags, char *error, size_t size)
{
	struct sigma_regex *r = calloc(1, sizeof(*r));
	PCRE2_UCHAR why[120] = "out of memory";
	PCRE2_SIZE at = 0;
	int code = 0;

	if (r == NULL)
		goto fail;
	r->code = pcre2_compile(
	    (PCRE2_SPTR)text, strlen(text), options_of(flags), &code, &at, NULL);
	if (r->code == NULL) {
		pcre2_get_error_message(code, why, sizeof(why));
		goto fail;
	}
	r->data = pcre2_match_data_create(1, NULL);
	r->context = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->context == NULL)
		goto fail;
	pcre2_set_match_limit(r->context, SIGMA_REGEX_MATCH_LIMIT);
	return r;

fail:
	snprintf(error, size, "%s at character %zu", (const char *)why, (size_t)at);
	sigma_regex_free(r);
	return NULL;
}

void
sigma_regex_free(struct sigma_regex *r)
{
	if (r == NULL)
		return;
	pcre2_code_free(r->code);
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	free(r);
}

int
sigma_regex_search(const struct sigma_regex *r, const char *text)
{
	int n = pcre2_match(
	    r->code, (PCRE2_SPTR)text, strlen(text), 0, 0, r->data, r->context);

	return n >= 0 ? 1 : n == PCRE2_ERROR_NOMATCH ? 0 : -1;
}
