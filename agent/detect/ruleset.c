/* SPDX-License-Identifier: EUPL-1.2 */
/* Loading files of rules, sorting and numbering them (engine.md 1.2 point 8). */
#include "agent/detect/ruleset.h"

#include "agent/detect/classes.h"
#include "agent/detect/dataset.h"
#include "agent/detect/parser.h"
#include "agent/detect/prefilter.h"
#include "agent/detect/regex.h"
#include "agent/detect/transform.h"

#include "common/str.h"
#include "common/table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RULES_MAX   (1u << 20)
#define STRINGS_MIN 1024

struct names {
	struct table *ids; /* name -> id + 1 */
	const char **name;
	size_t n;
};

struct ruleset {
	struct lists *lists;
	struct datasets *datasets;
	struct classes *classes;
	bool keep_text;
	const struct ruleset_source *source;
	char *threshold;
	struct rule **rule;
	size_t n, cap;
	struct table *by_sid; /* (gid, sid) -> rule */
	struct ruleset_refusal *refusal;
	size_t refusals, refusals_cap;
	char **string; /* what ruleset_strdup() made */
	size_t strings, strings_cap;
	struct names names[RULESET_NAME_KINDS];
	size_t total, unknown_classes, longest_list;
	struct prefilter *prefilter;
	size_t finished; /* rules that ruleset_finish_some() is done with */
	char line[RULE_TEXT_MAX + 2];
};

