/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * A YAML configuration file into one struct, from one table of keys.  An unknown
 * or repeated key or a wrong value is an error with file and line.
 */
#ifndef COMMON_CONF_H
#define COMMON_CONF_H

#include "common/yaml.h"

#include <stddef.h>
#include <stdint.h>

#define CONF_LIST_MAX 64

enum conf_type {
	CONF_TEXT,     /* char *, owned */
	CONF_PATH,     /* char *, owned; must be absolute */
	CONF_BOOL,     /* bool */
	CONF_UINT,     /* uint64_t, within min..max */
	CONF_SIZE,     /* uint64_t bytes: 512, 64K, 256M, 2G */
	CONF_DURATION, /* uint64_t microseconds: 200ms, 5s, 10m, 24h, 7d */
	CONF_CHOICE,   /* int: index in choices "a|b|c" */
	CONF_LIST,     /* struct conf_list: one text or a list of texts */
	CONF_MAP,      /* struct conf_list of "KEY=VALUE" */
	CONF_LISTS,    /* likewise, each KEY with a list; KEY of choices, if any */
};

struct conf_list {
	char *v[CONF_LIST_MAX];
	size_t n;
};

struct conf_key {
	const char *name; /* "spool.path": levels with dots */
	enum conf_type type;
	size_t offset;	      /* offsetof the struct */
	const char *fallback; /* text of the default; NULL: no default, required */
	uint64_t min, max;    /* numbers; both 0: any */
	const char *choices;  /* CONF_CHOICE, CONF_LISTS */
	const char *help;     /* one line, for --help-config */
};

/*
 * Fill the struct at into (zeroed by the caller).  On failure -1, and error holds
 * "FILE:LINE: what, remedy".  Release with conf_release() either way.
 */
int conf_load(const char *path, const struct conf_key *keys, void *into,
    char *error, size_t error_size);
void conf_release(const struct conf_key *keys, void *into);
/* Every key with default and help, as a commented YAML file. */
void conf_print(const struct conf_key *keys);

#endif
