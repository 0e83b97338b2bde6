/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * threshold.config and the values of threshold keywords (guide, "Global-Thresholds"):
 *
 *	suppress gen_id 1, sig_id 2002087, track by_src, ip 209.132.180.67
 *	threshold gen_id 1, sig_id 10, type both, track by_src, count 1, seconds 60
 *	rate_filter gen_id 1, sig_id 10, track by_src, count 5, seconds 60,
 *	    new_action drop, timeout 30
 */
#include "agent/detect/parser.h"
#include "agent/detect/ruleset.h"
#include "agent/detect/source.h"

#include "common/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_FILE_MAX (16u << 20)

enum {
	W_TYPE,
	W_TRACK,
	W_COUNT,
	W_SECONDS,
	W_GEN_ID,
	W_SIG_ID,
	W_IP,
	W_NEW_ACTION,
	W_TIMEOUT,
};

static const struct parser_word WORDS[] = {
    {"type", W_TYPE},
    {"track", W_TRACK},
    {"count", W_COUNT},
    {"seconds", W_SECONDS},
    {"gen_id", W_GEN_ID},
    {"sig_id", W_SIG_ID},
    {"ip", W_IP},
    {"new_action", W_NEW_ACTION},
    {"timeout", W_TIMEOUT},
    {NULL, 0},
};

static const struct parser_word TYPES[] = {
    {"limit", THRESHOLD_LIMIT},
    {"threshold", THRESHOLD_THRESHOLD},
    {"both", THRESHOLD_BOTH},
    {NULL, 0},
};

static const struct parser_word TRACKS[] = {
    {"by_src", TRACK_SRC},
    {"by_dst", TRACK_DST},
    {"by_both", TRACK_BOTH},
    {"by_either", TRACK_BOTH},
    {"by_rule", TRACK_RULE},
    {NULL, 0},
};

static const struct parser_word ACTIONS[] = {
    {"alert", RULE_ALERT},
    {"pass", RULE_PASS},
    {"drop", RULE_DROP},
    {"sdrop", RULE_DROP},
    {"reject", RULE_REJECT},
    {NULL, 0},
};

/* A line or a keyword's value, read. */
struct settings {
	struct threshold t;
	uint32_t gid, sid;
	const char *ip;
	unsigned seen; /* 1 << W_* */
};

#define SEEN(w) (1u << (w))

static int
bad(char *error, size_t size, const char *what, const char *word)
{
	snprintf(error, size, "%s \"%.40s\"", what, word);
	return -1;
}

static int
read_number(const char *text, uint32_t min, uint32_t *out, char *error, size_t size)
{
	uint64_t v;

	if (str_u64(text, UINT32_MAX, &v) == -1 || v < min)
		return bad(error, size, "no fitting number:", text);
	*out = (uint32_t)v;
	return 0;
}

static int
read_setting(struct settings *s, int word, char *text, char *error, size_t size)
{
	int v;

	switch (word) {
	case W_TYPE:
		if ((v = parser_word(TYPES, text)) == -1)
			return bad(error, size,
			    "type is limit, threshold or both, not", text);
		s->t.kind = (enum threshold_kind)v;
		return 0;
	case W_TRACK:
		if ((v = parser_word(TRACKS, text)) == -1)
			return bad(error, size,
			    "track is by_src, by_dst, by_both or by_rule, not",
			    text);
		s->t.track = (enum bits_track)v;
		return 0;
	case W_COUNT:
		return read_number(text, 1, &s->t.count, error, size);
	case W_SECONDS:
		return read_number(text, 1, &s->t.seconds, error, size);
	case W_GEN_ID:
		return read_number(text, 0, &s->gid, error, size);
	case W_SIG_ID:
		return read_number(text, 0, &s->sid, error, size);
	case W_IP:
		s->ip = text;
		return 0;
	case W_NEW_ACTION:
		if ((v = parser_word(ACTIONS, text)) == -1)
			return bad(error, size,
			    "new_action is alert, pass, drop or reject, not", text);
		s->t.new_action = (enum rule_action)v;
		return 0;
	default:
		return read_number(text, 0, &s->t.timeout, error, size);
	}
}

/* An address list has commas of its own: the ip is read to its closing bracket. */
static char *
next_setting(char **rest)
{
	char *s = *rest, *end;

	if (s == NULL)
		return NULL;
	for (end = s; *end != '\0' && *end != ','; end++)
		if (*end == '[')
			end += strcspn(end, "]") - (strchr(end, ']') == NULL);
	*rest = *end == '\0' ? NULL : end + 1;
	*end = '\0';
	return str_trim(s);
}

static int
read_settings(
    struct settings *s, char *text, unsigned allowed, char *error, size_t size)
{
	char *item;

	while ((item = next_setting(&text)) != NULL) {
		size_t n = strcspn(item, " \t");
		char *value = item[n] == '\0' ? item + n : str_trim(item + n + 1);
		int word;

		item[n] = '\0';
		word = parser_word(WORDS, item);
		if (word == -1 || !(allowed & SEEN(word)))
			return bad(error, size, "unknown word", item);
		if (s->seen & SEEN(word))
			return bad(error, size, "stands twice:", item);
		s->seen |= SEEN(word);
		if (read_setting(s, word, value, error, size) == -1)
			return -1;
	}
	return 0;
}

