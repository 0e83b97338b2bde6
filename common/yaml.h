/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * YAML into a bounded tree, through libyaml's event API (met only here).  Depth,
 * size and repeated keys are checked here; anchors, aliases and tags are refused.
 * Every node knows its line, so that a complaint can name it.
 */
#ifndef COMMON_YAML_H
#define COMMON_YAML_H

#include <stdbool.h>
#include <stddef.h>

#define YAML_DEPTH_MAX 64
#define YAML_FILE_MAX  (4u << 20)
#define YAML_NODES_MAX 200000

enum yaml_kind {
	YAML_SCALAR,
	YAML_LIST,
	YAML_MAP
};

struct yaml_node {
	enum yaml_kind kind;
	unsigned line;		 /* from 1 */
	const char *key;	 /* in a map; else NULL */
	const char *text;	 /* of a scalar */
	bool plain;		 /* scalar without quotes: may mean null, true, 3 */
	struct yaml_node *child; /* first of a list or map */
	struct yaml_node *next;	 /* sibling */
};

struct yaml_doc;
struct yaml_error {
	unsigned line;
	char text[200];
};

/* Documents of a stream, in order; NULL with *e filled.  Free with yaml_free(). */
struct yaml_doc *yaml_parse(const char *text, size_t len, struct yaml_error *e);
/* The same from a file; e->line is 0 when the file itself could not be read. */
struct yaml_doc *yaml_parse_file(const char *path, struct yaml_error *e);
void yaml_free(struct yaml_doc *d);
size_t yaml_count(const struct yaml_doc *d);
const struct yaml_node *yaml_root(const struct yaml_doc *d, size_t i);

/* In a map; NULL if absent or n is no map. */
const struct yaml_node *yaml_get(const struct yaml_node *n, const char *key);
/* The scalar's text, or fallback. */
const char *yaml_text(
    const struct yaml_node *n, const char *key, const char *fallback);
/* A plain scalar that means null ("", ~, null). */
bool yaml_is_null(const struct yaml_node *n);

#endif