/* Suricata's shipped configuration (suricata.yaml, "vars"). */
static const struct {
	const char *name, *value;
} DEFAULTS[] = {
    {"HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]"},
    {"EXTERNAL_NET", "!$HOME_NET"},
    {"HTTP_SERVERS", "$HOME_NET"},
    {"SMTP_SERVERS", "$HOME_NET"},
    {"SQL_SERVERS", "$HOME_NET"},
    {"DNS_SERVERS", "$HOME_NET"},
    {"TELNET_SERVERS", "$HOME_NET"},
    {"AIM_SERVERS", "$EXTERNAL_NET"},
    {"DC_SERVERS", "$HOME_NET"},
    {"DNP3_SERVER", "$HOME_NET"},
    {"DNP3_CLIENT", "$HOME_NET"},
    {"MODBUS_CLIENT", "$HOME_NET"},
    {"MODBUS_SERVER", "$HOME_NET"},
    {"ENIP_CLIENT", "$HOME_NET"},
    {"ENIP_SERVER", "$HOME_NET"},
    {"HTTP_PORTS", "80"},
    {"SHELLCODE_PORTS", "!80"},
    {"ORACLE_PORTS", "1521"},
    {"SSH_PORTS", "22"},
    {"DNP3_PORTS", "20000"},
    {"MODBUS_PORTS", "502"},
    {"FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
    {"FTP_PORTS", "21"},
    {"GENEVE_PORTS", "6081"},
    {"VXLAN_PORTS", "4789"},
    {"TEREDO_PORTS", "3544"},
};

/* --- small things ---------------------------------------------------------- */

char *
ruleset_strdup(struct ruleset *rs, const char *text)
{
	char *copy;

	if (rs->strings == rs->strings_cap) {
		size_t cap =
		    rs->strings_cap == 0 ? STRINGS_MIN : rs->strings_cap * 2;
		char **s = realloc(rs->string, cap * sizeof(*s));

		if (s == NULL)
			return NULL;
		rs->string = s;
		rs->strings_cap = cap;
	}
	if ((copy = strdup(text)) == NULL)
		return NULL;
	rs->string[rs->strings++] = copy;
	return copy;
}

int
ruleset_name_find(
    const struct ruleset *rs, enum ruleset_names kind, const char *name)
{
	void *known = table_get(rs->names[kind].ids, name, strlen(name));

	return (int)((uintptr_t)known - 1);
}

int
ruleset_name_id(struct ruleset *rs, enum ruleset_names kind, const char *name)
{
	struct names *n = &rs->names[kind];
	void *known = table_get(n->ids, name, strlen(name));
	const char **list;
	char *copy;

	if (known != NULL)
		return (int)((uintptr_t)known - 1);
	if (n->n == RULESET_NAMES_MAX ||
	    (list = realloc(n->name, (n->n + 1) * sizeof(*list))) == NULL)
		return -1;
	n->name = list;
	if ((copy = ruleset_strdup(rs, name)) == NULL ||
	    table_put(n->ids, name, strlen(name), (void *)(uintptr_t)(n->n + 1)) ==
		-1)
		return -1;
	list[n->n] = copy;
	return (int)n->n++;
}

size_t
ruleset_names(const struct ruleset *rs, enum ruleset_names kind)
{
	return rs->names[kind].n;
}

const char *
ruleset_name(const struct ruleset *rs, enum ruleset_names kind, size_t id)
{
	return rs->names[kind].name[id];
}

const struct classes *
ruleset_classes(const struct ruleset *rs)
{
	return rs->classes;
}

struct lists *
ruleset_lists(struct ruleset *rs)
{
	return rs->lists;
}

struct datasets *
ruleset_datasets(struct ruleset *rs)
{
	return rs->datasets;
}

const struct ruleset_source *
ruleset_source(const struct ruleset *rs)
{
	return rs->source;
}

void
ruleset_note_class(struct ruleset *rs)
{
	rs->unknown_classes++;
}

size_t
ruleset_unknown_classes(const struct ruleset *rs)
{
	return rs->unknown_classes;
}

struct rule *const *
ruleset_rules(const struct ruleset *rs, size_t *n)
{
	*n = rs->n;
	return rs->rule;
}

size_t
ruleset_longest_list(const struct ruleset *rs)
{
	return rs->longest_list;
}

const struct prefilter *
ruleset_prefilter(const struct ruleset *rs)
{
	return rs->prefilter;
}

const struct rule_meta *
rule_meta(const struct rule *r)
{
	return &r->meta;
}

size_t
ruleset_total(const struct ruleset *rs)
{
	return rs->total;
}

size_t
ruleset_loaded(const struct ruleset *rs)
{
	size_t n = 0;

	for (size_t i = 0; i < rs->n; i++)
		n += !(rs->rule[i]->flags & RULE_REVERSED);
	return n;
}

size_t
ruleset_refusals(const struct ruleset *rs, const struct ruleset_refusal **r)
{
	if (r != NULL)
		*r = rs->refusal;
	return rs->refusals;
}

/* --- rules ----------------------------------------------------------------- */

static void
tests_free(struct test *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(t[i].ids);
	free(t);
}

void
ruleset_rule_free(struct rule *r)
{
	if (r == NULL)
		return;
	if (r->flags & RULE_REVERSED) { /* its twin has what both point to */
		free(r->suppress);
		free(r);
		return;
	}
	for (size_t i = 0; i < r->lists_n; i++) {
		for (size_t k = 0; k < r->list[i].n; k++) {
			struct op *op = &r->list[i].op[k];

			if (op->kind == OP_CONTENT)
				free(op->content.bytes);
			if (op->kind == OP_PCRE)
				regex_free(op->pcre);
			if (op->kind == OP_NUMBER_SET)
				free(op->set.range);
		}
		free(r->list[i].op);
		transform_chain_free(r->list[i].chain);
	}
	free(r->list);
	tests_free(r->test, r->tests_n);
	tests_free(r->post, r->posts_n);
	free(r->tag);
	free(r->event);
	free(r->app_event);
	free(r->suppress);
	free(r);
}

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

/* --- the public side ------------------------------------------------------- */

/* A wrong value is told at once, and not at each rule that uses it. */
static int
check_variable(struct ruleset *rs, const char *set, char *error, size_t size)
{
	char text[66], why[200];
	int n = (int)strcspn(set, "=");

	snprintf(text, sizeof(text), "$%.*s", n, set);
	if (lists_addr(rs->lists, text, why, sizeof(why)) != NULL ||
	    lists_port(rs->lists, text, why, sizeof(why)) != NULL)
		return 0;
	snprintf(error, size,
	    "--set %.*s: neither a list of addresses nor of ports: %.150s", n, set,
	    why);
	return -1;
}

static int
set_variables(
    struct ruleset *rs, const struct ruleset_config *c, char *error, size_t size)
{
	for (size_t i = 0; i < sizeof(DEFAULTS) / sizeof(DEFAULTS[0]); i++)
		if (lists_set(rs->lists, DEFAULTS[i].name, DEFAULTS[i].value, error,
			size) == -1)
			return -1;
	for (size_t i = 0; i < c->sets_n; i++) {
		char name[64];
		const char *equal = strchr(c->sets[i], '=');
		size_t n = equal == NULL ? 0 : (size_t)(equal - c->sets[i]);

		if (n == 0 || n >= sizeof(name)) {
			snprintf(error, size, "--set \"%.60s\": it is NAME=VALUE",
			    c->sets[i]);
			return -1;
		}
		memcpy(name, c->sets[i], n);
		name[n] = '\0';
		if (lists_set(rs->lists, name, equal + 1, error, size) == -1)
			return -1;
	}
	for (size_t i = 0; i < c->sets_n; i++)
		if (check_variable(rs, c->sets[i], error, size) == -1)
			return -1;
	return 0;
}

struct ruleset *
ruleset_new(const struct ruleset_config *c, char *error, size_t size)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (rs == NULL || (rs->lists = lists_new()) == NULL ||
	    (rs->datasets = datasets_new(c->source)) == NULL ||
	    (rs->by_sid = table_new(RULES_MAX, NULL)) == NULL)
		goto no_memory;
	for (int i = 0; i < RULESET_NAME_KINDS; i++)
		if ((rs->names[i].ids = table_new(RULESET_NAMES_MAX, NULL)) == NULL)
			goto no_memory;
	rs->keep_text = c->keep_text;
	rs->source = c->source;
	if (c->threshold != NULL && (rs->threshold = strdup(c->threshold)) == NULL)
		goto no_memory;
	if ((rs->classes = classes_new(
		 c->classification, c->source, error, size)) == NULL ||
	    set_variables(rs, c, error, size) == -1)
		goto fail;
	return rs;

no_memory:
	snprintf(error, size, "rules: %s", strerror(errno));
fail:
	ruleset_free(rs);
	return NULL;
}

