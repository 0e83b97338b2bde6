/* SPDX-License-Identifier: EUPL-1.2 */
/* A rule's text into a struct rule (engine.md 1.1; guide, "Rules Format"). */
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"

#include "common/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 1024

struct option {
	char *name, *value; /* value NULL: there was no ':' */
};

/* Cut at each ';' that no backslash stands before; quotes mean nothing here. */
static int
cut_options(struct rule_parser *p, char *s, struct option *out, size_t *n)
{
	char *end = s + strlen(s);

	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	if (end == s || *--end != ')')
		return parser_fail(p, "the rule does not end with \")\"");
	*end = '\0';
	for (*n = 0;;) {
		char *semi, *colon;

		while (isspace((unsigned char)*s))
			s++;
		if (*s == '\0')
			return 0;
		for (semi = s; *semi != '\0' &&
		     (*semi != ';' || (semi > s && semi[-1] == '\\'));)
			semi++;
		if (*semi == '\0')
			return parser_fail(p, "no \";\" behind \"%.40s\"", s);
		if (*n == OPTIONS_MAX)
			return parser_fail(p, "more than %d options", OPTIONS_MAX);
		*semi = '\0';
		if ((colon = strchr(s, ':')) != NULL)
			*colon++ = '\0';
		out[*n].name = str_trim(s);
		out[*n].value = colon == NULL ? NULL : str_trim(colon);
		(*n)++;
		s = semi + 1;
	}
}

/* Negation and quotes as the keyword's row wants them; the bare value in *value. */
static int
check_value(struct rule_parser *p, const struct keyword *k, char **value)
{
	char *s = *value;
	size_t len;

	p->negated = false;
	if (s == NULL || *s == '\0') {
		if (k->flags & (KW_NO_VALUE | KW_OPTIONAL))
			return s == NULL
			    ? 0
			    : parser_fail(p, "the value behind \":\" is missing");
		return parser_fail(p, "needs a value");
	}
	if (k->flags & KW_NO_VALUE)
		return parser_fail(p, "takes no value");
	if (*s == '!' && (k->flags & KW_NEGATABLE)) {
		p->negated = true;
		s = str_trim(s + 1);
	}
	len = strlen(s);
	if ((k->flags & KW_QUOTED) && (len < 2 || *s != '"'))
		return parser_fail(p, "the value must stand in double quotes");
	if (*s == '"' && (k->flags & (KW_QUOTED | KW_QUOTABLE))) {
		if (len < 2 || s[len - 1] != '"')
			return parser_fail(p, "the closing quote is missing");
		s[len - 1] = '\0';
		s++;
	}
	*value = s;
	return 0;
}

static int
read_option(struct rule_parser *p, struct option *o, bool first)
{
	const struct keyword *k = keyword_find(o->name);
	char reason[sizeof(p->error)];

	p->keyword = o->name;
	if (k == NULL)
		return first ? 0
			     : parser_fail(p, "unknown keyword \"%.40s\"", o->name);
	if (((k->flags & KW_FIRST) != 0) != first)
		return 0;
	if (k->needs != KW_READY)
		parser_fail(p, "%s", keyword_needs_text(k->needs));
	else if (check_value(p, k, &o->value) == 0 && k->parse(p, o->value) == 0)
		return 0;
	memcpy(reason, p->error, sizeof(reason));
	return parser_fail(p, "keyword \"%s\": %.120s", k->name, reason);
}

/* A refusal names the sid, even when the header was not understood. */
static void
note_sid(struct rule_parser *p, const char *options)
{
	const char *sid = strstr(options, "sid:");

	if (sid != NULL)
		p->r->meta.sid = (uint32_t)strtoul(sid + 4, NULL, 10);
}

int
parser_rule(struct rule_parser *p, char *text)
{
	struct option option[OPTIONS_MAX];
	struct rule *r = p->r;
	size_t n = 0;

	p->list = p->moved = -1;
	r->meta.gid = 1;
	r->meta.priority = 3;
	r->meta.msg = r->meta.category = "";
	memset(r->roles, 3, sizeof(r->roles));
	r->fast_list = r->fast_op = r->placed_op = -1;
	if (parser_header(p, &text) == -1) {
		note_sid(p, text);
		return -1;
	}
	if (cut_options(p, text, option, &n) == -1)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (read_option(p, &option[i], true) == -1)
			return -1;
	if (p->unmet)
		return 1;
	for (size_t i = 0; i < n; i++)
		if (read_option(p, &option[i], false) == -1)
			return -1;
	if (!(r->flags & RULE_HAS_SID))
		return parser_fail(p, "keyword \"sid\" is missing");
	return ruleset_classify(r, p->error, sizeof(p->error));
}
