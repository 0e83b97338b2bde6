/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Variables, and address and port lists, each kept once.  lists_read.c reads their
 * text, ranges.c computes with them.
 */
#include "agent/detect/lists.h"

#include "agent/detect/lists_read.h"
#include "common/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A rule's text is at most 8 KiB; variables may be longer lists. */
#define LISTS_VARS_MAX 4096
#define LISTS_SETS_MAX (256u * 1024)

struct lists {
	struct table *vars;	     /* name -> text */
	struct table *addrs, *ports; /* text -> set */
};

static void
addr_set_free(void *p)
{
	struct addr_set *s = p;

	if (s == NULL)
		return;
	free(s->v4.r);
	free(s->v6.r);
	free(s);
}

static void
port_set_free(void *p)
{
	struct port_set *s = p;

	if (s == NULL)
		return;
	free(s->r.r);
	free(s);
}

struct lists *
lists_new(void)
{
	struct lists *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	if ((l->vars = table_new(LISTS_VARS_MAX, free)) == NULL ||
	    (l->addrs = table_new(LISTS_SETS_MAX, addr_set_free)) == NULL ||
	    (l->ports = table_new(LISTS_SETS_MAX, port_set_free)) == NULL) {
		lists_free(l);
		return NULL;
	}
	return l;
}

void
lists_free(struct lists *l)
{
	if (l == NULL)
		return;
	table_free(l->vars);
	table_free(l->addrs);
	table_free(l->ports);
	free(l);
}

int
lists_set(
    struct lists *l, const char *name, const char *value, char *error, size_t size)
{
	size_t len = strlen(name);
	char *copy;

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			len = 0;
	if (len == 0 || len >= LISTS_READ_ITEM_MAX) {
		snprintf(error, size,
		    "\"%.60s\" is no variable name (letters, digits and _)", name);
		return -1;
	}
	free(table_take(l->vars, name, len));
	if ((copy = strdup(value)) == NULL ||
	    table_put(l->vars, name, len, copy) == -1) {
		free(copy);
		snprintf(error, size, "variable %s: %s", name, strerror(errno));
		return -1;
	}
	return 0;
}

const struct addr_set *
lists_addr(struct lists *l, const char *text, char *error, size_t size)
{
	struct lists_read q = {.vars = l->vars, .error = error, .error_size = size};
	struct list_ranges out[FAMILIES] = {{NULL, 0, 0}, {NULL, 0, 0}};
	struct addr_set *s = table_get(l->addrs, text, strlen(text));

	if (s != NULL)
		return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		goto fail;
	if (lists_read_text(&q, text, out) == -1)
		goto fail;
	s->v4 = out[FAMILY_V4];
	s->v6 = out[FAMILY_V6];
	s->any = ranges_full(&s->v4, lists_read_max[FAMILY_V4]) &&
	    ranges_full(&s->v6, lists_read_max[FAMILY_V6]);
	s->negated = q.negated;
	if (table_put(l->addrs, text, strlen(text), s) == -1) {
		addr_set_free(s);
		return NULL;
	}
	return s;

fail:
	free(out[FAMILY_V4].r);
	free(out[FAMILY_V6].r);
	free(s);
	return NULL;
}

const struct port_set *
lists_port(struct lists *l, const char *text, char *error, size_t size)
{
	struct lists_read q = {
	    .vars = l->vars, .ports = true, .error = error, .error_size = size};
	struct list_ranges out[FAMILIES] = {{NULL, 0, 0}, {NULL, 0, 0}};
	struct port_set *s = table_get(l->ports, text, strlen(text));

	if (s != NULL)
		return s;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		goto fail;
	if (lists_read_text(&q, text, out) == -1)
		goto fail;
	s->r = out[0];
	s->any = ranges_full(&s->r, (struct list_key){0, 65535});
	if (table_put(l->ports, text, strlen(text), s) == -1) {
		port_set_free(s);
		return NULL;
	}
	return s;

fail:
	free(out[0].r);
	free(s);
	return NULL;
}

bool
lists_has_addr(const struct addr_set *s, const struct addr *a)
{
	if (s->any)
		return true;
	if (a->family == 0)
		return false;
	return ranges_have(a->family == 4 ? &s->v4 : &s->v6, ranges_key(a));
}

bool
lists_has_port(const struct port_set *s, uint16_t port)
{
	return s->any || ranges_have(&s->r, (struct list_key){0, port});
}
