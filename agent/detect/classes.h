/* SPDX-License-Identifier: EUPL-1.2 */
/* Classes of rules and their priorities, of classification.config or built in. */
#ifndef AGENT_DETECT_CLASSES_H
#define AGENT_DETECT_CLASSES_H

#include "agent/detect/detect.h"

#include <stddef.h>
#include <stdint.h>

struct class_row {
	const char *name;
	const char *description;
	uint8_t priority;
};

struct classes;

/*
 * Read path ("config classification: name,description,priority"), or with NULL
 * the classes that Suricata ships.  NULL with error filled.
 */
struct classes *classes_new(const char *path, const struct ruleset_source *source,
    char *error, size_t size);
void classes_free(struct classes *c);
/* Names are compared without case.  NULL when there is none. */
const struct class_row *classes_find(const struct classes *c, const char *name);

#endif
