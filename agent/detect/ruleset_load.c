/* SPDX-License-Identifier: EUPL-1.2 */
/* Rules out of files, texts and lines, and what becomes of those that are bad. */
#include "agent/detect/ruleset_private.h"

#include "agent/detect/parser.h"

#include "common/str.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int
refuse(struct ruleset *rs, const char *file, unsigned line, uint32_t sid,
    const char *why)
{
	struct ruleset_refusal *r;

	if (rs->refusals == rs->refusals_cap) {
		size_t cap = rs->refusals_cap == 0 ? 64 : rs->refusals_cap * 2;

		if ((r = realloc(rs->refusal, cap * sizeof(*r))) == NULL)
			return -1;
		rs->refusal = r;
		rs->refusals_cap = cap;
	}
	r = &rs->refusal[rs->refusals++];
	r->file = file;
	r->line = line;
	r->sid = sid;
	str_copy(r->reason, sizeof(r->reason), why);
	return 0;
}

static int
append(struct ruleset *rs, struct rule *r)
{
	if (rs->n == rs->cap) {
		size_t cap = rs->cap == 0 ? 256 : rs->cap * 2;
		struct rule **list = realloc(rs->rule, cap * sizeof(struct rule *));

		if (list == NULL)
			return -1;
		rs->rule = list;
		rs->cap = cap;
	}
	r->order = (uint32_t)rs->n;
	rs->rule[rs->n++] = r;
	return 0;
}

/* Take an older revision out again, and say so. */
static int
drop_older(struct ruleset *rs, const struct rule *old, const struct rule *by)
{
	char why[200];
	size_t kept = 0;
	uint32_t gid = old->meta.gid, sid = old->meta.sid;

	snprintf(why, sizeof(why), "replaced by rev %u of the same sid (%.100s:%u)",
	    by->meta.rev, by->file, by->line);
	if (refuse(rs, old->file, old->line, sid, why) == -1)
		return -1;
	for (size_t i = 0; i < rs->n; i++) {
		struct rule *r = rs->rule[i];

		if (r->meta.gid == gid && r->meta.sid == sid)
			ruleset_rule_free(r);
		else
			rs->rule[kept++] = r;
	}
	rs->n = kept;
	return 0;
}

static int
add_unique(struct ruleset *rs, struct rule *r, char *error, size_t size)
{
	uint32_t key[2] = {r->meta.gid, r->meta.sid};
	const struct rule *old = table_get(rs->by_sid, key, sizeof(key));

	if (old != NULL && old->meta.rev >= r->meta.rev) {
		snprintf(error, size,
		    "sid %u is there already, with rev %u (%.80s:%u)", r->meta.sid,
		    old->meta.rev, old->file, old->line);
		return -1;
	}
	if (old != NULL) {
		if (drop_older(rs, old, r) == -1)
			goto no_memory;
		table_take(rs->by_sid, key, sizeof(key));
	}
	if (append(rs, r) == -1)
		goto no_memory;
	if (table_put(rs->by_sid, key, sizeof(key), r) == -1) {
		rs->n--;
		goto no_memory;
	}
	return 0;

no_memory:
	snprintf(error, size, "out of memory");
	return -1;
}

/* The second half of a "<>" rule: the same, the other way. */
static int
add_reversed(struct ruleset *rs, const struct rule *r)
{
	struct rule *twin;

	if (!(r->flags & RULE_BIDIRECTIONAL) ||
	    (r->src == r->dst && r->sport == r->dport))
		return 0;
	if ((twin = malloc(sizeof(*twin))) == NULL)
		return -1;
	*twin = *r;
	twin->flags |= RULE_REVERSED;
	twin->src = r->dst;
	twin->dst = r->src;
	twin->sport = r->dport;
	twin->dport = r->sport;
	if (append(rs, twin) == -1) {
		free(twin);
		return -1;
	}
	return 0;
}

