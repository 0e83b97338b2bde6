/* SPDX-License-Identifier: EUPL-1.2 */
/* A struct json_doc is jansson's json_t; only this file knows. */
#include "common/json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define PATH_PART_MAX 128

static const json_t *
in(const struct json_doc *d)
{
	return (const json_t *)(const void *)d;
}

static const struct json_doc *
out(const json_t *j)
{
	return (const struct json_doc *)(const void *)j;
}

struct json_doc *
json_read(const char *text, size_t len, char *error, size_t size)
{
	json_error_t e;
	json_t *j =
	    json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);

	if (j == NULL && error != NULL)
		snprintf(error, size, "line %d: %s", e.line, e.text);
	return (struct json_doc *)(void *)j;
}

void
json_free(struct json_doc *d)
{
	json_decref((json_t *)(void *)d);
}

/* One step down: a member's name, or an element's number. */
static const json_t *
step(const json_t *j, const char *part)
{
	char *end;
	unsigned long i;

	if (json_is_object(j))
		return json_object_get(j, part);
	if (!json_is_array(j) || part[0] < '0' || part[0] > '9')
		return NULL;
	i = strtoul(part, &end, 10);
	return *end == '\0' ? json_array_get(j, i) : NULL;
}

const struct json_doc *
json_at(const struct json_doc *d, const char *path)
{
	const json_t *j = in(d);
	char part[PATH_PART_MAX];

	while (j != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		if (n >= sizeof(part))
			return NULL;
		memcpy(part, path, n);
		part[n] = '\0';
		j = step(j, part);
		path += n + (path[n] == '.');
	}
	return out(j);
}

const char *
json_str(const struct json_doc *d, const char *path)
{
	return json_string_value(in(json_at(d, path)));
}

int64_t
json_int(const struct json_doc *d, const char *path, int64_t fallback)
{
	const json_t *j = in(json_at(d, path));

	return json_is_integer(j) ? (int64_t)json_integer_value(j) : fallback;
}

bool
json_bool(const struct json_doc *d, const char *path, bool fallback)
{
	const json_t *j = in(json_at(d, path));

	return json_is_boolean(j) ? json_is_true(j) : fallback;
}

char
json_kind(const struct json_doc *d)
{
	if (d == NULL)
		return 0;
	switch (json_typeof(in(d))) {
	case JSON_OBJECT:
		return 'o';
	case JSON_ARRAY:
		return 'a';
	case JSON_STRING:
		return 's';
	case JSON_INTEGER:
		return 'i';
	case JSON_REAL:
		return 'r';
	case JSON_TRUE:
	case JSON_FALSE:
		return 'b';
	case JSON_NULL:
		return 'n';
	}
	return 0;
}

double
json_number(const struct json_doc *d, double fallback)
{
	return json_is_number(in(d)) ? json_number_value(in(d)) : fallback;
}

size_t
json_count(const struct json_doc *d)
{
	return json_is_object(in(d)) ? json_object_size(in(d))
				     : json_array_size(in(d));
}

const struct json_doc *
json_item(const struct json_doc *d, size_t i)
{
	return out(json_array_get(in(d), i));
}

const struct json_doc *
json_next(const struct json_doc *d, void **iter, const char **key)
{
	json_t *j = (json_t *)(uintptr_t)in(d);

	*iter =
	    *iter == NULL ? json_object_iter(j) : json_object_iter_next(j, *iter);
	if (*iter == NULL)
		return NULL;
	*key = json_object_iter_key(*iter);
	return out(json_object_iter_value(*iter));
}
