/* SPDX-License-Identifier: EUPL-1.2 */
/* PCRE2 with JIT and Suricata's match limits (engine.md 1.3). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "agent/detect/regex.h"

#include "agent/limits.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

struct pcre {
	pcre2_code *code;
	bool no_limit, jit_tried;
};

struct pcre_scratch {
	pcre2_match_data *data;
	pcre2_match_context *limited, *free;
};

static uint32_t
options(unsigned flags)
{
	static const struct {
		unsigned flag;
		uint32_t option;
	} MAP[] = {
	    {REGEX_NOCASE, PCRE2_CASELESS},
	    {REGEX_DOTALL, PCRE2_DOTALL},
	    {REGEX_MULTILINE, PCRE2_MULTILINE},
	    {REGEX_EXTENDED, PCRE2_EXTENDED},
	    {REGEX_ANCHORED, PCRE2_ANCHORED},
	    {REGEX_DOLLAR_END, PCRE2_DOLLAR_ENDONLY},
	    {REGEX_UNGREEDY, PCRE2_UNGREEDY},
	};
	uint32_t o = 0;

	for (size_t i = 0; i < sizeof(MAP) / sizeof(MAP[0]); i++)
		o |= flags & MAP[i].flag ? MAP[i].option : 0;
	return o;
}

struct pcre *
regex_new(const char *text, unsigned flags, char *error, size_t size)
{
	struct pcre *re = calloc(1, sizeof(*re));
	PCRE2_UCHAR message[80];
	PCRE2_SIZE at;
	int code;

	if (re == NULL) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	re->no_limit = (flags & REGEX_NO_LIMIT) != 0;
	re->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED,
	    options(flags), &code, &at, NULL);
	if (re->code == NULL) {
		pcre2_get_error_message(code, message, sizeof(message));
		snprintf(error, size, "%s at character %zu", (const char *)message,
		    at + 1);
		free(re);
		return NULL;
	}
	return re;
}

void
regex_free(struct pcre *re)
{
	if (re == NULL)
		return;
	pcre2_code_free(re->code);
	free(re);
}

struct pcre_scratch *
regex_scratch_new(void)
{
	struct pcre_scratch *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->data = pcre2_match_data_create(2, NULL);
	s->limited = pcre2_match_context_create(NULL);
	s->free = pcre2_match_context_create(NULL);
	if (s->data == NULL || s->limited == NULL || s->free == NULL) {
		regex_scratch_free(s);
		return NULL;
	}
	pcre2_set_match_limit(s->limited, DETECT_PCRE_MATCH_LIMIT);
	pcre2_set_depth_limit(s->limited, DETECT_PCRE_RECURSION_LIMIT);
	return s;
}

void
regex_scratch_free(struct pcre_scratch *s)
{
	if (s == NULL)
		return;
	pcre2_match_data_free(s->data);
	pcre2_match_context_free(s->limited);
	pcre2_match_context_free(s->free);
	free(s);
}

/*
 * At first use, as most expressions of a large set are never asked.  Without JIT (no
 * executable memory) the interpreter gives the same answers.
 */
static void
jit(struct pcre *re)
{
	re->jit_tried = true;
	(void)pcre2_jit_compile(re->code, PCRE2_JIT_COMPLETE);
}

int
regex_search(struct pcre_scratch *s, struct pcre *re, struct span bytes,
    size_t start, size_t *from, size_t *to)
{
	static const uint8_t NOTHING[1];
	const uint8_t *p = bytes.p == NULL ? NOTHING : bytes.p;
	const PCRE2_SIZE *ends;
	int rc;

	if (start > bytes.len)
		return 0;
	if (!re->jit_tried)
		jit(re);
	rc = pcre2_match(re->code, p, bytes.len, start, 0, s->data,
	    re->no_limit ? s->free : s->limited);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return -1;
	ends = pcre2_get_ovector_pointer(s->data);
	/* \K in a lookahead can put the start behind the end. */
	*to = ends[1];
	*from = ends[0] <= ends[1] ? ends[0] : ends[1];
	return 1;
}

int
regex_group(struct pcre_scratch *s, struct pcre *re, struct span bytes,
    size_t *from, size_t *to)
{
	int rc = regex_search(s, re, bytes, 0, from, to);
	const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(s->data);

	if (rc != 1)
		return rc;
	if (ends[2] == PCRE2_UNSET || ends[2] > ends[3])
		return 0;
	*from = ends[2];
	*to = ends[3];
	return 1;
}

unsigned
regex_groups(const struct pcre *re)
{
	uint32_t n = 0;

	(void)pcre2_pattern_info(re->code, PCRE2_INFO_CAPTURECOUNT, &n);
	return n;
}
