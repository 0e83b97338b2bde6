/* SPDX-License-Identifier: EUPL-1.2 */
#include "common/yaml.h"
#include "common/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define DOCS_MAX    1024 /* a Sigma file with more documents is a mistake */
#define CHUNK_BYTES (64 * 1024)

/* All nodes and texts of a stream live in chunks that are freed together. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	char bytes[];
};

struct yaml_doc {
	struct chunk *chunks;
	struct yaml_node *root[DOCS_MAX];
	size_t count, nodes;
};

struct level {
	struct yaml_node *node;
	struct yaml_node *last;
	const char *key; /* of a map: read, its value not yet */
};

struct builder {
	yaml_parser_t parser;
	struct yaml_doc *doc;
	struct yaml_error *e;
	struct level level[YAML_DEPTH_MAX];
	size_t depth;
};

static void *
take(struct yaml_doc *d, size_t n)
{
	struct chunk *c = d->chunks;
	size_t size;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (c == NULL || n > c->size - c->used) {
		size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
		if ((c = malloc(sizeof(*c) + size)) == NULL)
			return NULL;
		*c = (struct chunk){.next = d->chunks, .size = size};
		d->chunks = c;
	}
	p = c->bytes + c->used;
	c->used += n;
	return memset(p, 0, n);
}

static int
complain(struct builder *b, size_t line0, const char *text)
{
	b->e->line = (unsigned)line0 + 1;
	str_copy(b->e->text, sizeof(b->e->text), text);
	return -1;
}

static char *
take_text(struct builder *b, const yaml_event_t *ev)
{
	size_t len = ev->data.scalar.length;
	char *p = take(b->doc, len + 1);

	if (p != NULL)
		memcpy(p, ev->data.scalar.value, len);
	return p;
}

static bool
has_key(const struct yaml_node *map, const char *key)
{
	for (const struct yaml_node *n = map->child; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return true;
	return false;
}

/* Hang a new node where we are: the root, in a list, or under a map's pending key.
 */
static struct yaml_node *
add_node(struct builder *b, enum yaml_kind kind, size_t line0)
{
	struct level *at = b->depth > 0 ? &b->level[b->depth - 1] : NULL;
	struct yaml_node *n;

	if (b->doc->nodes++ >= YAML_NODES_MAX) {
		complain(b, line0, "too many values; split the file");
		return NULL;
	}
	if ((n = take(b->doc, sizeof(*n))) == NULL) {
		complain(b, line0, "out of memory");
		return NULL;
	}
	n->kind = kind;
	n->line = (unsigned)line0 + 1;
	if (at == NULL) {
		b->doc->root[b->doc->count - 1] = n;
		return n;
	}
	if (at->node->kind == YAML_MAP) {
		n->key = at->key;
		at->key = NULL;
	}
	if (at->last == NULL)
		at->node->child = n;
	else
		at->last->next = n;
	at->last = n;
	return n;
}

static int
on_key(struct builder *b, struct level *at, const yaml_event_t *ev, size_t line0)
{
	char text[160];

	if (ev->type != YAML_SCALAR_EVENT)
		return complain(b, line0, "a key must be plain text");
	if (strlen((const char *)ev->data.scalar.value) != ev->data.scalar.length)
		return complain(b, line0, "a key holds a zero byte");
	if ((at->key = take_text(b, ev)) == NULL)
		return complain(b, line0, "out of memory");
	if (has_key(at->node, at->key)) {
		snprintf(text, sizeof(text),
		    "key \"%.100s\" is there twice; keep one", at->key);
		return complain(b, line0, text);
	}
	return 0;
}

static int
on_scalar(struct builder *b, const yaml_event_t *ev, size_t line0)
{
	struct yaml_node *n = add_node(b, YAML_SCALAR, line0);

	if (n == NULL)
		return -1;
	if (strlen((const char *)ev->data.scalar.value) != ev->data.scalar.length)
		return complain(b, line0, "a value holds a zero byte");
	n->plain = ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if ((n->text = take_text(b, ev)) == NULL)
		return complain(b, line0, "out of memory");
	return 0;
}

static int
on_open(struct builder *b, enum yaml_kind kind, size_t line0)
{
	struct yaml_node *n;

	if (b->depth == YAML_DEPTH_MAX)
		return complain(b, line0, "nested too deep");
	if ((n = add_node(b, kind, line0)) == NULL)
		return -1;
	b->level[b->depth++] = (struct level){.node = n};
	return 0;
}

static int
on_document(struct builder *b, size_t line0)
{
	if (b->doc->count == DOCS_MAX)
		return complain(b, line0, "too many documents; split the file");
	b->doc->count++;
	b->depth = 0;
	return 0;
}

static bool
has_anchor_or_tag(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return ev->data.scalar.anchor != NULL ||
		    ev->data.scalar.tag != NULL;
	case YAML_SEQUENCE_START_EVENT:
		return ev->data.sequence_start.anchor != NULL ||
		    ev->data.sequence_start.tag != NULL;
	case YAML_MAPPING_START_EVENT:
		return ev->data.mapping_start.anchor != NULL ||
		    ev->data.mapping_start.tag != NULL;
	default:
		return false;
	}
}

