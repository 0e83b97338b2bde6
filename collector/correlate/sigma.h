/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Sigma (specification 2.1.0): detection and correlation documents, read into
 * rules that records are held against.  What we do not support is refused by
 * name, with its line; nothing is skipped in silence.  docs/sigma.md is the manual.
 */
#ifndef COLLECTOR_CORRELATE_SIGMA_H
#define COLLECTOR_CORRELATE_SIGMA_H

#include "collector/correlate/fields.h"
#include "collector/limits.h"
#include "common/addr.h"
#include "common/yaml.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event;
struct sigma_regex;

/* A text pattern: code points, folded unless cased, with these beside them. */
#define SIGMA_ANY  0x110000u /* "*" */
#define SIGMA_ONE  0x110001u /* "?" */
#define SIGMA_DASH 0x110002u /* any of - / and the three long dashes (windash) */

struct sigma_pattern {
	const uint32_t *code;
	size_t len;
};

enum sigma_kind {
	SIGMA_TEXT,   /* one of the patterns matches the whole value */
	SIGMA_NUMBER, /* plain number: equal as a number, or as text */
	SIGMA_NULL,   /* absent, or JSON null */
	SIGMA_RE,
	SIGMA_CIDR,
	SIGMA_COMPARE,
	SIGMA_EXISTS,
	SIGMA_FIELDREF,
};

enum sigma_compare {
	SIGMA_LT,
	SIGMA_LTE,
	SIGMA_GT,
	SIGMA_GTE
};

struct sigma_value {
	enum sigma_kind kind;
	struct sigma_pattern pattern[3]; /* three for base64offset */
	unsigned patterns;
	double number;
	enum sigma_compare compare;
	bool flag; /* of exists */
	struct addr net;
	unsigned bits;
	const struct sigma_regex *regex;
	struct field_ref other; /* of fieldref */
};

/* One field (or, for a keyword, the whole record) against its values. */
struct sigma_item {
	struct field_ref field;
	bool keyword;
	bool all; /* every value must match, not one */
	bool negate;
	bool cased;
	const struct sigma_value *value;
	size_t values;
	unsigned line;
};

struct sigma_map { /* every item must match */
	const struct sigma_item *item;
	size_t items;
};

struct sigma_selection { /* one of the maps must match */
	const char *name;
	unsigned line;
	const struct sigma_map *map;
	size_t maps;
};

/* The condition in reverse Polish order; masks are over the selections. */
enum sigma_opcode {
	SIGMA_OP_ANY,
	SIGMA_OP_ALL,
	SIGMA_OP_NOT,
	SIGMA_OP_AND,
	SIGMA_OP_OR
};

struct sigma_op {
	enum sigma_opcode code;
	uint64_t mask;
};

enum sigma_level {
	SIGMA_INFORMATIONAL,
	SIGMA_LOW,
	SIGMA_MEDIUM,
	SIGMA_HIGH,
	SIGMA_CRITICAL,
	SIGMA_LEVELS,
};

const char *sigma_level_name(enum sigma_level l);

enum sigma_type {
	SIGMA_EVENT_COUNT,
	SIGMA_VALUE_COUNT
};

const char *sigma_type_name(enum sigma_type t);

struct sigma_rule;

/* group-by: the field's name as written, and where it is in the records of each
 * rule. */
struct sigma_group {
	const char *name;
	const struct field_ref *field; /* one a rule of the correlation */
};

/* In the records of this rule, the alias stands for this field. */
struct sigma_alias {
	const char *alias, *rule, *field;
};

struct sigma_correlation {
	enum sigma_type type;
	const struct sigma_rule **rule;
	const char *const *rule_name; /* as written, until resolved */
	size_t rules;
	struct sigma_group *group;
	size_t groups;
	struct sigma_group *value; /* value_count: what is counted */
	size_t value_fields;
	int64_t timespan_us;
	uint64_t at_least; /* fires when the count is this or more */
	bool generate;
	const struct sigma_alias *alias;
	size_t aliases;
};

struct sigma_rule {
	const char *file;
	unsigned line;
	unsigned index;		       /* in the set */
	const char *title, *id, *name; /* id and name may be NULL */
	const char *title_nl;	       /* our own key; NULL: none */
	const char *key;	       /* id, name or file: what it is known by */
	uint32_t sid;		       /* stable, from key */
	enum sigma_level level;
	const char *const *attack; /* "T1110", upper case */
	size_t attacks;
	bool silent; /* part of a correlation without "generate" */

	/* a detection */
	struct logsource source;
	const struct sigma_selection *selection;
	size_t selections;
	const struct sigma_op *op;
	size_t ops;

	/* a correlation; NULL for a detection */
	struct sigma_correlation *correlation;
};

struct sigma_set;

/* One complaint: where, what, what to do. */
typedef void sigma_error_fn(
    void *arg, const char *file, unsigned line, const char *text);

/* NULL with errno. */
struct sigma_set *sigma_new(void);
void sigma_free(struct sigma_set *s);

/*
 * Read the documents of a file, or of every *.yml and *.yaml in a folder in the
 * order of their names.  A document that is refused is told to fn and left out.
 * Returns how many were refused; -1 when the path cannot be read (told to fn).
 */
int sigma_load(
    struct sigma_set *s, const char *path, sigma_error_fn *fn, void *arg);
/* The same from memory; file is what complaints name. */
int sigma_load_text(struct sigma_set *s, const char *file, const char *text,
    size_t len, sigma_error_fn *fn, void *arg);
/* After the last load: tie correlations to their rules.  Returns how many are
 * refused. */
int sigma_link(struct sigma_set *s, sigma_error_fn *fn, void *arg);

size_t sigma_count(const struct sigma_set *s);
const struct sigma_rule *sigma_at(const struct sigma_set *s, size_t i);

/* Does the record match the detection?  Counts regex searches that hit their limit.
 */
bool sigma_match(
    const struct sigma_rule *r, const struct event *e, uint64_t *regex_limits);

#endif
