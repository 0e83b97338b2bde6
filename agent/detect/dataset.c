/* SPDX-License-Identifier: EUPL-1.2 */
/* Sets of values: one table each, keyed by the value as it is compared. */
#include "agent/detect/dataset.h"

#include "agent/detect/base64.h"
#include "agent/detect/source.h"
#include "agent/limits.h"

#include "common/addr.h"
#include "common/str.h"
#include "common/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dataset {
	enum dataset_type type;
	char *load;	      /* NULL: no file */
	struct table *values; /* value -> reputation + 1 */
	uint64_t bytes, memcap;
	bool first_word;
};

struct datasets {
	struct table *sets; /* name -> dataset */
	const struct ruleset_source *source;
};

static const size_t VALUE_LEN[] = {
    [DATASET_STRING] = 0,
    [DATASET_MD5] = 16,
    [DATASET_SHA1] = 20,
    [DATASET_SHA256] = 32,
    [DATASET_IPV4] = 4,
    [DATASET_IP] = 16,
};

static void
dataset_free(void *set)
{
	struct dataset *s = set;

	if (s == NULL)
		return;
	table_free(s->values);
	free(s->load);
	free(s);
}

struct datasets *
datasets_new(const struct ruleset_source *source)
{
	struct datasets *s = calloc(1, sizeof(*s));

	if (s == NULL ||
	    (s->sets = table_new(DATASETS_MAX, dataset_free)) == NULL) {
		free(s);
		return NULL;
	}
	s->source = source;
	return s;
}

void
datasets_free(struct datasets *s)
{
	if (s == NULL)
		return;
	table_free(s->sets);
	free(s);
}

/* --- values ------------------------------------------------------------------- */

/* As the type compares it: IPv4 as IPv4-mapped (RFC 4291, section 2.5.5.2). */
static bool
key_of(const struct dataset *s, struct span v, uint8_t mapped[16], struct span *key)
{
	size_t len = VALUE_LEN[s->type];

	*key = v;
	if (s->type == DATASET_IP && v.len == 4) {
		memset(mapped, 0, 10);
		memset(mapped + 10, 0xff, 2);
		memcpy(mapped + 12, v.p, 4);
		*key = (struct span){mapped, 16};
	}
	return v.len > 0 && (len == 0 || key->len == len);
}

bool
dataset_has(const struct dataset *s, struct span value, uint16_t *rep)
{
	uint8_t mapped[16];
	struct span key;
	void *at;

	if (!key_of(s, value, mapped, &key) ||
	    (at = table_get(s->values, key.p, key.len)) == NULL)
		return false;
	if (rep != NULL)
		*rep = (uint16_t)((uintptr_t)at - 1);
	return true;
}

/* 1: it is new, 0: there already, -1: no room. */
static int
put(struct dataset *s, struct span value, uint16_t rep)
{
	uint8_t mapped[16];
	struct span key;
	uint64_t cost;

	if (!key_of(s, value, mapped, &key))
		return -1;
	cost = key.len + DATASET_VALUE_COST;
	if (table_get(s->values, key.p, key.len) != NULL)
		return 0;
	if (s->bytes + cost > s->memcap ||
	    table_put(s->values, key.p, key.len, (void *)(uintptr_t)(rep + 1u)) ==
		-1)
		return -1;
	s->bytes += cost;
	return 1;
}

bool
dataset_add(struct dataset *s, struct span value)
{
	return put(s, value, 0) == 1;
}

bool
dataset_remove(struct dataset *s, struct span value)
{
	uint8_t mapped[16];
	struct span key;

	if (!key_of(s, value, mapped, &key) ||
	    table_take(s->values, key.p, key.len) == NULL)
		return false;
	s->bytes -= key.len + DATASET_VALUE_COST;
	return true;
}

/* --- files -------------------------------------------------------------------- */

/* Text of a line into bytes, in place of it; -1: it is no such value. */
static ssize_t
value_of(enum dataset_type type, char *text, uint8_t out[16])
{
	size_t len = strlen(text);
	struct addr a;

	if (type == DATASET_STRING) {
		size_t letters = strcspn(text, "=");
		size_t n = base64_decode(
		    (struct span){(uint8_t *)text, letters}, (uint8_t *)text);

		return n > 0 && n == letters * 3 / 4 ? (ssize_t)n : -1;
	}
	if (type == DATASET_MD5 || type == DATASET_SHA1 || type == DATASET_SHA256) {
		int n = str_unhex(text, len, (uint8_t *)text, len / 2);

		return n == (int)VALUE_LEN[type] ? n : -1;
	}
	if (addr_parse(text, &a) == -1 || (type == DATASET_IPV4 && a.family != 4))
		return -1;
	memcpy(out, a.b, 16);
	return a.family == 4 ? 4 : 16;
}

