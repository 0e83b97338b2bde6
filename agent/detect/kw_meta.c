/* SPDX-License-Identifier: EUPL-1.2 */
/* Keywords that say what a rule is, not what it matches (guide, "Meta Keywords"). */
#include "agent/detect/classes.h"
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"

#include "common/buf.h"
#include "common/jw.h"
#include "common/str.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The version whose rule language we speak, for "requires: version". */
#define LANGUAGE_MAJOR 7
#define LANGUAGE_MINOR 0
#define LANGUAGE_PATCH 10

static int
number(struct rule_parser *p, const char *value, unsigned flag, uint32_t *out)
{
	uint64_t v;

	if (p->r->flags & flag)
		return parser_fail(p, "may stand once in a rule");
	if (str_u64(value, UINT32_MAX, &v) == -1)
		return parser_fail(
		    p, "\"%.30s\" is no number up to %u", value, UINT32_MAX);
	p->r->flags |= flag;
	*out = (uint32_t)v;
	return 0;
}

int
kw_sid(struct rule_parser *p, char *value)
{
	uint32_t sid = 0;

	if (number(p, value, RULE_HAS_SID, &sid) == -1)
		return -1;
	if (sid == 0)
		return parser_fail(p, "0 is not a signature id");
	p->r->meta.sid = sid;
	return 0;
}

int
kw_gid(struct rule_parser *p, char *value)
{
	return number(p, value, RULE_HAS_GID, &p->r->meta.gid);
}

int
kw_rev(struct rule_parser *p, char *value)
{
	return number(p, value, RULE_HAS_REV, &p->r->meta.rev);
}

int
kw_priority(struct rule_parser *p, char *value)
{
	uint32_t v = 0;

	if (number(p, value, RULE_HAS_PRIORITY, &v) == -1)
		return -1;
	if (v < 1 || v > 255)
		return parser_fail(p, "is 1 to 255");
	p->r->meta.priority = (uint8_t)v;
	return 0;
}

int
kw_msg(struct rule_parser *p, char *value)
{
	char *out, *s;

	if (p->r->flags & RULE_HAS_MSG)
		return parser_fail(p, "may stand once in a rule");
	if ((out = ruleset_strdup(p->rs, value)) == NULL)
		return parser_no_memory(p);
	p->r->meta.msg = out;
	p->r->flags |= RULE_HAS_MSG;
	for (s = out; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0' && strchr("\\\":;", s[1]) != NULL)
			s++;
		*out++ = *s;
	}
	*out = '\0';
	return 0;
}

int
kw_classtype(struct rule_parser *p, char *value)
{
	const struct class_row *c = classes_find(ruleset_classes(p->rs), value);

	if (p->r->flags & RULE_HAS_CLASS)
		return parser_fail(p, "may stand once in a rule");
	p->r->flags |= RULE_HAS_CLASS;
	/* Like Suricata: an unknown class is told, the rule loads with priority 3. */
	if (c == NULL) {
		ruleset_note_class(p->rs);
		return 0;
	}
	p->r->meta.category = c->description;
	if (!(p->r->flags & RULE_HAS_PRIORITY))
		p->r->meta.priority = c->priority;
	return 0;
}

int
kw_reference(struct rule_parser *p, char *value)
{
	char *comma = strchr(value, ',');

	if (comma == NULL || comma == value || *str_trim(comma + 1) == '\0')
		return parser_fail(p, "is \"type,text\"");
	return 0;
}

/* {"key":["v","w"],...}: values of one key are gathered where it first stands. */
static int
write_metadata(struct buf *out, char **key, char **val, size_t n)
{
	struct jw w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	for (size_t i = 0; i < n; i++) {
		if (key[i] == NULL)
			continue;
		jw_key(&w, key[i], strlen(key[i]));
		jw_array(&w, NULL);
		for (size_t k = i; k < n; k++) {
			if (key[k] == NULL ||
			    (k != i && strcmp(key[k], key[i]) != 0))
				continue;
			jw_str(&w, NULL, val[k]);
			if (k != i)
				key[k] = NULL;
		}
		jw_end_array(&w);
	}
	jw_end_object(&w);
	return buf_str(out) == NULL ? -1 : 0;
}

#define METADATA_MAX 128