/* One rule's text; what is wrong with it becomes a refusal. */
static int
load_rule(struct ruleset *rs, char *text, const char *file, unsigned line)
{
	struct rule_parser p;
	struct rule *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return -1;
	memset(&p, 0, sizeof(p));
	p.rs = rs;
	p.r = r;
	r->file = file;
	r->line = line;
	rs->total++;
	if (rs->keep_text && (r->meta.text = ruleset_strdup(rs, text)) == NULL)
		goto fail;
	rc = strlen(text) > RULE_TEXT_MAX
	    ? parser_fail(&p, "the rule is longer than %d bytes", RULE_TEXT_MAX)
	    : parser_rule(&p, text);
	if (rc == 0 && add_unique(rs, r, p.error, sizeof(p.error)) == 0)
		return add_reversed(rs, r);
	if (rc != 1 && refuse(rs, file, line, r->meta.sid, p.error) == -1)
		goto fail;
	ruleset_rule_free(r);
	return 0;

fail:
	ruleset_rule_free(r);
	return -1;
}

int
ruleset_load_text(struct ruleset *rs, char *text, const char *file)
{
	unsigned number = 0;
	char *next;

	for (char *line = text; line != NULL; line = next) {
		unsigned first = number + 1;
		char *end = line + strcspn(line, "\n"), *s;

		number++;
		/* A backslash at the end of a line joins the next one. */
		while (*end == '\n' &&
		    ((end > line && end[-1] == '\\') ||
			(end > line + 1 && end[-1] == '\r' && end[-2] == '\\'))) {
			for (s = end; *s != '\\'; s--)
				*s = ' ';
			*s = ' ';
			end += strcspn(end, "\n");
			number++;
		}
		next = *end == '\0' ? NULL : end + 1;
		*end = '\0';
		s = str_trim(line);
		if (*s != '\0' && *s != '#' && load_rule(rs, s, file, first) == -1)
			return -1;
	}
	return 0;
}

static int
load_file(struct ruleset *rs, const char *path)
{
	char *text, *name;
	size_t len;
	int rc;

	if ((text = str_read_file(path, RULE_FILE_MAX, &len)) == NULL)
		return -1;
	/* A NUL would end the text unseen. */
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = '?';
	name = ruleset_strdup(rs, path);
	rc = name == NULL ? -1 : ruleset_load_text(rs, text, name);
	free(text);
	return rc;
}

int
ruleset_load_named(struct ruleset *rs, char *text, const char *name)
{
	const char *copy = ruleset_strdup(rs, name);

	return copy == NULL ? -1 : ruleset_load_text(rs, text, copy);
}

int
ruleset_load_lines(struct ruleset *rs, struct span *text, size_t max,
    const char *name, unsigned *line)
{
	for (; max > 0 && text->len > 0; max--) {
		const uint8_t *end = memchr(text->p, '\n', text->len);
		size_t n = end == NULL ? text->len : (size_t)(end - text->p);
		size_t copied = n < sizeof(rs->line) ? n : sizeof(rs->line) - 1;
		char *s;

		memcpy(rs->line, text->p, copied);
		rs->line[copied] = '\0';
		n += end != NULL;
		text->p += n;
		text->len -= n;
		++*line;
		s = str_trim(rs->line);
		if (*s != '\0' && *s != '#' && load_rule(rs, s, name, *line) == -1)
			return -1;
	}
	return text->len > 0;
}

static int
is_rules_file(const struct dirent *e)
{
	return e->d_name[0] != '.' && str_ends(e->d_name, ".rules");
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
load_folder(struct ruleset *rs, const char *path)
{
	struct dirent **entry;
	int n = scandir(path, &entry, is_rules_file, by_bytes), rc = 0;

	if (n == -1)
		return -1;
	for (int i = 0; i < n; i++) {
		char *file = NULL;

		if (rc == 0 &&
		    asprintf(&file, "%s/%s", path, entry[i]->d_name) == -1)
			rc = -1;
		else if (rc == 0) {
			rc = load_file(rs, file);
			free(file);
		}
		free(entry[i]);
	}
	free(entry);
	return rc;
}

int
ruleset_load(struct ruleset *rs, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return -1;
	return S_ISDIR(st.st_mode) ? load_folder(rs, path) : load_file(rs, path);
}
