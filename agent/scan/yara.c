/* SPDX-License-Identifier: EUPL-1.2 */
/* Bytes against YARA rules.  Loading is in yara_load.c. */
#include "agent/scan/yara_rules.h"

#include "common/crc32c.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct yara_scanner {
	struct yara *rules;
	unsigned timeout_s;
	YR_SCANNER *whole;
	YR_SCANNER *parts[YARA_PARTS]; /* made when first needed */
};

/* One scan under way. */
struct scan {
	yara_match_fn *fn;
	void *arg;
	struct yara_match *matches; /* told only when the scan ended well */
	size_t n, cap;
	bool memory_out;
	char too_many[128];
};

struct yara_scanner *
yara_scanner_new(struct yara *y, unsigned timeout_s)
{
	struct yara_scanner *s;

	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->rules = y;
	s->timeout_s = timeout_s;
	return s;
}

void
yara_scanner_free(struct yara_scanner *s)
{
	if (s == NULL)
		return;
	if (s->whole != NULL)
		yr_scanner_destroy(s->whole);
	for (size_t i = 0; i < YARA_PARTS; i++)
		if (s->parts[i] != NULL)
			yr_scanner_destroy(s->parts[i]);
	free(s);
}

uint32_t
yara_rule_id(const char *name_space, const char *rule)
{
	uint32_t crc = crc32c(0, name_space, strlen(name_space));

	crc = crc32c(crc, ":", 1);
	return crc32c(crc, rule, strlen(rule)) & 0x7fffffffu;
}

static void
take_strings(YR_SCAN_CONTEXT *context, YR_RULE *rule, struct yara_match *m)
{
	YR_STRING *string;
	YR_MATCH *match;

	yr_rule_strings_foreach(rule, string)
	{
		struct yara_string *s = &m->strings[m->strings_n];

		if (m->strings_n == YARA_STRINGS_MAX)
			return;
		memset(s, 0, sizeof(*s));
		s->name = string->identifier;
		yr_string_matches_foreach(context, string, match)
		{
			if (s->n < YARA_OFFSETS_MAX)
				s->offsets[s->n++] =
				    (uint64_t)(match->base + match->offset);
			s->count++;
		}
		m->strings_n += s->count > 0;
	}
}

static void
take_metas(YR_RULE *rule, struct yara_match *m)
{
	YR_META *meta;

	yr_rule_metas_foreach(rule, meta)
	{
		if (m->metas_n == YARA_METAS_MAX)
			return;
		m->metas[m->metas_n++] = (struct yara_meta){
		    .name = meta->identifier,
		    .text = meta->type == META_TYPE_STRING ? meta->string : NULL,
		    .number = meta->integer,
		};
	}
}

/* Names stay in the compiled rules, so a copy of the pointers is enough. */
static void
take_match(struct scan *scan, YR_SCAN_CONTEXT *context, YR_RULE *rule)
{
	struct yara_match *m;
	const char *tag;

	if (scan->n == scan->cap) {
		size_t cap = scan->cap == 0 ? 4 : scan->cap * 2;

		if ((m = realloc(scan->matches, cap * sizeof(*m))) == NULL) {
			scan->memory_out = true;
			return;
		}
		scan->matches = m;
		scan->cap = cap;
	}
	m = &scan->matches[scan->n++];
	memset(m, 0, sizeof(*m));
	m->name_space = rule->ns->name;
	m->rule = rule->identifier;
	m->id = yara_rule_id(m->name_space, m->rule);
	yr_rule_tags_foreach(rule, tag)
	{
		if (m->tags_n < sizeof(m->tags) / sizeof(m->tags[0]))
			m->tags[m->tags_n++] = tag;
	}
	take_metas(rule, m);
	take_strings(context, rule, m);
}

static int
on_message(YR_SCAN_CONTEXT *context, int message, void *data, void *arg)
{
	struct scan *scan = arg;

	if (message == CALLBACK_MSG_RULE_MATCHING)
		take_match(scan, context, data);
	else if (message == CALLBACK_MSG_TOO_MANY_MATCHES &&
	    scan->too_many[0] == '\0')
		snprintf(scan->too_many, sizeof(scan->too_many), "%s",
		    ((YR_STRING *)data)->identifier);
	return scan->memory_out ? CALLBACK_ERROR : CALLBACK_CONTINUE;
}