static int
on_event(struct builder *b, const yaml_event_t *ev)
{
	size_t line0 = ev->start_mark.line;
	struct level *at = b->depth > 0 ? &b->level[b->depth - 1] : NULL;

	if (has_anchor_or_tag(ev))
		return complain(
		    b, line0, "anchors, aliases and tags are not used here");
	if (at != NULL && at->node->kind == YAML_MAP && at->key == NULL &&
	    ev->type != YAML_MAPPING_END_EVENT)
		return on_key(b, at, ev, line0);
	switch (ev->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, line0);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, ev, line0);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, YAML_LIST, line0);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, YAML_MAP, line0);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		return 0;
	default:
		return 0;
	}
}

static int
read_stream(struct builder *b)
{
	yaml_event_t ev;
	bool end = false;
	int rc = 0;

	while (!end && rc == 0) {
		if (!yaml_parser_parse(&b->parser, &ev))
			return complain(b, b->parser.problem_mark.line,
			    b->parser.problem != NULL ? b->parser.problem
						      : "not YAML");
		end = ev.type == YAML_STREAM_END_EVENT;
		rc = on_event(b, &ev);
		yaml_event_delete(&ev);
	}
	return rc;
}

/*
 * libyaml takes quadratic time on deep flow nesting before we see an event, so
 * brackets are counted first.  Brackets in quoted text count too: a file with so
 * many that never close is not worth reading.
 */
static bool
nested_too_deep(const char *text, size_t len)
{
	long depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '[' || text[i] == '{')
			depth++;
		else if ((text[i] == ']' || text[i] == '}') && depth > 0)
			depth--;
		if (depth > 16 * YAML_DEPTH_MAX)
			return true;
	}
	return false;
}

struct yaml_doc *
yaml_parse(const char *text, size_t len, struct yaml_error *e)
{
	struct builder *b = calloc(1, sizeof(*b));
	struct yaml_doc *d = calloc(1, sizeof(*d));
	int rc = -1;

	*e = (struct yaml_error){0};
	if (b == NULL || d == NULL || !yaml_parser_initialize(&b->parser)) {
		str_copy(e->text, sizeof(e->text), "out of memory");
		goto done;
	}
	b->doc = d;
	b->e = e;
	if (len > YAML_FILE_MAX)
		rc = complain(b, 0, "file is too large");
	else if (nested_too_deep(text, len))
		rc = complain(b, 0, "nested too deep");
	else {
		yaml_parser_set_input_string(
		    &b->parser, (const unsigned char *)text, len);
		rc = read_stream(b);
	}
	yaml_parser_delete(&b->parser);
done:
	free(b);
	if (rc == 0)
		return d;
	yaml_free(d);
	return NULL;
}

struct yaml_doc *
yaml_parse_file(const char *path, struct yaml_error *e)
{
	struct yaml_doc *d;
	size_t len;
	char *text;

	*e = (struct yaml_error){0};
	if ((text = str_read_file(path, YAML_FILE_MAX, &len)) == NULL) {
		str_copy(e->text, sizeof(e->text), strerror(errno));
		return NULL;
	}
	d = yaml_parse(text, len, e);
	free(text);
	return d;
}

void
yaml_free(struct yaml_doc *d)
{
	struct chunk *c, *next;

	if (d == NULL)
		return;
	for (c = d->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	free(d);
}

size_t
yaml_count(const struct yaml_doc *d)
{
	return d->count;
}

const struct yaml_node *
yaml_root(const struct yaml_doc *d, size_t i)
{
	return i < d->count ? d->root[i] : NULL;
}

const struct yaml_node *
yaml_get(const struct yaml_node *n, const char *key)
{
	if (n == NULL || n->kind != YAML_MAP)
		return NULL;
	for (n = n->child; n != NULL; n = n->next)
		if (strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *
yaml_text(const struct yaml_node *n, const char *key, const char *fallback)
{
	const struct yaml_node *v = yaml_get(n, key);

	return v != NULL && v->kind == YAML_SCALAR ? v->text : fallback;
}

bool
yaml_is_null(const struct yaml_node *n)
{
	return n != NULL && n->kind == YAML_SCALAR && n->plain &&
	    (n->text[0] == '\0' || strcmp(n->text, "~") == 0 ||
		strcmp(n->text, "null") == 0 || strcmp(n->text, "Null") == 0 ||
		strcmp(n->text, "NULL") == 0);
}