void
ruleset_free(struct ruleset *rs)
{
	if (rs == NULL)
		return;
	prefilter_free(rs->prefilter);
	for (size_t i = 0; i < rs->n; i++)
		ruleset_rule_free(rs->rule[i]);
	free(rs->rule);
	free(rs->refusal);
	for (size_t i = 0; i < rs->strings; i++)
		free(rs->string[i]);
	free(rs->string);
	for (int i = 0; i < RULESET_NAME_KINDS; i++) {
		table_free(rs->names[i].ids);
		free(rs->names[i].name);
	}
	table_free(rs->by_sid);
	lists_free(rs->lists);
	datasets_free(rs->datasets);
	classes_free(rs->classes);
	free(rs->threshold);
	free(rs);
}

int
ruleset_load(struct ruleset *rs, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		return -1;
	return S_ISDIR(st.st_mode) ? load_folder(rs, path) : load_file(rs, path);
}

/* pass before drop before reject before alert. */
static int
action_rank(enum rule_action a)
{
	static const int RANK[] = {[RULE_PASS] = 0,
	    [RULE_DROP] = 1,
	    [RULE_REJECT] = 2,
	    [RULE_ALERT] = 3,
	    [RULE_CONFIG] = 4};

	return RANK[a];
}

static int
evaluation_cmp(const void *pa, const void *pb)
{
	const struct rule *a = *(struct rule *const *)pa,
			  *b = *(struct rule *const *)pb;
	int d = action_rank(a->meta.action) - action_rank(b->meta.action);

	for (size_t i = 0; d == 0 && i < sizeof(a->roles); i++)
		d = a->roles[i] - b->roles[i];
	if (d == 0)
		d = a->meta.priority - b->meta.priority;
	if (d == 0)
		d = a->order < b->order ? -1 : a->order > b->order;
	return d;
}

/* Rules looked at in one go: a millisecond. */
#define FINISH_AT_ONCE 4096

static int
begin_finish(struct ruleset *rs, char *error, size_t size)
{
	if (rs->threshold != NULL &&
	    ruleset_threshold_file(rs, rs->threshold, error, size) == -1)
		return -1;
	if (rs->n > 0)
		qsort(rs->rule, rs->n, sizeof(*rs->rule), evaluation_cmp);
	rs->prefilter = prefilter_new(rs->rule, rs->n, rs->source);
	snprintf(error, size, "rules: %s", strerror(errno));
	return rs->prefilter == NULL ? -1 : 1;
}

int
ruleset_finish_some(struct ruleset *rs, char *error, size_t size)
{
	size_t end = rs->n - rs->finished > FINISH_AT_ONCE
	    ? rs->finished + FINISH_AT_ONCE
	    : rs->n;

	if (rs->prefilter == NULL)
		return begin_finish(rs, error, size);
	if (rs->finished == rs->n)
		return prefilter_build_some(rs->prefilter, error, size);
	for (; rs->finished < end; rs->finished++) {
		struct rule *r = rs->rule[rs->finished];

		r->number = (uint32_t)rs->finished;
		ruleset_choose_fast(r);
		for (size_t k = 0; k < r->lists_n; k++)
			if (r->list[k].n > rs->longest_list)
				rs->longest_list = r->list[k].n;
	}
	return 1;
}

int
ruleset_finish(struct ruleset *rs, char *error, size_t size)
{
	int more;

	while ((more = ruleset_finish_some(rs, error, size)) == 1)
		;
	return more;
}

int
ruleset_free_some(struct ruleset *rs)
{
	size_t n = rs->n > FINISH_AT_ONCE ? rs->n - FINISH_AT_ONCE : 0;

	if (rs->prefilter != NULL) {
		prefilter_free(rs->prefilter);
		rs->prefilter = NULL;
		return 1;
	}
	while (rs->n > n)
		ruleset_rule_free(rs->rule[--rs->n]);
	if (rs->n > 0)
		return 1;
	ruleset_free(rs);
	return 0;
}

void
ruleset_inherit(struct ruleset *to, struct ruleset *from)
{
	datasets_inherit(to->datasets, from->datasets);
}

static int
load_order_cmp(const void *pa, const void *pb)
{
	const struct rule *a = *(struct rule *const *)pa,
			  *b = *(struct rule *const *)pb;

	return a->order < b->order ? -1 : a->order > b->order;
}

int
ruleset_texts(const struct ruleset *rs, ruleset_text_fn *fn, void *arg)
{
	struct rule **rule = malloc((rs->n + 1) * sizeof(*rule));
	int rc = 0;

	if (rule == NULL)
		return -1;
	if (rs->n > 0)
		memcpy(rule, rs->rule, rs->n * sizeof(*rule));
	qsort(rule, rs->n, sizeof(*rule), load_order_cmp);
	for (size_t i = 0; i < rs->n && rc == 0; i++)
		if (!(rule[i]->flags & RULE_REVERSED))
			rc = fn(arg, rule[i]->file, rule[i]->meta.text);
	free(rule);
	return rc;
}