int
ruleset_threshold(
    char *value, bool typed, struct threshold *out, char *error, size_t size)
{
	struct settings s = {.gid = 1};
	unsigned must = SEEN(W_TRACK) | SEEN(W_COUNT) | SEEN(W_SECONDS) |
	    (typed ? SEEN(W_TYPE) : 0);

	if (read_settings(&s, value, must, error, size) == -1)
		return -1;
	if ((s.seen & must) != must) {
		snprintf(error, size, "needs %strack, count and seconds",
		    typed ? "type, " : "");
		return -1;
	}
	*out = s.t;
	return 0;
}

/* --- threshold.config ------------------------------------------------------ */

enum line_kind {
	LINE_THRESHOLD,
	LINE_SUPPRESS,
	LINE_RATE
};

static const struct parser_word LINES[] = {
    {"threshold", LINE_THRESHOLD},
    {"event_filter", LINE_THRESHOLD},
    {"suppress", LINE_SUPPRESS},
    {"rate_filter", LINE_RATE},
    {NULL, 0},
};

static int
add_suppress(struct rule *r, enum bits_track track, const struct addr_set *net)
{
	struct suppress *list =
	    realloc(r->suppress, (r->suppress_n + 1) * sizeof(*list));

	if (list == NULL)
		return -1;
	r->suppress = list;
	list[r->suppress_n++] = (struct suppress){track, net};
	return 0;
}

/*
 * A line for one sid replaces what the rule says; one for all (sid or gid 0)
 * leaves rules alone that have a threshold of their own.
 */
static int
apply(struct rule *r, enum line_kind kind, const struct settings *s,
    const struct addr_set *net)
{
	bool all = s->sid == 0 || s->gid == 0;

	if ((s->gid != 0 && r->meta.gid != s->gid) ||
	    (s->sid != 0 && r->meta.sid != s->sid))
		return 0;
	switch (kind) {
	case LINE_SUPPRESS:
		return add_suppress(
		    r, s->ip == NULL ? TRACK_RULE : s->t.track, net);
	case LINE_RATE:
		r->rate = s->t;
		r->rate.kind = THRESHOLD_RATE;
		return 0;
	default:
		if (all &&
		    (r->threshold.kind != THRESHOLD_NONE ||
			r->detection.kind != THRESHOLD_NONE))
			return 0;
		r->threshold = s->t;
		r->detection.kind = THRESHOLD_NONE;
		return 0;
	}
}

static int
read_line(struct ruleset *rs, char *line, char *error, size_t size)
{
	static const unsigned MUST[] = {
	    [LINE_THRESHOLD] = SEEN(W_GEN_ID) | SEEN(W_SIG_ID) | SEEN(W_TYPE) |
		SEEN(W_TRACK) | SEEN(W_COUNT) | SEEN(W_SECONDS),
	    [LINE_SUPPRESS] = SEEN(W_GEN_ID) | SEEN(W_SIG_ID),
	    [LINE_RATE] = SEEN(W_GEN_ID) | SEEN(W_SIG_ID) | SEEN(W_TRACK) |
		SEEN(W_COUNT) | SEEN(W_SECONDS) | SEEN(W_NEW_ACTION) |
		SEEN(W_TIMEOUT),
	};
	size_t head = strcspn(line, " \t"), n;
	struct settings s = {.gid = 0};
	const struct addr_set *net = NULL;
	struct rule *const *rule = ruleset_rules(rs, &n);
	unsigned allowed;
	int kind;

	if (line[head] != '\0')
		line[head++] = '\0';
	if ((kind = parser_word(LINES, line)) == -1)
		return bad(error, size,
		    "a line begins with threshold, event_filter, suppress or "
		    "rate_filter, not",
		    line);
	allowed = MUST[kind];
	if (kind == LINE_SUPPRESS)
		allowed |= SEEN(W_TRACK) | SEEN(W_IP);
	if (read_settings(&s, line + head, allowed, error, size) == -1)
		return -1;
	if ((s.seen & MUST[kind]) != MUST[kind])
		return bad(error, size, "a setting is missing of", line);
	if (((s.seen & SEEN(W_TRACK)) != 0) != (s.ip != NULL) &&
	    kind == LINE_SUPPRESS)
		return bad(error, size, "track and ip go together in", line);
	if (s.gid == 0 && s.sid != 0)
		return bad(error, size,
		    "gen_id 0 (all) goes with sig_id 0 only, in", line);
	if (s.ip != NULL &&
	    (net = lists_addr(ruleset_lists(rs), s.ip, error, size)) == NULL)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (apply(rule[i], (enum line_kind)kind, &s, net) == -1) {
			snprintf(error, size, "out of memory");
			return -1;
		}
	return 0;
}

int
ruleset_threshold_file(
    struct ruleset *rs, const char *path, char *error, size_t size)
{
	unsigned number = 0, first = 1;
	char *text, *next, why[200];
	size_t len;

	if ((text = source_read(ruleset_source(rs), path, CONFIG_FILE_MAX, &len)) ==
	    NULL) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return -1;
	}
	for (char *line = text; line != NULL; line = next) {
		char *end = line + strcspn(line, "\n");

		number++;
		/* A backslash at the end joins the next line. */
		while (*end == '\n' && end > line && end[-1] == '\\') {
			end[-1] = *end = ' ';
			end += strcspn(end, "\n");
			number++;
		}
		next = *end == '\0' ? NULL : end + 1;
		*end = '\0';
		line = str_trim(line);
		if (*line != '\0' && *line != '#' &&
		    read_line(rs, line, why, sizeof(why)) == -1) {
			snprintf(error, size, "%s:%u: %s", path, first, why);
			free(text);
			return -1;
		}
		first = number + 1;
	}
	free(text);
	return 0;
}
