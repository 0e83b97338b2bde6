/* SPDX-License-Identifier: EUPL-1.2 */
/*
 * Named sets of values that rules ask for and add to (guide, "Datasets").  They
 * live with the ruleset; what rules add stays in memory.  Private to agent/detect.
 */
#ifndef AGENT_DETECT_DATASET_H
#define AGENT_DETECT_DATASET_H

#include "agent/detect/detect.h"

#include "common/cursor.h"

struct dataset;
struct datasets;

enum dataset_type {
	DATASET_STRING,
	DATASET_MD5,
	DATASET_SHA1,
	DATASET_SHA256,
	DATASET_IPV4,
	DATASET_IP, /* either family */
	DATASET_ANY = -1,
};

/* What one keyword says of a set. */
struct dataset_config {
	const char *name;
	enum dataset_type type; /* DATASET_ANY: as an earlier rule said */
	const char *load;	/* path of its file, or NULL */
	uint64_t memcap;	/* bytes; 0: DATASET_BYTES_MAX */
	bool first_word;	/* of a line of the file; the rest is a remark */
};

/* Their files are read through source; NULL: from disk. */
struct datasets *datasets_new(const struct ruleset_source *source);
void datasets_free(struct datasets *s);
/*
 * The set of that name, made and loaded when it is the first to ask.  NULL with
 * error filled: a bad file, or another type or file than before.
 */
struct dataset *datasets_get(
    struct datasets *s, const struct dataset_config *c, char *error, size_t size);

/* Sets without a file take over what rules put into those of that name before. */
void datasets_inherit(struct datasets *to, struct datasets *from);

/* Is the value in it?  rep, unless NULL, becomes its reputation. */
bool dataset_has(const struct dataset *s, struct span value, uint16_t *rep);
/* true: it was not there and now is; not when memcap is reached. */
bool dataset_add(struct dataset *s, struct span value);
/* true: it was there and is no more. */
bool dataset_remove(struct dataset *s, struct span value);

#endif