/* "value" or "value,reputation". */
static int
load_line(struct dataset *s, char *line, char *error, size_t size)
{
	char *comma = s->first_word ? NULL : strchr(line, ',');
	uint8_t address[16];
	int64_t rep = 0;
	ssize_t n;
	struct span v;

	if (s->first_word)
		line[strcspn(line, " \t,;")] = '\0';
	if (comma != NULL) {
		*comma = '\0';
		if (str_i64(str_trim(comma + 1), 0, UINT16_MAX, &rep) == -1) {
			snprintf(error, size, "its reputation is not 0 to 65535");
			return -1;
		}
	}
	line = str_trim(line);
	if ((n = value_of(s->type, line, address)) == -1) {
		snprintf(error, size, "is not a value of the set's type");
		return -1;
	}
	v.p = s->type == DATASET_IPV4 || s->type == DATASET_IP ? address
							       : (uint8_t *)line;
	v.len = (size_t)n;
	if (put(s, v, (uint16_t)rep) != -1)
		return 0;
	snprintf(error, size, "is beyond the set's memcap");
	return -1;
}

static int
load(struct dataset *s, const struct ruleset_source *source, char *error,
    size_t size)
{
	size_t len;
	char *text = source_read(source, s->load, DATASET_BYTES_MAX, &len), *rest,
	     *line;
	unsigned number = 0;
	char why[80];
	int rc = 0;

	if (text == NULL) {
		snprintf(error, size, "%.80s: %s", s->load, strerror(errno));
		return -1;
	}
	for (rest = text; rc == 0 && (line = strsep(&rest, "\n")) != NULL;) {
		number++;
		line = str_trim(line);
		if (*line != '\0' && *line != '#')
			rc = load_line(s, line, why, sizeof(why));
	}
	if (rc == -1)
		snprintf(error, size, "%.80s:%u %s", s->load, number, why);
	free(text);
	return rc;
}

/* --- sets --------------------------------------------------------------------- */

static struct dataset *
check_known(
    struct dataset *s, const struct dataset_config *c, char *error, size_t size)
{
	bool file =
	    c->load == NULL || (s->load != NULL && !strcmp(s->load, c->load));

	if ((c->type == DATASET_ANY || c->type == s->type) && file)
		return s;
	snprintf(error, size, "set \"%.40s\" had another %s before", c->name,
	    file ? "type" : "file");
	return NULL;
}

struct dataset *
datasets_get(
    struct datasets *all, const struct dataset_config *c, char *error, size_t size)
{
	struct dataset *s = table_get(all->sets, c->name, strlen(c->name));

	if (s != NULL)
		return check_known(s, c, error, size);
	if (c->type == DATASET_ANY) {
		snprintf(error, size, "set \"%.40s\" has no type", c->name);
		return NULL;
	}
	snprintf(error, size, "out of memory");
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return NULL;
	s->type = c->type;
	s->first_word = c->first_word;
	s->memcap = c->memcap == 0 ? DATASET_BYTES_MAX : c->memcap;
	s->values = table_new(DATASET_VALUES_MAX, NULL);
	if (s->values == NULL ||
	    (c->load != NULL && (s->load = strdup(c->load)) == NULL))
		goto fail;
	if (s->load != NULL && load(s, all->source, error, size) == -1)
		goto fail;
	if (table_put(all->sets, c->name, strlen(c->name), s) == -1) {
		snprintf(error, size, "more than %d sets", DATASETS_MAX);
		goto fail;
	}
	return s;

fail:
	dataset_free(s);
	return NULL;
}

static void
take_values(struct dataset *to, struct dataset *from)
{
	struct table *values = to->values;

	if (from == NULL || from->type != to->type || from->load != NULL ||
	    to->load != NULL)
		return;
	to->values = from->values;
	to->bytes = from->bytes;
	from->values = values;
	from->bytes = 0;
}

void
datasets_inherit(struct datasets *to, struct datasets *from)
{
	struct dataset *s;
	size_t pos = 0, len;
	const void *name;

	while ((s = table_next(to->sets, &pos, &name, &len)) != NULL)
		take_values(s, table_get(from->sets, name, len));
}