/* One set of rules over the bytes; an ERROR_* of libyara. */
static int
scan_set(struct yara_scanner *s, YR_SCANNER **scanner, YR_RULES *rules,
    const void *p, size_t len, const struct yara_file *f, struct scan *scan)
{
	const char *const externals[][2] = {{"filename", f->filename},
	    {"filepath", f->filepath}, {"extension", f->extension},
	    {"filetype", f->filetype}};
	int r;

	scan->n = 0;
	scan->too_many[0] = '\0';
	if (*scanner == NULL &&
	    (r = yr_scanner_create(rules, scanner)) != ERROR_SUCCESS)
		return r;
	yr_scanner_set_callback(*scanner, on_message, scan);
	yr_scanner_set_timeout(*scanner, (int)s->timeout_s);
	yr_scanner_set_flags(*scanner, SCAN_FLAGS_REPORT_RULES_MATCHING);
	for (size_t i = 0; i < sizeof(externals) / sizeof(externals[0]); i++)
		if ((r = yr_scanner_define_string_variable(*scanner,
			 externals[i][0], externals[i][1])) != ERROR_SUCCESS)
			return r;
	return yr_scanner_scan_mem(*scanner, p, len);
}

static const char *
reason_of(int error)
{
	static const struct {
		int error;
		const char *text;
	} reasons[] = {
	    {ERROR_SCAN_TIMEOUT, "time-out"},
	    {ERROR_TOO_MANY_MATCHES, "too many matches"},
	    {ERROR_EXEC_STACK_OVERFLOW, "a condition is too deep"},
	    {ERROR_TOO_MANY_RE_FIBERS, "a regular expression is too complex"},
#ifdef ERROR_TOO_SLOW_SCANNING
	    {ERROR_TOO_SLOW_SCANNING, "a string is too common in this file"},
#endif
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == error)
			return reasons[i].text;
	return "the file changed or could not be read";
}

static void
note_failure(struct yara_result *r, YR_SCANNER *scanner, int error)
{
	YR_RULE *rule =
	    scanner != NULL ? yr_scanner_last_error_rule(scanner) : NULL;

	r->parts_failed++;
	if (r->reason != NULL)
		return;
	r->reason = reason_of(error);
	if (rule != NULL)
		snprintf(r->rule, sizeof(r->rule), "%s:%s", rule->ns->name,
		    rule->identifier);
}

static void
tell(const struct scan *scan)
{
	for (size_t i = 0; i < scan->n; i++)
		scan->fn(scan->arg, &scan->matches[i]);
}

int
yara_scan(struct yara_scanner *s, const void *p, size_t len,
    const struct yara_file *f, yara_match_fn *fn, void *arg, struct yara_result *r)
{
	struct scan scan = {.fn = fn, .arg = arg};
	int error;

	memset(r, 0, sizeof(*r));
	if (s->rules->whole == NULL)
		return 0;
	error = scan_set(s, &s->whole, s->rules->whole, p, len, f, &scan);
	if (error == ERROR_SUCCESS && scan.too_many[0] == '\0')
		tell(&scan);
	for (size_t i = 0; error != ERROR_SUCCESS && i < YARA_PARTS; i++) {
		int e;

		if (s->rules->parts[i] == NULL)
			continue;
		e = scan_set(s, &s->parts[i], s->rules->parts[i], p, len, f, &scan);
		if (e == ERROR_SUCCESS)
			tell(&scan);
		else
			note_failure(r, s->parts[i], e);
	}
	if (error == ERROR_SUCCESS && scan.too_many[0] != '\0') {
		/* libyara left that string's rule out and finished the others. */
		tell(&scan);
		r->reason = "too many matches";
		snprintf(r->rule, sizeof(r->rule), "%s", scan.too_many);
	}
	free(scan.matches);
	if (scan.memory_out) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}
