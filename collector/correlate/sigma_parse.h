/* SPDX-License-Identifier: EUPL-1.2 */
/* Between the files that read Sigma documents; nobody else includes this. */
#ifndef COLLECTOR_CORRELATE_SIGMA_PARSE_H
#define COLLECTOR_CORRELATE_SIGMA_PARSE_H

#include "collector/correlate/sigma.h"

/* One document being read: its memory is the set's, its first complaint is kept. */
struct sigma_parse {
	struct sigma_set *set;
	const char *file;
	unsigned line;
	char error[300];
	bool failed;
};

/* Zeroed; lives as long as the set.  NULL (and a complaint) when memory ran out. */
void *sigma_alloc(struct sigma_parse *p, size_t n, size_t size);
const char *sigma_copy(struct sigma_parse *p, const char *text);
/* The set frees the regex. */
int sigma_keep_regex(struct sigma_parse *p, struct sigma_regex *r);
/* Keep the first complaint of the document; always -1. */
int sigma_fail(struct sigma_parse *p, unsigned line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The field's place, copied into the set; -1 and a complaint when there is none. */
int sigma_field(
    struct sigma_parse *p, unsigned line, const char *name, struct field_ref *f);

/* "field|modifier|modifier": value(s).  node->key is NULL for a keyword. */
int sigma_value_item(
    struct sigma_parse *p, const struct yaml_node *node, struct sigma_item *item);
int sigma_detection_read(
    struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r);
int sigma_condition_read(
    struct sigma_parse *p, const struct yaml_node *condition, struct sigma_rule *r);
int sigma_correlation_read(
    struct sigma_parse *p, const struct yaml_node *doc, struct sigma_rule *r);
/* Find the rules it names, and their fields. */
int sigma_correlation_link(struct sigma_parse *p, struct sigma_rule *r);
struct sigma_rule *sigma_find(struct sigma_set *s, const char *name);

#endif