int
kw_metadata(struct rule_parser *p, char *value)
{
	char *key[METADATA_MAX], *val[METADATA_MAX], *rest = value, *item;
	struct buf out;
	size_t n = 0;
	int rc = 0;

	while ((item = parser_item(&rest, ',')) != NULL) {
		size_t k = strcspn(item, " \t");

		if (n == METADATA_MAX)
			return parser_fail(p, "more than %d entries", METADATA_MAX);
		if (item[k] == '\0') /* Suricata keeps pairs only */
			continue;
		key[n] = item;
		val[n] = str_trim(item + k + 1);
		item[k] = '\0';
		n++;
	}
	if (n == 0 || p->r->meta.metadata_json != NULL)
		return 0;
	buf_init(&out, 4 * RULE_TEXT_MAX);
	if (write_metadata(&out, key, val, n) == -1 ||
	    (p->r->meta.metadata_json = ruleset_share(p->rs, (char *)out.data)) ==
		NULL)
		rc = parser_no_memory(p);
	buf_release(&out);
	return rc;
}

int
kw_target(struct rule_parser *p, char *value)
{
	if (strcmp(value, "src_ip") == 0)
		p->r->meta.target = "src_ip";
	else if (strcmp(value, "dest_ip") == 0)
		p->r->meta.target = "dest_ip";
	else
		return parser_fail(p, "\"%.30s\" is not src_ip or dest_ip", value);
	return 0;
}

int
kw_prefilter(struct rule_parser *p, char *value)
{
	(void)p;
	(void)value;
	return 0;
}

/* --- requires -------------------------------------------------------------- */

static int
compare_version(const char *text)
{
	unsigned v[3] = {0, 0, 0};
	const unsigned own[3] = {LANGUAGE_MAJOR, LANGUAGE_MINOR, LANGUAGE_PATCH};

	if (sscanf(text, "%u.%u.%u", &v[0], &v[1], &v[2]) < 1)
		return -2;
	for (int i = 0; i < 3; i++)
		if (own[i] != v[i])
			return own[i] < v[i] ? -1 : 1;
	return 0;
}

/* "< 8.0.0": 1 holds, 0 does not, -1 is no such test. */
static int
version_holds(char *s)
{
	bool less = s[0] == '<', greater = s[0] == '>',
	     equal = s[0] != '\0' && s[1] == '=';
	int c;

	if (!less && !greater)
		return -1;
	if ((c = compare_version(str_trim(s + 1 + equal))) == -2)
		return -1;
	return c == 0 ? equal : (c < 0) == less;
}

/* "version >= 7.0.3 < 8 | >= 8.0.1": any of the groups, all of a group. */
static int
versions_hold(struct rule_parser *p, char *value)
{
	char *group, *rest = value;
	bool any = false;

	while ((group = parser_item(&rest, '|')) != NULL) {
		bool all = true;
		char *s = group;

		while (*s != '\0') {
			size_t n = strcspn(s + 1, "<>") + 1;
			char save = s[n];
			int holds;

			s[n] = '\0';
			if ((holds = version_holds(s)) == -1)
				return parser_fail(
				    p, "\"%.30s\" is no version test", s);
			s[n] = save;
			s += n;
			all &= holds == 1;
		}
		any |= all;
	}
	return any;
}

/* Suricata's names of what may be left out of a build, and is in this one. */
static const struct parser_word FEATURES[] = {{"ja3", 0}, {"ja4", 0}, {NULL, 0}};

int
kw_requires(struct rule_parser *p, char *value)
{
	char *rest = value, *item;

	while ((item = parser_item(&rest, ',')) != NULL) {
		size_t n = strcspn(item, " \t");
		char *argument =
		    item[n] == '\0' ? item + n : str_trim(item + n + 1);
		int holds = 0;

		item[n] = '\0';
		if (strcmp(item, "version") == 0) {
			if ((holds = versions_hold(p, argument)) == -1)
				return -1;
		} else if (strcmp(item, "keyword") == 0) {
			const struct keyword *k = keyword_find(argument);

			holds = k != NULL && k->needs == KW_READY;
		} else if (strcmp(item, "feature") == 0)
			holds = parser_word(FEATURES, argument) != -1;
		/* Suricata skips rules with tests that it does not know. */
		if (holds == 0)
			p->unmet = true;
	}
	return 0;
}
