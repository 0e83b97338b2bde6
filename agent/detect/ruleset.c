/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A set of rules: its variables, names and texts.  Rules come in by ruleset_load.c;
 * sorting and numbering them is ruleset_finish.c.
 */
#include "agent/detect/ruleset_private.h"

#include "agent/detect/classes.h"
#include "agent/detect/dataset.h"
#include "agent/detect/prefilter.h"
#include "agent/detect/regex.h"
#include "agent/detect/reputation.h"
#include "agent/detect/transform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RULES_MAX   (1u << 20)
#define STRINGS_MIN 1024
/* Places for texts that rules share; half of them are used. */
#define SHARED_PLACES (1u << 16)

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

/*
 * One block, and no copies of keys: what is freed between rules that stay would be
 * filled by the next set's, and then neither's memory could be given back.
 */
const char *
ruleset_share(struct ruleset *rs, const char *text)
{
	size_t at = table_hash(text, strlen(text)) % SHARED_PLACES;
	const char *copy;

	if (rs->shared == NULL || rs->shared_n == SHARED_PLACES / 2)
		return ruleset_strdup(rs, text);
	for (; rs->shared[at] != NULL; at = (at + 1) % SHARED_PLACES)
		if (strcmp(rs->shared[at], text) == 0)
			return rs->shared[at];
	if ((copy = ruleset_strdup(rs, text)) != NULL) {
		rs->shared[at] = copy;
		rs->shared_n++;
	}
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

const struct reputation *
ruleset_reputation(const struct ruleset *rs)
{
	return rs->reputation;
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

static int
read_reputation(
    struct ruleset *rs, const struct ruleset_config *c, char *error, size_t size)
{
	if (c->iprep_categories == NULL && c->iprep_n == 0)
		return 0;
	if (c->iprep_categories == NULL) {
		snprintf(error, size,
		    "%.200s: a list of reputations needs its categories; give "
		    "--iprep-categories",
		    c->iprep[0]);
		return -1;
	}
	return (rs->reputation = reputation_new(c, error, size)) == NULL ? -1 : 0;
}

struct ruleset *
ruleset_new(const struct ruleset_config *c, char *error, size_t size)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (rs == NULL || (rs->lists = lists_new()) == NULL ||
	    (rs->datasets = datasets_new(c->source)) == NULL ||
	    (rs->shared = calloc(SHARED_PLACES, sizeof(*rs->shared))) == NULL ||
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
	    read_reputation(rs, c, error, size) == -1 ||
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
	free(rs->shared);
	lists_free(rs->lists);
	datasets_free(rs->datasets);
	classes_free(rs->classes);
	reputation_free(rs->reputation);
	free(rs->threshold);
	free(rs);
}
